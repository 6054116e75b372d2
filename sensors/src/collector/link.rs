//! Does what the machine of one link says: the async shell of `session.rs`.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, DeviceInformation};
use futures::{StreamExt, stream::BoxStream};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{
    Clock, Consent, Shared,
    session::{Deadline, Effect, Ended, Event, Phase, Session},
    teller::Faults,
};
use crate::{
    characteristic::Characteristic,
    codec::{
        self, Text,
        device_information::{DESCRIPTIVE, MANUFACTURER_NAME_STRING, MODEL_NUMBER_STRING},
    },
    device::{self, Model, Seen, Write},
    event::{CollectorEvent, RadioFault},
    radio::Link,
    sink::{NewestRecord, RawFrame, SinkError, Taken},
};

/// How long the record may take to commit a frame. It commits in milliseconds; a disk that takes longer
/// than this is as good as gone.
pub(super) const COMMIT: Duration = Duration::from_secs(30);

/// The model that a device is, if it departs from the standard; `None` until it has said what it is.
pub(super) type Identified = Option<Option<&'static Model>>;

/// How a link went.
pub(super) struct Report {
    pub(super) ended: Ended,
    /// Anything came over it.
    pub(super) heard: bool,
    /// What came, could not be committed, and will not come again.
    pub(super) unsaved: Vec<RawFrame>,
}

/// A value with the time of its reception.
type Stamped = (Characteristic, Vec<u8>, DateTime<FixedOffset>);

struct Running<'a> {
    shared: &'a Shared,
    device: &'a DeviceId,
    link: &'a dyn Link,
    faults: &'a mut Faults,
    stop: watch::Receiver<bool>,
    session: Session,
    deadlines: BTreeMap<Deadline, Instant>,
    information: DeviceInformation,
    unsaved: Vec<RawFrame>,
}

/// Runs a link to its end.
pub(super) async fn run(
    shared: &Shared,
    (device, user): (&DeviceId, Option<Consent>),
    link: &dyn Link,
    (faults, known): (&mut Faults, &mut Identified),
    stop: watch::Receiver<bool>,
) -> Report {
    // The stream first: what comes between subscribing and listening would be lost.
    let stream = match link.notifications().await {
        Ok(stream) => stream,
        Err(fault) => {
            link.disconnect().await;
            return Report { ended: Ended::Fault(fault), heard: false, unsaved: Vec::new() };
        }
    };
    let mut values = stamp(stream, shared.options.clock.clone());
    // Once in the program's life: a device that comes back sends what it has as soon as the link stands.
    let model = match *known {
        Some(model) => model,
        // Whoever does not say what it is keeps to the standard, for this link. What it has sent meanwhile is not lost.
        None => identify(link, stop.clone()).await.map(|model| *known.insert(model)).unwrap_or_default(),
    };
    let (session, effects) = Session::open(device.clone(), &link.characteristics(), model, user);
    let mut running = Running {
        shared,
        device,
        link,
        faults,
        stop: stop.clone(),
        session,
        deadlines: BTreeMap::new(),
        information: DeviceInformation::default(),
        unsaved: Vec::new(),
    };
    running.perform(effects).await;
    while !matches!(running.session.phase(), Phase::Over(_)) {
        let event = next(&mut values, &mut running.deadlines, &mut running.stop).await;
        running.feed(event).await;
    }
    running.keep_received(&mut values);
    let ended = match running.session.phase() {
        Phase::Over(ended) => ended.clone(),
        _ => Ended::Link,
    };
    Report { ended, heard: running.session.heard(), unsaved: running.unsaved }
}

/// The model that the device is, if it departs from the standard; an error if it did not say what it is.
///
/// Only a device that has a channel of such a model is asked what it is: what cannot be a reading's way is no reason to
/// keep the reading waiting.
async fn identify(link: &dyn Link, mut stop: watch::Receiver<bool>) -> Result<Option<&'static Model>, RadioFault> {
    let characteristics = link.characteristics();
    if !device::may_depart(&characteristics) {
        return Ok(None);
    }
    let mut texts = [None, None];
    for (text, number) in texts.iter_mut().zip([MANUFACTURER_NAME_STRING, MODEL_NUMBER_STRING]) {
        let characteristic = Characteristic::assigned(number);
        if !characteristics.contains(&characteristic) {
            continue;
        }
        let read = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => Err(RadioFault::Gone),
            read = link.read(characteristic) => read,
        };
        *text = Some(Text::decode(&read?).text);
    }
    let [manufacturer, model] = texts;
    let name = link.name();
    let seen = Seen {
        services: &link.services(),
        characteristics: &characteristics,
        manufacturer: manufacturer.as_deref(),
        model: model.as_deref(),
        name: name.as_deref(),
    };
    let model = device::model_of(&seen);
    tracing::debug!(?seen, ?model, "identified");
    Ok(model)
}

