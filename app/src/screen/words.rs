//! The words of the screens' border in those of `dagsform-care`, and back.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, Timelike};
use dagsform_care::{Kind, Meal, Performer, Why, message::Wish, time::ZONE};
use dagsform_ui as ui;

use crate::flow::questions::Part;

/// A kind, for the screens.
pub(crate) fn kind(kind: Kind) -> ui::Kind {
    match kind {
        Kind::PulseOximetry => ui::Kind::PulseOximetry,
        Kind::BloodPressure => ui::Kind::BloodPressure,
        Kind::BodyWeight => ui::Kind::BodyWeight,
        Kind::BloodGlucose => ui::Kind::BloodGlucose,
        Kind::BodyTemperature => ui::Kind::BodyTemperature,
        Kind::Spirometry => ui::Kind::Spirometry,
    }
}

/// A kind that was touched.
pub(crate) fn kind_of(kind: ui::Kind) -> Kind {
    match kind {
        ui::Kind::PulseOximetry => Kind::PulseOximetry,
        ui::Kind::BloodPressure => Kind::BloodPressure,
        ui::Kind::BodyWeight => Kind::BodyWeight,
        ui::Kind::BloodGlucose => Kind::BloodGlucose,
        ui::Kind::BodyTemperature => Kind::BodyTemperature,
        ui::Kind::Spirometry => Kind::Spirometry,
    }
}

/// Who measured, for the screens.
pub(crate) fn performer(performer: Performer) -> ui::Performer {
    match performer {
        Performer::Unknown => ui::Performer::Unknown,
        Performer::Patient => ui::Performer::Patient,
        Performer::Relative => ui::Performer::Relative,
        Performer::Staff => ui::Performer::Staff,
    }
}

/// Who measured, as it was touched.
pub(crate) fn performer_of(performer: ui::Performer) -> Performer {
    match performer {
        ui::Performer::Unknown => Performer::Unknown,
        ui::Performer::Patient => Performer::Patient,
        ui::Performer::Relative => Performer::Relative,
        ui::Performer::Staff => Performer::Staff,
    }
}

/// How it stands to a meal, for the screens; those that are not asked for have no word there.
pub(crate) fn meal(meal: Meal) -> Option<ui::Meal> {
    Some(match meal {
        Meal::Preprandial => ui::Meal::Before,
        Meal::Postprandial => ui::Meal::After,
        Meal::Fasting => ui::Meal::Fasting,
        Meal::Bedtime => ui::Meal::Bedtime,
        Meal::Casual => return None,
    })
}

/// How it stands to a meal, as it was touched.
pub(crate) fn meal_of(meal: ui::Meal) -> Meal {
    match meal {
        ui::Meal::Before => Meal::Preprandial,
        ui::Meal::After => Meal::Postprandial,
        ui::Meal::Fasting => Meal::Fasting,
        ui::Meal::Bedtime => Meal::Bedtime,
    }
}

/// Why it was taken back, for the screens.
pub(crate) fn why(why: Why) -> ui::Why {
    match why {
        Why::WrongPerson => ui::Why::WrongPerson,
        Why::Mistyped => ui::Why::Mistyped,
        Why::MeasuringError => ui::Why::MeasuringError,
    }
}

/// Why it is taken back, as it was touched.
pub(crate) fn why_of(why: ui::Why) -> Why {
    match why {
        ui::Why::WrongPerson => Why::WrongPerson,
        ui::Why::Mistyped => Why::Mistyped,
        ui::Why::MeasuringError => Why::MeasuringError,
    }
}

/// A part of a date, as it was touched.
pub(crate) fn part_of(part: ui::DatePart) -> Part {
    match part {
        ui::DatePart::Day => Part::Day,
        ui::DatePart::Month => Part::Month,
        ui::DatePart::Year => Part::Year,
    }
}

/// What would help, as it was touched.
pub(crate) fn wish_of(wish: ui::Wish) -> Wish {
    match wish {
        ui::Wish::LessMeasuring => Wish::LessMeasuring,
        ui::Wish::FewerQuestions => Wish::FewerQuestions,
        ui::Wish::Pause => Wish::Pause,
    }
}

/// The day that it is for the patient.
pub(crate) fn day(now: DateTime<FixedOffset>) -> NaiveDate {
    now.with_timezone(&ZONE).date_naive()
}

/// A time of day, for the screens.
pub(crate) fn time_of_day(time: NaiveTime) -> ui::TimeOfDay {
    ui::TimeOfDay {
        hour: u8::try_from(time.hour()).unwrap_or_default(),
        minute: u8::try_from(time.minute()).unwrap_or_default(),
    }
}

/// A time as one says it, in the patient's zone, on this day.
pub(crate) fn moment(time: DateTime<FixedOffset>, today: NaiveDate) -> Option<ui::Moment> {
    let local = time.with_timezone(&ZONE);
    let date = local.date_naive();
    let day = if date == today {
        ui::Day::Today
    } else if date.checked_add_days(Days::new(1)) == Some(today) {
        ui::Day::Yesterday
    } else {
        ui::Day::Date {
            day: u8::try_from(date.day()).ok()?,
            month: u8::try_from(date.month()).ok()?,
            year: u16::try_from(date.year()).ok()?,
        }
    };
    Some(ui::Moment { day, hour: u8::try_from(local.hour()).ok()?, minute: u8::try_from(local.minute()).ok()? })
}
