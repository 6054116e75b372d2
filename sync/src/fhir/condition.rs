//! The state of the kit as Devices (R4, 8.11): the tablet and each sensor, each put in the place of the one with its
//! identifier.
//!
//! The PHD guide (PhdDevice) tells a battery by an Observation of its own. Here it is a property of the Device, as are
//! faults and what waits: these are not observations of the patient, whoever reads a patient's Observations should not
//! meet them, and only the newest counts.

use chrono::{DateTime, SecondsFormat, Utc};
use dagsform_care::Decimal;

use super::{
    bundle::Resource,
    codes::{MDC, UCUM, YES_NO, concept},
    device,
    model::{CodeableConcept, Device, Extension, Property, Quantity, Reference},
    ours,
    reading::{MappingError, json},
};
use crate::{
    condition::{Charge, Condition, SensorCondition, SensorFault},
    enrolment::Enrolment,
};

/// The Devices of the kit, to be updated by their identifiers: the tablet, then the sensors.
///
/// # Errors
/// One of them cannot be described.
pub fn map(condition: &Condition, enrolment: &Enrolment) -> Result<Vec<Resource>, MappingError> {
    let of_kit = |device: Device, property: Vec<Property>| Device {
        status: Some("active".to_owned()),
        property,
        patient: Some(Reference::to(enrolment.patient_reference.as_str())),
        ..device
    };
    let tablet = of_kit(device::describe_tablet(&enrolment.tablet), of_tablet(condition));
    let tablet = device::tablet_resource(&enrolment.tablet, &tablet).map_err(json("tablet"))?;
    let mut resources = vec![tablet.update()];
    for sensor in &condition.sensors {
        let known = device::describe_sensor(&sensor.id, &sensor.information, sensor.kind);
        let extension = sensor.last_contact.map(last_contact).into_iter().collect();
        let device = Device { extension, ..of_kit(known, of_sensor(sensor)) };
        resources.push(device::sensor_resource(&sensor.id, &device).map_err(json("sensor"))?.update());
    }
    Ok(resources)
}

fn of_tablet(condition: &Condition) -> Vec<Property> {
    let Condition { battery: charge, storage_free, waiting, set_aside, clock_in_doubt, sensors: _ } = condition;
    let (battery, charging) = (charge.map(|it| battery(it.percent)), charge.map(charging));
    let storage = storage_free.map(|free| amount(ours("storage-free", "Free space"), free, "MiBy"));
    let waiting = amount(ours("waiting", "Waits to be sent"), *waiting, "1");
    let set_aside = amount(ours("set-aside", "Refused, or cannot be sent"), *set_aside, "1");
    let doubt = clock_in_doubt.then(|| fault("clock-in-doubt", "The tablet's clock is in doubt"));
    battery.into_iter().chain(charging).chain(storage).chain([waiting, set_aside]).chain(doubt).collect()
}

fn of_sensor(sensor: &SensorCondition) -> Vec<Property> {
    let fault = sensor.fault.map(|it| match it {
        SensorFault::NotPaired => fault("not-paired", "The pairing is lost"),
        SensorFault::NotFound => fault("not-found", "It was not found"),
        SensorFault::NoData => fault("no-data", "It connects and sends nothing that is understood"),
    });
    sensor.information.battery.map(battery).into_iter().chain(fault).collect()
}

fn battery(percent: u8) -> Property {
    amount(concept(MDC, 67_996, "MDC_ATTR_VAL_BATT_CHARGE"), percent.into(), "%")
}

fn charging(charge: Charge) -> Property {
    let (code, words) = if charge.charging { ("Y", "Yes") } else { ("N", "No") };
    coded(ours("charging", "Is being charged"), concept(YES_NO, code, words))
}

fn fault(code: &str, words: &str) -> Property {
    coded(ours("fault", "Fault"), concept(ours::DEVICE_FAULT, code, words))
}

fn ours(code: &str, words: &str) -> CodeableConcept {
    concept(ours::DEVICE_PROPERTY, code, words)
}

fn coded(kind: CodeableConcept, value: CodeableConcept) -> Property {
    Property { kind, value_quantity: Vec::new(), value_code: vec![value] }
}

fn amount(kind: CodeableConcept, number: u64, unit: &str) -> Property {
    // More than a Decimal holds can neither wait nor be free.
    let value = Decimal::new(i64::try_from(number).unwrap_or(i64::MAX), 0);
    let value = Quantity { value, unit: unit.to_owned(), system: UCUM.to_owned(), code: unit.to_owned() };
    Property { kind, value_quantity: vec![value], value_code: Vec::new() }
}

fn last_contact(at: DateTime<Utc>) -> Extension {
    let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
    Extension { url: ours::LAST_CONTACT.to_owned(), value_date_time: Some(at), ..Extension::default() }
}
