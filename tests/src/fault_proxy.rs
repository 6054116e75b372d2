//! A bad road between tablet and service: a proxy on loopback that delays, cuts, repeats, reorders, lies and falls
//! silent, all of it decided by one seed.
//!
//! What befalls a connection depends on the seed and on its number alone, so the same program that asks the same
//! things in the same order meets the same faults. Each connection carries one request.
//!
//! ```text
//! nothing befalls it        the service's answer, with its `Date` moved by the skew
//! the service never hears   refused, silence, a cut request, errors, a full service, a login page
//! the service has done it   a lost, cut, shortened or overlong answer, an old one, a late one
//! ```

mod fault;
mod road;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result};
use chrono::TimeDelta;
use tokio::net::TcpSocket;

pub use fault::Fault;
use road::Road;

/// How bad the road is.
#[derive(Clone, Debug, PartialEq)]
pub struct Badness {
    /// The share of requests that something befalls, 0 to 1.
    pub share: f64,
    /// What can befall them, each as likely as the other.
    pub faults: Vec<Fault>,
    /// How far the service's clock seems to be ahead.
    pub skew: TimeDelta,
    /// How long a silence lasts before the connection ends.
    pub silence: Duration,
    /// A body above so many bytes is too large where the fault is [`Fault::TooLarge`]; one below is never refused by
    /// its content, so that no reading is refused alone.
    pub large: usize,
}

impl Default for Badness {
    /// A quarter of all requests, by all faults; silences of a second; large is 16 KiB.
    fn default() -> Self {
        Self {
            share: 0.25,
            faults: Fault::ALL.to_vec(),
            skew: TimeDelta::zero(),
            silence: Duration::from_secs(1),
            large: 16 * 1024,
        }
    }
}

/// The running proxy; it ends when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    road: Arc<Road>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl FaultProxy {
    /// Starts on a free port in front of the service at this port of loopback.
    ///
    /// # Errors
    /// There is no free port.
    pub fn before(port: u16, seed: u64, badness: Badness) -> Result<Self> {
        // Bound and never listening: it keeps the port while nobody listens, or a caller's own end might get it.
        let port_holder = TcpSocket::new_v4()?;
        port_holder.set_reuseaddr(true)?;
        port_holder.bind((Ipv4Addr::LOCALHOST, 0).into()).context("a port for the fault proxy")?;
        let address = port_holder.local_addr()?;
        let listener = TcpListener::bind(address)?;
        let road = Arc::new(Road {
            behind: (Ipv4Addr::LOCALHOST, port).into(),
            seed,
            badness: Mutex::new(badness),
            memory: Mutex::default(),
            counts: Mutex::default(),
        });
        let over = Arc::new(AtomicBool::new(false));
        let (serving, until) = (road.clone(), over.clone());
        let thread = std::thread::Builder::new().name("fault-proxy".to_owned()).spawn(move || {
            if let Err(error) = listen(listener, address, &serving, &until) {
                eprintln!("the fault proxy ended: {error}");
            }
            drop(port_holder);
        })?;
        Ok(Self { address, road, over, thread: Some(thread) })
    }

    /// The base address of its FHIR interface.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}/fhir", self.address)
    }

    /// From now on the road is as bad as this. What was held back is forgotten.
    pub fn set(&self, badness: Badness) {
        self.road.set(badness);
    }

    /// From now on nothing befalls anything.
    pub fn calm(&self) {
        self.set(Badness { share: 0.0, ..self.road.badness() });
    }

    /// How many requests came to each end: the faults by name, `well`, `late answer`, and `service down`.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.road.counts()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // The thread waits for a caller; where nobody listens it looks by itself afterwards.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Takes connections, numbered in the order in which they come.
fn listen(listener: TcpListener, address: SocketAddr, road: &Arc<Road>, over: &AtomicBool) -> io::Result<()> {
    let mut listener = listener;
    for number in 0.. {
        let accepted = listener.accept();
        if over.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (caller, _) = accepted?;
        let mut trip = road.trip(number);
        if let Some(away) = trip.refusal() {
            // Nobody listens: the next ones are refused by the system itself.
            drop(listener);
            drop(caller);
            std::thread::sleep(away);
            listener = TcpListener::bind(address)?;
            // Whoever ends the proxy could not call meanwhile.
            if over.load(Ordering::Relaxed) {
                return Ok(());
            }
            continue;
        }
        let road = road.clone();
        std::thread::Builder::new().name("fault-proxy-trip".to_owned()).spawn(move || {
            // A caller that went away needs no answer.
            trip.make(&road, caller).ok();
        })?;
    }
    Ok(())
}
