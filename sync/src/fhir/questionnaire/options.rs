//! The answers to choose from: `answerOption`, and value sets (R4, 4.9 ValueSet).

use std::collections::BTreeMap;

use dagsform_care::{
    Decimal,
    questionnaire::{Answer, ChoiceOption, Coding, Text},
};
use serde_json::value::RawValue;

use super::{
    List,
    extensions::{self, ANSWER_MEDIA, ITEM_WEIGHT, OPTION_EXCLUSIVE, ORDINAL_VALUE},
    media, text, value,
};
use crate::fhir::{
    element::{Element, Harmless},
    fault::{Fault, FaultKind},
};

/// The value sets at hand.
pub(super) struct ValueSets<'a> {
    contained: Vec<&'a RawValue>,
    beside: &'a [Box<RawValue>],
}

impl<'a> ValueSets<'a> {
    /// Those that a list contains, and those that came beside it.
    pub(super) fn of(questionnaire: &Element<'a>, beside: &'a [Box<RawValue>]) -> Result<Self, Fault> {
        Ok(Self { contained: questionnaire.resources("contained")?, beside })
    }

    /// The value set of a name: `#id`, or its address, with or without a version.
    fn find(&self, name: &str) -> Option<Element<'a>> {
        let all = |json: &'a RawValue| Element::resource(json, "ValueSet").ok();
        let text = |set: &Element<'_>, member: &str| set.text(member).ok().flatten();
        if let Some(id) = name.strip_prefix('#') {
            return self
                .contained
                .iter()
                .filter_map(|json| all(json))
                .find(|set| text(set, "id").as_deref() == Some(id));
        }
        let (url, version) = name.split_once('|').map_or((name, None), |(url, version)| (url, Some(version)));
        let last = url.rsplit('/').next();
        let is_it = |set: &Element<'_>| match text(set, "url") {
            Some(own) if own == url => version.is_none() || text(set, "version").as_deref() == version,
            // A place at a service, whatever the address that its author gave it.
            _ => version.is_none() && text(set, "id").as_deref() == last,
        };
        self.beside.iter().filter_map(|json| all(json)).find(is_it)
    }
}

/// The options of a choice.
pub(super) fn read(item: &Element<'_>, list: &List<'_>) -> Result<Vec<ChoiceOption>, Fault> {
    let own = item.list("answerOption")?;
    let Some(name) = item.text("answerValueSet")? else {
        return own.iter().map(|option| read_option(option, list)).collect();
    };
    if !own.is_empty() {
        let problem = "it stands beside answerOption; write one of them (R4, que-4)";
        return Err(item.fault("answerValueSet", FaultKind::Contradiction, problem));
    }
    let set = list.value_sets.find(&name).ok_or_else(|| {
        let problem = format!("the value set {name} is not here; put it into the list (contained) with its codes");
        item.fault("answerValueSet", FaultKind::Missing, problem)
    })?;
    let place = item.place("answerValueSet");
    of_value_set(&set.named(format!("{place}({name})")), list)
}

/// The options that a question begins with.
pub(super) fn selected(item: &Element<'_>) -> Result<Vec<Answer>, Fault> {
    let mut selected = Vec::new();
    for option in item.list("answerOption")? {
        if option.boolean("initialSelected")? == Some(true) {
            selected.extend(value::read(&option, "value")?);
        }
    }
    Ok(selected)
}

fn read_option(option: &Element<'_>, list: &List<'_>) -> Result<ChoiceOption, Fault> {
    let language = list.language.as_deref();
    let (shown, of_code) = match option.child("valueCoding")? {
        Some(coding) => (text::read(&coding, "display", language)?, ordinal(&coding)?),
        None if option.has("valueString") => (text::read(option, "valueString", language)?, None),
        None => (None, None),
    };
    let value = value::read(option, "value")?;
    let value = value.ok_or_else(|| option.missing("value[x]", "an option needs its value"))?;
    let read = ChoiceOption {
        text: shown.unwrap_or_else(|| Text { language: None, ..Text::plain(words(&value)) }),
        value,
        ordinal: ordinal(option)?.or(of_code),
        exclusive: option.extension_value(OPTION_EXCLUSIVE, "valueBoolean", Element::boolean)?.unwrap_or_default(),
        media: media::read(option, ANSWER_MEDIA, language)?,
    };
    option.boolean("initialSelected")?;
    option.finish(&Harmless { members: &[], extension: extensions::of_items })?;
    Ok(read)
}

