//! What a service says when it refuses to register a tablet or to give it a token.

use serde::Deserialize;

use crate::fault::Refusal;

/// An error (RFC 6749, 5.2; RFC 7591, 3.2.2), and the embedded service's own word for the reason.
#[derive(Deserialize)]
pub(crate) struct Said {
    pub(crate) error: String,
    error_description: Option<String>,
    #[serde(rename = "dagsform_reason")]
    pub(crate) reason: Option<String>,
}

/// More than this of a service's words is neither kept nor shown.
const LONGEST: usize = 200;

impl Said {
    /// Reads one. Should it repeat the tablet's `secret`, that is left out.
    pub(crate) fn read(body: &[u8], secret: &str) -> Option<Self> {
        let said: Self = serde_json::from_slice(body).ok()?;
        let clean = |words: String| {
            words.replace(secret, "…").chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
        };
        Some(Self {
            error: clean(said.error),
            error_description: said.error_description.map(clean),
            reason: said.reason.map(clean),
        })
    }

    /// Its words in one line.
    pub(crate) fn words(&self) -> String {
        match &self.error_description {
            Some(description) => format!("{}: {description}", self.error),
            None => self.error.clone(),
        }
    }

    /// Why the tablet gets no token.
    pub(crate) fn refusal(&self) -> Refusal {
        match self.reason.as_deref() {
            Some("unknown-client") => Refusal::UnknownClient,
            Some("wrong-key") => Refusal::WrongKey,
            Some("revoked") => Refusal::Revoked,
            Some("replayed") => Refusal::Replayed,
            Some("expired") => Refusal::Expired,
            Some("wrong-audience") => Refusal::WrongAudience,
            _ if self.error == "invalid_scope" => Refusal::Scope { said: self.words() },
            _ => Refusal::Unsaid { said: self.words() },
        }
    }
}
