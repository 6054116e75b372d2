//! The standard configurations of the devices that the kit has: what their handles mean. Each is fixed by the
//! standard of its kind of device, so that a device may name it by number instead of sending it.
//!
//! A report does not say by which configuration it was made. So it is read by each that it fits, and told as such:
//! a scale of a configuration of its own may have put something else behind a handle than the standard one has.
//! Whoever knows what was agreed takes the reading by that number.

use dagsform_care::Metric;
use serde::Serialize;

use super::{AbsoluteTime, Number, Observation, Shape, Unit};
use crate::codec::amount::Amount;

/// A standard configuration.
struct Configuration {
    /// Dev-configuration-id.
    id: u16,
    /// The kind of device.
    device: &'static str,
    objects: &'static [Object],
}

/// An object of one.
struct Object {
    handle: u16,
    shape: Shape,
    /// What its numbers are, in their order.
    metrics: &'static [Metric],
    /// The units that it can have, the one of the configuration first.
    units: &'static [&'static str],
}

/// A report, read by a standard configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Dev-configuration-id.
    pub configuration: u16,
    /// The kind of device, e.g. `pulse-oximeter`.
    pub device: &'static str,
    /// The numbers of the handles that the configuration has.
    pub values: Vec<NamedValue>,
}

/// One number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedValue {
    /// Person-id, where the device knows several persons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<u16>,
    /// What it is.
    pub metric: &'static str,
    /// The number, in the unit that the report tells, else in that of the configuration.
    pub amount: Amount,
    /// When it was measured.
    pub time: Option<AbsoluteTime>,
}

const STANDARD: &[Configuration] = &[
    // IEEE 11073-10404.
    Configuration {
        id: 0x0190,
        device: "pulse-oximeter",
        objects: &[
            Object { handle: 1, shape: Shape::Sfloat, metrics: &[Metric::OxygenSaturation], units: &["%"] },
            Object { handle: 10, shape: Shape::Sfloat, metrics: &[Metric::PulseRate], units: &["/min"] },
        ],
    },
    // IEEE 11073-10407.
    Configuration {
        id: 0x02BC,
        device: "blood-pressure-monitor",
        objects: &[
            Object {
                handle: 1,
                shape: Shape::Sfloats,
                metrics: &[Metric::Systolic, Metric::Diastolic, Metric::MeanArterialPressure],
                units: &["mm[Hg]", "kPa"],
            },
            Object { handle: 2, shape: Shape::Sfloat, metrics: &[Metric::PulseRateByCuff], units: &["/min"] },
        ],
    },
    // IEEE 11073-10408.
    Configuration {
        id: 0x0320,
        device: "thermometer",
        objects: &[Object {
            handle: 1,
            shape: Shape::Float,
            metrics: &[Metric::BodyTemperature],
            units: &["Cel", "[degF]"],
        }],
    },
    // IEEE 11073-10415.
    Configuration {
        id: 0x05DC,
        device: "weighing-scale",
        objects: &[
            Object { handle: 1, shape: Shape::Float, metrics: &[Metric::BodyWeight], units: &["kg", "[lb_av]"] },
            Object { handle: 2, shape: Shape::Float, metrics: &[Metric::BodyHeight], units: &["cm", "[in_i]"] },
            Object { handle: 3, shape: Shape::Float, metrics: &[Metric::BodyMassIndex], units: &["kg/m2"] },
        ],
    },
    // IEEE 11073-10417.
    Configuration {
        id: 0x06A4,
        device: "glucose-meter",
        objects: &[Object {
            handle: 1,
            shape: Shape::Sfloat,
            metrics: &[Metric::GlucoseCapillaryWholeBlood],
            units: &["mg/dL", "mmol/L"],
        }],
    },
];

/// The observations by every configuration that they fit: of its handles at least one is there, and none has
/// another shape or unit.
pub(super) fn fitting(observations: &[Observation]) -> Vec<Named> {
    STANDARD.iter().filter_map(|configuration| configuration.name(observations)).collect()
}

impl Configuration {
    fn name(&self, observations: &[Observation]) -> Option<Named> {
        let mut values = Vec::new();
        for observation in observations {
            if let Some(object) = self.objects.iter().find(|object| object.handle == observation.handle) {
                values.extend(object.name(observation)?);
            }
        }
        let Self { id: configuration, device, .. } = *self;
        (!values.is_empty()).then_some(Named { configuration, device, values })
    }
}

impl Object {
    /// The numbers of an observation with this handle; `None` where they cannot be of this object.
    fn name(&self, observation: &Observation) -> Option<Vec<NamedValue>> {
        let &Observation { person, time, .. } = observation;
        let unit = match observation.unit {
            None => self.units.first(),
            Some(Unit::Ucum(told)) => self.units.iter().find(|unit| **unit == told),
            Some(Unit::Code(_)) => None,
        }?;
        let named = |(metric, number): (&Metric, &Number)| NamedValue {
            person,
            metric: metric.name(),
            amount: Amount { value: number.0, unit },
            time,
        };
        let fits = (self.shape, self.metrics.len()) == (observation.shape, observation.numbers.len());
        fits.then(|| self.metrics.iter().zip(&observation.numbers).map(named).collect())
    }
}
