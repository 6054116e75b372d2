//! Lists, trends, and one reading out of them.

use chrono::{DateTime, Duration, FixedOffset};
use dagsform_care::{
    Decimal, Metric, Reading, Source, Verdict,
    shown::{shown, shown_unit},
    trend::mean,
};
use dagsform_ui as ui;

use super::{
    faults::{faults, name},
    reading::{quantity, row, unit},
    words::{self, day},
};
use crate::{
    flow::{
        readings::{List, Span, State},
        tablet::{self, Book},
    },
    record::{Delivery, ReadingRow},
};

/// The days of the averages that stand beside single values (brief R8).
const AVERAGED: [u16; 2] = [7, 30];

/// The list and the trend, at this time.
pub(super) fn list(state: &State, book: &Book, now: DateTime<FixedOffset>) -> ui::ReadingsView {
    let listed = state.listed();
    let shown_rows = usize::try_from(state.rows).unwrap_or(usize::MAX);
    let counted = listed.map_or(&[][..], |list| list.counted.as_slice());
    let mut kinds = book.kinds.clone();
    if !kinds.contains(&state.kind) {
        kinds.insert(0, state.kind);
    }
    ui::ReadingsView {
        kind: words::kind(state.kind),
        kinds: kinds.into_iter().map(words::kind).collect(),
        span: match state.span {
            Span::Week => ui::Span::Week,
            Span::Month => ui::Span::Month,
            Span::Year => ui::Span::Year,
        },
        trend: trend(listed, counted, now),
        averages: AVERAGED.iter().flat_map(|days| averages(counted, *days, now)).collect(),
        rows: listed.iter().flat_map(|list| list.rows.iter().take(shown_rows)).map(|r| row(r, day(now))).collect(),
        more: listed.is_some_and(|list| list.rows.len() > shown_rows),
    }
}

/// One reading.
pub(super) fn one(opened: (&ReadingRow, bool), tablet: &tablet::State, now: DateTime<FixedOffset>) -> ui::ReadingView {
    let (opened, asking) = opened;
    let reading = &opened.reading;
    ui::ReadingView {
        kind: words::kind(reading.kind),
        row: row(opened, day(now)),
        performer: words::performer(reading.performer),
        device_name: match &reading.source {
            Source::Sensor(device) => name(&tablet.measure, device),
            Source::ByHand => String::new(),
        },
        taking_back: match (reading.taken_back, &opened.delivery) {
            (Some(_), Delivery::Waiting) => ui::TakingBack::ServiceNotTold,
            (Some(_), Delivery::Aside(_)) => ui::TakingBack::ServiceRefused,
            (Some(_), _) => ui::TakingBack::Done,
            (None, _) if asking => ui::TakingBack::Asking,
            (None, _) => ui::TakingBack::Possible,
        },
        faults: faults(tablet),
    }
}

/// The metrics that are drawn, in the order in which they come.
fn metrics(counted: &[Reading]) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in counted.iter().flat_map(|reading| &reading.values).map(|measured| measured.metric) {
        let drawn = quantity(metric);
        if drawn.is_some() && !metrics.iter().any(|known| quantity(*known) == drawn) {
            metrics.push(metric);
        }
    }
    metrics
}

/// The numbers of a quantity in its unit, with their readings.
fn numbers(counted: &[Reading], metric: Metric) -> impl Iterator<Item = (&Reading, Decimal)> {
    counted.iter().filter_map(move |reading| {
        let measured = reading.values.iter().find(|measured| quantity(measured.metric) == quantity(metric))?;
        let shown = shown(measured.metric, measured.quantity);
        let number = (shown.unit == shown_unit(metric)).then(|| shown.value.number()).flatten()?;
        Some((reading, number))
    })
}

fn trend(list: Option<&List>, counted: &[Reading], now: DateTime<FixedOffset>) -> Vec<ui::TrendLine> {
    let Some(list) = list else { return Vec::new() };
    let span = Duration::days(i64::from(list.query.days));
    metrics(counted).into_iter().filter_map(|metric| line(counted, metric, span, now)).collect()
}

fn line(counted: &[Reading], metric: Metric, span: Duration, now: DateTime<FixedOffset>) -> Option<ui::TrendLine> {
    let begins = now.checked_sub_signed(span)?;
    let numbers: Vec<_> = numbers(counted, metric)
        .filter_map(|(reading, number)| {
            let taken = reading.time.effective?;
            (taken >= begins && taken <= now).then_some((reading, taken, number))
        })
        .collect();
    let least = numbers.iter().map(|(_, _, number)| *number).min_by(|a, b| a.compare(*b))?;
    let greatest = numbers.iter().map(|(_, _, number)| *number).max_by(|a, b| a.compare(*b))?;
    let (low, high) = (as_float(least)?, as_float(greatest)?);
    let whole = span.num_seconds();
    let points = numbers
        .iter()
        .filter_map(|(reading, taken, number)| {
            let x = ratio(taken.signed_duration_since(begins).num_seconds(), whole)?;
            // All the same: in the middle.
            let y = if high > low { (as_float(*number)? - low) / (high - low) } else { 0.5 };
            Some(ui::TrendPoint { x, y, doubtful: reading.quality.verdict > Verdict::Good })
        })
        .collect();
    Some(ui::TrendLine {
        quantity: quantity(metric)?,
        unit: unit(shown_unit(metric))?,
        lowest: ui::Number::Is(least.to_string()),
        highest: ui::Number::Is(greatest.to_string()),
        points,
    })
}

/// A number as it is drawn; a drawing needs no more than this.
fn as_float(number: Decimal) -> Option<f32> {
    number.to_string().parse().ok().filter(|float: &f32| float.is_finite())
}

/// A share of a span, in thousandths.
fn ratio(part: i64, whole: i64) -> Option<f32> {
    let thousandths = part.checked_mul(1000)?.checked_div(whole)?;
    Some(f32::from(i16::try_from(thousandths).ok()?) / 1000.0)
}

fn averages(counted: &[Reading], days: u16, now: DateTime<FixedOffset>) -> Vec<ui::AverageView> {
    let Some(begins) = now.checked_sub_signed(Duration::days(i64::from(days))) else { return Vec::new() };
    let average = |metric| {
        let numbers: Vec<Decimal> = numbers(counted, metric)
            .filter(|(reading, _)| reading.time.effective.is_some_and(|taken| taken >= begins && taken <= now))
            .map(|(_, number)| number)
            .collect();
        Some(ui::AverageView {
            quantity: quantity(metric)?,
            unit: unit(shown_unit(metric))?,
            number: ui::Number::Is(mean(&numbers)?.to_string()),
            days,
            readings: u32::try_from(numbers.len()).ok()?,
        })
    };
    metrics(counted).into_iter().filter_map(average).collect()
}
