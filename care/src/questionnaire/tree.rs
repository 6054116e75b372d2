//! The items of a questionnaire one after the other, as they stand on the page.

use std::collections::BTreeMap;

use super::{Item, LinkId, Questionnaire};

/// An item with its surroundings. It is known by its place: how many items stand before it.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) item: &'a Item,
    /// The place of the item that it stands below.
    pub(super) parent: Option<usize>,
    /// Whether it, or what it stands below, is hidden.
    pub(super) hidden: bool,
    /// How many items it stands below.
    pub(super) depth: usize,
}

impl Node<'_> {
    /// Whether the person is asked for an answer when the item's turn comes.
    pub(super) fn is_askable(&self) -> bool {
        self.item.is_question() && !self.hidden && !self.item.read_only && self.item.calculated.is_none()
    }
}

impl Questionnaire {
    /// All items in their order.
    pub(super) fn nodes(&self) -> Vec<Node<'_>> {
        let mut nodes = Vec::new();
        // A stack of our own: what came may be nested deeper than the program's stack is.
        let mut waiting: Vec<Node<'_>> =
            self.items.iter().rev().map(|item| Node { item, parent: None, hidden: item.hidden, depth: 0 }).collect();
        while let Some(node) = waiting.pop() {
            let below = node.item.items.iter().rev().map(|item| Node {
                item,
                parent: Some(nodes.len()),
                hidden: node.hidden || item.hidden,
                depth: node.depth + 1,
            });
            waiting.extend(below);
            nodes.push(node);
        }
        nodes
    }
}

/// The place of each item by its name.
pub(super) fn places<'a>(nodes: &[Node<'a>]) -> BTreeMap<&'a LinkId, usize> {
    nodes.iter().enumerate().map(|(place, node)| (&node.item.link_id, place)).collect()
}
