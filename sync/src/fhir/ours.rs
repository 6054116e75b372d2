//! Extensions and code systems of our own, for what FHIR R4 has no element or code for. The modules that read and write
//! them say how.

/// The address below which our extensions are defined. A plan that uses one of them that the tablet does not know is
/// refused; extensions of others may be ignored (R4, 2.4).
pub const EXTENSIONS: &str = "https://dagsform.example/fhir/StructureDefinition/";

/// CarePlan: days on which nothing is expected (`valuePeriod`).
pub const PAUSE: &str = "https://dagsform.example/fhir/StructureDefinition/pause";
/// CarePlan: days on which [`TIMING_IN_BAD_PERIODS`] counts (`valuePeriod`).
pub const BAD_PERIOD: &str = "https://dagsform.example/fhir/StructureDefinition/bad-period";
/// CarePlan: how much the patient wants to see and do (`hide-numbers`, `extra-measurements-a-day`).
pub const CALM: &str = "https://dagsform.example/fhir/StructureDefinition/calm";
/// CarePlan: no reminder comes (`from`, `until`, each `valueTime`).
pub const QUIET_HOURS: &str = "https://dagsform.example/fhir/StructureDefinition/quiet-hours";
/// CarePlan: whether reminders come at all (`valueBoolean`).
pub const REMINDERS: &str = "https://dagsform.example/fhir/StructureDefinition/reminders";
/// CarePlan: the patient's day (`from`, `until`; `breakfast`, `lunch`, `dinner` may be left out; each `valueTime`).
pub const WAKING_DAY: &str = "https://dagsform.example/fhir/StructureDefinition/waking-day";
/// CarePlan of a zone: its place among the zones (`valuePositiveInt`).
pub const ORDER: &str = "https://dagsform.example/fhir/StructureDefinition/order";
/// CarePlan.activity.detail of a call: the number to dial (`valueString`).
pub const PHONE: &str = "https://dagsform.example/fhir/StructureDefinition/phone";
/// ServiceRequest: one range of a number (`type`, `component`, `low`, `high`, `meal`, `id`).
pub const REFERENCE_RANGE: &str = "https://dagsform.example/fhir/StructureDefinition/reference-range";
/// ServiceRequest: how much a number may change (`type`, `component`, `direction`, `by`, `within`, `id`).
pub const CHANGE_LIMIT: &str = "https://dagsform.example/fhir/StructureDefinition/change-limit";
/// ServiceRequest: rest before it is measured again (`valueDuration` in minutes).
pub const REST: &str = "https://dagsform.example/fhir/StructureDefinition/rest";
/// ServiceRequest: a number outside green is measured once more (`valueBoolean`).
pub const MEASURE_AGAIN: &str = "https://dagsform.example/fhir/StructureDefinition/measure-again";
/// ServiceRequest: when it is measured in a bad period (`valueTiming`).
pub const TIMING_IN_BAD_PERIODS: &str = "https://dagsform.example/fhir/StructureDefinition/timing-in-bad-periods";
/// PractitionerRole: closed on Norwegian public holidays (`valueBoolean`).
pub const CLOSED_ON_PUBLIC_HOLIDAYS: &str =
    "https://dagsform.example/fhir/StructureDefinition/closed-on-public-holidays";
/// PractitionerRole: closes at this time on 24 and 31 December (`valueTime`).
pub const HALF_DAYS_UNTIL: &str = "https://dagsform.example/fhir/StructureDefinition/half-days-until";
/// PractitionerRole: all its hours on one day (`date`, `from`, `until`).
pub const OPEN_ON: &str = "https://dagsform.example/fhir/StructureDefinition/open-on";
/// Questionnaire: a name for sums of a span (`name`, `from`, `to`).
pub const SCORE_BAND: &str = "https://dagsform.example/fhir/StructureDefinition/score-band";
/// What a tablet sends: the version of the plan that was in force (`valueString`).
pub const PLAN_VERSION: &str = "https://dagsform.example/fhir/StructureDefinition/plan-version";
/// Observation: what it is by that plan (`valueCode`: green, yellow or red).
pub const ZONE: &str = "https://dagsform.example/fhir/StructureDefinition/zone";
/// Communication: what would be less (`valueCode`: less-measuring, fewer-questions or pause).
pub const WISH: &str = "https://dagsform.example/fhir/StructureDefinition/wish";

/// Device: when the tablet last heard of the sensor (`valueDateTime`).
pub const LAST_CONTACT: &str = "https://dagsform.example/fhir/StructureDefinition/last-contact";

/// What a tablet tells of a device: charging, storage-free, waiting, set-aside, fault.
pub const DEVICE_PROPERTY: &str = "https://dagsform.example/fhir/CodeSystem/device-property";
/// What is wrong with a device: clock-in-doubt, not-paired, not-found, no-data.
pub const DEVICE_FAULT: &str = "https://dagsform.example/fhir/CodeSystem/device-fault";
/// The levels of zones: green, yellow, red.
pub const ZONE_SYSTEM: &str = "https://dagsform.example/fhir/CodeSystem/zone";
/// The parts of a zone: notice, act, prescribed, call.
pub const ZONE_PART: &str = "https://dagsform.example/fhir/CodeSystem/zone-part";
/// What a contact is to the patient: follow-up-service, gp, relative, other.
pub const CONTACT: &str = "https://dagsform.example/fhir/CodeSystem/contact";
/// What an order asks of the patient: measurement, questions.
pub const TASK: &str = "https://dagsform.example/fhir/CodeSystem/task";
/// What a message is: message, please-contact-me, too-much, plan-taken, plan-refused.
pub const MESSAGE: &str = "https://dagsform.example/fhir/CodeSystem/message";
