//! The sensor and the tablet as Device resources.

use dagsform_care::{DeviceId, DeviceInformation, Kind};
use uuid::Uuid;

use super::{
    bundle::Resource,
    codes::{
        BLUETOOTH_ADDRESS, DEVICE_IDENTIFIERS, EUI_64, MDC, PHD_PROFILE, PHG_PROFILE, URI, concept, specialization,
    },
    model::{CodeableConcept, Device, Identifier, Meta, Reference, ResourceType, Specialization, Version},
    reading::absent,
};
use crate::enrolment::{BodyForm, Tablet};

/// The address of a sensor within a bundle. The UUID (version 8) is made of its Bluetooth address and
/// means nothing outside.
pub fn sensor_url(id: &DeviceId) -> String {
    let mut bytes = *b"\0\0\0\0\0\0-dagsform\0";
    for (byte, pair) in bytes.iter_mut().zip(id.as_str().split(':')) {
        *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
    }
    format!("urn:uuid:{}", Uuid::new_v8(bytes))
}

/// The address of the tablet within a bundle.
pub fn tablet_url(tablet: &Tablet) -> String {
    format!("urn:uuid:{}", tablet.id)
}

/// A reference to a sensor. In a transaction by its address there; entries of a batch may not refer to each other (R4,
/// 3.1.0.11.1), so there by what the service knows it by, with its name. Containing it would repeat all of it in each
/// Observation, and make a device without identity of it.
pub(super) fn refer_to_sensor(id: &DeviceId, said: &DeviceInformation, form: BodyForm) -> Reference {
    refer(sensor_url(id), bluetooth_address(id), [&said.manufacturer, &said.model], form)
}

/// A reference to the tablet, as one to a sensor.
pub(super) fn refer_to_tablet(tablet: &Tablet, form: BodyForm) -> Reference {
    refer(tablet_url(tablet), installation(tablet), [&tablet.manufacturer, &Some(tablet.model.clone())], form)
}

fn refer(url: String, identifier: Identifier, name: [&Option<String>; 2], form: BodyForm) -> Reference {
    match form {
        BodyForm::Fhir => Reference::to(url),
        BodyForm::Pmd => {
            let name: Vec<String> = name.into_iter().filter_map(|part| clean(part.as_deref())).collect();
            Reference {
                reference: None,
                kind: Some("Device".to_owned()),
                identifier: Some(Identifier { kind: None, ..identifier }),
                display: (!name.is_empty()).then(|| name.join(" ")),
            }
        }
    }
}

fn bluetooth_address(id: &DeviceId) -> Identifier {
    let kind = concept(DEVICE_IDENTIFIERS, "BTMAC", "Bluetooth MAC address");
    let value = id.as_str().replace(':', "-");
    Identifier { kind: Some(kind), system: BLUETOOTH_ADDRESS.to_owned(), value }
}

fn installation(tablet: &Tablet) -> Identifier {
    Identifier { kind: None, system: URI.to_owned(), value: tablet_url(tablet) }
}

/// A sensor (PHD guide, PhdDevice), known to the service by its Bluetooth address: the one name of it
/// that is there from the first reading on. What it has not said of itself is marked as unknown. `kind` is what it
/// measures.
pub fn sensor(id: &DeviceId, said: &DeviceInformation, kind: Kind) -> serde_json::Result<Resource> {
    sensor_resource(id, &describe_sensor(id, said, kind))
}

/// A description of a sensor as a resource.
pub(super) fn sensor_resource(id: &DeviceId, device: &Device) -> serde_json::Result<Resource> {
    Resource::new(ResourceType::Device, sensor_url(id), &bluetooth_address(id), device)
}

