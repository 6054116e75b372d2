//! A reading: what a sensor measured, whose it is, when, and how far it can be trusted.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    device::DeviceId,
    identity::{Identity, Origin},
    limits::{Judgement, Limit},
    metric::{Kind, Metric},
    person::{Meal, PatientId, Performer, User},
    plan::PlanVersion,
    plausible::unlike,
    quality::{Flag, Quality, Reason, Verdict},
    quantity::{Decimal, Quantity},
    time::{Circumstances, DeviceTime, ReadingTime, Trust, Tz},
};

/// One number of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Measured {
    /// What was measured.
    pub metric: Metric,
    /// The value in the unit that the device sent.
    pub quantity: Quantity,
}

/// What a codec made of one frame: the device's words in ours, nothing judged yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The kind of reading.
    pub kind: Kind,
    /// The numbers, in the order of the specification.
    pub values: Vec<Measured>,
    /// All that the device said about the measurement and itself.
    pub flags: BTreeSet<Flag>,
    /// The device's time of the measurement.
    pub time: DeviceTime,
    /// The device's own number of the record, where it has one.
    pub sequence: Option<u32>,
    /// Which of its users the device says has measured.
    pub user: User,
    /// How it stands to a meal.
    pub meal: Option<Meal>,
    /// The frame without the bits that change with the transport; the identity's digest is of this.
    pub canonical: Vec<u8>,
}

/// How and when a frame reached the tablet, and in whose name.
#[derive(Clone, Debug)]
pub struct Reception {
    /// The tablet's patient.
    pub patient: PatientId,
    /// The assigned device.
    pub device: DeviceId,
    /// When the sensor was given to this patient. `None`: whatever is in its memory is theirs.
    pub assigned: Option<DateTime<FixedOffset>>,
    /// When the frame was received.
    pub at: DateTime<FixedOffset>,
    /// How far the tablet's clock was believed then.
    pub tablet_clock: Trust,
    /// It was fetched from the device's memory.
    pub from_storage: bool,
    /// How many identical frames stood before it in the same transfer of the memory.
    pub ordinal: u32,
    /// The zone of the device's local time.
    pub zone: Tz,
    /// The patient's place among the device's users, where someone has said.
    pub user: Option<u8>,
    /// The patient's last weight in kilograms, where one is known.
    pub usual_weight: Option<Decimal>,
}

/// Where a reading came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An assigned sensor.
    Sensor(DeviceId),
    /// Entered by hand.
    ByHand,
}

/// A reading, as it is kept, shown and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What makes a repeated reception or sending of it harmless.
    pub identity: Identity,
    /// Whose it is.
    pub patient: PatientId,
    /// Where it came from.
    pub source: Source,
    /// Its kind.
    pub kind: Kind,
    /// Its numbers.
    pub values: Vec<Measured>,
    /// All that the device said about it.
    pub flags: BTreeSet<Flag>,
    /// How far it can be trusted.
    pub quality: Quality,
    /// When it was taken.
    pub time: ReadingTime,
    /// The device's own number of the record, where it has one.
    pub sequence: Option<u32>,
    /// Who measured.
    pub performer: Performer,
    /// Which of its users the device says has measured.
    #[serde(default)]
    pub user: User,
    /// How it stands to a meal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meal: Option<Meal>,
    /// Someone has said that it is the patient's, where that was open.
    #[serde(default)]
    pub claimed: bool,
    /// It was taken back (brief R30).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<TakenBack>,
    /// What it is by the plan that was in force when it was taken. Never changed by a later plan (brief R3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Box<JudgedBy>>,
    /// The reading that it was taken once more for (brief R2). Both stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Identity>,
}

/// What a reading is by a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedBy {
    /// The version of the plan.
    pub plan: PlanVersion,
    /// The limits of that version on what was measured: they travel with the reading.
    pub limits: Vec<Limit>,
    /// What it is by them.
    pub judgement: Judgement,
}

/// That a reading was taken back: it stays, and counts no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// Why.
    pub why: Why,
}

/// Why a reading was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is of someone else.
    WrongPerson,
    /// A figure was mistyped.
    Mistyped,
    /// The measuring went wrong.
    MeasuringError,
}

