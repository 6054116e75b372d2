//! Messages both ways.

use dagsform_ui::{
    Day, Delivery, Draft, MessageView, MessagesStage, MessagesView, Moment, Sender, ServiceHours, TimeOfDay,
};

fn yesterday(hour: u8, minute: u8) -> Option<Moment> {
    Some(Moment { day: Day::Yesterday, hour, minute })
}

fn own(words: &str, at: Option<Moment>, delivery: Delivery) -> MessageView {
    MessageView { from: Sender::Patient { delivery }, words: words.to_owned(), at, withdrawn: false }
}

fn service(words: &str, at: Option<Moment>, unread: bool) -> MessageView {
    let name = "Sykepleier Mona".to_owned();
    MessageView { from: Sender::Service { name, unread }, words: words.to_owned(), at, withdrawn: false }
}

pub(crate) fn messages(stage: MessagesStage) -> MessagesView {
    MessagesView {
        messages: vec![
            service("Hei! Husk at legen har time til deg på torsdag.", yesterday(10, 30), false),
            own("Takk, det husker jeg.", yesterday(11, 2), Delivery::Seen),
            MessageView { withdrawn: true, ..service("Feil pasient", yesterday(14, 15), false) },
            own("Jeg er litt tyngre i pusten i dag.", Some(super::at(8, 5)), Delivery::Delivered),
            service(
                "Takk for at du sier fra. Mål oksygenet en gang til i ettermiddag, så ringer jeg deg i morgen tidlig.",
                Some(super::at(9, 40)),
                true,
            ),
            own("Det skal jeg gjøre.", Some(super::at(9, 55)), Delivery::Waiting),
        ],
        more: true,
        draft: Draft { text: "Kan du ringe før klokken ti?".to_owned(), edition: 1 },
        contact_asked: false,
        service: ServiceHours::Open { until: TimeOfDay { hour: 15, minute: 30 } },
        stage,
        faults: Vec::new(),
    }
}

/// Nothing has been written, and nobody is there.
pub(crate) fn none() -> MessagesView {
    MessagesView {
        messages: Vec::new(),
        more: false,
        draft: Draft::default(),
        contact_asked: true,
        service: super::after::closed(),
        ..messages(MessagesStage::Reading)
    }
}
