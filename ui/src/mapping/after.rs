//! What follows a reading.

use slint::SharedString;

use super::{model, said, service, written};
use crate::generated::{AfterScreenState, AfterShape, CallItem, Level as Drawn, PlanPart};
use crate::view::{AfterStep, AfterView, CallView, Delivery, Level, ZoneView};
use crate::words::Words;

pub(super) fn apply(screen: &AfterScreenState<'_>, view: &AfterView, words: Words) {
    let (rested, left) = rest(view.step, words);
    let parts = parts(view, words);
    screen.set_shape(shape(view.step));
    screen.set_values(model(view.values.iter().map(|value| said::tile(value, words))));
    screen.set_measured_at(said::measured(view.measured_at, words).into());
    screen.set_delivery(said::delivery(view.delivery, words));
    screen.set_again(view.again);
    screen.set_level(level(view.level));
    screen.set_level_name(level_name(view.level, words).into());
    screen.set_zones(model(zones(view, words)));
    screen.set_rested(rested);
    screen.set_left(left.into());
    screen.set_plan_silent(view.step == AfterStep::Advice && parts.is_empty());
    let written_in = view.written_in.as_deref().filter(|_| !parts.is_empty());
    screen.set_written_in(written::plan(written_in, words).into());
    screen.set_plan(model(parts));
    screen.set_calls(model(view.calls.iter().map(call)));
    screen.set_first_number(first_number(&view.calls, words).into());
    screen.set_service(service::hours(view.service, words).into());
    screen.set_otherwise(service::otherwise(view.service, words).into());
}

/// The reading on the screen is left out: its own mark says that it is not delivered yet.
pub(super) fn others_waiting(view: &AfterView) -> u32 {
    view.waiting_to_send.saturating_sub(u32::from(view.delivery == Delivery::Waiting))
}

fn shape(step: AfterStep) -> AfterShape {
    match step {
        AfterStep::RealOrError => AfterShape::RealOrError,
        AfterStep::Resting { .. } => AfterShape::Resting,
        AfterStep::MeasureAgain => AfterShape::MeasureAgain,
        AfterStep::Advice => AfterShape::Advice,
        AfterStep::Fine => AfterShape::Fine,
    }
}

fn level(level: Level) -> Drawn {
    match level {
        Level::Green => Drawn::Green,
        Level::Yellow => Drawn::Yellow,
        Level::Red => Drawn::Red,
    }
}

fn level_name(level: Level, words: Words) -> String {
    match level {
        Level::Green => words.text("after", "Green zone", &[]),
        Level::Yellow => words.text("after", "Yellow zone", &[]),
        Level::Red => words.text("after", "Red zone", &[]),
    }
}

/// A zone that is called as its level is not named twice.
fn zones(view: &AfterView, words: Words) -> Vec<SharedString> {
    let level = level_name(view.level, words).to_lowercase();
    let more = view.zones.iter().filter(|zone| zone.name.trim().to_lowercase() != level);
    more.map(|zone| zone.name.as_str().into()).collect()
}

/// How much of the rest is over, and what is left of it.
fn rest(step: AfterStep, words: Words) -> (f32, String) {
    let AfterStep::Resting { left, of } = step else { return (0.0, String::new()) };
    let left = left.min(of);
    // In thousandths, which are small enough for an exact float.
    let over = u64::from(of - left) * 1000 / u64::from(of.max(1));
    let rested = f32::from(u16::try_from(over).unwrap_or(1000)) / 1000.0;
    let clock = format!("{}:{:02}", left / 60, left % 60);
    (rested, words.text("after", "{} left", &[&clock]))
}

