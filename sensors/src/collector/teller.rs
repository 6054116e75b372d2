//! Tells the outside what happens, without ever waiting long for it.

use std::{collections::BTreeSet, time::Duration};

use dagsform_care::DeviceId;
use tokio::sync::mpsc;

use crate::event::{CollectorEvent, RadioFault};

/// How long a receiver that does not keep up is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub(super) struct Teller {
    events: mpsc::Sender<CollectorEvent>,
}

impl Teller {
    pub(super) fn new(events: mpsc::Sender<CollectorEvent>) -> Self {
        Self { events }
    }

    pub(super) async fn tell(&self, event: CollectorEvent) {
        if matches!(event, CollectorEvent::Live(..)) {
            // The next one comes in a second.
            let _ = self.events.try_send(event);
        } else if let Err(mpsc::error::SendTimeoutError::Timeout(_)) = self.events.send_timeout(event, PATIENCE).await {
            tracing::warn!("nobody takes the collector's events");
        }
    }
}

/// What is wrong now, of one device or of the radio, so that nothing is told twice and everything
/// that was told ends.
pub(super) struct Faults {
    whose: Option<DeviceId>,
    standing: BTreeSet<RadioFault>,
    teller: Teller,
}

impl Faults {
    pub(super) fn new(whose: Option<DeviceId>, teller: Teller) -> Self {
        Self { whose, standing: BTreeSet::new(), teller }
    }

    pub(super) async fn begin(&mut self, fault: RadioFault) {
        if self.standing.insert(fault) {
            self.teller.tell(CollectorEvent::Fault(self.whose.clone(), fault)).await;
        }
    }

    pub(super) async fn end(&mut self, fault: RadioFault) {
        if self.standing.remove(&fault) {
            self.teller.tell(CollectorEvent::FaultEnded(self.whose.clone(), fault)).await;
        }
    }

    /// The device let us in: it is there and knows us. Whether it speaks, and to whom, is to be seen.
    pub(super) async fn admitted(&mut self) {
        for fault in self.standing.clone() {
            if !matches!(fault, RadioFault::Silent | RadioFault::ConsentRefused) {
                self.end(fault).await;
            }
        }
    }

    /// Ends all but `kept`.
    pub(super) async fn end_all_but(&mut self, kept: Option<RadioFault>) {
        for fault in self.standing.clone() {
            if Some(fault) != kept {
                self.end(fault).await;
            }
        }
    }

    pub(super) fn any(&self) -> bool {
        !self.standing.is_empty()
    }

    pub(super) fn stands(&self, fault: RadioFault) -> bool {
        self.standing.contains(&fault)
    }
}
