//! Raw frames: kept before anything is made of them, and kept whatever becomes of them.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{Decimal, DeviceId, Identity, PatientId, Trust};
use dagsform_sensors::{RawFrame, codec::NotAFormat, sink::REPEATS};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Record, RecordError, changes, devices, enrolment, read_time, read_trust, readings, stored, time::Taken as TakenAt,
    trust_name,
};

/// A frame in the record that nothing has been made of yet, with what is needed to do so.
#[derive(Clone, Debug)]
pub struct FrameRow {
    /// The record's number for it.
    pub id: i64,
    /// The frame as it was received.
    pub frame: RawFrame,
    /// How far the tablet's clock was believed then.
    pub tablet_clock: Trust,
    /// The tablet's patient.
    pub patient: PatientId,
    /// When the sensor was given to the patient; `None` if its whole memory is theirs.
    pub assigned: Option<DateTime<FixedOffset>>,
    /// The patient's place among the sensor's users, where someone has said.
    pub user: Option<u8>,
}

/// What the record did with a frame.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It is new and has been committed.
    New(Box<FrameRow>),
    /// The same record of the same memory is here already, or was erased; this reading was made of it.
    Known(Identity),
    /// The same record of the same memory is here already, and no codec understood it.
    KnownUndecodable(String),
}

impl Record {
    /// Commits a frame, unless it is a record of the sensor's memory that was fetched before.
    pub async fn keep_frame(&self, frame: RawFrame) -> Result<Kept, RecordError> {
        let (_, trust) = self.now();
        let taken = self.taken(&frame.received);
        self.ask(move |connection| keep(connection, frame, trust, &taken)).await
    }

    /// The frames of which nothing has been made yet: the program ended in between.
    pub async fn frames_left(&self) -> Result<Vec<FrameRow>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare(
                "SELECT id, device, format, bytes, received, tablet_clock, from_storage, ordinal, context \
                 FROM frame WHERE state = 'new' ORDER BY id",
            )?;
            let rows: Vec<_> = statement
                .query_map([], |row| {
                    Ok((
                        row.get::<_, i64>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                        row.get::<_, Vec<u8>>(3)?,
                        row.get::<_, String>(4)?,
                        row.get::<_, String>(5)?,
                        row.get::<_, bool>(6)?,
                        row.get::<_, u32>(7)?,
                        row.get::<_, Option<Vec<u8>>>(8)?,
                    ))
                })?
                .collect::<rusqlite::Result<_>>()?;
            rows.into_iter()
                .map(|(id, device, format, bytes, received, trust, from_storage, ordinal, context)| {
                    let device = DeviceId::parse(&device).map_err(|e| RecordError::Unreadable(e.to_string()))?;
                    let received = read_time(&received)?;
                    let format = format.parse().map_err(|e: NotAFormat| RecordError::Unreadable(e.to_string()))?;
                    let frame = RawFrame { device, format, bytes, context, received, from_storage, ordinal };
                    in_whose_name(connection, id, frame, read_trust(&trust)?)
                })
                .collect()
        })
        .await
    }

    /// The patient's last weight in kilograms that counts.
    pub async fn usual_weight(&self) -> Result<Option<Decimal>, RecordError> {
        self.ask(|connection| readings::last_weight(connection)).await
    }

    /// Marks a frame that no codec understands. It stays.
    pub async fn mark_undecodable(&self, id: i64, reason: String) -> Result<(), RecordError> {
        self.ask(move |connection| {
            connection
                .prepare_cached("UPDATE frame SET state = 'undecodable', reason = ?2 WHERE id = ?1")?
                .execute(params![id, reason])?;
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }
}

fn keep(connection: &mut Connection, frame: RawFrame, trust: Trust, taken: &TakenAt) -> Result<Kept, RecordError> {
    if frame.comes_again()
        && let Some(known) = known_record(connection, &frame)?
    {
        return Ok(known);
    }
    if frame.comes_again()
        && let Some(identity) =
            changes::erased_frame(connection, frame.device.as_str(), frame.format, &frame.bytes, frame.ordinal)?
    {
        return Ok(Kept::Known(identity));
    }
    if frame.comes_again()
        && let Some(row) = unfinished(connection, &frame)?
    {
        return Ok(Kept::New(Box::new(row)));
    }
    if frame.format.repeats()
        && let Some(known) = said_already(connection, &frame)?
    {
        return Ok(known);
    }
    // The assignment is looked up before the bytes are taken: nothing of a stranger's device is kept.
    let row = in_whose_name(connection, 0, frame, trust)?;
    let id = connection
        .prepare_cached(
            "INSERT INTO frame (device, format, bytes, received, tablet_clock, from_storage, ordinal, state, \
             context, boot, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'new', ?8, ?9, ?10)",
        )?
        .insert(params![
            row.frame.device.as_str(),
            row.frame.format.to_string(),
            row.frame.bytes,
            stored(&row.frame.received),
            trust_name(trust),
            row.frame.from_storage,
            row.frame.ordinal,
            row.frame.context,
            taken.boot,
            taken.started,
        ])?;
    Ok(Kept::New(Box::new(FrameRow { id, ..row })))
}

/// Whether this record of the sensor's memory has been fetched before, and what was made of it then.
///
/// Equal bytes at an equal place among their equals are the same record: a memory only grows at its
/// end and loses at its beginning. Live frames are never matched here; the identity decides for them.
fn known_record(connection: &Connection, frame: &RawFrame) -> Result<Option<Kept>, RecordError> {
    let found = connection
        .prepare_cached(
            "SELECT reading.identity, frame.reason FROM frame LEFT JOIN reading ON reading.id = frame.reading \
             WHERE frame.device = ?1 AND frame.format = ?2 AND frame.bytes = ?3 AND frame.ordinal = ?4 \
             AND frame.from_storage = 1 AND frame.state <> 'new' LIMIT 1",
        )?
        .query_row(params![frame.device.as_str(), frame.format.to_string(), frame.bytes, frame.ordinal], |row| {
            Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
        })
        .optional()?;
    Ok(match found {
        None => None,
        Some((Some(identity), _)) => {
            let identity =
                identity.parse().map_err(|_| RecordError::Unreadable(format!("'{identity}' is not an identity")))?;
            Some(Kept::Known(identity))
        }
        Some((None, reason)) => Some(Kept::KnownUndecodable(reason.unwrap_or_default())),
    })
}

/// Whether an advertisement says once more what it has said before: the same bytes within [`REPEATS`], by the tablet's
/// clock. One that was kept and not finished goes on as it was.
fn said_already(connection: &Connection, frame: &RawFrame) -> Result<Option<Kept>, RecordError> {
    let mut statement = connection.prepare_cached(
        "SELECT frame.id, frame.received, frame.tablet_clock, frame.state, frame.reason, reading.identity \
         FROM frame LEFT JOIN reading ON reading.id = frame.reading \
         WHERE frame.device = ?1 AND frame.format = ?2 AND frame.bytes = ?3 ORDER BY frame.id DESC LIMIT 1",
    )?;
    let found = statement
        .query_row(params![frame.device.as_str(), frame.format.to_string(), frame.bytes], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, Option<String>>(4)?,
                row.get::<_, Option<String>>(5)?,
            ))
        })
        .optional()?;
    let Some((id, received, trust, state, reason, identity)) = found else { return Ok(None) };
    let received = read_time(&received)?;
    let apart = frame.received.signed_duration_since(received).abs();
    if apart.to_std().is_ok_and(|apart| apart >= REPEATS) {
        return Ok(None);
    }
    Ok(Some(match (state.as_str(), identity) {
        ("new", _) => {
            let frame = RawFrame { received, ..frame.clone() };
            Kept::New(Box::new(in_whose_name(connection, id, frame, read_trust(&trust)?)?))
        }
        (_, Some(identity)) => Kept::Known(
            identity.parse().map_err(|_| RecordError::Unreadable(format!("'{identity}' is not an identity")))?,
        ),
        (_, None) => Kept::KnownUndecodable(reason.unwrap_or_default()),
    }))
}

