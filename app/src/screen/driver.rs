//! Keeps the measuring flow going: what happens on the tablet and what is touched goes in, what is
//! to be shown comes out.

mod desk;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use dagsform_care::time::CLOCK_TOLERANCE;
use dagsform_sensors::{CollectorEvent, SinkError, Taken, radio::Radio};
use dagsform_sync::{SyncEvent, SyncFault, fault::Refusal};
use dagsform_ui as ui;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, interval, sleep, sleep_until},
};

use super::view;
use crate::{
    clock,
    flow::{
        measure::{self, RecordTrouble, ServiceTrouble},
        tablet::{Effect, Event, State, update},
    },
    record::{Enrolment, OpenError, Record, RecordError},
    tablet::{Parts, Tablet, TabletEvent},
};
use desk::Desk;

/// Without a live value for this long, the measurement is over.
const LIVE_DEADLINE: Duration = Duration::from_secs(5);

/// So long after a change the record is looked at again: what comes in between is seen at once.
const LOOK: Duration = Duration::from_millis(100);

/// How often a screen is drawn anew that counts down.
const SECOND: Duration = Duration::from_secs(1);

/// How often the record is looked at without a change.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What the driver works with.
pub struct Driver<Show> {
    /// The data folder.
    pub folder: PathBuf,
    /// The radio.
    pub radio: Arc<dyn Radio>,
    /// Which parts run.
    pub parts: Parts,
    /// Draws.
    pub show: Show,
    /// The person at the screen.
    pub person: Person,
    /// The language of the screens.
    pub language: ui::Language,
}

/// The person at the screen, as far as the program hears of them.
pub struct Person {
    /// What is touched.
    pub actions: mpsc::UnboundedReceiver<ui::Action>,
    /// True when it is time to end.
    pub stop: watch::Receiver<bool>,
}

impl Person {
    /// The next touch; `None` when it is time to end.
    async fn touch(&mut self) -> Option<ui::Action> {
        tokio::select! {
            action = self.actions.recv() => action,
            _ = self.stop.wait_for(|stop| *stop) => None,
        }
    }
}

/// Why a round ended.
enum End {
    Stop,
    /// Start everything anew: the person touched "try again".
    Again,
}

impl<Show: Fn(ui::Screen)> Driver<Show> {
    /// Runs until it is told to stop.
    pub async fn run(mut self) {
        let mut state = State::in_language(self.language.tag());
        loop {
            let end = match Record::open(&self.folder) {
                Ok(record) => {
                    self.step(&mut state, Event::Shut(None), clock::now());
                    self.with_record(&mut state, record).await
                }
                Err(error) => {
                    tracing::error!(%error, "the record cannot be opened");
                    Ok(self.wait_for_retry(&mut state, cannot_open(&error)).await)
                }
            };
            let end = match end {
                Ok(end) => end,
                Err(error) => {
                    let trouble = error.downcast_ref().map_or(RecordTrouble::NotWritable, trouble_of_record);
                    tracing::error!(?trouble, "the tablet cannot work");
                    self.wait_for_retry(&mut state, trouble).await
                }
            };
            match end {
                End::Again => state = state.anew(),
                End::Stop => return,
            }
        }
    }

    fn step(&self, state: &mut State, event: Event, now: DateTime<FixedOffset>) -> Vec<Effect> {
        let (next, effects) = update(std::mem::take(state), event, now);
        *state = next;
        (self.show)(view(state, now));
        effects
    }

