//! The figures of runs as Markdown.

use std::{collections::BTreeMap, fmt::Write as _};

use super::Report;
use crate::follow_up::Which;

/// A table of the runs, and the sums of kills and faults.
#[must_use]
pub fn table(reports: &[Report]) -> String {
    let mut text = String::from(
        "| seed | service | clock | readings | sent by sensors | Observations | said | over the bad road | kills | of the service | requests | minutes |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let (mut kills, mut faults) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
    for report in reports {
        let size = &report.size;
        let which = match size.which {
            Which::NotOurs => "sekmet",
            Which::Embedded | Which::Program => "dagsform service",
        };
        let all: usize = report.killed.values().sum();
        let requests: usize = report.requests.values().sum();
        // Writing into a text cannot fail.
        let _ = writeln!(
            text,
            "| {} | {which} | {:+} h | {} | {} | {} | {} | {} | {all} | {} | {requests} | {:.1} |",
            size.seed,
            size.skew.num_hours(),
            size.readings,
            report.transmissions,
            report.observations,
            report.said,
            report.by_bad_road,
            size.service_kills,
            report.took.as_secs_f64() / 60.0,
        );
        for (place, count) in &report.killed {
            *kills.entry(place.name()).or_default() += count;
        }
        for (name, count) in &report.requests {
            *faults.entry(name).or_default() += count;
        }
    }
    let listed = |counts: BTreeMap<&str, usize>| {
        counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    let _ = write!(text, "\nKills: {}.\n\nRequests: {}.\n", listed(kills), listed(faults));
    text
}
