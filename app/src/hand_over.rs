//! The patient's own data as files, at the end of the follow-up (brief R27).
//!
//! One folder: every reading, every answer and message, each version of the plan, as JSON lines, and a word on what is
//! what. Written beside, read back, and only then put in place.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use dagsform_ui::{Language, Words};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    command::export,
    exit::{Exit, failure},
    flow::ending::{self, Effect, Event, Stage},
    record::Record,
};

/// The word on what is what.
const READ_ME: &str = "LES-MEG.txt";
const DRAFTS: &str = "drafts.jsonl";
const READINGS: &str = "readings.jsonl";
const SAID: &str = "said.jsonl";
const RECEIVED: &str = "received.jsonl";
const PLANS: &str = "plans.jsonl";

/// Where the end of the follow-up stands.
pub async fn stage(record: &Record) -> Result<Stage> {
    let ended = record.plan().await?.is_some_and(|in_force| in_force.plan.is_ended());
    let (waiting, handed) = (record.counts().await?.waiting, record.handed_over().await?);
    Ok(ending::update(Stage::Following, Event::Looked { ended, waiting, handed })?.0)
}

/// Writes the patient's data into a new folder. How many lines each file has.
///
/// # Errors
/// The follow-up goes on, something is not sent, the folder is there already, or it cannot be written.
pub async fn hand_over(record: &Record, folder: &Path) -> Result<Vec<(String, usize)>> {
    let stage = stage(record).await?;
    let (stage, effect) =
        ending::update(stage, Event::HandOver).map_err(|not_yet| failure(Exit::TryAgain, not_yet.to_string()))?;
    let Some(Effect::WriteFiles) = effect else { return Ok(Vec::new()) };
    let written = files(record, folder).await;
    let event = if written.is_ok() { Event::Handed } else { Event::NotHanded };
    let (stage, _) = ending::update(stage, event)?;
    let (files, content) = written?;
    if stage == Stage::HandedOver {
        record.set_handed_over(content).await?;
    }
    Ok(files)
}

/// The files with their lines, and what content of the record they hold.
async fn files(record: &Record, folder: &Path) -> Result<(Vec<(String, usize)>, String)> {
    if folder.exists() {
        let text = format!("{} is there already; name a folder that is not", folder.display());
        return Err(failure(Exit::Data, text));
    }
    let content = record.content().await?;
    let received: Vec<Value> =
        record.received().await?.iter().map(|row| serde_json::to_value(&row.message)).collect::<Result<_, _>>()?;
    let drafts: Vec<Value> = record.drafts().await?.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    let files = [
        (READINGS, record.readings().await?.iter().map(export::line).collect::<Vec<Value>>()),
        (SAID, record.items().await?.iter().map(export::said).collect()),
        (DRAFTS, drafts),
        (RECEIVED, received),
        (PLANS, record.plan_bodies().await?),
    ];
    let beside = beside(folder)?;
    write(&beside, &files).with_context(|| format!("the files could not be written to {}", beside.display()))?;
    for (name, lines) in &files {
        ensure!(read_back(&beside.join(name))? == *lines, "{name} does not read back as it was written");
    }
    fs::rename(&beside, folder).with_context(|| format!("{} could not be put in place", folder.display()))?;
    Ok((files.into_iter().map(|(name, lines)| (name.to_owned(), lines.len())).collect(), content))
}

/// A folder beside it that nobody has: what is half written is never taken for the whole.
fn beside(folder: &Path) -> Result<PathBuf> {
    let name = folder.file_name().with_context(|| format!("{} is not the name of a folder", folder.display()))?;
    let mut part = name.to_owned();
    part.push(format!(".{}.part", Uuid::now_v7()));
    Ok(folder.with_file_name(part))
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
    let mut read_me = fs::File::create_new(folder.join(READ_ME))?;
    read_me.write_all(Language::ALL.map(what_is_what).join("\n").as_bytes())?;
    read_me.sync_all()?;
    Ok(fs::File::open(folder)?.sync_all()?)
}

/// A word on what is what.
fn what_is_what(language: Language) -> String {
    let words = Words::in_language(language);
    let files = [
        (READINGS, words.text("hand-over", "Your readings, one a line.", &[])),
        (SAID, words.text("hand-over", "Your answers, your messages and what you said of your medicines.", &[])),
        (DRAFTS, words.text("hand-over", "Questions that you began to answer and did not send.", &[])),
        (RECEIVED, words.text("hand-over", "The messages of the follow-up service.", &[])),
        (PLANS, words.text("hand-over", "Your plan, in each version.", &[])),
    ];
    let lines: String = files.iter().map(|(name, what)| format!("{name:<18}{what}\n")).collect();
    let head = words.text("hand-over", "These are your own data from Dagsform.", &[]);
    let foot = words.text(
        "hand-over",
        "The files are plain text (JSON). A doctor, or a program for health data, can read them.",
        &[],
    );
    format!("{head}\n\n{lines}\n{foot}\n")
}

fn read_back(file: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(file)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