/// Waits for what happens next. Values go before deadlines: what has arrived is not late.
async fn next(
    values: &mut mpsc::UnboundedReceiver<Stamped>,
    deadlines: &mut BTreeMap<Deadline, Instant>,
    stop: &mut watch::Receiver<bool>,
) -> Event {
    let first = deadlines.iter().min_by_key(|(_, at)| **at).map(|(deadline, at)| (*deadline, *at));
    let passed = async {
        match first {
            Some((deadline, at)) => {
                sleep_until(at).await;
                deadline
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => Event::Stop,
        value = values.recv() => match value {
            Some((characteristic, bytes, received)) => Event::Value(characteristic, bytes, received),
            None => Event::LinkEnded,
        },
        deadline = passed => {
            deadlines.remove(&deadline);
            Event::Passed(deadline)
        }
    }
}

/// Notes the time of each value when it comes, not when the record is done with those before it.
///
/// The queue is as long as what one device can send while one commit takes.
fn stamp(mut stream: BoxStream<'static, (Characteristic, Vec<u8>)>, clock: Clock) -> mpsc::UnboundedReceiver<Stamped> {
    let (stamped, values) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let value = tokio::select! {
                value = stream.next() => value,
                () = stamped.closed() => None,
            };
            let Some((characteristic, bytes)) = value else { break };
            if stamped.send((characteristic, bytes, clock())).is_err() {
                break;
            }
        }
    });
    values
}