    async fn with_record(&mut self, state: &mut State, record: Record) -> Result<End> {
        let (tablet, mut events) = Tablet::start(record.clone(), Arc::clone(&self.radio), self.parts).await?;
        let enrolment = record.enrolment().await?;
        let mut changes = record.changes();
        let (answers, mut answered) = mpsc::unbounded_channel();
        let mut desk = Desk::new(record.clone(), answers);
        let mut live_until = None;
        // The first look at the record is taken at once.
        let mut look_at = Some(Instant::now());
        let mut again = interval(LOOK_AGAIN);
        let end = loop {
            let event = tokio::select! {
                // Without a patient nothing runs and the channel is closed.
                Some(event) = events.recv() => match event {
                    TabletEvent::Changed => {
                        look_at.get_or_insert_with(|| Instant::now() + LOOK);
                        None
                    }
                    TabletEvent::Sync(SyncEvent::Delivered { identity, .. }) => {
                        desk.confirm(identity);
                        None
                    }
                    event => flow_event(event).map(Event::Measure),
                },
                Some(answer) = answered.recv() => Some(answer),
                action = self.person.touch() => match action {
                    Some(action) => Some(Event::Touched(action)),
                    None => break End::Stop,
                },
                () = sleep_until(live_until.unwrap_or_else(Instant::now)), if live_until.is_some() => {
                    live_until = None;
                    Some(Event::Measure(measure::Event::LiveEnded))
                }
                () = sleep_until(look_at.unwrap_or_else(Instant::now)), if look_at.is_some() => {
                    look_at = None;
                    desk.look();
                    None
                }
                // A rest counts down.
                () = sleep(SECOND), if state.counts_down() => Some(Event::Clock),
                // What is due changes with the time alone.
                _ = again.tick() => {
                    desk.look();
                    None
                }
                // Someone gives the tablet to a patient, or moves it to another address of the service.
                () = enrolled_anew(&mut changes, &record, enrolment.as_ref()) => break End::Again,
            };
            let mut restart = false;
            let now = record.now().0;
            for effect in event.map(|event| self.step(state, event, now)).unwrap_or_default() {
                match effect {
                    Effect::Measure(measure::Effect::AwaitLive) => live_until = Some(Instant::now() + LIVE_DEADLINE),
                    Effect::Measure(measure::Effect::SyncNow) => tablet.send_now(),
                    Effect::Measure(measure::Effect::RestartRadio) => {
                        // What cannot be put right here is told again when the radio starts anew.
                        if let Err(fault) = self.radio.switch_on().await {
                            tracing::warn!(%fault, "the adapter could not be switched on");
                        }
                        restart = true;
                    }
                    effect => desk.take(effect),
                }
            }
            if restart {
                break End::Again;
            }
        };
        tablet.stop().await;
        desk.finish().await;
        Ok(end)
    }

    /// Shows why the record cannot be used, until the person wants it tried again.
    async fn wait_for_retry(&mut self, state: &mut State, trouble: RecordTrouble) -> End {
        self.step(state, Event::Shut(Some(trouble)), clock::now());
        while let Some(action) = self.person.touch().await {
            if action == ui::Action::Retry {
                return End::Again;
            }
            self.step(state, Event::Touched(action), clock::now());
        }
        End::Stop
    }
}

