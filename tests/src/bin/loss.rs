//! The great loss test in its long form: `tests/run loss`.
//!
//! Readings, answers and kills are of one run; each run has the next seed. Every third run is against a service that
//! we did not write, and in every second one the service's clock is some hours ahead.

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use clap::Parser;
use dagsform_tests::{
    follow_up::Which,
    loss::{Size, run, table},
};

/// Readings and answers through a bad road, while program and service are killed; then everything is compared.
#[derive(Parser, Debug)]
struct Arguments {
    /// How many runs, each with the next seed
    #[arg(long, default_value_t = 10)]
    runs: usize,
    /// Readings of a run
    #[arg(long, default_value_t = 10_000)]
    readings: usize,
    /// Answered lists of a run
    #[arg(long, default_value_t = 500)]
    answers: usize,
    /// Kills of the program in a run
    #[arg(long, default_value_t = 100)]
    kills: usize,
    /// Kills of the service in a run
    #[arg(long, default_value_t = 10)]
    service_kills: usize,
    /// The seed of the first run
    #[arg(long, default_value_t = 20_261_123)]
    seed: u64,
}

fn main() -> Result<()> {
    let Arguments { runs, readings, answers, kills, service_kills, seed } = Arguments::parse();
    let mut reports = Vec::new();
    for seed in (seed..).take(runs) {
        let which = if seed % 3 == 0 { Which::NotOurs } else { Which::Program };
        // One to five hours ahead.
        let skew = if seed % 2 == 0 { TimeDelta::zero() } else { TimeDelta::hours(i64::try_from(seed % 5)? + 1) };
        let size = Size { readings, answers, kills, service_kills, seed, which, skew };
        eprintln!("seed {seed}: {which:?}, clock {skew}");
        reports.push(run(&size).with_context(|| format!("seed {seed}"))?);
        println!("{}", table(&reports));
    }
    Ok(())
}
