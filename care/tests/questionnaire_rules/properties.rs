//! Whatever the list, and whatever is answered in whatever order.

use std::{cell::Cell, cmp::Ordering};

use dagsform_care::questionnaire::{
    Answered, Behavior, Bounds, Condition, EnableWhen, Filling, LinkId, Operator, Response,
    filling::{Effect, Event, Stage, update},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;

/// What a made item is made of; numbers are taken modulo what there is to choose from.
#[derive(Clone, Debug)]
struct Seed {
    kind: u8,
    /// The group or question that it stands below, among those before it; none for 0.
    below: u8,
    required: bool,
    marks: u8,
    conditions: Vec<(u8, u8, u8)>,
    any: bool,
}

fn seed() -> impl Strategy<Value = Seed> {
    let conditions = prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..3);
    (any::<u8>(), any::<u8>(), any::<bool>(), any::<u8>(), conditions, any::<bool>()).prop_map(
        |(kind, below, required, marks, conditions, any)| Seed { kind, below, required, marks, conditions, any },
    )
}

/// Answers to a question of this kind that fit it.
fn fitting(kind: &ItemKind) -> Vec<Answer> {
    match kind {
        ItemKind::Group | ItemKind::Display => vec![],
        ItemKind::Boolean => vec![Answer::Boolean(true), Answer::Boolean(false)],
        ItemKind::Choice(options) => options.iter().map(|option| option.value.clone()).collect(),
        ItemKind::OpenChoice(_) => vec![coded("a"), Answer::Text("mine".into())],
        ItemKind::Integer(_) => vec![Answer::Integer(1), Answer::Integer(2)],
        ItemKind::Decimal(_) => vec![Answer::Decimal(d("1.0")), Answer::Decimal(d("2.5"))],
        ItemKind::Quantity { .. } => vec![kilograms("80"), kilograms("81.5")],
        ItemKind::String { .. } | ItemKind::Text { .. } => vec![Answer::Text("a".into()), Answer::Text("b".into())],
        ItemKind::Date(_) => vec![day("2026-11-23"), day("2026-11-24")],
        ItemKind::DateTime(_) => vec![Answer::DateTime(at())],
        ItemKind::Time(_) => vec![time("08:00:00"), time("20:00:00")],
    }
}

/// A list that is right, of these seeds.
fn made(seeds: &[Seed]) -> Checked {
    let mut flat: Vec<(Item, Option<usize>)> = Vec::new();
    for (place, seed) in seeds.iter().enumerate() {
        let name = format!("i{place}");
        let mut item = match seed.kind % 14 {
            0 | 1 => group(&name, vec![]),
            2 => words(&name),
            3 | 4 => yes_or_no(&name),
            5 => choice(&name, &["a", "b", "c"]),
            6 => item(&name, ItemKind::OpenChoice(options(&["a", "b"]))),
            7 => integer(&name),
            8 => item(&name, ItemKind::Decimal(Number::default())),
            9 => weight(&name),
            10 => line(&name),
            11 => item(&name, ItemKind::Date(Bounds::default())),
            12 => item(&name, ItemKind::Time(Bounds::default())),
            _ => scale(&name, 4),
        };
        let holders: Vec<usize> = (0..flat.len()).filter(|at| flat[*at].0.kind != ItemKind::Display).collect();
        let below = usize::from(seed.below) % (2 * holders.len() + 1);
        let below = holders.get(below).copied();
        let questions: Vec<&Item> = flat.iter().map(|(item, _)| item).filter(|item| item.is_question()).collect();
        if !questions.is_empty() {
            item.enable_when = seed.conditions.iter().map(|condition| made_condition(&questions, *condition)).collect();
            item.enable_behavior = if seed.any { Behavior::Any } else { Behavior::All };
        }
        if item.is_question() {
            item.hidden = seed.marks % 8 == 1;
            item.read_only = seed.marks % 8 == 2;
            if item.hidden || item.read_only || seed.marks % 8 == 3 {
                item.initial = fitting(&item.kind).into_iter().take(1).collect();
            }
            item.required = seed.required;
        } else if item.kind == ItemKind::Group {
            item.required = seed.required;
        }
        // What stands below something hidden is hidden, and so is not required.
        if below.is_some_and(|at| flat[at].0.hidden) {
            (item.hidden, item.required) = (true, false);
        }
        flat.push((item, below));
    }
    // From the last to the first, each goes where it stands; groups that stayed empty get words.
    let mut top = Vec::new();
    while let Some((mut item, below)) = flat.pop() {
        item.items.reverse();
        if item.kind == ItemKind::Group && item.items.is_empty() {
            item.items.push(words(&format!("{} words", item.link_id)));
        }
        let repeats = !item.items.iter().any(|below| below.kind != ItemKind::Display) && item.kind != ItemKind::Boolean;
        item.repeats = item.is_question() && repeats;
        match below {
            Some(at) => flat[at].0.items.push(item),
            None => top.push(item),
        }
    }
    top.reverse();
    top.push(super::scores::reckoned("sum", super::scores::sum_of(&["summed"]), vec![]));
    top.push(scale("summed", 4));
    checked(top)
}

