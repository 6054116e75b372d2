//! Which items are asked, what is still missing, and what the sums are.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{
    AllGiven, Answer, Behavior, Checked, Condition, Given, Item, ItemKind, LinkId, Operator, Score, Scoring, Summed,
    number::{add, multiply, whole},
    tree::{Node, places},
};
use crate::quantity::Decimal;

/// How the items of a questionnaire stand to what has been given, by place.
pub(super) struct Standing<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// Whether each is asked: its own conditions hold, and those of what it stands below.
    pub(super) enabled: Vec<bool>,
    /// What the enabled ones hold; `None` where nothing was given, and for groups and words.
    pub(super) given: Vec<Option<Given>>,
    /// The sums of those that are reckoned.
    pub(super) sums: Vec<Option<Decimal>>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(checked: &'a Checked, given: &AllGiven) -> Self {
        let nodes = checked.questionnaire().nodes();
        let places = places(&nodes);
        let count = nodes.len();
        let mut standing = Self {
            enabled: vec![false; count],
            given: vec![None; count],
            sums: vec![None; count],
            nodes: nodes.clone(),
        };
        for place in checked.order() {
            let Some(node) = nodes.get(*place) else { continue };
            if !standing.is_enabled_now(node, &places) {
                continue;
            }
            let sum = node.item.calculated.as_ref().and_then(|scoring| standing.sum(scoring, &places));
            let held = match (sum, node.is_askable()) {
                (Some(sum), _) => as_answer(&node.item.kind, sum).map(|answer| Given::Answers(vec![answer])),
                (None, true) => given.get(&node.item.link_id).cloned(),
                (None, false) if node.item.initial.is_empty() => None,
                (None, false) => Some(Given::Answers(node.item.initial.clone())),
            };
            set(&mut standing.enabled, *place, true);
            set(&mut standing.given, *place, held);
            set(&mut standing.sums, *place, sum);
        }
        standing
    }

    /// Whether an item is asked, what it depends on being known.
    fn is_enabled_now(&self, node: &Node<'_>, places: &BTreeMap<&LinkId, usize>) -> bool {
        let by_parent = node.parent.is_none_or(|parent| {
            let holds = self.nodes.get(parent).is_some_and(|above| {
                // The answer to a question below a question travels inside the answer to the upper one.
                !above.item.is_question() || node.item.kind == ItemKind::Display || !self.answers(parent).is_empty()
            });
            holds && self.is_enabled(parent)
        });
        let mut holds = node.item.enable_when.iter().map(|when| {
            let answers = places.get(&when.question).map_or(&[][..], |place| self.answers(*place));
            when.condition.holds(answers)
        });
        by_parent
            && match node.item.enable_behavior {
                Behavior::All => holds.all(|holds| holds),
                Behavior::Any => node.item.enable_when.is_empty() || holds.any(|holds| holds),
            }
    }

    fn is_enabled(&self, place: usize) -> bool {
        self.enabled.get(place).copied().unwrap_or(false)
    }

    /// The answers of an item; none of one that is not asked.
    fn answers(&self, place: usize) -> &[Answer] {
        self.given.get(place).and_then(Option::as_ref).map_or(&[], Given::answers)
    }

    /// The places where the person stops: the questions that are asked, and words that stand alone.
    pub(super) fn steps(&self) -> Vec<usize> {
        let alone = |node: &Node<'_>| {
            let below_question =
                node.parent.and_then(|parent| self.nodes.get(parent)).is_some_and(|above| above.item.is_question());
            node.item.kind == ItemKind::Display && !node.hidden && !below_question
        };
        self.enabled_nodes().filter(|(_, node)| node.is_askable() || alone(node)).map(|(place, _)| place).collect()
    }

    /// The places of the words that stand below a question and belong to it.
    pub(super) fn words_with(&self, question: &LinkId) -> Vec<usize> {
        let place = self.nodes.iter().position(|node| node.item.link_id == *question && node.item.is_question());
        let belongs = |node: &Node<'_>| {
            place.is_some() && node.parent == place && node.item.kind == ItemKind::Display && !node.hidden
        };
        self.enabled_nodes().filter(|(_, node)| belongs(node)).map(|(place, _)| place).collect()
    }

    /// The names of the questions that must be answered and are not.
    pub(super) fn missing(&self) -> Vec<LinkId> {
        let mut missing = Vec::new();
        for (place, node) in self.enabled_nodes().filter(|(_, node)| node.item.required) {
            let open = if node.item.kind == ItemKind::Group {
                self.open_in_group(place)
            } else {
                Some(place).filter(|place| node.is_askable() && !self.is_given(*place))
            };
            let open = open.and_then(|place| self.nodes.get(place)).map(|node| node.item.link_id.clone());
            missing.extend(open.filter(|name| !missing.contains(name)));
        }
        missing
    }

    /// The first question of a group, where none of it has been answered.
    fn open_in_group(&self, group: usize) -> Option<usize> {
        let depth = self.nodes.get(group)?.depth;
        let end = self.nodes.iter().skip(group + 1).position(|node| node.depth <= depth);
        let inside = group + 1..end.map_or(self.nodes.len(), |length| group + 1 + length);
        let mut asked = self
            .enabled_nodes()
            .filter(|(place, node)| inside.contains(place) && node.is_askable())
            .map(|(place, _)| place)
            .peekable();
        let first = asked.peek().copied();
        if asked.any(|place| self.is_given(place)) { None } else { first }
    }

    pub(super) fn is_given(&self, place: usize) -> bool {
        self.given.get(place).is_some_and(Option::is_some)
    }

    fn enabled_nodes(&self) -> impl Iterator<Item = (usize, &Node<'a>)> {
        self.nodes.iter().enumerate().filter(|(place, _)| self.is_enabled(*place))
    }

    /// The sums that could be reckoned.
    pub(super) fn scores(&self) -> Vec<Score> {
        let scored = self.nodes.iter().zip(&self.sums).filter_map(|(node, sum)| {
            let (scoring, value) = (node.item.calculated.as_ref()?, (*sum)?);
            let band = scoring.band(value).map(|band| band.name.clone());
            Some(Score { item: node.item.link_id.clone(), value, band })
        });
        scored.collect()
    }

    /// The sum; `None` where an answer is not there or counts nothing, or where nothing of it is asked.
    fn sum(&self, scoring: &Scoring, places: &BTreeMap<&LinkId, usize>) -> Option<Decimal> {
        let summed = summed(&scoring.sum.of, &self.nodes, places);
        let mut counted = summed.into_iter().filter(|place| self.is_enabled(*place)).peekable();
        counted.peek()?;
        let mut sum = Decimal::new(0, 0);
        for place in counted {
            let item = self.nodes.get(place)?.item;
            let answers = self.answers(place);
            if answers.is_empty() {
                return None;
            }
            for answer in answers {
                sum = add(sum, counts(item, answer)?)?;
            }
        }
        multiply(sum, scoring.sum.times)
    }
}

