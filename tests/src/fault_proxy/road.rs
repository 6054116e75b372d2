//! One request on the road.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::Duration,
};

use chrono::{DateTime, TimeDelta};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::json;

use super::{Badness, fault::Fault};
use crate::wire;

/// So many old answers are kept for each kind of request.
const KEPT: usize = 8;
/// What a request is called that nothing befell.
const WELL: &str = "well";
/// What it is called when it got the answer of an earlier one.
const LATE: &str = "late answer";
/// What it is called when the service itself could not be reached.
const DOWN: &str = "service down";
const FHIR: (&str, &str) = ("Content-Type", "application/fhir+json");
const HTML: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");
/// Statuses that a service gives without a word of FHIR.
const BARE: [u16; 13] = [400, 401, 403, 404, 405, 408, 409, 412, 422, 500, 502, 503, 504];
/// Statuses that say nothing against a content.
const NOT_THE_CONTENT: [u16; 7] = [401, 403, 408, 500, 502, 503, 504];
/// Statuses that speak about the content.
const THE_CONTENT: [u16; 5] = [400, 404, 409, 412, 422];

/// What all requests share.
#[derive(Debug)]
pub(super) struct Road {
    pub(super) behind: SocketAddr,
    pub(super) seed: u64,
    pub(super) badness: Mutex<Badness>,
    pub(super) memory: Mutex<Memory>,
    pub(super) counts: Mutex<BTreeMap<&'static str, usize>>,
}

/// Answers by method and path of what was asked.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Those of the service, newest last.
    old: BTreeMap<String, VecDeque<Vec<u8>>>,
    /// Those that are on their way still, and nobody waits for them any more.
    late: BTreeMap<String, Vec<u8>>,
}

/// One request, and what is to befall it.
#[derive(Debug)]
pub(super) struct Trip {
    random: StdRng,
    badness: Badness,
    fault: Option<Fault>,
}

impl Road {
    pub(super) fn badness(&self) -> Badness {
        lock(&self.badness).clone()
    }

    pub(super) fn set(&self, badness: Badness) {
        *lock(&self.badness) = badness;
        *lock(&self.memory) = Memory::default();
    }

    pub(super) fn counts(&self) -> BTreeMap<&'static str, usize> {
        lock(&self.counts).clone()
    }

    fn count(&self, name: &'static str) {
        *lock(&self.counts).entry(name).or_default() += 1;
    }

    /// The connection with this number.
    pub(super) fn trip(&self, number: u64) -> Trip {
        // Neighbouring seeds and numbers lead to generators that have nothing in common.
        let mut random = StdRng::seed_from_u64(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number);
        let badness = self.badness();
        let fault = if random.random_bool(badness.share) { badness.faults.choose(&mut random).copied() } else { None };
        if fault == Some(Fault::Refused) {
            self.count(Fault::Refused.name());
        }
        Trip { random, badness, fault }
    }

    /// What the service answers; nothing where it cannot be reached.
    fn ask(&self, request: &[u8], skew: TimeDelta) -> io::Result<Vec<u8>> {
        match wire::exchange(self.behind, request) {
            Ok(answer) if !answer.is_empty() => Ok(moved(answer, skew)),
            Ok(_) => {
                self.count(DOWN);
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Err(error) => {
                self.count(DOWN);
                Err(error)
            }
        }
    }

    fn keep(&self, what: &str, answer: &[u8]) {
        let mut memory = lock(&self.memory);
        let old = memory.old.entry(what.to_owned()).or_default();
        old.push_back(answer.to_vec());
        if old.len() > KEPT {
            old.pop_front();
        }
    }
}

impl Trip {
    /// For how long nobody is to listen, if the connection is to be refused.
    pub(super) fn refusal(&mut self) -> Option<Duration> {
        (self.fault == Some(Fault::Refused)).then(|| Duration::from_millis(self.random.random_range(10..200)))
    }

    /// Takes the request and does with it what is to be done.
    pub(super) fn make(&mut self, road: &Road, caller: TcpStream) -> io::Result<()> {
        let mut caller = wire::with_deadlines(caller)?;
        let (head, body) = wire::receive(&mut caller)?;
        let what = wire::what(&head);
        let whole = wire::passed_on(&head, &body);
        let (name, answer) = self.befall(road, &what, &whole, body.len())?;
        road.count(name);
        caller.write_all(&answer)?;
        caller.flush()
    }

