//! What is refused when a questionnaire arrives.

mod kinds;
mod links;

use std::{collections::BTreeSet, fmt};

use super::{AllGiven, Answered, Item, LinkId, Questionnaire, Score, Unfit, standing::Standing, tree::Node};

/// More items than this are no questionnaire for a person.
const MOST_ITEMS: usize = 1000;
/// Items below items, so many times at most.
const DEEPEST: usize = 16;

/// A questionnaire that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    questionnaire: Questionnaire,
    /// The places of the items, those first that others depend on. A place counts the items as they stand.
    order: Vec<usize>,
}

/// Why a questionnaire is refused: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.0.iter().enumerate() {
            let between = if place == 0 { "" } else { "; " };
            write!(f, "{between}{refusal}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// With which item; `None`: with the whole.
    pub item: Option<LinkId>,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.item {
            Some(item) => write!(f, "item '{item}': {}", self.fault),
            None => write!(f, "the questionnaire: {}", self.fault),
        }
    }
}

/// What can be wrong with a questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It uses what the tablet does not support; told by the wire for what has no place in these types.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// It contradicts itself.
    #[error("{0}")]
    Contradiction(String),
    /// What it begins with does not fit.
    #[error("its initial value does not fit: {0}")]
    Initial(Unfit),
}

impl Fault {
    fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }

    fn contradiction(what: impl Into<String>) -> Self {
        Self::Contradiction(what.into())
    }
}

impl Questionnaire {
    /// The questionnaire as one that can be answered; refused, with all that is wrong, where it holds what is not
    /// supported or what contradicts itself.
    pub fn check(self) -> Result<Checked, Refused> {
        let mut refusals: Vec<Refusal> =
            self.faults_of_the_whole().into_iter().map(|fault| Refusal { item: None, fault }).collect();
        // What follows goes through everything with everything, and says nothing useful where names are not unique.
        if refusals.is_empty() {
            refusals = self.faults_of_names();
        }
        let mut order = Vec::new();
        if refusals.is_empty() {
            let nodes = self.nodes();
            for node in &nodes {
                let faults = kinds::faults(node, &nodes).into_iter().chain(links::faults(node, &nodes));
                refusals.extend(faults.map(|fault| Refusal { item: Some(node.item.link_id.clone()), fault }));
            }
            match links::order(&nodes) {
                Ok(found) => order = found,
                Err(circle) => refusals.extend(circle.into_iter().map(|place| Refusal {
                    item: nodes.get(place).map(|node| node.item.link_id.clone()),
                    fault: Fault::contradiction("whether it is asked, or what it is, depends on itself"),
                })),
            }
        }
        if refusals.is_empty() { Ok(Checked { questionnaire: self, order }) } else { Err(Refused(refusals)) }
    }

    fn faults_of_the_whole(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let nodes = self.nodes();
        if self.canonical.url.trim().is_empty() {
            faults.push(Fault::contradiction("it has no address to be known by"));
        }
        if self.standard && self.canonical.version.is_none() {
            faults.push(Fault::contradiction("a standard list has a version, and this has none"));
        }
        if nodes.is_empty() {
            faults.push(Fault::contradiction("it has no items"));
        }
        if nodes.len() > MOST_ITEMS {
            faults.push(Fault::unsupported(format!("a list of more than {MOST_ITEMS} items")));
        }
        if nodes.iter().any(|node| node.depth > DEEPEST) {
            faults.push(Fault::unsupported(format!("an item below more than {DEEPEST} others")));
        }
        faults
    }

    fn faults_of_names(&self) -> Vec<Refusal> {
        let mut seen = BTreeSet::new();
        let mut refusals = Vec::new();
        for node in self.nodes() {
            let name = &node.item.link_id;
            let fault = if name.0.trim().is_empty() {
                Fault::contradiction("an item has no linkId")
            } else if !seen.insert(name) {
                Fault::contradiction("the linkId stands twice")
            } else {
                continue;
            };
            refusals.push(Refusal { item: Some(name.clone()), fault });
        }
        refusals
    }

    /// Refuses a standard list that differs from the one of the same address and version that is `known` already.
    pub fn check_unaltered(&self, known: &Self) -> Result<(), Refused> {
        let is_locked = self.canonical == known.canonical && (self.standard || known.standard);
        if !is_locked || self == known {
            return Ok(());
        }
        let fault = Fault::contradiction(format!(
            "the standard list {} is here already and differs; a change needs a new version",
            self.canonical
        ));
        Err(Refused(vec![Refusal { item: None, fault }]))
    }
}

impl Checked {
    /// The questionnaire.
    pub fn questionnaire(&self) -> &Questionnaire {
        &self.questionnaire
    }

    /// The places of the items, those first that others depend on.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// An item with what it stands below, the outermost first and the item itself last; empty for an unknown name.
    pub fn way_to(&self, name: &LinkId) -> Vec<&Item> {
        let nodes = self.questionnaire.nodes();
        let found = nodes.iter().find(|node| node.item.link_id == *name);
        let above = |node: &Node<'_>| node.parent.and_then(|parent| nodes.get(parent));
        let mut way: Vec<&Item> = std::iter::successors(found, |node| above(node)).map(|node| node.item).collect();
        way.reverse();
        way
    }

    /// Where the person stops, in order, by what has been given: the questions that are asked, and words that stand
    /// alone.
    pub fn steps(&self, given: &AllGiven) -> Vec<&Item> {
        let standing = Standing::of(self, given);
        standing.steps().into_iter().filter_map(|place| standing.nodes.get(place)).map(|node| node.item).collect()
    }

    /// The words that are shown with a question: those that stand below it, by what has been given.
    pub fn words_with(&self, question: &LinkId, given: &AllGiven) -> Vec<&Item> {
        let standing = Standing::of(self, given);
        let places = standing.words_with(question).into_iter();
        places.filter_map(|place| standing.nodes.get(place)).map(|node| node.item).collect()
    }

    /// The questions that must be answered and have neither an answer nor "don't know".
    pub fn missing(&self, given: &AllGiven) -> Vec<LinkId> {
        Standing::of(self, given).missing()
    }

    /// The sums that can be reckoned of what has been given.
    pub fn scores(&self, given: &AllGiven) -> Vec<Score> {
        Standing::of(self, given).scores()
    }

    /// What has been given to items that are asked, as a response holds it.
    pub fn answered(&self, given: &AllGiven) -> Vec<Answered> {
        super::response::answered(Standing::of(self, given))
    }
}