fn set<T>(all: &mut [T], place: usize, value: T) {
    if let Some(slot) = all.get_mut(place) {
        *slot = value;
    }
}

/// The places of what a sum adds.
pub(super) fn summed(of: &Summed, nodes: &[Node<'_>], places: &BTreeMap<&LinkId, usize>) -> Vec<usize> {
    let choices = |top_only: bool| {
        let scored = nodes.iter().enumerate().filter(move |(_, node)| {
            (!top_only || node.depth == 0) && node.item.kind.options().iter().any(|option| option.ordinal.is_some())
        });
        scored.map(|(place, _)| place).collect()
    };
    match of {
        Summed::Items(names) => names.iter().filter_map(|name| places.get(name).copied()).collect(),
        Summed::AllChoices => choices(false),
        Summed::TopChoices => choices(true),
    }
}

/// What an answer counts in a sum.
fn counts(item: &Item, answer: &Answer) -> Option<Decimal> {
    if item.kind.is_choice() {
        return item.kind.options().iter().find(|option| option.value.is_same(answer))?.ordinal;
    }
    match answer {
        Answer::Integer(value) => Some(Decimal::new(i64::from(*value), 0)),
        Answer::Decimal(value) => Some(*value),
        _ => None,
    }
}

/// A sum as the answer of the item that it is reckoned for.
fn as_answer(kind: &ItemKind, sum: Decimal) -> Option<Answer> {
    match kind {
        ItemKind::Integer(_) => whole(sum).map(Answer::Integer),
        ItemKind::Decimal(_) => Some(Answer::Decimal(sum)),
        ItemKind::Quantity { units, .. } => {
            let unit = units.first()?.coding.clone();
            Some(Answer::Quantity { value: sum, unit })
        }
        _ => None,
    }
}

impl Condition {
    /// Whether it holds of the answers to its question; an item that is not asked has none.
    ///
    /// By the definitions of R5; those of R4 for the four inequalities say "no answer" by mistake.
    pub(super) fn holds(&self, answers: &[Answer]) -> bool {
        let (operator, with) = match self {
            Self::Exists(wanted) => return answers.is_empty() != *wanted,
            Self::Compare(operator, with) => (operator, with),
        };
        let any = |wanted: fn(Ordering) -> bool| answers.iter().filter_map(|answer| answer.compare(with)).any(wanted);
        match operator {
            Operator::Equal => answers.iter().any(|answer| answer.is_same(with)),
            Operator::NotEqual => !answers.iter().any(|answer| answer.is_same(with)),
            Operator::Greater => any(Ordering::is_gt),
            Operator::Less => any(Ordering::is_lt),
            Operator::GreaterOrEqual => any(Ordering::is_ge),
            Operator::LessOrEqual => any(Ordering::is_le),
        }
    }
}
