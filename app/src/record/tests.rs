use super::*;
use crate::clock;
use chrono::{Duration, SubsecRound};
use dagsform_care::{
    Decimal, DeviceId, DeviceInformation, DeviceTime, Flag, Kind, Measured, Metric, Observed, Quantity, Reading,
    Reception, Unit, User, Value, message::Received,
};
use dagsform_sensors::RawFrame;
use dagsform_sync::{
    Inbox,
    outbox::{Outbox, Outcome},
};
use tempfile::TempDir;

fn address() -> DeviceId {
    DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
}

async fn enrolled(folder: &Path) -> Record {
    let record = Record::open(folder).unwrap();
    record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
    let oximeter = NewDevice { earlier: Some(Earlier::Mine), ..NewDevice::bonded(address(), "Oximeter") };
    record.assign(oximeter).await.unwrap();
    record
}

fn frame(bytes: &[u8], from_storage: bool) -> RawFrame {
    RawFrame {
        device: address(),
        format: 0x2A5E.into(),
        bytes: bytes.to_vec(),
        context: None,
        received: clock::now().trunc_subsecs(6),
        from_storage,
        ordinal: 0,
    }
}

fn reading(row: &FrameRow, spo2: i64) -> Reading {
    let observed = Observed {
        kind: Kind::PulseOximetry,
        values: vec![Measured {
            metric: Metric::OxygenSaturation,
            quantity: Quantity { value: Value::Number(Decimal::new(spo2, 0)), unit: Unit::Percent },
        }],
        flags: [Flag::FullyQualified].into(),
        time: DeviceTime::Absent,
        sequence: None,
        user: User::Unsaid,
        meal: None,
        canonical: row.frame.bytes.clone(),
    };
    Reading::received(
        observed,
        &Reception {
            patient: row.patient.clone(),
            device: row.frame.device.clone(),
            assigned: row.assigned,
            at: row.frame.received,
            tablet_clock: row.tablet_clock,
            from_storage: row.frame.from_storage,
            ordinal: row.frame.ordinal,
            zone: dagsform_care::time::ZONE,
            user: None,
            usual_weight: None,
        },
    )
}

async fn keep_new(record: &Record, frame: RawFrame) -> FrameRow {
    match record.keep_frame(frame).await.unwrap() {
        Kept::New(row) => *row,
        other => panic!("{other:?}"),
    }
}

async fn save(record: &Record, bytes: &[u8], spo2: i64) -> Reading {
    let row = keep_new(record, frame(bytes, false)).await;
    match record.save_reading(reading(&row, spo2), row.id).await.unwrap() {
        SavedReading::New(reading) => *reading,
        SavedReading::Known(identity) => panic!("{identity} was known"),
    }
}

#[tokio::test]
async fn a_reading_is_there_whole_after_closing_and_opening() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let saved = save(&record, &[1], 97).await;
    drop(record);
    let rows = Record::open(folder.path()).unwrap().readings().await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].reading, saved);
    assert_eq!(rows[0].delivery, Delivery::Waiting);
}

#[tokio::test]
async fn a_second_program_on_the_same_record_is_refused_and_told_who_holds_it() {
    let folder = TempDir::new().unwrap();
    let _record = Record::open(folder.path()).unwrap();
    match Record::open(folder.path()) {
        Err(OpenError::Locked { holder, .. }) => assert_eq!(holder, std::process::id().to_string()),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn a_damaged_record_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(FILE), vec![0x5A; 8192]).unwrap();
    let error = Record::open(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::Record { source: RecordError::Damaged(_), .. }), "{error}");
}

#[tokio::test]
async fn damage_inside_is_noticed_at_the_start_after_a_kill() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    for n in 0..200 {
        save(&record, &[n], 97).await;
    }
    drop(record);
    let path = folder.path().join(FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xEE);
    std::fs::write(&path, bytes).unwrap();
    // What a killed program leaves behind.
    std::fs::write(folder.path().join("lock"), "1234").unwrap();
    let error = Record::open(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::Record { source: RecordError::Damaged(_), .. }), "{error}");
}