/// Resolves when the enrolment is another than this.
async fn enrolled_anew(changes: &mut watch::Receiver<u64>, record: &Record, known: Option<&Enrolment>) {
    // Asked first: a change that was noticed before this was broken off is not told again.
    while !record.enrolment().await.is_ok_and(|now| now.as_ref() != known) {
        if changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn cannot_open(error: &OpenError) -> RecordTrouble {
    match error {
        OpenError::Locked { .. } => RecordTrouble::InUse,
        OpenError::Newer { .. } => RecordTrouble::Newer,
        OpenError::NotARecord { .. } => RecordTrouble::Damaged,
        OpenError::Folder { .. } => RecordTrouble::NotWritable,
        OpenError::Record { source, .. } => trouble_of_record(source),
    }
}

fn trouble_of_record(error: &RecordError) -> RecordTrouble {
    match error {
        RecordError::Full => RecordTrouble::Full,
        RecordError::Damaged(_) | RecordError::Unreadable(_) => RecordTrouble::Damaged,
        _ => RecordTrouble::NotWritable,
    }
}

/// What an event of the tablet means to the flow, if anything.
fn flow_event(event: TabletEvent) -> Option<measure::Event> {
    Some(match event {
        TabletEvent::Changed => return None,
        TabletEvent::Sensors(devices) => {
            measure::Event::Sensors(devices.into_iter().map(|device| (device.address, device.name)).collect())
        }
        TabletEvent::NotEnrolled => measure::Event::NotEnrolled,
        TabletEvent::Waiting(n) => measure::Event::Waiting(n),
        TabletEvent::Collector(event) => match event {
            CollectorEvent::Connected(device) => measure::Event::Connected(device),
            CollectorEvent::Disconnected(device) => measure::Event::Disconnected(device),
            CollectorEvent::Live(device, observed) => measure::Event::Live(device, observed),
            CollectorEvent::Described(device, information) => measure::Event::Battery(device, information.battery?),
            CollectorEvent::Taken(_, Taken::Saved(reading)) => measure::Event::Saved(reading),
            CollectorEvent::Taken(device, Taken::Undecodable { .. }) => measure::Event::NotUnderstood(device),
            CollectorEvent::NotTaken(_, error) => measure::Event::NotSaved(match error {
                SinkError::Full => RecordTrouble::Full,
                SinkError::Damaged(_) => RecordTrouble::Damaged,
                _ => RecordTrouble::NotWritable,
            }),
            CollectorEvent::Fault(device, fault) => measure::Event::RadioFault(device, fault),
            CollectorEvent::FaultEnded(device, fault) => measure::Event::RadioFaultEnded(device, fault),
            CollectorEvent::Taken(_, Taken::Known(_))
            | CollectorEvent::Ready
            | CollectorEvent::Appeared(_)
            | CollectorEvent::TransferStarted(..)
            | CollectorEvent::TransferComplete(..)
            | CollectorEvent::TransferInterrupted(..)
            | CollectorEvent::ClockSet { .. }
            | CollectorEvent::ClockOff { .. }
            | CollectorEvent::Restarted => return None,
        },
        TabletEvent::Sync(event) => match event {
            SyncEvent::SetAside { reason, .. } => measure::Event::SetAside(reason),
            SyncEvent::Fault(fault) => measure::Event::ServiceFault(service_trouble(&fault)),
            SyncEvent::FaultEnded => measure::Event::ServiceFaultEnded,
            SyncEvent::ServiceClock { says } => {
                let off = clock::by_service(says).signed_duration_since(clock::now()).abs();
                measure::Event::Clock { wrong: off > CLOCK_TOLERANCE }
            }
            // Delivered is asked of the record.
            SyncEvent::Delivered { .. } | SyncEvent::Idle { .. } => return None,
        },
    })
}

/// Whether the person, or the service, has to do something about it.
fn service_trouble(fault: &SyncFault) -> ServiceTrouble {
    match fault {
        SyncFault::NotAuthorised(Refusal::Revoked) => ServiceTrouble::Revoked(fault.to_string()),
        SyncFault::NotAuthorised(Refusal::Token | Refusal::Replayed | Refusal::Expired | Refusal::WrongAudience) => {
            ServiceTrouble::SignIn(fault.to_string())
        }
        SyncFault::Certificate(_) => ServiceTrouble::NotProven(fault.to_string()),
        SyncFault::ClockOff { .. } => ServiceTrouble::Clock,
        // A service that gives no reason most likely knows the tablet no more.
        SyncFault::NotAuthorised(_)
        | SyncFault::Forbidden
        | SyncFault::UnknownPatient { .. }
        | SyncFault::NothingAccepted { .. }
        | SyncFault::DeviceRefused { .. }
        | SyncFault::TooLarge => ServiceTrouble::Refuses(fault.to_string()),
        SyncFault::Outbox(_)
        | SyncFault::Key(_)
        | SyncFault::Unreachable { .. }
        | SyncFault::Busy { .. }
        | SyncFault::ServerError { .. }
        | SyncFault::NoSignIn
        | SyncFault::NotFhir { .. }
        | SyncFault::NotUnderstood(_) => ServiceTrouble::Away,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use dagsform_sync::fault::CertificateFault;

    use super::*;
    use crate::screen::faults;

    /// What stands on the screen of a fault of the service, in English.
    fn on_screen(fault: &SyncFault) -> String {
        let event = Event::Measure(measure::Event::ServiceFault(service_trouble(fault)));
        let state = update(State::default(), event, clock::now()).0;
        let words = ui::Words::in_language(ui::Language::En);
        faults::faults(&state).iter().map(|fault| fault.what(words, "")).collect()
    }

    #[test]
    fn whatever_keeps_the_tablet_from_signing_in_has_its_own_words_on_the_screen() {
        let refused = |refusal| SyncFault::NotAuthorised(refusal);
        let unknown = "The follow-up service does not recognise this tablet.";
        let not_let_in = "The follow-up service did not let the tablet in.";
        let table = [
            (refused(Refusal::WrongKey), unknown),
            (refused(Refusal::UnknownClient), unknown),
            (refused(Refusal::Unsaid { said: "no".to_owned() }), unknown),
            (refused(Refusal::Revoked), "This tablet is no longer connected to the follow-up service."),
            (refused(Refusal::Replayed), not_let_in),
            (refused(Refusal::Expired), not_let_in),
            (SyncFault::ClockOff { by: TimeDelta::hours(-1) }, "The tablet's clock is wrong, so nothing can be sent."),
            (
                SyncFault::Certificate(CertificateFault::UnknownIssuer),
                "The tablet is not sure that it is the follow-up service that answers.",
            ),
        ];
        for (fault, words) in table {
            assert_eq!(on_screen(&fault), words, "{fault:?}");
        }
    }

    #[test]
    fn a_clock_that_is_an_hour_off_is_told_and_that_nothing_has_to_be_done_about_it() {
        for (off, told) in [(TimeDelta::hours(1), true), (TimeDelta::hours(-1), true), (TimeDelta::seconds(20), false)]
        {
            let says = clock::now().to_utc() + off;
            let event = flow_event(TabletEvent::Sync(SyncEvent::ServiceClock { says }));
            assert_eq!(event, Some(measure::Event::Clock { wrong: told }), "{off}");
        }
    }
}
