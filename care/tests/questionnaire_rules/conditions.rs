//! What is asked, by what has been answered.

use dagsform_care::questionnaire::{
    Behavior, Bounds, Condition, EnableWhen,
    Operator::{self, *},
};

use super::*;

fn when(question: &str, operator: Operator, with: Answer) -> EnableWhen {
    EnableWhen { question: question.into(), condition: Condition::Compare(operator, with) }
}

fn exists(question: &str, wanted: bool) -> EnableWhen {
    EnableWhen { question: question.into(), condition: Condition::Exists(wanted) }
}

fn if_all(item: Item, enable_when: Vec<EnableWhen>) -> Item {
    Item { enable_when, ..item }
}

fn if_any(item: Item, enable_when: Vec<EnableWhen>) -> Item {
    Item { enable_when, enable_behavior: Behavior::Any, ..item }
}

/// Whether `then` is asked on a condition, with these answers to `q`.
fn asked(question: &Item, condition: EnableWhen, answers: &[Answer]) -> bool {
    let list = checked(vec![question.clone(), if_all(yes_or_no("then"), vec![condition])]);
    let mut given = AllGiven::new();
    if !answers.is_empty() {
        given.insert("q".into(), Given::Answers(answers.to_vec()));
    }
    steps(&list, &given).contains(&"then".to_owned())
}

#[test]
fn every_operator_holds_of_the_answers_it_is_defined_for() {
    use Answer::{Boolean, Decimal, Integer};
    let text = |words: &str| Answer::Text(words.into());
    let several = |item: Item| Item { repeats: true, ..item };
    let decimal = item("q", ItemKind::Decimal(Number::default()));
    let date = item("q", ItemKind::Date(Bounds::default()));
    let open = item("q", ItemKind::OpenChoice(options(&["a", "b"])));
    let date_time = item("q", ItemKind::DateTime(Bounds::default()));
    let clock = item("q", ItemKind::Time(Bounds::default()));
    let at = |text: &str| Answer::DateTime(instant(text));
    let years = item("q", ItemKind::Choice(vec![option(Integer(1)), option(Integer(2))]));
    // The operator, the answer it compares with, the answers given, and whether it holds.
    type Row = (Operator, Answer, Vec<Answer>, bool);
    let rows: Vec<(Item, Vec<Row>)> = vec![
        (
            yes_or_no("q"),
            vec![
                (Equal, Boolean(true), vec![Boolean(true)], true),
                (Equal, Boolean(true), vec![Boolean(false)], false),
                (Equal, Boolean(false), vec![], false),
                (NotEqual, Boolean(true), vec![Boolean(true)], false),
                (NotEqual, Boolean(true), vec![Boolean(false)], true),
                (NotEqual, Boolean(true), vec![], true),
            ],
        ),
        (
            choice("q", &["a", "b"]),
            vec![
                (Equal, coded("a"), vec![coded("a")], true),
                (Equal, coded("a"), vec![coded("b")], false),
                (NotEqual, coded("a"), vec![coded("b")], true),
                (NotEqual, coded("a"), vec![coded("a")], false),
            ],
        ),
        (
            several(choice("q", &["a", "b", "c"])),
            vec![
                (Equal, coded("b"), vec![coded("a"), coded("b")], true),
                (NotEqual, coded("b"), vec![coded("a"), coded("b")], false),
                (NotEqual, coded("c"), vec![coded("a"), coded("b")], true),
            ],
        ),
        (
            open,
            vec![
                (Equal, coded("a"), vec![coded("a")], true),
                (Equal, text("mine"), vec![text("mine")], true),
                (NotEqual, coded("a"), vec![text("a")], true),
            ],
        ),
        (
            years,
            vec![(Greater, Integer(1), vec![Integer(2)], true), (LessOrEqual, Integer(1), vec![Integer(2)], false)],
        ),
        (
            integer("q"),
            vec![
                (Equal, Integer(5), vec![Integer(5)], true),
                (NotEqual, Integer(5), vec![Integer(4)], true),
                (Greater, Integer(5), vec![Integer(6)], true),
                (Greater, Integer(5), vec![Integer(5)], false),
                (Greater, Integer(5), vec![], false),
                (Less, Integer(5), vec![Integer(4)], true),
                (Less, Integer(5), vec![Integer(5)], false),
                (Less, Integer(5), vec![], false),
                (GreaterOrEqual, Integer(5), vec![Integer(5)], true),
                (GreaterOrEqual, Integer(5), vec![Integer(4)], false),
                (LessOrEqual, Integer(5), vec![Integer(5)], true),
                (LessOrEqual, Integer(5), vec![Integer(6)], false),
            ],
        ),
        (
            several(integer("q")),
            vec![
                (Greater, Integer(5), vec![Integer(1), Integer(9)], true),
                (Less, Integer(5), vec![Integer(1), Integer(9)], true),
                (Less, Integer(1), vec![Integer(1), Integer(9)], false),
            ],
        ),
        (
            decimal,
            vec![
                (Equal, Decimal(d("5.0")), vec![Decimal(d("5.00"))], true),
                (NotEqual, Decimal(d("5.0")), vec![Decimal(d("5"))], false),
                (Greater, Decimal(d("5.0")), vec![Decimal(d("5.01"))], true),
                (GreaterOrEqual, Decimal(d("5.0")), vec![Decimal(d("5"))], true),
                (Less, Decimal(d("5.0")), vec![Decimal(d("4.9"))], true),
                (LessOrEqual, Decimal(d("5.0")), vec![Decimal(d("5.1"))], false),
            ],
        ),
        (
            weight("q"),
            vec![
                (Equal, kilograms("82"), vec![kilograms("82.0")], true),
                (Greater, kilograms("82"), vec![kilograms("82.1")], true),
                (LessOrEqual, kilograms("82"), vec![kilograms("82.1")], false),
                // Another unit is neither more nor less.
                (Greater, kilograms("82"), vec![Answer::Quantity { value: d("82100"), unit: coding("g") }], false),
                (NotEqual, kilograms("82"), vec![Answer::Quantity { value: d("82"), unit: coding("g") }], true),
            ],
        ),
        (
            line("q"),
            vec![
                (Equal, text("gul"), vec![text("gul")], true),
                (Equal, text("gul"), vec![text("Gul")], false),
                (NotEqual, text("gul"), vec![text("grønn")], true),
            ],
        ),
        (
            date,
            vec![
                (Equal, day("2026-11-23"), vec![day("2026-11-23")], true),
                (NotEqual, day("2026-11-23"), vec![day("2026-11-24")], true),
                (Greater, day("2026-11-23"), vec![day("2026-11-24")], true),
                (Less, day("2026-11-23"), vec![day("2026-11-23")], false),
                (GreaterOrEqual, day("2026-11-23"), vec![day("2026-11-23")], true),
                (LessOrEqual, day("2026-11-23"), vec![day("2026-11-24")], false),
            ],
        ),
        (
            date_time,
            vec![
                (Equal, at("2026-11-23T08:00:00+01:00"), vec![at("2026-11-23T07:00:00Z")], true),
                (NotEqual, at("2026-11-23T08:00:00+01:00"), vec![at("2026-11-23T08:00:00Z")], true),
                (Greater, at("2026-11-23T08:00:00+01:00"), vec![at("2026-11-23T08:00:00Z")], true),
                (LessOrEqual, at("2026-11-23T08:00:00+01:00"), vec![at("2026-11-23T08:00:00Z")], false),
            ],
        ),
        (
            clock,
            vec![
                (Equal, time("08:00:00"), vec![time("08:00:00")], true),
                (Less, time("08:00:00"), vec![time("07:59:00")], true),
                (GreaterOrEqual, time("08:00:00"), vec![time("07:59:00")], false),
            ],
        ),
    ];
    for (question, rows) in rows {
        for wanted in [true, false] {
            assert_eq!(asked(&question, exists("q", wanted), &[]), !wanted);
            assert_eq!(asked(&question, exists("q", wanted), &rows[0].2), wanted);
        }
        for (operator, with, answers, holds) in rows {
            let condition = when("q", operator, with.clone());
            assert_eq!(asked(&question, condition, &answers), holds, "{answers:?} {operator:?} {with:?}");
        }
    }
}

