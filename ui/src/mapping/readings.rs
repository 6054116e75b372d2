//! Lists and trends.

use slint::{Model, ModelRc, SharedString};

use super::{kind, model, said};
use crate::generated::{AverageItem, Chart, ChartJoin, ChartPoint, KindChoice, ReadingsScreenState, RowItem};
use crate::value::{Number, ValueView};
use crate::view::{AverageView, ReadingsView, RowView, Span, TrendLine, TrendPoint, Why};
use crate::words::Words;

pub(super) fn apply(screen: &ReadingsScreenState<'_>, view: &ReadingsView, words: Words) {
    let shown = view.trend.iter().filter(|line| !line.points.is_empty());
    screen.set_kinds(model(view.kinds.iter().map(|kind| KindChoice {
        kind: (*kind).into(),
        name: kind::name(*kind, words).into(),
        chosen: *kind == view.kind,
    })));
    screen.set_span(view.span.into());
    screen.set_since(since(view.span, words).into());
    screen.set_charts(model(shown.map(|line| chart(line, view.span, words))));
    screen.set_averages(model(view.averages.iter().map(|mean| average(mean, words))));
    screen.set_rows(model(view.rows.iter().map(|row| item(row, words))));
    screen.set_more(view.more);
}

fn since(span: Span, words: Words) -> String {
    match span {
        Span::Week => words.text("readings", "7 days ago", &[]),
        Span::Month => words.text("readings", "30 days ago", &[]),
        Span::Year => words.text("readings", "A year ago", &[]),
    }
}

fn chart(line: &TrendLine, span: Span, words: Words) -> Chart {
    let name = line.quantity.text(words);
    let unit = line.unit.text(words);
    let edge = |number: &Number| {
        let number = number.clone();
        ValueView { quantity: line.quantity, number, unit: line.unit }.written(words).unwrap_or_default()
    };
    let (lowest, highest) = (edge(&line.lowest), edge(&line.highest));
    let points = points(&line.points);
    let spoken = words.count(
        "readings",
        "{0}: one reading. The scale goes from {1} to {2}.",
        "{0}: {n} readings. The scale goes from {1} to {2}.",
        u32::try_from(points.len()).unwrap_or(u32::MAX),
        &[&name, &lowest, &highest],
    );
    Chart {
        heading: words.text("readings", "{0} ({1})", &[&name, &unit]).into(),
        highest: highest.into(),
        lowest: lowest.into(),
        joins: model(joins(&points, span)),
        points: model(points),
        spoken: spoken.into(),
    }
}

/// Never drawn outside its area.
fn points(points: &[TrendPoint]) -> Vec<ChartPoint> {
    let finite = points.iter().filter(|point| point.x.is_finite() && point.y.is_finite());
    finite
        .map(|point| ChartPoint { x: point.x.clamp(0.0, 1.0), y: point.y.clamp(0.0, 1.0), doubtful: point.doubtful })
        .collect()
}

/// Neighbours are joined only where nothing was left out between them (gaps are gaps):
/// a day and a half in a week, two days in a month, a week in a year.
fn joins(points: &[ChartPoint], span: Span) -> Vec<ChartJoin> {
    let reach = match span {
        Span::Week => 1.5 / 7.0,
        Span::Month => 2.0 / 30.0,
        Span::Year => 7.0 / 365.0,
    };
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs
        .filter(|(from, to)| to.x - from.x <= reach)
        .map(|(from, to)| ChartJoin { from: from.clone(), to: to.clone() })
        .collect()
}

/// The joins as an SVG path in an area of this size, with the origin at its upper left.
pub(crate) fn commands(joins: &ModelRc<ChartJoin>, width: f32, height: f32) -> SharedString {
    let place = |point: &ChartPoint| format!("{:.1} {:.1}", point.x * width, (1.0 - point.y) * height);
    let lines = joins.iter().map(|join| format!("M {} L {} ", place(&join.from), place(&join.to)));
    lines.collect::<String>().into()
}

