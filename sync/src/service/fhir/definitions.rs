//! The types of resources that this service keeps, and what each can be searched by.
//!
//! The codes, required elements and search parameters are R4's (4.0.1), the page of each resource.

/// A type of resource.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// Elements without which it is refused; `medication[x]` stands for any of its kinds.
    pub(crate) required: &'static [&'static str],
    /// The element that holds its status, and the values it may have.
    pub(crate) status: Option<(&'static str, &'static [&'static str])>,
    /// Its own search parameters, beside those that all types have.
    pub(crate) parameters: &'static [Parameter],
}

/// A search parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Where in the resource, from its root; lists are gone through.
    pub(crate) paths: &'static [&'static str],
}

/// How values compare (R4, 3.1.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    Date,
    Uri,
    /// A reference, to any type or to this one only.
    Reference(Option<&'static str>),
}

impl Kind {
    /// FHIR's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Date => "date",
            Self::Uri => "uri",
            Self::Reference(_) => "reference",
        }
    }
}

/// The definition of a type, if this service keeps it.
pub(crate) fn find(name: &str) -> Option<&'static Definition> {
    ALL.iter().find(|definition| definition.name == name)
}

impl Definition {
    /// A search parameter by its name.
    pub(crate) fn parameter(&self, name: &str) -> Option<Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name).copied()
    }
}

const fn token(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Token, paths }
}
const fn date(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Date, paths }
}
const fn uri(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Uri, paths }
}
const fn reference(name: &'static str, paths: &'static [&'static str]) -> Parameter {
    Parameter { name, kind: Kind::Reference(None), paths }
}
const fn patient(paths: &'static [&'static str]) -> Parameter {
    Parameter { name: "patient", kind: Kind::Reference(Some("Patient")), paths }
}

const IDENTIFIER: Parameter = token("identifier", &["identifier"]);
const STATUS: Parameter = token("status", &["status"]);
const INTENT: Parameter = token("intent", &["intent"]);
const CODE: Parameter = token("code", &["code"]);
const CATEGORY: Parameter = token("category", &["category"]);
const SUBJECT: Parameter = reference("subject", &["subject"]);
const PATIENT: Parameter = patient(&["subject"]);
const BASED_ON: Parameter = reference("based-on", &["basedOn"]);
const PART_OF: Parameter = reference("part-of", &["partOf"]);

const EVENT_STATUS: &[&str] =
    &["preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"];
const REQUEST_STATUS: &[&str] = &["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"];

