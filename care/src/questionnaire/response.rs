//! What was answered, as it is sent.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::{Canonical, Given, LinkId, Score, standing::Standing};

/// The answers to a questionnaire (FHIR R4 `QuestionnaireResponse`). It holds no item that was not asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The questionnaire and the version that was answered.
    pub questionnaire: Canonical,
    /// When it was sent in, by the tablet's clock.
    pub authored: DateTime<FixedOffset>,
    /// The answers, in the order and below the groups of the questionnaire. Groups without answers are left out.
    pub items: Vec<Answered>,
    /// The sums, one for each reckoned item that could be reckoned.
    pub scores: Vec<Score>,
}

/// A question that was answered, or a group that holds one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The item.
    pub link_id: LinkId,
    /// What was given; `None` for a group.
    pub given: Option<Given>,
    /// What stands below: of a group its questions, of a question those inside its answer.
    pub items: Vec<Answered>,
}

/// What the items hold, each below what it stands below.
pub(super) fn answered(standing: Standing<'_>) -> Vec<Answered> {
    let mut below: Vec<Vec<Answered>> = vec![Vec::new(); standing.nodes.len()];
    let mut top = Vec::new();
    // From the last item to the first: what stands below an item has been seen before the item itself.
    for (place, (node, given)) in standing.nodes.iter().zip(standing.given).enumerate().rev() {
        let mut items = below.get_mut(place).map(std::mem::take).unwrap_or_default();
        items.reverse();
        if given.is_none() && items.is_empty() {
            continue;
        }
        let answered = Answered { link_id: node.item.link_id.clone(), given, items };
        match node.parent.and_then(|parent| below.get_mut(parent)) {
            Some(siblings) => siblings.push(answered),
            None => top.push(answered),
        }
    }
    top.reverse();
    top
}
