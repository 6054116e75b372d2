//! What time it is, as far as the tablet can know (brief R31).
//!
//! The tablet's own clock may be wrong: after a flat battery, or months without a network. What is taken
//! then is stored with what the clock showed. When the follow-up service has said what time it is, the
//! tablet goes by that, and what was taken since it was started is put right; the original stays in the
//! reading. What was taken before an earlier start stays in doubt: nothing tells how long it lay off.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, FixedOffset, Utc};
use dagsform_care::{
    item::Item,
    time::{CLOCK_TOLERANCE, Trust, ZONE, judge_tablet_clock},
};
use rusqlite::{Connection, Transaction, params};

use super::{Record, RecordError, changes, items, read_time, stored};
use crate::clock;

/// What was received longer ago than this does not tell how the clock was set then.
const JUST_NOW: Duration = Duration::seconds(30);

/// By which clock something was taken.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// This start of the tablet.
    pub(super) boot: String,
    /// When that was, by the clock as it was set then, in milliseconds of Unix time; `None` for what was not
    /// received now.
    pub(super) started: Option<i64>,
    /// That clock was known to be wrong.
    pub(super) untrusted: bool,
}

/// Judges the tablet's clock.
pub(super) struct TimeKeeper {
    boot: String,
    known: Mutex<Known>,
}

struct Known {
    /// The latest moment that has certainly passed.
    certainly_past: DateTime<FixedOffset>,
    /// When the tablet was started, in milliseconds of Unix time, since a trusted clock has said.
    started: Option<i64>,
}

impl TimeKeeper {
    pub(super) fn new(certainly_past: DateTime<FixedOffset>) -> Self {
        let known = Known { certainly_past, started: None };
        Self { boot: clock::boot().to_string(), known: Mutex::new(known) }
    }

    fn now(&self) -> (DateTime<FixedOffset>, Trust) {
        let shown = clock::now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(started) = known.started else {
            return (shown, judge_tablet_clock(shown, known.certainly_past));
        };
        let behind = started.saturating_sub(started_by(shown));
        if behind.abs() <= CLOCK_TOLERANCE.num_milliseconds() {
            return (shown, Trust::Trusted);
        }
        let right = shown.checked_add_signed(Duration::milliseconds(behind)).unwrap_or(shown);
        let local = right.with_timezone(&ZONE);
        (local.fixed_offset(), Trust::Trusted)
    }

    /// What the clock shows, unless that is before this program was written: then the latest moment that has
    /// certainly passed. Only for what must not fail by a clock that a flat battery has set back; a service's
    /// mistake in the other direction must not last.
    fn best(&self) -> DateTime<FixedOffset> {
        let (now, trust) = self.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        judged_best(now, trust, known.certainly_past)
    }

    /// Goes by this from now on, unless it goes by nearly the same already; the start that it goes by.
    fn learn(&self, says: DateTime<FixedOffset>) -> i64 {
        let started = started_by(says);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |before: &i64| started.saturating_sub(*before).abs() <= CLOCK_TOLERANCE.num_milliseconds();
        let started = known.started.filter(same).unwrap_or(started);
        known.started = Some(started);
        started
    }
}

fn judged_best(
    shown: DateTime<FixedOffset>,
    trust: Trust,
    certainly_past: DateTime<FixedOffset>,
) -> DateTime<FixedOffset> {
    if trust == Trust::Trusted || shown >= program_written() { shown } else { certainly_past }
}

/// No clock is right that shows a time before this program was written.
pub(super) fn program_written() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-01T00:00:00+00:00").unwrap_or_default()
}

/// When the tablet was started, if it is this time now.
fn started_by(now: DateTime<FixedOffset>) -> i64 {
    now.timestamp_millis().saturating_sub(clock::since_boot())
}

impl Record {
    /// The tablet's time now, and how far it is believed.
    pub fn now(&self) -> (DateTime<FixedOffset>, Trust) {
        self.shared.time.now()
    }

    /// The best time for judging a certificate by.
    pub fn best_time(&self) -> DateTime<Utc> {
        self.shared.time.best().to_utc()
    }

    /// By which clock something is taken that was received at this time by that clock.
    pub(super) fn taken(&self, received: &DateTime<FixedOffset>) -> Taken {
        let (now, trust) = self.now();
        let just_now = now.signed_duration_since(*received).abs() < JUST_NOW;
        Taken {
            boot: self.shared.time.boot.clone(),
            started: just_now.then(|| started_by(*received)),
            untrusted: trust == Trust::Untrusted,
        }
    }