impl Running<'_> {
    async fn feed(&mut self, event: Event) {
        let (session, effects) = self.session.clone().update(event);
        self.session = session;
        self.perform(effects).await;
    }

    /// Does all that is to be done, and what follows from it, in order.
    async fn perform(&mut self, effects: Vec<Effect>) {
        let mut left: VecDeque<Effect> = effects.into();
        while let Some(effect) = left.pop_front() {
            let Some(event) = self.one(effect).await else { continue };
            let (session, effects) = self.session.clone().update(event);
            self.session = session;
            for effect in effects.into_iter().rev() {
                left.push_front(effect);
            }
        }
    }

    async fn one(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Subscribe(characteristic) => {
                let outcome = self.unless_stopped(self.link.subscribe(characteristic)).await;
                Some(Event::Subscribed(characteristic, outcome))
            }
            Effect::Describe => Some(Event::Described(self.describe().await)),
            Effect::Write(characteristic, bytes) => {
                let write = self.link.write(characteristic, &bytes);
                Some(Event::Written(self.unless_stopped(write).await))
            }
            Effect::Recall => Some(Event::Recalled(self.recall().await)),
            Effect::Fetched(newest) => {
                let kept = timeout(COMMIT, self.shared.sink.fetched(self.device, newest)).await;
                if !matches!(kept, Ok(Ok(()))) {
                    tracing::warn!(device = %self.device, "where its memory was fetched to was not kept");
                }
                None
            }
            Effect::ReadClock(characteristic) => {
                let shown = self.unless_stopped(self.link.read(characteristic)).await;
                let options = &self.shared.options;
                Some(Event::ClockRead(shown, (options.clock)(), (options.clock_trusted)()))
            }
            Effect::SetClock(characteristic, bytes) => {
                let write = self.link.write(characteristic, &bytes);
                Some(Event::ClockWritten(self.unless_stopped(write).await))
            }
            Effect::Take(frame) => Some(Event::Took(self.take(frame).await)),
            Effect::TakeAndAcknowledge(frame, acknowledgement) => {
                let outcome = self.take(frame).await;
                if outcome.is_ok() {
                    self.write_all(acknowledgement).await;
                }
                Some(Event::Took(outcome))
            }
            Effect::Say(writes) => {
                self.write_all(writes).await;
                None
            }
            Effect::Open(model) => {
                let opening = (model.opening)((self.shared.options.clock)());
                self.write_all(opening).await;
                None
            }
            Effect::Battery(level) => {
                if self.information.battery != level {
                    self.information.battery = level;
                    self.tell_description().await;
                }
                None
            }
            Effect::Arm(deadline, after) => {
                self.deadlines.insert(deadline, Instant::now() + after);
                None
            }
            Effect::Disarm(deadline) => {
                self.deadlines.remove(&deadline);
                None
            }
            Effect::Tell(event) => {
                self.tell(event).await;
                None
            }
            Effect::TransferComplete => {
                (self.shared.options.gaps)("transfer-complete");
                None
            }
            Effect::Disconnect => {
                self.link.disconnect().await;
                None
            }
        }
    }

    /// Tells the device what its model wants to be told. What it does not take costs at most what it would have sent.
    async fn write_all(&self, writes: Vec<Write>) {
        for Write { characteristic, bytes } in writes {
            if let Err(fault) = self.unless_stopped(self.link.write(characteristic, &bytes)).await {
                tracing::warn!(device = %self.device, %fault, %characteristic, "not written");
            }
        }
    }

    async fn tell(&mut self, event: CollectorEvent) {
        match event {
            CollectorEvent::Fault(_, fault) => self.faults.begin(fault).await,
            CollectorEvent::FaultEnded(_, fault) => self.faults.end(fault).await,
            CollectorEvent::Connected(_) => {
                self.shared.teller.tell(event).await;
                self.faults.admitted().await;
            }
            _ => self.shared.teller.tell(event).await,
        }
    }

    async fn take(&mut self, frame: RawFrame) -> Result<Taken, SinkError> {
        (self.shared.options.gaps)("frame-received");
        let only = (!self.session.fetched_again(&frame)).then(|| frame.clone());
        let outcome = commit(self.shared, frame).await;
        if outcome.is_err() {
            self.unsaved.extend(only);
        }
        outcome
    }

    /// Where the device's memory was fetched to before; whole again, if the sink cannot say.
    async fn recall(&self) -> Option<NewestRecord> {
        match timeout(COMMIT, self.shared.sink.newest_record(self.device)).await {
            Ok(Ok(newest)) => newest,
            failed => {
                tracing::warn!(device = %self.device, ?failed, "where its memory was fetched to is not known");
                None
            }
        }
    }

    /// Reads what the device says of itself. What it does not have or does not give is left out; a
    /// reading is worth more than a serial number.
    async fn describe(&mut self) -> Result<(), RadioFault> {
        let there = self.link.characteristics();
        for characteristic in DESCRIPTIVE.into_iter().filter(|c| there.contains(&Characteristic::assigned(*c))) {
            match self.unless_stopped(self.link.read(characteristic.into())).await {
                Ok(bytes) => {
                    let _ = codec::describe(&mut self.information, characteristic, &bytes);
                }
                Err(RadioFault::BondLost) => return Err(RadioFault::BondLost),
                Err(RadioFault::Gone | RadioFault::Timeout) => break,
                Err(fault) => tracing::debug!(device = %self.device, %fault, "{characteristic:04X} not read"),
            }
        }
        self.tell_description().await;
        Ok(())
    }

    async fn tell_description(&mut self) {
        if self.information == DeviceInformation::default() {
            return;
        }
        let kept = timeout(COMMIT, self.shared.sink.describe(self.device, &self.information)).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::warn!(device = %self.device, "what the device says of itself was not kept");
        }
        let described = CollectorEvent::Described(self.device.clone(), self.information.clone());
        self.shared.teller.tell(described).await;
    }

    /// Runs a call over the link, but not against the wish to stop.
    async fn unless_stopped<T>(
        &self,
        call: impl Future<Output = Result<T, RadioFault>> + Send,
    ) -> Result<T, RadioFault> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => Err(RadioFault::Gone),
            outcome = call => outcome,
        }
    }

    /// What came before the end of the link and was not looked at is kept: the device takes it as delivered. Of a memory
    /// that can be asked for nothing is kept, since its records are still in the device, unless they came behind a frame
    /// that could not be committed and will not come again.
    fn keep_received(&mut self, values: &mut mpsc::UnboundedReceiver<Stamped>) {
        let all = !self.unsaved.is_empty();
        while let Ok((characteristic, bytes, received)) = values.try_recv() {
            let frame = self.session.unasked(characteristic, bytes, received);
            self.unsaved.extend(frame.filter(|frame| all || !self.session.has_in_memory(frame)));
        }
    }
}

/// Gives a frame to the sink, under a deadline.
pub(super) async fn commit(shared: &Shared, frame: RawFrame) -> Result<Taken, SinkError> {
    let no_answer = |_| Err(SinkError::Other("it did not answer in time".to_owned()));
    timeout(COMMIT, shared.sink.take(frame)).await.unwrap_or_else(no_answer)
}
