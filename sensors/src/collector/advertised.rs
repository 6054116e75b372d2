//! Listens to a device that measures by advertising: no link, no memory, and the same bytes for as long as somebody
//! may have missed them.
//!
//! The same measurement within [`REPEATS`] is the same one. What could not be committed is tried again while the
//! program runs; the device will not send it once more.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use dagsform_care::Flag;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep},
};

use super::{Assignment, Shared, link::commit, teller::Faults};
use crate::{
    codec::{self, DecodeError, Format},
    device::{self, Advertisement, Secrets},
    event::{CollectorEvent, RadioFault},
    sink::{REPEATS, RawFrame, Taken},
};

/// How many advertisements may wait; those beyond are dropped, since all of them come again.
pub(super) const WAITING: usize = 64;
/// After so long without a word it has been away.
const AWAY: Duration = Duration::from_secs(60);
/// The pause before a frame that could not be committed is tried again, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

pub(super) struct Listening {
    shared: Shared,
    assignment: Assignment,
    advertisements: mpsc::Receiver<Advertisement>,
    stop: watch::Receiver<bool>,
    faults: Faults,
    heard: Option<Instant>,
    /// The last measurement, and when it came.
    last: Option<(Vec<u8>, Instant)>,
    /// What was kept though it is no reading, each once.
    refused: HashSet<Vec<u8>>,
    unsaved: VecDeque<RawFrame>,
    pause: Duration,
}

enum Happened {
    Stop,
    Heard(Advertisement),
    Again,
}

impl Listening {
    pub(super) fn new(
        shared: Shared,
        assignment: Assignment,
        advertisements: mpsc::Receiver<Advertisement>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let faults = Faults::new(Some(assignment.device.clone()), shared.teller.clone());
        Self {
            shared,
            assignment,
            advertisements,
            stop,
            faults,
            heard: None,
            last: None,
            refused: HashSet::new(),
            unsaved: VecDeque::new(),
            pause: PAUSE.0,
        }
    }

    /// Listens until it is told to stop.
    pub(super) async fn run(mut self) {
        loop {
            match self.next().await {
                Happened::Stop => break,
                Happened::Heard(advertisement) => self.hear(&advertisement).await,
                Happened::Again => self.try_again().await,
            }
        }
        while let Some(frame) = self.unsaved.pop_front() {
            if commit(&self.shared, frame).await.is_err() {
                let lost = self.unsaved.len().saturating_add(1);
                tracing::error!(device = %self.assignment.device, frames = lost, "received and never committed");
                return;
            }
        }
    }

    async fn next(&mut self) -> Happened {
        let mut stop = self.stop.clone();
        let pause = self.pause;
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => Happened::Stop,
            heard = self.advertisements.recv() => heard.map_or(Happened::Stop, Happened::Heard),
            () = sleep(pause), if !self.unsaved.is_empty() => Happened::Again,
        }
    }

    async fn hear(&mut self, advertisement: &Advertisement) {
        let device = self.assignment.device.clone();
        let secrets = Secrets { key: self.assignment.key.as_ref(), address: Some(&device) };
        let Some((model, frame)) = device::advertised(advertisement, &secrets) else { return };
        let now = Instant::now();
        if self.heard.replace(now).is_none_or(|before| now.duration_since(before) > AWAY) {
            self.shared.teller.tell(CollectorEvent::Appeared(device.clone())).await;
        }
        let frame = match frame {
            Ok(frame) => frame,
            // What nobody can have written but the device is not there to be kept.
            Err(DecodeError::KeyNeeded { .. }) => return self.faults.begin(RadioFault::KeyNeeded).await,
            Err(DecodeError::WrongKey { .. }) => return self.faults.begin(RadioFault::WrongKey).await,
            Err(error) => return tracing::debug!(%device, ?model, %error, "not read"),
        };
        // With a key, what is not encrypted is somebody else's.
        if !frame.authenticated && (self.assignment.key.is_some() || !self.shared.options.allow_advertise_only) {
            return self.faults.begin(RadioFault::NotAllowed).await;
        }
        self.faults.end_all_but(None).await;
        let format = Format::Layout(frame.layout);
        let raw = RawFrame {
            device: device.clone(),
            format,
            bytes: frame.bytes,
            context: None,
            received: (self.shared.options.clock)(),
            from_storage: false,
            ordinal: 0,
        };
        match codec::observe(format, &raw.bytes, None) {
            Ok(None) => {}
            Ok(Some(observed)) if observed.flags.contains(&Flag::MeasurementOngoing) => {
                self.shared.teller.tell(CollectorEvent::Live(device, observed)).await;
            }
            Ok(Some(observed)) => {
                let again =
                    |(same, at): &(Vec<u8>, Instant)| *same == observed.canonical && now.duration_since(*at) < REPEATS;
                if !self.last.as_ref().is_some_and(again) {
                    self.last = Some((observed.canonical, now));
                    self.take(raw).await;
                }
            }
            Err(_) => {
                if self.refused.insert(raw.bytes.clone()) {
                    self.take(raw).await;
                }
            }
        }
    }

    async fn take(&mut self, frame: RawFrame) {
        (self.shared.options.gaps)("frame-received");
        match commit(&self.shared, frame.clone()).await {
            Ok(taken) => self.tell(taken).await,
            Err(error) => {
                self.unsaved.push_back(frame);
                let event = CollectorEvent::NotTaken(self.assignment.device.clone(), error);
                self.shared.teller.tell(event).await;
            }
        }
    }

    async fn try_again(&mut self) {
        while let Some(frame) = self.unsaved.front() {
            match commit(&self.shared, frame.clone()).await {
                Ok(taken) => {
                    self.unsaved.pop_front();
                    self.pause = PAUSE.0;
                    self.tell(taken).await;
                }
                Err(_) => {
                    self.pause = self.pause.saturating_mul(2).min(PAUSE.1);
                    return;
                }
            }
        }
    }

    async fn tell(&self, taken: Taken) {
        self.shared.teller.tell(CollectorEvent::Taken(self.assignment.device.clone(), taken)).await;
    }
}