    /// What a service said of the time was wrong, or may have been: a certificate is not valid by it. The tablet's own
    /// clock counts again until a service says otherwise.
    pub fn doubt_time(&self) {
        self.shared.time.known.lock().unwrap_or_else(PoisonError::into_inner).started = None;
    }

    /// A trusted clock says what time it is; a time from before this program was written is not believed. What was taken since the tablet was started by a clock that was
    /// wrong is put right, and what of it the service has is sent once more. How many readings that were.
    pub async fn learn_time(&self, says: DateTime<FixedOffset>) -> Result<usize, RecordError> {
        if says < program_written() {
            return Ok(0);
        }
        // Each time: what could not be put right, or came while it was, is found again.
        let started = self.shared.time.learn(says);
        let boot = self.shared.time.boot.clone();
        let corrected = self.ask(move |connection| correct(connection, &boot, started)).await?;
        if corrected > 0 {
            tracing::info!(readings = corrected, "the tablet's clock was wrong; times are put right");
            self.tell_change();
        }
        Ok(corrected)
    }
}

fn correct(connection: &mut Connection, boot: &str, started: i64) -> Result<usize, RecordError> {
    let transaction = connection.transaction()?;
    let wrong: Vec<(i64, i64, String)> = transaction
        .prepare_cached(
            // Three questions that an index answers each: this is asked at every sending.
            "SELECT id, started, body FROM reading WHERE boot = ?1 AND started < ?2 - ?3 \
             UNION SELECT id, started, body FROM reading WHERE boot = ?1 AND started > ?2 + ?3 \
             UNION SELECT id, started, body FROM reading WHERE boot = ?1 AND untrusted = 1 AND started IS NOT NULL",
        )?
        .query_map(params![boot, started, CLOCK_TOLERANCE.num_milliseconds()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut corrected = 0;
    for (id, by_clock, body) in &wrong {
        // One that cannot be read must not stand in the way of the others.
        let Ok(mut reading) = serde_json::from_str::<dagsform_care::Reading>(body) else { continue };
        let behind = started.saturating_sub(*by_clock).saturating_add(500).div_euclid(1000);
        if let Some(taken_back) = &mut reading.taken_back
            && let Some(right) = taken_back.at.checked_add_signed(Duration::seconds(behind))
        {
            taken_back.at = right;
        }
        changes::store(&transaction, *id, &reading.corrected(behind, ZONE))?;
        transaction
            .prepare_cached("UPDATE reading SET started = ?2, untrusted = 0 WHERE id = ?1")?
            .execute(params![id, started])?;
        corrected += 1;
    }
    corrected += correct_items(&transaction, boot, started)?;
    let kit: Vec<(String, i64, String)> = transaction
        .prepare("SELECT address, started, assigned_at FROM device WHERE boot = ?1 AND abs(started - ?2) > ?3")?
        .query_map(params![boot, started, CLOCK_TOLERANCE.num_milliseconds()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (address, by_clock, assigned_at) in kit {
        let behind = Duration::milliseconds(started.saturating_sub(by_clock));
        let assigned_at = read_time(&assigned_at)?;
        let right = assigned_at.checked_add_signed(behind).unwrap_or(assigned_at);
        transaction
            .prepare_cached("UPDATE device SET assigned_at = ?2, started = ?3 WHERE address = ?1")?
            .execute(params![address, stored(&right), started])?;
    }
    transaction.commit()?;
    Ok(corrected)
}

/// The same for what was said beside readings.
fn correct_items(transaction: &Transaction<'_>, boot: &str, started: i64) -> Result<usize, RecordError> {
    let wrong: Vec<(i64, i64, String)> = transaction
        .prepare_cached(
            "SELECT id, started, body FROM item WHERE boot = ?1 AND started IS NOT NULL \
             AND (started < ?2 - ?3 OR started > ?2 + ?3 OR untrusted = 1)",
        )?
        .query_map(params![boot, started, CLOCK_TOLERANCE.num_milliseconds()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut corrected = 0;
    for (id, by_clock, body) in wrong {
        // One that cannot be read must not stand in the way of the others.
        let Ok(item) = serde_json::from_str::<Item>(&body) else { continue };
        let behind = started.saturating_sub(by_clock).saturating_add(500).div_euclid(1000);
        items::store(transaction, id, &item.corrected(behind))?;
        transaction
            .prepare_cached("UPDATE item SET started = ?2, untrusted = 0 WHERE id = ?1")?
            .execute(params![id, started])?;
        corrected += 1;
    }
    Ok(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Delivery, Enrolling, ReadingRow, SavedReading};
    use dagsform_care::{
        ByHand, Kind, Measured, Metric, PatientId, Performer, Quantity, Reading, ReadingTime, Unit, Value,
    };
    use dagsform_sync::outbox::{Outbox, Outcome};
    use uuid::Uuid;

    const TWO_YEARS: Duration = Duration::days(730);

    /// A reading by a clock that is two years behind, and one by a right one; both delivered.
    async fn record_with_two(folder: &std::path::Path) -> Record {
        let record = Record::open(folder).unwrap();
        record.enrol(Enrolling::open("Patient/1", "http://127.0.0.1:1/fhir")).await.unwrap();
        let now = clock::now();
        for (at, trust) in [(now - TWO_YEARS, Trust::Untrusted), (now, Trust::Trusted)] {
            let quantity = Quantity { value: Value::Number("80.0".parse().unwrap()), unit: Unit::Kilogram };
            let entered = ByHand {
                kind: Kind::BodyWeight,
                values: vec![Measured { metric: Metric::BodyWeight, quantity }],
                meal: None,
                performer: Performer::Patient,
            };
            let time = ReadingTime::by_hand(at, at, trust);
            let reading = Reading::by_hand(Uuid::now_v7(), PatientId("Patient/1".into()), entered, time);
            let identity = reading.identity.to_string();
            assert!(matches!(record.save_by_hand(reading).await.unwrap(), SavedReading::New(_)));
            // As if the clock had been set so then.
            let as_set = move |connection: &mut Connection| {
                let set = "UPDATE reading SET started = ?2 WHERE identity = ?1";
                Ok(connection.execute(set, params![identity, started_by(at)])?)
            };
            assert_eq!(record.ask(as_set).await.unwrap(), 1);
        }
        let due = record.due(0, 10).await.unwrap();
        let delivered = |number| (number, 1, Outcome::Delivered { created: true, locations: vec![] });
        record.settle(due.iter().map(|entry| delivered(entry.number())).collect()).await.unwrap();
        record
    }

    #[tokio::test]
    async fn what_was_taken_by_a_wrong_clock_is_put_right_and_sent_again_once_the_time_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let record = record_with_two(folder.path()).await;
        let before = record.readings().await.unwrap();
        assert_eq!(record.learn_time(clock::by_service(Utc::now())).await.unwrap(), 1);
        let after = record.readings().await.unwrap();
        let effective = |row: &ReadingRow| row.reading.time.effective.unwrap();
        let off = (effective(&after[0]) - clock::now()).abs();
        assert!(off < CLOCK_TOLERANCE, "{off}");
        assert_eq!(after[0].reading.time.received, before[0].reading.time.received);
        assert_eq!(after[0].reading.identity, before[0].reading.identity);
        assert!(!after[0].reading.time.in_doubt());
        assert_eq!((&after[0].delivery, &after[1]), (&Delivery::Waiting, &before[1]));
    }

    #[tokio::test]
    async fn the_same_word_once_more_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let record = record_with_two(folder.path()).await;
        let says = clock::by_service(Utc::now());
        record.learn_time(says).await.unwrap();
        assert_eq!(record.learn_time(says).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn after_the_service_has_said_the_time_the_tablet_goes_by_it() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record::open(folder.path()).unwrap();
        let says = clock::now() + TWO_YEARS;
        record.learn_time(says).await.unwrap();
        let (now, trust) = record.now();
        assert!((now - says).abs() < CLOCK_TOLERANCE && trust == Trust::Trusted, "{now} {trust:?}");
    }

    #[test]
    fn a_clock_from_before_this_program_gives_way_to_what_has_certainly_passed() {
        let saved = DateTime::parse_from_rfc3339("2027-03-01T08:00:00+01:00").unwrap();
        assert!(TimeKeeper::new(saved).best() >= program_written());
        let row = |shown: &str| judged_best(DateTime::parse_from_rfc3339(shown).unwrap(), Trust::Untrusted, saved);
        assert_eq!(row("1970-01-01T00:10:00+01:00"), saved);
        assert_eq!(row("2027-02-01T08:00:00+01:00").to_rfc3339(), "2027-02-01T08:00:00+01:00");
    }

    #[tokio::test]
    async fn what_was_taken_before_an_earlier_start_stays_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let record = record_with_two(folder.path()).await;
        record.ask(|c| Ok(c.execute("UPDATE reading SET boot = 'earlier'", [])?)).await.unwrap();
        assert_eq!(record.learn_time(clock::by_service(Utc::now())).await.unwrap(), 0);
        assert!(record.readings().await.unwrap()[0].reading.time.in_doubt());
    }
}
