//! What a tablet needs of a service, on those that are in every run: which checks each passes is frozen by name.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use dagsform_tests::contract::{CHECKS, expected::not_passed, run, server::Which, table};

async fn keeps_to_what_is_known(which: Which) -> Result<()> {
    let verdicts = run(which).await?;
    let found: BTreeSet<&str> =
        verdicts.iter().filter(|(_, verdict)| verdict.is_err()).map(|(name, _)| *name).collect();
    let known: BTreeSet<&str> = not_passed(which).iter().map(|(name, _)| *name).collect();
    let table = table(&[(which, verdicts)]);
    let (worse, better): (Vec<_>, Vec<_>) = (found.difference(&known).collect(), known.difference(&found).collect());
    ensure!(found == known, "no longer passed: {worse:?}; passed now: {better:?}\n{table}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_service_passes_what_it_is_known_to_pass() -> Result<()> {
    keeps_to_what_is_known(Which::Embedded).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_we_did_not_write_passes_what_it_is_known_to_pass() -> Result<()> {
    keeps_to_what_is_known(Which::Sekmet).await
}

#[test]
fn each_check_has_a_name_of_its_own_and_what_is_not_passed_is_one_of_them() {
    let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), CHECKS.len());
    for which in [Which::Embedded, Which::Sekmet, Which::Helios] {
        for (name, why) in not_passed(which) {
            assert!(names.contains(name) && !why.is_empty(), "{}: {name}", which.name());
        }
    }
}
