//! Reminders of what is open and not done (brief R9).
//!
//! ```text
//!             Looked: one comes later               Looked: its time has come
//!   Quiet ──────────────────────────────▶ Waiting ─────────────────────────────▶ Reminding
//!    ▲ │                                    │  ▲                                  │  │  │
//!    │ └── Looked: its time has come ───────│──│───────────────────────────────▶──┘  │  │ Looked: more is due
//!    │                                      │  └── Looked: put off, quiet hours ─────┘  └──▶ Reminding, once more
//!    └────────── Looked: done, paused, closed, or the plan wants none ◀───────────┘
//! ```
//!
//! When one comes is `dagsform_care::timing`: not in quiet hours, not before what was put off, not in a pause. Of what is
//! reminded of once it is not again, unless it was put off.

use chrono::{DateTime, FixedOffset};
use dagsform_care::timing::{OccurrenceId, Reminder};

/// What is reminded of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How far it has come.
    pub stage: Stage,
    /// What was reminded of.
    told: Vec<OccurrenceId>,
}

/// How far it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is to be reminded of.
    #[default]
    Quiet,
    /// Something is, later.
    Waiting {
        /// When.
        at: DateTime<FixedOffset>,
    },
    /// These are open, and it is time.
    Reminding {
        /// Which.
        of: Vec<OccurrenceId>,
    },
}

/// The next state, with the next reminder as it is now, and whether the person is to be reminded now.
pub fn looked(mut state: State, next: Option<Reminder>, now: DateTime<FixedOffset>) -> (State, bool) {
    let Some(next) = next else { return (State::default(), false) };
    if now < next.at {
        // What was put off is told again.
        state.told.retain(|told| !next.occurrences.contains(told));
        state.stage = Stage::Waiting { at: next.at };
        return (state, false);
    }
    let new = next.occurrences.iter().any(|occurrence| !state.told.contains(occurrence));
    state.told.clone_from(&next.occurrences);
    state.stage = Stage::Reminding { of: next.occurrences };
    (state, new)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use dagsform_care::timing::Place;

    use super::*;

    fn at(time: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("2026-11-23T{time}:00+01:00")).unwrap()
    }

    fn of(names: &str) -> Vec<OccurrenceId> {
        let date = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let id = |name: char| OccurrenceId { agreement: name.to_string(), place: Place::Day { date, index: 0 } };
        names.chars().map(id).collect()
    }

    fn next(time: &str, names: &str) -> Option<Reminder> {
        Some(Reminder { at: at(time), occurrences: of(names) })
    }

    #[test]
    fn each_look_leads_where_it_is_drawn() {
        let reminding = |names| Stage::Reminding { of: of(names) };
        type Look = (Option<Reminder>, &'static str);
        let rows: Vec<(Vec<Look>, Stage, bool)> = vec![
            (vec![(None, "08:00")], Stage::Quiet, false),
            (vec![(next("08:30", "w"), "08:00")], Stage::Waiting { at: at("08:30") }, false),
            (vec![(next("08:30", "w"), "08:30")], reminding("w"), true),
            (vec![(next("08:30", "w"), "08:00"), (next("08:30", "w"), "08:31")], reminding("w"), true),
            // Once.
            (vec![(next("08:30", "w"), "08:31"), (next("08:32", "w"), "08:32")], reminding("w"), false),
            // More is due.
            (vec![(next("08:30", "w"), "08:31"), (next("08:32", "wm"), "08:32")], reminding("wm"), true),
            // Done.
            (vec![(next("08:30", "w"), "08:31"), (None, "08:32")], Stage::Quiet, false),
            // Put off, and due again.
            (
                vec![(next("08:30", "w"), "08:31"), (next("09:00", "w"), "08:32")],
                Stage::Waiting { at: at("09:00") },
                false,
            ),
            (
                vec![(next("08:30", "w"), "08:31"), (next("09:00", "w"), "08:32"), (next("09:00", "w"), "09:00")],
                reminding("w"),
                true,
            ),
        ];
        for (looks, stage, remind) in rows {
            let seen = looks.clone();
            let (state, reminded) = looks
                .into_iter()
                .fold((State::default(), false), |(state, _), (next, now)| looked(state, next, at(now)));
            assert_eq!((state.stage, reminded), (stage, remind), "{seen:?}");
        }
    }
}