#[tokio::test]
async fn a_stored_record_fetched_again_adds_nothing_and_a_live_one_is_kept_as_bytes() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let row = keep_new(&record, frame(&[7], true)).await;
    let first = reading(&row, 95);
    record.save_reading(first.clone(), row.id).await.unwrap();
    let later = RawFrame { received: frame(&[7], true).received + Duration::hours(1), ..frame(&[7], true) };
    match record.keep_frame(later).await.unwrap() {
        Kept::Known(identity) => assert_eq!(identity, first.identity),
        other => panic!("{other:?}"),
    }
    let second = RawFrame { ordinal: 1, ..frame(&[7], true) };
    assert!(matches!(record.keep_frame(second).await.unwrap(), Kept::New(_)));
    assert!(matches!(record.keep_frame(frame(&[7], false)).await.unwrap(), Kept::New(_)));
}

#[tokio::test]
async fn the_same_reading_by_another_frame_is_saved_once() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let row = keep_new(&record, frame(&[7], false)).await;
    let once = reading(&row, 95);
    record.save_reading(once.clone(), row.id).await.unwrap();
    let other = keep_new(&record, frame(&[8], false)).await;
    assert_eq!(record.save_reading(once.clone(), other.id).await.unwrap(), SavedReading::Known(once.identity));
    assert_eq!(record.readings().await.unwrap().len(), 1);
    assert_eq!(record.counts().await.unwrap().waiting, 1);
}

#[tokio::test]
async fn frames_of_which_nothing_was_made_are_found_again_after_a_crash() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let row = keep_new(&record, frame(&[1, 2, 3], false)).await;
    drop(record);
    let record = Record::open(folder.path()).unwrap();
    let left = record.frames_left().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].frame, row.frame);
    record.mark_undecodable(left[0].id, "too short".into()).await.unwrap();
    assert!(record.frames_left().await.unwrap().is_empty());
    assert_eq!(record.counts().await.unwrap().undecodable, 1);
}

#[tokio::test]
async fn nothing_is_taken_from_a_device_that_is_not_assigned_or_was_taken_back() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let stranger = RawFrame { device: DeviceId::parse("00:00:00:00:00:01").unwrap(), ..frame(&[1], false) };
    assert!(matches!(record.keep_frame(stranger).await, Err(RecordError::NotAssigned(_))));
    record.remove_device(address()).await.unwrap();
    assert!(matches!(record.keep_frame(frame(&[1], false)).await, Err(RecordError::NotAssigned(_))));
    assert!(record.frames_left().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_patient_there_are_no_sensors() {
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path()).unwrap();
    let answer = record.assign(NewDevice::bonded(address(), "Oximeter")).await;
    assert_eq!(answer, Err(RecordError::NotEnrolled));
}

#[tokio::test]
async fn a_tablet_with_readings_follows_its_service_to_another_address_and_never_goes_to_another_service() {
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path()).unwrap();
    let at = |service: &str, client: &str| Enrolling {
        client: Some((client.to_owned(), "system/*.cruds".to_owned())),
        ..Enrolling::open("Patient/1", service)
    };
    let (first, second) = ("https://service.example/fhir", "https://other.example/fhir");
    record.enrol(at(first, "a")).await.unwrap();
    // Nothing is on its way yet.
    record.enrol(at(second, "b")).await.unwrap();
    record.enrol(at(first, "c")).await.unwrap();
    record
        .assign(NewDevice { earlier: Some(Earlier::Mine), ..NewDevice::bonded(address(), "Oximeter") })
        .await
        .unwrap();
    let row = keep_new(&record, frame(&[7], true)).await;
    record.save_reading(reading(&row, 95), row.id).await.unwrap();
    assert_eq!(record.enrol(at(second, "d")).await, Err(RecordError::OtherService));
    assert_eq!(record.may_register_at(second.to_owned()).await, Err(RecordError::OtherService));
    record.may_register_at(first.to_owned()).await.unwrap();
    assert_eq!(record.enrolment().await.unwrap().unwrap().at, at(first, "c"));
    for same in [at(second, "c"), at(second, "d")] {
        assert_eq!(record.enrol(same.clone()).await.unwrap().at, same);
    }
}

