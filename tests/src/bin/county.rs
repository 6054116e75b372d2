//! A county of tablets on one follow-up service: how many requests a second, and how soon all are up to date after an
//! outage.
//!
//!     cargo build -p dagsform -p dagsform-tests --bins --features dagsform/demo
//!     target/debug/county --tablets 1000 --scenario outage --factor 60 --seed 1

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use dagsform_tests::county::{Outcome, Run, Scenario, figures::Percentiles};

/// A county of tablets on one follow-up service.
#[derive(Parser, Debug)]
struct Arguments {
    /// How many tablets
    #[arg(long, default_value_t = 1000)]
    tablets: usize,
    /// What happens
    #[arg(long, value_enum, default_value = "outage")]
    scenario: Named,
    /// How many times as fast as the machine's the county's time runs, at most
    #[arg(long, default_value_t = 60.0)]
    factor: f64,
    /// Decides who measures what and when
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The county's time stands still while so many engines and fetchers are at work
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// One look of a tablet for plan and messages stands for so many
    #[arg(long, default_value_t = 1)]
    thinning: u32,
    /// Broken off after so many minutes
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// Where the tablets keep their records [default: a new folder for temporary files]
    #[arg(long)]
    folder: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Named {
    /// A normal day
    Day,
    /// The morning, when most measure
    Peak,
    /// The service is down for two hours, and the hour after
    Outage,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let run = Run {
        tablets: arguments.tablets,
        scenario: match arguments.scenario {
            Named::Day => Scenario::day(),
            Named::Peak => Scenario::peak(),
            Named::Outage => Scenario::outage(),
        },
        factor: arguments.factor,
        seed: arguments.seed,
        at_once: arguments.at_once,
        thinning: arguments.thinning,
        within: Duration::from_secs(arguments.minutes * 60),
    };
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let outcome = run.run(folder.path()).await?;
    if arguments.json {
        println!("{}", serde_json::to_string(&outcome)?);
    } else {
        tell(&arguments, &outcome);
    }
    Ok(())
}

fn tell(arguments: &Arguments, outcome: &Outcome) {
    let Outcome { report, .. } = outcome;
    println!(
        "{} tablets, {:?}, seed {}, a look stands for {}; {:.1} times the machine's time, in {:.0} s",
        arguments.tablets, arguments.scenario, arguments.seed, arguments.thinning, outcome.factor, outcome.took
    );
    println!("requests a second of the county's time:");
    println!("| from | mean | of these sending | most | most tries |");
    println!("|---|---|---|---|---|");
    for ((from, all, sending, most), tries) in report.over_time.iter().zip(&report.tries_over_time) {
        println!("| {} | {all:.1} | {sending:.2} | {most} | {tries} |", clock(*from));
    }
    println!(
        "on the whole {} requests, {} of them sending; mean {:.1}, half of the seconds up to {}, 99 of 100 up to {}, the most {} at {}; sending at most {}",
        report.requests,
        report.sending,
        report.mean,
        report.seconds.half,
        report.seconds.of_99,
        report.largest,
        clock(report.largest_at),
        report.largest_sending,
    );
    println!(
        "answers: {:?}; tried again: {} sendings, {} fetchings",
        report.statuses, report.engine_retries, report.fetch_retries
    );
    println!("tries a second, answered or not: {}", percentiles(&report.tries));
    println!(
        "the service, in the machine's time: at most {} requests a second and {} at once; {} ms; {} MiB",
        report.service_rate,
        report.in_flight,
        percentiles(&report.took),
        outcome.service_memory / 1024
    );
    println!(
        "saved {}; at most {} waiting on a tablet; {} left; compared {:?}",
        report.saved, report.worst_waiting, report.left, outcome.compared
    );
    for (what, since) in [("sent", &report.sent), ("fetched", &report.fetched)] {
        if let Some(since) = since {
            println!("after the outage all {what}: {} s", percentiles(since));
        }
    }
    println!(
        "memory: {} KiB a tablet with its record, {} at work",
        outcome.memory_per_tablet.0, outcome.memory_per_tablet.1
    );
}

fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn percentiles(of: &Percentiles) -> String {
    format!("half {:.1}, 95 % {:.1}, 99 % {:.1}, all {:.1}", of.half, of.of_95, of.of_99, of.all)
}
