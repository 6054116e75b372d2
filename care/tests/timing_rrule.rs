//! Ten thousand random timings against dateutil's rrule, which knows nothing of ours (`timing_rrule.py`).
//! The seed: `DAGSFORM_SEED`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod timing_random;

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use dagsform_care::{Timing, time::ZONE, timing::Bounds};
use serde::Deserialize;
use serde_json::{Value, json};

use timing_random::{Case, Random, case};

const CASES: usize = 10_000;
const FIELDS: [&str; 20] = [
    "event",
    "boundsPeriod",
    "boundsDuration",
    "boundsRange",
    "count",
    "countMax",
    "duration",
    "durationMax",
    "durationUnit",
    "frequency",
    "frequencyMax",
    "period",
    "periodMax",
    "periodUnit",
    "dayOfWeek",
    "timeOfDay",
    "when",
    "offset",
    "code",
    "asNeeded",
];

/// The fields of a Timing that are there.
fn fields(timing: &Timing) -> Vec<&'static str> {
    let repeat = timing.repeat.clone().unwrap_or_default();
    let there = [
        !timing.event.is_empty(),
        matches!(repeat.bounds, Some(Bounds::Period { .. })),
        matches!(repeat.bounds, Some(Bounds::Duration(_))),
        matches!(repeat.bounds, Some(Bounds::Range { .. })),
        repeat.count.is_some(),
        repeat.count_max.is_some(),
        repeat.duration.is_some(),
        repeat.duration_max.is_some(),
        repeat.duration_unit.is_some(),
        repeat.frequency.is_some(),
        repeat.frequency_max.is_some(),
        repeat.period.is_some(),
        repeat.period_max.is_some(),
        repeat.period_unit.is_some(),
        !repeat.day_of_week.is_empty(),
        !repeat.time_of_day.is_empty(),
        !repeat.when.is_empty(),
        repeat.offset.is_some(),
        timing.code.is_some(),
        timing.as_needed,
    ];
    FIELDS.into_iter().zip(there).filter_map(|(field, there)| there.then_some(field)).collect()
}

#[derive(Deserialize)]
struct Answer {
    cannot: Option<String>,
    #[serde(default)]
    occurrences: Vec<(i64, Option<i64>)>,
}

/// A Python that has dateutil: the system's, else one made for this test.
fn python() -> PathBuf {
    let has_dateutil = |python: &Path| {
        Command::new(python).args(["-c", "import dateutil.rrule"]).output().is_ok_and(|run| run.status.success())
    };
    let system = PathBuf::from("python3");
    if has_dateutil(&system) {
        return system;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timing-rrule-python");
    let own = folder.join("bin/python3");
    if !has_dateutil(&own) {
        let run = |command: &mut Command| match command.output() {
            Ok(run) if run.status.success() => {}
            Ok(run) => panic!("{command:?} failed:\n{}", String::from_utf8_lossy(&run.stderr)),
            Err(error) => panic!("{command:?}: {error}. This test needs python3 with python-dateutil."),
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(&own).args(["-m", "pip", "install", "--quiet", "--timeout", "20", "python-dateutil"]));
    }
    assert!(has_dateutil(&own), "no python3 with dateutil: install python-dateutil");
    own
}

/// A case as the script reads it.
fn question(case: &Case) -> Value {
    json!({
        "timing": case.timing, "since": case.schedule.since, "day": case.schedule.day,
        "from": case.from, "until": case.until,
    })
}

fn answers(cases: &[Case]) -> Vec<Answer> {
    let lines: String = cases.iter().map(|case| format!("{}\n", question(case))).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timing_rrule.py");
    let mut child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
    let run = child.wait_with_output().unwrap();
    assert!(run.status.success(), "timing_rrule.py: {}\n{}", run.status, String::from_utf8_lossy(&run.stderr));
    writer.join().unwrap().unwrap();
    String::from_utf8(run.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn ten_thousand_random_timings_agree_with_dateutils_rrule() {
    let seed = std::env::var("DAGSFORM_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(2026);
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut refused = 0;
    let mut cases = Vec::new();
    while cases.len() < CASES {
        match case(&mut random) {
            Some(case) => cases.push(case),
            None => refused += 1,
        }
        assert!(refused < CASES / 5, "the generator makes timings that are refused");
    }

    let answers = answers(&cases);
    assert_eq!(answers.len(), CASES);
    let (mut compared, mut occurrences, mut with_end) = (0, 0, 0);
    let mut cannot: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let ours = case.schedule.occurrences(case.from, case.until, ZONE);
        for field in fields(&case.timing) {
            let (all, expressed) = seen.entry(field).or_default();
            *all += 1;
            *expressed += usize::from(answer.cannot.is_none());
        }
        if let Some(why) = &answer.cannot {
            *cannot.entry(why.clone()).or_default() += 1;
            assert!(!case.timing.as_needed || ours.is_empty(), "as needed is never due: {:?}", case.timing);
            continue;
        }
        compared += 1;
        occurrences += ours.len();
        let begins: Vec<i64> = ours.iter().map(|occurrence| occurrence.begins.timestamp()).collect();
        let theirs: Vec<i64> = answer.occurrences.iter().map(|(begins, _)| *begins).collect();
        assert_eq!(begins, theirs, "{}", question(case));
        for (occurrence, (_, ends)) in ours.iter().zip(&answer.occurrences) {
            with_end += usize::from(ends.is_some());
            assert!(ends.is_none_or(|ends| ends == occurrence.ends.timestamp()), "{occurrence:?} {:?}", case.timing);
        }
    }

    println!("{compared} of {CASES} timings agree, {occurrences} occurrences, {with_end} with their end");
    println!("{refused} more were refused; rrule cannot express: {cannot:?}");
    println!("field: in how many cases, in how many that rrule can express");
    for field in FIELDS {
        let (all, expressed) = seen.get(field).copied().unwrap_or_default();
        println!("{field}: {all}, {expressed}");
    }
    for field in FIELDS {
        let all = seen.get(field).map_or(0, |(all, _)| *all);
        assert!(all >= CASES / 10, "{field} occurs in {all} cases only");
    }
    assert!(compared >= CASES * 8 / 10, "only {compared} were compared");
    assert!(occurrences > CASES, "most timings gave nothing to compare");
}
