//! Items: groups, words and questions.

use dagsform_care::questionnaire::{Answer, Item, ItemKind, LinkId, Text};

use super::{
    List, condition,
    extensions::{self, HIDDEN, ITEM_CONTROL, ITEM_MEDIA, MAX_OCCURS, MIN_OCCURS},
    media,
    number::{self, Ends},
    options,
    score::{self, Reckoned},
    text, value,
};
use crate::fhir::{
    element::{Element, Harmless, NOTHING},
    fault::{Fault, FaultKind},
};

const HARMLESS: Harmless = Harmless { members: &["definition", "code"], extension: extensions::of_items };

/// The types that the tablet can ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Group,
    Display,
    Boolean,
    Choice,
    OpenChoice,
    Integer,
    Decimal,
    Quantity,
    String,
    Text,
    Date,
    DateTime,
    Time,
}

const TYPES: [(&str, Type); 13] = [
    ("group", Type::Group),
    ("display", Type::Display),
    ("boolean", Type::Boolean),
    ("choice", Type::Choice),
    ("open-choice", Type::OpenChoice),
    ("integer", Type::Integer),
    ("decimal", Type::Decimal),
    ("quantity", Type::Quantity),
    ("string", Type::String),
    ("text", Type::Text),
    ("date", Type::Date),
    ("dateTime", Type::DateTime),
    ("time", Type::Time),
];

/// The items that stand below an element.
pub(super) fn read_all(holder: &Element<'_>, list: &List<'_>) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    for item in holder.list("item")? {
        let link_id = LinkId(item.need("linkId", Element::text)?);
        let named = item.named(format!("item '{link_id}'"));
        items.extend(read(&named, link_id, list)?);
    }
    Ok(items)
}

/// An item; `None` for one that nobody sees and nobody can reckon, and for one that nobody can answer and nobody must.
fn read(item: &Element<'_>, link_id: LinkId, list: &List<'_>) -> Result<Option<Item>, Fault> {
    let kind = item.need("type", |item, name| item.code(name, &TYPES))?;
    let language = list.language.as_deref();
    let required = item.boolean("required")?.unwrap_or_default();
    let repeats = item.boolean("repeats")?.unwrap_or_default();
    let read_only = item.boolean("readOnly")?.unwrap_or_default();
    let hidden = item.extension_value(HIDDEN, "valueBoolean", Element::boolean)?.unwrap_or_default();
    let calculated = match score::read(item, list)? {
        Reckoned::Not => None,
        Reckoned::BySum(scoring) => Some(scoring),
        Reckoned::Otherwise(_) if (hidden || read_only) && !required => return Ok(None),
        Reckoned::Otherwise(why) => return Err(why),
    };
    occurs(item, required, repeats)?;
    let mut items = read_all(item, list)?;
    if kind == Type::Group && items.is_empty() && !item.list("item")?.is_empty() {
        // All that stood in it is left out.
        return Ok(None);
    }
    let ends = if is_drawn_as(item, "slider")? { Some(ends(item, &mut items)?) } else { None };
    let prefix = text::read(item, "prefix", language)?;
    let text = match text::read(item, "text", language)? {
        None if !matches!(kind, Type::Group | Type::Display) => Some(other_words(item, prefix.as_ref(), &link_id)?),
        text => text,
    };
    let (enable_when, enable_behavior) = condition::read_all(item)?;
    let kind_read = kind_of(item, kind, list, ends)?;
    if kind_read == ItemKind::Choice(Vec::new()) && !required && items.is_empty() {
        // R4 allows a choice without any option. Nobody can answer it, and nobody has to.
        return Ok(None);
    }
    let read = Item {
        kind: kind_read,
        initial: initial(item, kind)?,
        media: media::read(item, ITEM_MEDIA, language)?,
        link_id,
        prefix,
        text,
        required,
        repeats,
        read_only,
        hidden,
        enable_when,
        enable_behavior,
        calculated,
        items,
    };
    item.finish(&HARMLESS)?;
    Ok(Some(read))
}

