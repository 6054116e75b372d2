//! The sending of the outbox.
//!
//! One pass walks once through all that is due, in transactions of many readings, and settles each
//! reading when the service has confirmed its own resources. A transaction is all or nothing, so when
//! the service refuses one without saying which reading is wrong, it is halved until a single reading
//! is left; that one is set aside only after the service has shown that it knows the patient and takes
//! the devices. Everything else that goes wrong is a [`SyncFault`] and costs no reading anything.
//!
//! A batch (the form of *Pasientens måledata*) is sent and halved in the same way, but each entry is answered for itself,
//! known by its address: what is confirmed is settled, what is refused is judged, what has no answer stays due.
//!
//! The state of the kit goes by itself, after the readings: within a transaction its refusal would be theirs.
//!
//! A reading that changed after it was sent is put in the place that the service told, or found by its identifier where
//! none was told or nothing is there any more. The outbox settles a version only: what changed on the way is due again.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    sync::Arc,
};

use tokio::sync::{
    mpsc::{Receiver, UnboundedSender},
    watch,
};

use crate::{
    client::{Answer, Client},
    condition::Condition,
    enrolment::{BodyForm, Enrolment},
    fault::{NotUnderstood, Refusal, SyncFault},
    fhir::{self, Mapped, MappingError, Request, Resource, device, map, map_item},
    outbox::{Due, Outbox, OutboxError, Outcome},
};

pub mod backoff;
pub mod batch;
mod condition;
pub mod confirmation;
pub mod event;
mod places;
mod settings;

pub use backoff::Timing;
pub use event::{SyncEvent, Wake};
pub use settings::{Gap, Limits, PassReport, Settings};

use backoff::Backoff;
use batch::{Assembled, Owner, Settled, Verdict};
use condition::Told;
use confirmation::Said;
use places::Places;

/// This many single readings in a row that the service fails on end a pass: then it is the service.
const SINGLE_FAILURES: u32 = 3;

/// What 412 says of an update by identifier (R4, 3.1.0.4.3: several matches).
const SEVERAL: &str = "the service has this measurement more than once and cannot tell which one to change";

/// So many readings that were confirmed by an earlier run are remembered.
const EARLIER: usize = 1000;

/// Sends the outbox of one tablet to one service, one transaction at a time.
pub struct Engine<O> {
    outbox: Arc<O>,
    client: Client,
    enrolment: Enrolment,
    tablet: Resource,
    settings: Settings,
    events: UnboundedSender<SyncEvent>,
    /// Readings a transaction now, at most; halved by failures, doubled by success.
    entries: usize,
    /// Bytes a transaction now, at most; halved by 413.
    bytes: usize,
    /// Where the service keeps what it confirmed lately, and whose that is.
    places: Places,
    /// The places of an earlier run are among them.
    recalled: bool,
    /// Entries that failed alone: they go last, and alone.
    stuck: BTreeSet<i64>,
    /// Updates, by number and version, whose answer looked like an older one once.
    doubted: HashSet<(i64, u32)>,
    fault: Option<SyncFault>,
    condition: Option<Told>,
}

/// What is known within one pass.
#[derive(Default)]
struct Pass {
    report: PassReport,
    /// A fault that did not end the pass.
    fault: Option<SyncFault>,
    single_failures: u32,
    /// The service's time has been told.
    clock_told: bool,
    /// The service has accepted a reading of this patient.
    accepted: bool,
    patient: Patient,
    /// What the service says of the tablet ("") and of each sensor alone.
    devices: HashMap<String, Option<SyncFault>>,
}

/// What the service says of the patient.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Patient {
    #[default]
    NotAsked,
    Known,
    Unknown,
    /// The tablet may not ask.
    NoAnswer,
}

