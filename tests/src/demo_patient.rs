//! The demonstration's patients at a follow-up service of a test: plan, lists of questions, and changes of the plan.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use chrono::{Duration, NaiveDate};
use serde_json::{Value, json};

use crate::follow_up::FollowUp;

/// Which patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoPatient {
    /// A woman of 72 with COPD.
    Copd,
    /// A man of 61 with diabetes.
    Diabetes,
    /// A man of 81 with heart failure, and the daughter who helps.
    HeartFailure,
}

/// The plans reach so many days around the Monday of the week.
const DAYS: i64 = 400;

impl DemoPatient {
    fn file(self) -> &'static str {
        match self {
            Self::Copd => "copd.json",
            Self::Diabetes => "diabetes.json",
            Self::HeartFailure => "heart-failure.json",
        }
    }

    /// The plan, laid around the week of a Monday, as a FHIR transaction.
    ///
    /// # Errors
    /// It is not there, or no JSON.
    pub fn plan(self, patient: &str, monday: NaiveDate) -> Result<Value> {
        let text = read(self.file())?;
        let mut filled = text.replace("{patient}", patient).replace("{monday}", &monday.to_string());
        for days in -DAYS..=DAYS {
            let name = format!("{{monday{days:+}}}");
            filled = filled.replace(&name, &(monday + Duration::days(days)).to_string());
        }
        Ok(serde_json::from_str(&filled)?)
    }

    /// Puts the lists of questions and the plan into a service.
    ///
    /// # Errors
    /// It does not take them.
    pub async fn enter(self, service: &FollowUp, monday: NaiveDate) -> Result<()> {
        for list in lists()? {
            service.put(&list).await?;
        }
        service.transaction(&self.plan(id(service), monday)?).await
    }
}

/// The lists of questions that the plans ask for.
///
/// # Errors
/// One is not there, or no JSON.
pub fn lists() -> Result<Vec<Value>> {
    let names = ["daily-general", "diabetes-distress", "symptoms-copd", "symptoms-heart-failure"];
    let list = |name| {
        let mut list: Value = serde_json::from_str(&read(&format!("questionnaires/{name}.json"))?)?;
        without(&mut list, "_valueString");
        Ok(list)
    };
    names.into_iter().map(list).collect()
}

/// Changes one part of the patient's plan, and with it the parent, in one transaction.
///
/// # Errors
/// There is no such part, or the service does not take it.
pub async fn change(service: &FollowUp, part: &str, change: impl FnOnce(&mut Value)) -> Result<()> {
    let patient = id(service);
    let (kind, name) = part.split_once('/').context("a part is TYPE/name")?;
    let mut changed = service.read(&format!("{kind}/{patient}-{name}")).await?;
    change(&mut changed);
    let parent = service.read(&format!("CarePlan/{patient}-plan")).await?;
    // A server may leave out a new version of what has not changed.
    let parent = touched(parent);
    let entries: Vec<Value> = [changed, parent]
        .into_iter()
        .map(|resource| {
            let place = format!("{}/{}", text(&resource, "resourceType"), text(&resource, "id"));
            json!({ "fullUrl": format!("{}/{place}", service.base()), "resource": resource,
                    "request": { "method": "PUT", "url": place } })
        })
        .collect();
    service.transaction(&json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries })).await
}

/// Leaves out an element wherever it stands. The server that we did not write takes no translations of the value of
/// an extension, which R4 allows.
fn without(value: &mut Value, name: &str) {
    match value {
        Value::Object(object) => {
            object.remove(name);
            object.values_mut().for_each(|value| without(value, name));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| without(value, name)),
        _ => {}
    }
}

fn touched(mut parent: Value) -> Value {
    let title = text(&parent, "title");
    let title = if let Some(before) = title.strip_suffix('.') { before.to_owned() } else { format!("{title}.") };
    if let Some(object) = parent.as_object_mut() {
        object.insert("title".to_owned(), json!(title));
    }
    parent
}

fn id(service: &FollowUp) -> &str {
    service.patient().rsplit('/').next().unwrap_or_default()
}

fn text(resource: &Value, name: &str) -> String {
    resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read(file: &str) -> Result<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../assets/demo").join(file);
    std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}