    /// What befell it, and what the caller gets.
    fn befall(&mut self, road: &Road, what: &str, whole: &[u8], size: usize) -> io::Result<(&'static str, Vec<u8>)> {
        let large = size > self.badness.large;
        let fault = match self.fault {
            None | Some(Fault::Refused) => return self.well(road, what, whole),
            Some(Fault::Refusal | Fault::TooLarge) if !large => return self.well(road, what, whole),
            Some(fault) => fault,
        };
        let answer = match fault {
            Fault::Silence => {
                sleep(self.badness.silence);
                Vec::new()
            }
            Fault::RequestCut => {
                let end = self.random.random_range(0..whole.len());
                // Whatever the service makes of it is not heard.
                wire::exchange_part(road.behind, whole.get(..end).unwrap_or_default());
                Vec::new()
            }
            Fault::AnswerLost => {
                self.ask(road, what, whole)?;
                Vec::new()
            }
            Fault::AnswerCut => {
                let answer = self.ask(road, what, whole)?;
                let end = self.random.random_range(0..answer.len());
                answer.into_iter().take(end).collect()
            }
            Fault::AnswerShortened => {
                let (head, body) = parted(self.ask(road, what, whole)?);
                let end = self.random.random_range(0..body.len().max(1));
                with_length(&head, end, body.get(..end).unwrap_or_default())
            }
            Fault::AnswerOverlong => {
                let (head, body) = parted(self.ask(road, what, whole)?);
                with_length(&head, body.len() + self.random.random_range(1..1000), &body)
            }
            Fault::AnswerRepeated => {
                let heard = self.random.random_bool(0.5);
                let old = lock(&road.memory).old.get(what).map(|old| Vec::from(old.clone()));
                let Some(old) = old.and_then(|old| old.choose(&mut self.random).cloned()) else {
                    return self.well(road, what, whole);
                };
                if heard {
                    self.ask(road, what, whole)?;
                }
                old
            }
            Fault::AnswerLate => {
                let answer = self.ask(road, what, whole)?;
                lock(&road.memory).late.insert(what.to_owned(), answer);
                Vec::new()
            }
            Fault::Delay => {
                sleep(Duration::from_millis(self.random.random_range(10..400)));
                let answer = self.ask(road, what, whole)?;
                sleep(Duration::from_millis(self.random.random_range(10..400)));
                answer
            }
            Fault::Status => wire::answer(self.one_of(&BARE), &[HTML], "<html><body>No.</body></html>"),
            Fault::Outcome => wire::answer(self.one_of(&NOT_THE_CONTENT), &[FHIR], &outcome("exception")),
            Fault::Refusal => wire::answer(self.one_of(&THE_CONTENT), &[FHIR], &outcome("invalid")),
            Fault::TooLarge => wire::answer(413, &[HTML], "<html><body>Too large.</body></html>"),
            Fault::Busy => wire::answer(self.one_of(&[429, 503]), &[("Retry-After", "1"), HTML], ""),
            Fault::LoginPage => wire::answer(200, &[HTML], "<html><body>Log in to the guests' network.</body></html>"),
            Fault::LoginRedirect => wire::answer(302, &[("Location", "http://192.0.2.1/login")], ""),
            Fault::Refused => Vec::new(),
        };
        Ok((fault.name(), answer))
    }

    /// The service's own answer, unless one that is late comes just now.
    fn well(&mut self, road: &Road, what: &str, whole: &[u8]) -> io::Result<(&'static str, Vec<u8>)> {
        let comes = self.random.random_bool(0.5);
        let late = if comes { lock(&road.memory).late.remove(what) } else { None };
        let own = self.ask(road, what, whole)?;
        Ok(late.map_or((WELL, own), |late| (LATE, late)))
    }

    fn ask(&self, road: &Road, what: &str, whole: &[u8]) -> io::Result<Vec<u8>> {
        let answer = road.ask(whole, self.badness.skew)?;
        road.keep(what, &answer);
        Ok(answer)
    }

    fn one_of(&mut self, statuses: &[u16]) -> u16 {
        statuses.choose(&mut self.random).copied().unwrap_or(500)
    }
}

fn outcome(code: &str) -> String {
    let issue = json!({"severity": "error", "code": code, "diagnostics": "said by the fault proxy"});
    json!({"resourceType": "OperationOutcome", "issue": [issue]}).to_string()
}

/// Head, with its empty line, and body.
fn parted(mut answer: Vec<u8>) -> (String, Vec<u8>) {
    let body = answer.split_off(wire::head_end(&answer).unwrap_or(answer.len()));
    (String::from_utf8_lossy(&answer).into_owned(), body)
}

/// An answer that claims a length.
fn with_length(head: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let kept = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.is_empty() && !line.starts_with("content-length:") && !line.starts_with("transfer-encoding:")
    };
    let lines: String = head.lines().filter(kept).flat_map(|line| [line, "\r\n"]).collect();
    let mut bytes = format!("{lines}Content-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

/// The answer with its `Date` (RFC 9110, 6.6.1) moved.
fn moved(answer: Vec<u8>, skew: TimeDelta) -> Vec<u8> {
    if skew.is_zero() {
        return answer;
    }
    let (head, body) = parted(answer);
    let line = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let date = DateTime::parse_from_rfc2822(value.trim()).ok().filter(|_| name.eq_ignore_ascii_case("date"))?;
        Some(format!("Date: {}", (date + skew).to_utc().format("%a, %d %b %Y %H:%M:%S GMT")))
    };
    let lines: String = head.lines().map(|one| line(one).unwrap_or_else(|| one.to_owned()) + "\r\n").collect();
    let mut bytes = lines.into_bytes();
    bytes.extend(body);
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
