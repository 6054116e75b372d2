//! A tablet in a room: the collector at work, a sink in memory, and all that was told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use dagsform_care::{DeviceId, DeviceInformation, Identity, PatientId, Reading, Reception, Trust, time::ZONE};
use dagsform_sensors::{
    CollectorEvent, FrameSink, NewestRecord, RawFrame, SinkError, Taken, codec,
    collector::{Assignment, Collector, Options},
    radio::simulated::{Oximeter, Simulated, Traits, spot_check},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, sleep},
};

pub(crate) const FIRST: &str = "F0:F1:F2:F3:F4:F5";
pub(crate) const SECOND: &str = "F0:F1:F2:F3:F4:F6";

pub(crate) fn address(text: &str) -> DeviceId {
    DeviceId::parse(text).unwrap()
}

/// The n-th of records that all differ.
pub(crate) fn record(n: u32) -> Vec<u8> {
    let time = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(8, n / 60, n % 60).unwrap();
    spot_check(u16::try_from(90 + n % 9).unwrap(), 60, time)
}

/// Commits in memory, and fails as it is told to.
#[derive(Default)]
pub(crate) struct MemorySink {
    state: Mutex<SinkState>,
}

#[derive(Default)]
struct SinkState {
    kept: Vec<RawFrame>,
    identities: HashMap<Identity, usize>,
    fetched: HashMap<DeviceId, NewestRecord>,
    /// The patient's place among a device's users.
    user: Option<u8>,
    undecodable: HashMap<(Vec<u8>, u32), usize>,
    described: Vec<DeviceInformation>,
    full: bool,
    /// These calls from now fail (0 is the next).
    failures: Vec<u32>,
    takes: u32,
    busy: bool,
    slow: Duration,
}

impl MemorySink {
    pub(crate) fn kept(&self) -> Vec<RawFrame> {
        self.state.lock().unwrap().kept.clone()
    }
    pub(crate) fn bytes(&self) -> Vec<Vec<u8>> {
        self.kept().into_iter().map(|frame| frame.bytes).collect()
    }
    pub(crate) fn described(&self) -> Vec<DeviceInformation> {
        self.state.lock().unwrap().described.clone()
    }
    pub(crate) fn takes(&self) -> u32 {
        self.state.lock().unwrap().takes
    }
    pub(crate) fn full(&self, full: bool) {
        self.state.lock().unwrap().full = full;
    }
    pub(crate) fn slow(&self, slow: Duration) {
        self.state.lock().unwrap().slow = slow;
    }
    pub(crate) fn fetched(&self) -> Option<NewestRecord> {
        self.state.lock().unwrap().fetched.get(&address(FIRST)).copied()
    }
    pub(crate) fn user(&self, index: u8) {
        self.state.lock().unwrap().user = Some(index);
    }
    pub(crate) fn fail_at(&self, takes: &[u32]) {
        self.state.lock().unwrap().failures = takes.to_vec();
    }
}

#[async_trait]
impl FrameSink for MemorySink {
    async fn take(&self, frame: RawFrame) -> Result<Taken, SinkError> {
        let slow = {
            let mut state = self.state.lock().unwrap();
            assert!(!state.busy || frame.device != address(FIRST), "a frame was given before the last was committed");
            state.busy = frame.device == address(FIRST);
            state.slow
        };
        sleep(slow.max(Duration::from_millis(1))).await;
        let mut state = self.state.lock().unwrap();
        if frame.device == address(FIRST) {
            state.busy = false;
        }
        let this = state.takes;
        state.takes += 1;
        if state.full || state.failures.contains(&this) {
            return Err(SinkError::Full);
        }
        let place = state.kept.len();
        let Ok(Some(observed)) = codec::observe(frame.format, &frame.bytes, frame.context.as_deref()) else {
            let key = (frame.bytes.clone(), frame.ordinal);
            if let std::collections::hash_map::Entry::Vacant(entry) = state.undecodable.entry(key) {
                entry.insert(place);
                state.kept.push(frame);
            }
            return Ok(Taken::Undecodable { reason: "no codec".into() });
        };
        let reception = Reception {
            patient: PatientId("p-1".into()),
            device: frame.device.clone(),
            assigned: None,
            at: frame.received,
            tablet_clock: Trust::Trusted,
            from_storage: frame.from_storage,
            ordinal: frame.ordinal,
            zone: ZONE,
            user: state.user,
            usual_weight: None,
        };
        let reading = Reading::received(observed, &reception);
        if state.identities.contains_key(&reading.identity) {
            return Ok(Taken::Known(reading.identity));
        }
        state.identities.insert(reading.identity, place);
        state.kept.push(frame);
        Ok(Taken::Saved(Box::new(reading)))
    }

    async fn describe(&self, _: &DeviceId, information: &DeviceInformation) -> Result<(), SinkError> {
        self.state.lock().unwrap().described.push(information.clone());
        Ok(())
    }

    async fn fetched(&self, device: &DeviceId, newest: NewestRecord) -> Result<(), SinkError> {
        self.state.lock().unwrap().fetched.insert(device.clone(), newest);
        Ok(())
    }

    async fn newest_record(&self, device: &DeviceId) -> Result<Option<NewestRecord>, SinkError> {
        Ok(self.state.lock().unwrap().fetched.get(device).copied())
    }
}

/// The collector at work.
pub(crate) struct Room {
    pub(crate) radio: Simulated,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) assignments: watch::Sender<Vec<Assignment>>,
    told: Arc<Mutex<Vec<CollectorEvent>>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Room {
    /// Starts the collector with the first device assigned.
    pub(crate) fn new() -> Self {
        Self::with(vec![Assignment::bonded(address(FIRST))], Options::default())
    }

    pub(crate) fn with(assigned: Vec<Assignment>, options: Options) -> Self {
        let radio = Simulated::new();
        let sink = Arc::new(MemorySink::default());
        let (assignments, watched) = watch::channel(assigned);
        let (events, mut heard) = mpsc::channel(64);
        let told = Arc::new(Mutex::new(Vec::new()));
        let all = told.clone();
        tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                all.lock().unwrap().push(event);
            }
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let collector =
            Collector { radio: Arc::new(radio.clone()), sink: sink.clone(), assignments: watched, events, options };
        let task = tokio::spawn(collector.run(async {
            let _ = stopped.await;
        }));
        Self { radio, sink, assignments, told, stop: Some(stop), task }
    }

    /// Puts the first device into the room.
    pub(crate) fn oximeter(&self) -> Oximeter {
        self.radio.oximeter(address(FIRST), Traits::default())
    }

    pub(crate) fn told(&self) -> Vec<CollectorEvent> {
        self.told.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, wanted: impl Fn(&CollectorEvent) -> bool) -> usize {
        self.told().iter().filter(|event| wanted(event)).count()
    }

    pub(crate) fn was_told(&self, event: &CollectorEvent) -> bool {
        self.told().contains(event)
    }

    /// Waits, in paused time, until something is so.
    pub(crate) async fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !so(self) {
            assert!(begin.elapsed() < Duration::from_secs(600), "never: {what}\n{:#?}", self.told());
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn until_told(&self, event: CollectorEvent) {
        self.until(&format!("{event:?}"), |room| room.was_told(&event)).await;
    }

    /// Ends the collector and waits for it.
    pub(crate) async fn end(mut self) -> Arc<MemorySink> {
        let _ = self.stop.take().unwrap().send(());
        tokio::time::timeout(Duration::from_secs(10), &mut self.task).await.expect("ends in time").unwrap();
        self.sink
    }
}
