//! Measuring: from the sensor that is looked for to the reading that the service has confirmed.
//!
//! ```text
//!              Connected            Live                 Saved             Delivered
//!   Looking ───────────▶ Ready ───────────▶ Receiving ───────────▶ Saved ───────────▶ Delivered
//!      ▲   ◀───────────    ▲   ◀───────────                          │                    │
//!      │   Disconnected    │   LiveEnded                             └───── Done / Live ──┘
//!      └───────────────────┴──────────────────────────────────────────────────┘
//! ```
//!
//! What is wrong stands beside the stage, not in its place: a reading may be taken while the service
//! is away. "Saved" is said only on [`Event::Saved`] and "delivered" only on [`Event::Delivered`];
//! both are sent after the commit.

use chrono::{DateTime, FixedOffset};
use dagsform_care::{DeviceId, Flag, Identity, Kind, Measured, Observed, Reading, Source};
use dagsform_sensors::RadioFault;

/// Below this a battery is called low, in per cent.
const BATTERY_LOW: u8 = 15;

/// What the measuring screen is about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The sensors of the kit, by address and name.
    pub sensors: Vec<(DeviceId, String)>,
    /// The sensors that are connected now.
    pub connected: Vec<DeviceId>,
    /// Values that are still coming in.
    pub live: Option<Live>,
    /// The reading that is shown.
    pub shown: Option<Shown>,
    /// What is wrong now, oldest first.
    pub troubles: Vec<Trouble>,
    /// Readings that are saved and not yet delivered.
    pub waiting: u32,
}

/// Values of a measurement that is going on.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The sensor.
    pub device: DeviceId,
    /// What it measures.
    pub kind: Kind,
    /// The values so far.
    pub values: Vec<Measured>,
}

/// A reading on the screen. It is here only once it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The reading.
    pub reading: Box<Reading>,
    /// When the service confirmed it, if it has.
    pub delivered: Option<DateTime<FixedOffset>>,
}

/// How far things have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No sensor is connected.
    Looking,
    /// A sensor is connected; nothing comes yet.
    Ready,
    /// Values come in and still change.
    Receiving,
    /// The shown reading is stored.
    Saved,
    /// The service has confirmed the shown reading.
    Delivered,
}

/// Something that is wrong, as far as this flow tells one from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// With the radio, or with a sensor.
    Radio(Option<DeviceId>, RadioFault),
    /// The record does not take readings.
    Record(RecordTrouble),
    /// The service.
    Service(ServiceTrouble),
    /// A sensor sent something that no codec understands.
    NotUnderstood(DeviceId),
    /// The service refused so many readings.
    SetAside(u32, String),
    /// A sensor's battery is low, at so many per cent where it tells.
    BatteryLow(DeviceId, Option<u8>),
    /// The tablet's clock is wrong; the program goes by the service's.
    ClockWrong,
    /// No patient has been given this tablet.
    NotEnrolled,
}

/// Why the record takes no readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTrouble {
    /// No space is left.
    Full,
    /// It cannot be written.
    NotWritable,
    /// It is damaged.
    Damaged,
    /// A newer program wrote it.
    Newer,
    /// Another program has it open.
    InUse,
}

/// Why nothing is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceTrouble {
    /// It cannot be reached, or answers with something else than FHIR.
    Away,
    /// It does not know this tablet, or does not let it send.
    Refuses(String),
    /// It has taken this tablet's access back.
    Revoked(String),
    /// It refused the signing in, for a reason that may pass.
    SignIn(String),
    /// What answers has not proven that it is the service.
    NotProven(String),
    /// It cannot prove who it is, since the tablet's clock is wrong.
    Clock,
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The kit was changed.
    Sensors(Vec<(DeviceId, String)>),
    /// A sensor is connected.
    Connected(DeviceId),
    /// A sensor is no longer connected.
    Disconnected(DeviceId),
    /// Values of a measurement that is going on.
    Live(DeviceId, Observed),
    /// No live values have come for a while: the deadline of [`Effect::AwaitLive`].
    LiveEnded,
    /// A reading was committed.
    Saved(Box<Reading>),
    /// A stored reading was changed: someone has said who measured.
    Changed(Box<Reading>),
    /// The record could not take a reading.
    NotSaved(RecordTrouble),
    /// The service has confirmed readings.
    Delivered(Identity, DateTime<FixedOffset>),
    /// The service refused a reading.
    SetAside(String),
    /// Bytes were kept that no codec understands.
    NotUnderstood(DeviceId),
    /// Something is wrong with radio or sensor.
    RadioFault(Option<DeviceId>, RadioFault),
    /// It is over.
    RadioFaultEnded(Option<DeviceId>, RadioFault),
    /// Something is wrong with the service.
    ServiceFault(ServiceTrouble),
    /// It is over.
    ServiceFaultEnded,
    /// Whether the tablet's clock is right, by the service's.
    Clock {
        /// It differs by minutes.
        wrong: bool,
    },
    /// A sensor told its battery's level.
    Battery(DeviceId, u8),
    /// So many readings wait to be sent.
    Waiting(u32),
    /// The tablet has no patient.
    NotEnrolled,
    /// The person is done with the reading shown.
    Done,
    /// The person has read the trouble at this place.
    Understood(usize),
    /// The person wants to try again what failed.
    Retry,
}