/// Every type.
pub(crate) const ALL: &[Definition] = &[
    Definition {
        name: "Appointment",
        required: &["status", "participant"],
        status: Some((
            "status",
            &[
                "proposed",
                "pending",
                "booked",
                "arrived",
                "fulfilled",
                "cancelled",
                "noshow",
                "entered-in-error",
                "checked-in",
                "waitlist",
            ],
        )),
        parameters: &[
            IDENTIFIER,
            STATUS,
            BASED_ON,
            date("date", &["start"]),
            patient(&["participant.actor"]),
            reference("actor", &["participant.actor"]),
        ],
    },
    Definition {
        name: "Basic",
        required: &["code"],
        status: None,
        parameters: &[IDENTIFIER, CODE, SUBJECT, PATIENT, date("created", &["created"])],
    },
    Definition {
        name: "CarePlan",
        required: &["status", "intent", "subject"],
        status: Some(("status", REQUEST_STATUS)),
        parameters: &[
            IDENTIFIER,
            STATUS,
            INTENT,
            CATEGORY,
            SUBJECT,
            PATIENT,
            BASED_ON,
            PART_OF,
            date("date", &["period"]),
            reference("goal", &["goal"]),
            reference("condition", &["addresses"]),
            reference("care-team", &["careTeam"]),
            reference("replaces", &["replaces"]),
        ],
    },
    Definition {
        name: "CareTeam",
        required: &[],
        status: Some(("status", &["proposed", "active", "suspended", "inactive", "entered-in-error"])),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CATEGORY,
            SUBJECT,
            PATIENT,
            date("date", &["period"]),
            reference("participant", &["participant.member"]),
        ],
    },
    Definition {
        name: "Communication",
        required: &["status"],
        status: Some(("status", EVENT_STATUS)),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CATEGORY,
            SUBJECT,
            PATIENT,
            BASED_ON,
            PART_OF,
            reference("sender", &["sender"]),
            reference("recipient", &["recipient"]),
            date("sent", &["sent"]),
            date("received", &["received"]),
        ],
    },
    Definition {
        name: "Condition",
        required: &["subject"],
        status: None,
        parameters: &[
            IDENTIFIER,
            CODE,
            CATEGORY,
            SUBJECT,
            PATIENT,
            token("clinical-status", &["clinicalStatus"]),
            token("severity", &["severity"]),
        ],
    },
    Definition {
        name: "Device",
        required: &[],
        status: Some(("status", &["active", "inactive", "entered-in-error", "unknown"])),
        parameters: &[IDENTIFIER, STATUS, token("type", &["type"]), patient(&["patient"])],
    },
    Definition {
        name: "Encounter",
        required: &["status", "class"],
        status: Some((
            "status",
            &[
                "planned",
                "arrived",
                "triaged",
                "in-progress",
                "onleave",
                "finished",
                "cancelled",
                "entered-in-error",
                "unknown",
            ],
        )),
        parameters: &[IDENTIFIER, STATUS, SUBJECT, PATIENT, token("class", &["class"]), date("date", &["period"])],
    },
    Definition {
        name: "Goal",
        required: &["lifecycleStatus", "description", "subject"],
        status: Some((
            "lifecycleStatus",
            &[
                "proposed",
                "planned",
                "accepted",
                "active",
                "on-hold",
                "completed",
                "cancelled",
                "entered-in-error",
                "rejected",
            ],
        )),
        parameters: &[
            IDENTIFIER,
            CATEGORY,
            SUBJECT,
            PATIENT,
            token("lifecycle-status", &["lifecycleStatus"]),
            date("start-date", &["startDate"]),
            date("target-date", &["target.dueDate"]),
        ],
    },
    Definition {
        name: "List",
        required: &["status", "mode"],
        status: Some(("status", &["current", "retired", "entered-in-error"])),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CODE,
            SUBJECT,
            PATIENT,
            date("date", &["date"]),
            reference("item", &["entry.item"]),
        ],
    },
    Definition {
        name: "MedicationRequest",
        required: &["status", "intent", "medication[x]", "subject"],
        status: Some((
            "status",
            &["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"],
        )),
        parameters: &[
            IDENTIFIER,
            STATUS,
            INTENT,
            CATEGORY,
            SUBJECT,
            PATIENT,
            token("code", &["medicationCodeableConcept"]),
            date("authoredon", &["authoredOn"]),
        ],
    },
    Definition {
        name: "MedicationStatement",
        required: &["status", "medication[x]", "subject"],
        status: Some((
            "status",
            &["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"],
        )),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CATEGORY,
            SUBJECT,
            PATIENT,
            PART_OF,
            token("code", &["medicationCodeableConcept"]),
            date("effective", &["effectiveDateTime", "effectivePeriod"]),
            reference("source", &["informationSource"]),
        ],
    },
    Definition {
        name: "Observation",
        required: &["status", "code", "subject"],
        status: Some((
            "status",
            &["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"],
        )),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CODE,
            CATEGORY,
            SUBJECT,
            PATIENT,
            BASED_ON,
            PART_OF,
            token("combo-code", &["code", "component.code"]),
            date("date", &["effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"]),
            reference("device", &["device"]),
            reference("performer", &["performer"]),
            reference("has-member", &["hasMember"]),
            reference("derived-from", &["derivedFrom"]),
        ],
    },
    Definition {
        name: "Organization",
        required: &[],
        status: None,
        parameters: &[IDENTIFIER, token("active", &["active"]), token("type", &["type"])],
    },
    Definition {
        name: "Patient",
        required: &[],
        status: None,
        parameters: &[IDENTIFIER, token("active", &["active"]), date("birthdate", &["birthDate"])],
    },
    Definition {
        name: "Practitioner",
        required: &[],
        status: None,
        parameters: &[IDENTIFIER, token("active", &["active"])],
    },
    Definition {
        name: "PractitionerRole",
        required: &[],
        status: None,
        parameters: &[
            IDENTIFIER,
            token("active", &["active"]),
            reference("practitioner", &["practitioner"]),
            reference("organization", &["organization"]),
        ],
    },
    Definition {
        name: "Provenance",
        required: &["target", "recorded", "agent"],
        status: None,
        parameters: &[
            reference("target", &["target"]),
            patient(&["target"]),
            reference("agent", &["agent.who"]),
            date("recorded", &["recorded"]),
            // Not in R4; R5 has it.
            token("activity", &["activity"]),
        ],
    },
    Definition {
        name: "Questionnaire",
        required: &["status"],
        status: Some(("status", &["draft", "active", "retired", "unknown"])),
        parameters: &[
            IDENTIFIER,
            STATUS,
            CODE,
            uri("url", &["url"]),
            token("version", &["version"]),
            date("date", &["date"]),
        ],
    },
    Definition {
        name: "QuestionnaireResponse",
        required: &["status"],
        status: Some(("status", &["in-progress", "completed", "amended", "entered-in-error", "stopped"])),
        parameters: &[
            IDENTIFIER,
            STATUS,
            SUBJECT,
            PATIENT,
            BASED_ON,
            PART_OF,
            uri("questionnaire", &["questionnaire"]),
            reference("author", &["author"]),
            reference("source", &["source"]),
            date("authored", &["authored"]),
        ],
    },
    Definition {
        name: "RelatedPerson",
        required: &["patient"],
        status: None,
        parameters: &[IDENTIFIER, token("active", &["active"]), patient(&["patient"])],
    },
    Definition {
        name: "ServiceRequest",
        required: &["status", "intent", "subject"],
        status: Some(("status", REQUEST_STATUS)),
        parameters: &[
            IDENTIFIER,
            STATUS,
            INTENT,
            CODE,
            CATEGORY,
            SUBJECT,
            PATIENT,
            BASED_ON,
            date("authored", &["authoredOn"]),
            date("occurrence", &["occurrenceDateTime", "occurrencePeriod", "occurrenceTiming"]),
            reference("replaces", &["replaces"]),
        ],
    },
    Definition {
        name: "Task",
        required: &["status", "intent"],
        status: Some((
            "status",
            &[
                "draft",
                "requested",
                "received",
                "accepted",
                "rejected",
                "ready",
                "cancelled",
                "in-progress",
                "on-hold",
                "failed",
                "completed",
                "entered-in-error",
            ],
        )),
        parameters: &[
            IDENTIFIER,
            STATUS,
            INTENT,
            CODE,
            BASED_ON,
            PART_OF,
            reference("subject", &["for"]),
            patient(&["for"]),
            reference("owner", &["owner"]),
            reference("focus", &["focus"]),
            date("authored-on", &["authoredOn"]),
            date("modified", &["lastModified"]),
        ],
    },
];
