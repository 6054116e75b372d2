//! Entry by hand.
//!
//! ```text
//!            Save, all right                    committed
//!   Typing ──────────────────▶ Saving ──────────────────────▶ (the measuring screen shows it)
//!    ▲ │ ▲                       ▲  │
//!    │ │ └──────────── Failed ───│──┘
//!    │ │ Save, unusual           │
//!    │ └────────────▶ Check ─────┘ Right
//!    └─── Correct ──────┘
//! ```
//!
//! A number that cannot be right is named and stays to be corrected; one that is far from the patient's
//! last one is read back once. Nothing is stored before `Saving`, and nothing twice.

use std::cmp::Ordering;

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    ByHand, Decimal, Kind, Meal, Measured, Metric, Performer, Quantity, Reading, Value,
    plausible::{against_span, contradiction, is_unusual},
    shown::{shown, shown_unit},
};

use crate::{control::Entered, entry::asked};

/// The longest number that is typed, in digits.
const DIGITS: usize = 4;
/// The farthest back that a reading is entered, in quarters of an hour: two days.
const QUARTERS: u32 = 2 * 24 * 4;

/// What has been typed so far.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What is entered.
    pub kind: Kind,
    /// The numbers.
    pub fields: Vec<Field>,
    /// The place of the field that the keys go to.
    pub active: usize,
    /// How it stands to a meal.
    pub meal: Option<Meal>,
    /// Who measured.
    pub performer: Performer,
    /// Measured so many quarters of an hour ago.
    pub quarters: u32,
    /// How far it has come.
    pub stage: Stage,
}

/// A number that is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it is.
    pub metric: Metric,
    /// Whether it may be left out.
    pub optional: bool,
    /// The digits, with a point.
    pub typed: String,
    /// What is wrong with it.
    pub problem: Option<Problem>,
    /// The patient's last one, in the same unit.
    last: Option<Decimal>,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing was typed.
    Missing,
    /// No living person has so little.
    TooLow,
    /// No living person has so much.
    TooHigh,
    /// The upper pressure is not above the lower one.
    NotAboveLower,
}

/// How far an entry has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Numbers are typed.
    Typing,
    /// It is asked whether an unusual number is right.
    Check,
    /// It is on its way into the record.
    Saving,
}

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A digit, 0 to 9.
    Digit(u8),
    /// The decimal mark.
    Point,
    /// The last character is taken away.
    Delete,
    /// The keys go to the field at this place.
    Field(usize),
    /// A quarter of an hour earlier.
    Earlier,
    /// A quarter of an hour later.
    Later,
    /// How it stands to a meal.
    Meal(Option<Meal>),
    /// Who measured.
    Performer(Performer),
    /// Save it.
    Save,
    /// The unusual number is right.
    Right,
    /// It is not.
    Correct,
    /// The record did not take it.
    Failed,
}

impl State {
    /// Nothing typed yet. `last`: the patient's last reading of the kind that counts.
    pub fn new(kind: Kind, last: Option<&Reading>) -> Self {
        let fields = asked(kind)
            .into_iter()
            .map(|asked| Field {
                metric: asked.metric,
                optional: asked.optional,
                typed: String::new(),
                problem: None,
                last: last.and_then(|reading| last_number(reading, asked.metric)),
            })
            .collect();
        Self { kind, fields, active: 0, meal: None, performer: Performer::Unknown, quarters: 0, stage: Stage::Typing }
    }

    /// When it was measured.
    pub fn taken(&self, now: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
        now.checked_sub_signed(Duration::minutes(15 * i64::from(self.quarters))).unwrap_or(now)
    }

    /// What is saved.
    fn entered(&self, values: Vec<Measured>, now: DateTime<FixedOffset>) -> Entered {
        let meal = self.meal.filter(|_| self.kind == Kind::BloodGlucose);
        let reading = ByHand { kind: self.kind, values, meal, performer: self.performer };
        Entered { reading, taken: (self.quarters > 0).then(|| self.taken(now)), by_calendar: false }
    }

    fn typed(&mut self, change: impl FnOnce(&mut Field)) {
        if let Some(field) = self.fields.get_mut(self.active) {
            change(field);
            field.problem = None;
        }
    }

