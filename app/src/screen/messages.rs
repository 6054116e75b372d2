//! Messages both ways.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    item::Item,
    message::{Message, MessageKind, Received, Wish},
};
use dagsform_ui as ui;

use super::{
    faults::faults,
    hours,
    reading::item_delivery,
    words::{day, moment},
};
use crate::flow::{messages, tablet::State};

/// So many messages are shown.
const SHOWN: usize = 30;

/// The newest messages, newest last.
pub(super) fn view(writing: &messages::State, state: &State, now: DateTime<FixedOffset>) -> ui::MessagesView {
    let book = &state.book.plan;
    let at = |time| moment(time, day(now));
    let words = ui::Words::in_language(ui::Language::from_tag(&state.language).unwrap_or_default());
    let mut all: Vec<(DateTime<FixedOffset>, ui::MessageView)> = Vec::new();
    for row in &book.messages {
        let Item::Message(message) = &row.item else { continue };
        let from = ui::Sender::Patient { delivery: item_delivery(row) };
        let view = ui::MessageView { from, words: said(message, words), at: at(message.written), withdrawn: false };
        all.push((message.written, view));
    }
    for row in &book.received {
        let sent = row.message.sent.map_or(row.received_at, |sent| sent.fixed_offset());
        let from =
            ui::Sender::Service { name: row.message.sender.clone().unwrap_or_default(), unread: row.read_at.is_none() };
        let view = ui::MessageView {
            from,
            words: received(&row.message, words),
            at: at(sent),
            withdrawn: row.message.withdrawn,
        };
        all.push((sent, view));
    }
    all.sort_by_key(|(at, _)| *at);
    let asked = book.messages.iter().rev().find_map(|row| match &row.item {
        Item::Message(message) if message.kind == MessageKind::PleaseContactMe => Some(message.written),
        _ => None,
    });
    let answers = all.iter().filter(|(_, view)| matches!(view.from, ui::Sender::Service { .. }));
    let answered = answers.map(|(at, _)| *at).max();
    let contact_asked = asked.is_some() && asked > answered;
    let more = all.len() > SHOWN;
    let from = all.len().saturating_sub(SHOWN);
    ui::MessagesView {
        messages: all.split_off(from).into_iter().map(|(_, view)| view).collect(),
        more,
        draft: ui::Draft { text: writing.text.clone(), edition: writing.edition },
        contact_asked,
        service: hours::of_plan(book.plan(), now),
        stage: if writing.too_much { ui::MessagesStage::TooMuch } else { ui::MessagesStage::Reading },
        faults: faults(state),
    }
}

/// What the service said; one that could not be read is told.
fn received(message: &Received, words: ui::Words) -> String {
    if message.text.is_empty() && !message.withdrawn {
        return words.text(
            "messages",
            "A message has come that cannot be shown here. Call the follow-up service.",
            &[],
        );
    }
    message.text.clone()
}

/// What the patient said, also where the touch said it.
fn said(message: &Message, words: ui::Words) -> String {
    let touched = match message.kind {
        MessageKind::Words => None,
        MessageKind::PleaseContactMe => Some(words.text("messages", "Please contact me", &[])),
        MessageKind::TooMuch(Wish::LessMeasuring) => Some(words.text("messages", "To measure less often", &[])),
        MessageKind::TooMuch(Wish::FewerQuestions) => Some(words.text("messages", "Fewer questions", &[])),
        MessageKind::TooMuch(Wish::Pause) => Some(words.text("messages", "A pause", &[])),
    };
    let own = (!message.text.is_empty()).then(|| message.text.clone());
    touched.into_iter().chain(own).collect::<Vec<_>>().join("\n")
}
