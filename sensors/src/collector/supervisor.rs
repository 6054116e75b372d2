//! Watches the radio and keeps one task for each assigned device.
//!
//! The radio's event stream cannot be trusted: it may end, fall silent, or miss that the adapter was
//! off. So the radio is also asked, every [`POLL`], who can be reached. A device that came into reach
//! without a word from the stream shows that the stream is dead; and a device that is in reach is
//! tended whether or not the stream says so.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use dagsform_care::DeviceId;
use futures::{StreamExt, stream::BoxStream};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};

use super::{
    Assignment, Security, Shared,
    advertised::{Listening, WAITING},
    device::Tended,
    teller::Faults,
};
use crate::{
    device::Advertisement,
    event::{CollectorEvent, RadioFault},
    radio::RadioEvent,
};

/// How often the radio is asked who can be reached.
pub(super) const POLL: Duration = Duration::from_secs(15);
/// How long the radio may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a device's task may take to let go: the commit under way, and the disconnection.
const LET_GO: Duration = Duration::from_secs(6);
/// The pause before the radio is tried again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(15));

/// A device's task and the strings it hangs on. It ends with them.
struct Tending {
    assignment: Assignment,
    /// What it advertises goes here, if it measures by that.
    advertisements: Option<mpsc::Sender<Advertisement>>,
    heard: watch::Sender<Option<Instant>>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    /// The device was in reach at the last poll.
    reached: bool,
    /// The stream has told of it since the last poll.
    told: bool,
    /// It came into reach and the stream has not told so yet; a signal may still have been on its way.
    untold: bool,
}

impl Drop for Tending {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

pub(super) struct Supervisor {
    shared: Shared,
    assignments: watch::Receiver<Vec<Assignment>>,
    devices: HashMap<DeviceId, Tending>,
    refused: HashSet<DeviceId>,
    stream: Option<BoxStream<'static, RadioEvent>>,
    /// When the radio is tried again, while there is no stream.
    again: Instant,
    pause: Duration,
    faults: Faults,
    ready: bool,
    restarting: bool,
    polls_failed: u32,
}

enum Happened {
    Radio(Option<RadioEvent>),
    Again,
    Poll,
    Assignments(bool),
}

impl Supervisor {
    pub(super) fn new(shared: Shared, assignments: watch::Receiver<Vec<Assignment>>) -> Self {
        let faults = Faults::new(None, shared.teller.clone());
        Self {
            shared,
            assignments,
            devices: HashMap::new(),
            refused: HashSet::new(),
            stream: None,
            again: Instant::now(),
            pause: PAUSE.0,
            faults,
            ready: false,
            restarting: false,
            polls_failed: 0,
        }
    }