    /// The numbers, where all of them can be right; otherwise the fields say what is wrong.
    fn values(&mut self) -> Option<Vec<Measured>> {
        let mut values = Vec::new();
        for field in &mut self.fields {
            field.problem = None;
            match field.read() {
                Ok(Some(measured)) => values.push(measured),
                Ok(None) => {}
                Err(problem) => field.problem = Some(problem),
            }
        }
        if contradiction(&values).is_some()
            && let Some(upper) = self.fields.iter_mut().find(|field| field.metric == Metric::Systolic)
        {
            upper.problem = Some(Problem::NotAboveLower);
        }
        match self.fields.iter().position(|field| field.problem.is_some()) {
            Some(wrong) => {
                self.active = wrong;
                None
            }
            None => Some(values),
        }
    }

    fn is_unusual(&self) -> bool {
        self.fields.iter().any(|field| {
            let typed = field.typed.trim_end_matches('.').parse().ok();
            typed.zip(field.last).is_some_and(|(typed, last)| is_unusual(field.metric, typed, last))
        })
    }
}

impl Field {
    /// Whether its numbers have decimals.
    pub fn has_decimals(&self) -> bool {
        matches!(self.metric, Metric::BodyWeight | Metric::BodyTemperature | Metric::ForcedExpiratoryVolume)
            || self.metric.is_glucose()
    }

    fn read(&self) -> Result<Option<Measured>, Problem> {
        let text = self.typed.trim_end_matches('.');
        if text.is_empty() {
            return if self.optional { Ok(None) } else { Err(Problem::Missing) };
        }
        let number: Decimal = text.parse().map_err(|_| Problem::Missing)?;
        let unit = shown_unit(self.metric);
        match against_span(self.metric, number, unit) {
            Some(Ordering::Less) => Err(Problem::TooLow),
            Some(Ordering::Greater) | None => Err(Problem::TooHigh),
            Some(Ordering::Equal) => {
                let quantity = Quantity { value: Value::Number(number), unit };
                Ok(Some(Measured { metric: self.metric, quantity }))
            }
        }
    }
}

fn last_number(reading: &Reading, metric: Metric) -> Option<Decimal> {
    let same = |known: Metric| known == metric || (known.is_glucose() && metric.is_glucose());
    let measured = reading.values.iter().find(|measured| same(measured.metric))?;
    let shown = shown(measured.metric, measured.quantity);
    (shown.unit == shown_unit(metric)).then(|| shown.value.number()).flatten()
}

