//! The patient's kit: one sensor of each kind, and how it is paired.

use super::control::Request;
use super::description::{Device, Pairing, Record};
use super::devices;
use super::month::Sensor;

const OXIMETERS_CODE: u32 = 123_456;
const METERS_CODE: u32 = 246_810;

impl Sensor {
    /// Its address.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Self::Oximeter => "F0:F1:F2:F3:F4:01",
            Self::Cuff => "F0:F1:F2:F3:F4:02",
            Self::Scale => "F0:F1:F2:F3:F4:03",
            Self::GlucoseMeter => "F0:F1:F2:F3:F4:04",
            Self::Thermometer => "F0:F1:F2:F3:F4:05",
        }
    }

    /// The sensor as it comes out of its box.
    #[must_use]
    pub fn device(self) -> Device {
        let address = self.address();
        match self {
            Self::Oximeter => devices::oximeter(address, OXIMETERS_CODE),
            Self::Cuff => devices::cuff(address, Pairing::JustWorks),
            Self::Scale => devices::scale(address, Pairing::JustWorks),
            Self::GlucoseMeter => devices::glucose_meter(address, METERS_CODE),
            Self::Thermometer => devices::thermometer(address),
        }
    }

    /// The code that it shows when it is paired, if it shows one.
    #[must_use]
    pub fn passkey(self) -> Option<u32> {
        match self {
            Self::Oximeter => Some(OXIMETERS_CODE),
            Self::GlucoseMeter => Some(METERS_CODE),
            Self::Cuff | Self::Scale | Self::Thermometer => None,
        }
    }

    /// The patient's place among its users, where it knows several.
    #[must_use]
    pub fn user(self) -> Option<&'static str> {
        matches!(self, Self::Cuff | Self::Scale).then_some("1")
    }

    /// Whether it keeps what it has measured and is asked for it; the others forget what they have sent.
    #[must_use]
    pub fn is_asked(self) -> bool {
        matches!(self, Self::Oximeter | Self::GlucoseMeter)
    }

    /// That it holds these records: in a memory that is asked for, or to be poured out over the next link.
    #[must_use]
    pub fn holds(self, records: Vec<Record>) -> Request {
        let device = self.address().to_owned();
        match self {
            Self::Oximeter => Request::SetMemory { device, memory: devices::memory(records) },
            Self::GlucoseMeter => Request::SetMemory { device, memory: devices::glucose_memory(records) },
            Self::Cuff | Self::Scale | Self::Thermometer => {
                // It hangs up at once after the last one: what it sent must not be lost over that.
                Request::SetPour { device, pour: Some(devices::pour(self.characteristic(), records)) }
            }
        }
    }
}
