//! What the page's forms do. Each changes FHIR resources as a request of its own would.

use chrono::NaiveDate;
use dagsform_care::Decimal;
use uuid::Uuid;

use super::{fault::Fault, tablet};
use crate::{
    fhir::codes::URI,
    service::{
        PageWords, extension,
        fhir::store::{Store, instant},
        json::Json,
        limit::{Limits, Number},
        plan,
        problem::Problem,
        questions::{self, When},
        seen, write,
    },
};

mod limit;

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 4000;

/// The fields of a posted form.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.trim())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.trim()).collect()
    }

    /// A field without which the form is not one of this page.
    fn needs(&self, name: &str) -> Result<String, Fault> {
        self.get(name).map(str::to_owned).ok_or(Fault::NotFound)
    }

    /// A date as a browser writes it.
    fn date(&self, name: &str) -> Result<NaiveDate, Fault> {
        self.needs(name)?.parse().map_err(|_| Fault::NotADate)
    }

    /// A decimal with a point or a comma; `None` for an empty field.
    fn number(text: &str) -> Result<Option<Decimal>, Fault> {
        match text {
            "" => Ok(None),
            text => text.replace(',', ".").parse().map(Some).map_err(|_| Fault::NotANumber),
        }
    }
}

/// Who acts, on whom, in whose words.
pub(super) struct Desk {
    patient: String,
    service: String,
    seen: String,
    plan: String,
    language: String,
}

impl Desk {
    pub(super) fn new(words: &dyn PageWords, patient: &str) -> Self {
        Self {
            patient: patient.to_owned(),
            service: super::says::service(words),
            seen: words.text("service-page", "Seen by the follow-up service", &[]),
            plan: words.text("service-page", "Follow-up plan", &[]),
            language: words.language_tag().to_owned(),
        }
    }

    fn plan(&self, store: &Store<'_>) -> Result<plan::Plan, Problem> {
        plan::to_change(store, &self.patient, &self.plan, &self.language)
    }
}

/// What a form asks for. `plan` is the name of the version that the form showed.
pub(super) enum Action {
    Seen { versions: Vec<String> },
    Message { text: String, answers: Option<String>, form: Uuid },
    Limit { order: Option<String>, version: i64, number: Number, limits: Limits },
    SendList { plan: String, questionnaire: String, when: When },
    WithdrawList { plan: String, order: String },
    Pause { plan: String, first: NaiveDate, last: NaiveDate },
    Unpause { plan: String, first: String, last: String },
    End { plan: String },
    Revoke { client: String },
}

impl Action {
    /// Reads the form of this name.
    pub(super) fn read(name: &str, form: &Form) -> Result<Self, Fault> {
        let plan = || form.needs("plan");
        Ok(match name {
            "seen" => Self::Seen { versions: form.all("target").into_iter().map(str::to_owned).collect() },
            "message" => Self::Message {
                text: message_text(form)?,
                answers: form.get("answers").map(str::to_owned),
                form: form.get("form").and_then(|form| form.parse().ok()).ok_or(Fault::Token)?,
            },
            "limit" => limit::read(form)?,
            "list" => {
                let key = form.needs("when")?;
                let when = When::ALL.into_iter().find(|when| when.key() == key).ok_or(Fault::NotFound)?;
                Self::SendList { plan: plan()?, questionnaire: form.needs("questionnaire")?, when }
            }
            "withdraw" => Self::WithdrawList { plan: plan()?, order: form.needs("order")? },
            "pause" => {
                let (first, last) = (form.date("first")?, form.date("last")?);
                if last < first {
                    return Err(Fault::Backwards);
                }
                Self::Pause { plan: plan()?, first, last }
            }
            "unpause" => Self::Unpause { plan: plan()?, first: form.needs("first")?, last: form.needs("last")? },
            "end" if form.get("sure").is_none() => return Err(Fault::NotSure),
            "end" => Self::End { plan: plan()? },
            "revoke" if form.get("sure").is_none() => return Err(Fault::NotSureToRevoke),
            "revoke" => Self::Revoke { client: form.needs("client")? },
            _ => return Err(Fault::NotFound),
        })
    }