#[tokio::test]
async fn a_key_stays_once_it_was_made_unless_it_is_damaged() {
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path()).unwrap();
    let first = record.keep_proof(vec![1], None).await.unwrap();
    assert_eq!(record.keep_proof(vec![2], None).await.unwrap().key, [1]);
    let anew = record.keep_proof(vec![3], Some(vec![1])).await.unwrap();
    assert_eq!((anew.key, anew.tablet), (vec![3], first.tablet));
}

#[test]
fn nobody_but_its_owner_may_read_the_record_whoever_made_the_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let record = Record::open(folder.path()).unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        if file.file_name().to_string_lossy().starts_with("record.sqlite") {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o77, 0, "{file:?}");
        }
    }
    drop(record);
}

#[tokio::test]
async fn a_tablet_is_never_moved_to_another_patient() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    assert_eq!(
        record.enrol(Enrolling::open("Patient/2", "http://127.0.0.1:1/fhir")).await,
        Err(RecordError::OtherPatient)
    );
    let moved = record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:2/fhir")).await.unwrap();
    assert_eq!(record.enrolment().await.unwrap().unwrap().tablet, moved.tablet);
}

#[tokio::test]
async fn an_advertiser_is_off_until_it_is_switched_on() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let scale = DeviceId::parse("00:00:00:00:00:02").unwrap();
    let device =
        record.assign(NewDevice { link: LinkKind::Advertised, ..NewDevice::bonded(scale, "Scale") }).await.unwrap();
    assert!(!device.enabled);
}

#[tokio::test]
async fn what_a_device_does_not_say_this_time_stays_as_it_was() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let named = DeviceInformation { manufacturer: Some("Nonin".into()), battery: Some(87), ..Default::default() };
    record.describe_device(address(), named.clone()).await.unwrap();
    record.describe_device(address(), DeviceInformation { battery: Some(80), ..Default::default() }).await.unwrap();
    let device = record.devices().await.unwrap().remove(0);
    assert_eq!(device.information, DeviceInformation { battery: Some(80), ..named });
}

#[tokio::test]
async fn how_far_a_memory_was_fetched_and_the_users_code_are_kept() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    assert_eq!(record.newest_record(address()).await.unwrap(), None);
    for sequence in [7, u16::MAX] {
        let identity = dagsform_care::Identity::by_hand(uuid::Uuid::from_u128(sequence.into()));
        let newest = dagsform_sensors::NewestRecord { sequence, identity };
        record.keep_newest(address(), newest).await.unwrap();
        assert_eq!(record.newest_record(address()).await.unwrap(), Some(newest));
    }
    let consent = |user, code| NewDevice { user, consent_code: code, ..NewDevice::bonded(address(), "Scale") };
    let expected = dagsform_sensors::collector::Consent::new(2, 1234).ok();
    for (given, kept) in
        [(consent(Some(2), None), None), (consent(None, Some(1234)), expected), (consent(None, None), expected)]
    {
        assert_eq!(record.assign(given).await.unwrap().consent, kept);
    }
    assert!(record.newest_record(address()).await.unwrap().is_some(), "given once more, it is the same sensor");
}

#[tokio::test]
async fn memory_from_before_the_assignment_is_withheld_unless_it_is_the_patients_own() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    record
        .assign(NewDevice { earlier: Some(Earlier::Aside), ..NewDevice::bonded(address(), "Oximeter") })
        .await
        .unwrap();
    let row = keep_new(&record, frame(&[9], true)).await;
    assert!(row.assigned.is_some());
    let mut old = reading(&row, 95);
    old.quality.add(dagsform_care::Verdict::Doubtful, dagsform_care::Reason::BeforeAssignment);
    record.save_reading(old, row.id).await.unwrap();
    assert_eq!(record.due(0, 10).await.unwrap().len(), 0);
    assert_eq!(record.counts().await.unwrap().withheld, 1);
}

