//! The rig's own log: one JSON object a line, written at the moment of sending.
//!
//! It is the witness against which the product's record is compared, so what it says about a
//! record comes from the record's maker ([`Meaning`]), never from a decoder.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::description::Meaning;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up by one from one, over restarts of the rig too.
    pub n: u64,
    /// Wall clock of the rig's machine, microseconds since 1970.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What a rig logs. Times and effects are those of the device's end of the link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The rig started.
    Started {
        /// `emulator` or `virtual machine`.
        rig: String,
    },
    /// The tablet connected.
    Connected {
        /// The device's address.
        device: String,
    },
    /// The link ended.
    Disconnected {
        /// The device's address.
        device: String,
        /// Who or what ended it.
        reason: String,
    },
    /// A bond was made.
    Paired {
        /// The device's address.
        device: String,
    },
    /// An attempt to pair failed.
    PairingFailed {
        /// The device's address.
        device: String,
        /// Why, in the words of the device's end.
        reason: String,
    },
    /// Notifications or indications were switched on.
    Subscribed {
        /// The device's address.
        device: String,
        /// The characteristic, short UUID.
        characteristic: String,
    },
    /// The tablet wrote a value.
    Written {
        /// The device's address.
        device: String,
        /// The characteristic, short UUID.
        characteristic: String,
        /// The value, as hex.
        bytes: String,
    },
    /// It advertises other service data from now on.
    Advertised {
        /// The device's address.
        device: String,
        /// Service UUID to bytes, as hex.
        service_data: BTreeMap<String, String>,
    },
    /// A value is being sent; written before it leaves.
    Sent(Sent),
    /// The indication in line `of` was confirmed by the tablet's Bluetooth stack.
    Confirmed {
        /// The `n` of the line that was sent.
        of: u64,
    },
}

/// A value that a device sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The device's address.
    pub device: String,
    /// The characteristic, short UUID.
    pub characteristic: String,
    /// The value, as hex.
    pub bytes: String,
    /// Where it came from.
    pub origin: Origin,
    /// Its place among the stored records, from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<usize>,
    /// What it says, by its maker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meaning: Option<Meaning>,
    /// The line of the record that it belongs to and follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<u64>,
}

/// Where a sent value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The device's memory.
    Stored,
    /// A measurement just taken.
    Live,
    /// An answer of a control point.
    Answer,
}

/// A sent value together with its fate.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The line that announced it.
    pub n: u64,
    /// When it was sent, microseconds since 1970.
    pub at_us: u64,
    /// The value.
    pub sent: Sent,
    /// Whether the tablet's Bluetooth stack confirmed it (indications only).
    pub confirmed: bool,
    /// The frames that belong to it.
    pub followed_by: Vec<Sent>,
}

