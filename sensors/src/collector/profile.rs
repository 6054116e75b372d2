//! What a device can do, by the characteristics it has; never by its name.

use crate::codec::{
    BatteryLevel, BloodPressureMeasurement, GlucoseMeasurement, GlucoseMeasurementContext, PlxContinuousMeasurement,
    PlxSpotCheckMeasurement, RecordAccessControlPoint, TemperatureMeasurement, WeightMeasurement, racp,
};

/// Single readings, indicated (Pulse Oximeter Service 1.0.1, 3.1).
pub(super) const SPOT: u16 = PlxSpotCheckMeasurement::CHARACTERISTIC;
/// A stream of values, notified (Pulse Oximeter Service 1.0.1, 3.2).
pub(super) const STREAM: u16 = PlxContinuousMeasurement::CHARACTERISTIC;
/// What belongs to a glucose record, notified right after it (Glucose Service 1.0.1, 3.2).
pub(super) const CONTEXT: u16 = GlucoseMeasurementContext::CHARACTERISTIC;

/// The characteristics of which each value is a reading.
const READINGS: [u16; 5] = [
    SPOT,
    BloodPressureMeasurement::CHARACTERISTIC,
    WeightMeasurement::CHARACTERISTIC,
    GlucoseMeasurement::CHARACTERISTIC,
    TemperatureMeasurement::CHARACTERISTIC,
];

/// What of the services that we know a device has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    /// The readings that it sends.
    readings: Vec<u16>,
    /// It sends what belongs to a glucose record.
    pub(super) context: bool,
    /// It streams values while it measures.
    pub(super) stream: bool,
    /// Its memory can be fetched (Record Access Control Point).
    pub(super) memory: bool,
    /// It tells when its battery changes, or lets it be read.
    battery: bool,
}

impl Profile {
    /// What a device with these characteristics can do.
    pub(super) fn of(characteristics: &[u16]) -> Self {
        let has = |characteristic: &u16| characteristics.contains(characteristic);
        Self {
            readings: READINGS.into_iter().filter(has).collect(),
            context: has(&GlucoseMeasurement::CHARACTERISTIC) && has(&CONTEXT),
            stream: has(&STREAM),
            // Without such readings the memory holds nothing that we could take.
            memory: has(&RecordAccessControlPoint::CHARACTERISTIC)
                && READINGS.into_iter().any(|reading| has(&reading) && racp::reports(reading)),
            battery: has(&BatteryLevel::CHARACTERISTIC),
        }
    }

    /// Whether it measures anything that we know.
    pub(super) fn measures(&self) -> bool {
        self.stream || !self.readings.is_empty()
    }

    /// Whether each value of the characteristic is a reading.
    pub(super) fn reads(&self, characteristic: u16) -> bool {
        self.readings.contains(&characteristic)
    }

    /// Whether its memory reports the readings of the characteristic.
    pub(super) fn reports(&self, characteristic: u16) -> bool {
        self.memory && self.reads(characteristic) && racp::reports(characteristic)
    }

    /// What to subscribe to, in order: the readings, and what belongs to them, before what triggers them.
    pub(super) fn subscriptions(&self) -> Vec<u16> {
        let others = [
            (CONTEXT, self.context),
            (STREAM, self.stream),
            (RecordAccessControlPoint::CHARACTERISTIC, self.memory),
            (BatteryLevel::CHARACTERISTIC, self.battery),
        ];
        let others = others.into_iter().filter_map(|(characteristic, has)| has.then_some(characteristic));
        self.readings.iter().copied().chain(others).collect()
    }

    /// Does without a characteristic that cannot be subscribed to.
    pub(super) fn without(&mut self, characteristic: u16) {
        match characteristic {
            CONTEXT => self.context = false,
            STREAM => self.stream = false,
            RecordAccessControlPoint::CHARACTERISTIC => self.memory = false,
            BatteryLevel::CHARACTERISTIC => self.battery = false,
            reading => {
                self.readings.retain(|known| *known != reading);
                self.memory &= self.readings.iter().any(|left| racp::reports(*left));
            }
        }
    }
}
