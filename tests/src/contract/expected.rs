//! What each server is known not to pass, frozen by name, with the reason.

use super::server::Which;

/// The checks that a server does not pass, and why. helios-hfs is not in every run: nothing is frozen of it.
#[must_use]
pub fn not_passed(which: Which) -> &'static [(&'static str, &'static str)] {
    match which {
        Which::Embedded => EMBEDDED,
        Which::Sekmet => SEKMET,
        Which::Helios => &[],
    }
}

const DELETES_NOTHING: &str = "nothing is deleted: what was wrong is entered in error";

const BY_PATIENT: &str = "what a tablet may do goes by its patient, whom the reading of this check does not name";

const EMBEDDED: &[(&str, &str)] = &[
    ("an element that there is not is refused", "it keeps what it does not know"),
    ("what was deleted is told in FHIR's words", DELETES_NOTHING),
    ("a plan that was deleted is no longer in force", DELETES_NOTHING),
    ("a message that was deleted is marked", DELETES_NOTHING),
    ("a Bundle is taken with the scope for creating alone", BY_PATIENT),
    ("what the scope does not hold is forbidden", BY_PATIENT),
];

const SEKMET: &[(&str, &str)] = &[
    ("a number keeps its digits", "2.00 is kept as 2.0, and 1E2 as 100; the value stays"),
    (
        "each entry of a batch's answer has the address of the entry that it answers",
        "an entry has the address of what was made; the order is kept",
    ),
    ("an Observation with a status that there is not is refused", "codes are not compared with R4's lists"),
    ("a token reaches its own patient alone", "a token is bound to types of resources, not to a patient"),
];