/// The plan's words under their headings. Where several zones speak, each heading says whose words they are.
fn parts(view: &AfterView, words: Words) -> Vec<PlanPart> {
    let speaking: Vec<&ZoneView> = view.zones.iter().filter(|zone| !is_silent(zone)).collect();
    let several = speaking.len() > 1;
    let part = |zone: &ZoneView, heading: String, lines: &[String]| PlanPart {
        heading: if several { format!("{}: {heading}", zone.name) } else { heading }.into(),
        lines: model(lines.iter().map(SharedString::from)),
    };
    let mut parts = Vec::new();
    for zone in speaking {
        if !zone.act.is_empty() {
            parts.push(part(zone, words.text("after", "What I do myself", &[]), &zone.act));
        }
        if !zone.prescribed.is_empty() {
            let heading = words.text("after", "What the doctor has prescribed for this", &[]);
            parts.push(part(zone, heading, &zone.prescribed));
        }
        if !zone.notice.is_empty() {
            parts.push(part(zone, words.text("after", "What I notice", &[]), &zone.notice));
        }
    }
    parts
}

fn is_silent(zone: &ZoneView) -> bool {
    zone.notice.is_empty() && zone.act.is_empty() && zone.prescribed.is_empty()
}

fn call(call: &CallView) -> CallItem {
    let phone = call.phone.as_deref().unwrap_or_default();
    CallItem {
        spoken: said::sentences(&[&call.who, phone, &call.when]).into(),
        who: call.who.as_str().into(),
        phone: phone.into(),
        when: call.when.as_str().into(),
    }
}

/// "The follow-up service: 23 45 67 89", for where the card with all of them has to be scrolled to.
fn first_number(calls: &[CallView], words: Words) -> String {
    let mut numbers = calls.iter().filter_map(|call| Some((&call.who, call.phone.as_deref()?)));
    numbers.next().map(|(who, phone)| words.text("contact", "{0}: {1}", &[who, phone])).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::view::{Kind, ServiceHours};

    const WORDS: Words = Words::in_language(Language::En);

    fn zone(name: &str, act: &[&str]) -> ZoneView {
        let act = act.iter().map(ToString::to_string).collect();
        ZoneView { name: name.to_owned(), notice: Vec::new(), act, prescribed: Vec::new() }
    }

    fn view(zones: Vec<ZoneView>) -> AfterView {
        AfterView {
            kind: Kind::BodyWeight,
            values: Vec::new(),
            measured_at: None,
            delivery: Delivery::Waiting,
            again: false,
            level: Level::Yellow,
            zones,
            calls: Vec::new(),
            service: ServiceHours::Unknown,
            step: AfterStep::Advice,
            written_in: None,
            faults: Vec::new(),
            waiting_to_send: 0,
        }
    }

    #[test]
    fn a_rest_is_told_in_minutes_and_seconds_and_never_beyond_its_ends() {
        let rest = |left, of| rest(AfterStep::Resting { left, of }, WORDS);
        assert_eq!(rest(300, 300), (0.0, "5:00 left".to_owned()));
        assert_eq!(rest(75, 300), (0.75, "1:15 left".to_owned()));
        assert_eq!(rest(0, 300), (1.0, "0:00 left".to_owned()));
        assert_eq!(rest(500, 300), (0.0, "5:00 left".to_owned()));
        assert_eq!(rest(u32::MAX, u32::MAX).0, 0.0);
        assert_eq!(rest(0, 0), (0.0, "0:00 left".to_owned()));
    }

    #[test]
    fn a_zone_that_is_called_as_its_level_is_named_once() {
        let view = view(vec![zone("yellow zone", &[]), zone("A bit worse", &[])]);
        assert_eq!(zones(&view, WORDS), ["A bit worse"]);
    }

    #[test]
    fn the_words_of_several_zones_are_kept_apart_by_name() {
        let headings = |zones| parts(&view(zones), WORDS).into_iter().map(|part| part.heading).collect::<Vec<_>>();
        assert_eq!(headings(vec![zone("A", &["Rest"]), zone("B", &[])]), ["What I do myself"]);
        let both = headings(vec![zone("A", &["Rest"]), zone("B", &["Drink"])]);
        assert_eq!(both, ["A: What I do myself", "B: What I do myself"]);
        assert!(headings(Vec::new()).is_empty());
    }
}
