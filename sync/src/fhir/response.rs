//! Answers to a list of questions, as a QuestionnaireResponse (R4, 14.11).
//!
//! "Don't know" is an item without an answer that says why there is none: the extension `data-absent-reason` with
//! `asked-unknown`. A sum is the answer to the item that it is reckoned for.

use dagsform_care::{
    Decimal,
    item::Answers,
    questionnaire::{Answer, Answered, Coding as AnswerCoding, Given},
};
use serde::Serialize;

use super::{
    codes::DATA_ABSENT_REASON_EXTENSION,
    item::{identifier, plan_version},
    model::{Extension, Identifier, Reference, ResourceType, exact},
    reading::{MappingError, performer, written},
};
use crate::enrolment::Enrolment;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuestionnaireResponse {
    resource_type: ResourceType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension: Vec<Extension>,
    identifier: Identifier,
    /// `url|version`.
    questionnaire: String,
    /// `completed`, or `entered-in-error` for what was taken back.
    status: &'static str,
    subject: Reference,
    authored: String,
    /// Who answered, if someone has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Reference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    item: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    extension: Vec<Extension>,
    link_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answer: Vec<ItemAnswer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    item: Vec<Item>,
}

#[derive(Serialize)]
struct ItemAnswer {
    #[serde(flatten)]
    value: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    item: Vec<Item>,
}

/// `value[x]`.
#[derive(Serialize)]
enum Value {
    #[serde(rename = "valueBoolean")]
    Boolean(bool),
    #[serde(rename = "valueCoding")]
    Coding(Coding),
    #[serde(rename = "valueInteger")]
    Integer(i32),
    #[serde(rename = "valueDecimal")]
    Decimal(#[serde(with = "exact")] Decimal),
    #[serde(rename = "valueQuantity")]
    Quantity(Quantity),
    #[serde(rename = "valueString")]
    String(String),
    #[serde(rename = "valueDate")]
    Date(String),
    #[serde(rename = "valueDateTime")]
    DateTime(String),
    #[serde(rename = "valueTime")]
    Time(String),
}

#[derive(Serialize)]
struct Coding {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
}

#[derive(Serialize)]
struct Quantity {
    #[serde(with = "exact")]
    value: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// The answers as a resource.
pub(super) fn write(answers: &Answers, enrolment: &Enrolment) -> Result<QuestionnaireResponse, MappingError> {
    let subject = Reference::to(enrolment.patient_reference.as_str());
    Ok(QuestionnaireResponse {
        resource_type: ResourceType::QuestionnaireResponse,
        extension: answers.plan.iter().map(plan_version).collect(),
        identifier: identifier(answers.identity),
        questionnaire: answers.response.questionnaire.to_string(),
        status: if answers.taken_back.is_some() { "entered-in-error" } else { "completed" },
        authored: written("authored", answers.response.authored)?,
        source: performer(answers.by, &subject).into_iter().next(),
        subject,
        item: items(&answers.response.items)?,
    })
}

fn items(answered: &[Answered]) -> Result<Vec<Item>, MappingError> {
    answered.iter().map(item).collect()
}

fn item(answered: &Answered) -> Result<Item, MappingError> {
    let below = items(&answered.items)?;
    let mut item =
        Item { extension: Vec::new(), link_id: answered.link_id.0.clone(), answer: Vec::new(), item: Vec::new() };
    match &answered.given {
        None => item.item = below,
        Some(Given::DontKnow) => {
            item.extension.push(Extension::code(DATA_ABSENT_REASON_EXTENSION, "asked-unknown"));
        }
        Some(Given::Answers(answers)) => {
            for answer in answers {
                item.answer.push(ItemAnswer { value: value(answer)?, item: Vec::new() });
            }
            // Only a question that takes one answer has others below it.
            if let Some(first) = item.answer.first_mut() {
                first.item = below;
            }
        }
    }
    Ok(item)
}

fn value(answer: &Answer) -> Result<Value, MappingError> {
    Ok(match answer {
        Answer::Boolean(yes) => Value::Boolean(*yes),
        Answer::Coded(AnswerCoding { system, code, display }) => {
            Value::Coding(Coding { system: system.clone(), code: code.clone(), display: display.clone() })
        }
        Answer::Integer(number) => Value::Integer(*number),
        Answer::Decimal(number) => Value::Decimal(*number),
        Answer::Quantity { value, unit } => Value::Quantity(Quantity {
            value: *value,
            unit: unit.display.clone().or_else(|| Some(unit.code.clone())),
            // A unit in the person's own word is no code (R4, qty-3: no code without a system).
            code: unit.system.is_some().then(|| unit.code.clone()),
            system: unit.system.clone(),
        }),
        Answer::Text(words) => Value::String(words.clone()),
        Answer::Date(day) => Value::Date(day.format("%Y-%m-%d").to_string()),
        Answer::DateTime(time) => Value::DateTime(written("answer", *time)?),
        Answer::Time(time) => Value::Time(time.format("%H:%M:%S").to_string()),
    })
}