fn made_condition(questions: &[&Item], (question, operator, with): (u8, u8, u8)) -> EnableWhen {
    let question = questions[usize::from(question) % questions.len()];
    let answers = fitting(&question.kind);
    let with = answers[usize::from(with) % answers.len()].clone();
    let has_order = !matches!(with, Answer::Boolean(_) | Answer::Coded(_) | Answer::Text(_));
    let condition = match operator % if has_order { 8 } else { 4 } {
        0 => Condition::Exists(true),
        1 => Condition::Exists(false),
        2 => Condition::Compare(Operator::Equal, with),
        3 => Condition::Compare(Operator::NotEqual, with),
        4 => Condition::Compare(Operator::Greater, with),
        5 => Condition::Compare(Operator::Less, with),
        6 => Condition::Compare(Operator::GreaterOrEqual, with),
        _ => Condition::Compare(Operator::LessOrEqual, with),
    };
    EnableWhen { question: question.link_id.clone(), condition }
}

fn at() -> DateTime<FixedOffset> {
    instant("2026-11-23T08:00:00+01:00")
}

/// What a touch means in a state: mostly an answer or on, now and then all else.
fn event(list: &Checked, state: &Filling, (what, which): (u8, u8)) -> Event {
    let here = match &state.stage {
        Stage::Asking { at, .. } => list.way_to(at).last().copied(),
        _ => None,
    };
    let steps = list.steps(&state.given);
    match what % 16 {
        0..=5 => {
            let answers = here.map(|item| fitting(&item.kind)).unwrap_or_default();
            let several = which % 5 == 0 && here.is_some_and(|item| item.repeats);
            let count = if several { answers.len() } else { 1 };
            let first = usize::from(which) % answers.len().max(1);
            Event::Answer(answers.into_iter().cycle().skip(first).take(count).collect())
        }
        6 => Event::Answer(vec![Answer::Text(" ".into())]),
        7 => Event::DontKnow,
        8 => Event::Clear,
        9..=11 => Event::Next,
        12 => Event::Back,
        13 => Event::ToSummary,
        14 if !steps.is_empty() => Event::Change(steps[usize::from(which) % steps.len()].link_id.clone()),
        14 | 15 => Event::Submit(at()),
        _ => Event::NotStored,
    }
}

/// The rules of what is asked once more, written as they are said: by going through the tree from each question.
struct Said<'a> {
    list: &'a Checked,
    given: &'a AllGiven,
}

