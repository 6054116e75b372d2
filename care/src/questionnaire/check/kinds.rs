//! What can be wrong with an item by itself.

use std::{cmp::Ordering, fmt};

use super::Fault;
use crate::{
    quantity::Decimal,
    questionnaire::{
        Answer, Bounds, ChoiceOption, Item, ItemKind, Media, MediaSource, Number, QuantityUnit,
        number::{is_usual, subtract},
        tree::Node,
    },
};

/// All that is wrong with an item.
pub(super) fn faults(node: &Node<'_>, nodes: &[Node<'_>]) -> Vec<Fault> {
    let item = node.item;
    let mut faults = match &item.kind {
        ItemKind::Group => of_group(item),
        ItemKind::Display => of_display(item),
        _ => of_question(node, nodes),
    };
    faults.extend(match &item.kind {
        ItemKind::Choice(options) | ItemKind::OpenChoice(options) => of_options(options),
        ItemKind::Integer(number) | ItemKind::Decimal(number) => of_number(number),
        ItemKind::Quantity { number, units } => of_quantity(number, units),
        ItemKind::String { max_length: Some(0) } | ItemKind::Text { max_length: Some(0) } => {
            vec![Fault::contradiction("it takes words of no length")]
        }
        ItemKind::Date(bounds) => of_bounds(bounds),
        ItemKind::DateTime(bounds) => of_bounds(bounds),
        ItemKind::Time(bounds) => of_bounds(bounds),
        _ => Vec::new(),
    });
    faults.extend(item.media.as_ref().and_then(of_media));
    faults
}

fn of_group(item: &Item) -> Vec<Fault> {
    let mut faults = Vec::new();
    if item.items.is_empty() {
        faults.push(Fault::contradiction("a group has items, and this has none"));
    }
    if item.repeats {
        faults.push(Fault::unsupported("a group that repeats"));
    }
    if !item.initial.is_empty() || item.calculated.is_some() {
        faults.push(Fault::contradiction("a group has no value"));
    }
    faults
}

/// FHIR R4, que-1, que-6 and que-8.
fn of_display(item: &Item) -> Vec<Fault> {
    let mut faults = Vec::new();
    if item.text.as_ref().is_none_or(|text| text.is_blank()) && item.media.is_none() {
        faults.push(Fault::contradiction("there is nothing to show"));
    }
    if item.required || item.repeats || item.read_only {
        faults.push(Fault::contradiction("words to read are neither required nor repeated nor read-only"));
    }
    if !item.initial.is_empty() || item.calculated.is_some() {
        faults.push(Fault::contradiction("words to read have no value"));
    }
    if !item.items.is_empty() {
        faults.push(Fault::contradiction("words to read have no items below them"));
    }
    faults
}

fn of_question(node: &Node<'_>, nodes: &[Node<'_>]) -> Vec<Fault> {
    let item = node.item;
    let mut faults = Vec::new();
    if node.is_askable() && !has_words(node, nodes) {
        faults.push(Fault::contradiction("there is no text to ask with"));
    }
    if item.repeats {
        if item.items.iter().any(|below| below.kind != ItemKind::Display) {
            faults.push(Fault::unsupported("a question that repeats with questions below it"));
        }
        if item.kind == ItemKind::Boolean {
            faults.push(Fault::contradiction("yes or no is answered once, and it repeats"));
        }
        if item.calculated.is_some() {
            faults.push(Fault::contradiction("a sum is one number, and it repeats"));
        }
    }
    if !item.initial.is_empty() {
        if item.calculated.is_some() {
            faults.push(Fault::contradiction("it has an initial value and is reckoned"));
        }
        faults.extend(item.accepts(&item.initial).err().map(Fault::Initial));
    } else if item.required && !node.is_askable() && item.calculated.is_none() {
        faults.push(Fault::contradiction("it is required, and no one can answer it"));
    }
    faults
}

