//! What a frame's reading is known by, from its bytes on: **none of these may ever change**. A tablet in use knows the
//! readings that it has by them, and so does the service that it sent them to. If a row fails, every reading of that kind
//! that is still in a device's memory would come in, and go out, a second time.
//!
//! A new kind of frame gets a row of its own; a row that is here stays as it is.

use chrono::DateTime;
use dagsform_care::{DeviceId, Kind, PatientId, Reading, Reception, Trust, time::ZONE};
use dagsform_sensors::codec::{self, Format};

/// A frame, how it came, and what it must be known by.
struct Row {
    what: &'static str,
    characteristic: u16,
    bytes: &'static str,
    from_storage: bool,
    ordinal: u32,
    received: &'static str,
    kind: Kind,
    sequence: Option<u32>,
    /// What of the bytes the identity is made of.
    canonical: &'static str,
    identity: &'static str,
}

const MORNING: &str = "2026-11-23T08:00:00+01:00";
const EVENING: &str = "2026-11-23T19:00:00+00:00";

const FROZEN: &[Row] = &[
    Row {
        what: "oximeter, live",
        characteristic: 0x2A5E,
        bytes: "0361003c00ea070b17073b1e8000",
        from_storage: false,
        ordinal: 0,
        received: MORNING,
        kind: Kind::PulseOximetry,
        sequence: None,
        canonical: "0361003c00ea070b17073b1e8000",
        identity: "38507f6e-7f4f-89a7-b748-394eb0eef90e",
    },
    Row {
        what: "the same out of its memory, received in another zone",
        characteristic: 0x2A5E,
        bytes: "0361003c00ea070b17073b1e8002",
        from_storage: true,
        ordinal: 0,
        received: EVENING,
        kind: Kind::PulseOximetry,
        sequence: None,
        canonical: "0361003c00ea070b17073b1e8000",
        identity: "38507f6e-7f4f-89a7-b748-394eb0eef90e",
    },
    Row {
        what: "a second one like it in the same memory",
        characteristic: 0x2A5E,
        bytes: "0361003c00ea070b17073b1e8002",
        from_storage: true,
        ordinal: 1,
        received: MORNING,
        kind: Kind::PulseOximetry,
        sequence: None,
        canonical: "0361003c00ea070b17073b1e8000",
        identity: "acd75281-f30e-818a-acfb-fc3dd283006f",
    },
    Row {
        what: "a stream that has settled, without a time",
        characteristic: 0x2A5F,
        bytes: "0061003c00",
        from_storage: false,
        ordinal: 0,
        received: MORNING,
        kind: Kind::PulseOximetry,
        sequence: None,
        canonical: "0061003c00",
        identity: "31514c13-ace2-8589-9812-6d95682e2f7b",
    },
    Row {
        what: "cuff",
        characteristic: 0x2A35,
        bytes: "16800052006100ea070b17073b1e42000000",
        from_storage: false,
        ordinal: 0,
        received: MORNING,
        kind: Kind::BloodPressure,
        sequence: None,
        canonical: "16800052006100ea070b17073b1e42000000",
        identity: "ab6880d2-a70c-8a60-b968-be60f0726065",
    },
    Row {
        what: "cuff whose clock is not set",
        characteristic: 0x2A35,
        bytes: "168000520061000000000000000042000000",
        from_storage: true,
        ordinal: 2,
        received: MORNING,
        kind: Kind::BloodPressure,
        sequence: None,
        canonical: "168000520061000000000000000042000000",
        identity: "b1a61c54-d1c6-8777-a5fd-a52a1415072c",
    },
    Row {
        what: "scale with users",
        characteristic: 0x2A9D,
        bytes: "06803eea070b17073b1e02",
        from_storage: false,
        ordinal: 0,
        received: MORNING,
        kind: Kind::BodyWeight,
        sequence: None,
        canonical: "06803eea070b17073b1e02",
        identity: "d70f4600-fd57-8542-9574-03c266dc2e6b",
    },
    Row {
        what: "glucose meter, record 7",
        characteristic: 0x2A18,
        bytes: "0f0700ea070b17073b1e000042c0120000",
        from_storage: true,
        ordinal: 0,
        received: MORNING,
        kind: Kind::BloodGlucose,
        sequence: Some(7),
        canonical: "0f0700ea070b17073b1e000042c0120000",
        identity: "6952525e-3e8a-8b47-9883-7c44d67f0ad8",
    },
    Row {
        what: "the same, with a context announced",
        characteristic: 0x2A18,
        bytes: "1f0700ea070b17073b1e000042c0120000",
        from_storage: true,
        ordinal: 0,
        received: MORNING,
        kind: Kind::BloodGlucose,
        sequence: Some(7),
        canonical: "0f0700ea070b17073b1e000042c0120000",
        identity: "6952525e-3e8a-8b47-9883-7c44d67f0ad8",
    },
    Row {
        what: "thermometer without a clock",
        characteristic: 0x2A1C,
        bytes: "04700100ff03",
        from_storage: false,
        ordinal: 0,
        received: MORNING,
        kind: Kind::BodyTemperature,
        sequence: None,
        canonical: "04700100ff03",
        identity: "11d37c35-a5ef-8332-afc3-47e2d83b812c",
    },
];

#[test]
fn what_a_reading_is_known_by_never_changes() {
    for row in FROZEN {
        let format = Format::Characteristic(row.characteristic);
        let observed = codec::observe(format, &hex::decode(row.bytes).unwrap(), None).unwrap().unwrap();
        assert_eq!(hex::encode(&observed.canonical), row.canonical, "{}", row.what);
        let reception = Reception {
            patient: PatientId("p-1".into()),
            device: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            assigned: None,
            at: DateTime::parse_from_rfc3339(row.received).unwrap(),
            tablet_clock: Trust::Trusted,
            from_storage: row.from_storage,
            ordinal: row.ordinal,
            zone: ZONE,
            user: None,
            usual_weight: None,
        };
        let reading = Reading::received(observed, &reception);
        assert_eq!((reading.kind, reading.sequence), (row.kind, row.sequence), "{}", row.what);
        assert_eq!(reading.identity.to_string(), row.identity, "{}", row.what);
    }
}
