//! Messages both ways, and first of all those that need more than to be read.

use uuid::Uuid;

use super::{
    arrivals::{self, Arrival},
    html::{Frame, Html},
    says,
};
use crate::service::{
    PageWords,
    extension::{self, MESSAGE},
    fhir::store::Store,
    json::Json,
    problem::Problem,
};

/// So many on the page.
const MOST: u32 = 30;

pub(super) fn read(store: &Store<'_>, patient: &str) -> Result<Vec<Arrival>, Problem> {
    arrivals::read(store, "Communication", patient, MOST)
}

/// Those that nobody has seen, at the top of the page.
pub(super) fn show_wishes(html: &mut Html, frame: Frame<'_>, all: &[Arrival]) {
    let mut open = all.iter().filter(|one| is_open(frame.words, one)).peekable();
    if open.peek().is_none() {
        return;
    }
    html.raw("<section class=\"wish\"><h2>");
    html.text(&frame.words.text("service-page", "Needs attention", &[])).raw("</h2><ul class=\"messages\">");
    for one in open {
        show_one(html, frame, one);
    }
    html.raw("</ul></section>");
}

fn is_open(words: &dyn PageWords, message: &Arrival) -> bool {
    message.seen.is_none() && !message.taken_back() && wish(words, &message.body).is_some()
}

/// All others.
pub(super) fn show(html: &mut Html, frame: Frame<'_>, all: &[Arrival]) {
    let words = frame.words;
    html.section(&words.text("service-page", "Messages", &[]));
    show_form(html, frame, None);
    html.raw("<ul class=\"messages\">");
    for message in all.iter().filter(|one| !is_open(words, one)) {
        show_one(html, frame, message);
    }
    html.raw("</ul></section>");
}

fn show_one(html: &mut Html, frame: Frame<'_>, message: &Arrival) {
    let words = frame.words;
    let sent = message.body.get_text("sent").map(says::fhir_time).unwrap_or_default();
    let theirs = is_from(&message.body, frame.patient);
    let named = message.body.get("sender").and_then(|sender| sender.get_text("display")).map(str::to_owned);
    let from = if theirs { Some(words.text("service-page", "The patient", &[])) } else { named };
    html.raw("<li><span>").text(&sent).raw(" ").text(&from.unwrap_or_default()).raw("</span>");
    if message.taken_back() {
        html.raw("<span class=\"note\">").text(&words.text("service-page", "Withdrawn", &[])).raw("</span>");
    } else if let Some(wish) = wish(words, &message.body) {
        html.raw("<strong>").text(&wish).raw("</strong>");
    }
    for text in message.body.get_list("payload").iter().filter_map(|part| part.get_text("contentString")) {
        html.raw(if message.taken_back() { "<p><s>" } else { "<p>" }).text(text);
        html.raw(if message.taken_back() { "</s></p>" } else { "</p>" });
    }
    if theirs {
        html.raw("<div>");
        arrivals::show_seen(html, frame, [message].into_iter());
        html.raw("</div><details><summary>").text(&words.text("service-page", "Answer", &[])).raw("</summary>");
        show_form(html, frame, Some(&message.stored.id));
        html.raw("</details>");
    }
    html.raw("</li>");
}

/// A form for a message; `answers` is the id of the one that it answers.
fn show_form(html: &mut Html, frame: Frame<'_>, answers: Option<&str>) {
    let words = frame.words;
    html.form(frame, "message").hidden("form", &Uuid::now_v7().to_string());
    if let Some(id) = answers {
        html.hidden("answers", id);
    }
    html.raw("<label>").text(&words.text("service-page", "Message to the patient", &[]));
    html.raw("<textarea name=\"text\" rows=\"3\" maxlength=\"4000\" required></textarea></label>");
    html.button(&words.text("service-page", "Send", &[]));
}

fn is_from(message: &Json, patient: &str) -> bool {
    let sender = message.get("sender").and_then(|sender| sender.get_text("reference"));
    sender.and_then(|path| path.strip_prefix("Patient/")) == Some(patient)
}

/// What it asks for, in words; `None` for an ordinary message.
fn wish(words: &dyn PageWords, message: &Json) -> Option<String> {
    let code = message.get_list("category").iter().find_map(|category| extension::code(category, MESSAGE));
    let wish = extension::one(message, "wish").and_then(|wish| wish.get_text("valueCode"));
    Some(match (code?, wish) {
        ("please-contact-me", _) => words.text("service-page", "Wants to be contacted", &[]),
        ("too-much", Some("less-measuring")) => {
            words.text("service-page", "It is too much: wants to measure less", &[])
        }
        ("too-much", Some("fewer-questions")) => {
            words.text("service-page", "It is too much: wants fewer questions", &[])
        }
        ("too-much", Some("pause")) => words.text("service-page", "It is too much: wants a pause", &[]),
        ("too-much", _) => words.text("service-page", "It is too much", &[]),
        ("plan-refused", _) => words.text("service-page", "The tablet could not use the plan", &[]),
        _ => return None,
    })
}
