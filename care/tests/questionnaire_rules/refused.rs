//! What is refused when a questionnaire arrives, by the item's name and why.

use dagsform_care::questionnaire::{
    Band, Bounds, Condition, EnableWhen, Media, MediaSource, Operator, Slider, Sum, Summed,
};

use super::{
    scores::{reckoned, sum_of},
    *,
};

fn refusals(questionnaire: Questionnaire) -> Vec<String> {
    match questionnaire.check() {
        Ok(_) => Vec::new(),
        Err(refused) => refused.0.iter().map(ToString::to_string).collect(),
    }
}

fn compares(item: Item, question: &str, operator: Operator, with: Answer) -> Item {
    let condition = Condition::Compare(operator, with);
    Item { enable_when: vec![EnableWhen { question: question.into(), condition }], ..item }
}

fn asks_whether(name: &str, question: &str) -> Item {
    let condition = Condition::Exists(true);
    Item { enable_when: vec![EnableWhen { question: question.into(), condition }], ..yes_or_no(name) }
}

fn slider(min: Option<&str>, max: Option<&str>, step: &str) -> Item {
    let bounds = Bounds { min: min.map(d), max: max.map(d) };
    let slider = Some(Slider { step: d(step), low: Some(Text::plain("none")), high: Some(Text::plain("worst")) });
    item("x", ItemKind::Integer(Number { bounds, slider, ..Number::default() }))
}

fn span(min: &str, max: &str) -> Item {
    let bounds = Bounds { min: Some(d(min)), max: Some(d(max)) };
    item("x", ItemKind::Decimal(Number { bounds, ..Number::default() }))
}

fn bounded_weight(units: &[&str]) -> Item {
    let number = Number { bounds: Bounds { min: Some(d("0")), max: None }, ..Number::default() };
    let units = units.iter().map(|unit| QuantityUnit { coding: coding(unit), text: Text::plain("unit") }).collect();
    item("x", ItemKind::Quantity { number, units })
}

fn picture(content_type: &str, source: MediaSource) -> Item {
    Item { media: Some(Media { content_type: content_type.into(), title: None, source }), ..yes_or_no("x") }
}

fn times(sum: Sum, times: &str) -> Sum {
    Sum { times: d(times), ..sum }
}

fn bands(bands: &[(&str, &str, Option<&str>)]) -> Vec<Item> {
    let band =
        |(name, from, to): &(&str, &str, Option<&str>)| Band { name: Text::plain(*name), from: d(from), to: to.map(d) };
    vec![scale("a", 4), reckoned("x", sum_of(&["a"]), bands.iter().map(band).collect())]
}

fn with_options(change: impl FnOnce(&mut Vec<ChoiceOption>)) -> Item {
    let mut all = options(&["a", "b"]);
    change(&mut all);
    item("x", ItemKind::Choice(all))
}

