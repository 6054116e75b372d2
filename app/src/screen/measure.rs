//! The measuring screen.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Kind, Reading, Source};
use dagsform_ui as ui;

use super::{
    faults::{faults, name},
    reading::{doubts, not_sent, value, values},
    words::{self, day, moment, performer},
};
use crate::flow::{
    measure::{Live, Shown},
    tablet::State,
};

/// What the screen shows of the measuring of this kind, at this time.
pub(super) fn view(state: &State, kind: Kind, now: DateTime<FixedOffset>) -> ui::MeasureView {
    let today = day(now);
    let measure = &state.measure;
    let live = measure.live.as_ref().filter(|live| live.kind == kind);
    let shown = measure.shown.as_ref().filter(|shown| live.is_none() && shown.reading.kind == kind);
    let reading = shown.map(|shown| shown.reading.as_ref());
    let device = device(state, kind, live, reading);
    ui::MeasureView {
        kind: words::kind(kind),
        stage: stage(state, kind, live, shown),
        device_name: device.map(|device| name(measure, device)).unwrap_or_default(),
        has_sensor: state.book.sensors(kind).next().is_some() || live.is_some(),
        by_hand: reading.is_some_and(|reading| reading.source == Source::ByHand),
        values: match (live, reading) {
            (Some(live), _) => live.values.iter().filter_map(|measured| value(measured, false)).collect(),
            (None, Some(reading)) => values(reading),
            (None, None) => Vec::new(),
        },
        measured_at: reading.and_then(|r| r.time.effective).and_then(|taken| moment(taken, today)),
        delivered_at: shown.and_then(|shown| shown.delivered).and_then(|at| moment(at, today)),
        not_sent: reading.and_then(not_sent),
        performer: reading.map_or(ui::Performer::Unknown, |reading| performer(reading.performer)),
        doubts: reading.map(doubts).unwrap_or_default(),
        faults: faults(state),
        waiting_to_send: measure.waiting,
    }
}

fn stage(state: &State, kind: Kind, live: Option<&Live>, shown: Option<&Shown>) -> ui::Stage {
    let mut sensors = state.book.sensors(kind);
    match (live, shown) {
        (Some(_), _) => ui::Stage::Receiving,
        (None, Some(Shown { delivered: Some(_), .. })) => ui::Stage::Delivered,
        (None, Some(_)) => ui::Stage::Saved,
        (None, None) if sensors.any(|sensor| state.measure.connected.contains(&sensor.address)) => ui::Stage::Ready,
        (None, None) => ui::Stage::Looking,
    }
}

/// The sensor that the screen speaks of.
fn device<'a>(
    state: &'a State,
    kind: Kind,
    live: Option<&'a Live>,
    reading: Option<&'a Reading>,
) -> Option<&'a DeviceId> {
    if let Some(live) = live {
        return Some(&live.device);
    }
    if let Some(Reading { source: Source::Sensor(device), .. }) = reading {
        return Some(device);
    }
    let mut sensors = state.book.sensors(kind).map(|sensor| &sensor.address);
    let connected = sensors.clone().find(|device| state.measure.connected.contains(device));
    connected.or_else(|| sensors.next())
}
