//! A small county through an outage: whatever was measured meanwhile arrives once, and every tablet is up to date.

use std::time::Duration;

use anyhow::Result;
use dagsform_tests::county::{Run, Scenario};

const MINUTE: Duration = Duration::from_secs(60);

/// The run itself compares what the tablets have saved with what the service has, by identity.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_outage_fifty_tablets_are_up_to_date_and_nothing_is_lost_or_doubled() -> Result<()> {
    let begins = 420 * MINUTE;
    let scenario = Scenario {
        begins,
        from: begins + 4 * MINUTE,
        to: begins + 60 * MINUTE,
        down: Some(begins + 10 * MINUTE..begins + 40 * MINUTE),
        part: 10 * MINUTE,
    };
    let run = Run { tablets: 50, scenario, factor: 300.0, seed: 1, at_once: 64, thinning: 10, within: 15 * MINUTE };
    let folder = tempfile::tempdir()?;
    let outcome = run.run(folder.path()).await?;
    let report = outcome.report;
    assert_eq!((report.left, report.not_up_to_date), (0, 0), "{report:?}");
    assert!(report.saved > 0 && report.engine_retries > 0 && report.fetch_retries > 0, "{report:?}");
    assert!(outcome.compared.get("Observation").is_some_and(|count| *count > 0), "{:?}", outcome.compared);
    Ok(())
}
