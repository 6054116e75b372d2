//! Messages both ways.

use super::{model, said, service};
use crate::generated::{MarkLine, MessageItem, MessagesScreenState};
use crate::view::{MessageView, MessagesView, Sender};
use crate::words::Words;

pub(super) fn apply(screen: &MessagesScreenState<'_>, view: &MessagesView, words: Words) {
    screen.set_messages(model(view.messages.iter().map(|message| item(message, words))));
    screen.set_more(view.more);
    screen.set_contact_asked(view.contact_asked);
    screen.set_service(service::hours(view.service, words).into());
}

fn item(message: &MessageView, words: Words) -> MessageItem {
    let (own, unread) = match &message.from {
        Sender::Patient { .. } => (true, false),
        Sender::Service { unread, .. } => (false, *unread),
    };
    let head = head(message, words);
    let text = if message.withdrawn {
        words.text("messages", "This message has been taken back.", &[])
    } else {
        message.words.clone()
    };
    let delivery = match &message.from {
        Sender::Patient { delivery } if !message.withdrawn => said::way(*delivery, words),
        _ => MarkLine::default(),
    };
    MessageItem {
        own,
        spoken: said::sentences(&[&head, &text, &delivery.text]).into(),
        head: head.into(),
        words: text.into(),
        withdrawn: message.withdrawn,
        unread,
        delivery,
    }
}

/// Who and when: "New. Kari Nurse, today at 08.05".
fn head(message: &MessageView, words: Words) -> String {
    let who = match &message.from {
        Sender::Patient { .. } => words.text("messages", "From you", &[]),
        Sender::Service { name, .. } if name.is_empty() => words.text("messages", "The follow-up service", &[]),
        Sender::Service { name, .. } => name.clone(),
    };
    let who_and_when = match message.at {
        Some(at) => format!("{who}, {}", at.text(words)),
        None => who,
    };
    match &message.from {
        Sender::Service { unread: true, .. } => format!("{}. {who_and_when}", words.text("messages", "New", &[])),
        _ => who_and_when,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::MarkState;
    use crate::language::Language;
    use crate::moment::{Day, Moment};
    use crate::view::Delivery;

    const WORDS: Words = Words::in_language(Language::En);

    fn message(from: Sender) -> MessageView {
        let at = Some(Moment { day: Day::Today, hour: 8, minute: 5 });
        MessageView { from, words: "Hello".to_owned(), at, withdrawn: false }
    }

    #[test]
    fn seen_is_said_only_when_the_service_has_said_so() {
        for (delivery, state, seen) in [
            (Delivery::Waiting, MarkState::NotYet, false),
            (Delivery::Delivered, MarkState::Done, false),
            (Delivery::Seen, MarkState::Done, true),
            (Delivery::Refused, MarkState::NotYet, false),
        ] {
            let item = item(&message(Sender::Patient { delivery }), WORDS);
            assert_eq!((item.delivery.state, item.spoken.contains("Seen")), (state, seen), "{delivery:?}");
        }
    }

    #[test]
    fn a_message_that_was_taken_back_keeps_its_place_and_loses_its_words() {
        let from = Sender::Service { name: "Kari".to_owned(), unread: false };
        let item = item(&MessageView { withdrawn: true, ..message(from) }, WORDS);
        assert!(!item.spoken.contains("Hello"));
        assert!(item.spoken.starts_with("Kari, today"));
    }

    #[test]
    fn an_unread_message_says_so_in_words() {
        let from = Sender::Service { name: String::new(), unread: true };
        assert!(item(&message(from), WORDS).spoken.starts_with("New. The follow-up service, today"));
    }
}
