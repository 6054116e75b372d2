//! The tablet at work, without a window: sensors, record and sending, side by side.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use dagsform_care::Trust;
use dagsform_sensors::{
    CollectorEvent,
    collector::{Assignment, Collector, Options, Security},
    radio::Radio,
};
use dagsform_sync::{
    CertificateFault, Client, Condition, Engine, Fetcher, SyncEvent, SyncFault, Wake, engine::Settings,
};
use futures::{Stream, StreamExt};
use tokio::{
    sync::{mpsc, mpsc::error::TrySendError, watch},
    task::JoinSet,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    clock,
    condition::Caretaker,
    control, enrolment, gaps,
    intake::Intake,
    network,
    record::{AssignedDevice, Enrolment, LinkKind, Record, RecordError},
};

/// How long the parts may take to end in order.
const ENDING: Duration = Duration::from_secs(10);

/// What happens on the tablet, told after the fact.
#[derive(Clone, Debug)]
pub enum TabletEvent {
    /// The kit, when the tablet starts and when it was changed.
    Sensors(Vec<AssignedDevice>),
    /// The tablet has no patient yet: nothing is collected, nothing sent.
    NotEnrolled,
    /// Radio and sensors.
    Collector(CollectorEvent),
    /// The sending.
    Sync(SyncEvent),
    /// So many readings wait to be sent.
    Waiting(u32),
    /// Something was committed: what was read from the record may be old.
    Changed,
}

/// What runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Whether readings are sent.
    pub sending: bool,
}

/// The running parts.
pub struct Tablet {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    wake: mpsc::Sender<Wake>,
    fetch: mpsc::Sender<Wake>,
}

impl Tablet {
    /// Starts all parts. Events arrive in the order in which they happened; the receiver has no limit,
    /// since no part may wait for the screen.
    pub async fn start(
        record: Record,
        radio: Arc<dyn Radio>,
        parts: Parts,
    ) -> Result<(Self, mpsc::UnboundedReceiver<TabletEvent>)> {
        let (events, received) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (wake, woken) = mpsc::channel(4);
        let (fetch, fetch_woken) = mpsc::channel(4);
        let mut tablet = Self { tasks: JoinSet::new(), stop, wake, fetch };
        let send = {
            let (wake, fetch) = (tablet.wake.downgrade(), tablet.fetch.downgrade());
            // A full queue means that it will try anyway; a closed one that nobody sends.
            Arc::new(move || {
                if let Some(fetch) = fetch.upgrade() {
                    let _ = fetch.try_send(Wake::Now);
                }
                wake.upgrade().is_some_and(|wake| !matches!(wake.try_send(Wake::Now), Err(TrySendError::Closed(_))))
            })
        };
        tablet.tasks.spawn(control::serve(record.clone(), send, stopped.clone()));
        let Some(enrolment) = record.enrolment().await.context("the record could not be read")? else {
            let _ = events.send(TabletEvent::NotEnrolled);
            return Ok((tablet, received));
        };
        let devices = record.devices().await.context("the record could not be read")?;
        let assignments = watch::Sender::new(devices.iter().filter_map(assignment).collect());
        let _ = events.send(TabletEvent::Sensors(devices));
        let intake = Intake::open(record.clone()).await.context("the record could not be brought up to date")?;

        let (collected, collector_events) = mpsc::channel(64);
        let clock = {
            let record = record.clone();
            Arc::new(move || record.now().0)
        };
        let clock_trusted = {
            let record = record.clone();
            Arc::new(move || record.now().1 == Trust::Trusted)
        };
        let collector = Collector {
            radio,
            sink: Arc::new(intake),
            assignments: assignments.subscribe(),
            events: collected,
            // Which of them are taken is said for each device, when it is given to the patient.
            options: Options { gaps: Arc::new(gaps::pass), clock, clock_trusted, allow_advertise_only: true },
        };
        let mut until = stopped.clone();
        tablet.tasks.spawn(async move {
            let stop = async move {
                // A sender that is gone means the same.
                let _ = until.wait_for(|stop| *stop).await;
            };
            collector.run(stop).await;
        });
        let (heard, of_sensors) = mpsc::unbounded_channel();
        let collector_events = ReceiverStream::new(collector_events).inspect(move |event| {
            // A caretaker that is gone means that the tablet ends.
            let _ = heard.send(event.clone());
        });
        tablet.tasks.spawn(pass_on(collector_events, events.clone(), TabletEvent::Collector));
        let (condition, conditions) = watch::channel(None);
        let caretaker = Caretaker { record: record.clone(), events: of_sensors, to: condition };
        tablet.tasks.spawn(caretaker.run());

        if parts.sending {
            let woken = (woken, fetch_woken);
            if let Err(error) = tablet.start_sending(&record, &enrolment, conditions, woken, &events, &stopped).await {
                // Measuring goes on without it.
                tracing::error!("no connection to the service can be made: {error:#}");
                let fault = SyncFault::Unreachable { reason: format!("{error:#}") };
                let _ = events.send(TabletEvent::Sync(SyncEvent::Fault(fault)));
            }
        }
        let watcher = Watcher { record, wake: tablet.wake.clone(), events, assignments };
        tablet.tasks.spawn(watcher.run(stopped));
        Ok((tablet, received))
    }

