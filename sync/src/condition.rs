//! The state of tablet and sensors, as far as it helps the service to help (brief R28): never where they are, never what
//! else the tablet is used for.

use chrono::{DateTime, Utc};
use dagsform_care::{DeviceId, DeviceInformation, Kind};

/// The state of the kit at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The tablet's battery; `None` without one, or where the system does not tell.
    pub battery: Option<Charge>,
    /// Free space for the record, in MiB.
    pub storage_free: Option<u64>,
    /// How much waits to be sent: readings and answers.
    pub waiting: u64,
    /// How much the service refused or the tablet could not express.
    pub set_aside: u64,
    /// Its own clock is in doubt.
    pub clock_in_doubt: bool,
    /// The sensors of the kit.
    pub sensors: Vec<SensorCondition>,
}

/// How full a battery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// In per cent, 0 to 100.
    pub percent: u8,
    /// It is being charged.
    pub charging: bool,
}

/// The state of a sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensorCondition {
    /// The sensor.
    pub id: DeviceId,
    /// What it measures.
    pub kind: Kind,
    /// What it said of itself, its battery among it.
    pub information: DeviceInformation,
    /// When it was last heard.
    pub last_contact: Option<DateTime<Utc>>,
    /// What is wrong with it.
    pub fault: Option<SensorFault>,
}

/// What can be wrong with a sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SensorFault {
    /// The pairing is lost: it has to be paired again.
    NotPaired,
    /// It was not found when it was looked for.
    NotFound,
    /// It connects and sends nothing, or what nobody understands.
    NoData,
}
