//! The great loss test in its short form; `tests/run loss` is the long one.
//!
//! The seed: `DAGSFORM_SEED`; the number of kills: `DAGSFORM_KILLS`.

use anyhow::Result;
use chrono::TimeDelta;
use dagsform_tests::{
    follow_up::Which,
    loss::{Size, run, table},
};

const READINGS: usize = 1200;
const ANSWERS: usize = 60;
const KILLS: usize = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// One part in so many of it.
fn nothing_is_lost(which: Which, skew: TimeDelta, part: usize) -> Result<()> {
    let seed = number("DAGSFORM_SEED").unwrap_or(20_261_123);
    let kills = number("DAGSFORM_KILLS").and_then(|kills| usize::try_from(kills).ok()).unwrap_or(KILLS) / part;
    println!("seed {seed}, {kills} kills");
    let (readings, answers) = (READINGS / part, ANSWERS / part);
    let size = Size { readings, answers, kills, service_kills: kills / 10, seed, which, skew };
    println!("{}", table(&[run(&size)?]));
    Ok(())
}

#[test]
fn whatever_befalls_program_service_and_road_record_and_service_hold_each_reading_and_answer_once() -> Result<()> {
    nothing_is_lost(Which::Program, TimeDelta::zero(), 1)
}

#[test]
fn so_it_is_with_a_service_that_we_did_not_write_and_whose_clock_is_three_hours_ahead() -> Result<()> {
    nothing_is_lost(Which::NotOurs, TimeDelta::hours(3), 2)
}
