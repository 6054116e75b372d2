//! How calm a plan is: what is shown, when the patient is awake, when reminders may come.

use chrono::NaiveTime;
use dagsform_care::{
    plan::{Calm, Reminders},
    timing::{Day, QuietHours},
};

use crate::fhir::{
    element::{Element, NOTHING},
    fault::Fault,
    ours,
};

/// How much the patient wants to see and do.
pub(super) fn calm(plan: &Element<'_>) -> Result<Calm, Fault> {
    let Some(calm) = plan.extension(ours::CALM)? else { return Ok(Calm::default()) };
    let read = Calm {
        hide_numbers: calm.extension_value("hide-numbers", "valueBoolean", Element::boolean)?.unwrap_or_default(),
        extra_measurements_a_day: calm.extension_value(
            "extra-measurements-a-day",
            "valuePositiveInt",
            Element::positive,
        )?,
    };
    calm.finish(&NOTHING)?;
    Ok(read)
}

/// Whether and when reminders may come.
pub(super) fn reminders(plan: &Element<'_>) -> Result<Reminders, Fault> {
    let on = plan.extension_value(ours::REMINDERS, "valueBoolean", Element::boolean)?;
    let quiet = plan.extension(ours::QUIET_HOURS)?;
    let quiet = quiet.map(|hours| {
        let (from, until) = (needed_time(&hours, "from")?, needed_time(&hours, "until")?);
        hours.finish(&NOTHING)?;
        Ok(QuietHours { from, until })
    });
    Ok(Reminders { on: on.unwrap_or(Reminders::default().on), quiet: quiet.transpose()? })
}

/// The patient's day; what is not said of it is usual.
pub(super) fn day(plan: &Element<'_>) -> Result<Day, Fault> {
    let usual = Day::default();
    let Some(day) = plan.extension(ours::WAKING_DAY)? else { return Ok(usual) };
    let meal = |name: &str, usual: NaiveTime| Ok(time(&day, name)?.unwrap_or(usual));
    let read = Day {
        wakes: needed_time(&day, "from")?,
        sleeps: needed_time(&day, "until")?,
        breakfast: meal("breakfast", usual.breakfast)?,
        lunch: meal("lunch", usual.lunch)?,
        dinner: meal("dinner", usual.dinner)?,
        ..usual
    };
    day.finish(&NOTHING)?;
    Ok(read)
}

/// A time of day within an extension.
fn time(extension: &Element<'_>, name: &str) -> Result<Option<NaiveTime>, Fault> {
    extension.extension_value(name, "valueTime", Element::time)
}

fn needed_time(extension: &Element<'_>, name: &str) -> Result<NaiveTime, Fault> {
    time(extension, name)?.ok_or_else(|| extension.missing(name, "write a time such as 21:00:00"))
}