    async fn start_sending(
        &mut self,
        record: &Record,
        enrolment: &Enrolment,
        conditions: watch::Receiver<Option<Condition>>,
        (woken, fetch_woken): (mpsc::Receiver<Wake>, mpsc::Receiver<Wake>),
        events: &mpsc::UnboundedSender<TabletEvent>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<()> {
        let (told, sync_events) = mpsc::unbounded_channel();
        let client = enrolment::connection(record, enrolment).await?;
        let engine = sending(record.clone(), client.clone(), enrolment, told)?.with_condition(conditions);
        let fetcher = fetching(record.clone(), client, enrolment)?;
        self.tasks.spawn(engine.run(woken));
        self.tasks.spawn(fetcher.run(fetch_woken));
        let wake = vec![self.wake.downgrade(), self.fetch.downgrade()];
        self.tasks.spawn(network::wake(wake, stopped.clone()));
        self.tasks.spawn(tell_sync(record.clone(), sync_events, events.clone()));
        Ok(())
    }

    /// Has the sending and the fetching try now.
    pub fn send_now(&self) {
        // A full queue means that it will try anyway.
        let _ = self.wake.try_send(Wake::Now);
        let _ = self.fetch.try_send(Wake::Now);
    }

    /// Ends all parts in order; one that does not end in time is broken off, which loses nothing.
    pub async fn stop(self) {
        let Self { mut tasks, stop, wake, fetch } = self;
        let _ = stop.send(true);
        drop((wake, fetch));
        if timeout(ENDING, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!("a part of the tablet did not end in time");
            tasks.shutdown().await;
        }
    }
}

/// The sending of this record's outbox.
pub fn sending(
    record: Record,
    client: Client,
    enrolment: &Enrolment,
    events: mpsc::UnboundedSender<SyncEvent>,
) -> Result<Engine<Record>> {
    let settings = Settings { gap: Arc::new(gaps::pass), ..Settings::default() };
    Ok(Engine::new(Arc::new(record), client, enrolment::for_sync(enrolment)?, settings, events)?)
}

/// The fetching of this patient's plan and messages.
pub fn fetching(record: Record, client: Client, enrolment: &Enrolment) -> Result<Fetcher<Record>> {
    Ok(Fetcher::new(Arc::new(record), client, enrolment::for_sync(enrolment)?, Settings::default().timing))
}

/// Follows what is committed: counts what waits, wakes the sending, and tells the collector of a changed kit.
struct Watcher {
    record: Record,
    wake: mpsc::Sender<Wake>,
    events: mpsc::UnboundedSender<TabletEvent>,
    assignments: watch::Sender<Vec<Assignment>>,
}

impl Watcher {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut changes = self.record.changes();
        let mut waiting = None;
        loop {
            if let Err(error) = self.look(&mut waiting).await {
                tracing::warn!(%error, "what changed in the record could not be read");
            }
            let _ = self.events.send(TabletEvent::Changed);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn look(&self, before: &mut Option<u32>) -> Result<(), RecordError> {
        let devices = self.record.devices().await?;
        let now: Vec<_> = devices.iter().filter_map(assignment).collect();
        let changed = self.assignments.send_if_modified(|known| {
            let changed = *known != now;
            *known = now;
            changed
        });
        if changed {
            let _ = self.events.send(TabletEvent::Sensors(devices));
        }
        let waiting = self.record.counts().await?.waiting;
        // Not only when it are more: one may have been delivered and another saved since the last look.
        if before.is_some() && waiting > 0 {
            let _ = self.wake.try_send(Wake::New);
        }
        if *before != Some(waiting) {
            *before = Some(waiting);
            let _ = self.events.send(TabletEvent::Waiting(waiting));
        }
        Ok(())
    }
}

/// Passes on what the sending tells; the service's clock goes to the record.
async fn tell_sync(
    record: Record,
    mut from: mpsc::UnboundedReceiver<SyncEvent>,
    to: mpsc::UnboundedSender<TabletEvent>,
) {
    while let Some(event) = from.recv().await {
        if let SyncEvent::ServiceClock { says } = event
            && let Err(error) = record.learn_time(clock::by_service(says)).await
        {
            tracing::warn!(%error, "the times of readings could not be put right");
        }
        // By what a service said of the time no certificate may be valid any more; then the tablet's clock counts.
        if let SyncEvent::Fault(SyncFault::ClockOff { .. } | SyncFault::Certificate(CertificateFault::Expired { .. })) =
            &event
        {
            record.doubt_time();
        }
        if to.send(TabletEvent::Sync(event)).is_err() {
            return;
        }
    }
}

async fn pass_on<T: Send + 'static>(
    mut from: impl Stream<Item = T> + Unpin,
    to: mpsc::UnboundedSender<TabletEvent>,
    wrap: fn(T) -> TabletEvent,
) {
    while let Some(event) = from.next().await {
        if to.send(wrap(event)).is_err() {
            return;
        }
    }
}

/// How the collector is to treat a sensor; `None` for one that is switched off.
fn assignment(device: &AssignedDevice) -> Option<Assignment> {
    let security = match device.link {
        LinkKind::Bonded => Security::Bonded,
        LinkKind::Advertised => Security::AdvertiseOnly,
    };
    device.enabled.then(|| Assignment {
        device: device.address.clone(),
        security,
        key: device.key,
        user: device.consent,
    })
}
