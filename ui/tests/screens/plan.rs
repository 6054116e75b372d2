//! The screens of a plan: the day, what follows a reading, questions, messages.

use std::cell::RefCell;
use std::rc::Rc;

use dagsform_ui::{
    Action, AfterStep, AnswerView, DatePart, Delivery, Draft, Key, Language, MessageView, MessagesStage, MessagesView,
    Place, QuestionView, Screen, Sender, ServiceHours, SummaryStage, TextScale, TodayView, Window, Wish,
};
use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementRoot};

use super::common::{self, after, messages, questions};
use super::{asked, assert_reads, assert_silent_about, hard_to_touch, labels, read, touch, window};

#[test]
fn the_day_tells_of_questions_medicines_and_pauses() {
    let labels = read(&Screen::Today(common::planned_today()));
    assert_reads(
        &labels,
        &[
            "2 nye meldinger",
            "Prednisolon. 20 mg, én tablett sammen med mat. Fram til kl. 10.00",
            &format!("{}. Fram til kl. 12.00", common::LONG_NAME),
            "Temperatur. Klokken i nettbrettet kan gå feil. Gjør dette når det passer.",
            "Dagens form. Besvart i\u{a0}dag\u{a0}kl.\u{a0}08.05. Sett av oppfølgingstjenesten.",
            "Spiriva. Ikke tatt, krysset av i\u{a0}dag\u{a0}kl.\u{a0}08.12. Sett av oppfølgingstjenesten.",
            "Avtalt pause for: Blodtrykk",
            "Nettbrettet sjekket planen sist i\u{a0}går\u{a0}kl.\u{a0}18.40. Det kan finnes en nyere plan.",
        ],
    );
    assert_silent_about(&labels, &["glemt", "for sent"]);
}

#[test]
fn each_task_of_the_day_is_done_by_its_own_place() {
    let screen = Screen::Today(common::planned_today());
    let touches = ["Prednisolon: tatt", "Prednisolon: ikke tatt", "Svar på spørsmålene", "Mål oksygen og puls", "Les"];
    let expected = [
        Action::MedicineTaken(0),
        Action::MedicineNotTaken(0),
        Action::Task(1),
        Action::Task(2),
        Action::Go(Place::Messages),
    ];
    assert_eq!(asked(&screen, &touches), expected);
    assert_eq!(asked(&screen, &["Dagens form"]), [Action::OpenList(0)]);
}

#[test]
fn a_follow_up_that_rests_or_has_ended_says_so_and_asks_for_nothing() {
    let paused = read(&Screen::Today(common::paused_today()));
    let pause =
        "Det er avtalt en pause i oppfølgingen til og med søndag 29. november. Du kan måle likevel hvis du vil.";
    assert_reads(&paused, &[pause]);
    assert_silent_about(&paused, &["avtalt for i dag", "avtalt pause for"]);
    let ended = read(&Screen::Today(common::ended_today()));
    assert_reads(&ended, &["Oppfølgingen ble avsluttet fredag 20. november."]);
    assert_silent_about(&ended, &["avtalt for i dag"]);
}

#[test]
fn whom_to_call_is_in_sight_in_every_step_after_a_reading() {
    let resting = AfterStep::Resting { left: 215, of: 300 };
    for step in [AfterStep::RealOrError, resting, AfterStep::MeasureAgain, AfterStep::Advice, AfterStep::Fine] {
        let open = read(&Screen::After(after::after(step)));
        assert_reads(&open, &["Oppfølgingstjenesten. 23 45 67 89. Når du er i tvil."]);
        let closed = read(&Screen::After(after::red(step)));
        assert_reads(
            &closed,
            &[
                "Oppfølgingstjenesten er stengt nå. Den åpner mandag 30. november kl.\u{a0}08.00.",
                "Legevakt: ring\u{a0}116\u{a0}117. Fare for liv: ring\u{a0}113.",
            ],
        );
    }
}

#[test]
fn the_level_is_said_in_words_and_its_zone_by_its_own_name() {
    let yellow = read(&Screen::After(after::after(AfterStep::RealOrError)));
    assert_reads(&yellow, &["Gul sone", "Litt dårligere enn vanlig", "Oksygen i blodet: 88 prosent"]);
    assert_reads(&read(&Screen::After(after::red(AfterStep::Advice))), &["Rød sone"]);
}

