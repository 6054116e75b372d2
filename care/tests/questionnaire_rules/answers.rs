//! Which answers fit.

use dagsform_care::questionnaire::{Answer, Bounds, Item, ItemKind, Number, Unfit};

use super::*;

fn number(min: &str, max: &str) -> Number {
    Number { bounds: Bounds { min: Some(d(min)), max: Some(d(max)) }, decimals: Some(1), ..Number::default() }
}

fn several(item: Item) -> Item {
    Item { repeats: true, ..item }
}

fn with_none_of_these() -> Item {
    let mut all = options(&["cough", "phlegm", "none"]);
    all[2].exclusive = true;
    several(item("c", ItemKind::Choice(all)))
}

#[test]
fn an_answer_fits_its_question_or_it_is_said_why_not() {
    use Answer::{Boolean, Date, Decimal, Integer};
    let text = |words: &str| Answer::Text(words.into());
    let open = || item("o", ItemKind::OpenChoice(options(&["a"])));
    let integer = || item("i", ItemKind::Integer(number("0", "10")));
    let decimal = || item("d", ItemKind::Decimal(number("0.5", "9.5")));
    let short = || item("s", ItemKind::String { max_length: Some(3) });
    let free = || item("t", ItemKind::Text { max_length: None });
    let days = || {
        let bounds = Bounds { min: "2026-01-01".parse().ok(), max: "2026-12-31".parse().ok() };
        item("e", ItemKind::Date(bounds))
    };
    let any_day = || item("e", ItemKind::Date(Bounds::default()));
    let clock = || item("k", ItemKind::Time(Bounds { min: None, max: "23:00:00".parse().ok() }));
    let since = || {
        let min = Some(instant("2026-11-23T08:00:00+01:00"));
        item("h", ItemKind::DateTime(Bounds { min, max: None }))
    };
    let any_unit = || item("u", ItemKind::Quantity { number: Number::default(), units: vec![] });
    let own_unit = |words: &str| Answer::Quantity {
        value: d("3"),
        unit: Coding { system: None, code: words.into(), display: None },
    };
    let mut unnamed = coding("a");
    unnamed.display = None;
    let elsewhere = Coding { system: None, ..coding("a") };
    let rows: Vec<(Item, Vec<Answer>, Result<(), Unfit>)> = vec![
        (yes_or_no("b"), vec![Boolean(false)], Ok(())),
        (yes_or_no("b"), vec![], Err(Unfit::Nothing)),
        (yes_or_no("b"), vec![Boolean(true), Boolean(true)], Err(Unfit::OnlyOne)),
        (yes_or_no("b"), vec![Integer(1)], Err(Unfit::Type)),
        (choice("c", &["a", "b"]), vec![coded("b")], Ok(())),
        (choice("c", &["a", "b"]), vec![Answer::Coded(unnamed)], Ok(())),
        (choice("c", &["a", "b"]), vec![coded("c")], Err(Unfit::NotAnOption)),
        (choice("c", &["a", "b"]), vec![Answer::Coded(elsewhere)], Err(Unfit::NotAnOption)),
        (choice("c", &["a", "b"]), vec![text("a")], Err(Unfit::NotAnOption)),
        (choice("c", &["a", "b"]), vec![coded("a"), coded("b")], Err(Unfit::OnlyOne)),
        (several(choice("c", &["a", "b"])), vec![coded("a"), coded("b")], Ok(())),
        (several(choice("c", &["a", "b"])), vec![coded("a"), coded("a")], Err(Unfit::Twice)),
        (with_none_of_these(), vec![coded("cough"), coded("phlegm")], Ok(())),
        (with_none_of_these(), vec![coded("none")], Ok(())),
        (with_none_of_these(), vec![coded("cough"), coded("none")], Err(Unfit::NotAlone)),
        (open(), vec![coded("a")], Ok(())),
        (open(), vec![text("something else")], Ok(())),
        (open(), vec![text(" ")], Err(Unfit::Nothing)),
        (open(), vec![coded("z")], Err(Unfit::NotAnOption)),
        (integer(), vec![Integer(0)], Ok(())),
        (integer(), vec![Integer(10)], Ok(())),
        (integer(), vec![Integer(-1)], Err(Unfit::TooLow("0".into()))),
        (integer(), vec![Integer(11)], Err(Unfit::TooHigh("10".into()))),
        (integer(), vec![Decimal(d("5"))], Err(Unfit::Type)),
        (decimal(), vec![Decimal(d("0.5"))], Ok(())),
        (decimal(), vec![Decimal(d("9"))], Ok(())),
        (decimal(), vec![Decimal(d("0.4"))], Err(Unfit::TooLow("0.5".into()))),
        (decimal(), vec![Decimal(d("9.6"))], Err(Unfit::TooHigh("9.5".into()))),
        (decimal(), vec![Decimal(d("5.25"))], Err(Unfit::Digits)),
        (item("d", ItemKind::Decimal(Number::default())), vec![Decimal(d("1E300"))], Err(Unfit::Digits)),
        (weight("w"), vec![kilograms("82.5")], Ok(())),
        (weight("w"), vec![Answer::Quantity { value: d("180"), unit: coding("[lb_av]") }], Err(Unfit::Unit)),
        (weight("w"), vec![Decimal(d("82.5"))], Err(Unfit::Type)),
        (any_unit(), vec![own_unit("weeks")], Ok(())),
        (any_unit(), vec![own_unit(" ")], Err(Unfit::Unit)),
        (any_unit(), vec![kilograms("3")], Err(Unfit::Unit)),
        (short(), vec![text("æøå")], Ok(())),
        (short(), vec![text("æøåé")], Err(Unfit::TooLong(3))),
        (short(), vec![text("")], Err(Unfit::Nothing)),
        (free(), vec![text("one\ntwo")], Ok(())),
        (several(free()), vec![text("one"), text("one")], Ok(())),
        (days(), vec![day("2026-12-31")], Ok(())),
        (days(), vec![day("2025-12-31")], Err(Unfit::TooLow("2026-01-01".into()))),
        (days(), vec![day("2027-01-01")], Err(Unfit::TooHigh("2026-12-31".into()))),
        (any_day(), vec![Date(chrono::NaiveDate::MAX)], Err(Unfit::Digits)),
        (clock(), vec![time("23:00:00")], Ok(())),
        (clock(), vec![time("23:00:01")], Err(Unfit::TooHigh("23:00:00".into()))),
        (clock(), vec![day("2026-11-23")], Err(Unfit::Type)),
        (since(), vec![Answer::DateTime(instant("2026-11-23T07:00:00Z"))], Ok(())),
        (
            since(),
            vec![Answer::DateTime(instant("2026-11-23T07:59:59+01:00"))],
            Err(Unfit::TooLow("2026-11-23 08:00:00 +01:00".into())),
        ),
        (words("w"), vec![text("a")], Err(Unfit::Type)),
    ];
    for (item, answers, fits) in rows {
        assert_eq!(item.accepts(&answers), fits, "{:?} to {:?}", answers, item.kind);
    }
}
