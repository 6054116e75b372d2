//! The made-up patient's home: record, sensors, history, service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use dagsform_care::{Kind, Meal, time::ZONE};
use dagsform_sensors::{
    FrameSink, RawFrame,
    radio::simulated::{Cuff, GlucoseMeter, Oximeter, Scale, Simulated, Thermometer, Traits},
};
use dagsform_sync::{PatientReference, service::Service};
use dagsform_ui::{Language, Words};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    history,
    plans::Patient,
    service::{self, Users, Visitor},
};
use crate::{
    clock, enrol, enrolment,
    intake::Intake,
    record::{Earlier, Enrolling, NewDevice, Record},
    tablet::fetching,
};

/// The seed of the history: the same patient each time.
const SEED: u64 = 18;
/// Between two measurements, where nobody touches anything.
const PAUSE: Duration = Duration::from_secs(25);

/// The hands that use the sensors.
#[derive(Clone)]
pub(crate) struct Hands {
    pub(crate) oximeter: Oximeter,
    pub(crate) cuff: Cuff,
    pub(crate) scale: Scale,
    pub(crate) meter: GlucoseMeter,
    pub(crate) thermometer: Thermometer,
}

/// The home.
pub(crate) struct Home {
    /// The tablet's data folder.
    pub(crate) folder: PathBuf,
    /// The radio, and the room that it hears.
    pub(crate) radio: Simulated,
    /// The sensors.
    pub(crate) hands: Hands,
    /// The follow-up service.
    pub(crate) service: Service,
    /// What the demonstration itself uses it by.
    pub(crate) staff: String,
    /// The patient there.
    pub(crate) patient: String,
    /// Which of the made-up ones that is.
    pub(crate) who: Patient,
}

impl Home {
    /// Prepares a home in a folder; one that was prepared before goes on.
    pub(crate) async fn prepare(folder: &Path, language: Language, who: Patient) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let staff = Uuid::new_v4().to_string();
        let users = Users::TabletsAnd(staff.clone());
        let service = service::start(any_port, &folder.join("service.sqlite"), language, users).await?;
        let now = clock::now().with_timezone(&ZONE).naive_local();
        let visitor = Visitor::of(service.base(), &staff)?;
        let patient = visitor.patient(who).await?;
        visitor.plan(who, &patient, now.date()).await?;
        let record = Record::open(folder)?;
        enrol(&record, &service, &patient).await?;
        let words = Words::in_language(language);
        for kind in Kind::ALL {
            let Some(address) = history::address(kind) else { continue };
            let kinds = vec![kind];
            let new =
                NewDevice { kinds, earlier: Some(Earlier::Mine), ..NewDevice::bonded(address, name(kind, words)) };
            record.assign(new).await?;
        }
        let enrolment = record.enrolment().await?.context("the record has no patient")?;
        let client = enrolment::connection(&record, &enrolment).await?;
        fetching(record.clone(), client, &enrolment)?.pass().await?;
        if record.readings().await?.is_empty() {
            remember(&record, now).await?;
        }
        let (radio, hands) = sensors()?;
        Ok(Self { folder: folder.to_owned(), radio, hands, service, staff, patient, who })
    }
}

/// The tablet registers by a one-time code, as at any service; one that did so before learns the service's new port.
async fn enrol(record: &Record, service: &Service, patient: &str) -> Result<()> {
    if let Some(before) = record.enrolment().await? {
        record.enrol(Enrolling { service: service.base(), ..before.at }).await?;
        return Ok(());
    }
    let code = service.invite(&PatientReference::parse(patient)?).await?;
    let file = json!({ "service": service.base(), "code": code.to_string() });
    enrol::enrol(record, &file.to_string()).await?;
    Ok(())
}

/// What people call the sensors.
fn name(kind: Kind, words: Words) -> String {
    match kind {
        Kind::PulseOximetry => words.text("sensor", "Pulse oximeter", &[]),
        Kind::BloodPressure => words.text("sensor", "Blood-pressure cuff", &[]),
        Kind::BodyWeight => words.text("sensor", "Scale", &[]),
        Kind::BloodGlucose => words.text("sensor", "Glucose meter", &[]),
        Kind::BodyTemperature => words.text("sensor", "Thermometer", &[]),
        Kind::Spirometry => words.text("sensor", "Spirometer", &[]),
    }
}

fn sensors() -> Result<(Simulated, Hands)> {
    let radio = Simulated::with_clock(Arc::new(|| clock::now().with_timezone(&ZONE).naive_local()));
    let address = |kind| history::address(kind).context("a kind without a simulated sensor");
    let hands = Hands {
        oximeter: radio.oximeter(address(Kind::PulseOximetry)?, Traits::default()),
        cuff: radio.cuff(address(Kind::BloodPressure)?, Traits { battery: 64, ..Traits::default() }),
        scale: radio.scale(address(Kind::BodyWeight)?, Traits { battery: 91, ..Traits::default() }),
        meter: radio.glucose_meter(address(Kind::BloodGlucose)?, Traits { battery: 9, ..Traits::default() }),
        thermometer: radio.thermometer(address(Kind::BodyTemperature)?, Traits { battery: 55, ..Traits::default() }),
    };
    Ok((radio, hands))
}

/// Puts the history into the record, the way in which it would have come, and this morning's measurement.
async fn remember(record: &Record, now: NaiveDateTime) -> Result<()> {
    let mut past = history::until(now.date(), SEED);
    let earlier = now - TimeDelta::hours(2);
    if earlier.date() == now.date() {
        let mut random = StdRng::seed_from_u64(SEED);
        past.push(history::one(Kind::PulseOximetry, earlier, 0, 0, &mut random));
    }
    let intake = Intake::open(record.clone()).await?;
    for sent in past {
        let Some(device) = history::address(sent.kind) else { continue };
        let Some(at) = sent.at.and_local_timezone(ZONE).earliest() else { continue };
        let received: DateTime<Utc> = at.to_utc() + TimeDelta::seconds(20);
        let frame = RawFrame {
            device,
            format: sent.characteristic.into(),
            bytes: sent.bytes,
            context: sent.context,
            received: received.with_timezone(&ZONE).fixed_offset(),
            from_storage: false,
            ordinal: 0,
        };
        intake.take(frame).await?;
    }
    Ok(())
}

/// The patient measures something every now and then.
pub(crate) async fn live(hands: Hands) {
    for round in 0_u16.. {
        let odd = round % 3;
        sleep(PAUSE).await;
        hands.cuff.measure(128 + 4 * odd, 78 + 2 * odd, 71).await;
        sleep(PAUSE).await;
        hands.oximeter.measure(94 + odd, 76).await;
        sleep(PAUSE).await;
        hands.scale.measure(8320 + u32::from(odd) * 10, None).await;
        sleep(PAUSE).await;
        hands.meter.measure(61 + 8 * odd, Some(Meal::Postprandial)).await;
        sleep(PAUSE).await;
        hands.thermometer.measure(368 + odd).await;
    }
}
