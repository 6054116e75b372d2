//! The patient's own day: what "in the morning" and "before dinner" mean by the clock.

use chrono::{Duration, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{EventTiming, rule::OPEN_FOR};

/// How long "before" and "at" an event are, and noon.
const BESIDE: Duration = Duration::hours(1);

/// The patient's times of day, by the clock on the wall.
///
/// A day begins when the patient wakes: a time before `wakes` is of the night after. Morning is from `wakes` to `noon`,
/// afternoon to `evening`, evening to `sleeps`, night to the next `wakes`; early and late are their halves. Before an
/// event is the hour before it, or the `offset` before it; at an event, and at noon, the hour from it on; after an
/// event, [`OPEN_FOR`] from it, or from `offset` after it. A part that these times leave empty is open for
/// [`OPEN_FOR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The waking day begins.
    pub wakes: NaiveTime,
    /// Breakfast.
    pub breakfast: NaiveTime,
    /// Lunch.
    pub lunch: NaiveTime,
    /// The morning ends.
    pub noon: NaiveTime,
    /// Dinner.
    pub dinner: NaiveTime,
    /// The evening begins.
    pub evening: NaiveTime,
    /// The waking day ends.
    pub sleeps: NaiveTime,
}

/// A customary Norwegian day, for a patient who has not said otherwise: from 7 to 22, dinner at 16.
impl Default for Day {
    fn default() -> Self {
        let hour = |hours: i64| NaiveTime::MIN + Duration::hours(hours);
        Self {
            wakes: hour(7),
            breakfast: hour(8),
            lunch: hour(12),
            noon: hour(12),
            dinner: hour(16),
            evening: hour(18),
            sleeps: hour(22),
        }
    }
}

/// A window on the wall clock, counted from the midnight that its day begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) begins: Duration,
    pub(super) ends: Duration,
}

impl Span {
    /// From one time until another; open for [`OPEN_FOR`] where that would be empty.
    fn between(begins: Duration, ends: Duration) -> Self {
        Self { begins, ends: if ends > begins { ends } else { begins + OPEN_FOR } }
    }

    /// The place-th of some equal shares, begins and ends on whole minutes.
    fn share(self, place: i32, of: i32) -> Self {
        let minutes = (self.ends - self.begins).num_minutes();
        let edge = |place: i32| self.begins + Duration::minutes(minutes * i64::from(place) / i64::from(of.max(1)));
        Self { begins: edge(place), ends: edge(place.saturating_add(1)) }
    }
}

/// The time since midnight.
pub(super) fn since_midnight(time: NaiveTime) -> Duration {
    time.signed_duration_since(NaiveTime::MIN)
}

impl Day {
    /// The waking day in so many equal windows.
    pub(super) fn shared(&self, among: i32) -> Vec<Span> {
        let waking = Span::between(self.at(self.wakes), self.at(self.sleeps));
        (0..among).map(|place| waking.share(place, among)).collect()
    }

    /// When a code is, with the `offset` before or after it where there is one.
    pub(super) fn spans(&self, when: EventTiming, offset: Option<Duration>) -> Vec<Span> {
        let span = |when| self.span(when, offset);
        let each = |codes: [EventTiming; 3]| codes.map(span).to_vec();
        match when {
            EventTiming::Meal => each([EventTiming::Breakfast, EventTiming::Lunch, EventTiming::Dinner]),
            EventTiming::BeforeMeal => {
                each([EventTiming::BeforeBreakfast, EventTiming::BeforeLunch, EventTiming::BeforeDinner])
            }
            EventTiming::AfterMeal => {
                each([EventTiming::AfterBreakfast, EventTiming::AfterLunch, EventTiming::AfterDinner])
            }
            single => vec![span(single)],
        }
    }

    /// When a code is that stands for one time a day. The codes for every meal are their breakfast here.
    fn span(&self, when: EventTiming, offset: Option<Duration>) -> Span {
        use EventTiming as E;
        let [wakes, noon, evening, sleeps] =
            [self.wakes, self.noon, self.evening, self.sleeps].map(|time| self.at(time));
        let [breakfast, lunch, dinner] = [self.breakfast, self.lunch, self.dinner].map(|time| self.at(time));
        let next = wakes + Duration::days(1);
        let later = offset.unwrap_or(Duration::zero());
        let part = |from: Duration, until: Duration| Span::between(from + later, until);
        let half = |from: Duration, until: Duration, place| {
            let half = Span::between(from, until).share(place, 2);
            part(half.begins, half.ends)
        };
        let before = |event: Duration| Span::between(event - offset.unwrap_or(BESIDE), event);
        let at = |event: Duration| part(event, event + BESIDE);
        let after = |event: Duration| part(event, event);
        match when {
            E::Morning => part(wakes, noon),
            E::EarlyMorning => half(wakes, noon, 0),
            E::LateMorning => half(wakes, noon, 1),
            E::Noon => at(noon),
            E::Afternoon => part(noon, evening),
            E::EarlyAfternoon => half(noon, evening, 0),
            E::LateAfternoon => half(noon, evening, 1),
            E::Evening => part(evening, sleeps),
            E::EarlyEvening => half(evening, sleeps, 0),
            E::LateEvening => half(evening, sleeps, 1),
            E::Night => part(sleeps, next),
            E::AfterSleep => after(sleeps),
            E::BeforeSleep => before(sleeps),
            E::Wake => at(wakes),
            E::Meal | E::Breakfast => at(breakfast),
            E::Lunch => at(lunch),
            E::Dinner => at(dinner),
            E::BeforeMeal | E::BeforeBreakfast => before(breakfast),
            E::BeforeLunch => before(lunch),
            E::BeforeDinner => before(dinner),
            E::AfterMeal | E::AfterBreakfast => after(breakfast),
            E::AfterLunch => after(lunch),
            E::AfterDinner => after(dinner),
        }
    }

    /// A time of this day, counted from its midnight; before waking it is of the night after.
    fn at(&self, time: NaiveTime) -> Duration {
        since_midnight(time) + if time < self.wakes { Duration::days(1) } else { Duration::zero() }
    }
}