    /// Does it, in the transaction of the store.
    pub(super) fn carry_out(self, store: &Store<'_>, desk: &Desk) -> Result<(), Problem> {
        store.read("Patient", &desk.patient)?;
        match self {
            Self::Seen { versions } => seen::mark(store, &desk.patient, &versions, &desk.service, &desk.seen),
            Self::Message { text, answers, form } => message(store, desk, &text, answers.as_deref(), form),
            Self::Limit { order, version, number, limits } => {
                limit::change(store, desk, order.as_deref(), version, number, &limits)
            }
            Self::SendList { plan, questionnaire, when } => {
                let mut plan = desk.plan(store)?.unless_overtaken(&plan)?;
                let known = questions::available(store)?;
                let named = known.iter().find(|one| questions::canonical(one).as_ref() == Some(&questionnaire));
                let named = named.ok_or_else(|| Problem::not_found("there is no such Questionnaire"))?;
                let order = questions::order(store, &format!("Patient/{}", desk.patient), named, when);
                plan.point_to(&write::create(store, "ServiceRequest", order, None)?.path());
                plan.save(store)
            }
            Self::WithdrawList { plan, order } => {
                let mut plan = desk.plan(store)?.unless_overtaken(&plan)?;
                let sent = questions::sent(store, &desk.patient)?.into_iter().find(|(stored, _)| stored.id == order);
                let (stored, mut body) = sent.ok_or_else(|| Problem::not_found("there is no such list"))?;
                body.set("status", Json::text("revoked"), usize::MAX);
                plan.forget(&stored.path());
                write::replace(store, &stored, body)?;
                plan.save(store)
            }
            Self::Pause { plan, first, last } => {
                let mut plan = desk.plan(store)?.unless_overtaken(&plan)?;
                plan.pause(&first.to_string(), &last.to_string());
                plan.save(store)
            }
            Self::Unpause { plan, first, last } => {
                let mut plan = desk.plan(store)?.unless_overtaken(&plan)?;
                plan.unpause(&first, &last);
                plan.save(store)
            }
            Self::End { plan } => {
                let mut plan = desk.plan(store)?.unless_overtaken(&plan)?;
                plan.end(&plan::today(store));
                plan.save(store)
            }
            Self::Revoke { client } => tablet::revoke(store, &desk.patient, &client),
        }
    }
}

fn message_text(form: &Form) -> Result<String, Fault> {
    let text = form.get("text").map(|text| text.replace("\r\n", "\n")).unwrap_or_default();
    match text.chars().count() {
        0 => Err(Fault::EmptyMessage),
        1..=LONGEST_MESSAGE => Ok(text),
        _ => Err(Fault::LongMessage),
    }
}

/// Sends a message to the patient: a Communication. A form that is posted twice sends one.
fn message(store: &Store<'_>, desk: &Desk, text: &str, answers: Option<&str>, form: Uuid) -> Result<(), Problem> {
    let subject = format!("Patient/{}", desk.patient);
    let to = extension::reference(&subject);
    let mut sender = extension::reference(&seen::organization(store, &desk.service)?);
    sender.set("display", Json::text(&desk.service), usize::MAX);
    let identifier = Json::object([("system", Json::text(URI)), ("value", Json::text(form.urn().to_string()))]);
    let mut body = Json::object([
        ("resourceType", Json::text("Communication")),
        ("identifier", Json::List(vec![identifier])),
        ("status", Json::text("completed")),
        ("subject", to.clone()),
        ("recipient", Json::List(vec![to])),
        ("sender", sender),
        ("sent", Json::text(instant(store.now.timestamp_millis()))),
        ("payload", Json::List(vec![Json::object([("contentString", Json::text(text))])])),
    ]);
    if let Some(id) = answers {
        let question = store.read("Communication", id)?;
        let about = question.json()?;
        if about.get("subject").and_then(|subject| subject.get_text("reference")) != Some(&subject) {
            return Err(Problem::not_found("there is no such message of this patient"));
        }
        body.push("inResponseTo", extension::reference(&question.path()));
    }
    let payload = body.get("payload").cloned();
    let condition = format!("identifier={URI}|{}", form.urn());
    // The form of a page that a browser kept may come with other words.
    match write::create(store, "Communication", body, Some(condition))?.json()?.get("payload") == payload.as_ref() {
        true => Ok(()),
        false => Err(Problem::conflict("this form has sent another message")),
    }
}
