//! What follows a reading (brief R2, R10, R24).
//!
//! ```text
//!   (a reading) ──── green, not judged ────────────────────────────────▶ Fine
//!     │  │
//!     │  └────────── outside, and the plan does not want it again ─────▶ Advice
//!     │ outside, and the plan wants it again
//!     ▼               MeasuringError, with rest            RestOver, Skip
//!   RealOrError ─────────────────────────────▶ Resting ───────────────────▶ MeasureAgain
//!     │    └───────── MeasuringError, without ─────│───────────────────────▶   │
//!     │ Real, Words, too late                      │ Words, too late           │ Words, too late
//!     └────────────────────────────────────────────┴───────────────────────────┴──▶ Advice
//!
//!   a second reading, while one is awaited: green ──▶ Fine; outside, or not judged ──▶ Advice
//!   Done, from every stage ──▶ Over
//! ```
//!
//! "Rest over" and "too late" are [`Event::Clock`]. A second reading is awaited from the question on until it is too
//! late or the person has said that the first is real; so it is also taken as such before the rest is over, and after
//! the person has gone on to the plan's words. Both are kept, and linked; the second decides what is said, unless it
//! was not judged.
//!
//! Nothing makes anybody wait before calling: whatever the stage, [`State::calls`] and [`State::service`] tell whom
//! and whether they are there, and [`State::words`] keeps no words of a red zone back.

use chrono::{DateTime, Duration, FixedOffset};

use dagsform_care::{
    hours::{Hours, Service},
    identity::Identity,
    limits::{Judgement, WhyNot},
    metric::Kind,
    reading::Reading,
    time::Tz,
    zones::{Call, Level, Zone},
};

/// The out-of-hours clinic (*legevakt*), in all of Norway.
pub const OUT_OF_HOURS_CLINIC: &str = "116117";
/// The medical emergency number, in all of Norway.
pub const EMERGENCY: &str = "113";
/// The longest rest before measuring again, in minutes; of a longer one only so much is kept.
pub const LONGEST_REST: u32 = 60;
/// How long a second reading is waited for, from the question or the end of the rest on, in minutes.
pub const SECOND_WITHIN: i64 = 30;

/// A reading with its judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Which reading.
    pub identity: Identity,
    /// Its kind.
    pub kind: Kind,
    /// When it was taken, where that is known.
    pub at: Option<DateTime<FixedOffset>>,
    /// What it is by the limits.
    pub judgement: Judgement,
}

/// A reading that was just taken, and what the plan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The reading.
    pub reading: Taken,
    /// The plan wants it measured again when it is outside.
    pub measure_again: bool,
    /// After so many minutes of rest; `None`: at once.
    pub rest_minutes: Option<u32>,
    /// All zones of the plan.
    pub zones: Vec<Zone>,
    /// When the service is open, where the plan says so.
    pub hours: Option<Hours>,
}

/// Where the person is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What it began with.
    pub asked: Asked,
    /// The second reading, once there is one.
    pub second: Option<Taken>,
    /// How far it has come.
    pub stage: Stage,
    /// A second reading is awaited until then.
    awaited: Option<DateTime<FixedOffset>>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has to be said.
    Fine,
    /// Is it real, or a measuring error?
    RealOrError,
    /// The person rests.
    Resting {
        /// Until then.
        until: DateTime<FixedOffset>,
    },
    /// The person measures again.
    MeasureAgain,
    /// The plan's own words for the level that it is.
    Advice,
    /// The person is done.
    Over,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The reading is real.
    Real,
    /// It may be a measuring error.
    MeasuringError,
    /// Straight to the plan's words.
    Words,
    /// Measure again without more rest.
    Skip,
    /// A reading was stored. Without [`Effect::LinkAgain`] in answer it is a reading of its own.
    Measured(Taken),
    /// It is time to look at the clock ([`Effect::WakeAt`]).
    Clock,
    /// The person is done.
    Done,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell [`Event::Clock`] at that instant. One that comes early, late or once too often does no harm.
    WakeAt(DateTime<FixedOffset>),
    /// The second reading repeats the first one: both are kept, and this with them.
    LinkAgain {
        /// The first reading.
        first: Identity,
        /// The second.
        second: Identity,
    },
}

impl Taken {
    /// A reading with its judgement.
    pub fn of(reading: &Reading, judgement: Judgement) -> Self {
        Self { identity: reading.identity, kind: reading.kind, at: reading.time.effective, judgement }
    }
}