impl<O: Outbox> Engine<O> {
    /// An engine. Events are dropped when nobody listens any more.
    ///
    /// # Errors
    /// The tablet cannot be described.
    pub fn new(
        outbox: Arc<O>,
        client: Client,
        enrolment: Enrolment,
        settings: Settings,
        events: UnboundedSender<SyncEvent>,
    ) -> Result<Self, MappingError> {
        let tablet = device::tablet(&enrolment.tablet)
            .map_err(|error| MappingError::Json { field: "tablet", problem: error.to_string() })?;
        Ok(Self {
            outbox,
            client,
            enrolment,
            tablet,
            entries: settings.limits.entries.max(1),
            bytes: settings.limits.bytes,
            settings,
            events,
            places: Places::default(),
            recalled: false,
            stuck: BTreeSet::new(),
            doubted: HashSet::new(),
            fault: None,
            condition: None,
        })
    }

    /// The same, which also tells the service of the state of the kit (brief R28): after the readings of a pass, at most
    /// once an hour or when something changed that matters. It never stands in the way of a reading.
    #[must_use]
    pub fn with_condition(self, newest: watch::Receiver<Option<Condition>>) -> Self {
        Self { condition: Some(Told::nothing(newest)), ..self }
    }

    /// Passes whenever something is new, and on schedule, until every sender of `wake` is gone.
    pub async fn run(mut self, mut wake: Receiver<Wake>) {
        let mut backoff = Backoff::default();
        loop {
            while wake.try_recv().is_ok() {}
            let report = Box::pin(self.pass()).await;
            if report.fault.is_none() || report.delivered > 0 {
                backoff.reset();
            }
            let asked = report.fault.as_ref().and_then(SyncFault::retry_after);
            let wait = match &report.fault {
                None => self.settings.limits.idle,
                Some(_) => backoff.after_failure(asked, &self.settings.timing),
            };
            let mut slept = (self.settings.timing.sleep)(wait);
            loop {
                tokio::select! {
                    () = &mut slept => break,
                    woken = wake.recv() => match woken {
                        None => return,
                        Some(Wake::New) if asked.is_some() => {}
                        Some(Wake::New | Wake::Now) => break,
                    },
                }
            }
        }
    }

    /// Sends all that is due, until nothing is left or a fault ends it.
    pub async fn pass(&mut self) -> PassReport {
        let mut pass = Pass::default();
        let ended = Box::pin(self.walk(&mut pass)).await.err();
        // With a full disk the service hears of it all the same.
        if matches!(ended, None | Some(SyncFault::Outbox(_))) {
            Box::pin(self.tell_condition(&mut pass)).await;
        }
        let fault = ended.or(pass.fault.take());
        let waiting = self.outbox.waiting().await;
        let mut report = pass.report;
        report.fault = fault.or(waiting.clone().err().map(SyncFault::from));
        if report.fault != self.fault {
            self.tell(report.fault.clone().map_or(SyncEvent::FaultEnded, SyncEvent::Fault));
        }
        self.fault.clone_from(&report.fault);
        if let Ok(waiting) = waiting {
            self.tell(SyncEvent::Idle { waiting });
        }
        tracing::debug!(
            delivered = report.delivered,
            set_aside = report.set_aside,
            fault = report.fault.is_some(),
            "pass"
        );
        report
    }

    async fn walk(&mut self, pass: &mut Pass) -> Result<(), SyncFault> {
        if !self.recalled {
            for (place, whose) in self.outbox.confirmed(EARLIER).await? {
                self.places.keep(place, whose, None);
            }
            self.recalled = true;
        }
        let mut last = Vec::new();
        let mut after = 0;
        loop {
            let due = self.outbox.due(after, self.settings.limits.entries.max(1)).await?;
            let Some(highest) = due.iter().map(Due::number).max() else { break };
            if highest <= after {
                return Err(OutboxError(format!("entries after {after} were asked for, {highest} came")).into());
            }
            after = highest;
            let mut ready = Vec::with_capacity(due.len());
            for entry in &due {
                match mapped(entry, &self.enrolment) {
                    Ok(mapped) if self.stuck.contains(&mapped.number) => last.push(mapped),
                    Ok(mapped) => ready.push(mapped),
                    Err(error) => {
                        let unsendable = Settled {
                            number: entry.number(),
                            version: entry.version(),
                            identity: entry.identity(),
                            outcome: Outcome::Unsendable { reason: error.to_string() },
                        };
                        self.settle(vec![unsendable], pass).await?;
                    }
                }
            }
            while !ready.is_empty() {
                let batch = batch::take(&mut ready, self.entries, self.bytes);
                self.deliver(batch, pass).await?;
            }
        }
        for mapped in last {
            self.deliver(vec![mapped], pass).await?;
        }
        Ok(())
    }

