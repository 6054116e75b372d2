//! Why a service does not take the tablet for who it says it is.

/// Why the tablet is not let in. Where the service gives no reason of its own, its words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service asks who the tablet is, and this tablet has never been registered there.
    #[error("it asks for a registration, and this tablet has none")]
    NotRegistered,
    /// It gave a token and does not take it.
    #[error("it does not take the token that it just gave")]
    Token,
    /// It does not know this tablet's name.
    #[error("it does not know this tablet")]
    UnknownClient,
    /// It knows the name with another key.
    #[error("it knows this tablet with another key")]
    WrongKey,
    /// It has ended this tablet's access.
    #[error("it has ended this tablet's access")]
    Revoked,
    /// It has seen the assertion before, and the next one too.
    #[error("it says that this tablet's words have been used before")]
    Replayed,
    /// The assertion is too old or from the future by its clock.
    #[error("it says that this tablet's words are too old, or from the future")]
    Expired,
    /// The assertion is meant for another service.
    #[error("it says that this tablet's words are meant for another service")]
    WrongAudience,
    /// It does not allow what the tablet asks to be allowed.
    #[error("it does not allow what this tablet asks for: {said}")]
    Scope {
        /// Its words, shortened.
        said: String,
    },
    /// Another reason, or none.
    #[error("it says '{said}'")]
    Unsaid {
        /// Its words, shortened.
        said: String,
    },
}
