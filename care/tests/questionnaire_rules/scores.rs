//! Sums and their bands.

use dagsform_care::questionnaire::{Band, Condition, EnableWhen, Score, Scoring, Sum, Summed, Variables};

use super::*;

pub(super) fn sum_of(names: &[&str]) -> Sum {
    Sum { of: Summed::Items(names.iter().map(|name| (*name).into()).collect()), times: d("1") }
}

pub(super) fn reckoned(name: &str, sum: Sum, bands: Vec<Band>) -> Item {
    Item { calculated: Some(Scoring { sum, bands }), ..item(name, ItemKind::Decimal(Number::default())) }
}

fn band(name: &str, from: &str, to: Option<&str>) -> Band {
    Band { name: Text::plain(name), from: d(from), to: to.map(d) }
}

/// The structure of PAID (Problem Areas in Diabetes) without its licensed texts: twenty items of 0 to 4, the sum
/// times 1.25, and its bands.
fn paid() -> Checked {
    let expression = "%resource.repeat(item).answer.value.ordinal().sum() * 1.25";
    let sum = Sum::parse(expression, &Variables::new()).unwrap();
    let bands = vec![band("low", "0", Some("16")), band("moderate", "17", Some("39")), band("high", "40", None)];
    let questions = (1..=20).map(|n| scale(&format!("q{n}"), 4)).collect();
    checked(vec![group("all", questions), reckoned("score", sum, bands)])
}

/// Answers whose ordinal values are these, in order.
fn answered(ordinals: &[u8]) -> AllGiven {
    let one = |(place, ordinal): (usize, &u8)| {
        (format!("q{}", place + 1).as_str().into(), Given::Answers(vec![coded(&ordinal.to_string())]))
    };
    ordinals.iter().enumerate().map(one).collect()
}

/// Twenty ordinal values with this sum.
fn ordinals(sum: u8) -> Vec<u8> {
    (0..20).map(|place| sum.saturating_sub(place * 4).min(4)).collect()
}

#[test]
fn paid_is_the_sum_times_one_and_a_quarter_with_its_bands() {
    for (sum, value, name) in [
        (0, "0", "low"),
        (1, "1.25", "low"),
        (12, "15", "low"),
        // Above 16 and not yet 17.
        (13, "16.25", "low"),
        (14, "17.5", "moderate"),
        (31, "38.75", "moderate"),
        (32, "40", "high"),
        (80, "100", "high"),
    ] {
        let ordinals = ordinals(sum);
        assert_eq!(ordinals.iter().sum::<u8>(), sum);
        let scores = paid().scores(&answered(&ordinals));
        assert_eq!(scores.len(), 1);
        assert_eq!(scores[0].item, "score".into());
        assert_eq!(scores[0].value.compare(d(value)), std::cmp::Ordering::Equal, "{sum}: {}", scores[0].value);
        assert_eq!(scores[0].band, Some(Text::plain(name)), "{sum}");
    }
}

#[test]
fn a_sum_that_lacks_an_answer_is_no_sum() {
    let whole = answered(&ordinals(40));
    assert_eq!(paid().scores(&AllGiven::new()), []);
    let mut lacks = whole.clone();
    lacks.remove(&"q7".into());
    assert_eq!(paid().scores(&lacks), []);
    let mut unknown = whole;
    unknown.insert("q7".into(), Given::DontKnow);
    assert_eq!(paid().scores(&unknown), []);
    // The answers themselves are sent all the same.
    let sent = paid().answered(&unknown);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].items.len(), 20);
    assert_eq!(sent[0].items[6].given, Some(Given::DontKnow));
}

#[test]
fn the_score_is_an_answer_too() {
    let sent = paid().answered(&answered(&ordinals(13)));
    assert_eq!(sent[1].link_id, "score".into());
    assert_eq!(sent[1].given, Some(Given::Answers(vec![Answer::Decimal(d("16.25"))])));
}

#[test]
fn a_sum_adds_numbers_and_ordinal_values_of_what_is_asked() {
    let rare = Item {
        enable_when: vec![EnableWhen { question: "n".into(), condition: Condition::Exists(false) }],
        ..integer("rare")
    };
    let several = Item { repeats: true, ..scale("c", 4) };
    let list = checked(vec![integer("n"), several, rare, reckoned("sum", sum_of(&["n", "c", "rare"]), vec![])]);
    let mut given = given([("n", Answer::Integer(-3))]);
    given.insert("c".into(), Given::Answers(vec![coded("1"), coded("4")]));
    assert_eq!(list.scores(&given), [Score { item: "sum".into(), value: d("2"), band: None }]);
}

#[test]
fn an_option_without_a_value_makes_no_sum() {
    let mut pain = scale("pain", 2);
    let ItemKind::Choice(options) = &mut pain.kind else { panic!("a scale is a choice") };
    options.push(option(coded("not applicable")));
    let list = checked(vec![pain, reckoned("sum", sum_of(&["pain"]), vec![])]);
    assert_eq!(list.scores(&given([("pain", coded("2"))])).len(), 1);
    assert_eq!(list.scores(&given([("pain", coded("not applicable"))])), []);
}

#[test]
fn a_required_sum_that_cannot_be_reckoned_holds_nothing_up() {
    let sum = Item { required: true, ..reckoned("sum", sum_of(&["a"]), vec![]) };
    let list = checked(vec![Item { required: true, ..scale("a", 4) }, sum]);
    assert_eq!(list.missing(&AllGiven::new()), ["a".into()]);
    assert_eq!(list.missing(&[("a".into(), Given::DontKnow)].into()), []);
}

#[test]
fn the_choices_at_the_top_are_told_from_all() {
    for (of, value) in [(Summed::AllChoices, "5"), (Summed::TopChoices, "2")] {
        let sum = Sum { of, times: d("1") };
        let list = checked(vec![
            scale("a", 4),
            group("g", vec![scale("b", 4)]),
            choice("c", &["x"]),
            reckoned("sum", sum, vec![]),
        ]);
        let scores = list.scores(&given([("a", coded("2")), ("b", coded("3"))]));
        assert_eq!(scores[0].value, d(value));
    }
}

#[test]
fn a_sum_is_written_in_the_type_of_its_item() {
    let unit = QuantityUnit { coding: coding("{score}"), text: Text::plain("points") };
    for (kind, answer) in [
        (ItemKind::Integer(Number::default()), Answer::Integer(3)),
        (ItemKind::Decimal(Number::default()), Answer::Decimal(d("3"))),
        (
            ItemKind::Quantity { number: Number::default(), units: vec![unit.clone()] },
            Answer::Quantity { value: d("3"), unit: unit.coding.clone() },
        ),
    ] {
        let sum = Item { kind, ..reckoned("sum", sum_of(&["a"]), vec![]) };
        let sent = checked(vec![scale("a", 4), sum]).answered(&given([("a", coded("3"))]));
        assert_eq!(sent[1].given, Some(Given::Answers(vec![answer])));
    }
}

#[test]
fn a_sum_beyond_the_last_band_or_before_the_first_is_in_none() {
    let scoring =
        Scoring { sum: sum_of(&["a"]), bands: vec![band("low", "1", Some("4")), band("high", "5", Some("8"))] };
    for (sum, name) in [("0.9", None), ("1", Some("low")), ("4.5", Some("low")), ("8.0", Some("high")), ("8.1", None)] {
        assert_eq!(scoring.band(d(sum)).map(|band| band.name.own.as_str()), name, "{sum}");
    }
}