    /// Sends these entries, in as many transactions as it takes to learn what becomes of each.
    async fn deliver(&mut self, batch: Vec<Mapped>, pass: &mut Pass) -> Result<(), SyncFault> {
        let mut todo = vec![batch];
        while let Some(mut batch) = todo.pop() {
            match self.post(&batch, pass).await {
                Ok(Answered::Response(said)) => {
                    let again = self.settle_answered(batch, said, pass).await?;
                    todo.extend(again.into_iter().rev().map(|mapped| vec![mapped]));
                }
                Ok(Answered::Refused { status, reason, named }) => {
                    if let [single] = batch.as_slice() {
                        self.judge(single, status, reason, pass).await?;
                    } else {
                        let rest = batch::split(&mut batch, &named);
                        todo.extend([rest, batch]);
                    }
                }
                Ok(Answered::TooLarge) => {
                    self.bytes = batch::size(&batch) / 2;
                    if let [single] = batch.as_slice() {
                        self.leave(single, SyncFault::TooLarge, pass);
                    } else {
                        let rest = batch::split(&mut batch, &[]);
                        todo.extend([rest, batch]);
                    }
                }
                Err(fault) => self.fail(&batch, fault, pass)?,
            }
        }
        Ok(())
    }

    /// A failure of a request. A large transaction may have been the cause, so the next ones are
    /// smaller; a single reading that the service fails on must not stop those behind it.
    fn fail(&mut self, batch: &[Mapped], fault: SyncFault, pass: &mut Pass) -> Result<(), SyncFault> {
        let perhaps_the_content = matches!(fault, SyncFault::ServerError { .. } | SyncFault::NotUnderstood(_));
        if perhaps_the_content || matches!(fault, SyncFault::Unreachable { .. }) {
            self.entries = (batch.len() / 2).max(1);
        }
        if let ([single], true) = (batch, perhaps_the_content) {
            pass.single_failures += 1;
            if pass.single_failures < SINGLE_FAILURES {
                self.leave(single, fault, pass);
                return Ok(());
            }
            self.stuck.insert(single.number);
        }
        Err(fault)
    }

    /// Leaves an entry for the next pass, and goes on.
    fn leave(&mut self, entry: &Mapped, fault: SyncFault, pass: &mut Pass) {
        self.stuck.insert(entry.number);
        pass.fault.get_or_insert(fault);
    }

    async fn post(&mut self, batch: &[Mapped], pass: &mut Pass) -> Result<Answered, SyncFault> {
        let assembled = Assembled::of(batch, &self.tablet);
        (self.settings.gap)("before-post");
        pass.report.requests += 1;
        let answer = self.client.transaction(self.body(&assembled.resources)?).await;
        self.tell_clock(pass);
        let answer = answer?;
        (self.settings.gap)("after-post");
        Ok(match answer {
            Answer::TooLarge => Answered::TooLarge,
            Answer::Rejected { status, outcome } => {
                let named = assembled.owners_of(&outcome.entries());
                Answered::Refused { status, reason: outcome.reason(), named }
            }
            Answer::Response(bundle) => {
                let said = confirmation::read(self.enrolment.form, &bundle, &assembled.resources)?;
                let mut by_entry = vec![Vec::new(); batch.len()];
                for (owner, said) in assembled.owners.iter().zip(said) {
                    if let Owner::Entry(index) = owner
                        && let Some(list) = by_entry.get_mut(*index)
                    {
                        list.push(said);
                    }
                }
                self.recognise_old_news(batch, &mut by_entry)?;
                Answered::Response(by_entry)
            }
        })
    }