/// What is to be done in answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell [`Event::LiveEnded`] if no live value comes for a few seconds.
    AwaitLive,
    /// Try the service now.
    SyncNow,
    /// Start the radio anew.
    RestartRadio,
}

impl State {
    /// How far things have come.
    pub fn stage(&self) -> Stage {
        match (&self.live, &self.shown) {
            (Some(_), _) => Stage::Receiving,
            (None, Some(Shown { delivered: Some(_), .. })) => Stage::Delivered,
            (None, Some(_)) => Stage::Saved,
            (None, None) if self.connected.is_empty() => Stage::Looking,
            (None, None) => Stage::Ready,
        }
    }

    /// What is left when everything starts anew: what the person has yet to read. All else is told again.
    #[must_use]
    pub fn anew(mut self) -> Self {
        self.remove(|t| !for_the_person(t));
        Self { troubles: self.troubles, ..Self::default() }
    }

    fn remove(&mut self, gone: impl Fn(&Trouble) -> bool) {
        self.troubles.retain(|trouble| !gone(trouble));
    }

    /// Adds a trouble, or brings one of the same kind up to date in its place.
    fn put(&mut self, trouble: Trouble, same: impl Fn(&Trouble) -> bool) {
        match self.troubles.iter_mut().find(|known| same(known)) {
            Some(known) => *known = trouble,
            None => self.troubles.push(trouble),
        }
    }
}

/// Whether it stays until the person has read it.
fn for_the_person(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::NotUnderstood(_) | Trouble::SetAside(..))
}

