//! Keeps the measuring flow going: what happens on the tablet and what is touched goes in, what is
//! to be shown comes out.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use dagsform_care::Identity;
use dagsform_sensors::{CollectorEvent, SinkError, Taken, radio::Radio};
use dagsform_sync::{SyncEvent, SyncFault};
use dagsform_ui as ui;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::measure::view;
use crate::{
    clock,
    flow::measure::{Effect, Event, RecordTrouble, ServiceTrouble, State, update},
    record::{OpenError, Record, RecordError},
    tablet::{Parts, Tablet, TabletEvent},
};

/// Without a live value for this long, the measurement is over.
const LIVE_DEADLINE: Duration = Duration::from_secs(5);

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

impl<Show: Fn(ui::MeasureView)> Driver<Show> {
    /// Runs until it is told to stop.
    pub async fn run(mut self) {
        let mut state = State::default();
        loop {
            let end = match Record::open(&self.folder) {
                Ok(record) => self.with_record(&mut state, record).await,
                Err(error) => {
                    tracing::error!(%error, "the record cannot be opened");
                    self.step(&mut state, Event::NotSaved(cannot_open(&error)));
                    Ok(self.wait_for_retry(&mut state).await)
                }
            };
            match end {
                Ok(End::Again) => state = state.anew(),
                Ok(End::Stop) => return,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "the tablet cannot work");
                    let trouble = error.downcast_ref().map_or(RecordTrouble::NotWritable, trouble_of_record);
                    self.step(&mut state, Event::NotSaved(trouble));
                    match self.wait_for_retry(&mut state).await {
                        End::Again => state = state.anew(),
                        End::Stop => return,
                    }
                }
            }
        }
    }

    fn step(&self, state: &mut State, event: Event) -> Vec<Effect> {
        let (next, effects) = update(std::mem::take(state), event);
        *state = next;
        (self.show)(view(state, clock::now()));
        effects
    }

    async fn with_record(&mut self, state: &mut State, record: Record) -> Result<End> {
        let (tablet, mut events) = Tablet::start(record, Arc::clone(&self.radio), self.parts).await?;
        let mut live_until = None;
        let end = loop {
            let event = tokio::select! {
                // Without a patient nothing runs and the channel is closed; only a touch can change that.
                Some(event) = events.recv() => flow_event(event),
                action = self.person.touch() => match action {
                    Some(action) => Some(touched(action)),
                    None => break End::Stop,
                },
                () = sleep_until(live_until.unwrap_or_else(Instant::now)), if live_until.is_some() => {
                    live_until = None;
                    Some(Event::LiveEnded)
                }
            };
            let mut again = false;
            for effect in event.map(|event| self.step(state, event)).unwrap_or_default() {
                match effect {
                    Effect::AwaitLive => live_until = Some(Instant::now() + LIVE_DEADLINE),
                    Effect::SyncNow => tablet.send_now(),
                    Effect::RestartRadio => {
                        // What cannot be put right here is told again when the radio starts anew.
                        if let Err(fault) = self.radio.switch_on().await {
                            tracing::warn!(%fault, "the adapter could not be switched on");
                        }
                        again = true;
                    }
                }
            }
            if again {
                break End::Again;
            }
        };
        tablet.stop().await;
        Ok(end)
    }

    async fn wait_for_retry(&mut self, state: &mut State) -> End {
        while let Some(action) = self.person.touch().await {
            if action == ui::Action::Retry {
                return End::Again;
            }
            self.step(state, touched(action));
        }
        End::Stop
    }
}

fn touched(action: ui::Action) -> Event {
    match action {
        ui::Action::Retry => Event::Retry,
        ui::Action::Done => Event::Done,
        ui::Action::Understood(place) => Event::Understood(place),
        _ => Event::Done,
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
fn flow_event(event: TabletEvent) -> Option<Event> {
    Some(match event {
        TabletEvent::Changed => return None,
        TabletEvent::Sensors(devices) => {
            Event::Sensors(devices.into_iter().map(|device| (device.address, device.name)).collect())
        }
        TabletEvent::NotEnrolled => Event::NotEnrolled,
        TabletEvent::Waiting(n) => Event::Waiting(n),
        TabletEvent::Collector(event) => match event {
            CollectorEvent::Connected(device) => Event::Connected(device),
            CollectorEvent::Disconnected(device) => Event::Disconnected(device),
            CollectorEvent::Live(device, observed) => Event::Live(device, observed),
            CollectorEvent::Described(device, information) => Event::Battery(device, information.battery?),
            CollectorEvent::Taken(_, Taken::Saved(reading)) => Event::Saved(reading),
            CollectorEvent::Taken(device, Taken::Undecodable { .. }) => Event::NotUnderstood(device),
            CollectorEvent::NotTaken(_, error) => Event::NotSaved(match error {
                SinkError::Full => RecordTrouble::Full,
                SinkError::Damaged(_) => RecordTrouble::Damaged,
                _ => RecordTrouble::NotWritable,
            }),
            CollectorEvent::Fault(device, fault) => Event::RadioFault(device, fault),
            CollectorEvent::FaultEnded(device, fault) => Event::RadioFaultEnded(device, fault),
            CollectorEvent::Taken(_, Taken::Known(_))
            | CollectorEvent::Ready
            | CollectorEvent::Appeared(_)
            | CollectorEvent::TransferStarted(..)
            | CollectorEvent::TransferComplete(..)
            | CollectorEvent::TransferInterrupted(..)
            | CollectorEvent::Restarted => return None,
        },
        TabletEvent::Sync(event) => match event {
            SyncEvent::Delivered { identity, .. } => delivered(identity),
            SyncEvent::SetAside { reason, .. } => Event::SetAside(reason),
            SyncEvent::Fault(fault) => Event::ServiceFault(service_trouble(&fault)),
            SyncEvent::FaultEnded => Event::ServiceFaultEnded,
            SyncEvent::Idle { .. } | SyncEvent::ServiceClock { .. } => return None,
        },
    })
}

fn delivered(identity: Identity) -> Event {
    Event::Delivered(identity, clock::now())
}

/// Whether the person, or the service, has to do something about it.
fn service_trouble(fault: &SyncFault) -> ServiceTrouble {
    match fault {
        SyncFault::NotAuthorised
        | SyncFault::Forbidden
        | SyncFault::UnknownPatient { .. }
        | SyncFault::NothingAccepted { .. }
        | SyncFault::DeviceRefused { .. }
        | SyncFault::TooLarge => ServiceTrouble::Refuses(fault.to_string()),
        SyncFault::Outbox(_)
        | SyncFault::Unreachable { .. }
        | SyncFault::Busy { .. }
        | SyncFault::ServerError { .. }
        | SyncFault::NotFhir { .. }
        | SyncFault::NotUnderstood(_) => ServiceTrouble::Away,
    }
}