fn kind_of(item: &Element<'_>, kind: Type, list: &List<'_>, ends: Option<Ends>) -> Result<ItemKind, Fault> {
    if ends.is_some() && !matches!(kind, Type::Integer | Type::Decimal) {
        return Err(item.unsupported("extension(questionnaire-itemControl)", "a slider is for an integer or a decimal"));
    }
    Ok(match kind {
        Type::Group => ItemKind::Group,
        Type::Display => ItemKind::Display,
        Type::Boolean => ItemKind::Boolean,
        Type::Choice => ItemKind::Choice(options::read(item, list)?),
        Type::OpenChoice => match options::read(item, list)? {
            // All that is left is one's own words.
            options if options.is_empty() => ItemKind::String { max_length: None },
            options => ItemKind::OpenChoice(options),
        },
        Type::Integer => ItemKind::Integer(number::number(item, list, ends)?),
        Type::Decimal => ItemKind::Decimal(number::number(item, list, ends)?),
        Type::Quantity => {
            ItemKind::Quantity { number: number::number(item, list, None)?, units: number::units(item, list)? }
        }
        Type::String => ItemKind::String { max_length: item.positive("maxLength")? },
        Type::Text => ItemKind::Text { max_length: item.positive("maxLength")? },
        Type::Date => ItemKind::Date(number::span(item, "valueDate", Element::date)?),
        Type::DateTime => ItemKind::DateTime(number::span(item, "valueDateTime", Element::instant)?),
        Type::Time => ItemKind::Time(number::span(item, "valueTime", Element::time)?),
    })
}

/// What the item begins with.
fn initial(item: &Element<'_>, kind: Type) -> Result<Vec<Answer>, Fault> {
    let mut initial = Vec::new();
    for element in item.list("initial")? {
        let value = value::read(&element, "value")?;
        initial.push(value.ok_or_else(|| element.missing("value[x]", "write the answer that it begins with"))?);
        element.finish(&NOTHING)?;
    }
    if matches!(kind, Type::Choice | Type::OpenChoice) {
        initial.extend(options::selected(item)?);
    }
    Ok(initial)
}

/// What a question is asked with that has no text.
fn other_words(item: &Element<'_>, prefix: Option<&Text>, link_id: &LinkId) -> Result<Text, Fault> {
    for code in item.list("code")? {
        if let Some(text) = text::read(&code, "display", None)? {
            return Ok(text);
        }
    }
    Ok(prefix.cloned().unwrap_or_else(|| Text::plain(link_id.0.clone())))
}

/// Whether the item is drawn so; a list may name several ways.
fn is_drawn_as(item: &Element<'_>, control: &str) -> Result<bool, Fault> {
    for extension in item.extensions_of(ITEM_CONTROL)? {
        let Some(concept) = extension.child("valueCodeableConcept")? else { continue };
        for coding in concept.list("coding")? {
            if coding.text("code")?.as_deref() == Some(control) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The words at the ends of a slider, which are its own from now on.
fn ends(item: &Element<'_>, items: &mut Vec<Item>) -> Result<Ends, Fault> {
    let mut ends = Ends::default();
    for below in item.list("item")? {
        let place = if is_drawn_as(&below, "lower")? {
            &mut ends.low
        } else if is_drawn_as(&below, "upper")? {
            &mut ends.high
        } else {
            continue;
        };
        let name = below.text("linkId")?;
        if let Some(at) = items.iter().position(|item| Some(&item.link_id.0) == name.as_ref()) {
            *place = items.remove(at).text;
        }
    }
    Ok(ends)
}

/// How many answers there must and may be: one, or as many as one wants.
fn occurs(item: &Element<'_>, required: bool, repeats: bool) -> Result<(), Fault> {
    let least = item.extension_value(MIN_OCCURS, "valueInteger", Element::unsigned)?.unwrap_or_default();
    if least > u32::from(required) {
        let problem =
            format!("at least {least} answers, where required is {required}; the tablet asks for one or none");
        return Err(item.fault("extension(questionnaire-minOccurs)", FaultKind::Unsupported, problem));
    }
    match item.extension_value(MAX_OCCURS, "valueInteger", Element::unsigned)? {
        Some(most) if most > 1 || repeats => {
            let problem = format!("at most {most} answers; the tablet takes one, or as many as one wants");
            Err(item.unsupported("extension(questionnaire-maxOccurs)", problem))
        }
        _ => Ok(()),
    }
}
