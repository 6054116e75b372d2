//! The sensors that were given to the patient.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceInformation, Kind};
use dagsform_sensors::{NewestRecord, collector::Consent, device::Key};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::{Record, RecordError, changes, read_time, stored};

/// How a sensor reaches the tablet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Over a connection to a bonded device: authenticated.
    Bonded,
    /// By advertisements only: unauthenticated, off unless switched on.
    Advertised,
}

/// Whose are the measurements that were in a sensor's memory before it was given to the patient?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earlier {
    /// The patient's own: it is their sensor.
    Mine,
    /// Perhaps someone else's: kept aside, not sent.
    Aside,
}

impl Earlier {
    fn name(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Aside => "aside",
        }
    }
}

/// A sensor of the patient's kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedDevice {
    /// Its Bluetooth address.
    pub address: DeviceId,
    /// What people call it.
    pub name: String,
    /// How it reaches the tablet.
    pub link: LinkKind,
    /// Whether its data is taken.
    pub enabled: bool,
    /// Whose the memory from before is.
    pub earlier: Earlier,
    /// When it was given to the patient.
    pub assigned_at: DateTime<FixedOffset>,
    /// What it says of itself.
    pub information: DeviceInformation,
    /// The patient's place among its users, where someone has said.
    pub user: Option<u8>,
    /// That place with the code that opens it, which is never written out.
    #[serde(skip)]
    pub consent: Option<Consent>,
    /// What it measures, as far as that is known.
    pub kinds: Vec<Kind>,
    /// The key by which it encrypts what it advertises. It never leaves the record.
    #[serde(skip)]
    pub key: Option<Key>,
}

/// A sensor that is given to the patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDevice {
    /// Its Bluetooth address.
    pub address: DeviceId,
    /// What people call it.
    pub name: String,
    /// How it reaches the tablet.
    pub link: LinkKind,
    /// What it measures, as far as that is known.
    pub kinds: Vec<Kind>,
    /// Whose the memory from before is. `None`: as it was, at first kept aside.
    pub earlier: Option<Earlier>,
    /// Since when it is the patient's, where that is not today.
    pub since: Option<DateTime<FixedOffset>>,
    /// The patient's place among its users. `None`: as it was.
    pub user: Option<u8>,
    /// The key by which it encrypts what it advertises. `None`: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// Someone has said that what it sends to everybody, unencrypted, is to be taken.
    #[serde(default)]
    pub unencrypted: bool,
    /// The code that opens that place, where the sensor asks for one: 0 to 9999. `None`: as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_code: Option<u16>,
}

impl NewDevice {
    /// A bonded sensor of which nothing more is said.
    pub fn bonded(address: DeviceId, name: impl Into<String>) -> Self {
        Self {
            address,
            name: name.into(),
            link: LinkKind::Bonded,
            kinds: Vec::new(),
            earlier: None,
            since: None,
            user: None,
            key: None,
            unencrypted: false,
            consent_code: None,
        }
    }
}

