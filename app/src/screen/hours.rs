//! Whether the follow-up service is there.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate};
use dagsform_care::{
    hours::{Hours, Service},
    plan::Plan,
    time::ZONE,
};
use dagsform_ui as ui;

use super::words::{day, time_of_day};

/// The service of a plan, at this time.
pub(super) fn of_plan(plan: Option<&Plan>, now: DateTime<FixedOffset>) -> ui::ServiceHours {
    service(plan.and_then(|plan| plan.service()?.hours.as_ref()), now)
}

/// Whether someone is there by these hours, at this time.
pub(super) fn service(hours: Option<&Hours>, now: DateTime<FixedOffset>) -> ui::ServiceHours {
    let Some(hours) = hours else { return ui::ServiceHours::Unknown };
    if let Some(closes) = hours.closes(now, ZONE) {
        return ui::ServiceHours::Open { until: time_of_day(closes.with_timezone(&ZONE).time()) };
    }
    match hours.service(now, ZONE) {
        Service::Open => ui::ServiceHours::Unknown,
        Service::Closed { opens } => ui::ServiceHours::Closed { opens: opens.and_then(|opens| opening(opens, now)) },
    }
}

fn opening(opens: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> Option<ui::Opening> {
    let (today, on) = (day(now), day(opens));
    let day = if on == today {
        ui::OpeningDay::Today
    } else if today.checked_add_days(Days::new(1)) == Some(on) {
        ui::OpeningDay::Tomorrow
    } else {
        ui::OpeningDay::On(date(on)?)
    };
    Some(ui::Opening { day, at: time_of_day(opens.with_timezone(&ZONE).time()) })
}

/// A day of the year, for the screens.
pub(super) fn date(day: NaiveDate) -> Option<ui::Date> {
    Some(ui::Date {
        weekday: u8::try_from(day.weekday().number_from_monday()).ok()?,
        day: u8::try_from(day.day()).ok()?,
        month: u8::try_from(day.month()).ok()?,
    })
}
