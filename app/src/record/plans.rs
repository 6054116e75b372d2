//! The versions of the plan, and what a reading is by them.
//!
//! A plan is taken whole with its lists of questions, in one transaction with the word to the service that it
//! is in force here. The last one that was taken is in force; the ones before stay, for each reading names the
//! version that it was judged by, and keeps it (brief R3).

use std::sync::Arc;

use chrono::{DateTime, Duration, FixedOffset, Utc};
use dagsform_care::{
    Reading,
    item::Item,
    limits::{self, Judgement, Limit, WhyNot, judged_as},
    message::PlanReport,
    plan::{Plan, PlanVersion},
    questionnaire::{Canonical, Questionnaire},
    reading::JudgedBy,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::{Record, RecordError, enrolment, items, readings, sortable, stored, time::Taken};

/// What was taken longer before it came was not taken just now.
const JUST_NOW: Duration = Duration::minutes(10);

/// What became of a version of the plan on this tablet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in force, or was.
    Taken,
    /// It was refused, and why.
    Refused(String),
}

/// What the tablet goes by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The plan.
    pub plan: Arc<Plan>,
    /// When the tablet took it.
    pub taken_at: DateTime<FixedOffset>,
}

/// A version that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPlan {
    /// Which one.
    pub version: PlanVersion,
    /// What is wrong with it.
    pub problem: String,
    /// When it came.
    pub at: DateTime<FixedOffset>,
}

impl Record {
    /// The plan in force, if there is one.
    pub async fn plan(&self) -> Result<Option<InForce>, RecordError> {
        self.ask(|connection| in_force(connection)).await
    }

    /// Since when the tablet has followed a plan.
    pub async fn followed_since(&self) -> Result<Option<DateTime<FixedOffset>>, RecordError> {
        self.ask(|connection| {
            let first: Option<String> = connection.query_row("SELECT min(taken_at) FROM plan", [], |row| row.get(0))?;
            first.map(|text| super::read_time(&text)).transpose()
        })
        .await
    }

    /// The versions that were taken as they are kept, oldest first.
    pub async fn plan_bodies(&self) -> Result<Vec<serde_json::Value>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached("SELECT body FROM plan ORDER BY id")?;
            let bodies = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(bodies.iter().map(|body| serde_json::from_str(body)).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The versions that were taken, oldest first.
    pub async fn plan_versions(&self) -> Result<Vec<PlanVersion>, RecordError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached("SELECT version FROM plan ORDER BY id")?;
            Ok(statement.query_map([], |row| row.get(0).map(PlanVersion))?.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// What became of a version, if the tablet has met it.
    pub async fn fate(&self, version: PlanVersion) -> Result<Option<Fate>, RecordError> {
        self.ask(move |connection| {
            let taken: bool = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM plan WHERE version = ?1)")?
                .query_row([&version.0], |row| row.get(0))?;
            if taken {
                return Ok(Some(Fate::Taken));
            }
            let problem = connection
                .prepare_cached("SELECT problem FROM plan_refused WHERE version = ?1")?
                .query_row([&version.0], |row| row.get(0))
                .optional()?;
            Ok(problem.map(Fate::Refused))
        })
        .await
    }

    /// The version that was refused last, if it was refused after the one in force was taken.
    pub async fn refused_plan(&self) -> Result<Option<RefusedPlan>, RecordError> {
        self.ask(|connection| {
            // By order, not by time: a refusal and the next version may come within a millisecond.
            let last = "SELECT version, problem, refused_at FROM plan_refused \
                 WHERE overtaken = 0 ORDER BY refused_at DESC LIMIT 1";
            let row: Option<(String, String, String)> =
                connection.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
            row.map(|(version, problem, at)| {
                Ok(RefusedPlan { version: PlanVersion(version), problem, at: super::read_time(&at)? })
            })
            .transpose()
        })
        .await
    }

    /// Takes a version of the plan with its lists, and has the service told. One that is known already
    /// changes nothing.
    ///
    /// # Errors
    /// [`RecordError::ListChanged`]: a list comes with other content than before in the same version; then nothing
    /// is taken.
    pub async fn take_plan(&self, plan: Plan, lists: Vec<Questionnaire>) -> Result<(), RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&now);
        self.ask(move |connection| take(connection, &plan, &lists, &now, &taken)).await?;
        self.tell_change();
        Ok(())
    }

    /// Keeps that a version was refused, and has the service told why.
    pub async fn refuse_plan(&self, version: PlanVersion, problem: String) -> Result<(), RecordError> {
        let (now, _) = self.now();
        let taken = self.taken(&now);
        self.ask(move |connection| {
            let transaction = connection.transaction()?;
            let new = transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO plan_refused (version, problem, refused_at) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![version.0, problem, sortable(&now)])?;
            if new > 0 {
                report(&transaction, version, Some(problem), &now, &taken)?;
                transaction.commit()?;
            }
            Ok(())
        })
        .await?;
        self.tell_change();
        Ok(())
    }

    /// A list of questions.
    pub async fn questionnaire(&self, canonical: Canonical) -> Result<Option<Questionnaire>, RecordError> {
        self.ask(move |connection| questionnaire(connection, &canonical)).await
    }
}