#[test]
fn an_item_that_cannot_be_asked_is_refused_by_name() {
    let yes = || Answer::Boolean(true);
    let integer_sum = |name, sum| Item { kind: ItemKind::Integer(Number::default()), ..reckoned(name, sum, vec![]) };
    let rows: Vec<(Vec<Item>, &str)> = vec![
        // Groups and words.
        (vec![group("x", vec![])], "a group has items, and this has none"),
        (vec![Item { repeats: true, ..group("x", vec![line("a")]) }], "a group that repeats is not supported"),
        (vec![Item { initial: vec![yes()], ..group("x", vec![line("a")]) }], "a group has no value"),
        (vec![Item { text: None, ..words("x") }], "there is nothing to show"),
        (vec![Item { required: true, ..words("x") }], "words to read are neither required nor repeated nor read-only"),
        (vec![Item { initial: vec![yes()], ..words("x") }], "words to read have no value"),
        (vec![Item { items: vec![line("a")], ..words("x") }], "words to read have no items below them"),
        // Questions.
        (vec![Item { text: None, ..line("x") }], "there is no text to ask with"),
        (
            vec![Item { repeats: true, items: vec![line("a")], ..line("x") }],
            "a question that repeats with questions below it is not supported",
        ),
        (vec![Item { repeats: true, ..yes_or_no("x") }], "yes or no is answered once, and it repeats"),
        (vec![Item { required: true, read_only: true, ..line("x") }], "it is required, and no one can answer it"),
        (
            vec![Item { hidden: true, ..group("g", vec![Item { required: true, ..line("x") }]) }],
            "it is required, and no one can answer it",
        ),
        (
            vec![Item { initial: vec![Answer::Integer(1)], ..yes_or_no("x") }],
            "its initial value does not fit: the answer is not of the question's type",
        ),
        (
            vec![Item { initial: vec![yes(), yes()], ..yes_or_no("x") }],
            "its initial value does not fit: the question takes one answer",
        ),
        // Options.
        (vec![choice("x", &[])], "there are no options to choose from"),
        (vec![item("x", ItemKind::OpenChoice(vec![]))], "there are no options to choose from"),
        (vec![choice("x", &["a", "b", "a"])], "the option 'An option' stands twice"),
        (vec![choice("x", &["a", ""])], "the option 'An option' has no code"),
        (vec![with_options(|all| all[1].text = Text::plain(""))], "option 2 has no text"),
        (vec![with_options(|all| all[1].value = yes())], "the value of the option 'An option' is not supported"),
        (
            vec![with_options(|all| all[1].ordinal = Some(d("1E90")))],
            "the ordinal value of the option 'An option' is not supported",
        ),
        // Bounds.
        (vec![span("10", "1")], "its least 10 is more than its greatest 1"),
        (vec![slider(Some("1"), None, "1")], "a slider has a least and a greatest"),
        (vec![slider(Some("1"), Some("10"), "0")], "the slider's step 0 is not more than zero"),
        (vec![slider(Some("1"), Some("10"), "20")], "the slider's step is more than its whole length"),
        (vec![span("1", "1E90")], "a bound of so many digits is not supported"),
        (
            vec![item("x", ItemKind::Date(Bounds { min: "2026-02-01".parse().ok(), max: "2026-01-01".parse().ok() }))],
            "its first 2026-02-01 is after its last 2026-01-01",
        ),
        (vec![item("x", ItemKind::String { max_length: Some(0) })], "it takes words of no length"),
        (vec![bounded_weight(&[])], "a least or a greatest without one unit for it is not supported"),
        (vec![bounded_weight(&["kg", "g"])], "a least or a greatest without one unit for it is not supported"),
        (vec![bounded_weight(&[""])], "one of its units has no code"),
        // Pictures.
        (vec![picture("image/png", MediaSource::Data(vec![]))], "its picture, sound or film is empty"),
        (vec![picture("image/png", MediaSource::Url(" ".into()))], "its picture, sound or film is empty"),
        (vec![picture("", MediaSource::Data(vec![1]))], "its picture, sound or film has no media type"),
        // Conditions.
        (vec![asks_whether("x", "y")], "its condition names 'y', which is not there"),
        (vec![group("g", vec![line("a")]), asks_whether("x", "g")], "its condition names 'g', which is no question"),
        (vec![words("w"), asks_whether("x", "w")], "its condition names 'w', which is no question"),
        (
            vec![yes_or_no("a"), compares(line("x"), "a", Operator::Equal, Answer::Integer(1))],
            "its condition compares 'a' with an answer of another type",
        ),
        (
            vec![choice("a", &["a"]), compares(line("x"), "a", Operator::Equal, Answer::Text("a".into()))],
            "its condition compares 'a' with an answer of another type",
        ),
        (
            vec![
                weight("a"),
                compares(
                    line("x"),
                    "a",
                    Operator::Greater,
                    Answer::Quantity { value: d("180"), unit: coding("[lb_av]") },
                ),
            ],
            "its condition compares 'a' with an answer of another type",
        ),
        (
            vec![yes_or_no("a"), compares(line("x"), "a", Operator::Greater, yes())],
            "the answers to 'a' are neither more nor less than others",
        ),
        (
            vec![choice("a", &["a"]), compares(line("x"), "a", Operator::Less, coded("a"))],
            "the answers to 'a' are neither more nor less than others",
        ),
        (
            vec![choice("a", &["a"]), compares(line("x"), "a", Operator::Equal, coded("z"))],
            "its condition names an answer that 'a' cannot have",
        ),
        // Sums.
        (vec![reckoned("x", sum_of(&["y"]), vec![])], "its sum names 'y', which is not there"),
        (vec![line("a"), reckoned("x", sum_of(&["a"]), vec![])], "its sum names 'a', which is no number"),
        (vec![choice("a", &["a"]), reckoned("x", sum_of(&["a"]), vec![])], "its sum names 'a', which is no number"),
        (vec![reckoned("x", sum_of(&[]), vec![])], "its sum adds nothing, or something twice"),
        (vec![integer("a"), reckoned("x", sum_of(&["a", "a"]), vec![])], "its sum adds nothing, or something twice"),
        (
            vec![choice("a", &["a"]), reckoned("x", Sum { of: Summed::AllChoices, times: d("1") }, vec![])],
            "its sum adds the choices, and none has ordinal values",
        ),
        (vec![integer("a"), reckoned("x", times(sum_of(&["a"]), "0"), vec![])], "a sum times 0 is not supported"),
        (
            vec![integer("a"), integer_sum("x", times(sum_of(&["a"]), "1.25"))],
            "its sum need not be whole, and it is an integer",
        ),
        (
            vec![integer("a"), Item { kind: ItemKind::Boolean, ..reckoned("x", sum_of(&["a"]), vec![]) }],
            "a sum in an item that is not a number is not supported",
        ),
        (
            vec![integer("a"), Item { repeats: true, ..reckoned("x", sum_of(&["a"]), vec![]) }],
            "a sum is one number, and it repeats",
        ),
        (
            vec![
                integer("a"),
                Item { initial: vec![Answer::Decimal(d("1"))], ..reckoned("x", sum_of(&["a"]), vec![]) },
            ],
            "it has an initial value and is reckoned",
        ),
        (bands(&[("", "0", None)]), "a band of its sum has no name"),
        (bands(&[("low", "9", Some("1"))]), "the band 'low' ends before it begins"),
        (
            bands(&[("low", "0", Some("16")), ("high", "16", None)]),
            "the bands 'low' and 'high' meet or are not in order",
        ),
        (bands(&[("low", "0", None), ("high", "16", None)]), "the bands 'low' and 'high' meet or are not in order"),
        (bands(&[("low", "0", Some("16")), ("high", "40", None)]), "between the bands 'low' and 'high' is a gap"),
    ];
    for (items, why) in rows {
        assert_eq!(refusals(questionnaire(items)), [format!("item 'x': {why}")]);
    }
}