    pub(super) async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = self.watch() => {}
            () = shutdown => {}
        }
        let all: Vec<Tending> = self.devices.drain().map(|(_, tending)| tending).collect();
        futures::future::join_all(all.into_iter().map(let_go)).await;
    }

    async fn watch(&mut self) {
        self.assign().await;
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        poll.reset();
        let mut may_change = true;
        loop {
            let again = self.again;
            let happened = tokio::select! {
                event = next(&mut self.stream) => Happened::Radio(event),
                () = sleep_until(again), if self.stream.is_none() => Happened::Again,
                _ = poll.tick() => Happened::Poll,
                changed = self.assignments.changed(), if may_change => Happened::Assignments(changed.is_ok()),
            };
            match happened {
                Happened::Radio(Some(event)) => self.told(event).await,
                // At once would be a busy loop with a radio that ends every stream.
                Happened::Radio(None) => self.restart(PAUSE.0),
                Happened::Again => self.listen().await,
                Happened::Poll => self.poll().await,
                Happened::Assignments(true) => {
                    self.assign().await;
                    self.poll().await;
                }
                Happened::Assignments(false) => may_change = false,
            }
        }
    }

    /// Starts listening, or says what is in the way and when to try again.
    async fn listen(&mut self) {
        match timeout(ANSWER, self.shared.radio.events()).await.unwrap_or(Err(RadioFault::Timeout)) {
            Ok(stream) => {
                self.stream = Some(stream);
                self.pause = PAUSE.0;
                if std::mem::take(&mut self.restarting) {
                    self.shared.teller.tell(CollectorEvent::Restarted).await;
                }
                self.poll().await;
            }
            Err(fault) => {
                let fault = self.gone(fault);
                self.faults.end_all_but(Some(fault)).await;
                self.faults.begin(fault).await;
                self.again = Instant::now() + self.pause;
                self.pause = self.pause.saturating_mul(2).min(PAUSE.1);
            }
        }
    }

    /// An adapter that is not there has gone, if there was one.
    fn gone(&self, fault: RadioFault) -> RadioFault {
        if fault == RadioFault::NoAdapter && self.ready { RadioFault::AdapterGone } else { fault }
    }

    /// The stream is dead: begins anew.
    fn restart(&mut self, pause: Duration) {
        tracing::warn!("the radio's event stream is dead; it is restarted");
        self.stream = None;
        self.restarting = true;
        self.again = Instant::now() + pause;
    }

    async fn told(&mut self, event: RadioEvent) {
        match event {
            RadioEvent::Seen(device) => {
                if let Some(tending) = self.devices.get_mut(&device) {
                    tending.told = true;
                    tending.heard.send_replace(Some(Instant::now()));
                }
            }
            RadioEvent::Advertised(device, advertisement) => {
                if let Some(tending) = self.devices.get_mut(&device) {
                    tending.told = true;
                    tending.heard.send_replace(Some(Instant::now()));
                    // One that is dropped comes again.
                    let _ = tending.advertisements.as_ref().map(|task| task.try_send(*advertisement));
                }
            }
            // The link ends by itself.
            RadioEvent::Disconnected(_) => {}
            RadioEvent::AdapterOff => self.faults.begin(RadioFault::AdapterOff).await,
            // The search ended with the adapter.
            RadioEvent::AdapterOn => self.listen().await,
        }
    }

    /// Asks the radio who can be reached.
    async fn poll(&mut self) {
        self.look_after_tasks();
        if self.stream.is_none() {
            return;
        }
        let wanted: Vec<DeviceId> = self.devices.keys().cloned().collect();
        let alive = timeout(ANSWER, self.shared.radio.alive(&wanted)).await.unwrap_or(Err(RadioFault::Timeout));
        match alive {
            Ok(reached) => self.reached(reached).await,
            Err(RadioFault::AdapterOff) => {
                self.faults.end_all_but(Some(RadioFault::AdapterOff)).await;
                self.faults.begin(RadioFault::AdapterOff).await;
            }
            Err(fault @ (RadioFault::NoService | RadioFault::NoAdapter | RadioFault::AdapterGone)) => {
                let fault = self.gone(fault);
                self.faults.end_all_but(Some(fault)).await;
                self.faults.begin(fault).await;
                self.stream = None;
                self.again = Instant::now() + PAUSE.0;
            }
            Err(fault) => {
                tracing::debug!(%fault, "the radio did not answer");
                self.polls_failed = self.polls_failed.saturating_add(1);
                if self.polls_failed >= 2 {
                    self.polls_failed = 0;
                    self.faults.begin(fault).await;
                    self.stream = None;
                    self.again = Instant::now();
                }
            }
        }
    }

    async fn reached(&mut self, reached: Vec<DeviceId>) {
        self.polls_failed = 0;
        let missed_on = self.faults.stands(RadioFault::AdapterOff);
        let had_faults = self.faults.any();
        self.faults.end_all_but(None).await;
        if had_faults || !self.ready {
            self.ready = true;
            self.shared.teller.tell(CollectorEvent::Ready).await;
        }
        let mut dead = false;
        let now = Instant::now();
        for (device, tending) in &mut self.devices {
            let reachable = reached.contains(device);
            // A task that is busy with the device takes no notice.
            if reachable {
                tending.heard.send_replace(Some(now));
            }
            dead |= tending.untold && !tending.told;
            tending.untold = reachable && !tending.reached && !tending.told;
            tending.reached = reachable;
            tending.told = false;
        }
        if missed_on {
            // The adapter came back: whether or not the stream said so, the search must begin anew.
            self.stream = None;
            self.again = now;
        } else if dead {
            self.restart(Duration::ZERO);
        }
    }

    /// Brings the tasks in line with the assignments.
    async fn assign(&mut self) {
        let wanted = self.assignments.borrow_and_update().clone();
        let gone: Vec<DeviceId> =
            self.devices.iter().filter(|(_, t)| !wanted.contains(&t.assignment)).map(|(d, _)| d.clone()).collect();
        for device in gone {
            if let Some(tending) = self.devices.remove(&device) {
                let_go(tending).await;
            }
        }
        self.refused.retain(|device| wanted.iter().any(|a| a.device == *device && !self.shared.allows(a)));
        for assignment in wanted {
            if self.shared.allows(&assignment) {
                let shared = &self.shared;
                let device = assignment.device.clone();
                self.devices.entry(device).or_insert_with(|| tend(shared, assignment));
            } else if self.refused.insert(assignment.device.clone()) {
                let fault = CollectorEvent::Fault(Some(assignment.device), RadioFault::NotAllowed);
                self.shared.teller.tell(fault).await;
            }
        }
    }

    /// A task that ended though nobody asked it to has failed by a fault of ours: it begins anew.
    fn look_after_tasks(&mut self) {
        for (device, tending) in &mut self.devices {
            if tending.task.as_ref().is_some_and(JoinHandle::is_finished) {
                tracing::error!(%device, "the device's task had ended; it begins anew");
                *tending = tend(&self.shared, tending.assignment.clone());
            }
        }
    }
}

async fn next(stream: &mut Option<BoxStream<'static, RadioEvent>>) -> Option<RadioEvent> {
    match stream {
        Some(stream) => stream.next().await,
        None => std::future::pending().await,
    }
}

fn tend(shared: &Shared, assignment: Assignment) -> Tending {
    let (heard, hear) = watch::channel(None);
    let (stop, stopped) = watch::channel(false);
    let (task, advertisements) = match assignment.security {
        Security::Bonded => {
            let tended = Tended::new(shared.clone(), assignment.clone(), hear, stopped);
            (tokio::spawn(tended.run()), None)
        }
        Security::AdvertiseOnly => {
            let (advertisements, heard) = mpsc::channel(WAITING);
            let listening = Listening::new(shared.clone(), assignment.clone(), heard, stopped);
            (tokio::spawn(listening.run()), Some(advertisements))
        }
    };
    let task = Some(task);
    Tending { assignment, advertisements, heard, stop, task, reached: false, told: true, untold: false }
}

async fn let_go(mut tending: Tending) {
    tending.stop.send_replace(true);
    if let Some(mut task) = tending.task.take()
        && timeout(LET_GO, &mut task).await.is_err()
    {
        task.abort();
    }
}