    /// An answer of before, given again by something in between: in a batch it says nothing of this entry, else of none.
    fn recognise_old_news(&mut self, batch: &[Mapped], said: &mut [Vec<Option<Said>>]) -> Result<(), NotUnderstood> {
        for (index, (mapped, said)) in batch.iter().zip(said).enumerate() {
            let Some(old) = self.old_news(mapped, said) else { continue };
            match self.enrolment.form {
                BodyForm::Fhir => return Err(NotUnderstood::Entry { index, said: old }),
                BodyForm::Pmd => said.fill(None),
            }
        }
        Ok(())
    }

    /// Why this looks like an answer of before: it puts a reading where another one was put a moment ago, or it tells of
    /// no new version of what was to be changed. The latter is believed the second time, since a service may keep the
    /// version of what it finds unchanged.
    fn old_news(&mut self, mapped: &Mapped, said: &[Option<Said>]) -> Option<String> {
        let mut places = said.iter().flatten().filter_map(Said::location);
        if let Some(place) = places.find(|place| self.places.is_of_another(place, mapped.identity)) {
            return Some(format!("{place}, which is another reading"));
        }
        let is_known = |said: &Option<Said>| match said {
            Some(Said::Confirmed { location: Some(place), version: Some(version), .. }) => {
                self.places.had(place, version)
            }
            _ => false,
        };
        let changes = mapped.resources.iter().any(|resource| resource.request == Request::Update);
        let nothing_new = changes && said.iter().all(is_known);
        (nothing_new && self.doubted.insert((mapped.number, mapped.version)))
            .then(|| "a version that was there before the change".to_owned())
    }

