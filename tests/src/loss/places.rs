//! Where the program is killed.

use dagsform::gaps;
use rand::{rngs::StdRng, seq::SliceRandom as _};

/// Of the kills, so many in a hundred are in named gaps.
const IN_GAPS: usize = 60;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A named gap on the way of a reading.
    Reading(&'static str),
    /// A named gap on the way of answers.
    Answering(&'static str),
    /// Wherever it is at a moment of chance.
    Anywhere,
}

impl Place {
    /// Whether it is on the way of answers.
    #[must_use]
    pub fn is_answering(self) -> bool {
        matches!(self, Self::Answering(_))
    }

    /// What it is called in a table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reading(name) | Self::Answering(name) => name,
            Self::Anywhere => "anywhere",
        }
    }
}

/// So many kills, as many in each gap, the others anywhere; in an order of chance. `answers`: questions are answered.
pub(super) fn spread(kills: usize, answers: bool, random: &mut StdRng) -> Vec<Place> {
    let answering = gaps::ANSWERING.map(Place::Answering).into_iter().filter(|_| answers);
    let gaps: Vec<Place> = gaps::NAMES.map(Place::Reading).into_iter().chain(answering).collect();
    let each = kills * IN_GAPS / 100 / gaps.len();
    let mut places: Vec<Place> = gaps.into_iter().flat_map(|gap| std::iter::repeat_n(gap, each)).collect();
    places.resize(kills, Place::Anywhere);
    places.shuffle(random);
    places
}