fn in_force(connection: &Connection) -> Result<Option<InForce>, RecordError> {
    let row: Option<(String, String)> = connection
        .prepare_cached("SELECT body, taken_at FROM plan ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((body, taken_at)) = row else { return Ok(None) };
    Ok(Some(InForce { plan: Arc::new(serde_json::from_str(&body)?), taken_at: super::read_time(&taken_at)? }))
}

fn questionnaire(connection: &Connection, canonical: &Canonical) -> Result<Option<Questionnaire>, RecordError> {
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM questionnaire WHERE canonical = ?1")?
        .query_row([canonical.to_string()], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

fn take(
    connection: &mut Connection,
    plan: &Plan,
    lists: &[Questionnaire],
    now: &DateTime<FixedOffset>,
    taken: &Taken,
) -> Result<(), RecordError> {
    let transaction = connection.transaction()?;
    for list in lists {
        match questionnaire(&transaction, &list.canonical)? {
            Some(known) if known == *list => {}
            Some(known) if list.check_unaltered(&known).is_err() => {
                return Err(RecordError::ListChanged(list.canonical.to_string()));
            }
            // Questions for this patient alone may change within a version.
            Some(_) | None => {
                transaction
                    .prepare_cached(
                        "INSERT INTO questionnaire (canonical, body, taken_at) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (canonical) DO UPDATE SET body = excluded.body, taken_at = excluded.taken_at",
                    )?
                    .execute(params![list.canonical.to_string(), serde_json::to_string(list)?, stored(now)])?;
            }
        }
    }
    if in_force(&transaction).is_ok_and(|in_force| in_force.is_some_and(|in_force| *in_force.plan == *plan)) {
        return Ok(transaction.commit()?);
    }
    let plan = Plan { version: unused(&transaction, &plan.version)?, ..plan.clone() };
    transaction.prepare_cached("INSERT INTO plan (version, dated, body, taken_at) VALUES (?1, ?2, ?3, ?4)")?.execute(
        params![plan.version.0, sortable(&plan.dated.fixed_offset()), serde_json::to_string(&plan)?, sortable(now)],
    )?;
    transaction.execute("UPDATE plan_refused SET overtaken = 1", [])?;
    report(&transaction, plan.version, None, now, taken)?;
    Ok(transaction.commit()?)
}

/// A name that no other version has: a service that was restored may give one a second time, to another content.
fn unused(connection: &Connection, version: &PlanVersion) -> Result<PlanVersion, RecordError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM plan WHERE version = ?1)")?;
    let mut name = version.clone();
    for again in 2_u32.. {
        if !statement.query_row([&name.0], |row| row.get(0))? {
            break;
        }
        name = PlanVersion(format!("{version}~{again}"));
    }
    Ok(name)
}

/// Has the service told what became of a version.
fn report(
    transaction: &Transaction<'_>,
    version: PlanVersion,
    refused: Option<String>,
    now: &DateTime<FixedOffset>,
    taken: &Taken,
) -> Result<(), RecordError> {
    let patient = enrolment::read(transaction)?.ok_or(RecordError::NotEnrolled)?.patient;
    let identity = dagsform_care::Identity::by_hand(Uuid::now_v7());
    let report = PlanReport { identity, patient, version, at: *now, refused };
    items::insert(transaction, &Item::Plan(report), now, taken).map(drop)
}

/// What a reading is by the plan that was in force when it was taken. `None`: the patient had no plan then, or it
/// does not count. What is judged once stays so.
///
/// `now`: it was taken just now. Then that is the last version that the tablet took, whatever the clocks of tablet and
/// service show; what comes out of a memory goes by when the service made the versions.
pub(super) fn judged(connection: &Connection, reading: Reading, now: bool) -> Result<Reading, RecordError> {
    if reading.judged.is_some() || !reading.counts() {
        return Ok(reading);
    }
    let Some(taken_at) = reading.time.effective else { return Ok(reading) };
    let ago = reading.time.received.signed_duration_since(taken_at).abs();
    let body: Option<String> = if now && !reading.time.from_storage && ago < JUST_NOW {
        connection
            .prepare_cached("SELECT body FROM plan ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?
    } else {
        connection
            .prepare_cached("SELECT body FROM plan WHERE dated <= ?1 ORDER BY id DESC LIMIT 1")?
            .query_row([sortable(&taken_at)], |row| row.get(0))
            .optional()?
    };
    let Some(body) = body else { return Ok(reading) };
    // A reading is never refused: one that cannot be judged is kept all the same.
    let Ok(plan) = serde_json::from_str::<Plan>(&body) else {
        tracing::error!("a plan in the record cannot be read; a reading is kept without being judged");
        return Ok(reading);
    };
    by_plan(connection, reading, plan)
}

fn by_plan(connection: &Connection, reading: Reading, plan: Plan) -> Result<Reading, RecordError> {
    let Some(taken_at) = reading.time.effective else { return Ok(reading) };
    let mut all = plan.limits_in_force();
    // It is the version in force, whatever a clock that is behind shows.
    all.from = all.from.min(taken_at);
    // Only what a limit asks for is read: a memory of thousands of readings is judged one by one.
    let earlier = match all.days_back(&reading.values) {
        None => Vec::new(),
        Some(days) => {
            let since = taken_at.checked_sub_signed(Duration::days(i64::from(days) + 1)).unwrap_or(taken_at);
            readings::that_counted_between(connection, reading.kind, &since, &taken_at)?
        }
    };
    let judgement = limits::judge(&reading, &earlier, std::slice::from_ref(&all));
    let limits: Vec<Limit> = match &judgement {
        Judgement::NotJudged(WhyNot::NoLimit) => Vec::new(),
        Judgement::NotJudged(_) | Judgement::Judged(_) => {
            let judged: Vec<_> = reading.values.iter().filter_map(|value| judged_as(value.metric)).collect();
            let about = |limit: &&Limit| judged_as(limit.metric).is_some_and(|metric| judged.contains(&metric));
            all.limits.iter().filter(about).cloned().collect()
        }
    };
    let judged = JudgedBy { plan: plan.version, limits, judgement };
    Ok(Reading { judged: Some(Box::new(judged)), ..reading })
}

/// The same for a reading of which something is known now that counts for it; by the plan that it was judged by.
pub(super) fn judged_again(connection: &Connection, reading: Reading) -> Result<Reading, RecordError> {
    let Some(before) = reading.judged.clone() else { return judged(connection, reading, false) };
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM plan WHERE version = ?1")?
        .query_row([&before.plan.0], |row| row.get(0))
        .optional()?;
    match body.map(|body| serde_json::from_str::<Plan>(&body)) {
        Some(Ok(plan)) => by_plan(connection, reading, plan),
        Some(Err(_)) | None => Ok(reading),
    }
}

/// When the service made a version that is dated so.
pub(super) fn dated(time: DateTime<Utc>) -> String {
    sortable(&time.fixed_offset())
}

#[cfg(test)]
mod tests;