impl Record {
    /// Gives a sensor to the patient. Given once more, it keeps its date, its readings and all of which
    /// nothing else is said; at first its earlier measurements are kept aside.
    pub async fn assign(&self, new: NewDevice) -> Result<AssignedDevice, RecordError> {
        let (now, _) = self.now();
        // A date that someone has said is not corrected with the tablet's clock.
        let taken = if new.since.is_none() { Some(self.taken(&now)) } else { None };
        let device = self
            .ask(move |connection| {
                if super::enrolment::read(connection)?.is_none() {
                    return Err(RecordError::NotEnrolled);
                }
                let transaction = connection.transaction()?;
                transaction.execute(
                    "INSERT INTO device (address, name, link, enabled, earlier, assigned_at, information, user, kinds, \
                     boot, started, key, consent_code) \
                     VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?8, ?6), '{}', ?9, ?10, ?11, ?12, ?13, ?14) \
                     ON CONFLICT (address) DO UPDATE SET name = excluded.name, link = excluded.link, \
                     enabled = excluded.enabled, earlier = coalesce(?7, earlier), removed_at = NULL, \
                     assigned_at = CASE WHEN ?8 IS NOT NULL THEN ?8 WHEN removed_at IS NULL THEN assigned_at \
                     ELSE excluded.assigned_at END, \
                     boot = CASE WHEN ?8 IS NULL AND removed_at IS NULL THEN boot ELSE excluded.boot END, \
                     started = CASE WHEN ?8 IS NULL AND removed_at IS NULL THEN started ELSE excluded.started END, \
                     user = coalesce(?9, user), key = coalesce(?13, key), \
                     consent_code = coalesce(?14, consent_code), \
                     kinds = CASE WHEN ?10 = '[]' THEN kinds ELSE ?10 END",
                    params![
                        new.address.as_str(),
                        new.name,
                        if new.link == LinkKind::Bonded { "bonded" } else { "advertised" },
                        // An advertiser without a key proves nothing: it stays off until someone switches it on.
                        new.link == LinkKind::Bonded || new.key.is_some() || new.unencrypted,
                        new.earlier.unwrap_or(Earlier::Aside).name(),
                        stored(&now),
                        new.earlier.map(Earlier::name),
                        new.since.as_ref().map(stored),
                        new.user,
                        serde_json::to_string(&new.kinds)?,
                        taken.as_ref().map(|taken| &taken.boot),
                        taken.as_ref().and_then(|taken| taken.started),
                        new.key.map(|key| key.0.to_vec()),
                        new.consent_code,
                    ],
                )?;
                let device = read(&transaction, &new.address)?;
                let device = device.ok_or_else(|| RecordError::NotAssigned(new.address.to_string()))?;
                changes::claim_earlier(&transaction, &device)?;
                transaction.commit()?;
                Ok(device)
            })
            .await?;
        self.tell_change();
        Ok(device)
    }

    /// Takes a sensor back from the patient. Its readings stay.
    pub async fn remove_device(&self, address: DeviceId) -> Result<(), RecordError> {
        let (now, _) = self.now();
        self.ask(move |connection| {
            let changed = connection.execute(
                "UPDATE device SET removed_at = ?2 WHERE address = ?1 AND removed_at IS NULL",
                params![address.as_str(), stored(&now)],
            )?;
            if changed == 0 { Err(RecordError::NotAssigned(address.to_string())) } else { Ok(()) }
        })
        .await?;
        self.tell_change();
        Ok(())
    }