#[test]
fn each_step_after_a_reading_asks_for_what_it_says() {
    let at = |step| Screen::After(after::after(step));
    let real = ["Tallet er riktig", "Noe kan ha gått galt"];
    assert_eq!(asked(&at(AfterStep::RealOrError), &real), [Action::AfterReal, Action::AfterError]);
    assert_reads(&read(&at(AfterStep::RealOrError)), &["Er tallet riktig, eller kan noe ha gått galt med målingen?"]);
    let resting = at(AfterStep::Resting { left: 215, of: 300 });
    assert_reads(&read(&resting), &["3:35 igjen"]);
    for step in [resting, at(AfterStep::MeasureAgain)] {
        assert_eq!(asked(&step, &["Mål nå", "Vis planen"]), [Action::AfterAgain, Action::AfterWords]);
        assert_silent_about(&read(&step), &["er tallet riktig"]);
    }
    for step in [AfterStep::Advice, AfterStep::Fine] {
        assert_eq!(asked(&at(step), &["Ferdig"]), [Action::Done]);
    }
}

#[test]
fn the_plan_speaks_in_its_own_words_and_another_language_is_named() {
    let screen = Screen::After(after::after(AfterStep::Advice));
    let own = read(&screen);
    assert_reads(&own, &["Det jeg gjør selv", "Jeg hviler og bruker leppepust."]);
    assert_silent_about(&own, &["skrevet på"]);
    let window = window(Language::En);
    window.resize(1280, 6000);
    window.show(&screen);
    let english = labels(&window);
    assert_reads(
        &english,
        &["What I do myself", "Jeg hviler og bruker leppepust.", "The plan is written in Norwegian."],
    );
}

#[test]
fn every_kind_of_question_is_answered_by_touch() {
    let question = |view: QuestionView| Screen::Question(view);
    for (view, touches, expected) in [
        (questions::yes_no(), vec!["Ja", "Nei"], vec![Action::YesNo(true), Action::YesNo(false)]),
        (questions::one(), vec!["Et stort problem"], vec![Action::Choose(4)]),
        (questions::several(), vec!["Gult", "Brunt"], vec![Action::Choose(1), Action::Choose(3)]),
        (questions::open_choice(), vec!["Jeg har sovet dårlig"], vec![Action::Choose(0)]),
        (
            questions::number(&["mg", "tabletter"]),
            vec!["2", "Komma", "Slett", "tabletter"],
            vec![Action::Key(Key::Digit(2)), Action::Key(Key::Decimal), Action::Key(Key::Delete), Action::Unit(1)],
        ),
        (questions::few_places(), vec!["1", "10"], vec![Action::Slide(0), Action::Slide(9)]),
        (questions::line(), vec!["Høyere", "Lavere"], vec![Action::Slide(66), Action::Slide(64)]),
        (
            questions::day(false),
            vec!["Neste dag", "Forrige måned", "Neste år", "Velg denne dagen"],
            vec![
                Action::DateUp(DatePart::Day),
                Action::DateDown(DatePart::Month),
                Action::DateUp(DatePart::Year),
                Action::ThisDay,
            ],
        ),
    ] {
        assert_eq!(asked(&question(view.clone()), &touches), expected, "{}", view.text);
        let always = asked(&question(view), &["Vet ikke", "Neste", "Tilbake"]);
        assert_eq!(always, [Action::DontKnow, Action::Next, Action::Back]);
    }
}

#[test]
fn a_question_says_where_it_stands_and_why_an_answer_was_not_taken() {
    let labels = read(&Screen::Question(questions::missing()));
    assert_reads(&labels, &["Dagens form: 3 av 8", "Svar her, eller trykk på «Vet ikke»."]);
    let early = read(&Screen::Question(questions::day(true)));
    assert_reads(&early, &["Dagen må være 1. oktober 2026 eller senere."]);
}

#[test]
fn words_to_read_are_not_a_question() {
    assert_silent_about(&read(&Screen::Question(questions::read())), &["vet ikke"]);
}

#[test]
fn a_line_without_an_answer_begins_in_its_middle() {
    let mut view = questions::line();
    if let AnswerView::Slider { at, .. } = &mut view.answer {
        *at = None;
    }
    assert_eq!(asked(&Screen::Question(view), &["Høyere"]), [Action::Slide(50)]);
}

fn field(window: &Window) -> ElementHandle {
    let _ = labels(window);
    let query = window.elements().root_element().query_descendants();
    let mut fields =
        query.find_all().into_iter().filter(|element| element.accessible_role() == Some(AccessibleRole::TextInput));
    let field = fields.next().expect("a field");
    assert!(fields.next().is_none(), "one field");
    field
}

fn text(window: &Window) -> String {
    field(window).accessible_value().expect("a text").to_string()
}