/// Whether the question, or what it stands below, says something.
fn has_words(node: &Node<'_>, nodes: &[Node<'_>]) -> bool {
    let above = |node: &Node<'_>| node.parent.and_then(|parent| nodes.get(parent)).copied();
    std::iter::successors(Some(*node), above)
        .any(|node| node.item.text.as_ref().is_some_and(|text| !text.is_blank()) || node.item.media.is_some())
}

fn of_options(options: &[ChoiceOption]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if options.is_empty() {
        faults.push(Fault::contradiction("there are no options to choose from"));
    }
    for (place, option) in options.iter().enumerate() {
        let name = &option.text.own;
        match &option.value {
            Answer::Coded(coding) if coding.code.trim().is_empty() => {
                faults.push(Fault::contradiction(format!("the option '{name}' has no code")));
            }
            Answer::Coded(_) | Answer::Integer(_) | Answer::Text(_) | Answer::Date(_) | Answer::Time(_) => {}
            _ => faults.push(Fault::unsupported(format!("the value of the option '{name}'"))),
        }
        if option.text.is_blank() && option.media.is_none() {
            faults.push(Fault::contradiction(format!("option {} has no text", place + 1)));
        }
        if options.iter().skip(place + 1).any(|later| later.value.is_same(&option.value)) {
            faults.push(Fault::contradiction(format!("the option '{name}' stands twice")));
        }
        if option.ordinal.is_some_and(|ordinal| !is_usual(ordinal)) {
            faults.push(Fault::unsupported(format!("the ordinal value of the option '{name}'")));
        }
        faults.extend(option.media.as_ref().and_then(of_media));
    }
    faults
}

fn of_bounds<T: PartialOrd + fmt::Display>(bounds: &Bounds<T>) -> Vec<Fault> {
    match bounds {
        Bounds { min: Some(min), max: Some(max) } if min > max => {
            vec![Fault::contradiction(format!("its first {min} is after its last {max}"))]
        }
        _ => Vec::new(),
    }
}

fn of_number(number: &Number) -> Vec<Fault> {
    let mut faults = Vec::new();
    let Bounds { min, max } = number.bounds;
    if [min, max].into_iter().flatten().any(|bound| !is_usual(bound)) {
        faults.push(Fault::unsupported("a bound of so many digits"));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min.compare(max) == Ordering::Greater
    {
        faults.push(Fault::contradiction(format!("its least {min} is more than its greatest {max}")));
    }
    if let Some(slider) = &number.slider {
        let span = min.zip(max).and_then(|(min, max)| subtract(max, min));
        if slider.step.compare(Decimal::new(0, 0)) != Ordering::Greater {
            faults.push(Fault::contradiction(format!("the slider's step {} is not more than zero", slider.step)));
        }
        match span {
            None => faults.push(Fault::contradiction("a slider has a least and a greatest")),
            Some(span) if span.compare(slider.step) == Ordering::Less => {
                faults.push(Fault::contradiction("the slider's step is more than its whole length"));
            }
            Some(_) => {}
        }
    }
    faults
}

fn of_quantity(number: &Number, units: &[QuantityUnit]) -> Vec<Fault> {
    let mut faults = of_number(number);
    if units.iter().any(|unit| unit.coding.code.trim().is_empty()) {
        faults.push(Fault::contradiction("one of its units has no code"));
    }
    if units.len() != 1 && number.bounds != Bounds::default() {
        faults.push(Fault::unsupported("a least or a greatest without one unit for it"));
    }
    faults
}

fn of_media(media: &Media) -> Option<Fault> {
    let is_empty = match &media.source {
        MediaSource::Url(url) => url.trim().is_empty(),
        MediaSource::Data(data) => data.is_empty(),
    };
    if is_empty {
        return Some(Fault::contradiction("its picture, sound or film is empty"));
    }
    media.content_type.trim().is_empty().then(|| Fault::contradiction("its picture, sound or film has no media type"))
}
