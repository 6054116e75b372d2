//! What was sent and said, beside what record and service hold.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::{sayings::Diary, sensors::Sensors};
use crate::{facts, follow_up::FollowUp, rig::log::Delivery, tablet::Tablet};

/// How much was compared.
pub(super) struct Found {
    pub(super) observations: usize,
    pub(super) said: usize,
}

/// Compares everything. `clocks_differ`: the tablet has put the times of reception right, and says so in notes.
///
/// # Errors
/// Something was lost, doubled, altered or invented.
pub(super) async fn compare(
    tablet: &Tablet,
    service: &FollowUp,
    sensors: &Sensors,
    diary: &Diary,
    deliveries: &[Delivery],
    clocks_differ: bool,
) -> Result<Found> {
    let lines = tablet.readings()?;
    let distinct: BTreeSet<_> = deliveries.iter().map(|one| (&one.sent.device, &one.sent.bytes)).collect();
    ensure!(distinct.len() == sensors.readings(), "{} of {} were sent", distinct.len(), sensors.readings());
    let identities: BTreeSet<&str> = lines.iter().filter_map(|line| line["identity"].as_str()).collect();
    ensure!(identities.len() == lines.len(), "{} identities of {} readings", identities.len(), lines.len());
    let sent = facts::sent(deliveries)?;
    facts::same("the record", &facts::values(&sent), &facts::recorded(&lines)?)?;
    let mut held = service.holds().await?;
    if clocks_differ {
        for fact in &mut held {
            fact.says.remove("notes");
        }
    }
    facts::same("the service", &sent, &held)?;

    let said = tablet.said()?;
    for line in lines.iter().chain(&said) {
        ensure!(line["delivery"]["state"] == "delivered", "not delivered: {line}");
    }
    // The words on plans are the tablet's own.
    let recorded: BTreeSet<&str> =
        said.iter().filter(|line| line["kind"] != "plan").filter_map(|line| line["identity"].as_str()).collect();
    let known: BTreeSet<&str> = diary.said().keys().map(String::as_str).collect();
    ensure!(recorded == known, "said and recorded: {:?}", recorded.symmetric_difference(&known).collect::<Vec<_>>());
    arrived(service, diary).await?;
    Ok(Found { observations: sent.len(), said: known.len() })
}

/// Each thing that was said is at the service once, with the words that were said.
async fn arrived(service: &FollowUp, diary: &Diary) -> Result<()> {
    let mut held: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for kind in ["QuestionnaireResponse", "Communication", "MedicationStatement"] {
        let found = service.search(&format!("{kind}?patient={}", service.patient())).await?;
        for resource in found.into_iter().filter(|resource| resource["resourceType"] == kind) {
            // QuestionnaireResponse has one identifier, the others a list.
            let value = resource["identifier"].pointer("/value").or(resource.pointer("/identifier/0/value"));
            let identity = value.and_then(Value::as_str).with_context(|| format!("no identifier: {resource}"))?;
            let identity = identity.trim_start_matches("urn:uuid:").to_owned();
            let is_plan = resource["category"].to_string().contains("\"plan-");
            if !is_plan {
                held.entry(identity).or_default().push(resource);
            }
        }
    }
    let mut differences = Vec::new();
    for (identity, saying) in diary.said() {
        match held.remove(identity).unwrap_or_default().as_slice() {
            [one] if one["resourceType"] == saying.resource() => {
                differences.extend(saying.differences(one).into_iter().map(|what| format!("{identity}: {what}")));
            }
            other => differences.push(format!("{identity}, {saying:?}: held {} times", other.len())),
        }
    }
    differences.extend(held.keys().map(|identity| format!("{identity} was never said")));
    let many = differences.len();
    differences.truncate(12);
    if many > 0 {
        bail!("what was said: {many} differences:\n{}", differences.join("\n"));
    }
    Ok(())
}
