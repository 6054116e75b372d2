use dagsform_care::{
    ByHand, Decimal, Kind, Measured, Metric, PatientId, Quantity, ReadingTime, Trust, Unit, Value, Verdict,
    quality::Reason,
};
use dagsform_sensors::RawFrame;
use dagsform_sync::outbox::{Due, Entry, Outbox, Outcome};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{
    clock,
    record::{Delivery, Earlier, Enrolling, FrameRow, Kept, NewDevice, SavedReading},
};

async fn enrolled(folder: &TempDir) -> Record {
    let record = Record::open(folder.path()).unwrap();
    record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
    record.assign(NewDevice { earlier: Some(Earlier::Mine), ..NewDevice::bonded(device(), "Scale") }).await.unwrap();
    record
}

fn device() -> dagsform_care::DeviceId {
    dagsform_care::DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
}

fn weight(hundredths: i64) -> Reading {
    let now = clock::now();
    let quantity = Quantity { value: Value::Number(Decimal::new(hundredths, -2)), unit: Unit::Kilogram };
    let entered = ByHand {
        kind: Kind::BodyWeight,
        values: vec![Measured { metric: Metric::BodyWeight, quantity }],
        meal: None,
        performer: Performer::Patient,
    };
    Reading::by_hand(
        Uuid::now_v7(),
        PatientId("Patient/1".into()),
        entered,
        ReadingTime::by_hand(now, now, Trust::Trusted),
    )
}

async fn saved(record: &Record) -> Reading {
    let reading = weight(8012);
    assert!(matches!(record.save_by_hand(reading.clone()).await.unwrap(), SavedReading::New(_)));
    reading
}

/// A reading of which it is open whose it is, from a frame with a value that stands out as text.
async fn strangers(record: &Record) -> (Reading, RawFrame) {
    let frame = RawFrame {
        device: device(),
        // A memory that can be asked for again.
        format: 0x2A5E.into(),
        bytes: b"SIXTY-TWO-KILOS".to_vec(),
        context: None,
        received: clock::now(),
        from_storage: true,
        ordinal: 0,
    };
    let row = match record.keep_frame(frame.clone()).await.unwrap() {
        Kept::New(row) => *row,
        other => panic!("{other:?}"),
    };
    let reading = of_frame(&row);
    assert!(matches!(record.save_reading(reading.clone(), row.id).await.unwrap(), SavedReading::New(_)));
    (reading, frame)
}

fn of_frame(row: &FrameRow) -> Reading {
    let mut reading = weight(6_271_828);
    reading.identity = Identity::by_hand(Uuid::from_u128(7));
    reading.claimed = false;
    reading.source = dagsform_care::Source::Sensor(row.frame.device.clone());
    reading.quality.add(Verdict::Doubtful, Reason::UnlikeThePatient { metric: Metric::BodyWeight });
    reading
}

async fn delivery(record: &Record, identity: Identity) -> Delivery {
    let rows = record.readings().await.unwrap();
    rows.into_iter().find(|row| row.reading.identity == identity).unwrap().delivery
}

/// The readings that are to be sent.
async fn readings_due(record: &Record) -> Vec<Entry> {
    let due = record.due(0, 10).await.unwrap();
    let reading = |due| match due {
        Due::Reading(entry) => *entry,
        Due::Item(entry) => panic!("{entry:?}"),
    };
    due.into_iter().map(reading).collect()
}

fn confirmed() -> Outcome {
    Outcome::Delivered { locations: vec!["Observation/1".into()], created: true }
}

#[tokio::test]
async fn a_reading_by_hand_saved_twice_is_one() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let reading = saved(&record).await;
    assert_eq!(record.save_by_hand(reading.clone()).await.unwrap(), SavedReading::Known(reading.identity));
    assert_eq!(record.readings().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_reading_taken_back_before_it_was_sent_never_leaves_the_tablet() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let reading = saved(&record).await;
    let taken = record.take_back(reading.identity, Why::Mistyped).await.unwrap();
    assert_eq!(taken.taken_back.unwrap().why, Why::Mistyped);
    assert!(record.due(0, 10).await.unwrap().is_empty());
    assert_eq!(delivery(&record, reading.identity).await, Delivery::Withheld("taken-back".into()));
}

#[tokio::test]
async fn a_reading_taken_back_after_delivery_goes_once_more_as_an_update() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let reading = saved(&record).await;
    let due = readings_due(&record).await;
    assert_eq!((due[0].version, due[0].sent_before), (1, false));
    record.settle(vec![(due[0].number, 1, confirmed())]).await.unwrap();
    record.take_back(reading.identity, Why::WrongPerson).await.unwrap();
    // Saying it twice changes nothing.
    record.take_back(reading.identity, Why::Mistyped).await.unwrap();
    let due = readings_due(&record).await;
    assert_eq!((due[0].version, due[0].sent_before), (2, true));
    assert_eq!(due[0].reading.taken_back.unwrap().why, Why::WrongPerson);
    record.settle(vec![(due[0].number, 2, confirmed())]).await.unwrap();
    assert_eq!(delivery(&record, reading.identity).await, Delivery::Delivered);
}

#[tokio::test]
async fn a_reading_that_changes_while_it_is_on_its_way_goes_on_waiting() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let reading = saved(&record).await;
    let due = readings_due(&record).await;
    record.set_performer(reading.identity, Performer::Relative).await.unwrap();
    record.settle(vec![(due[0].number, 1, confirmed())]).await.unwrap();
    assert_eq!(delivery(&record, reading.identity).await, Delivery::Waiting);
    let due = readings_due(&record).await;
    assert_eq!((due[0].version, due[0].sent_before, due[0].reading.performer), (2, true, Performer::Relative));
}