    /// The sensors of the kit.
    pub async fn devices(&self) -> Result<Vec<AssignedDevice>, RecordError> {
        self.ask(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{SELECT} WHERE removed_at IS NULL ORDER BY assigned_at"))?;
            let rows = statement.query_map([], columns)?;
            rows.map(|row| from_columns(row?)).collect()
        })
        .await
    }

    /// When something came from each sensor last.
    pub async fn last_heard(&self) -> Result<Vec<(DeviceId, DateTime<FixedOffset>)>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT device, received FROM frame WHERE id IN (SELECT max(id) FROM frame GROUP BY device)",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (device, received) = row?;
                let device = DeviceId::parse(&device).map_err(|e| RecordError::Unreadable(e.to_string()))?;
                Ok((device, read_time(&received)?))
            })
            .collect()
        })
        .await
    }

    /// Keeps how far a sensor's memory has been fetched.
    pub async fn keep_newest(&self, address: DeviceId, newest: NewestRecord) -> Result<(), RecordError> {
        self.ask(move |connection| {
            connection.execute(
                "UPDATE device SET newest_number = ?2, newest_identity = ?3 WHERE address = ?1",
                params![address.as_str(), newest.sequence, newest.identity.to_string()],
            )?;
            Ok(())
        })
        .await
    }

    /// How far a sensor's memory has been fetched; `None`: nothing is known of that.
    pub async fn newest_record(&self, address: DeviceId) -> Result<Option<NewestRecord>, RecordError> {
        self.ask(move |connection| {
            let found: Option<(Option<u16>, Option<String>)> = connection
                .query_row(
                    "SELECT newest_number, newest_identity FROM device WHERE address = ?1",
                    [address.as_str()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((Some(sequence), Some(identity))) = found else { return Ok(None) };
            let identity =
                identity.parse().map_err(|_| RecordError::Unreadable(format!("'{identity}' is not an identity")))?;
            Ok(Some(NewestRecord { sequence, identity }))
        })
        .await
    }

    /// Keeps that a sensor measures this.
    pub async fn measures(&self, address: DeviceId, kind: Kind) -> Result<(), RecordError> {
        self.ask(move |connection| {
            let Some(mut device) = read(connection, &address)? else { return Ok(()) };
            if !device.kinds.contains(&kind) {
                device.kinds.push(kind);
                connection.execute(
                    "UPDATE device SET kinds = ?2 WHERE address = ?1",
                    params![address.as_str(), serde_json::to_string(&device.kinds)?],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// Keeps what a sensor said of itself; what it did not say this time stays as it was.
    pub async fn describe_device(&self, address: DeviceId, new: DeviceInformation) -> Result<(), RecordError> {
        let (now, _) = self.now();
        self.ask(move |connection| {
            let Some(device) = read(connection, &address)? else {
                return Err(RecordError::NotAssigned(address.to_string()));
            };
            let old = device.information;
            let merged = DeviceInformation {
                manufacturer: new.manufacturer.or(old.manufacturer),
                model: new.model.or(old.model),
                serial: new.serial.or(old.serial),
                firmware: new.firmware.or(old.firmware),
                hardware: new.hardware.or(old.hardware),
                software: new.software.or(old.software),
                system_id: new.system_id.or(old.system_id),
                battery: new.battery.or(old.battery),
            };
            connection.execute(
                "UPDATE device SET information = ?2, described_at = ?3 WHERE address = ?1",
                params![address.as_str(), serde_json::to_string(&merged)?, stored(&now)],
            )?;
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }
}

const SELECT: &str = "SELECT address, name, link, enabled, earlier, assigned_at, information, user, kinds, key, \
                      consent_code FROM device";

struct Columns {
    address: String,
    name: String,
    link: String,
    enabled: bool,
    earlier: String,
    assigned_at: String,
    information: String,
    user: Option<u8>,
    kinds: String,
    key: Option<[u8; 16]>,
    consent_code: Option<u16>,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        address: row.get(0)?,
        name: row.get(1)?,
        link: row.get(2)?,
        enabled: row.get(3)?,
        earlier: row.get(4)?,
        assigned_at: row.get(5)?,
        information: row.get(6)?,
        user: row.get(7)?,
        kinds: row.get(8)?,
        key: row.get(9)?,
        consent_code: row.get(10)?,
    })
}

fn from_columns(row: Columns) -> Result<AssignedDevice, RecordError> {
    Ok(AssignedDevice {
        address: DeviceId::parse(&row.address).map_err(|e| RecordError::Unreadable(e.to_string()))?,
        name: row.name,
        link: if row.link == "bonded" { LinkKind::Bonded } else { LinkKind::Advertised },
        enabled: row.enabled,
        earlier: if row.earlier == "mine" { Earlier::Mine } else { Earlier::Aside },
        assigned_at: read_time(&row.assigned_at)?,
        information: serde_json::from_str(&row.information)?,
        user: row.user,
        consent: row.user.zip(row.consent_code).and_then(|(user, code)| Consent::new(user, code).ok()),
        kinds: serde_json::from_str(&row.kinds)?,
        key: row.key.map(Key),
    })
}

/// An assigned sensor; `None` where it is not, or no longer, the patient's.
pub(super) fn read(connection: &Connection, address: &DeviceId) -> Result<Option<AssignedDevice>, RecordError> {
    connection
        .prepare_cached(&format!("{SELECT} WHERE address = ?1 AND removed_at IS NULL"))?
        .query_row([address.as_str()], columns)
        .optional()?
        .map(from_columns)
        .transpose()
}

/// What a sensor said of itself, also one that was taken back since.
pub(super) fn information(connection: &Connection, address: &DeviceId) -> Result<DeviceInformation, RecordError> {
    let text: String = connection
        .prepare_cached("SELECT information FROM device WHERE address = ?1")?
        .query_row([address.as_str()], |row| row.get(0))?;
    Ok(serde_json::from_str(&text)?)
}
