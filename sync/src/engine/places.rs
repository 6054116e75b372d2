//! Where the service keeps what it confirmed lately: by that an answer that something in between gives once more is known.

use std::collections::HashMap;

use dagsform_care::Identity;

/// So many places are remembered at least, and at most twice as many.
const PLACES: usize = 4000;

/// What is known of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    whose: Identity,
    /// The version that was confirmed last (`3` of `Observation/12/_history/3`), if the service told it.
    version: Option<String>,
}

/// Places that were confirmed, in two generations: the older one is forgotten when the newer one is full.
#[derive(Debug, Default)]
pub(super) struct Places {
    newer: HashMap<String, Known>,
    older: HashMap<String, Known>,
}

impl Places {
    /// Something of this identity was confirmed there.
    pub(super) fn keep(&mut self, place: String, whose: Identity, version: Option<String>) {
        if self.newer.len() >= PLACES {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(place, Known { whose, version });
    }

    /// Something of another identity was confirmed there.
    pub(super) fn is_of_another(&self, place: &str, identity: Identity) -> bool {
        self.known(place).is_some_and(|known| known.whose != identity)
    }

    /// This very version was confirmed before.
    pub(super) fn had(&self, place: &str, version: &str) -> bool {
        self.known(place).is_some_and(|known| known.version.as_deref() == Some(version))
    }

    fn known(&self, place: &str) -> Option<&Known> {
        self.newer.get(place).or_else(|| self.older.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn identity(n: usize) -> Identity {
        Identity::by_hand(Uuid::from_u128(u128::try_from(n).unwrap()))
    }

    #[test]
    fn the_last_thousands_of_places_are_known_and_the_newest_word_on_each_counts() {
        let mut places = Places::default();
        for n in 0..3 * PLACES {
            places.keep(format!("Observation/{n}"), identity(n), Some("1".to_owned()));
            let oldest = n.saturating_sub(PLACES - 1);
            assert!(places.is_of_another(&format!("Observation/{oldest}"), identity(usize::MAX)));
        }
        assert!(!places.is_of_another("Observation/0", identity(1)), "it is long ago");
        let last = format!("Observation/{}", 3 * PLACES - 1);
        places.keep(last.clone(), identity(3 * PLACES - 1), Some("2".to_owned()));
        assert!(places.had(&last, "2") && !places.had(&last, "1"));
        assert!(!places.is_of_another(&last, identity(3 * PLACES - 1)));
    }
}