#[test]
fn all_conditions_hold_or_any_as_the_item_says() {
    let yes = || Answer::Boolean(true);
    let both = || vec![when("a", Equal, yes()), when("b", Equal, yes())];
    for (a, b, all, any) in
        [(true, true, true, true), (true, false, false, true), (false, true, false, true), (false, false, false, false)]
    {
        let list = checked(vec![
            yes_or_no("a"),
            yes_or_no("b"),
            if_all(yes_or_no("all"), both()),
            if_any(yes_or_no("any"), both()),
        ]);
        let steps = steps(&list, &given([("a", Answer::Boolean(a)), ("b", Answer::Boolean(b))]));
        assert_eq!((steps.contains(&"all".into()), steps.contains(&"any".into())), (all, any), "{a} {b}");
    }
}

#[test]
fn dont_know_is_no_answer_to_a_condition() {
    let list = checked(vec![
        yes_or_no("q"),
        if_all(yes_or_no("answered"), vec![exists("q", true)]),
        if_all(yes_or_no("not answered"), vec![exists("q", false)]),
        if_all(yes_or_no("not yes"), vec![when("q", NotEqual, Answer::Boolean(true))]),
    ]);
    let given = [("q".into(), Given::DontKnow)].into();
    assert_eq!(steps(&list, &given), ["q", "not answered", "not yes"]);
}