#[tokio::test]
async fn pairing_again_does_not_change_whose_the_earlier_measurements_are() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let again = record.assign(NewDevice::bonded(address(), "Oximeter")).await.unwrap();
    assert_eq!(again.earlier, Earlier::Mine);
}

#[tokio::test]
async fn a_late_answer_never_undoes_a_delivery() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    save(&record, &[1], 97).await;
    let number = record.due(0, 10).await.unwrap()[0].number();
    record
        .settle(vec![(number, 1, Outcome::Delivered { locations: vec!["Observation/1".into()], created: true })])
        .await
        .unwrap();
    record.settle(vec![(number, 1, Outcome::Refused { status: 422, reason: "late".into() })]).await.unwrap();
    assert_eq!(record.readings().await.unwrap()[0].delivery, Delivery::Delivered);
    assert!(record.due(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reading_set_aside_keeps_its_reason_and_stops_waiting() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    save(&record, &[1], 97).await;
    save(&record, &[2], 96).await;
    let number = record.due(0, 10).await.unwrap()[0].number();
    record.settle(vec![(number, 1, Outcome::Refused { status: 422, reason: "no such unit".into() })]).await.unwrap();
    let rows = record.readings().await.unwrap();
    assert_eq!(rows[0].delivery, Delivery::Aside("422: no such unit".into()));
    assert_eq!(rows[1].delivery, Delivery::Waiting);
}

#[tokio::test]
async fn a_reading_that_cannot_be_read_any_more_does_not_stand_in_the_way_of_the_others() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    save(&record, &[1], 97).await;
    save(&record, &[2], 96).await;
    record.ask(|c| Ok(c.execute("UPDATE reading SET body = '{' WHERE id = 1", [])?)).await.unwrap();
    assert_eq!(record.due(0, 10).await.unwrap().len(), 1);
    assert_eq!(record.counts().await.unwrap().aside, 1);
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing_that_was_committed() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    save(&record, &[0], 97).await;
    record
        .ask(|connection| {
            let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
            connection.pragma_update(None, "max_page_count", pages)?;
            Ok(())
        })
        .await
        .unwrap();
    let mut kept = 1;
    let error = loop {
        match record.keep_frame(frame(&vec![1; 3000], false)).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 100);
    };
    assert_eq!(error, RecordError::Full);
    drop(record);
    let record = Record::open(folder.path()).unwrap();
    assert_eq!(record.readings().await.unwrap().len(), 1);
    assert_eq!(record.frames_left().await.unwrap().len(), kept - 1);
    keep_new(&record, frame(&[1; 3000], false)).await;
}

#[tokio::test]
async fn every_commit_is_synchronous_and_erased_values_are_overwritten() {
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path()).unwrap();
    let settings = record
        .ask(|c| {
            let number = |name: &str| c.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            let mode: String = c.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            Ok((mode, number("synchronous")?, number("secure_delete")?, number("foreign_keys")?))
        })
        .await
        .unwrap();
    assert_eq!(settings, ("wal".to_owned(), 2, 1, 1));
}

#[tokio::test]
async fn a_sensor_paired_by_a_wrong_clock_is_the_patients_since_the_right_time_once_that_is_known() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let says = clock::now() + Duration::days(400);
    record.learn_time(says).await.unwrap();
    let since = record.devices().await.unwrap()[0].assigned_at;
    assert!((since - says).abs() < Duration::minutes(2), "{since}");
    // A date that someone has said stays.
    let said = DateTime::parse_from_rfc3339("2026-11-01T00:00:00+01:00").unwrap();
    record.assign(NewDevice { since: Some(said), ..NewDevice::bonded(address(), "Oximeter") }).await.unwrap();
    record.learn_time(says + Duration::days(400)).await.unwrap();
    assert_eq!(record.devices().await.unwrap()[0].assigned_at, said);
}