/// What is known of a sensor.
pub(super) fn describe_sensor(id: &DeviceId, said: &DeviceInformation, kind: Kind) -> Device {
    let system_id = clean(said.system_id.as_deref()).map(|value| Identifier {
        kind: Some(concept(DEVICE_IDENTIFIERS, "SYSID", "IEEE 11073 System Identifier")),
        system: EUI_64.to_owned(),
        value,
    });
    let versions = [
        (531_976, "MDC_ID_PROD_SPEC_FW", &said.firmware),
        (531_975, "MDC_ID_PROD_SPEC_SW", &said.software),
        (531_974, "MDC_ID_PROD_SPEC_HW", &said.hardware),
    ];
    Device {
        identifier: [bluetooth_address(id)].into_iter().chain(system_id).collect(),
        serial_number: clean(said.serial.as_deref()),
        version: versions
            .into_iter()
            .filter_map(|(code, name, value)| version(code, name, clean(value.as_deref())?))
            .collect(),
        ..device(
            PHD_PROFILE,
            concept(MDC, 65_573, "MDC_MOC_VMS_MDS_SIMP"),
            clean(said.manufacturer.as_deref()),
            clean(said.model.as_deref()),
            // The profile demands a version of the specialization, which a Bluetooth service does not
            // tell; the guide's own example of a Bluetooth oximeter says 1.
            vec![Specialization { system_type: specialization(kind), version: Some("1".to_owned()) }],
        )
    }
}

/// The tablet (PHD guide, PhgDevice), known to the service by the UUID of its installation.
pub fn tablet(tablet: &Tablet) -> serde_json::Result<Resource> {
    tablet_resource(tablet, &describe_tablet(tablet))
}

/// A description of the tablet as a resource.
pub(super) fn tablet_resource(tablet: &Tablet, device: &Device) -> serde_json::Result<Resource> {
    Resource::new(ResourceType::Device, tablet_url(tablet), &installation(tablet), device)
}

/// What is known of the tablet.
pub(super) fn describe_tablet(tablet: &Tablet) -> Device {
    Device {
        identifier: vec![installation(tablet)],
        version: version(531_975, "MDC_ID_PROD_SPEC_SW", tablet.version.clone()).into_iter().collect(),
        ..device(
            PHG_PROFILE,
            concept(MDC, 531_981, "MDC_MOC_VMS_MDS_AHD"),
            clean(tablet.manufacturer.as_deref()),
            clean(Some(&tablet.model)),
            Kind::ALL.map(|kind| Specialization { system_type: specialization(kind), version: None }).to_vec(),
        )
    }
}

fn device(
    profile: &str,
    kind: CodeableConcept,
    manufacturer: Option<String>,
    model: Option<String>,
    specialization: Vec<Specialization>,
) -> Device {
    Device {
        resource_type: ResourceType::Device,
        meta: Some(Meta { profile: vec![profile.to_owned()] }),
        extension: Vec::new(),
        identifier: Vec::new(),
        status: None,
        manufacturer_absent: manufacturer.is_none().then(|| absent("unknown")),
        manufacturer,
        serial_number: None,
        model_number_absent: model.is_none().then(|| absent("unknown")),
        model_number: model,
        kind,
        specialization,
        version: Vec::new(),
        property: Vec::new(),
        patient: None,
    }
}

fn version(code: u32, name: &str, value: String) -> Option<Version> {
    (!value.is_empty()).then(|| Version { kind: concept(MDC, code, name), value })
}

/// A device's text as a FHIR string: without the control characters (often a final NUL) that FHIR
/// forbids; `None` if nothing is left.
fn clean(text: Option<&str>) -> Option<String> {
    let kept: String = text?.chars().filter(|c| !c.is_control()).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_text_loses_what_fhir_forbids_and_nothing_else() {
        assert_eq!(clean(Some("Nonin\0")).as_deref(), Some("Nonin"));
        assert_eq!(clean(Some(" 3230 æ ")).as_deref(), Some("3230 æ"));
        assert_eq!(clean(Some(" \0")), None);
    }

    #[test]
    fn two_sensors_never_share_an_address_in_a_bundle() {
        let url = |text| sensor_url(&DeviceId::parse(text).unwrap());
        assert_ne!(url("F0:F1:F2:F3:F4:F5"), url("F0:F1:F2:F3:F4:F6"));
    }
}