impl State {
    /// What it is by now: the second reading's level, else the first one's. `None`: it was not judged.
    pub fn level(&self) -> Option<Level> {
        let second = self.second.as_ref().and_then(|second| second.judgement.level());
        second.or(self.asked.reading.judgement.level())
    }

    /// The plan's words that are shown now: those of the level at the end, and those of a red zone at once.
    pub fn words(&self) -> impl Iterator<Item = &Zone> {
        let shown = match self.stage {
            Stage::Advice => true,
            Stage::RealOrError | Stage::Resting { .. } | Stage::MeasureAgain => self.level() == Some(Level::Red),
            Stage::Fine | Stage::Over => false,
        };
        self.zones().filter(move |_| shown)
    }

    /// Whom the plan says to call, in every stage.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.zones().flat_map(|zone| &zone.call)
    }

    /// Whether the service is there; `None`: the plan says nothing of its hours.
    pub fn service(&self, now: DateTime<FixedOffset>, zone: Tz) -> Option<Service> {
        self.asked.hours.as_ref().map(|hours| hours.service(now, zone))
    }

    /// The zones of the level that it is.
    fn zones(&self) -> impl Iterator<Item = &Zone> {
        let level = self.level();
        self.asked.zones.iter().filter(move |zone| Some(zone.level) == level)
    }

    /// Whether it is the second reading that is awaited.
    fn is_second(&self, taken: &Taken, now: DateTime<FixedOffset>) -> bool {
        let first = &self.asked.reading;
        let in_time = self.awaited.is_some_and(|until| now < until);
        let not_before = taken.at.is_some_and(|at| first.at.is_some_and(|first| at >= first));
        let counts = taken.judgement != Judgement::NotJudged(WhyNot::DoesNotCount);
        in_time && not_before && counts && taken.kind == first.kind && taken.identity != first.identity
    }

    /// Waits for a second reading, from an instant on.
    fn await_second(&mut self, from: DateTime<FixedOffset>) -> Effect {
        let until = later(from, SECOND_WITHIN);
        self.awaited = Some(until);
        Effect::WakeAt(until)
    }
}

/// Begins with a reading that was just taken, not with one out of a sensor's memory.
pub fn begin(asked: Asked, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let outside = asked.reading.judgement.level() > Some(Level::Green);
    let stage = match (outside, asked.measure_again) {
        (false, _) => Stage::Fine,
        (true, false) => Stage::Advice,
        (true, true) => Stage::RealOrError,
    };
    let mut state = State { asked, second: None, stage, awaited: None };
    let effects = if stage == Stage::RealOrError { vec![state.await_second(now)] } else { Vec::new() };
    (state, effects)
}

/// The next state, and what is to be done.
pub fn update(mut state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    match (state.stage, event) {
        (Stage::Over, _) => {}
        (_, Event::Done) => {
            state.stage = Stage::Over;
            state.awaited = None;
        }
        (Stage::RealOrError, Event::Real) => {
            state.stage = Stage::Advice;
            state.awaited = None;
        }
        (Stage::RealOrError, Event::MeasuringError) => {
            let rest = i64::from(state.asked.rest_minutes.unwrap_or(0).min(LONGEST_REST));
            let until = later(now, rest);
            state.stage = if rest == 0 { Stage::MeasureAgain } else { Stage::Resting { until } };
            if rest > 0 {
                effects.push(Effect::WakeAt(until));
            }
            effects.push(state.await_second(until));
        }
        (Stage::RealOrError | Stage::Resting { .. } | Stage::MeasureAgain, Event::Words) => state.stage = Stage::Advice,
        (Stage::Resting { .. }, Event::Skip) => {
            state.stage = Stage::MeasureAgain;
            effects.push(state.await_second(now));
        }
        (_, Event::Measured(taken)) if state.is_second(&taken, now) => {
            effects.push(Effect::LinkAgain { first: state.asked.reading.identity, second: taken.identity });
            let fine = taken.judgement.level() == Some(Level::Green);
            state.stage = if fine { Stage::Fine } else { Stage::Advice };
            state.second = Some(taken);
            state.awaited = None;
        }
        (stage, Event::Clock) if state.awaited.is_some_and(|until| until <= now) => {
            state.awaited = None;
            if matches!(stage, Stage::RealOrError | Stage::Resting { .. } | Stage::MeasureAgain) {
                state.stage = Stage::Advice;
            }
        }
        (Stage::Resting { until }, Event::Clock) if until <= now => state.stage = Stage::MeasureAgain,
        _ => {}
    }
    (state, effects)
}