#[tokio::test]
async fn what_was_kept_aside_is_sent_once_someone_says_that_the_sensors_memory_is_the_patients() {
    use crate::intake::Intake;
    use dagsform_sensors::{FrameSink, Taken, radio::simulated};
    let folder = TempDir::new().unwrap();
    let record = Record::open(folder.path()).unwrap();
    record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
    record.assign(NewDevice::bonded(address(), "Meter")).await.unwrap();
    let intake = Intake::open(record.clone()).await.unwrap();
    let now = clock::now();
    for (number, days) in [(1, 20), (2, 3)] {
        let at = (now - Duration::days(days)).naive_local();
        let frame = RawFrame { format: 0x2A18.into(), ..self::frame(&simulated::glucose(number, 56, false, at), true) };
        assert!(matches!(intake.take(frame).await.unwrap(), Taken::Saved(_)));
    }
    assert_eq!(record.counts().await.unwrap().withheld, 2);
    let since = Some(now - Duration::days(10));
    record.assign(NewDevice { since, ..NewDevice::bonded(address(), "Meter") }).await.unwrap();
    assert_eq!((record.counts().await.unwrap().waiting, record.counts().await.unwrap().withheld), (1, 1));
    record.assign(NewDevice { earlier: Some(Earlier::Mine), ..NewDevice::bonded(address(), "Meter") }).await.unwrap();
    assert_eq!((record.counts().await.unwrap().waiting, record.counts().await.unwrap().withheld), (2, 0));
}

#[tokio::test]
async fn a_weight_far_from_the_last_one_asks_whose_it_is_whatever_the_scale() {
    use crate::intake::Intake;
    use dagsform_sensors::{FrameSink, Taken, radio::simulated};
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let intake = Intake::open(record.clone()).await.unwrap();
    let now = clock::now();
    for (minutes, hundredths, asks) in [(9, 8000, false), (6, 8100, false), (3, 6000, true), (0, 8050, false)] {
        let received = (now - Duration::minutes(minutes)).trunc_subsecs(6);
        let stamp = received.with_timezone(&dagsform_care::time::ZONE).naive_local();
        let bytes = simulated::weight(hundredths, None, stamp);
        let weighed = RawFrame { format: 0x2A9D.into(), received, ..frame(&bytes, false) };
        let Taken::Saved(reading) = intake.take(weighed).await.unwrap() else { panic!("{hundredths} is known") };
        assert_eq!(reading.is_whose_open(), asks, "{hundredths}");
    }
}

#[tokio::test]
async fn a_reading_that_cannot_be_read_hides_no_other_from_the_screens_and_is_named_by_the_export() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    save(&record, &[1], 97).await;
    save(&record, &[2], 95).await;
    record.ask(|c| Ok(c.execute("UPDATE reading SET body = 'x' WHERE id = 1", [])?)).await.unwrap();
    assert_eq!(record.readings_of(Kind::PulseOximetry, 10).await.unwrap().len(), 1);
    assert!(matches!(record.readings().await, Err(RecordError::Unreadable(_))));
}

#[tokio::test]
async fn a_message_that_is_gone_from_the_service_is_withdrawn_and_may_come_back() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(folder.path()).await;
    let message = Received {
        reference: "Communication/1".into(),
        version: "1".into(),
        text: "Hei".into(),
        sender: None,
        sent: None,
        answers: None,
        withdrawn: false,
    };
    let withdrawn = async |expected| {
        let rows = record.received().await.unwrap();
        assert_eq!(rows.iter().map(|row| row.message.withdrawn).collect::<Vec<_>>(), [expected]);
    };
    record.take_messages(vec![message.clone()]).await.unwrap();
    assert_eq!(Inbox::messages(&record).await.unwrap(), ["Communication/1"]);
    record.withdraw_messages(vec!["Communication/1".into()]).await.unwrap();
    assert!(Inbox::messages(&record).await.unwrap().is_empty());
    withdrawn(true).await;
    record.take_messages(vec![message]).await.unwrap();
    withdrawn(false).await;
}