#[test]
fn what_is_typed_reaches_the_program_and_an_older_view_does_not_put_it_back() {
    let window = window(Language::Nb);
    window.resize(1280, 6000);
    let asked = Rc::new(RefCell::new(Vec::new()));
    window.on_action({
        let asked = Rc::clone(&asked);
        move |action| asked.borrow_mut().push(action)
    });
    let with = |text: &str, edition| {
        let draft = Draft { text: text.to_owned(), edition };
        Screen::Messages(MessagesView { draft, ..messages::messages(MessagesStage::Reading) })
    };
    window.show(&with("Hei", 0));
    assert_eq!(text(&window), "Hei");
    field(&window).set_accessible_value("Hei på deg");
    window.show(&with("Hei p", 0));
    assert_eq!(text(&window), "Hei på deg");
    touch(&window, "Send meldingen");
    window.show(&with("", 1));
    assert_eq!(text(&window), "");
    touch(&window, "Send meldingen");
    let typed = Action::Typed("Hei på deg".to_owned());
    assert_eq!(*asked.borrow(), [typed, Action::SendMessage], "an empty message is not sent");
}

#[test]
fn the_words_of_one_question_are_not_put_into_the_next() {
    let window = window(Language::Nb);
    let first = questions::words();
    window.show(&Screen::Question(first.clone()));
    field(&window).set_accessible_value("Noe annet");
    let answer = AnswerView::Text { draft: Draft::default(), long: true };
    window.show(&Screen::Question(QuestionView { place: 4, answer, ..first }));
    assert_eq!(text(&window), "");
}

#[test]
fn the_summary_leads_to_what_is_missing_before_it_is_sent() {
    let complete = Screen::Summary(questions::summary(SummaryStage::Looking));
    let touches = ["Endre: Hvilken farge har slimet?", "Send svarene"];
    assert_eq!(asked(&complete, &touches), [Action::Change(1), Action::SendAnswers]);
    assert_silent_about(&read(&complete), &["lagret", "levert", "sett av", "paid"]);
    let incomplete = Screen::Summary(questions::incomplete());
    assert_reads(&read(&incomplete), &["Hvilken farge har slimet? Mangler."]);
    assert_eq!(asked(&incomplete, &["Svar på det som mangler"]), [Action::Change(1)]);
    assert_silent_about(&read(&incomplete), &["send svarene"]);
}

#[test]
fn sent_answers_tell_how_far_they_have_come_and_no_more() {
    let at = |delivery| read(&Screen::Summary(questions::summary(questions::saved(delivery))));
    let waiting = at(Delivery::Waiting);
    let score = "Plager ved diabetes (PAID): 16,25. Få plager.";
    assert_reads(&waiting, &["Lagret på nettbrettet", "Lagret på nettbrettet. Ikke levert ennå.", score]);
    assert_silent_about(&waiting, &["levert til", "sett av", "endre"]);
    assert_silent_about(&at(Delivery::Delivered), &["sett av"]);
    assert_reads(&at(Delivery::Seen), &["Sett av oppfølgingstjenesten", "Ferdig"]);
    assert_silent_about(&read(&Screen::Summary(questions::summary(SummaryStage::Saving))), &["lagret på"]);
}

