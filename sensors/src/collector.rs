//! The collector: waits for the assigned devices, takes what they have, keeps to the order
//! "received, committed, told".
//!
//! - `session.rs` is one link to one device as a pure machine, `settling.rs` the reading of a device
//!   that only streams, `unasked.rs` whether a reading comes out of a memory, `numbers.rs` from which record on
//!   a memory is fetched, `clock.rs` what a device's clock shows, `consent.rs` which of its users the patient is,
//!   `profile.rs` what a device can do.
//! - `advertised.rs` listens to a device that measures by advertising.
//! - `link.rs` does what the machine says, `device.rs` tends one device from link to link,
//!   `supervisor.rs` watches the radio.
//!
//! Each device has a task of its own; a link that hangs keeps nobody else waiting. What was received and
//! could not be committed is kept and tried again while the program runs, but for the records of a memory
//! that is asked for: they stay in the device and are fetched again.

mod advertised;
mod clock;
pub mod consent;
mod device;
mod link;
mod numbers;
mod profile;
pub mod session;
pub mod settling;
mod step;
mod supervisor;
mod teller;
mod unasked;

use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use dagsform_care::DeviceId;
use tokio::sync::{mpsc, watch};

pub use self::consent::Consent;
use crate::{device::Key, event::CollectorEvent, radio::Radio, sink::FrameSink};

/// How we know that what comes under a device's address comes from the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// It is bonded: the link is encrypted with the bond's key.
    Bonded,
    /// It has no bond and sends its values to everybody. Anyone could send in its name, unless it encrypts them.
    AdvertiseOnly,
}

/// A device whose readings belong to this tablet's patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The device.
    pub device: DeviceId,
    /// How it proves itself.
    pub security: Security,
    /// The key of a device that encrypts what it advertises.
    pub key: Option<Key>,
    /// The patient's place among the users of a device that asks for a code.
    pub user: Option<Consent>,
}

impl Assignment {
    /// A bonded device.
    pub fn bonded(device: DeviceId) -> Self {
        Self { device, security: Security::Bonded, key: None, user: None }
    }
}

/// Called at named points of a frame's way, for tests that kill the program there: `frame-received`
/// (before the sink has it), `transfer-complete` (before that is told).
pub type Gaps = Arc<dyn Fn(&'static str) + Send + Sync>;

/// The tablet's clock.
pub type Clock = Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>;

/// What may differ between the product and a test of it.
#[derive(Clone)]
pub struct Options {
    /// Named points where a test may strike.
    pub gaps: Gaps,
    /// The tablet's clock.
    pub clock: Clock,
    /// Whether the tablet's clock is right; only then is a device's set by it.
    pub clock_trusted: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Whether devices are allowed that advertise without encryption. Off: their data is unauthenticated.
    pub allow_advertise_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            gaps: Arc::new(|_| {}),
            clock: Arc::new(|| chrono::Local::now().fixed_offset()),
            clock_trusted: Arc::new(|| true),
            allow_advertise_only: false,
        }
    }
}

/// The collector, ready to run.
pub struct Collector {
    /// The radio.
    pub radio: Arc<dyn Radio>,
    /// Where frames are committed.
    pub sink: Arc<dyn FrameSink>,
    /// The devices of this patient; may change while the collector runs.
    pub assignments: watch::Receiver<Vec<Assignment>>,
    /// Where it is told what happens. A receiver that does not keep up loses live values first; the
    /// record is never waiting for it.
    pub events: mpsc::Sender<CollectorEvent>,
    /// What may differ between the product and a test of it.
    pub options: Options,
}

/// What all tasks of the collector share.
#[derive(Clone)]
struct Shared {
    radio: Arc<dyn Radio>,
    sink: Arc<dyn FrameSink>,
    teller: teller::Teller,
    options: Options,
}

impl Shared {
    /// Whether the device may be collected from.
    fn allows(&self, assignment: &Assignment) -> bool {
        assignment.security == Security::Bonded || assignment.key.is_some() || self.options.allow_advertise_only
    }
}

impl Collector {
    /// Collects until `shutdown` completes; then lets go of all devices, within 6 seconds.
    ///
    /// Never fails: what is wrong is told as an event and tried again. Dropping the future stops all
    /// tasks at once; a frame is then committed or not, never half.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let shared = Shared {
            radio: self.radio,
            sink: self.sink,
            teller: teller::Teller::new(self.events),
            options: self.options,
        };
        supervisor::Supervisor::new(shared, self.assignments).run(shutdown).await;
    }
}