/// The same record of the sensor's memory, kept before, of which no reading could be committed then.
/// It goes on as it was received first: without a device time that is part of its identity.
fn unfinished(connection: &Connection, frame: &RawFrame) -> Result<Option<FrameRow>, RecordError> {
    let found: Option<(i64, String, String)> = connection
        .prepare_cached(
            "SELECT id, received, tablet_clock FROM frame WHERE device = ?1 AND format = ?2 AND bytes = ?3 \
             AND ordinal = ?4 AND from_storage = 1 AND state = 'new' ORDER BY id LIMIT 1",
        )?
        .query_row(params![frame.device.as_str(), frame.format.to_string(), frame.bytes, frame.ordinal], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, received, trust)) = found else { return Ok(None) };
    let frame = RawFrame { received: read_time(&received)?, ..frame.clone() };
    in_whose_name(connection, id, frame, read_trust(&trust)?).map(Some)
}

fn in_whose_name(
    connection: &Connection,
    id: i64,
    frame: RawFrame,
    tablet_clock: Trust,
) -> Result<FrameRow, RecordError> {
    let patient = enrolment::read(connection)?.ok_or(RecordError::NotEnrolled)?.patient;
    let device = devices::read(connection, &frame.device)?;
    // A frame of a sensor that was taken back since was received while it was the patient's.
    let assigned = match (&device, id) {
        (None, 0) => return Err(RecordError::NotAssigned(frame.device.to_string())),
        (Some(device), _) if device.earlier == devices::Earlier::Aside => Some(device.assigned_at),
        _ => None,
    };
    let user = device.as_ref().and_then(|device| device.user);
    Ok(FrameRow { id, frame, tablet_clock, patient, assigned, user })
}