/// The next state, and what is to be done.
pub fn update(mut state: State, event: Event) -> (State, Vec<Effect>) {
    let mut effects = Vec::new();
    match event {
        Event::Sensors(sensors) => {
            state.remove(|t| matches!(t, Trouble::NotEnrolled));
            state.sensors = sensors;
        }
        Event::Connected(device) => {
            state.remove(|t| matches!(t, Trouble::Radio(Some(d), _) if *d == device));
            if !state.connected.contains(&device) {
                state.connected.push(device);
            }
        }
        Event::Disconnected(device) => {
            state.connected.retain(|d| *d != device);
            if state.live.as_ref().is_some_and(|live| live.device == device) {
                state.live = None;
            }
        }
        Event::Live(device, observed) => {
            state.live = Some(Live { device, kind: observed.kind, values: observed.values });
            // A new measurement begins: the last reading makes room.
            state.shown = None;
            effects.push(Effect::AwaitLive);
        }
        Event::LiveEnded => state.live = None,
        Event::Saved(reading) => saved(&mut state, reading),
        Event::Changed(reading) => {
            if let Some(shown) = &mut state.shown
                && shown.reading.identity == reading.identity
                && shown.reading != reading
            {
                // The service has the version before.
                *shown = Shown { reading, delivered: None };
            }
        }
        Event::NotSaved(why) => {
            state.live = None;
            state.put(Trouble::Record(why), |t| matches!(t, Trouble::Record(_)));
        }
        Event::Delivered(identity, at) => {
            state.remove(|t| matches!(t, Trouble::Service(_)));
            // The record's own count follows; until then the screen must not contradict itself.
            state.waiting = state.waiting.saturating_sub(1);
            if let Some(shown) = &mut state.shown
                && shown.reading.identity == identity
            {
                shown.delivered = Some(at);
            }
        }
        Event::SetAside(reason) => {
            let before = state.troubles.iter().find_map(|t| match t {
                Trouble::SetAside(n, _) => Some(*n),
                _ => None,
            });
            let now = before.unwrap_or(0).saturating_add(1);
            state.put(Trouble::SetAside(now, reason), |t| matches!(t, Trouble::SetAside(..)));
        }
        Event::NotUnderstood(device) => {
            state.live = None;
            state.put(Trouble::NotUnderstood(device), |t| matches!(t, Trouble::NotUnderstood(_)));
        }
        Event::RadioFault(device, fault) => {
            let whom = device.clone();
            state.put(Trouble::Radio(device, fault), |t| matches!(t, Trouble::Radio(d, _) if *d == whom));
        }
        Event::RadioFaultEnded(device, fault) => state.remove(|t| *t == Trouble::Radio(device.clone(), fault)),
        Event::ServiceFault(fault) => {
            state.put(Trouble::Service(fault), |t| matches!(t, Trouble::Service(_)));
        }
        Event::ServiceFaultEnded => state.remove(|t| matches!(t, Trouble::Service(_))),
        Event::Clock { wrong } => {
            state.remove(|t| matches!(t, Trouble::ClockWrong));
            if wrong {
                state.troubles.push(Trouble::ClockWrong);
            }
        }
        Event::Battery(device, percent) => {
            state.remove(|t| matches!(t, Trouble::BatteryLow(d, _) if *d == device));
            if percent < BATTERY_LOW {
                state.troubles.push(Trouble::BatteryLow(device, Some(percent)));
            }
        }
        Event::Waiting(n) => state.waiting = n,
        Event::NotEnrolled => state.put(Trouble::NotEnrolled, |t| matches!(t, Trouble::NotEnrolled)),
        Event::Done => state.shown = None,
        Event::Understood(place) => {
            // The list may have changed under the finger.
            if state.troubles.get(place).is_some_and(for_the_person) {
                state.troubles.remove(place);
            }
        }
        Event::Retry => {
            let radio = |t: &Trouble| matches!(t, Trouble::Radio(..));
            if state.troubles.iter().any(radio) {
                effects.push(Effect::RestartRadio);
                // The touch is answered at once; what is still wrong is told again.
                state.remove(radio);
            }
            effects.push(Effect::SyncNow);
            state.remove(|t| matches!(t, Trouble::Record(_)));
        }
    }
    (state, effects)
}

/// What a sensor says of its battery with a measurement of now; what lies in its memory was said long ago.
fn say_of_battery(state: &mut State, reading: &Reading) {
    let Source::Sensor(device) = &reading.source else { return };
    if reading.time.from_storage {
        return;
    }
    let told = state.troubles.iter().any(|t| matches!(t, Trouble::BatteryLow(d, _) if d == device));
    if !reading.flags.contains(&Flag::BatteryLow) {
        state.remove(|t| *t == Trouble::BatteryLow(device.clone(), None));
    } else if !told {
        state.troubles.push(Trouble::BatteryLow(device.clone(), None));
    }
}