fn average(mean: &AverageView, words: Words) -> AverageItem {
    let value = ValueView { quantity: mean.quantity, number: mean.number.clone(), unit: mean.unit };
    let basis = words.count(
        "readings",
        "One reading in the last {0} days",
        "Average of {n} readings in the last {0} days",
        mean.readings,
        &[&mean.days.to_string()],
    );
    AverageItem {
        label: mean.quantity.text(words).into(),
        value: match value.written(words) {
            Ok(number) => format!("{number} {}", mean.unit.text(words)).into(),
            Err(why) => why.into(),
        },
        spoken: said::sentences(&[&value.spoken(words), &basis]).into(),
        basis: basis.into(),
    }
}

fn item(row: &RowView, words: Words) -> RowItem {
    let delivery = said::delivery(row.delivery, words);
    let note = said::sentences(&[&said::measured(row.at, words), &delivery.text]);
    let remark = remark(row, words);
    let spoken: Vec<String> = row.values.iter().map(|value| value.spoken(words)).collect();
    RowItem {
        values: values(&row.values, words).into(),
        mark: delivery.state,
        spoken: said::sentences(&[&spoken.join(", "), &note, &remark]).into(),
        note: note.into(),
        remark: remark.into(),
        taken_back: row.taken_back.is_some(),
    }
}

/// "Upper pressure 128 mmHg · Lower pressure 82 mmHg"
fn values(values: &[ValueView], words: Words) -> String {
    let each = values.iter().map(|value| match value.written(words) {
        Ok(number) => format!("{} {number} {}", value.quantity.text(words), value.unit.text(words)),
        Err(_) => value.spoken(words),
    });
    each.collect::<Vec<_>>().join(" · ")
}

fn remark(row: &RowView, words: Words) -> String {
    let taken_back = row.taken_back.map(|why| taken_back(why, words)).unwrap_or_default();
    let by_hand = said::source(row.by_hand, "", words);
    let doubts: Vec<String> = row.doubts.iter().map(|doubt| doubt.text(words)).collect();
    let phrases: Vec<&str> =
        [taken_back.as_str(), by_hand.as_str()].into_iter().chain(doubts.iter().map(String::as_str)).collect();
    said::sentences(&phrases)
}

fn taken_back(why: Why, words: Words) -> String {
    match why {
        Why::WrongPerson => words.text("take-back", "Taken back: someone else's reading", &[]),
        Why::Mistyped => words.text("take-back", "Taken back: a wrong number was typed", &[]),
        Why::MeasuringError => words.text("take-back", "Taken back: the measuring went wrong", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: &[f32], span: f32) -> Vec<ChartPoint> {
        days.iter().map(|day| ChartPoint { x: day / span, y: 0.5, doubtful: false }).collect()
    }

    #[test]
    fn a_gap_in_time_is_not_drawn_over() {
        assert_eq!(joins(&at(&[0.0, 1.0, 3.0, 4.0], 7.0), Span::Week).len(), 2);
        assert_eq!(joins(&at(&[0.0, 1.0, 4.0], 30.0), Span::Month).len(), 1);
        assert_eq!(joins(&at(&[0.0, 6.0, 20.0], 365.0), Span::Year).len(), 1);
        assert!(joins(&at(&[3.0], 7.0), Span::Week).is_empty());
    }

    #[test]
    fn a_point_outside_the_scale_stays_inside_the_drawing() {
        let point = |x, y| TrendPoint { x, y, doubtful: false };
        let drawn = points(&[point(-1.0, 2.0), point(f32::NAN, 0.0), point(0.5, f32::INFINITY)]);
        assert_eq!(drawn, [ChartPoint { x: 0.0, y: 1.0, doubtful: false }]);
    }

    #[test]
    fn the_upper_edge_is_drawn_above() {
        let mut pair = at(&[0.0, 1.0], 1.0);
        pair[1].y = 1.0;
        let joins = model([ChartJoin { from: pair[0].clone(), to: pair[1].clone() }]);
        assert_eq!(commands(&joins, 200.0, 100.0), "M 0.0 50.0 L 200.0 0.0 ");
    }
}
