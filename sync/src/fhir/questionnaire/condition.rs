//! `enableWhen`: on what it depends whether an item is asked.

use dagsform_care::questionnaire::{Behavior, Condition, EnableWhen, LinkId, Operator};

use super::value;
use crate::fhir::{
    element::{Element, NOTHING},
    fault::Fault,
};

/// The operators (http://hl7.org/fhir/questionnaire-enable-operator); `None` is `exists`.
const OPERATORS: [(&str, Option<Operator>); 7] = [
    ("exists", None),
    ("=", Some(Operator::Equal)),
    ("!=", Some(Operator::NotEqual)),
    (">", Some(Operator::Greater)),
    ("<", Some(Operator::Less)),
    (">=", Some(Operator::GreaterOrEqual)),
    ("<=", Some(Operator::LessOrEqual)),
];

/// The conditions of an item.
pub(super) fn read_all(item: &Element<'_>) -> Result<(Vec<EnableWhen>, Behavior), Fault> {
    let conditions = item.list("enableWhen")?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let behavior = item.code("enableBehavior", &[("all", Behavior::All), ("any", Behavior::Any)])?;
    match behavior {
        // que-12 of R4.
        None if conditions.len() > 1 => Err(item.missing("enableBehavior", "several conditions need it: all or any")),
        behavior => Ok((conditions, behavior.unwrap_or_default())),
    }
}

fn read(when: &Element<'_>) -> Result<EnableWhen, Fault> {
    let question = LinkId(when.need("question", Element::text)?);
    let operator = when.need("operator", |when, name| when.code(name, &OPERATORS))?;
    let condition = match operator {
        None => Condition::Exists(when.need("answerBoolean", Element::boolean)?),
        Some(operator) => {
            let answer = value::read(when, "answer")?;
            Condition::Compare(
                operator,
                answer.ok_or_else(|| when.missing("answer[x]", "write what it is compared with"))?,
            )
        }
    };
    when.finish(&NOTHING)?;
    Ok(EnableWhen { question, condition })
}
