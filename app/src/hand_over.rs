//! The patient's own data as files, at the end of the follow-up (brief R27).
//!
//! One folder: every reading, every answer and message, each version of the plan, as JSON lines that say what they
//! are, and a word on what is what. Written beside, read back, and only then put in place: a half-written folder is
//! never taken for the whole.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    command::export,
    exit::{Exit, failure},
    flow::ending::{self, Event, Stage},
    record::Record,
};

/// The word on what is what.
const READ_ME: &str = "LES-MEG.txt";
const READINGS: &str = "readings.jsonl";
const SAID: &str = "said.jsonl";
const RECEIVED: &str = "received.jsonl";
const PLANS: &str = "plans.jsonl";

/// Where the end of the follow-up stands.
pub async fn stage(record: &Record) -> Result<Stage> {
    let ended = record.plan().await?.is_some_and(|in_force| in_force.plan.is_ended());
    let waiting = record.counts().await?.waiting;
    let (stage, _) = ending::update(Stage::Following, Event::Looked { ended, waiting });
    // The files are whole as long as nothing came after them.
    let handed = record.handed_over().await?;
    Ok(if handed { ending::update(stage, Event::Handed).0 } else { stage })
}

/// Writes the patient's data into a new folder. How many lines each file has.
///
/// # Errors
/// The follow-up goes on, something is not sent, the folder is there already, or it cannot be written.
pub async fn hand_over(record: &Record, folder: &Path) -> Result<Vec<(String, usize)>> {
    stage(record).await?.may_hand_over().map_err(|not_yet| failure(Exit::TryAgain, not_yet.to_string()))?;
    if folder.exists() {
        let text = format!("{} is there already; name a folder that is not", folder.display());
        return Err(failure(Exit::Data, text));
    }
    let number = record.last_number().await?;
    let received: Vec<Value> =
        record.received().await?.iter().map(|row| serde_json::to_value(&row.message)).collect::<Result<_, _>>()?;
    let files = [
        (READINGS, record.readings().await?.iter().map(export::line).collect::<Vec<Value>>()),
        (SAID, record.items().await?.iter().map(export::said).collect()),
        (RECEIVED, received),
        (PLANS, record.plan_bodies().await?),
    ];
    let beside = beside(folder)?;
    write(&beside, &files).with_context(|| format!("the files could not be written to {}", beside.display()))?;
    for (name, lines) in &files {
        ensure!(read_back(&beside.join(name))? == *lines, "{name} does not read back as it was written");
    }
    fs::rename(&beside, folder).with_context(|| format!("{} could not be put in place", folder.display()))?;
    record.set_handed_over(number).await?;
    Ok(files.into_iter().map(|(name, lines)| (name.to_owned(), lines.len())).collect())
}

fn beside(folder: &Path) -> Result<PathBuf> {
    let name = folder.file_name().with_context(|| format!("{} is not the name of a folder", folder.display()))?;
    let mut part = name.to_owned();
    part.push(".part");
    let part = folder.with_file_name(part);
    if part.exists() {
        fs::remove_dir_all(&part).with_context(|| format!("{} is in the way", part.display()))?;
    }
    Ok(part)
}

fn write(folder: &Path, files: &[(&str, Vec<Value>)]) -> Result<()> {
    fs::create_dir_all(folder)?;
    for (name, lines) in files {
        let mut file = BufWriter::new(fs::File::create_new(folder.join(name))?);
        for line in lines {
            writeln!(file, "{line}")?;
        }
        file.into_inner()?.sync_all()?;
    }
    let words = "Dette er dine egne data fra Dagsform.\n\
        \n\
        readings.jsonl   Målingene dine, én på hver linje.\n\
        said.jsonl       Svarene dine, meldingene dine og det du sa om medisinene.\n\
        received.jsonl   Meldingene fra oppfølgingstjenesten.\n\
        plans.jsonl      Planen din, i hver utgave.\n\
        \n\
        Filene er ren tekst (JSON). En lege, eller et program for helsedata, kan lese dem.\n";
    fs::write(folder.join(READ_ME), words)?;
    Ok(fs::File::open(folder)?.sync_all()?)
}

fn read_back(file: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(file)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
