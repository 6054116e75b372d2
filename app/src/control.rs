//! Commands on the record, also while the tablet program has it open.
//!
//! Only one program opens the record. A command that finds it open hands its request to that program,
//! over a Unix socket in the data folder, which only the folder's owner may enter: one line of JSON each
//! way. Where that program takes no requests, the command says who has the record.

mod answer;
mod server;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};
use dagsform_care::{ByHand, DeviceId, Identity, Performer, Why};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    time::timeout,
};

use crate::{
    answers::Answering,
    exit::{Exit, failure},
    record::{NewDevice, OpenError, Record},
    said::{NewMedicine, NewMessage},
};
pub(crate) use server::serve;

/// The socket in the data folder.
const SOCKET: &str = "control.sock";
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long an enrolment may take: it asks the service several things, each with a deadline of its own.
const ENROLMENT: Duration = Duration::from_secs(300);
/// How long an answer may be, in bytes: the export of ten years.
const LONGEST: u64 = 64 * 1024 * 1024;

/// What a command asks of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Whether the tablet has a patient. Answer: a boolean.
    IsEnrolled,
    /// Give the tablet to a patient, by the text of an enrolment file. Answer: the reference and the address.
    Enrol(String),
    /// The public part of the tablet's key. Answer: a set of JSON Web Keys.
    Key,
    /// Offer to the service once more what was set aside. Answer: how many.
    OfferAgain,
    /// The sensors. Answer: [`crate::record::AssignedDevice`]s.
    Devices,
    /// Give a sensor to the patient. Answer: the [`crate::record::AssignedDevice`].
    Assign(NewDevice),
    /// Take a sensor back.
    Remove(DeviceId),
    /// All readings, as the export writes them.
    Export,
    /// Save a reading that was entered by hand. Answer: the reading, as the export writes it.
    Enter(Entered),
    /// A reading is the patient's. Answer to this and the next two: the reading.
    Claim(Identity),
    /// Who measured.
    Performer(Identity, Performer),
    /// Take a reading back.
    TakeBack(Identity, Why),
    /// Erase someone else's reading for good.
    Erase(Identity),
    /// All that was said beside readings, as the export writes it.
    ExportSaid,
    /// All messages of the service.
    ExportReceived,
    /// The plan in force, with when it was compared last and what was refused.
    Plan,
    /// What the plan asks for today.
    Today,
    /// Answer a list of questions. Answer: what it asks for still.
    Answer(Answering),
    /// Answers are taken back.
    TakeBackAnswers(Identity, Why),
    /// Write a message. Answer: the message.
    Message(NewMessage),
    /// A medicine was taken or not. Answer: what was said.
    Medicine(NewMedicine),
    /// This reading was taken once more for that one. Answer: the later one.
    Repeats {
        /// The later one.
        second: Identity,
        /// The earlier one.
        first: Identity,
    },
    /// Be reminded of an occurrence no sooner than then.
    PutOff(String, DateTime<FixedOffset>),
    /// Write the patient's data into a new folder, at the end. Answer: the files and their lines.
    HandOver(PathBuf),
    /// Send now what waits. Answer: [`crate::record::Counts`].
    Send,
}

impl Request {
    /// How long its answer may take.
    fn patience(&self) -> Duration {
        if matches!(self, Self::Enrol(_)) { ENROLMENT } else { ANSWER }
    }
}

/// What was entered by hand, and when it was measured: `None` now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entered {
    /// Kind, numbers, meal, performer.
    pub reading: ByHand,
    /// When it was measured.
    pub taken: Option<DateTime<FixedOffset>>,
    /// That time was given with its date, not as so long ago.
    pub by_calendar: bool,
}

/// Why a request failed, on its way back.
#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    exit: Exit,
    message: String,
}

/// The record, at hand or in another program.
pub enum Control {
    /// This program has it.
    Own(Record),
    /// Another program has it.
    Running {
        /// Where that one listens.
        socket: PathBuf,
        /// Why this program has not got it.
        why: OpenError,
    },
}

impl Control {
    /// Opens the record of a folder, or finds the program that has it open.
    pub fn open(folder: &Path) -> Result<Self> {
        match Record::open(folder) {
            Ok(record) => Ok(Self::Own(record)),
            Err(why @ OpenError::Locked { .. }) => Ok(Self::Running { socket: folder.join(SOCKET), why }),
            Err(error) => Err(error.into()),
        }
    }

    /// Asks, and waits for the answer.
    pub async fn ask<T: DeserializeOwned>(self, request: &Request) -> Result<T> {
        let answer = match self {
            Self::Own(record) => answer::answer(&record, request.clone(), &|| false).await?,
            Self::Running { socket, why } => match timeout(request.patience(), hand_over(&socket, request)).await {
                Ok(Ok(answer)) => answer.map_err(|r: Refusal| failure(r.exit, r.message))?,
                // Nobody listens there.
                Ok(Err(error)) if no_listener(&error) => return Err(why.into()),
                // It may have been done all the same.
                Ok(Err(_)) | Err(_) => {
                    let text = "the running Dagsform program did not answer; look there whether it was done";
                    return Err(failure(Exit::TryAgain, text));
                }
            },
        };
        serde_json::from_value(answer).context("the running Dagsform program is of another version; close it first")
    }
}

fn no_listener(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

async fn hand_over(socket: &Path, request: &Request) -> io::Result<Result<Value, Refusal>> {
    let mut stream = UnixStream::connect(socket).await?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut answer).await?;
    Ok(serde_json::from_str(&answer)?)
}

#[cfg(test)]
mod tests;
