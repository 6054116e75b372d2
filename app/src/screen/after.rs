//! What follows a reading.

use chrono::{DateTime, FixedOffset};
use dagsform_care::zones::{Call, Level, Zone};
use dagsform_ui as ui;

use super::{
    faults::faults,
    hours,
    reading::{delivery, values},
    words::{self, day, moment},
};
use crate::flow::{
    after::{self, LONGEST_REST, Stage},
    tablet::State,
};

/// The reading that counts by now, its zone, and whom to call; `None`: nothing is to be said of it.
pub(super) fn view(after: &after::State, state: &State, now: DateTime<FixedOffset>) -> Option<ui::AfterView> {
    let taken = after.second.as_ref().unwrap_or(&after.asked.reading);
    let row = state.book.plan.readings.iter().rev().find(|row| row.reading.identity == taken.identity);
    let shown = state.measure.shown.as_ref().filter(|shown| shown.reading.identity == taken.identity);
    let reading = shown.map(|shown| shown.reading.as_ref()).or(row.map(|row| &row.reading))?;
    let level = after.level()?;
    let words = after.words().map(|zone| zone.id.as_str()).collect::<Vec<_>>();
    let of_level = after.asked.zones.iter().filter(|zone| zone.level == level);
    Some(ui::AfterView {
        kind: words::kind(taken.kind),
        values: values(reading),
        measured_at: reading.time.effective.and_then(|taken| moment(taken, day(now))),
        delivery: row.map_or(ui::Delivery::Waiting, delivery),
        again: after.second.is_some(),
        level: match level {
            Level::Green => ui::Level::Green,
            Level::Yellow => ui::Level::Yellow,
            Level::Red => ui::Level::Red,
        },
        zones: of_level.map(|zone| view_of(zone, words.contains(&zone.id.as_str()))).collect(),
        calls: after.calls().map(call).collect(),
        service: hours::service(after.asked.hours.as_ref(), now),
        step: step(after, now)?,
        written_in: state.book.plan.plan().and_then(|plan| plan.language.clone()),
        faults: faults(state),
        waiting_to_send: state.measure.waiting,
    })
}

fn step(after: &after::State, now: DateTime<FixedOffset>) -> Option<ui::AfterStep> {
    Some(match after.stage {
        Stage::RealOrError => ui::AfterStep::RealOrError,
        Stage::Resting { until } => ui::AfterStep::Resting {
            left: u32::try_from(until.signed_duration_since(now).num_seconds()).unwrap_or_default(),
            of: after.asked.rest_minutes.unwrap_or_default().min(LONGEST_REST).saturating_mul(60),
        },
        Stage::MeasureAgain => ui::AfterStep::MeasureAgain,
        Stage::Advice => ui::AfterStep::Advice,
        Stage::Fine => ui::AfterStep::Fine,
        Stage::Over => return None,
    })
}

fn view_of(zone: &Zone, words: bool) -> ui::ZoneView {
    let shown = |lines: &[String]| if words { lines.to_vec() } else { Vec::new() };
    ui::ZoneView {
        name: zone.name.clone(),
        notice: shown(&zone.notice),
        act: shown(&zone.act),
        prescribed: shown(&zone.prescribed),
    }
}

fn call(call: &Call) -> ui::CallView {
    ui::CallView { who: call.who.clone(), phone: call.phone.clone(), when: call.when.clone() }
}
