//! Measures what the closing notes quote, in one run: start to first frame and memory beside an empty
//! window, processor time while nobody does anything, last packet to committed and to shown, lines per room.
//!
//!     cargo run --release -p dagsform-tests --bin figures

use std::{
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use chrono::Local;
use dagsform_tests::{
    display::{Display, Program as Running},
    rig::{
        FastRig, devices, plx,
        program::{Program, built},
    },
};

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
const READINGS: u32 = 100;
const STARTS: u32 = 5;
/// Processor time is measured for so long.
const IDLE: Duration = Duration::from_secs(60);
/// What starting costs is over by then.
const SETTLED: Duration = Duration::from_secs(15);
/// Devices of other people that advertise, a signal of each a second.
const NEIGHBOURS: u8 = 50;

fn main() -> Result<()> {
    window()?;
    idle()?;
    committed()?;
    shown()?;
    lines()
}

/// A rig with one paired oximeter, and the data folder of a tablet.
struct Tablet {
    rig: FastRig,
    data: tempfile::TempDir,
    program: Program,
}

impl Tablet {
    fn new() -> Result<Self> {
        let rig = FastRig::start()?;
        rig.control().add_device(&devices::oximeter(OXIMETER, 123_456))?;
        let data = tempfile::tempdir()?;
        let program = Program::on(&rig.bus_address(), data.path())?;
        for arguments in [
            &["enrol", "--service", "http://127.0.0.1:9/fhir", "--patient", "Patient/1"][..],
            &["pair", OXIMETER, "--passkey", "123456", "--json"],
        ] {
            anyhow::ensure!(program.run(arguments, Duration::from_secs(60))?.status.success(), "{arguments:?}");
        }
        Ok(Self { rig, data, program })
    }

    /// The program with its window, to be started on a display.
    fn window(&self) -> Result<Command> {
        let mut command = Command::new(built()?);
        command.arg("--data").arg(self.data.path()).args(["run", "--windowed"]);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.rig.bus_address());
        Ok(command)
    }

    /// A live measurement, now.
    fn measure(&self, n: u32) -> Result<Instant> {
        let spo2 = i16::try_from(90 + n % 10)?;
        let check = plx::SpotCheck::at(Local::now().naive_local(), spo2, i16::try_from(60 + n % 40)?);
        let sent = Instant::now();
        self.rig.control().send(OXIMETER, "2A5E", &check.record())?;
        Ok(sent)
    }
}

fn window() -> Result<()> {
    let display = || Display::start(1280, 800);
    let beside = std::env::current_exe()?.with_file_name("examples").join("empty-window");
    let tablet = Tablet::new()?;
    let (mut ours, mut empty) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        empty.push(display()?.cost(Command::new(&beside))?);
        ours.push(display()?.cost(tablet.window()?)?);
    }
    let median = |mut costs: Vec<dagsform_tests::display::Cost>| {
        costs.sort_by_key(|cost| cost.first_frame);
        let middle = costs.len() / 2;
        costs.swap_remove(middle)
    };
    let (ours, empty) = (median(ours), median(empty));
    println!("start to first frame: {:?}, an empty Slint window {:?}", ours.first_frame, empty.first_frame);
    println!("resident memory: {} KiB, an empty Slint window {} KiB", ours.resident, empty.resident);
    Ok(())
}

/// Processor time of the program while nobody does anything, beside an empty window.
fn idle() -> Result<()> {
    let of = |program: &Running, tablet: Option<&Tablet>| -> Result<Duration> {
        let before = program.processor_time()?;
        sleep(IDLE);
        let spent = program.processor_time()?.saturating_sub(before);
        if let Some(tablet) = tablet {
            let told = tablet.rig.control().state()?.devices.values().filter(|device| device.present).count();
            println!("  {told} devices in reach");
        }
        Ok(spent)
    };
    let display = Display::start(1280, 800)?;
    let beside = std::env::current_exe()?.with_file_name("examples").join("empty-window");
    let mut empty = display.run(Command::new(&beside))?;
    empty.first_frame(&display)?;
    sleep(SETTLED);
    let empty = of(&empty, None)?;

    let tablet = Tablet::new()?;
    tablet.rig.control().set_present(OXIMETER, false)?;
    let display = Display::start(1280, 800)?;
    let mut window = display.run(tablet.window()?)?;
    window.first_frame(&display)?;
    sleep(SETTLED);
    let quiet = of(&window, Some(&tablet))?;
    for number in 0..NEIGHBOURS {
        let neighbour = devices::nothing(&format!("C0:00:00:00:00:{number:02X}"));
        tablet.rig.control().add_device(&neighbour)?;
    }
    sleep(SETTLED);
    let crowded = of(&window, Some(&tablet))?;
    let share = |spent: Duration| spent.as_secs_f64() / IDLE.as_secs_f64() * 100.0;
    println!(
        "processor time, of one core: an empty window {:.2} %; the radio quiet {:.2} %; among {NEIGHBOURS} that advertise \
         {:.2} %",
        share(empty),
        share(quiet),
        share(crowded)
    );
    Ok(())
}

/// From the moment the sensor's end sends an indication until the program says that it is saved. Within
/// this window a power cut can lose a live reading of a device without memory.
fn committed() -> Result<()> {
    let tablet = Tablet::new()?;
    let mut collecting = tablet.program.collect(&["--no-sync"])?;
    tablet.rig.control().wait_until_subscribed(OXIMETER, "2A5E", Duration::from_secs(30))?;
    let mut took = Vec::new();
    for n in 0..READINGS {
        // Readings of one second with the same values would be one reading.
        sleep(Duration::from_millis(120));
        let sent = tablet.measure(n)?;
        let wanted = usize::try_from(n)? + 1;
        collecting.wait_for("the reading", Duration::from_secs(10), |events| {
            events.iter().filter(|event| event["event"] == "saved").count() == wanted
        })?;
        took.push(sent.elapsed());
    }
    collecting.stop(Duration::from_secs(20))?;
    took.sort();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len() - 1)).copied().unwrap_or_default();
    println!("last packet to committed and told: median {:?}, 95 % {:?}, worst {:?}", at(50), at(95), at(100));
    Ok(())
}

/// From the moment the sensor's end sends an indication until the picture on the display has changed.
fn shown() -> Result<()> {
    let tablet = Tablet::new()?;
    let display = Display::start(1280, 800)?;
    let mut window = display.run(tablet.window()?)?;
    window.first_frame(&display)?;
    tablet.rig.control().wait_until_subscribed(OXIMETER, "2A5E", Duration::from_secs(30))?;
    sleep(Duration::from_secs(2));
    let mut took = Vec::new();
    for n in 0..20 {
        let before = display.raw()?;
        let sent = tablet.measure(n)?;
        while display.raw()? == before {
            anyhow::ensure!(sent.elapsed() < Duration::from_secs(10), "reading {n} is not shown");
            sleep(Duration::from_millis(2));
        }
        took.push(sent.elapsed());
        sleep(Duration::from_millis(1200));
    }
    took.sort();
    println!(
        "last packet to shown: median {:?}, worst {:?}",
        took.get(10).context("none")?,
        took.last().context("none")?
    );
    Ok(())
}

/// Lines of Rust and Slint in each room, tests included.
fn lines() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no project folder")?;
    for room in ["care", "sensors", "sync", "ui", "app", "tests"] {
        let mut total = 0;
        let mut folders = vec![root.join(room)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() && !path.ends_with("target") {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs" || e == "slint") {
                    total += std::fs::read_to_string(&path)?.lines().count();
                }
            }
        }
        println!("lines in {room}: {total}");
    }
    Ok(())
}
