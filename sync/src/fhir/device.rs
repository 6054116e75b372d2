//! The sensor and the tablet as Device resources.

use dagsform_care::{DeviceId, DeviceInformation, Kind};
use uuid::Uuid;

use super::{
    bundle::Resource,
    codes::{
        BLUETOOTH_ADDRESS, DEVICE_IDENTIFIERS, EUI_64, MDC, PHD_PROFILE, PHG_PROFILE, URI, concept, specialization,
    },
    model::{CodeableConcept, Device, Identifier, Meta, ResourceType, Specialization, Version},
    reading::absent,
};
use crate::enrolment::Tablet;

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

/// A sensor (PHD guide, PhdDevice), known to the service by its Bluetooth address: the one name of it
/// that is there from the first reading on. What it has not said of itself is marked as unknown. `kind` is what it
/// measures.
pub fn sensor(id: &DeviceId, said: &DeviceInformation, kind: Kind) -> serde_json::Result<Resource> {
    let address = Identifier {
        kind: Some(concept(DEVICE_IDENTIFIERS, "BTMAC", "Bluetooth MAC address")),
        system: BLUETOOTH_ADDRESS.to_owned(),
        value: id.as_str().replace(':', "-"),
    };
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
    let device = Device {
        identifier: [address.clone()].into_iter().chain(system_id).collect(),
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
    };
    Resource::new(ResourceType::Device, sensor_url(id), &address, &device)
}

/// The tablet (PHD guide, PhgDevice), known to the service by the UUID of its installation.
pub fn tablet(tablet: &Tablet) -> serde_json::Result<Resource> {
    let identifier = Identifier { kind: None, system: URI.to_owned(), value: tablet_url(tablet) };
    let device = Device {
        identifier: vec![identifier.clone()],
        version: version(531_975, "MDC_ID_PROD_SPEC_SW", tablet.version.clone()).into_iter().collect(),
        ..device(
            PHG_PROFILE,
            concept(MDC, 531_981, "MDC_MOC_VMS_MDS_AHD"),
            clean(tablet.manufacturer.as_deref()),
            clean(Some(&tablet.model)),
            Kind::ALL.map(|kind| Specialization { system_type: specialization(kind), version: None }).to_vec(),
        )
    };
    Resource::new(ResourceType::Device, tablet_url(tablet), &identifier, &device)
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
        identifier: Vec::new(),
        manufacturer_absent: manufacturer.is_none().then(|| absent("unknown")),
        manufacturer,
        serial_number: None,
        model_number_absent: model.is_none().then(|| absent("unknown")),
        model_number: model,
        kind,
        specialization,
        version: Vec::new(),
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