/// A reading is stored. The newest measurement is shown; older ones that come out of a sensor's
/// memory do not take its place.
fn saved(state: &mut State, reading: Box<Reading>) {
    state.remove(|t| matches!(t, Trouble::Record(_)));
    say_of_battery(state, &reading);
    // What may be someone else's is kept, and not shown as this patient's.
    if reading.is_whose_open() {
        return;
    }
    let newer = match &state.shown {
        None => true,
        Some(shown) => {
            reading.time.effective.unwrap_or(reading.time.received)
                >= shown.reading.time.effective.unwrap_or(shown.reading.time.received)
        }
    };
    if newer {
        state.live = None;
        state.shown = Some(Shown { reading, delivered: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dagsform_care::{
        Decimal, DeviceTime, Metric, PatientId, Quantity, Reception, Trust, Unit, User, Value, time::ZONE,
    };

    fn device() -> DeviceId {
        DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap()
    }
    fn observed(spo2: i64) -> Observed {
        Observed {
            kind: Kind::PulseOximetry,
            values: vec![Measured {
                metric: Metric::OxygenSaturation,
                quantity: Quantity { value: Value::Number(Decimal::new(spo2, 0)), unit: Unit::Percent },
            }],
            flags: Default::default(),
            time: DeviceTime::Absent,
            sequence: None,
            user: User::Unsaid,
            meal: None,
            canonical: vec![u8::try_from(spo2).unwrap()],
        }
    }
    fn at(minute: u32) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("2026-11-23T08:{minute:02}:00+01:00")).unwrap()
    }
    fn reading(spo2: i64, minute: u32) -> Box<Reading> {
        let reception = Reception {
            patient: PatientId("p".into()),
            device: device(),
            assigned: None,
            at: at(minute),
            tablet_clock: Trust::Trusted,
            from_storage: false,
            ordinal: 0,
            zone: ZONE,
            user: None,
            usual_weight: None,
        };
        Box::new(Reading::received(observed(spo2), &reception))
    }
    fn after(events: Vec<Event>) -> State {
        events.into_iter().fold(State::default(), |state, event| update(state, event).0)
    }

    #[test]
    fn each_event_leads_to_the_stage_drawn_above() {
        use Event::*;
        let first = reading(97, 0);
        let delivered = Delivered(first.identity, at(1));
        let rows: Vec<(Vec<Event>, Stage)> = vec![
            (vec![], Stage::Looking),
            (vec![Connected(device())], Stage::Ready),
            (vec![Connected(device()), Disconnected(device())], Stage::Looking),
            (vec![Connected(device()), Live(device(), observed(97))], Stage::Receiving),
            (vec![Connected(device()), Live(device(), observed(97)), LiveEnded], Stage::Ready),
            (vec![Connected(device()), Live(device(), observed(97)), Disconnected(device())], Stage::Looking),
            (vec![Live(device(), observed(97)), Saved(first.clone())], Stage::Saved),
            (vec![Saved(first.clone()), delivered.clone()], Stage::Delivered),
            (vec![Saved(first.clone()), delivered.clone(), Disconnected(device())], Stage::Delivered),
            (vec![Saved(first.clone()), delivered, Done], Stage::Looking),
            (vec![Connected(device()), Saved(first), Live(device(), observed(96))], Stage::Receiving),
            (vec![Live(device(), observed(97)), NotSaved(RecordTrouble::Full)], Stage::Looking),
            (vec![Live(device(), observed(97)), NotUnderstood(device())], Stage::Looking),
        ];
        for (events, stage) in rows {
            assert_eq!(after(events.clone()).stage(), stage, "{events:?}");
        }
    }

    #[test]
    fn nothing_is_called_saved_before_the_record_said_so() {
        let state = after(vec![Event::Connected(device()), Event::Live(device(), observed(97)), Event::Waiting(1)]);
        assert!(state.shown.is_none());
    }

    #[test]
    fn the_delivery_of_another_reading_is_not_shown_as_this_ones() {
        let state = after(vec![Event::Saved(reading(97, 5)), Event::Delivered(reading(95, 0).identity, at(6))]);
        assert_eq!(state.stage(), Stage::Saved);
    }

    #[test]
    fn an_older_reading_out_of_the_memory_does_not_take_the_place_of_a_newer_one() {
        let state = after(vec![Event::Saved(reading(97, 5)), Event::Saved(reading(95, 0))]);
        assert_eq!(state.shown.unwrap().reading.identity, reading(97, 5).identity);
    }

    #[test]
    fn what_may_be_someone_elses_is_not_shown_as_this_patients() {
        let mut theirs = reading(97, 5);
        theirs.quality.add(dagsform_care::Verdict::Doubtful, dagsform_care::Reason::BeforeAssignment);
        assert!(after(vec![Event::Saved(theirs)]).shown.is_none());
    }

    #[test]
    fn a_trouble_goes_when_its_cause_does() {
        let whom = Some(device());
        for (comes, goes) in [
            (Event::RadioFault(None, RadioFault::AdapterOff), Event::RadioFaultEnded(None, RadioFault::AdapterOff)),
            (Event::RadioFault(whom, RadioFault::BondLost), Event::Connected(device())),
            (Event::ServiceFault(ServiceTrouble::Away), Event::ServiceFaultEnded),
            (Event::ServiceFault(ServiceTrouble::Away), Event::Delivered(reading(97, 0).identity, at(1))),
            (Event::NotSaved(RecordTrouble::Full), Event::Saved(reading(97, 0))),
            (Event::Battery(device(), 3), Event::Battery(device(), 90)),
            (Event::NotEnrolled, Event::Sensors(vec![])),
            (Event::NotUnderstood(device()), Event::Understood(0)),
            (Event::SetAside("422".into()), Event::Understood(0)),
        ] {
            let state = after(vec![comes.clone()]);
            assert_eq!(state.troubles.len(), 1, "{comes:?}");
            assert!(after(vec![comes.clone(), goes]).troubles.is_empty(), "{comes:?}");
        }
    }

    #[test]
    fn the_same_trouble_twice_is_one_and_refused_readings_are_counted() {
        let state = after(vec![
            Event::ServiceFault(ServiceTrouble::Away),
            Event::ServiceFault(ServiceTrouble::Refuses("401".into())),
            Event::SetAside("a".into()),
            Event::SetAside("b".into()),
        ]);
        assert_eq!(
            state.troubles,
            [Trouble::Service(ServiceTrouble::Refuses("401".into())), Trouble::SetAside(2, "b".into())]
        );
    }

    #[test]
    fn trying_again_starts_what_has_failed() {
        let state = after(vec![Event::RadioFault(None, RadioFault::NoAdapter)]);
        assert_eq!(update(state, Event::Retry).1, [Effect::RestartRadio, Effect::SyncNow]);
        assert_eq!(update(State::default(), Event::Retry).1, [Effect::SyncNow]);
    }

    #[test]
    fn trying_again_is_answered_at_once_and_keeps_what_the_person_has_yet_to_read() {
        let refused = Trouble::SetAside(1, "422".into());
        let state = after(vec![Event::SetAside("422".into()), Event::RadioFault(None, RadioFault::AdapterOff)]);
        let (state, _) = update(state, Event::Retry);
        assert_eq!(state.troubles, std::slice::from_ref(&refused));
        let (state, _) = update(state, Event::ServiceFault(ServiceTrouble::Away));
        assert_eq!(state.anew(), State { troubles: vec![refused], ..State::default() });
    }

    #[test]
    fn only_what_waits_to_be_read_can_be_put_away() {
        let state = after(vec![Event::ServiceFault(ServiceTrouble::Away), Event::Understood(0)]);
        assert_eq!(state.troubles, [Trouble::Service(ServiceTrouble::Away)]);
    }

    #[test]
    fn live_values_have_a_deadline() {
        let (_, effects) = update(State::default(), Event::Live(device(), observed(97)));
        assert_eq!(effects, [Effect::AwaitLive]);
    }

    #[test]
    fn a_battery_is_called_low_below_15_per_cent() {
        assert!(after(vec![Event::Battery(device(), 15)]).troubles.is_empty());
        assert_eq!(after(vec![Event::Battery(device(), 14)]).troubles, [Trouble::BatteryLow(device(), Some(14))]);
    }

    #[test]
    fn a_sensor_that_says_with_a_measurement_that_its_battery_is_low_is_believed_until_the_next_one() {
        let weak = |minute, from_storage| {
            let mut reading = reading(97, minute);
            reading.flags.insert(Flag::BatteryLow);
            reading.time.from_storage = from_storage;
            Event::Saved(reading)
        };
        let low = |percent| vec![Trouble::BatteryLow(device(), percent)];
        for (events, troubles) in [
            (vec![weak(0, false)], low(None)),
            (vec![weak(0, false), weak(1, false)], low(None)),
            (vec![Event::Battery(device(), 9), weak(0, false), Event::Saved(reading(97, 1))], low(Some(9))),
            (vec![weak(0, false), Event::Battery(device(), 9)], low(Some(9))),
            (vec![weak(0, false), Event::Saved(reading(97, 1))], vec![]),
            (vec![weak(0, true)], vec![]),
        ] {
            assert_eq!(after(events.clone()).troubles, troubles, "{events:?}");
        }
    }

    #[test]
    fn the_end_of_one_fault_does_not_hide_another_that_stands() {
        let fault = |fault| Event::RadioFault(Some(device()), fault);
        let over = |fault| Event::RadioFaultEnded(Some(device()), fault);
        let lost = vec![Trouble::Radio(Some(device()), RadioFault::BondLost)];
        let both = vec![fault(RadioFault::Silent), fault(RadioFault::BondLost)];
        assert_eq!(after([both.clone(), vec![over(RadioFault::Silent)]].concat()).troubles, lost);
        assert_eq!(after([both, vec![over(RadioFault::BondLost)]].concat()).troubles, []);
    }

    #[test]
    fn the_metrics_of_a_live_value_are_kept_for_the_screen() {
        let state = after(vec![Event::Live(device(), observed(97))]);
        assert_eq!(state.live.unwrap().values[0].metric, Metric::OxygenSaturation);
    }
}
