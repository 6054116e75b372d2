//! What a server says of an error.

use serde::{Deserialize, Serialize};

use super::model::ResourceType;

/// A server's words about an error (R4, 2.29).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationOutcome {
    /// Always `OperationOutcome`.
    pub resource_type: ResourceType,
    /// The single errors.
    #[serde(default)]
    pub issue: Vec<Issue>,
}

/// A single error, warning or remark.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issue {
    /// `fatal`, `error`, `warning` or `information`.
    pub severity: String,
    /// The kind of error.
    pub code: String,
    /// Words for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// More words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<String>,
    /// Where it is, as FHIRPath.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expression: Vec<String>,
}

/// Words for an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// The words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// More than this of a server's words is neither kept nor shown.
const LONGEST_REASON: usize = 300;

impl OperationOutcome {
    /// Reads one; anything else gives `None`.
    pub fn read(body: &[u8]) -> Option<Self> {
        let outcome: Self = serde_json::from_slice(body).ok()?;
        (outcome.resource_type == ResourceType::OperationOutcome).then_some(outcome)
    }

    /// Its words in one line, shortened.
    pub fn reason(&self) -> String {
        let words = |issue: &Issue| {
            let text = issue.details.as_ref().and_then(|d| d.text.clone());
            issue.diagnostics.clone().or(text).unwrap_or_else(|| issue.code.clone())
        };
        let is_error = |issue: &&Issue| issue.severity == "error" || issue.severity == "fatal";
        let mut said: Vec<String> = self.issue.iter().filter(is_error).map(words).collect();
        if said.is_empty() {
            said = self.issue.iter().map(words).collect();
        }
        let joined = said.join("; ");
        let line: String = joined.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= LONGEST_REASON {
            return line;
        }
        line.chars().take(LONGEST_REASON).chain(['…']).collect()
    }

    /// The places of the bundle's entries that its errors name (`Bundle.entry[3].resource…`).
    pub fn entries(&self) -> Vec<usize> {
        let place = |path: &String| {
            let rest = path.strip_prefix("Bundle.entry[")?;
            rest.split_once(']')?.0.parse().ok()
        };
        self.issue.iter().flat_map(|issue| &issue.expression).filter_map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_of_an_outcome_become_one_short_line_and_warnings_only_where_there_is_nothing_else() {
        let of = |text: &str| OperationOutcome::read(text.as_bytes()).unwrap().reason();
        let both = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"x","diagnostics":"w"},
            {"severity":"error","code":"invalid","diagnostics":"no\n status"}]}"#;
        assert_eq!(of(both), "no status");
        assert_eq!(of(r#"{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"x"}]}"#), "x");
        let long = format!(
            r#"{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","code":"x","diagnostics":"{}"}}]}}"#,
            "å".repeat(1000)
        );
        assert_eq!(of(&long).chars().count(), LONGEST_REASON + 1);
    }

    #[test]
    fn what_is_no_outcome_is_none() {
        for text in ["", "<html>", "{}", r#"{"resourceType":"Bundle","type":"batch"}"#, "[]"] {
            assert!(OperationOutcome::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_entries_that_an_outcome_names_are_found() {
        let text = r#"{"resourceType":"OperationOutcome","issue":[
            {"severity":"error","code":"invalid","expression":["Bundle.entry[3].resource.ofType(Observation).code"]},
            {"severity":"error","code":"invalid","expression":["Observation.code","Bundle.entry[x]"]}]}"#;
        assert_eq!(OperationOutcome::read(text.as_bytes()).unwrap().entries(), [3]);
    }
}
