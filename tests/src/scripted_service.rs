//! A follow-up service that misbehaves as told: it stands in front of a server that we did not write,
//! and passes on what its script does not answer itself.

use std::{
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::wire;

/// How one request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behave {
    /// As the server behind does.
    Well,
    /// With this, and the server behind never hears of it.
    Say {
        /// The HTTP status.
        status: u16,
        /// The content type.
        kind: &'static str,
        /// The body.
        body: String,
    },
    /// The server behind does all that is asked, and half of its answer is lost.
    HalfABody,
    /// The server behind does all that is asked, and its answer is lost.
    LoseTheAnswer,
    /// With the last answer of the server behind, once more; it never hears of the request.
    LastAnswerAgain,
    /// Not at all: it cannot be reached, and the server behind never hears of it.
    HangUp,
}

impl Behave {
    /// A bare status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Say { status, kind: "text/plain", body: String::new() }
    }

    /// What a FHIR server says when it refuses a content.
    #[must_use]
    pub fn refusal(words: &str) -> Self {
        let outcome = json!({
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "invalid", "diagnostics": words}],
        });
        Self::Say { status: 422, kind: "application/fhir+json", body: outcome.to_string() }
    }
}

/// Decides by the request's method and path (`POST /fhir`), and its body.
type Script = Box<dyn FnMut(&str, &Value) -> Behave + Send>;

struct Shared {
    script: Mutex<Script>,
    /// What becomes of requests that only ask: the script is about what is sent.
    to_asking: Mutex<Behave>,
    last: Mutex<Vec<u8>>,
    requests: Mutex<Vec<String>>,
    behind: SocketAddr,
    over: AtomicBool,
}

/// A running service; it ends when dropped.
pub struct ScriptedService {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedService {
    /// Starts on a free port in front of the server at this port of loopback; it behaves well.
    ///
    /// # Errors
    /// There is no free port.
    pub fn before(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("a port for the scripted service")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script: Mutex::new(Box::new(|_, _| Behave::Well)),
            to_asking: Mutex::new(Behave::Well),
            last: Mutex::default(),
            requests: Mutex::default(),
            behind: (Ipv4Addr::LOCALHOST, port).into(),
            over: AtomicBool::new(false),
        });
        let serving = shared.clone();
        let thread = std::thread::Builder::new().name("scripted-service".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if serving.over.load(Ordering::Relaxed) {
                    return;
                }
                if let Err(error) = stream.and_then(|stream| serving.serve(stream)) {
                    eprintln!("scripted service: {error}");
                }
            }
        })?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// The base address of its FHIR interface.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}/fhir", self.address)
    }

    /// From now on it behaves by this script to what is sent, and well to what only asks.
    pub fn script(&self, script: impl FnMut(&str, &Value) -> Behave + Send + 'static) {
        *lock(&self.shared.to_asking) = Behave::Well;
        *lock(&self.shared.script) = Box::new(script);
    }

    /// From now on it behaves like this to every request.
    pub fn always(&self, behave: Behave) {
        let to_asking = behave.clone();
        self.script(move |_, _| behave.clone());
        *lock(&self.shared.to_asking) = to_asking;
    }

    /// How many requests have come that send something.
    #[must_use]
    pub fn requests(&self) -> usize {
        lock(&self.shared.requests).iter().filter(|what| !asks_only(what)).count()
    }
}

impl Drop for ScriptedService {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        // The thread waits for a caller; if it cannot be called it has ended already.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Shared {
    /// Answers one request and hangs up. The program sends one at a time.
    fn serve(&self, caller: TcpStream) -> io::Result<()> {
        let mut caller = wire::with_deadlines(caller)?;
        let (head, body) = wire::receive(&mut caller)?;
        let what = wire::what(&head);
        let content = serde_json::from_slice(&body).unwrap_or(Value::Null);
        lock(&self.requests).push(what.clone());
        let asks = asks_only(&what);
        let behave = if asks { lock(&self.to_asking).clone() } else { (lock(&self.script))(&what, &content) };
        let answer = match behave {
            Behave::Well => self.pass_on(&head, &body)?,
            Behave::LastAnswerAgain if asks => self.pass_on(&head, &body)?,
            Behave::HalfABody => {
                let mut answer = self.pass_on(&head, &body)?;
                let start = wire::head_end(&answer).unwrap_or(0);
                answer.truncate(start + (answer.len() - start) / 2);
                answer
            }
            Behave::LoseTheAnswer => {
                self.pass_on(&head, &body)?;
                return Ok(());
            }
            Behave::LastAnswerAgain => lock(&self.last).clone(),
            Behave::HangUp => return Ok(()),
            Behave::Say { status, kind, body } => wire::answer(status, &[("Content-Type", kind)], &body),
        };
        caller.write_all(&answer)?;
        caller.flush()
    }

    fn pass_on(&self, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
        let answer = wire::exchange(self.behind, &wire::passed_on(head, body))?;
        if !asks_only(head) {
            lock(&self.last).clone_from(&answer);
        }
        Ok(answer)
    }
}

/// Whether a request, by its first words, only asks for something. Whether the service knows the patient is asked in
/// the course of sending.
fn asks_only(what: &str) -> bool {
    what.starts_with("GET") && !what.contains("/fhir/Patient/")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
