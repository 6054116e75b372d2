//! What a plan asks for on a day, and how that stands.
//!
//! An occurrence is shown on the day that it falls on. One that was missed stays to be made up for until the next one
//! of its agreement has begun, a week at most: a weight of Mondays can be taken on Tuesday, but what was not done
//! yesterday morning is not asked for beside what is due this morning.
//!
//! In a bad period the agreement's other timing counts, where it has one; each day follows one of the two.

use chrono::{DateTime, Days, Duration, FixedOffset, NaiveDate, NaiveTime};

use crate::{
    identity::Identity,
    metric::Kind,
    plan::{List, Measurement, Medicine, Period, Plan, Status, When},
    questionnaire::Canonical,
    time::Tz,
    timing::{Clock, Occurrence, Pause, PutOff, Reminder, Schedule, Standing, Timing, assign, next_reminder, standing},
};

/// What is done so shortly before its time is done: nobody is asked again for it.
const EARLY: Duration = Duration::minutes(30);

/// For so many days a missed occurrence can be made up for.
const MADE_UP_FOR: u64 = 7;

/// What an agreement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About<'a> {
    /// A measurement.
    Measurement(&'a Measurement),
    /// A list of questions.
    List(&'a List),
    /// A medicine.
    Medicine(&'a Medicine),
}

/// Something that the plan asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task<'a> {
    /// What.
    pub about: About<'a>,
    /// When.
    pub occurrence: Occurrence,
    /// How it stands.
    pub standing: Standing,
    /// What did it.
    pub done: Option<Identity>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What.
    pub what: Doing,
    /// When.
    pub at: DateTime<FixedOffset>,
    /// The reading, the answers, the word on a medicine.
    pub identity: Identity,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// This was measured; the reading counts.
    Measured(Kind),
    /// This list was answered, for the occurrence of this id where the patient began from it.
    Answered(Canonical, Option<String>),
    /// Something was said of a medicine.
    Medicine {
        /// The plan's id of it.
        id: String,
        /// For the occurrence that begins then.
        due: Option<DateTime<FixedOffset>>,
    },
}

/// A day of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda<'a> {
    /// What is asked for, in the order in which it begins.
    pub tasks: Vec<Task<'a>>,
    /// The readings of the day that no agreement asked for: extra ones are always possible (brief R4).
    pub extra: Vec<Identity>,
}

/// What is asked for on the day that it is now, and how it stands.
///
/// `done` is what was done within the last eight days, oldest first; what was there before the plan was first
/// followed, at `followed_since`, is not asked for.
pub fn agenda<'a>(
    plan: &'a Plan,
    done: &[Done],
    followed_since: DateTime<FixedOffset>,
    clock: Clock,
    zone: Tz,
) -> Agenda<'a> {
    let day = clock.now.with_timezone(&zone).date_naive();
    let mut tasks = Vec::new();
    let mut given: Vec<Identity> = Vec::new();
    if plan.status == Status::Active && plan.period.contains(day) {
        let ask = |about: About<'a>| Some((about, on_day(plan, about, day, followed_since, zone)?));
        let measurements = plan.measurements.iter().map(About::Measurement);
        let others = plan.lists.iter().map(About::List).chain(plan.medicines.iter().map(About::Medicine));
        let asked: Vec<(About<'a>, Vec<Occurrence>)> = measurements.chain(others).filter_map(ask).collect();
        let pauses: Vec<Pause> = plan.pauses.iter().map(|pause| paused(*pause)).collect();
        for group in groups(asked) {
            let doer = doers(&group, done, &given);
            for ((about, occurrence), doer) in group.into_iter().zip(doer) {
                given.extend(doer.map(|done| done.identity));
                let standing = standing(&occurrence, doer.map(|done| done.at), &pauses, clock, zone);
                tasks.push(Task { about, occurrence, standing, done: doer.map(|done| done.identity) });
            }
        }
    }
    tasks.sort_by(|a, b| (a.occurrence.begins, &a.occurrence.id).cmp(&(b.occurrence.begins, &b.occurrence.id)));
    let today = |done: &&Done| done.at.with_timezone(&zone).date_naive() == day;
    let measured = done.iter().filter(today).filter(|done| matches!(done.what, Doing::Measured(_)));
    let extra = measured.map(|done| done.identity).filter(|identity| !given.contains(identity)).collect();
    Agenda { tasks, extra }
}

impl Agenda<'_> {
    /// The next reminder that is to come if nothing else happens; `None` also where the plan wants none.
    pub fn next_reminder(
        &self,
        plan: &Plan,
        put_off: &[PutOff],
        now: DateTime<FixedOffset>,
        zone: Tz,
    ) -> Option<Reminder> {
        let standings: Vec<_> = self.tasks.iter().map(|task| (task.occurrence.clone(), task.standing)).collect();
        let wanted = plan.reminders.on;
        wanted.then(|| next_reminder(&standings, put_off, plan.reminders.quiet, now, zone)).flatten()
    }
}

impl About<'_> {
    /// The service's id of the agreement.
    pub fn id(&self) -> &str {
        match self {
            Self::Measurement(measurement) => &measurement.id,
            Self::List(list) => &list.id,
            Self::Medicine(medicine) => &medicine.id,
        }
    }

    fn schedule(&self) -> (&When, NaiveDate) {
        match self {
            Self::Measurement(measurement) => (&measurement.when, measurement.since),
            Self::List(list) => (&list.when, list.since),
            Self::Medicine(medicine) => (&medicine.when, medicine.since),
        }
    }

    fn in_bad_periods(&self) -> Option<&Timing> {
        match self {
            Self::Measurement(measurement) => measurement.in_bad_periods.as_ref(),
            Self::List(_) | Self::Medicine(_) => None,
        }
    }

    /// Whether what was done is this.
    fn is(&self, what: &Doing) -> bool {
        match (self, what) {
            (Self::Measurement(measurement), Doing::Measured(kind)) => measurement.kind == *kind,
            // A new version of the list is the same list.
            (Self::List(list), Doing::Answered(canonical, None)) => list.questionnaire.url == canonical.url,
            (Self::Medicine(medicine), Doing::Medicine { id, .. }) => medicine.id == *id,
            _ => false,
        }
    }
}