#[tokio::test]
async fn a_refusal_of_an_older_version_does_not_set_the_newer_one_aside() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let reading = saved(&record).await;
    let due = readings_due(&record).await;
    record.set_performer(reading.identity, Performer::Relative).await.unwrap();
    let refused = Outcome::Refused { status: 422, reason: "no".into() };
    record.settle(vec![(due[0].number, 1, refused)]).await.unwrap();
    assert_eq!(delivery(&record, reading.identity).await, Delivery::Waiting);
}

#[tokio::test]
async fn a_reading_that_may_be_anothers_waits_for_a_word_and_is_sent_when_it_is_claimed() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let (reading, _) = strangers(&record).await;
    assert_eq!(delivery(&record, reading.identity).await, Delivery::Withheld("unlike-the-patient".into()));
    assert!(record.due(0, 10).await.unwrap().is_empty());
    assert!(record.claim(reading.identity).await.unwrap().counts());
    assert_eq!(readings_due(&record).await[0].reading.identity, reading.identity);
}

/// Whether any file of the folder has this in it.
fn contains(folder: &TempDir, needle: &str) -> bool {
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.into_iter().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle.as_bytes()))
}

#[tokio::test]
async fn what_the_program_could_not_clean_before_it_was_killed_is_cleaned_at_the_next_start() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let (reading, _) = strangers(&record).await;
    // Erased and not cleaned, and a copy of the files as a power cut would leave them.
    record.ask(move |connection| erase_only(connection, reading.identity)).await.unwrap();
    let left = TempDir::new().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), left.path().join(file.file_name())).unwrap();
    }
    assert!(contains(&left, "SIXTY-TWO-KILOS"));
    let record = Record::open(left.path()).unwrap();
    assert!(!contains(&left, "SIXTY-TWO-KILOS"));
    drop(record);
}

#[tokio::test]
async fn a_strangers_reading_that_is_erased_leaves_no_value_in_the_file() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let (reading, frame) = strangers(&record).await;
    let contains = |needle| contains(&folder, needle);
    assert!(contains("6271828") && contains("SIXTY-TWO-KILOS"));
    record.erase(reading.identity).await.unwrap();
    assert!(!contains("6271828") && !contains("SIXTY-TWO-KILOS"));
    assert!(record.readings().await.unwrap().is_empty());
    // The sensor's memory still has it.
    assert!(matches!(record.keep_frame(frame).await.unwrap(), Kept::Known(known) if known == reading.identity));
    drop(record);
    assert!(!contains("6271828") && !contains("SIXTY-TWO-KILOS"));
}

#[tokio::test]
async fn an_erased_reading_that_is_sent_live_once_more_leaves_nothing_either() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let (reading, frame) = strangers(&record).await;
    record.erase(reading.identity).await.unwrap();
    let row = match record.keep_frame(RawFrame { from_storage: false, ..frame }).await.unwrap() {
        Kept::New(row) => *row,
        other => panic!("{other:?}"),
    };
    let again = record.save_reading(of_frame(&row), row.id).await.unwrap();
    assert_eq!(again, SavedReading::Known(reading.identity));
    assert!(record.frames_left().await.unwrap().is_empty());
    assert!(record.readings().await.unwrap().is_empty());
    drop(record);
    assert!(!contains(&folder, "SIXTY-TWO-KILOS"));
}

#[tokio::test]
async fn the_patients_own_reading_and_one_that_the_service_may_have_are_not_erased() {
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let own = saved(&record).await;
    assert_eq!(record.erase(own.identity).await, Err(RecordError::NotToBeErased(own.identity)));
    record.due(0, 10).await.unwrap();
    record.take_back(own.identity, Why::WrongPerson).await.unwrap();
    assert_eq!(record.erase(own.identity).await, Err(RecordError::NotToBeErased(own.identity)));
    let unknown = Identity::by_hand(Uuid::from_u128(99));
    assert_eq!(record.erase(unknown).await, Err(RecordError::NoSuchReading(unknown)));
}

#[tokio::test]
async fn a_context_that_comes_with_the_next_fetch_reaches_the_reading_and_the_service_once() {
    use crate::intake::Intake;
    use dagsform_sensors::{FrameSink, Taken, radio::simulated};
    let folder = TempDir::new().unwrap();
    let record = enrolled(&folder).await;
    let intake = Intake::open(record.clone()).await.unwrap();
    let at = clock::now().naive_local() - chrono::Duration::hours(1);
    let without = RawFrame {
        device: device(),
        format: 0x2A18.into(),
        bytes: simulated::glucose(7, 56, true, at),
        context: None,
        received: clock::now(),
        from_storage: true,
        ordinal: 0,
    };
    let Taken::Saved(reading) = intake.take(without.clone()).await.unwrap() else { panic!() };
    assert_eq!(reading.meal, None);
    let context = simulated::glucose_context(7, Meal::Fasting);
    let with = RawFrame { context: Some(context), ..without.clone() };
    for version in [2, 2] {
        assert_eq!(intake.take(with.clone()).await.unwrap(), Taken::Known(reading.identity));
        let due = readings_due(&record).await;
        assert_eq!((due[0].version, due[0].reading.meal), (version, Some(Meal::Fasting)));
    }
    assert_eq!(intake.take(without).await.unwrap(), Taken::Known(reading.identity));
    assert_eq!(record.readings().await.unwrap()[0].reading.meal, Some(Meal::Fasting));
}
