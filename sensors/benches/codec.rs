//! How long a typical frame takes to decode: each codec alone, and beside a Python decoder of the same bytes in
//! the same run.
//!
//! `cargo bench -p dagsform-sensors --bench codec`. Without `python3` the comparison is left out, and that is said.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail")]

use std::{
    hint::black_box,
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

use criterion::Criterion;
use dagsform_sensors::codec::Selector;

mod frames;
use frames::{FRAMES, frame};

/// What `decode.py` decodes.
const COMPARED: [u16; 7] = [0x2A18, 0x2A1C, 0x2A35, 0x2A37, 0x2A5E, 0x2A9C, 0x2A9D];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("decode");
    for (name, selector, hex) in FRAMES {
        let bytes = frame(hex);
        group.bench_function(*name, |bencher| bencher.iter(|| selector.decode(black_box(&bytes)).unwrap()));
    }
    group.finish();
    criterion.final_summary();
    // Not when the benches are only tried out, as `cargo test` does.
    if std::env::args().any(|argument| argument == "--bench") {
        beside_python();
    }
}

/// Prints the nanoseconds of one decoding here and in Python, and how many times longer Python takes.
fn beside_python() {
    const REPETITIONS: u32 = 50_000;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/decode.py");
    let python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        println!("There is no python3 here to compare with.");
        return;
    };
    let mut asked = python.stdin.take().unwrap();
    for selector in COMPARED.map(Selector::Characteristic) {
        let (_, _, hex) = FRAMES.iter().find(|(_, other, _)| *other == selector).unwrap();
        writeln!(asked, "{selector} {hex} {REPETITIONS}").unwrap();
    }
    drop(asked);
    let answers = String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap();
    println!("{:<34}{:>12}{:>12}{:>8}", "one decoding", "here", "Python", "times");
    for answer in answers.lines() {
        let (number, theirs) = answer.split_once(' ').unwrap();
        let selector: Selector = number.parse().unwrap();
        let (name, _, hex) = FRAMES.iter().find(|(_, other, _)| *other == selector).unwrap();
        let bytes = frame(hex);
        let began = Instant::now();
        for _ in 0..REPETITIONS {
            black_box(selector.decode(black_box(&bytes)).unwrap());
        }
        let ours = began.elapsed().as_secs_f64() * 1e9 / f64::from(REPETITIONS);
        let theirs: f64 = theirs.parse().unwrap();
        println!("{name:<34}{ours:>9.0} ns{theirs:>9.0} ns{:>8.0}", theirs / ours);
    }
}