#[test]
fn an_answer_to_what_is_no_longer_asked_holds_for_nothing() {
    let yes = || Answer::Boolean(true);
    let list = checked(vec![
        yes_or_no("a"),
        if_all(yes_or_no("b"), vec![when("a", Equal, yes())]),
        if_all(yes_or_no("c"), vec![when("b", Equal, yes())]),
    ]);
    let answers = |a| given([("a", Answer::Boolean(a)), ("b", yes()), ("c", yes())]);
    assert_eq!(steps(&list, &answers(true)), ["a", "b", "c"]);
    assert_eq!(steps(&list, &answers(false)), ["a"]);
    let sent = list.answered(&answers(false));
    assert_eq!(sent.len(), 1);
}

#[test]
fn a_condition_may_look_ahead_and_at_a_score() {
    let sum = super::scores::sum_of(&["x", "y"]);
    let list = checked(vec![
        if_all(words("first"), vec![exists("x", true)]),
        scale("x", 4),
        scale("y", 4),
        super::scores::reckoned("sum", sum, vec![]),
        if_all(yes_or_no("high"), vec![when("sum", GreaterOrEqual, Answer::Decimal(d("6")))]),
    ]);
    assert_eq!(steps(&list, &AllGiven::new()), ["x", "y"]);
    assert_eq!(steps(&list, &given([("x", coded("4")), ("y", coded("1"))])), ["first", "x", "y"]);
    assert_eq!(steps(&list, &given([("x", coded("4")), ("y", coded("2"))])), ["first", "x", "y", "high"]);
}

#[test]
fn what_stands_below_is_asked_with_what_it_stands_below() {
    let mut upper = yes_or_no("upper");
    upper.items = vec![words("help"), line("lower")];
    let list = checked(vec![
        yes_or_no("a"),
        if_all(group("g", vec![words("alone"), upper]), vec![when("a", Equal, Answer::Boolean(true))]),
    ]);
    assert_eq!(steps(&list, &given([("a", Answer::Boolean(false)), ("upper", Answer::Boolean(true))])), ["a"]);
    assert_eq!(steps(&list, &given([("a", Answer::Boolean(true))])), ["a", "alone", "upper"]);
    // The words below a question are shown with it; the question below it is asked once there is an answer.
    let answered = given([("a", Answer::Boolean(true)), ("upper", Answer::Boolean(false))]);
    assert_eq!(steps(&list, &answered), ["a", "alone", "upper", "lower"]);
    let way: Vec<_> = list.way_to(&"lower".into()).into_iter().map(|item| item.link_id.0.as_str()).collect();
    assert_eq!(way, ["g", "upper", "lower"]);
}

#[test]
fn the_words_below_a_question_are_shown_with_it_before_it_is_answered() {
    let help = if_all(words("praise"), vec![when("q", Equal, Answer::Boolean(true))]);
    let hidden = Item { hidden: true, ..words("hidden") };
    let list = checked(vec![Item { items: vec![words("help"), help, hidden], ..yes_or_no("q") }, words("alone")]);
    let shown = |name: &str, given: &AllGiven| -> Vec<String> {
        list.words_with(&name.into(), given).into_iter().map(|item| item.link_id.0.clone()).collect()
    };
    assert_eq!(shown("q", &AllGiven::new()), ["help"]);
    assert_eq!(shown("q", &given([("q", Answer::Boolean(true))])), ["help", "praise"]);
    assert_eq!(shown("alone", &AllGiven::new()), [""; 0]);
}

#[test]
fn what_is_hidden_or_read_only_is_not_asked_and_holds_what_it_came_with() {
    let yes = vec![Answer::Boolean(true)];
    let list = checked(vec![
        Item { hidden: true, ..group("g", vec![Item { initial: yes.clone(), ..yes_or_no("hidden") }]) },
        Item { read_only: true, initial: yes, required: true, ..yes_or_no("fixed") },
        if_all(yes_or_no("a"), vec![when("hidden", Equal, Answer::Boolean(true))]),
        if_all(yes_or_no("b"), vec![when("fixed", NotEqual, Answer::Boolean(true))]),
    ]);
    // Nothing that was given to them counts.
    let tried = given([("hidden", Answer::Boolean(false)), ("fixed", Answer::Boolean(false))]);
    assert_eq!(steps(&list, &tried), ["a"]);
    assert_eq!(list.missing(&tried), []);
    let sent = list.answered(&tried);
    assert_eq!(sent[0].items[0].given, Some(Given::Answers(vec![Answer::Boolean(true)])));
    assert_eq!(sent[1].given, Some(Given::Answers(vec![Answer::Boolean(true)])));
}

#[test]
fn of_a_required_group_one_question_is_answered() {
    let list = checked(vec![
        Item { required: true, ..group("g", vec![words("w"), line("x"), line("y")]) },
        group("h", vec![line("z")]),
    ]);
    assert_eq!(list.missing(&AllGiven::new()), ["x".into()]);
    assert_eq!(list.missing(&given([("z", Answer::Text("a".into()))])), ["x".into()]);
    assert_eq!(list.missing(&given([("y", Answer::Text("a".into()))])), []);
    assert_eq!(list.missing(&[("y".into(), Given::DontKnow)].into()), []);
}