/// The next state, and what is to be saved, if it is.
pub fn update(mut state: State, event: Event, now: DateTime<FixedOffset>) -> (State, Option<Entered>) {
    let mut save = None;
    match (state.stage, event) {
        (Stage::Typing, Event::Digit(digit)) => state.typed(|field| {
            let digits = field.typed.bytes().filter(u8::is_ascii_digit).count();
            if let (true, Some(digit)) = (digits < DIGITS, char::from_digit(u32::from(digit), 10)) {
                field.typed.push(digit);
            }
        }),
        (Stage::Typing, Event::Point) => state.typed(|field| {
            if field.has_decimals() && !field.typed.is_empty() && !field.typed.contains('.') {
                field.typed.push('.');
            }
        }),
        (Stage::Typing, Event::Delete) => state.typed(|field| {
            field.typed.pop();
        }),
        (Stage::Typing, Event::Field(place)) if place < state.fields.len() => state.active = place,
        (Stage::Typing, Event::Earlier) => state.quarters = (state.quarters + 1).min(QUARTERS),
        (Stage::Typing, Event::Later) => state.quarters = state.quarters.saturating_sub(1),
        (Stage::Typing, Event::Meal(meal)) => state.meal = meal,
        (Stage::Typing, Event::Performer(performer)) => state.performer = performer,
        (Stage::Typing, Event::Save) => {
            if let Some(values) = state.values() {
                if state.is_unusual() {
                    state.stage = Stage::Check;
                } else {
                    state.stage = Stage::Saving;
                    save = Some(state.entered(values, now));
                }
            }
        }
        (Stage::Check, Event::Right) => {
            if let Some(values) = state.values() {
                state.stage = Stage::Saving;
                save = Some(state.entered(values, now));
            }
        }
        (Stage::Check, Event::Correct) | (Stage::Saving, Event::Failed) => state.stage = Stage::Typing,
        _ => {}
    }
    (state, save)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dagsform_care::{PatientId, ReadingTime, Trust, Unit};
    use uuid::Uuid;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-11-23T12:00:00+01:00").unwrap()
    }

    fn weight(kilograms: &str) -> Reading {
        let quantity = Quantity { value: Value::Number(kilograms.parse().unwrap()), unit: Unit::Kilogram };
        let values = vec![Measured { metric: Metric::BodyWeight, quantity }];
        let entered = ByHand { kind: Kind::BodyWeight, values, meal: None, performer: Performer::Unknown };
        let time = ReadingTime::by_hand(now(), now(), Trust::Trusted);
        Reading::by_hand(Uuid::from_u128(1), PatientId("p".into()), entered, time)
    }

    /// Digits, `.` for the point, `<` to delete, `>` for the next field, `s` save, `r` right, `c` correct.
    fn after(kind: Kind, last: Option<&Reading>, keys: &str) -> (State, Vec<Entered>) {
        let mut state = State::new(kind, last);
        let mut saved = Vec::new();
        for key in keys.chars() {
            let event = match key {
                '.' => Event::Point,
                '<' => Event::Delete,
                '>' => Event::Field(state.active + 1),
                's' => Event::Save,
                'r' => Event::Right,
                'c' => Event::Correct,
                'e' => Event::Earlier,
                'f' => Event::Failed,
                digit => Event::Digit(u8::try_from(digit.to_digit(10).unwrap()).unwrap()),
            };
            let (next, save) = update(state, event, now());
            state = next;
            saved.extend(save);
        }
        (state, saved)
    }

    fn values(entered: &Entered) -> Vec<String> {
        entered.reading.values.iter().map(|m| m.quantity.value.number().unwrap().to_string()).collect()
    }

    #[test]
    fn what_is_typed_is_saved_once_and_exactly() {
        for (kind, keys, numbers) in [
            (Kind::BodyWeight, "82.4s", &["82.4"][..]),
            (Kind::BodyWeight, "82.s", &["82"][..]),
            (Kind::BodyWeight, "82.49<4ss", &["82.44"][..]),
            (Kind::BloodPressure, "128>82s", &["128", "82"][..]),
            (Kind::BloodPressure, "128>82>71s", &["128", "82", "71"][..]),
            (Kind::BloodGlucose, "5.6s", &["5.6"][..]),
            // No decimals where the sensor has none.
            (Kind::PulseOximetry, "9.6s", &["96"][..]),
        ] {
            let (state, saved) = after(kind, None, keys);
            assert_eq!(saved.len(), 1, "{keys}");
            assert_eq!(values(&saved[0]), numbers, "{keys}");
            assert_eq!(state.stage, Stage::Saving);
        }
    }

    #[test]
    fn what_cannot_be_right_is_named_and_stays_to_be_corrected() {
        use Problem::*;
        for (kind, keys, place, problem) in [
            (Kind::BodyWeight, "s", 0, Missing),
            (Kind::BodyWeight, "8s", 0, TooLow),
            (Kind::BodyWeight, "8240s", 0, TooHigh),
            (Kind::BloodPressure, "128s", 1, Missing),
            (Kind::BloodPressure, "82>128s", 0, NotAboveLower),
            (Kind::PulseOximetry, "101s", 0, TooHigh),
            (Kind::PulseOximetry, "96>9s", 1, TooLow),
        ] {
            let (state, saved) = after(kind, None, keys);
            assert!(saved.is_empty(), "{keys}");
            assert_eq!((state.stage, state.active), (Stage::Typing, place), "{keys}");
            assert_eq!(state.fields[place].problem, Some(problem), "{keys}");
            let (corrected, _) = update(state, Event::Delete, now());
            assert_eq!(corrected.fields[place].problem, None);
        }
    }

    #[test]
    fn an_unusual_number_is_read_back_once() {
        let last = weight("82.0");
        let (state, saved) = after(Kind::BodyWeight, Some(&last), "28s");
        assert_eq!((state.stage, saved.len()), (Stage::Check, 0));
        let (state, saved) = after(Kind::BodyWeight, Some(&last), "28sr");
        assert_eq!((state.stage, saved.len()), (Stage::Saving, 1));
        let (_, saved) = after(Kind::BodyWeight, Some(&last), "28sc<<82.1s");
        assert_eq!(values(&saved[0]), ["82.1"]);
    }

    #[test]
    fn what_the_record_did_not_take_can_be_saved_again() {
        let (state, saved) = after(Kind::BodyWeight, None, "82s1fs");
        assert_eq!((state.stage, saved.len()), (Stage::Saving, 2));
        assert_eq!(saved[0], saved[1]);
    }

    #[test]
    fn a_reading_of_earlier_gets_its_time() {
        let (_, saved) = after(Kind::BodyWeight, None, "82ees");
        assert_eq!(saved[0].taken, Some(now() - Duration::minutes(30)));
        let (_, saved) = after(Kind::BodyWeight, None, "82s");
        assert_eq!(saved[0].taken, None);
    }
}
