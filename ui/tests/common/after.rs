//! A reading outside the limits, and what the plan says.

use dagsform_ui::{
    AfterStep, AfterView, CallView, Date, Delivery, Kind, Level, Opening, OpeningDay, Quantity, ServiceHours,
    TimeOfDay, ZoneView,
};

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(ToString::to_string).collect()
}

/// A zone of a plan in use, with nothing said yet.
fn zone(name: &str) -> ZoneView {
    ZoneView { name: name.to_owned(), notice: Vec::new(), act: Vec::new(), prescribed: Vec::new() }
}

fn worse() -> ZoneView {
    ZoneView {
        notice: lines(&["Jeg er mer tungpustet enn vanlig.", "Jeg hoster mer, og slimet har fått farge."]),
        act: lines(&["Jeg hviler og bruker leppepust.", "Jeg tar det roligere i dag og drikker godt."]),
        prescribed: lines(&["Ta to inhalasjoner Ventoline. Du kan ta det fire ganger i døgnet."]),
        ..zone("Litt dårligere enn vanlig")
    }
}

pub(crate) fn closed() -> ServiceHours {
    let day = OpeningDay::On(Date { weekday: 1, day: 30, month: 11 });
    ServiceHours::Closed { opens: Some(Opening { day, at: TimeOfDay { hour: 8, minute: 0 } }) }
}

fn call(who: &str, phone: &str, when: &str) -> CallView {
    CallView { who: who.to_owned(), phone: Some(phone.to_owned()), when: when.to_owned() }
}

/// An oxygen saturation that is a little low, in this step.
pub(crate) fn after(step: AfterStep) -> AfterView {
    let zone = if step == AfterStep::Advice { worse() } else { zone("Litt dårligere enn vanlig") };
    AfterView {
        kind: Kind::PulseOximetry,
        values: vec![
            super::value(Quantity::OxygenSaturation, if step == AfterStep::Fine { "93" } else { "88" }),
            super::value(Quantity::PulseRate, "96"),
        ],
        measured_at: Some(super::at(8, 5)),
        delivery: Delivery::Waiting,
        again: step == AfterStep::Advice || step == AfterStep::Fine,
        level: if step == AfterStep::Fine { Level::Green } else { Level::Yellow },
        zones: if step == AfterStep::Fine { Vec::new() } else { vec![zone] },
        calls: vec![call("Oppfølgingstjenesten", "23 45 67 89", "Når du er i tvil")],
        service: ServiceHours::Open { until: TimeOfDay { hour: 15, minute: 30 } },
        step,
        written_in: Some("nb".to_owned()),
        faults: Vec::new(),
        waiting_to_send: 1,
    }
}

/// A blood pressure that is much too high, when nobody is there: the words of the red zone are shown at once.
pub(crate) fn red(step: AfterStep) -> AfterView {
    AfterView {
        kind: Kind::BloodPressure,
        values: super::blood_pressure("188", "112", "94"),
        level: Level::Red,
        zones: vec![ZoneView {
            name: "Mye dårligere enn vanlig".to_owned(),
            act: lines(&["Jeg ringer med én gang, og legger meg ned til jeg har snakket med noen."]),
            ..worse()
        }],
        calls: vec![
            call("Oppfølgingstjenesten", "23 45 67 89", "Hverdager"),
            call("Legen min ved hjertepoliklinikken på Diakonhjemmet sykehus, doktor Anne Nordmann", "22 00 00 00", ""),
        ],
        service: closed(),
        waiting_to_send: 0,
        ..after(step)
    }
}