impl Said<'_> {
    fn is_asked(&self, name: &LinkId) -> bool {
        let way = self.list.way_to(name);
        let below_answers = way.iter().zip(way.iter().skip(1)).all(|(above, below)| {
            !above.is_question() || below.kind == ItemKind::Display || !self.answers(&above.link_id).is_empty()
        });
        below_answers && way.iter().all(|item| self.is_open(item))
    }

    fn is_open(&self, item: &Item) -> bool {
        let mut holds = item.enable_when.iter().map(|when| self.holds(when));
        match item.enable_behavior {
            _ if item.enable_when.is_empty() => true,
            Behavior::All => holds.all(|holds| holds),
            Behavior::Any => holds.any(|holds| holds),
        }
    }

    fn holds(&self, when: &EnableWhen) -> bool {
        let answers = self.answers(&when.question);
        let Condition::Compare(operator, with) = &when.condition else {
            return when.condition == Condition::Exists(!answers.is_empty());
        };
        let compares = |wanted: &[Ordering]| answers.iter().any(|answer| wanted.contains(&compare(answer, with)));
        match operator {
            Operator::Equal => answers.iter().any(|answer| answer.is_same(with)),
            Operator::NotEqual => !answers.iter().any(|answer| answer.is_same(with)),
            Operator::Greater => compares(&[Ordering::Greater]),
            Operator::Less => compares(&[Ordering::Less]),
            Operator::GreaterOrEqual => compares(&[Ordering::Greater, Ordering::Equal]),
            Operator::LessOrEqual => compares(&[Ordering::Less, Ordering::Equal]),
        }
    }

    /// The answers to a question, none where it is not asked.
    fn answers(&self, name: &LinkId) -> Vec<Answer> {
        if !self.is_asked(name) {
            return vec![];
        }
        let way = self.list.way_to(name);
        let item = way[way.len() - 1];
        if item.read_only || way.iter().any(|item| item.hidden) {
            return item.initial.clone();
        }
        self.given.get(name).map(|given| given.answers().to_vec()).unwrap_or_default()
    }
}

fn compare(a: &Answer, b: &Answer) -> Ordering {
    match (a, b) {
        (Answer::Integer(a), Answer::Integer(b)) => a.cmp(b),
        (Answer::Decimal(a), Answer::Decimal(b)) => a.compare(*b),
        (Answer::Quantity { value: a, .. }, Answer::Quantity { value: b, .. }) => a.compare(*b),
        (Answer::Date(a), Answer::Date(b)) => a.cmp(b),
        (Answer::Time(a), Answer::Time(b)) => a.cmp(b),
        other => panic!("{other:?} have no order"),
    }
}

fn flat(items: &[Answered], all: &mut Vec<(LinkId, Option<Given>)>) {
    for item in items {
        all.push((item.link_id.clone(), item.given.clone()));
        flat(&item.items, all);
    }
}

fn all_items<'a>(items: &'a [Item], all: &mut Vec<&'a Item>) {
    for item in items {
        all.push(item);
        all_items(&item.items, all);
    }
}

/// A response holds what was given to the questions that are asked, and lacks nothing that must be there. Says
/// whether the draft holds an answer that is not sent.
fn check_response(list: &Checked, state: &Filling, response: &Response) -> bool {
    let said = Said { list, given: &state.given };
    let mut sent = Vec::new();
    flat(&response.items, &mut sent);
    let mut items = Vec::new();
    all_items(&list.questionnaire().items, &mut items);
    let mut kept = false;
    for item in items.into_iter().filter(|item| item.is_question() && item.calculated.is_none()) {
        let name = &item.link_id;
        let held = sent.iter().find(|(sent, _)| sent == name).map(|(_, given)| given.clone());
        if said.is_asked(name) {
            let answers = said.answers(name);
            let wanted = match state.given.get(name) {
                Some(Given::DontKnow) => Some(Some(Given::DontKnow)),
                _ if answers.is_empty() => None,
                _ => Some(Some(Given::Answers(answers))),
            };
            assert_eq!(held, wanted, "{name}");
            assert!(!item.required || held.is_some(), "{name} must be answered");
        } else {
            assert_eq!(held, None, "{name} is not asked");
            kept |= state.given.contains_key(name);
        }
    }
    let is_scored = !said.answers(&"summed".into()).is_empty();
    assert_eq!(response.scores.len(), usize::from(is_scored));
    kept
}

