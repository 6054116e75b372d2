//! How often memory is asked for to decode a typical frame, and to make a reading of it.
//!
//! `cargo bench -p dagsform-sensors --bench allocations`.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail")]

use allocation_counter::measure;
use dagsform_sensors::codec::{Selector, observe};

mod frames;
use frames::{FRAMES, frame};

fn main() {
    println!("{:<34}{:>12}{:>8}{:>12}{:>8}", "allocations", "decoding", "bytes", "a reading", "bytes");
    for (name, selector, hex) in FRAMES {
        let bytes = frame(hex);
        let decoding = measure(|| drop(selector.decode(&bytes).unwrap()));
        print!("{name:<34}{:>12}{:>8}", decoding.count_total, decoding.bytes_total);
        match selector {
            Selector::Characteristic(number) if observe(*number, &bytes, None).unwrap().is_some() => {
                let reading = measure(|| drop(observe(*number, &bytes, None).unwrap()));
                println!("{:>12}{:>8}", reading.count_total, reading.bytes_total);
            }
            _ => println!("{:>12}{:>8}", "-", "-"),
        }
    }
}
