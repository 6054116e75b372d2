//! The rules of questionnaires: what is refused, what is asked, what is scored, and the flow of answering.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod answers;
mod conditions;
mod flow;
mod properties;
mod refused;
mod scores;

use chrono::{DateTime, FixedOffset};
use dagsform_care::{
    Decimal,
    questionnaire::{
        AllGiven, Answer, Canonical, Checked, ChoiceOption, Coding, Given, Item, ItemKind, Number, QuantityUnit,
        Questionnaire, Text,
    },
};

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn questionnaire(items: Vec<Item>) -> Questionnaire {
    Questionnaire {
        canonical: Canonical { url: "https://example.org/list".into(), version: Some("1".into()) },
        title: None,
        standard: false,
        items,
    }
}

fn checked(items: Vec<Item>) -> Checked {
    questionnaire(items).check().unwrap_or_else(|refused| panic!("{refused}"))
}

fn item(name: &str, kind: ItemKind) -> Item {
    Item::new(name, &format!("Text of {name}"), kind)
}

fn yes_or_no(name: &str) -> Item {
    item(name, ItemKind::Boolean)
}

fn integer(name: &str) -> Item {
    item(name, ItemKind::Integer(Number::default()))
}

fn line(name: &str) -> Item {
    item(name, ItemKind::String { max_length: None })
}

fn words(name: &str) -> Item {
    item(name, ItemKind::Display)
}

fn group(name: &str, items: Vec<Item>) -> Item {
    Item { items, ..item(name, ItemKind::Group) }
}

fn coding(code: &str) -> Coding {
    Coding { system: Some("https://example.org/codes".into()), code: code.into(), display: Some(code.to_uppercase()) }
}

fn coded(code: &str) -> Answer {
    Answer::Coded(coding(code))
}

fn option(value: Answer) -> ChoiceOption {
    ChoiceOption { value, text: Text::plain("An option"), ordinal: None, exclusive: false, media: None }
}

fn options(codes: &[&str]) -> Vec<ChoiceOption> {
    codes.iter().map(|code| option(coded(code))).collect()
}

fn choice(name: &str, codes: &[&str]) -> Item {
    item(name, ItemKind::Choice(options(codes)))
}

/// A choice with the options `0`, `1` and so on, each with its own number as ordinal value.
fn scale(name: &str, most: i64) -> Item {
    let options =
        (0..=most).map(|n| ChoiceOption { ordinal: Some(Decimal::new(n, 0)), ..option(coded(&n.to_string())) });
    item(name, ItemKind::Choice(options.collect()))
}

fn kilograms(value: &str) -> Answer {
    Answer::Quantity { value: d(value), unit: coding("kg") }
}

fn weight(name: &str) -> Item {
    let units = ["kg", "g"].map(|unit| QuantityUnit { coding: coding(unit), text: Text::plain(unit) }).into();
    item(name, ItemKind::Quantity { number: Number::default(), units })
}

fn day(text: &str) -> Answer {
    Answer::Date(text.parse().unwrap())
}

fn instant(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

fn time(text: &str) -> Answer {
    Answer::Time(text.parse().unwrap())
}

fn given<const N: usize>(answers: [(&str, Answer); N]) -> AllGiven {
    answers.map(|(name, answer)| (name.into(), Given::Answers(vec![answer]))).into()
}

/// The names of where the person stops.
fn steps(checked: &Checked, given: &AllGiven) -> Vec<String> {
    checked.steps(given).into_iter().map(|item| item.link_id.0.clone()).collect()
}