#[test]
fn a_name_that_is_empty_or_stands_twice_is_refused() {
    let twice = questionnaire(vec![line("a"), group("g", vec![line("b"), yes_or_no("a")])]);
    assert_eq!(refusals(twice), ["item 'a': the linkId stands twice"]);
    assert_eq!(refusals(questionnaire(vec![line(" ")])), ["item ' ': an item has no linkId"]);
}

#[test]
fn what_depends_on_itself_is_refused_and_what_merely_depends_on_that_is_not_named() {
    let circle = "whether it is asked, or what it is, depends on itself";
    let scored =
        |name: &str, question: &str| compares(scale(name, 4), question, Operator::Greater, Answer::Decimal(d("3")));
    let mut upper = yes_or_no("upper");
    upper.items = vec![yes_or_no("lower")];
    upper.enable_when = asks_whether("", "lower").enable_when;
    let of_all = Sum { of: Summed::AllChoices, times: d("1") };
    for (items, named) in [
        (vec![asks_whether("a", "a")], &["a"][..]),
        (vec![asks_whether("a", "b"), asks_whether("b", "a"), asks_whether("c", "b")], &["a", "b"]),
        (vec![line("z"), upper], &["upper", "lower"]),
        (vec![Item { enable_when: asks_whether("", "a").enable_when, ..group("g", vec![line("a")]) }], &["g", "a"]),
        (vec![scored("a", "sum"), reckoned("sum", of_all, vec![])], &["a", "sum"]),
    ] {
        let wanted: Vec<String> = named.iter().map(|name| format!("item '{name}': {circle}")).collect();
        assert_eq!(refusals(questionnaire(items)), wanted);
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let items = vec![choice("a", &[]), asks_whether("b", "z"), Item { repeats: true, ..group("c", vec![line("d")]) }];
    let refused = questionnaire(items).check().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "item 'a': there are no options to choose from; item 'b': its condition names 'z', which is not there; \
         item 'c': a group that repeats is not supported"
    );
}