    /// Settles what is confirmed, judges what is refused for itself, and leaves what has no answer. Gives back what is
    /// to be sent again, alone: what the service refused entry by entry in a transaction.
    async fn settle_answered(
        &mut self,
        batch: Vec<Mapped>,
        said: Vec<Vec<Option<Said>>>,
        pass: &mut Pass,
    ) -> Result<Vec<Mapped>, SyncFault> {
        let for_itself = batch.len() == 1 || self.enrolment.form == BodyForm::Pmd;
        let (mut outcomes, mut again, mut refused, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut versions = Vec::new();
        for (mapped, said) in batch.into_iter().zip(said) {
            versions.extend(said.iter().flatten().filter_map(|said| match said {
                Said::Confirmed { location: Some(place), version, .. } => {
                    Some((place.clone(), mapped.identity, version.clone()))
                }
                _ => None,
            }));
            match batch::verdict(said) {
                Verdict::Delivered(outcome) => outcomes.push(Settled::of(&mapped, outcome)),
                Verdict::Refused { .. } if !for_itself => again.push(mapped),
                Verdict::Refused { status, reason } if matches!(status, 400 | 404 | 405 | 409 | 410 | 412 | 422) => {
                    refused.push((mapped, status, reason));
                }
                Verdict::Refused { status, reason } => open.push((mapped, format!("{status} {reason}"))),
                Verdict::Unanswered => open.push((mapped, "nothing".to_owned())),
            }
        }
        let nothing_learnt = outcomes.is_empty() && refused.is_empty();
        if !outcomes.is_empty() {
            pass.accepted = true;
            self.entries = self.entries.saturating_mul(2).min(self.settings.limits.entries.max(1));
            pass.single_failures = 0;
            self.settle(outcomes, pass).await?;
        }
        for (place, whose, version) in versions {
            self.places.keep(place, whose, version);
        }
        for (mapped, status, reason) in refused {
            self.judge(&mapped, status, reason, pass).await?;
        }
        let (open, faults): (Vec<Mapped>, Vec<String>) = open.into_iter().unzip();
        let mut faults = faults.into_iter().map(|said| SyncFault::from(NotUnderstood::Entry { index: 0, said }));
        if nothing_learnt {
            faults.next().map_or(Ok(()), |fault| self.fail(&open, fault, pass))?;
        } else {
            open.iter().zip(faults).for_each(|(mapped, fault)| self.leave(mapped, fault, pass));
        }
        Ok(again)
    }

    /// Sets a single refused reading aside, unless something else is to blame.
    async fn judge(&mut self, entry: &Mapped, status: u16, reason: String, pass: &mut Pass) -> Result<(), SyncFault> {
        if pass.patient == Patient::NotAsked {
            pass.report.requests += 1;
            let knows = self.client.knows(&self.enrolment.patient_reference).await;
            self.tell_clock(pass);
            pass.patient = match knows {
                Ok(true) => Patient::Known,
                Ok(false) => Patient::Unknown,
                // A service may allow sending and not reading.
                Err(
                    SyncFault::Forbidden
                    | SyncFault::NotAuthorised(Refusal::NotRegistered | Refusal::Token)
                    | SyncFault::NotFhir { .. },
                ) => Patient::NoAnswer,
                Err(fault) => return Err(fault),
            };
        }
        match pass.patient {
            Patient::Unknown => {
                let reference = self.enrolment.patient_reference.to_string();
                return Err(SyncFault::UnknownPatient { reference });
            }
            Patient::NoAnswer if !pass.accepted => {
                self.leave(entry, SyncFault::NothingAccepted { status, reason }, pass);
                return Ok(());
            }
            Patient::NotAsked | Patient::Known | Patient::NoAnswer => {}
        }
        if self.devices_may_be_to_blame(pass)
            && let Some(fault) = self.devices_refused(None, pass).await?
        {
            return Err(fault);
        }
        if let Some(sensor) = &entry.sensor
            && self.devices_may_be_to_blame(pass)
            && let Some(fault) = self.devices_refused(Some(sensor), pass).await?
        {
            self.leave(entry, fault, pass);
            return Ok(());
        }
        let several = status == 412 && entry.resources.iter().any(|resource| resource.request == Request::Update);
        let reason = if several { format!("{SEVERAL}: {reason}") } else { reason };
        self.settle(vec![Settled::of(entry, Outcome::Refused { status, reason })], pass).await
    }

    /// A transaction with a refused device is refused. In a batch the readings go without it, so one that was accepted
    /// shows that the devices are not the reason.
    fn devices_may_be_to_blame(&self, pass: &Pass) -> bool {
        self.enrolment.form == BodyForm::Fhir || !pass.accepted
    }

    /// Whether the service refuses the tablet, or tablet and sensor, without any reading.
    async fn devices_refused(
        &mut self,
        sensor: Option<&Resource>,
        pass: &mut Pass,
    ) -> Result<Option<SyncFault>, SyncFault> {
        let key = sensor.map(|sensor| sensor.full_url.clone()).unwrap_or_default();
        if let Some(known) = pass.devices.get(&key) {
            return Ok(known.clone());
        }
        let resources: Vec<&Resource> = [&self.tablet].into_iter().chain(sensor).collect();
        pass.report.requests += 1;
        let answer = self.client.transaction(self.body(&resources)?).await;
        self.tell_clock(pass);
        let refused = match answer? {
            Answer::TooLarge => Some(SyncFault::TooLarge),
            Answer::Rejected { status, outcome } => Some(SyncFault::DeviceRefused { status, reason: outcome.reason() }),
            Answer::Response(bundle) => {
                let said = confirmation::read(self.enrolment.form, &bundle, &resources)?;
                said.into_iter().flatten().find_map(|said| match said {
                    Said::Confirmed { .. } => None,
                    Said::Refused { status, reason } => Some(SyncFault::DeviceRefused { status, reason }),
                })
            }
        };
        pass.devices.insert(key, refused.clone());
        Ok(refused)
    }

    /// Tells the service of the state of the kit, where that is due. What it makes of it is nobody's fault here: a
    /// refusal is logged and not repeated before something changes or an hour is over.
    async fn tell_condition(&mut self, pass: &mut Pass) {
        let every = self.settings.limits.condition;
        let Some(condition) = self.condition.as_ref().and_then(|told| told.due(every)) else { return };
        match self.send_condition(&condition, pass).await {
            Ok(None) => {}
            Ok(Some(reason)) => tracing::warn!(reason, "the service does not take the state of the kit"),
            Err(fault) => {
                tracing::debug!(%fault, "the state of the kit was not sent");
                return;
            }
        }
        if let Some(told) = &mut self.condition {
            told.now(condition);
        }
    }

    /// Sends the state of the kit; gives why the service does not take it, if so.
    async fn send_condition(&self, condition: &Condition, pass: &mut Pass) -> Result<Option<String>, SyncFault> {
        let resources = match fhir::condition::map(condition, &self.enrolment) {
            Ok(resources) => resources,
            Err(error) => return Ok(Some(error.to_string())),
        };
        let resources: Vec<&Resource> = resources.iter().collect();
        pass.report.requests += 1;
        let answer = self.client.transaction(self.body(&resources)?).await;
        self.tell_clock(pass);
        Ok(match answer? {
            Answer::TooLarge => Some("413".to_owned()),
            Answer::Rejected { status, outcome } => Some(format!("{status} {}", outcome.reason())),
            Answer::Response(bundle) => {
                let said = confirmation::read(self.enrolment.form, &bundle, &resources)?;
                said.into_iter().flatten().find_map(|said| match said {
                    Said::Confirmed { .. } => None,
                    Said::Refused { status, reason } => Some(format!("{status} {reason}")),
                })
            }
        })
    }

    /// These resources in the service's form.
    fn body(&self, resources: &[&Resource]) -> Result<Vec<u8>, SyncFault> {
        let resources = resources.iter().copied();
        let bundle = match self.enrolment.form {
            BodyForm::Fhir => fhir::transaction(resources),
            BodyForm::Pmd => fhir::batch(resources),
        };
        serde_json::to_vec(&bundle)
            .map_err(|error| NotUnderstood::NotABundle(format!("the bundle could not be written: {error}")).into())
    }

    /// Commits outcomes, then tells of them.
    async fn settle(&mut self, outcomes: Vec<Settled>, pass: &mut Pass) -> Result<(), SyncFault> {
        let committed = outcomes.iter().map(|it| (it.number, it.version, it.outcome.clone())).collect();
        self.outbox.settle(committed).await?;
        (self.settings.gap)("after-settle");
        for Settled { number, version, identity, outcome } in outcomes {
            self.stuck.remove(&number);
            self.doubted.remove(&(number, version));
            match outcome {
                Outcome::Delivered { .. } => {
                    pass.report.delivered += 1;
                    self.tell(SyncEvent::Delivered { number, identity });
                }
                Outcome::Refused { status, reason } => {
                    pass.report.set_aside += 1;
                    self.tell(SyncEvent::SetAside { number, identity, reason: format!("{status}: {reason}") });
                }
                Outcome::Unsendable { reason } => {
                    pass.report.set_aside += 1;
                    self.tell(SyncEvent::SetAside { number, identity, reason });
                }
            }
        }
        Ok(())
    }

    /// Tells the service's time, the first that comes in a pass: at once, since it grows old.
    fn tell_clock(&self, pass: &mut Pass) {
        if let Some(says) = self.client.service_clock()
            && !pass.clock_told
        {
            pass.clock_told = true;
            self.tell(SyncEvent::ServiceClock { says });
        }
    }

    fn tell(&self, event: SyncEvent) {
        // Nobody listening is no reason not to send readings.
        let _ = self.events.send(event);
    }
}

impl<O> fmt::Debug for Engine<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("service", &self.enrolment.service).finish_non_exhaustive()
    }
}

fn mapped(due: &Due, enrolment: &Enrolment) -> Result<Mapped, MappingError> {
    match due {
        Due::Reading(entry) => map(entry, enrolment),
        Due::Item(entry) => map_item(entry, enrolment),
    }
}

/// An answer, sorted by entry.
enum Answered {
    Response(Vec<Vec<Option<Said>>>),
    Refused { status: u16, reason: String, named: Vec<usize> },
    TooLarge,
}