#[test]
fn messages_stand_with_who_when_and_how_far_the_newest_last() {
    let labels = read(&Screen::Messages(messages::messages(MessagesStage::Reading)));
    let expected = [
        "Fra deg, i\u{a0}går\u{a0}kl.\u{a0}11.02. Takk, det husker jeg. Sett av oppfølgingstjenesten.",
        "Sykepleier Mona, i\u{a0}går\u{a0}kl.\u{a0}14.15. Meldingen er trukket tilbake.",
        "Fra deg, i\u{a0}dag\u{a0}kl.\u{a0}09.55. Det skal jeg gjøre. Lagret på nettbrettet. Ikke levert ennå.",
    ];
    assert_reads(&labels, &expected);
    let places: Vec<_> = expected.iter().map(|text| labels.iter().position(|label| label == text)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_silent_about(&labels, &["feil pasient"]);
    let never = "Ingen følger med på meldingene hele tiden. Haster det, ring\u{a0}116\u{a0}117. Er det fare for liv, \
                 ring\u{a0}113.";
    assert_reads(&labels, &[never]);
}

#[test]
fn help_is_asked_for_by_touch_and_contact_only_once() {
    let reading = Screen::Messages(messages::messages(MessagesStage::Reading));
    let actions = asked(&reading, &["Ta kontakt med meg", "Dette er for mye", "Vis eldre meldinger"]);
    assert_eq!(actions, [Action::PleaseContactMe, Action::TooMuch, Action::More]);
    let asked_already = read(&Screen::Messages(messages::none()));
    assert_reads(&asked_already, &["Du har bedt om å bli kontaktet.", "Ingen meldinger ennå."]);
    assert_silent_about(&asked_already, &["ta kontakt med meg"]);
    let too_much = Screen::Messages(messages::messages(MessagesStage::TooMuch));
    let wishes = asked(&too_much, &["Å måle sjeldnere", "Færre spørsmål", "En pause", "Tilbake"]);
    let expected = [
        Action::Wish(Wish::LessMeasuring),
        Action::Wish(Wish::FewerQuestions),
        Action::Wish(Wish::Pause),
        Action::Back,
    ];
    assert_eq!(wishes, expected);
}

#[test]
fn many_messages_are_opened_at_the_newest() {
    let from = || Sender::Patient { delivery: Delivery::Delivered };
    let message = |number| MessageView { from: from(), words: format!("Nummer {number}."), at: None, withdrawn: false };
    let view = MessagesView {
        messages: (1..=30).map(message).collect(),
        service: ServiceHours::Unknown,
        ..messages::messages(MessagesStage::Reading)
    };
    let window = window(Language::Nb);
    window.show(&Screen::Today(common::plain_today()));
    let _ = labels(&window);
    window.show(&Screen::Messages(view));
    let _ = labels(&window);
    // What is out of view is not found.
    let labels = labels(&window);
    let has = |number: u32| labels.iter().any(|label| label.contains(&format!("Nummer {number}.")));
    assert!(has(30) && !has(1), "{labels:#?}");
}

#[test]
fn the_newest_message_is_seen_whole_with_the_largest_words_too() {
    let window = window(Language::Nb);
    for (width, height) in [(1280, 800), (800, 1280), (1920, 1200)] {
        window.resize(width, height);
        for scale in TextScale::ALL {
            window.set_text_scale(scale);
            window.show(&Screen::Today(common::plain_today()));
            let _ = labels(&window);
            window.show(&Screen::Messages(messages::messages(MessagesStage::Reading)));
            // The page is moved once it is known how long it is.
            let _ = (labels(&window), labels(&window));
            let bottom = |label: &str| {
                let found = ElementHandle::find_by_accessible_label(window.elements(), label).next().expect(label);
                found.absolute_position().y + found.size().height
            };
            let newest =
                "Fra deg, i\u{a0}dag\u{a0}kl.\u{a0}09.55. Det skal jeg gjøre. Lagret på nettbrettet. Ikke levert ennå.";
            let all = bottom("Dette er for mye");
            if width > height {
                assert!((bottom(newest) - all).abs() < 1.0, "{} and {all} at {scale:?}", bottom(newest));
            } else {
                assert!(bottom(newest) < all);
            }
        }
    }
}

#[test]
fn everything_that_can_be_touched_on_the_screens_of_a_plan_is_large_enough_and_none_of_it_is_cut_off() {
    let window = window(Language::Nb);
    let question = |view: QuestionView| Screen::Question(view);
    let screens = [
        Screen::Today(common::planned_today()),
        Screen::Today(TodayView { unread: 0, ..common::medicine_today() }),
        Screen::After(after::after(AfterStep::RealOrError)),
        Screen::After(after::red(AfterStep::Advice)),
        question(questions::yes_no()),
        question(questions::several()),
        question(questions::open_choice()),
        question(questions::number(&["mg", "tabletter"])),
        question(questions::few_places()),
        question(questions::line()),
        question(questions::words()),
        question(questions::day(false)),
        Screen::Summary(questions::incomplete()),
        Screen::Messages(messages::messages(MessagesStage::Reading)),
        Screen::Messages(messages::messages(MessagesStage::TooMuch)),
    ];
    let mut hard = Vec::new();
    // Six thousand high: all of it is in view. Wider than high: parts stand beside each other.
    for (width, height) in [(800, 6000), (1024, 6000), (1280, 800), (1024, 600), (1920, 1200)] {
        window.resize(width, height);
        for (language, scale) in Language::ALL.into_iter().flat_map(|one| TextScale::ALL.map(|scale| (one, scale))) {
            window.set_language(language).expect("its words");
            window.set_text_scale(scale);
            for screen in &screens {
                window.show(screen);
                hard.extend(
                    hard_to_touch(&window, width).into_iter().map(|one| format!("{language:?} {scale:?} {one}")),
                );
            }
        }
    }
    assert!(hard.is_empty(), "{hard:#?}");
}