impl Reading {
    /// Makes a reading of what a device reported. Pure: the same frame, received once more in the
    /// same way, gives the same identity.
    pub fn received(observed: Observed, reception: &Reception) -> Self {
        let from_storage = reception.from_storage || observed.flags.contains(&Flag::FromStorage);
        let time = ReadingTime::judge(
            observed.time,
            Circumstances {
                received: reception.at,
                tablet_clock: reception.tablet_clock,
                from_storage,
                clock_not_set: observed.flags.contains(&Flag::DeviceClockNotSet),
                zone: reception.zone,
            },
        );
        let mut quality = Quality::assess(&observed.values, &observed.flags);
        if time.in_doubt() {
            quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        }
        // Without a time nothing shows that it was taken after the sensor was given to this patient.
        let before = |assigned: &DateTime<FixedOffset>| time.effective.is_none_or(|taken| taken < *assigned);
        if from_storage && reception.assigned.as_ref().is_some_and(before) {
            quality.add(Verdict::Doubtful, Reason::BeforeAssignment);
        }
        let other = match (reception.user, observed.user) {
            (Some(patient), User::Index(user)) => user != patient,
            (_, User::Unknown) => true,
            (None, User::Index(_)) | (_, User::Unsaid) => false,
        };
        if other {
            quality.add(Verdict::Doubtful, Reason::OtherUser);
        }
        if let Some(metric) = unlike(&observed.values, reception.usual_weight) {
            quality.add(Verdict::Doubtful, Reason::UnlikeThePatient { metric });
        }
        let identity = Identity::of(&Origin {
            patient: &reception.patient,
            device: &reception.device,
            kind: observed.kind,
            time: observed.time,
            received: reception.at,
            sequence: observed.sequence,
            ordinal: reception.ordinal,
            canonical: &observed.canonical,
        });
        Self {
            identity,
            patient: reception.patient.clone(),
            source: Source::Sensor(reception.device.clone()),
            kind: observed.kind,
            values: observed.values,
            flags: observed.flags,
            quality,
            time,
            sequence: observed.sequence,
            performer: Performer::Unknown,
            user: observed.user,
            meal: observed.meal,
            claimed: false,
            taken_back: None,
            judged: None,
            repeats: None,
        }
    }

    /// A reading entered by hand. `made` is a new UUIDv7, made when the person says "save", so that the
    /// same entry saved twice is one.
    pub fn by_hand(made: Uuid, patient: PatientId, entered: ByHand, time: ReadingTime) -> Self {
        let mut quality = Quality::assess(&entered.values, &BTreeSet::new());
        if time.in_doubt() {
            quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        }
        Self {
            identity: Identity::by_hand(made),
            patient,
            source: Source::ByHand,
            kind: entered.kind,
            values: entered.values,
            flags: BTreeSet::new(),
            quality,
            time,
            sequence: None,
            performer: entered.performer,
            user: User::Unsaid,
            meal: entered.meal,
            claimed: true,
            taken_back: None,
            judged: None,
            repeats: None,
        }
    }

    /// Someone has said that it is the patient's.
    #[must_use]
    pub fn claimed(self) -> Self {
        Self { claimed: true, quality: self.quality.claimed(&self.values, &self.flags), ..self }
    }

    /// Its time, now that it is known by how many seconds the tablet's clock was behind when it came.
    #[must_use]
    pub fn corrected(mut self, behind: i64, zone: Tz) -> Self {
        self.time = self.time.corrected(behind, zone);
        self.quality.reasons.remove(&Reason::TimeInDoubt);
        let mut quality = Quality::assess(&self.values, &self.flags);
        for reason in self.quality.reasons.into_iter().filter(|reason| reason.leaves_whose_open()) {
            quality.add(Verdict::Doubtful, reason);
        }
        if self.time.in_doubt() {
            quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        }
        Self { quality, ..self }
    }

    /// One of its numbers.
    pub fn value(&self, metric: Metric) -> Option<Quantity> {
        self.values.iter().find(|m| m.metric == metric).map(|m| m.quantity)
    }

    /// Whether it is open whose it is; then it is kept apart until someone has said (brief R29).
    pub fn is_whose_open(&self) -> bool {
        self.quality.reasons.iter().any(|reason| reason.leaves_whose_open())
    }

    /// Whether it may go to the service: not what is no reading, and not what may be someone else's.
    pub fn may_be_sent(&self) -> bool {
        self.quality.verdict < Verdict::NotAReading && !self.is_whose_open()
    }

    /// Whether it counts: in lists, trends and tasks. What failed, was taken back or may be someone else's does not.
    pub fn counts(&self) -> bool {
        self.quality.verdict < Verdict::Failed && !self.is_whose_open() && self.taken_back.is_none()
    }
}

