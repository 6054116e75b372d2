//! What a device can do, by the characteristics it has; never by its name.

use crate::codec::{BatteryLevel, PlxContinuousMeasurement, PlxSpotCheckMeasurement, RecordAccessControlPoint};

/// Single readings, indicated (Pulse Oximeter Service 1.0.1, 3.1).
pub(super) const SPOT: u16 = PlxSpotCheckMeasurement::CHARACTERISTIC;
/// A stream of values, notified (Pulse Oximeter Service 1.0.1, 3.2).
pub(super) const STREAM: u16 = PlxContinuousMeasurement::CHARACTERISTIC;

/// What of the services that we know a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    /// It sends single readings.
    pub(super) spot: bool,
    /// It streams values while it measures.
    pub(super) stream: bool,
    /// Its memory can be fetched (Record Access Control Point).
    pub(super) memory: bool,
    /// It tells when its battery changes, or lets it be read.
    pub(super) battery: bool,
}

impl Profile {
    /// What a device with these characteristics can do.
    pub(super) fn of(characteristics: &[u16]) -> Self {
        let has = |characteristic| characteristics.contains(&characteristic);
        Self {
            spot: has(SPOT),
            stream: has(STREAM),
            // Without spot-check records the memory of this service holds nothing that we could take.
            memory: has(RecordAccessControlPoint::CHARACTERISTIC) && has(SPOT),
            battery: has(BatteryLevel::CHARACTERISTIC),
        }
    }

    /// Whether it measures anything that we know.
    pub(super) fn measures(&self) -> bool {
        self.spot || self.stream
    }

    /// What to subscribe to, in order: the readings before what triggers them.
    pub(super) fn subscriptions(&self) -> Vec<u16> {
        [
            (SPOT, self.spot),
            (STREAM, self.stream),
            (RecordAccessControlPoint::CHARACTERISTIC, self.memory),
            (BatteryLevel::CHARACTERISTIC, self.battery),
        ]
        .into_iter()
        .filter_map(|(characteristic, has)| has.then_some(characteristic))
        .collect()
    }

    /// Does without a characteristic that cannot be subscribed to.
    pub(super) fn without(&mut self, characteristic: u16) {
        match characteristic {
            SPOT => (self.spot, self.memory) = (false, false),
            STREAM => self.stream = false,
            RecordAccessControlPoint::CHARACTERISTIC => self.memory = false,
            _ => self.battery = false,
        }
    }
}