/// Ends a list as a person would who knows nothing more.
fn finish(list: &Checked, mut state: Filling) -> (Filling, Response) {
    // Each question is met once on the way to the summary, and once more for what is missing.
    for _ in 0..200 {
        let event = match &state.stage {
            Stage::Asking { at, .. } if list.missing(&state.given).contains(at) => Event::DontKnow,
            Stage::Asking { .. } => Event::Next,
            _ => Event::Submit(at()),
        };
        let (next, effect) = update(list, state, event);
        state = next;
        if let Some(Effect::Submit(response)) = effect {
            return (state, *response);
        }
    }
    panic!("the list has no end: {state:?}");
}

#[test]
fn whatever_is_answered_in_whatever_order_the_response_is_right() {
    let (submitted, kept_back) = (Cell::new(0u32), Cell::new(0u32));
    let lists = prop::collection::vec(seed(), 1..14);
    let touches = prop::collection::vec((any::<u8>(), any::<u8>()), 0..60);
    let mut runner = TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    runner
        .run(&(lists, touches), |(seeds, touches)| {
            let list = made(&seeds);
            let mut state = Filling::begin(&list);
            let mut stored = state.clone();
            let check = |state: &Filling, response: &Response| {
                submitted.set(submitted.get() + 1);
                kept_back.set(kept_back.get() + u32::from(check_response(&list, state, response)));
            };
            for touch in touches {
                let event = event(&list, &state, touch);
                let before = state.given.clone();
                let answers = matches!(event, Event::Answer(_) | Event::DontKnow | Event::Clear);
                let (next, effect) = update(&list, state, event.clone());
                // What goes on from the stored state goes on equal.
                let restored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
                prop_assert_eq!(&update(&list, restored, event), &(next.clone(), effect.clone()));
                prop_assert!(answers || next.given == before, "moving about changed an answer");
                match effect {
                    Some(Effect::StoreDraft) => {
                        prop_assert_eq!(Filling::take_up(&list, next.clone()), Ok(next.clone()));
                    }
                    Some(Effect::Submit(response)) => check(&next, &response),
                    None => prop_assert_eq!(&next.given, &before, "a change is not stored"),
                }
                state = if next.stage == Stage::Submitting { update(&list, next, Event::NotStored).0 } else { next };
                stored = state.clone();
            }
            let (state, response) = finish(&list, state);
            check(&state, &response);
            Ok(())
        })
        .unwrap();
    // The test means something only where answers are kept back.
    assert!(kept_back.get() * 20 > submitted.get(), "{} of {}", kept_back.get(), submitted.get());
}

#[test]
fn every_step_is_met_on_the_way_and_going_back_meets_them_again() {
    proptest!(|(seeds in prop::collection::vec(seed(), 1..14))| {
        let list = made(&seeds);
        let wanted = steps(&list, &Filling::begin(&list).given);
        let mut state = Filling::begin(&list);
        let mut met = Vec::new();
        while let Stage::Asking { at, .. } = &state.stage {
            met.push(at.0.clone());
            prop_assert!(met.len() <= wanted.len());
            state = update(&list, state, Event::Next).0;
        }
        prop_assert_eq!(&met, &wanted);
        let mut again = Vec::new();
        for _ in &wanted {
            state = update(&list, state, Event::Back).0;
            let Stage::Asking { at, .. } = &state.stage else { panic!("{state:?}") };
            again.insert(0, at.0.clone());
        }
        prop_assert_eq!(&again, &wanted);
        prop_assert_eq!(state, Filling::begin(&list));
    });
}