/// What a person enters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// The kind of reading.
    pub kind: Kind,
    /// Its numbers, in the units that the person sees.
    pub values: Vec<Measured>,
    /// How it stands to a meal.
    pub meal: Option<Meal>,
    /// Who measured.
    pub performer: Performer,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        quantity::{Decimal, Unit, Value},
        time::ZONE,
    };

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    /// A reading of a sensor that was given to the patient on 20 November at noon.
    fn reading(time: Option<&str>, from_storage: bool, mine: bool) -> Reading {
        let quantity = Quantity { value: Value::Number(Decimal::new(97, 0)), unit: Unit::Percent };
        let observed = Observed {
            kind: Kind::PulseOximetry,
            values: vec![Measured { metric: Metric::OxygenSaturation, quantity }],
            flags: BTreeSet::new(),
            time: time.map_or(DeviceTime::Absent, |text| DeviceTime::Local(text.parse().unwrap())),
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: vec![1],
        };
        let reception = Reception {
            patient: PatientId("p".into()),
            device: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            assigned: (!mine).then(|| at("2026-11-20T12:00:00+01:00")),
            at: at("2026-11-23T08:00:00+01:00"),
            tablet_clock: Trust::Trusted,
            from_storage,
            ordinal: 0,
            zone: ZONE,
            user: None,
            usual_weight: None,
        };
        Reading::received(observed, &reception)
    }

    #[test]
    fn what_may_be_someone_elses_is_not_sent() {
        for (time, from_storage, mine, sent) in [
            (Some("2026-11-21T08:00:00"), true, false, true),
            (Some("2026-11-19T08:00:00"), true, false, false),
            (Some("2026-11-19T08:00:00"), true, true, true),
            // No time, or a clock of 2021: nothing shows whose it is.
            (None, true, false, false),
            (Some("2021-01-01T00:00:30"), true, false, false),
            (Some("2021-01-01T00:00:30"), true, true, true),
            // A live reading is taken now, whatever its clock says.
            (None, false, false, true),
            (Some("2021-01-01T00:00:30"), false, false, true),
        ] {
            assert_eq!(reading(time, from_storage, mine).may_be_sent(), sent, "{time:?} {from_storage} {mine}");
        }
    }

    #[test]
    fn a_reading_of_another_user_of_the_device_is_kept_apart_until_someone_has_said() {
        for (patient, user, apart) in [
            (None, User::Unsaid, false),
            (None, User::Index(2), false),
            (None, User::Unknown, true),
            (Some(1), User::Unsaid, false),
            (Some(1), User::Index(1), false),
            (Some(1), User::Index(2), true),
            (Some(1), User::Unknown, true),
        ] {
            let reading = weighed("80.0", patient, user, None);
            assert_eq!(reading.is_whose_open(), apart, "{patient:?} {user:?}");
            assert_eq!((reading.may_be_sent(), reading.counts()), (!apart, !apart));
            let claimed = reading.claimed();
            assert!(claimed.may_be_sent() && claimed.counts() && claimed.claimed);
        }
    }

    #[test]
    fn a_visitor_on_the_scale_is_kept_apart() {
        let usual = Some("80.0".parse().unwrap());
        assert!(weighed("81.2", None, User::Unsaid, usual).may_be_sent());
        assert!(!weighed("62.0", None, User::Unsaid, usual).may_be_sent());
        assert!(weighed("62.0", None, User::Unsaid, usual).claimed().may_be_sent());
    }

    #[test]
    fn a_corrected_reading_keeps_its_identity_and_every_other_doubt() {
        let mut early = weighed("62.0", None, User::Unsaid, Some("80.0".parse().unwrap()));
        early.time.tablet_clock = Trust::Untrusted;
        early.quality.add(Verdict::Doubtful, Reason::TimeInDoubt);
        let later = early.clone().corrected(3600, ZONE);
        assert_eq!(later.identity, early.identity);
        assert!(later.is_whose_open() && !later.quality.reasons.contains(&Reason::TimeInDoubt));
    }

    fn weighed(kilograms: &str, patient: Option<u8>, user: User, usual_weight: Option<Decimal>) -> Reading {
        let quantity = Quantity { value: Value::Number(kilograms.parse().unwrap()), unit: Unit::Kilogram };
        let observed = Observed {
            kind: Kind::BodyWeight,
            values: vec![Measured { metric: Metric::BodyWeight, quantity }],
            flags: BTreeSet::new(),
            time: DeviceTime::Absent,
            sequence: None,
            user,
            meal: None,
            canonical: vec![1],
        };
        let reception = Reception {
            patient: PatientId("p".into()),
            device: DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(),
            assigned: None,
            at: at("2026-11-23T08:00:00+01:00"),
            tablet_clock: Trust::Trusted,
            from_storage: false,
            ordinal: 0,
            zone: ZONE,
            user: patient,
            usual_weight,
        };
        Reading::received(observed, &reception)
    }
}