/// So many minutes later; the same instant where the calendar ends.
fn later(from: DateTime<FixedOffset>, minutes: i64) -> DateTime<FixedOffset> {
    from.checked_add_signed(Duration::minutes(minutes)).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dagsform_care::{hours::Window, limits::Judged, time::ZONE};
    use uuid::Uuid;

    fn at(time: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("2026-11-23T{time}:00+01:00")).unwrap()
    }

    fn identity(n: u128) -> Identity {
        Identity::by_hand(Uuid::from_u128(n))
    }

    fn judged(level: Level) -> Judgement {
        Judgement::Judged(Judged { plan_version: "7".into(), level, findings: vec![], left: vec![] })
    }

    /// A blood pressure.
    fn taken(n: u128, time: &str, judgement: Judgement) -> Taken {
        Taken { identity: identity(n), kind: Kind::BloodPressure, at: Some(at(time)), judgement }
    }

    fn zone(id: &str, level: Level) -> Zone {
        let call = Call { who: format!("whom to call in {id}"), phone: None, when: String::new() };
        let none = Vec::new;
        Zone {
            id: id.into(),
            level,
            name: id.into(),
            notice: none(),
            act: none(),
            prescribed: none(),
            call: vec![call],
        }
    }

    fn asked(level: Level) -> Asked {
        let weekly = vec![Window {
            days: vec![chrono::Weekday::Mon],
            open: dagsform_care::hours::Open {
                opens: "08:00:00".parse().unwrap(),
                closes: "08:10:00".parse().unwrap(),
            },
        }];
        Asked {
            reading: taken(1, "08:00", judged(level)),
            measure_again: true,
            rest_minutes: Some(5),
            zones: vec![
                zone("green", Level::Green),
                zone("yellow", Level::Yellow),
                zone("red", Level::Red),
                zone("red too", Level::Red),
            ],
            hours: Some(Hours { weekly, ..Hours::default() }),
        }
    }

    /// What follows a reading of a level, when all this happens at these times.
    fn after(asked: Asked, events: &[(Event, &str)]) -> (State, Vec<Effect>) {
        let (mut state, mut effects) = begin(asked, at("08:00"));
        for (event, time) in events {
            (state, effects) = update(state, event.clone(), at(time));
        }
        (state, effects)
    }

    fn words(state: &State) -> Vec<&str> {
        state.words().map(|zone| zone.id.as_str()).collect()
    }

    #[test]
    fn a_reading_that_is_green_or_not_judged_is_followed_by_nothing() {
        for judgement in [judged(Level::Green), Judgement::NotJudged(WhyNot::NoLimit)] {
            let (state, effects) =
                begin(Asked { reading: taken(1, "08:00", judgement), ..asked(Level::Red) }, at("08:00"));
            assert_eq!((state.stage, effects), (Stage::Fine, vec![]));
            assert!(words(&state).is_empty());
        }
    }

    #[test]
    fn outside_it_is_asked_whether_it_is_real_where_the_plan_wants_it_again() {
        for level in [Level::Yellow, Level::Red] {
            let (state, effects) = begin(asked(level), at("08:00"));
            assert_eq!((state.stage, effects), (Stage::RealOrError, vec![Effect::WakeAt(at("08:30"))]));
            let (state, effects) = begin(Asked { measure_again: false, ..asked(level) }, at("08:00"));
            assert_eq!((state.stage, effects), (Stage::Advice, vec![]));
        }
    }

    #[test]
    fn each_event_leads_from_each_stage_to_what_is_drawn_above() {
        let resting = Stage::Resting { until: at("08:06") };
        let wake = |time| Effect::WakeAt(at(time));
        let link = Effect::LinkAgain { first: identity(1), second: identity(2) };
        let error = (Event::MeasuringError, "08:01");
        let to_question: &[(Event, &str)] = &[];
        let to_rest = &[error.clone()][..];
        let to_again = &[error.clone(), (Event::Skip, "08:02")][..];
        let to_advice = &[(Event::Real, "08:01")][..];
        let to_words = &[(Event::Words, "08:01")][..];
        let to_fine = &[(Event::Measured(taken(2, "08:01", judged(Level::Green))), "08:01")][..];
        let to_over = &[(Event::Done, "08:01")][..];
        let green = || Event::Measured(taken(2, "08:03", judged(Level::Green)));
        let red = || Event::Measured(taken(2, "08:03", judged(Level::Red)));
        let unjudged = || Event::Measured(taken(2, "08:03", Judgement::NotJudged(WhyNot::WithoutNumber)));
        let failed = || Event::Measured(taken(2, "08:03", Judgement::NotJudged(WhyNot::DoesNotCount)));
        let (question, again, advice) = (Stage::RealOrError, Stage::MeasureAgain, Stage::Advice);
        let (fine, over) = (Stage::Fine, Stage::Over);
        for (path, event, time, stage, effects) in [
            (to_question, Event::Real, "08:03", advice, vec![]),
            (to_question, Event::MeasuringError, "08:01", resting, vec![wake("08:06"), wake("08:36")]),
            (to_question, Event::Words, "08:03", advice, vec![]),
            (to_question, Event::Skip, "08:03", question, vec![]),
            (to_question, green(), "08:03", fine, vec![link]),
            (to_question, red(), "08:03", advice, vec![link]),
            (to_question, unjudged(), "08:03", advice, vec![link]),
            (to_question, failed(), "08:03", question, vec![]),
            (to_question, Event::Clock, "08:29", question, vec![]),
            (to_question, Event::Clock, "08:30", advice, vec![]),
            (to_question, Event::Done, "08:03", over, vec![]),
            (to_rest, Event::Real, "08:03", resting, vec![]),
            (to_rest, Event::MeasuringError, "08:03", resting, vec![]),
            (to_rest, Event::Words, "08:03", advice, vec![]),
            (to_rest, Event::Skip, "08:03", again, vec![wake("08:33")]),
            (to_rest, green(), "08:03", fine, vec![link]),
            (to_rest, red(), "08:03", advice, vec![link]),
            (to_rest, unjudged(), "08:03", advice, vec![link]),
            (to_rest, failed(), "08:03", resting, vec![]),
            (to_rest, Event::Clock, "08:05", resting, vec![]),
            (to_rest, Event::Clock, "08:06", again, vec![]),
            // The deadline of the question has given way to that of the measuring.
            (to_rest, Event::Clock, "08:30", again, vec![]),
            // The tablet slept all the time.
            (to_rest, Event::Clock, "08:36", advice, vec![]),
            (to_rest, Event::Done, "08:03", over, vec![]),
            (to_again, Event::Real, "08:03", again, vec![]),
            (to_again, Event::MeasuringError, "08:03", again, vec![]),
            (to_again, Event::Words, "08:03", advice, vec![]),
            (to_again, Event::Skip, "08:03", again, vec![]),
            (to_again, green(), "08:03", fine, vec![link]),
            (to_again, red(), "08:03", advice, vec![link]),
            (to_again, unjudged(), "08:03", advice, vec![link]),
            (to_again, failed(), "08:03", again, vec![]),
            (to_again, Event::Clock, "08:31", again, vec![]),
            (to_again, Event::Clock, "08:32", advice, vec![]),
            (to_again, Event::Done, "08:03", over, vec![]),
            // The person said that it is real: another reading is another reading.
            (to_advice, Event::Real, "08:03", advice, vec![]),
            (to_advice, Event::MeasuringError, "08:03", advice, vec![]),
            (to_advice, Event::Words, "08:03", advice, vec![]),
            (to_advice, Event::Skip, "08:03", advice, vec![]),
            (to_advice, green(), "08:03", advice, vec![]),
            (to_advice, red(), "08:03", advice, vec![]),
            (to_advice, Event::Clock, "09:00", advice, vec![]),
            (to_advice, Event::Done, "08:03", over, vec![]),
            // The person only went on to the words: a second reading is still one, until it is too late.
            (to_words, green(), "08:03", fine, vec![link]),
            (to_words, red(), "08:03", advice, vec![link]),
            (to_words, green(), "08:30", advice, vec![]),
            (to_words, Event::Clock, "08:30", advice, vec![]),
            (to_fine, Event::Real, "08:03", fine, vec![]),
            (to_fine, Event::MeasuringError, "08:03", fine, vec![]),
            (to_fine, Event::Words, "08:03", fine, vec![]),
            (to_fine, Event::Skip, "08:03", fine, vec![]),
            (to_fine, red(), "08:03", fine, vec![]),
            (to_fine, Event::Clock, "09:00", fine, vec![]),
            (to_fine, Event::Done, "08:03", over, vec![]),
            (to_over, Event::Real, "08:03", over, vec![]),
            (to_over, Event::MeasuringError, "08:03", over, vec![]),
            (to_over, Event::Words, "08:03", over, vec![]),
            (to_over, Event::Skip, "08:03", over, vec![]),
            (to_over, green(), "08:03", over, vec![]),
            (to_over, Event::Clock, "09:00", over, vec![]),
            (to_over, Event::Done, "08:03", over, vec![]),
        ] {
            let events = [path, &[(event, time)]].concat();
            let (state, done) = after(asked(Level::Red), &events);
            assert_eq!((state.stage, done), (stage, effects), "{events:?}");
        }
    }

    #[test]
    fn without_a_rest_it_is_measured_again_at_once_and_no_rest_is_longer_than_an_hour() {
        for (rest_minutes, stage, waits) in [
            (None, Stage::MeasureAgain, vec!["08:31"]),
            (Some(0), Stage::MeasureAgain, vec!["08:31"]),
            (Some(1), Stage::Resting { until: at("08:02") }, vec!["08:02", "08:32"]),
            (Some(u32::MAX), Stage::Resting { until: at("09:01") }, vec!["09:01", "09:31"]),
        ] {
            let (state, effects) =
                after(Asked { rest_minutes, ..asked(Level::Red) }, &[(Event::MeasuringError, "08:01")]);
            let waits: Vec<_> = waits.into_iter().map(|time| Effect::WakeAt(at(time))).collect();
            assert_eq!((state.stage, effects), (stage, waits), "{rest_minutes:?}");
        }
    }

    #[test]
    fn the_level_of_the_second_reading_decides_which_words_are_shown() {
        let second = |judgement| (Event::Measured(taken(2, "08:03", judgement)), "08:03");
        for (first, second, shown) in [
            (Level::Red, second(judged(Level::Yellow)), vec!["yellow"]),
            (Level::Yellow, second(judged(Level::Red)), vec!["red", "red too"]),
            (Level::Yellow, second(judged(Level::Yellow)), vec!["yellow"]),
            (Level::Red, second(judged(Level::Green)), vec![]),
            // It says nothing: the first one's.
            (Level::Yellow, second(Judgement::NotJudged(WhyNot::OtherMeal)), vec!["yellow"]),
        ] {
            let (state, _) = after(asked(first), &[second]);
            assert_eq!(words(&state), shown);
            assert_eq!(state.asked.reading.identity, identity(1));
            assert_eq!(state.second.as_ref().map(|second| second.identity), Some(identity(2)));
        }
    }

    #[test]
    fn only_another_reading_of_the_same_kind_that_was_taken_since_is_a_second_one() {
        let good = taken(2, "08:03", judged(Level::Green));
        for (reading, is_second) in [
            (good.clone(), true),
            // In the same minute, by a cuff without seconds.
            (Taken { at: Some(at("08:00")), ..good.clone() }, true),
            (Taken { at: Some(at("07:59")), ..good.clone() }, false),
            (Taken { at: None, ..good.clone() }, false),
            (Taken { kind: Kind::BodyWeight, ..good.clone() }, false),
            (Taken { identity: identity(1), ..good }, false),
        ] {
            let (state, _) = after(asked(Level::Red), &[(Event::Measured(reading.clone()), "08:03")]);
            assert_eq!(state.second.is_some(), is_second, "{reading:?}");
        }
    }

    #[test]
    fn the_words_of_a_red_reading_and_whom_to_call_are_there_at_every_stage() {
        let error = (Event::MeasuringError, "08:01");
        let again = [error, (Event::Skip, "08:02")];
        for path in [&[][..], &again[..1], &again] {
            let (red, _) = after(asked(Level::Red), path);
            assert_eq!(words(&red), ["red", "red too"], "{path:?}");
            let (yellow, _) = after(asked(Level::Yellow), path);
            assert!(words(&yellow).is_empty(), "{path:?}");
            let calls: Vec<_> = yellow.calls().map(|call| call.who.as_str()).collect();
            assert_eq!(calls, ["whom to call in yellow"], "{path:?}");
        }
    }

    #[test]
    fn whether_the_service_is_there_is_told_as_it_is_now() {
        let (state, _) = begin(asked(Level::Red), at("08:00"));
        assert_eq!(state.service(at("08:09"), ZONE), Some(Service::Open));
        let next_monday = DateTime::parse_from_rfc3339("2026-11-30T08:00:00+01:00").unwrap();
        assert_eq!(state.service(at("08:10"), ZONE), Some(Service::Closed { opens: Some(next_monday) }));
        let (state, _) = begin(Asked { hours: None, ..asked(Level::Red) }, at("08:00"));
        assert_eq!(state.service(at("08:09"), ZONE), None);
    }

    #[test]
    fn a_plan_without_zones_leads_to_the_end_all_the_same() {
        let (state, _) = after(Asked { zones: vec![], ..asked(Level::Red) }, &[(Event::Real, "08:01")]);
        assert_eq!(state.stage, Stage::Advice);
        assert!(words(&state).is_empty());
    }
}