#[test]
fn the_whole_has_an_address_items_and_a_size_for_a_person() {
    let mut nameless = questionnaire(vec![line("a")]);
    nameless.canonical.url.clear();
    assert_eq!(refusals(nameless), ["the questionnaire: it has no address to be known by"]);
    let mut unversioned = questionnaire(vec![line("a")]);
    unversioned.canonical.version = None;
    assert_eq!(refusals(unversioned.clone()), [""; 0]);
    unversioned.standard = true;
    assert_eq!(refusals(unversioned), ["the questionnaire: a standard list has a version, and this has none"]);
    assert_eq!(refusals(questionnaire(vec![])), ["the questionnaire: it has no items"]);
    let many = (0..1001).map(|n| line(&n.to_string())).collect();
    assert_eq!(refusals(questionnaire(many)), ["the questionnaire: a list of more than 1000 items is not supported"]);
    let deep = (0..18).fold(line("a"), |below, n| group(&format!("g{n}"), vec![below]));
    assert_eq!(
        refusals(questionnaire(vec![deep])),
        ["the questionnaire: an item below more than 16 others is not supported"]
    );
}

#[test]
fn a_standard_list_is_not_altered_within_its_version() {
    let known = Questionnaire { standard: true, ..questionnaire(vec![line("a")]) };
    let altered = Questionnaire { items: vec![line("a"), line("b")], ..known.clone() };
    assert_eq!(known.check_unaltered(&known), Ok(()));
    assert_eq!(
        altered.check_unaltered(&known).unwrap_err().to_string(),
        "the questionnaire: the standard list https://example.org/list|1 is here already and differs; \
         a change needs a new version"
    );
    // Nor by calling it one's own.
    let own = Questionnaire { standard: false, ..altered.clone() };
    assert!(own.check_unaltered(&known).is_err());
    let mut newer = altered.clone();
    newer.canonical.version = Some("2".into());
    assert_eq!(newer.check_unaltered(&known), Ok(()));
    // A patient's own questions may change.
    let before = Questionnaire { standard: false, ..known };
    assert_eq!(own.check_unaltered(&before), Ok(()));
}

#[test]
fn all_that_is_supported_is_taken_and_survives_being_stored() {
    let mut translated = choice("c", &["a", "b"]);
    translated.text = Some(Text {
        own: "Har du hostet?".into(),
        language: Some("nb".into()),
        translations: [("en".to_owned(), "Have you coughed?".to_owned())].into(),
    });
    let all = Questionnaire {
        title: Some(Text::plain("A list")),
        standard: true,
        ..questionnaire(vec![
            words("w"),
            group(
                "g",
                vec![
                    yes_or_no("b"),
                    translated,
                    item("o", ItemKind::OpenChoice(options(&["a"]))),
                    integer("i"),
                    item("d", ItemKind::Decimal(Number { unit: Some(Text::plain("mg")), ..Number::default() })),
                    weight("q"),
                    line("s"),
                    item("t", ItemKind::Text { max_length: Some(500) }),
                    item("e", ItemKind::Date(Bounds { min: "2026-01-01".parse().ok(), max: None })),
                    item(
                        "h",
                        ItemKind::DateTime(Bounds { min: Some(instant("2026-01-01T00:00:00+01:00")), max: None }),
                    ),
                    item("k", ItemKind::Time(Bounds { min: None, max: "23:00:00".parse().ok() })),
                    slider(Some("0"), Some("100"), "1"),
                    picture("image/png", MediaSource::Data(vec![1, 2])),
                ]
                .into_iter()
                .enumerate()
                .map(|(n, item)| Item { link_id: format!("g{n}").as_str().into(), ..item })
                .collect(),
            ),
            scale("p", 4),
            reckoned("score", sum_of(&["p"]), vec![]),
        ])
    };
    assert_eq!(refusals(all.clone()), [""; 0]);
    let stored = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Questionnaire>(&stored).unwrap(), all);
}
