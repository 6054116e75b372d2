//! The table of what is sent is whole and true: nothing is sent that is not in it, nothing is in it that is never sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{collections::BTreeSet, path::Path};

use dagsform_sync::fhir::rules;
use serde_json::Value as Json;

mod common;

/// The paths of all elements with a value.
fn paths(at: &str, value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::Array(items) => items.iter().for_each(|item| paths(at, item, found)),
        Json::Object(members) => {
            let at = match (members.get("resourceType"), members.get("url")) {
                (Some(kind), _) => {
                    // A resource within another one is an element there, and a resource.
                    found.extend((!at.is_empty()).then(|| at.to_owned()));
                    kind.as_str().unwrap().to_owned()
                }
                (None, Some(url)) if at.ends_with(".extension") => {
                    format!("{at}:{}", url.as_str().unwrap().rsplit('/').next().unwrap())
                }
                _ => at.to_owned(),
            };
            // Questions within questions are questions.
            let at = at.replace(".answer.item", ".item").replace(".item.item", ".item");
            for (name, member) in members.iter().filter(|(name, _)| *name != "resourceType") {
                paths(&format!("{at}.{name}"), member, found);
            }
        }
        _ => drop(found.insert(at.to_owned())),
    }
}

fn sent() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in common::outgoing::everything() {
        paths("", &serde_json::from_str(&text).unwrap(), &mut found);
    }
    found
}

#[test]
fn every_element_that_is_sent_is_in_the_table_and_every_row_of_the_table_is_sent() {
    let in_table: BTreeSet<String> = rules::ROWS.iter().flat_map(|row| row.paths()).collect();
    let sent = sent();
    let unexplained: Vec<&String> = sent.difference(&in_table).collect();
    let never_sent: Vec<&String> = in_table.difference(&sent).collect();
    assert!(
        unexplained.is_empty() && never_sent.is_empty(),
        "sent without a row: {unexplained:#?}\nnever sent: {never_sent:#?}"
    );
}

#[test]
fn no_element_is_in_the_table_twice_and_each_names_a_source_and_a_rule() {
    let all: Vec<String> = rules::ROWS.iter().flat_map(|row| row.paths()).collect();
    let once: BTreeSet<&String> = all.iter().collect();
    assert_eq!(once.len(), all.len());
    assert!(rules::ROWS.iter().all(|row| !row.source.is_empty() && !row.rule.is_empty()));
}

#[test]
fn mapping_md_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("MAPPING.md");
    let table = rules::markdown();
    if std::env::var("DAGSFORM_UPDATE").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written, table, "DAGSFORM_UPDATE=1 cargo test -p dagsform-sync --test table writes it anew");
}
