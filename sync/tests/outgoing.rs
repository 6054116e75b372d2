//! All that is sent is FHIR R4 in the eyes of two checkers that we did not write: fhirkit-rs (structure, dates, types) and
//! npm's fhir (codes of required value sets). `tests/rigs/fhir/setup-checkers` installs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::value::RawValue;

mod common;

/// Resources with faults that a checker has to find, or it checks nothing.
const WRONG: [&str; 4] = [
    r#"{"resourceType":"Observation","status":"finished","code":{"text":"x"}}"#,
    r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"colour":"red"}"#,
    r#"{"resourceType":"Observation","status":"final","code":{"text":"x"},"effectiveDateTime":"2026-13-01"}"#,
    r#"{"resourceType":"QuestionnaireResponse","status":"done"}"#,
];

#[derive(Deserialize)]
struct Bundle {
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    resource: Box<RawValue>,
}

/// Bundles, and by itself each resource that is sent, once; digits as they are.
fn lines() -> Vec<String> {
    let mut all = BTreeSet::new();
    for text in common::outgoing::everything() {
        if let Ok(bundle) = serde_json::from_str::<Bundle>(&text) {
            all.extend(bundle.entry.iter().map(|entry| entry.resource.get().to_owned()));
        }
        all.insert(text);
    }
    // A line each: the examples are indented, and no text within them has a line break.
    all.into_iter().map(|text| text.lines().map(str::trim_start).collect()).collect()
}

fn rigs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/rigs/fhir")
}

/// Where the checkers are.
fn installed() -> PathBuf {
    let setup = Command::new(rigs().join("setup-checkers")).output().unwrap();
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    PathBuf::from(String::from_utf8(setup.stdout).unwrap().trim())
}

/// What a checker says of each line, by its number from 1.
fn said(checker: &mut Command, lines: &[String]) -> BTreeMap<usize, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("resources.ndjson");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let checked = checker.stdin(File::open(path).unwrap()).output().unwrap();
    assert!(checked.status.success(), "{checker:?}: {}", String::from_utf8_lossy(&checked.stderr));
    let mut said: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(checked.stdout).unwrap().lines() {
        let (number, problem) = line.split_once('\t').unwrap();
        said.entry(number.parse().unwrap()).or_default().push(problem.to_owned());
    }
    said
}

fn assert_finds_only_what_is_wrong(checker: &mut Command, finds: &[usize]) {
    let mut lines = lines();
    let good = lines.len();
    assert!(good > 1500, "{good}");
    lines.extend(WRONG.map(str::to_owned));
    let said = said(checker, &lines);
    let false_alarms: Vec<_> = said.range(..=good).take(5).map(|(number, said)| (said, &lines[number - 1])).collect();
    assert!(false_alarms.is_empty(), "{} of {good}: {false_alarms:#?}", said.range(..=good).count());
    let found: Vec<usize> = said.into_keys().map(|number| number - good - 1).collect();
    assert_eq!(found, finds);
}

#[test]
fn fhirkit_finds_nothing_wrong_with_anything_that_is_sent() {
    let mut checker = Command::new(installed().join("venv/bin/python"));
    assert_finds_only_what_is_wrong(checker.arg(rigs().join("checkers/check.py")), &[1, 2]);
}

#[test]
fn npms_fhir_finds_nothing_wrong_with_anything_that_is_sent() {
    let mut checker = Command::new("node");
    let modules = installed().join("node_modules");
    let checker = checker.arg(rigs().join("checkers/check.js")).env("NODE_PATH", modules);
    assert_finds_only_what_is_wrong(checker, &[0, 1, 3]);
}