/// The lines of a log file. A torn last line, left by a kill, is passed over.
///
/// # Errors
/// The file cannot be read, or a line before the last is not a log line.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading the rig's log {}", path.display()))?;
    parse(&text).with_context(|| format!("in the rig's log {}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Entry>> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _torn)| whole);
    whole
        .lines()
        .enumerate()
        .map(|(number, line)| serde_json::from_str(line).with_context(|| format!("line {}: {line}", number + 1)))
        .collect()
}

/// The values that were sent as readings (stored and live), each with its confirmation and with the
/// frames that belong to it.
#[must_use]
pub fn deliveries(entries: &[Entry]) -> Vec<Delivery> {
    let mut found: BTreeMap<u64, Delivery> = BTreeMap::new();
    for entry in entries {
        match &entry.event {
            Event::Sent(sent) if sent.origin != Origin::Answer => {
                if let Some(record) = sent.follows {
                    if let Some(delivery) = found.get_mut(&record) {
                        delivery.followed_by.push(sent.clone());
                    }
                    continue;
                }
                let (n, at_us, sent) = (entry.n, entry.at_us, sent.clone());
                found.insert(n, Delivery { n, at_us, sent, confirmed: false, followed_by: vec![] });
            }
            Event::Confirmed { of } => {
                if let Some(delivery) = found.get_mut(of) {
                    delivery.confirmed = true;
                }
            }
            _ => {}
        }
    }
    found.into_values().collect()
}

/// What the values mean that a device sent on a characteristic, in their order.
#[must_use]
pub fn sent_on(entries: &[Entry], device: &str, characteristic: &str) -> Vec<Meaning> {
    let meaning = |entry: &Entry| match &entry.event {
        Event::Sent(sent) if sent.device == device && sent.characteristic == characteristic => sent.meaning.clone(),
        _ => None,
    };
    entries.iter().filter_map(meaning).collect()
}

/// The writing end of a log.
#[derive(Debug)]
pub struct Writer {
    file: File,
    last: u64,
}

impl Writer {
    /// Opens a log, going on from its last line where it exists.
    ///
    /// # Errors
    /// The file cannot be opened, or what it holds is not a log.
    pub fn open(path: &Path) -> Result<Self> {
        let last = if path.exists() { read(path)?.last().map_or(0, |entry| entry.n) } else { 0 };
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.with_context(|| format!("opening the rig's log {}", path.display()))?;
        Ok(Self { file, last })
    }

    /// Writes one line and gives its number.
    ///
    /// # Errors
    /// The line could not be written whole.
    pub fn write(&mut self, event: Event) -> Result<u64> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
        let entry = Entry { n: self.last + 1, at_us: u64::try_from(since.as_micros())?, event };
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.file.write_all(&line).context("writing the rig's log")?;
        self.last = entry.n;
        Ok(entry.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(origin: Origin) -> Event {
        let (device, characteristic) = ("F0:00:00:00:00:01".to_owned(), "2A5E".to_owned());
        let bytes = "00".to_owned();
        Event::Sent(Sent { device, characteristic, bytes, origin, record: None, meaning: None, follows: None })
    }

    #[test]
    fn a_reopened_log_goes_on_counting_where_it_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert_eq!(Writer::open(&path).unwrap().write(sent(Origin::Live)).unwrap(), 1);
        assert_eq!(Writer::open(&path).unwrap().write(sent(Origin::Live)).unwrap(), 2);
        assert_eq!(read(&path).unwrap().len(), 2);
    }

    #[test]
    fn a_confirmation_belongs_to_the_line_it_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Writer::open(&path).unwrap();
        let first = log.write(sent(Origin::Stored)).unwrap();
        log.write(sent(Origin::Answer)).unwrap();
        log.write(sent(Origin::Live)).unwrap();
        log.write(Event::Confirmed { of: first }).unwrap();
        let deliveries = deliveries(&read(&path).unwrap());
        let confirmed: Vec<bool> = deliveries.iter().map(|delivery| delivery.confirmed).collect();
        assert_eq!(confirmed, [true, false]);
    }

    #[test]
    fn a_frame_that_follows_a_record_is_part_of_it_and_no_reading_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Writer::open(&path).unwrap();
        log.write(sent(Origin::Stored)).unwrap();
        let record = log.write(sent(Origin::Stored)).unwrap();
        let Event::Sent(frame) = sent(Origin::Stored) else { panic!("no frame") };
        log.write(Event::Sent(Sent { follows: Some(record), characteristic: "2A34".to_owned(), ..frame })).unwrap();
        let deliveries = deliveries(&read(&path).unwrap());
        let frames: Vec<Vec<&str>> = deliveries
            .iter()
            .map(|delivery| delivery.followed_by.iter().map(|frame| frame.characteristic.as_str()).collect())
            .collect();
        assert_eq!(frames, [vec![], vec!["2A34"]]);
    }

    #[test]
    fn a_line_torn_by_a_kill_is_passed_over() {
        let whole = r#"{"n":1,"at_us":5,"event":"connected","device":"F0:00:00:00:00:01"}"#;
        assert_eq!(parse(&format!("{whole}\n{{\"n\":2,\"at")).unwrap().len(), 1);
        assert!(parse("{\"n\":2,\"at\n").is_err());
    }
}
