//! What can be wrong between items: conditions and sums.

use std::{cmp::Ordering, collections::BTreeSet};

use super::Fault;
use crate::{
    quantity::Decimal,
    questionnaire::{
        Answer, Band, Condition, EnableWhen, Item, ItemKind, Operator, Scoring, Summed,
        answer::takes_unit,
        number::{is_usual, subtract, whole},
        standing::summed,
        tree::{Node, places},
    },
};

/// All that is wrong with what an item says of others.
pub(super) fn faults(node: &Node<'_>, nodes: &[Node<'_>]) -> Vec<Fault> {
    let conditions = node.item.enable_when.iter().filter_map(|when| of_condition(when, nodes));
    let sum = node.item.calculated.iter().flat_map(|scoring| of_scoring(node.item, scoring, nodes));
    conditions.chain(sum).collect()
}

fn of_condition(when: &EnableWhen, nodes: &[Node<'_>]) -> Option<Fault> {
    let name = &when.question;
    let Some(question) = nodes.iter().map(|node| node.item).find(|item| item.link_id == *name) else {
        return Some(Fault::contradiction(format!("its condition names '{name}', which is not there")));
    };
    if !question.is_question() {
        return Some(Fault::contradiction(format!("its condition names '{name}', which is no question")));
    }
    let Condition::Compare(operator, with) = &when.condition else { return None };
    if !has_type(&question.kind, with) {
        return Some(Fault::contradiction(format!("its condition compares '{name}' with an answer of another type")));
    }
    let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
    // A number is compared by its value; with itself it has an order, or has none at all.
    if !is_equality && with.compare(with).is_none() {
        return Some(Fault::contradiction(format!("the answers to '{name}' are neither more nor less than others")));
    }
    let is_possible = match (&question.kind, with) {
        (ItemKind::Choice(options), with) => options.iter().any(|option| option.value.is_same(with)) || !is_equality,
        (ItemKind::OpenChoice(options), Answer::Coded(_)) => options.iter().any(|option| option.value.is_same(with)),
        _ => true,
    };
    (!is_possible).then(|| Fault::contradiction(format!("its condition names an answer that '{name}' cannot have")))
}

/// Whether a question can have answers of the type, and of the unit, of this one.
fn has_type(kind: &ItemKind, answer: &Answer) -> bool {
    match (kind, answer) {
        (ItemKind::Boolean, Answer::Boolean(_))
        | (ItemKind::Integer(_), Answer::Integer(_))
        | (ItemKind::Decimal(_), Answer::Decimal(_))
        | (ItemKind::String { .. } | ItemKind::Text { .. } | ItemKind::OpenChoice(_), Answer::Text(_))
        | (ItemKind::Date(_), Answer::Date(_))
        | (ItemKind::DateTime(_), Answer::DateTime(_))
        | (ItemKind::Time(_), Answer::Time(_)) => true,
        (ItemKind::Quantity { units, .. }, Answer::Quantity { unit, .. }) => takes_unit(units, unit),
        (ItemKind::Choice(options) | ItemKind::OpenChoice(options), answer) => {
            let same = |option: &Answer| std::mem::discriminant(option) == std::mem::discriminant(answer);
            options.iter().any(|option| same(&option.value))
        }
        _ => false,
    }
}

fn of_scoring(item: &Item, scoring: &Scoring, nodes: &[Node<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let places = places(nodes);
    match &item.kind {
        ItemKind::Decimal(_) => {}
        ItemKind::Integer(_) => {
            let parts = summed(&scoring.sum.of, nodes, &places).into_iter().filter_map(|place| nodes.get(place));
            if whole(scoring.sum.times).is_none() || !parts.into_iter().all(|node| counts_whole(node.item)) {
                faults.push(Fault::contradiction("its sum need not be whole, and it is an integer"));
            }
        }
        ItemKind::Quantity { units, .. } if units.len() == 1 => {}
        _ => faults.push(Fault::unsupported("a sum in an item that is not a number")),
    }
    if scoring.sum.times.mantissa == 0 || !is_usual(scoring.sum.times) {
        faults.push(Fault::unsupported(format!("a sum times {}", scoring.sum.times)));
    }
    match &scoring.sum.of {
        Summed::Items(names) => {
            let unique: BTreeSet<_> = names.iter().collect();
            if names.is_empty() || unique.len() < names.len() {
                faults.push(Fault::contradiction("its sum adds nothing, or something twice"));
            }
            for name in unique {
                match nodes.iter().find(|node| node.item.link_id == *name) {
                    None => faults.push(Fault::contradiction(format!("its sum names '{name}', which is not there"))),
                    Some(node) if !counts(node.item) => {
                        faults.push(Fault::contradiction(format!("its sum names '{name}', which is no number")));
                    }
                    Some(_) => {}
                }
            }
        }
        all => {
            if summed(all, nodes, &places).is_empty() {
                faults.push(Fault::contradiction("its sum adds the choices, and none has ordinal values"));
            }
        }
    }
    faults.extend(of_bands(&scoring.bands));
    faults
}

/// Whether the answers to a question can be added.
fn counts(item: &Item) -> bool {
    let is_number = matches!(item.kind, ItemKind::Integer(_) | ItemKind::Decimal(_));
    is_number || item.kind.options().iter().any(|option| option.ordinal.is_some())
}

/// Whether they are whole numbers.
fn counts_whole(item: &Item) -> bool {
    let mut ordinals = item.kind.options().iter().filter_map(|option| option.ordinal);
    !matches!(item.kind, ItemKind::Decimal(_)) && ordinals.all(|ordinal| whole(ordinal).is_some())
}

fn of_bands(bands: &[Band]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for band in bands {
        if band.name.is_blank() {
            faults.push(Fault::contradiction("a band of its sum has no name"));
        }
        if band.to.is_some_and(|to| band.from.compare(to) == Ordering::Greater) {
            faults.push(Fault::contradiction(format!("the band '{}' ends before it begins", band.name.own)));
        }
    }
    for (lower, upper) in bands.iter().zip(bands.iter().skip(1)) {
        let gap = lower.to.and_then(|to| subtract(upper.from, to));
        let positive = gap.filter(|gap| gap.mantissa > 0);
        let (from, to) = (&lower.name.own, &upper.name.own);
        match positive {
            None => {
                faults.push(Fault::contradiction(format!("the bands '{from}' and '{to}' meet or are not in order")))
            }
            Some(gap) if gap.compare(Decimal::new(1, 0)) == Ordering::Greater => {
                faults.push(Fault::contradiction(format!("between the bands '{from}' and '{to}' is a gap")));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The places of the items, those first that others depend on; or the places of those that depend on themselves.
pub(super) fn order(nodes: &[Node<'_>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut open: Vec<BTreeSet<usize>> = dependencies(nodes);
    let mut waiting: BTreeSet<usize> = (0..nodes.len()).collect();
    let mut order = Vec::with_capacity(nodes.len());
    loop {
        let ready: Vec<usize> =
            waiting.iter().copied().filter(|place| open.get(*place).is_none_or(BTreeSet::is_empty)).collect();
        if ready.is_empty() {
            break;
        }
        for place in &ready {
            waiting.remove(place);
        }
        for on in &mut open {
            on.retain(|place| waiting.contains(place));
        }
        order.extend(ready);
    }
    // What merely depends on a circle is not in it.
    loop {
        let on: BTreeSet<usize> = waiting.iter().filter_map(|place| open.get(*place)).flatten().copied().collect();
        let inside = &waiting & &on;
        if inside.len() == waiting.len() {
            break;
        }
        waiting = inside;
    }
    if waiting.is_empty() { Ok(order) } else { Err(waiting.into_iter().collect()) }
}

/// For each item the places of those that it depends on.
fn dependencies(nodes: &[Node<'_>]) -> Vec<BTreeSet<usize>> {
    let places = places(nodes);
    let of = |node: &Node<'_>| {
        let asked = node.item.enable_when.iter().filter_map(|when| places.get(&when.question).copied());
        let added = node.item.calculated.iter().flat_map(|scoring| summed(&scoring.sum.of, nodes, &places));
        node.parent.into_iter().chain(asked).chain(added).collect()
    };
    nodes.iter().map(of).collect()
}