/// What an option shows that has no words of its own.
fn words(value: &Answer) -> String {
    match value {
        Answer::Coded(coding) => coding.code.clone(),
        Answer::Integer(number) => number.to_string(),
        Answer::Text(words) => words.clone(),
        Answer::Date(day) => day.to_string(),
        Answer::Time(time) => time.format("%H:%M").to_string(),
        Answer::Boolean(_) | Answer::Decimal(_) | Answer::Quantity { .. } | Answer::DateTime(_) => String::new(),
    }
}

/// What an option, or its code, counts in a sum.
fn ordinal(holder: &Element<'_>) -> Result<Option<Decimal>, Fault> {
    let ordinal = holder.extension_value(ORDINAL_VALUE, "valueDecimal", Element::decimal)?;
    Ok(ordinal.or(holder.extension_value(ITEM_WEIGHT, "valueDecimal", Element::decimal)?))
}

/// The codes of a value set: as it was expanded, else as it lists them.
fn of_value_set(set: &Element<'_>, list: &List<'_>) -> Result<Vec<ChoiceOption>, Fault> {
    set.refuse_modifiers()?;
    let mut options = Vec::new();
    if let Some(expansion) = set.child("expansion")? {
        of_expansion(&expansion, list, &mut options)?;
        if expansion.unsigned("total")?.is_some_and(|total| usize::try_from(total) != Ok(options.len())) {
            return Err(expansion.fault("total", FaultKind::Contradiction, "it is not the number of its codes"));
        }
        return Ok(options);
    }
    let compose = set.child("compose")?;
    let compose = compose.ok_or_else(|| set.missing("compose", "list its codes, or expand it"))?;
    let includes = compose.list("include")?;
    let cannot = ["valueSet", "filter"];
    for include in &includes {
        let system = include.text("system")?;
        let concepts = include.list("concept")?;
        if concepts.is_empty() || cannot.iter().any(|member| include.has(member)) {
            return Err(include.unsupported("concept", "the tablet does not know its codes; list each, or expand it"));
        }
        for concept in concepts {
            options.push(of_concept(&concept, system.clone(), list)?);
        }
    }
    if compose.has("exclude") {
        return Err(compose.unsupported("exclude", "list only the codes that are meant"));
    }
    Ok(options)
}

fn of_expansion(holder: &Element<'_>, list: &List<'_>, options: &mut Vec<ChoiceOption>) -> Result<(), Fault> {
    for code in holder.list("contains")? {
        let is_group = code.boolean("abstract")? == Some(true) || code.boolean("inactive")? == Some(true);
        if !is_group {
            options.push(of_concept(&code, code.text("system")?, list)?);
        }
        of_expansion(&code, list, options)?;
    }
    Ok(())
}

fn of_concept(concept: &Element<'_>, system: Option<String>, list: &List<'_>) -> Result<ChoiceOption, Fault> {
    let code = concept.text("code")?.ok_or_else(|| concept.missing("code", "write it"))?;
    let shown = text::read(concept, "display", list.language.as_deref())?;
    let mut text = shown.clone().unwrap_or_else(|| Text::plain(code.clone()));
    text.translations.append(&mut designations(concept)?);
    Ok(ChoiceOption {
        value: Answer::Coded(Coding { system, code, display: shown.map(|text| text.own) }),
        text,
        ordinal: ordinal(concept)?,
        exclusive: false,
        media: None,
    })
}

/// The words that a value set has for a code in other languages.
fn designations(concept: &Element<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let mut all = BTreeMap::new();
    for designation in concept.list("designation")? {
        // One with a use of its own may be an abbreviation, or a full name with its kind in brackets.
        if let (Some(language), false) = (designation.text("language")?, designation.has("use")) {
            all.insert(language, designation.need("value", Element::text)?);
        }
    }
    Ok(all)
}
