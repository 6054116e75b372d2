//! Why something that the service wrote is not taken.

/// What is wrong with a resource of the service, in English, for the service to put right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{resource}: {element}: {problem}")]
pub struct Fault {
    /// The resource, `ServiceRequest/12`.
    pub resource: String,
    /// The element in it, as a path: `occurrenceTiming.repeat.period`; the item of a questionnaire by its `linkId`.
    pub element: String,
    /// What is wrong, and what to write instead.
    pub problem: String,
    /// Of which sort it is: the patient's words depend on no more than this.
    pub kind: FaultKind,
}

/// The sorts of [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Something that must be there is not.
    Missing,
    /// It is not written as FHIR R4 writes it.
    Unreadable,
    /// It is FHIR, and more than the tablet can do.
    Unsupported,
    /// Two parts do not go together.
    Contradiction,
    /// It is about another patient.
    OtherPatient,
}
