//! What a device can do, by the characteristics it has and by the model that it is; never by its name.

use crate::{
    characteristic::Characteristic,
    codec::{
        BatteryLevel, BloodPressureMeasurement, GlucoseMeasurement, GlucoseMeasurementContext,
        PlxContinuousMeasurement, PlxSpotCheckMeasurement, RecordAccessControlPoint, TemperatureMeasurement,
        UserControlPoint, WeightMeasurement, racp,
    },
    device::{Channel, Model, Way},
};

use super::clock;

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
    /// It has users, and asks for the code of the one that we are.
    pub(super) users: bool,
    /// Where its clock can be read and set.
    pub(super) clock: Option<Characteristic>,
    /// It tells when its battery changes, or lets it be read.
    battery: bool,
    /// The model that it is, if it departs from the standard.
    pub(super) model: Option<&'static Model>,
    /// Channels of the model that cannot be subscribed to.
    refused: Vec<Characteristic>,
}

impl Profile {
    /// What a device with these characteristics can do, which may be of a model that departs from the standard: what
    /// comes over the model's channels is then in its own layout.
    pub(super) fn of(characteristics: &[Characteristic], model: Option<&'static Model>) -> Self {
        let own =
            |number: u16| model.is_some_and(|m| m.channels.iter().any(|channel| channel.characteristic == number));
        let has = |number: &u16| characteristics.contains(&Characteristic::assigned(*number)) && !own(*number);
        Self {
            readings: READINGS.into_iter().filter(has).collect(),
            context: has(&GlucoseMeasurement::CHARACTERISTIC) && has(&CONTEXT),
            stream: has(&STREAM),
            // Without such readings the memory holds nothing that we could take.
            memory: has(&RecordAccessControlPoint::CHARACTERISTIC)
                && READINGS.into_iter().any(|reading| has(&reading) && racp::reports(reading)),
            users: has(&UserControlPoint::CHARACTERISTIC),
            clock: clock::place(characteristics, model),
            battery: has(&BatteryLevel::CHARACTERISTIC),
            model,
            refused: Vec::new(),
        }
    }

    /// The channels of the model that can be listened to.
    fn channels(&self) -> impl Iterator<Item = &'static Channel> {
        let refused = self.refused.clone();
        let channels = self.model.into_iter().flat_map(|model| model.channels);
        channels.filter(move |channel| !refused.contains(&channel.characteristic))
    }

    /// The model's channel on this characteristic.
    pub(super) fn channel(&self, characteristic: Characteristic) -> Option<&'static Channel> {
        self.channels().find(|channel| channel.characteristic == characteristic)
    }

    /// Whether it streams while it is on.
    pub(super) fn streams(&self) -> bool {
        self.stream || self.channels().any(|channel| matches!(channel.way, Way::Stream | Way::StreamInPieces(_)))
    }

    /// Whether it measures anything that we know.
    pub(super) fn measures(&self) -> bool {
        self.stream || !self.readings.is_empty() || self.channels().next().is_some()
    }

    /// Whether each value of the characteristic is a reading.
    pub(super) fn reads(&self, characteristic: u16) -> bool {
        self.readings.contains(&characteristic)
    }

    /// Whether its memory reports the readings of the characteristic.
    pub(super) fn reports(&self, characteristic: u16) -> bool {
        self.memory && self.reads(characteristic) && racp::reports(characteristic)
    }

    /// Whether the records of its memory have numbers, so that it can be fetched from one of them on. Those of a pulse
    /// oximeter have none.
    pub(super) fn numbered(&self) -> bool {
        self.reports(GlucoseMeasurement::CHARACTERISTIC)
    }

    /// What to subscribe to, in order: the readings, and what belongs to them, before what triggers them.
    pub(super) fn subscriptions(&self) -> Vec<Characteristic> {
        let others = [
            (CONTEXT, self.context),
            (STREAM, self.stream),
            (UserControlPoint::CHARACTERISTIC, self.users),
            (RecordAccessControlPoint::CHARACTERISTIC, self.memory),
            (BatteryLevel::CHARACTERISTIC, self.battery),
        ];
        let others = others.into_iter().filter_map(|(characteristic, has)| has.then_some(characteristic));
        let standard = self.readings.iter().copied().chain(others).map(Characteristic::from);
        self.channels().map(|channel| channel.characteristic).chain(standard).collect()
    }

    /// Does without a characteristic that cannot be subscribed to.
    pub(super) fn without(&mut self, characteristic: Characteristic) {
        if self.channel(characteristic).is_some() {
            self.refused.push(characteristic);
            return;
        }
        match characteristic.number() {
            Some(CONTEXT) => self.context = false,
            Some(STREAM) => self.stream = false,
            Some(UserControlPoint::CHARACTERISTIC) => self.users = false,
            Some(RecordAccessControlPoint::CHARACTERISTIC) => self.memory = false,
            Some(BatteryLevel::CHARACTERISTIC) => self.battery = false,
            Some(reading) => {
                self.readings.retain(|known| *known != reading);
                self.memory &= self.readings.iter().any(|left| racp::reports(*left));
            }
            None => {}
        }
    }
}