/// The occurrences of an agreement that are shown on a day; `None` where it is never due.
fn on_day(
    plan: &Plan,
    about: About<'_>,
    day: NaiveDate,
    followed_since: DateTime<FixedOffset>,
    zone: Tz,
) -> Option<Vec<Occurrence>> {
    let (When::At(usual), since) = about.schedule() else { return None };
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_local_timezone(zone).earliest();
    let at = |date: NaiveDate| midnight(date).map(|at| at.fixed_offset());
    let (first, next) = (day.checked_sub_days(Days::new(MADE_UP_FOR))?, day.succ_opt()?);
    let (from, today, until) = (at(first)?, at(day)?, at(next)?);
    let of = |timing: &Timing, name: String| {
        let rule = timing.check().ok()?;
        Some(Schedule { agreement: name, since, day: plan.day, rule }.occurrences(from, until, zone))
    };
    let bad = |occurrence: &Occurrence| plan.is_bad_period(occurrence.begins.with_timezone(&zone).date_naive());
    let usual = of(usual, about.id().to_owned())?;
    let mut all = match about.in_bad_periods() {
        None => usual,
        Some(more) => {
            let more = of(more, format!("{}~bad", about.id()))?;
            let usual = usual.into_iter().filter(|occurrence| !bad(occurrence));
            usual.chain(more.into_iter().filter(bad)).collect()
        }
    };
    all.retain(|occurrence| {
        let on = occurrence.begins.with_timezone(&zone).date_naive();
        plan.period.contains(on) && occurrence.ends > followed_since
    });
    all.sort_by_key(|occurrence| occurrence.begins);
    // Those of today, and the last one before if none of today's has taken its place.
    let shown = all.iter().position(|occurrence| occurrence.ends > today).unwrap_or(all.len());
    let replaced = all.get(shown).is_some();
    let kept = if replaced { shown } else { shown.saturating_sub(1) };
    Some(all.split_off(kept))
}

fn paused(period: Period) -> Pause {
    Pause::Days { first: period.start.unwrap_or(NaiveDate::MIN), last: period.end }
}

/// Occurrences that one and the same deed could do, together and in order.
fn groups(asked: Vec<(About<'_>, Vec<Occurrence>)>) -> Vec<Vec<(About<'_>, Occurrence)>> {
    let same = |a: &About<'_>, b: &About<'_>| match (a, b) {
        (About::Measurement(a), About::Measurement(b)) => a.kind == b.kind,
        (About::List(a), About::List(b)) => a.questionnaire.url == b.questionnaire.url,
        (a, b) => a.id() == b.id(),
    };
    let mut groups: Vec<Vec<(About<'_>, Occurrence)>> = Vec::new();
    for (about, occurrences) in asked {
        let placed = occurrences.into_iter().map(|occurrence| (about, occurrence));
        match groups.iter_mut().find(|group| group.first().is_some_and(|(first, _)| same(first, &about))) {
            Some(group) => group.extend(placed),
            None => groups.push(placed.collect()),
        }
    }
    for group in &mut groups {
        group.sort_by(|(_, a), (_, b)| (a.begins, &a.id).cmp(&(b.begins, &b.id)));
    }
    groups
}

/// What did each occurrence of a group: what names it, else by its time.
fn doers<'d>(group: &[(About<'_>, Occurrence)], done: &'d [Done], given: &[Identity]) -> Vec<Option<&'d Done>> {
    let named = |(about, occurrence): &(About<'_>, Occurrence)| {
        let id = occurrence.id.to_string();
        done.iter().find(|done| match &done.what {
            Doing::Answered(_, Some(named)) => *named == id,
            // By its time: what was said of the dose at eight is said of it wherever eight stands in the day now.
            Doing::Medicine { due: Some(due), .. } => {
                about.is(&done.what) && occurrence.begins <= *due && *due < occurrence.ends
            }
            Doing::Answered(_, None) | Doing::Medicine { due: None, .. } | Doing::Measured(_) => false,
        })
    };
    let mut doers: Vec<Option<&Done>> = group.iter().map(named).collect();
    let named: Vec<Identity> = doers.iter().flatten().map(|done| done.identity).collect();
    let open: Vec<usize> = (0..group.len()).filter(|place| doers.get(*place).is_some_and(Option::is_none)).collect();
    let early = |occurrence: &Occurrence| Occurrence {
        begins: occurrence.begins.checked_sub_signed(EARLY).unwrap_or(occurrence.begins),
        ..occurrence.clone()
    };
    let occurrences: Vec<Occurrence> =
        open.iter().filter_map(|place| group.get(*place)).map(|(_, occurrence)| early(occurrence)).collect();
    let is = |done: &&Done| group.first().is_some_and(|(about, _)| about.is(&done.what));
    let taken = |done: &&Done| given.contains(&done.identity) || named.contains(&done.identity);
    let free: Vec<&Done> = done.iter().filter(is).filter(|done| !taken(done)).collect();
    let times: Vec<DateTime<FixedOffset>> = free.iter().map(|done| done.at).collect();
    for (place, doer) in open.into_iter().zip(assign(&occurrences, &times)) {
        if let (Some(slot), Some(doer)) = (doers.get_mut(place), doer) {
            *slot = free.get(doer).copied();
        }
    }
    doers
}

#[cfg(test)]
mod tests;
