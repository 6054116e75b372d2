//! Tends one device: waits until it is heard, connects, runs the link, and begins anew.

use std::{collections::VecDeque, time::Duration};

use dagsform_care::DeviceId;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};

use super::{
    Assignment, Consent, Shared,
    link::{self, Report, commit},
    session::Ended,
    teller::Faults,
};
use crate::{
    event::{CollectorEvent, RadioFault},
    radio::Link,
    sink::RawFrame,
};

/// How long making a link may take, whatever the radio promises.
const CONNECT: Duration = Duration::from_secs(90);
/// The pause after a link that went well: a device says good-bye and may still be heard for a moment.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause. A device is used for a minute at a time; more would miss it.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest pause before a device without a bond is tried again.
const BEFORE_BOND: Duration = Duration::from_secs(5);
/// So many failures in a row are told; one or two are a device that was switched off early.
const TOLD: u32 = 3;

/// When the device was last heard.
pub(super) type Heard = watch::Receiver<Option<Instant>>;

pub(super) struct Tended {
    shared: Shared,
    device: DeviceId,
    user: Option<Consent>,
    heard: Heard,
    stop: watch::Receiver<bool>,
    faults: Faults,
    failures: u32,
    unsaved: VecDeque<RawFrame>,
    /// The model that it is, once it has said so.
    model: link::Identified,
}

impl Tended {
    pub(super) fn new(shared: Shared, assignment: Assignment, heard: Heard, stop: watch::Receiver<bool>) -> Self {
        let Assignment { device, user, .. } = assignment;
        let faults = Faults::new(Some(device.clone()), shared.teller.clone());
        Self { shared, device, user, heard, stop, faults, failures: 0, unsaved: VecDeque::new(), model: None }
    }

    /// Tends the device until it is told to stop.
    pub(super) async fn run(mut self) {
        let mut stop = self.stop.clone();
        let mut last = None;
        loop {
            let ready = async {
                self.save_unsaved().await;
                // Only a word from after the last link counts. BlueZ tells a device's last advertisement
                // late, and an absent device would be tried for half a minute.
                self.heard.wait_for(|heard| *heard > last).await.is_ok()
            };
            let wanted = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => false,
                wanted = ready => wanted,
            };
            if !wanted {
                break;
            }
            if self.failures == 0 {
                self.shared.teller.tell(CollectorEvent::Appeared(self.device.clone())).await;
            }
            let Some(outcome) = self.connect().await else { break };
            let pause = match outcome {
                Ok(link) => {
                    let (stop, who) = (self.stop.clone(), (&self.device, self.user));
                    let kept = (&mut self.faults, &mut self.model);
                    let report = link::run(&self.shared, who, link.as_ref(), kept, stop).await;
                    self.shared.teller.tell(CollectorEvent::Disconnected(self.device.clone())).await;
                    self.after(report).await
                }
                Err(fault) => self.failed(fault).await,
            };
            last = Some(Instant::now());
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                () = sleep(pause) => {}
            }
        }
        self.save_last().await;
    }

    /// `None`: told to stop meanwhile.
    async fn connect(&mut self) -> Option<Result<Box<dyn Link>, RadioFault>> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => None,
            outcome = timeout(CONNECT, self.shared.radio.connect(&self.device)) => {
                Some(outcome.unwrap_or(Err(RadioFault::Timeout)))
            }
        }
    }

    /// How long to wait after a link.
    async fn after(&mut self, report: Report) -> Duration {
        self.unsaved.extend(report.unsaved);
        match report.ended {
            Ended::Link if report.heard => {
                self.failures = 0;
                PAUSE
            }
            Ended::Link => {
                // Connected without a word, again and again: a lost bond looks like this too.
                self.count(RadioFault::Silent).await;
                PAUSE
            }
            Ended::NotTaken => {
                self.failures = self.failures.saturating_add(1);
                self.pause()
            }
            Ended::Fault(fault) => self.failed(fault).await,
        }
    }

    /// How long to wait after a failure, and whether it is told.
    async fn failed(&mut self, fault: RadioFault) -> Duration {
        tracing::debug!(device = %self.device, %fault, failures = self.failures, "link failed");
        match fault {
            // The radio's faults are the supervisor's to tell.
            RadioFault::NoService | RadioFault::NoAdapter | RadioFault::AdapterGone | RadioFault::AdapterOff => {
                return PAUSE;
            }
            // Trying again does not help until somebody has done something.
            RadioFault::BondLost
            | RadioFault::Unsupported
            | RadioFault::NotAllowed
            | RadioFault::KeyNeeded
            | RadioFault::WrongKey
            | RadioFault::ConsentRefused => {
                self.faults.begin(fault).await;
                self.failures = self.failures.saturating_add(1);
                // Whoever pairs it anew stands before it and waits.
                return self.pause().min(BEFORE_BOND);
            }
            _ => self.count(fault).await,
        }
        self.pause()
    }

    async fn count(&mut self, fault: RadioFault) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= TOLD {
            self.faults.begin(fault).await;
        }
    }

    /// 2, 4, 8, 16, then 30 seconds.
    fn pause(&self) -> Duration {
        Duration::from_secs(2_u64.saturating_pow(self.failures)).min(LONGEST)
    }

    /// Commits what was received and could not be committed then, for as long as it takes: no new data
    /// is asked for before.
    async fn save_unsaved(&mut self) {
        let mut tries: u32 = 0;
        while let Some(frame) = self.unsaved.front() {
            match commit(&self.shared, frame.clone()).await {
                Ok(taken) => {
                    self.unsaved.pop_front();
                    self.shared.teller.tell(CollectorEvent::Taken(self.device.clone(), taken)).await;
                }
                Err(_) => {
                    tries = tries.saturating_add(1);
                    sleep(Duration::from_secs(2_u64.saturating_pow(tries)).min(LONGEST)).await;
                }
            }
        }
    }

    async fn save_last(&mut self) {
        while let Some(frame) = self.unsaved.pop_front() {
            if commit(&self.shared, frame).await.is_err() {
                let lost = self.unsaved.len().saturating_add(1);
                tracing::error!(device = %self.device, frames = lost, "received and never committed");
                return;
            }
        }
    }
}
