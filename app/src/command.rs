//! The command line.

mod answer;
mod collect;
mod decode;
mod demo;
mod devices;
mod enrol;
mod enter;
pub(crate) mod export;
mod hand_over;
mod medicine;
mod message;
mod pair;
mod reading;
mod run;
mod service;
mod sync;
mod today;

#[cfg(feature = "demo")]
pub(crate) use run::open_window;

use std::{io::IsTerminal, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Parser, Subcommand};
use dagsform_sensors::radio::bluetooth::is_harmless;
use dagsform_ui::Language;
use serde::de::DeserializeOwned;

use crate::{
    control::{Control, Request},
    exit,
    record::Record,
};

/// Dagsform: the patient's tablet in digital home follow-up.
///
/// Without a command it runs the tablet, as `run` does.
#[derive(Parser, Debug)]
#[command(name = "dagsform", version, disable_help_subcommand = true)]
struct Arguments {
    /// The folder of the record [default: $DAGSFORM_DATA, else dagsform in the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The language of the screens: nb or en
    #[arg(long, global = true, value_name = "LANGUAGE", default_value = "nb")]
    language: String,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the tablet: the window, the sensors, the sending
    Run(run::Arguments),
    /// Show the program at work: simulated sensors, a made-up patient, a follow-up service
    Demo(demo::Arguments),
    /// Leave a picture of every screen in a folder
    Gallery(demo::GalleryArguments),
    /// Run the embedded follow-up service, to try the tablet with
    Service(service::Arguments),
    /// Collect readings without a window; one JSON line an event
    Collect(collect::Arguments),
    /// Give this tablet to a patient of a follow-up service
    Enrol(enrol::Arguments),
    /// Print the public part of this tablet's key, for a service that registers no tablets by itself
    Key,
    /// Pair a sensor and give it to the patient
    Pair(pair::Arguments),
    /// List the patient's sensors, or take one back
    Devices(devices::Arguments),
    /// Enter a reading by hand
    Enter(enter::Arguments),
    /// Say of a reading whose it is, who measured, that it does not count, or erase it
    Reading(reading::Arguments),
    /// Send what waits and fetch plan and messages, once
    Sync(sync::Arguments),
    /// Write what is in the record, one JSON line each
    Export(export::Arguments),
    /// Show the plan in force
    Plan,
    /// Show what the plan asks for today, or put a reminder off
    Today(today::Arguments),
    /// Answer a list of questions of the plan
    Answer(answer::Arguments),
    /// Write a message to the follow-up service
    Message(message::Arguments),
    /// Say that a medicine was taken, or not
    Medicine(medicine::Arguments),
    /// At the end of the follow-up: hand the patient's data over as files
    HandOver(hand_over::Arguments),
    /// Decode the bytes of a characteristic; status 65 if they cannot be
    Decode(decode::Arguments),
}

/// Runs the program. Errors go to standard error in one line, with what to do.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked_for = !error.use_stderr();
            // If the terminal is gone there is nobody to tell.
            let _ = error.print();
            return if asked_for { ExitCode::SUCCESS } else { exit::Exit::Usage.into() };
        }
    };
    start_log();
    pass_over_harmless_panics();
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dagsform: {error:#}");
            exit::status(&error).into()
        }
    }
}

/// Every other panic is told as ever.
fn pass_over_harmless_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if is_harmless(panic) {
            tracing::debug!("a task of the Bluetooth library had nothing to end");
        } else {
            tell(panic);
        }
    }));
}

fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    let language = Language::from_tag(&arguments.language).ok_or_else(|| {
        exit::failure(exit::Exit::Usage, format!("there is no language '{}'; there are nb and en", arguments.language))
    })?;
    let folder = arguments.data;
    match arguments.command {
        None => run::run(&data_folder(folder)?, language, run::Arguments::default()),
        Some(Command::Run(a)) => run::run(&data_folder(folder)?, language, a),
        Some(Command::Demo(a)) => demo::run(folder, language, a),
        Some(Command::Gallery(a)) => demo::gallery(folder, language, &a),
        Some(Command::Service(a)) => service::run(language, &a),
        Some(Command::Collect(a)) => collect::run(&data_folder(folder)?, &a),
        Some(Command::Enrol(a)) => enrol::run(&data_folder(folder)?, &a),
        Some(Command::Key) => show(&data_folder(folder)?, &Request::Key),
        Some(Command::Pair(a)) => pair::run(&data_folder(folder)?, a),
        Some(Command::Devices(a)) => devices::run(&data_folder(folder)?, a),
        Some(Command::Sync(a)) => sync::run(&data_folder(folder)?, &a),
        Some(Command::Enter(a)) => enter::run(&data_folder(folder)?, &a),
        Some(Command::Reading(a)) => reading::run(&data_folder(folder)?, &a),
        Some(Command::Export(a)) => export::run(&data_folder(folder)?, &a),
        Some(Command::Plan) => show(&data_folder(folder)?, &Request::Plan),
        Some(Command::Today(a)) => show(&data_folder(folder)?, &a.request()?),
        Some(Command::Answer(a)) => show(&data_folder(folder)?, &a.request()?),
        Some(Command::Message(a)) => show(&data_folder(folder)?, &a.request()?),
        Some(Command::Medicine(a)) => show(&data_folder(folder)?, &a.request()),
        Some(Command::HandOver(a)) => show(&data_folder(folder)?, &a.request()?),
        Some(Command::Decode(a)) => decode::run(&a),
    }
}

/// Where the record is, if nobody says otherwise.
fn data_folder(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(folder) = given {
        return Ok(folder);
    }
    let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    variable("DAGSFORM_DATA")
        .or_else(|| variable("XDG_DATA_HOME").map(|home| home.join("dagsform")))
        .or_else(|| variable("HOME").map(|home| home.join(".local/share/dagsform")))
        .ok_or_else(|| exit::failure(exit::Exit::Usage, "there is no home folder; say where the record is with --data"))
}

fn open(folder: &std::path::Path) -> anyhow::Result<Record> {
    Ok(Record::open(folder)?)
}

/// What a patient's build does not have.
#[cfg(not(feature = "demo"))]
fn not_in_this_build(command: &str) -> anyhow::Error {
    let text =
        format!("this build has no `{command}`; `cargo run --features demo -- {command}` builds one that has it");
    exit::failure(exit::Exit::Usage, text)
}

/// Asks the record, here or in the program that has it open.
fn ask<T: DeserializeOwned>(folder: &std::path::Path, request: &Request) -> anyhow::Result<T> {
    let control = Control::open(folder)?;
    runtime()?.block_on(control.ask(request))
}

/// Asks, and writes the answer as one JSON line.
fn show(folder: &std::path::Path, request: &Request) -> anyhow::Result<()> {
    println!("{}", ask::<serde_json::Value>(folder, request)?);
    Ok(())
}

/// The worker threads: two are enough for one radio, one service and one record.
pub(crate) fn runtime() -> anyhow::Result<Arc<tokio::runtime::Runtime>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    Ok(Arc::new(runtime.context("the program's worker threads could not be started")?))
}

/// Our own crates, which log no health data, whatever the level.
const OURS: [&str; 5] = ["dagsform", "dagsform_care", "dagsform_sensors", "dagsform_sync", "dagsform_ui"];

/// Logs go to standard error, never with health data. `DAGSFORM_LOG` says how much of our own crates: error,
/// warn, info, debug or trace. Other people's crates stay at warnings: below that they log what passes through
/// them, bytes of measurements among it.
fn start_log() {
    let level = std::env::var("DAGSFORM_LOG").ok().and_then(|text| text.parse::<tracing::Level>().ok());
    let level = level.unwrap_or(tracing::Level::WARN);
    let ours = OURS.map(|name| format!("{name}={level}")).join(",");
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,{ours}"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
