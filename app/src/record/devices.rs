//! The sensors that were given to the patient.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceInformation};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::{Record, RecordError, read_time, stored};

/// How a sensor reaches the tablet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Over a connection to a bonded device: authenticated.
    Bonded,
    /// By advertisements only: unauthenticated, off unless switched on.
    Advertised,
}

/// Whose are the measurements that were in a sensor's memory before it was given to the patient?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

impl Record {
    /// Gives a sensor to the patient. Given once more, it keeps its date, its readings and, if nothing
    /// else is said, whose its earlier measurements are; at first they are kept aside.
    pub async fn assign(
        &self,
        address: DeviceId,
        name: String,
        link: LinkKind,
        earlier: Option<Earlier>,
    ) -> Result<AssignedDevice, RecordError> {
        let (now, _) = self.now();
        let device = self
            .ask(move |connection| {
                if super::enrolment::read(connection)?.is_none() {
                    return Err(RecordError::NotEnrolled);
                }
                connection.execute(
                    "INSERT INTO device (address, name, link, enabled, earlier, assigned_at, information) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, '{}') \
                     ON CONFLICT (address) DO UPDATE SET name = excluded.name, link = excluded.link, \
                     enabled = excluded.enabled, earlier = coalesce(?7, earlier), removed_at = NULL, \
                     assigned_at = CASE WHEN removed_at IS NULL THEN assigned_at ELSE excluded.assigned_at END",
                    params![
                        address.as_str(),
                        name,
                        if link == LinkKind::Bonded { "bonded" } else { "advertised" },
                        // An advertiser proves nothing: it stays off until someone switches it on.
                        link == LinkKind::Bonded,
                        earlier.unwrap_or(Earlier::Aside).name(),
                        stored(&now),
                        earlier.map(Earlier::name)
                    ],
                )?;
                read(connection, &address)?.ok_or_else(|| RecordError::NotAssigned(address.to_string()))
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
        .await
    }
}

const SELECT: &str = "SELECT address, name, link, enabled, earlier, assigned_at, information FROM device";

type Columns = (String, String, String, bool, String, String, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

fn from_columns(
    (address, name, link, enabled, earlier, assigned_at, information): Columns,
) -> Result<AssignedDevice, RecordError> {
    Ok(AssignedDevice {
        address: DeviceId::parse(&address).map_err(|e| RecordError::Unreadable(e.to_string()))?,
        name,
        link: if link == "bonded" { LinkKind::Bonded } else { LinkKind::Advertised },
        enabled,
        earlier: if earlier == "mine" { Earlier::Mine } else { Earlier::Aside },
        assigned_at: read_time(&assigned_at)?,
        information: serde_json::from_str(&information)?,
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
