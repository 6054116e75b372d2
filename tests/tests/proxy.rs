//! The bad road itself: each fault comes to the caller, and to the service, as its name says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, TimeDelta};
use dagsform_tests::{
    fault_proxy::{Badness, Fault, FaultProxy},
    wire,
};

/// What the service says to the n-th request, before its number.
const SAYS: &str = "a word of some length, so that it can be cut, number ";
const DATE: &str = "Mon, 23 Nov 2026 08:00:00 GMT";

/// A service that counts, and remembers what it heard.
struct Service {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (heard, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (hears, until) = (heard.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if until.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(mut stream) = stream else { return };
                match wire::receive(&mut stream) {
                    Ok((_, body)) => {
                        let mut heard = hears.lock().unwrap();
                        heard.push(body);
                        let says = format!("{SAYS}{}", heard.len());
                        stream.write_all(&wire::answer(200, &[("Date", DATE)], &says)).ok();
                    }
                    Err(_) => hears.lock().unwrap().push(b"half a request".to_vec()),
                }
            }
        });
        Ok(Self { address, heard, over, thread: Some(thread) })
    }

    fn heard(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// A proxy on which this befalls every request, before a service.
fn always(fault: Fault) -> Result<(Service, FaultProxy)> {
    behind(1.0, &[fault])
}

fn behind(share: f64, faults: &[Fault]) -> Result<(Service, FaultProxy)> {
    let service = Service::start()?;
    let badness = Badness {
        share,
        faults: faults.to_vec(),
        silence: Duration::from_millis(50),
        large: 100,
        ..Badness::default()
    };
    let proxy = FaultProxy::before(service.address.port(), 1, badness)?;
    Ok((service, proxy))
}

/// All bytes that come back for a body of this size.
fn post(proxy: &FaultProxy, size: usize) -> io::Result<Vec<u8>> {
    let address = proxy.base().trim_start_matches("http://").trim_end_matches("/fhir").parse().unwrap();
    let head = format!("POST /fhir HTTP/1.1\r\nHost: service\r\nContent-Length: {size}");
    wire::exchange(address, &wire::passed_on(&head, &vec![b'x'; size]))
}

/// Status, claimed length and body of an answer.
fn read(answer: &[u8]) -> Result<(u16, usize, String)> {
    let text = String::from_utf8(answer.to_vec())?;
    let (head, body) = text.split_once("\r\n\r\n").with_context(|| format!("no end of the head: {text}"))?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).context("no length")?.parse()?;
    Ok((status, length, body.to_owned()))
}

#[test]
fn a_good_road_passes_each_request_and_its_answer_on_as_they_are() -> Result<()> {
    let (service, proxy) = behind(0.0, &Fault::ALL)?;
    for number in 1..=3 {
        let (status, length, body) = read(&post(&proxy, 5)?)?;
        ensure!((status, body.as_str(), length) == (200, format!("{SAYS}{number}").as_str(), body.len()));
    }
    ensure!(*service.heard.lock().unwrap() == vec![b"xxxxx".to_vec(); 3]);
    ensure!(proxy.counts() == BTreeMap::from([("well", 3)]), "{:?}", proxy.counts());
    Ok(())
}

#[test]
fn what_never_reaches_the_service_is_not_heard_there() -> Result<()> {
    for fault in [Fault::Silence, Fault::Status, Fault::Outcome, Fault::Refusal, Fault::TooLarge, Fault::Busy] {
        let (service, proxy) = always(fault)?;
        let answer = post(&proxy, 200)?;
        ensure!(service.heard() == 0 && !String::from_utf8_lossy(&answer).contains(SAYS), "{fault:?}");
        ensure!(proxy.counts() == BTreeMap::from([(fault.name(), 1)]), "{:?}", proxy.counts());
    }
    Ok(())
}

#[test]
fn an_error_is_one_with_fhirs_words_only_where_its_name_says_so() -> Result<()> {
    let says = |fault| -> Result<(u16, bool)> {
        let (_service, proxy) = always(fault)?;
        let (status, _, body) = read(&post(&proxy, 200)?)?;
        Ok((status, body.contains("OperationOutcome")))
    };
    let (status, words) = says(Fault::Status)?;
    ensure!(status >= 400 && !words, "{status}");
    let (status, words) = says(Fault::Outcome)?;
    ensure!(status >= 401 && words, "{status}");
    let (status, words) = says(Fault::Refusal)?;
    ensure!((400..423).contains(&status) && words, "{status}");
    ensure!(says(Fault::TooLarge)? == (413, false));
    ensure!(says(Fault::LoginPage)? == (200, false));
    ensure!(says(Fault::LoginRedirect)? == (302, false));
    Ok(())
}

#[test]
fn a_small_body_is_neither_too_large_nor_refused() -> Result<()> {
    for fault in [Fault::Refusal, Fault::TooLarge] {
        let (service, proxy) = always(fault)?;
        ensure!(read(&post(&proxy, 100)?)?.0 == 200 && service.heard() == 1, "{fault:?}");
    }
    Ok(())
}

#[test]
fn a_busy_service_asks_for_a_second() -> Result<()> {
    let (_service, proxy) = always(Fault::Busy)?;
    let answer = String::from_utf8(post(&proxy, 5)?)?;
    ensure!(answer.contains("Retry-After: 1\r\n"), "{answer}");
    Ok(())
}

#[test]
fn what_befalls_an_answer_befalls_it_after_the_service_has_done_it() -> Result<()> {
    for fault in [Fault::AnswerLost, Fault::AnswerCut, Fault::AnswerShortened, Fault::AnswerOverlong, Fault::Delay] {
        let (service, proxy) = always(fault)?;
        let whole = wire::answer(200, &[("Date", DATE)], &format!("{SAYS}1"));
        let answer = post(&proxy, 5)?;
        ensure!(service.heard() == 1, "{fault:?}");
        let as_named = match fault {
            Fault::AnswerLost => answer.is_empty(),
            Fault::AnswerCut => answer.len() < whole.len() && whole.starts_with(&answer),
            Fault::AnswerShortened => {
                read(&answer).is_ok_and(|(_, length, body)| length == body.len() && SAYS.len() >= length)
            }
            Fault::AnswerOverlong => {
                read(&answer).is_ok_and(|(_, length, body)| length > body.len() && body.ends_with('1'))
            }
            _ => answer == whole,
        };
        ensure!(as_named, "{fault:?}: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

#[test]
fn a_cut_request_is_never_whole_at_the_service() -> Result<()> {
    let (service, proxy) = always(Fault::RequestCut)?;
    for _ in 0..20 {
        ensure!(post(&proxy, 300)?.is_empty());
    }
    drop(proxy);
    // The service takes one connection at a time, so what it still has in hand is waited for.
    let heard = service.heard.clone();
    drop(service);
    ensure!(heard.lock().unwrap().iter().all(|body| body == b"half a request"));
    Ok(())
}

#[test]
fn an_old_answer_comes_once_more_and_a_first_one_cannot() -> Result<()> {
    let (service, proxy) = always(Fault::AnswerRepeated)?;
    let first = read(&post(&proxy, 5)?)?;
    ensure!(first.2.ends_with("number 1"), "{first:?}");
    for _ in 0..5 {
        let heard_before = service.heard();
        let (_, _, body) = read(&post(&proxy, 5)?)?;
        let number: usize = body.trim_start_matches(SAYS).parse()?;
        ensure!(number <= heard_before, "{body} after {heard_before}");
    }
    ensure!(proxy.counts()[Fault::AnswerRepeated.name()] == 5, "{:?}", proxy.counts());
    Ok(())
}

#[test]
fn a_late_answer_comes_to_a_later_request_in_place_of_its_own() -> Result<()> {
    let (service, proxy) = always(Fault::AnswerLate)?;
    ensure!(post(&proxy, 5)?.is_empty() && service.heard() == 1);
    let (service, proxy) = behind(0.5, &[Fault::AnswerLate])?;
    let mut late = 0;
    for number in 1..=40 {
        let answer = post(&proxy, 5)?;
        if let Ok((_, _, body)) = read(&answer) {
            late += usize::from(!body.ends_with(&format!(" {number}")));
        }
    }
    ensure!(service.heard() == 40, "{}", service.heard());
    ensure!(late > 0 && proxy.counts()["late answer"] == late, "{late}: {:?}", proxy.counts());
    Ok(())
}

#[test]
fn a_refused_connection_is_refused_and_the_road_is_there_again_afterwards() -> Result<()> {
    let (service, proxy) = always(Fault::Refused)?;
    ensure!(post(&proxy, 5).map_or(true, |answer| answer.is_empty()));
    proxy.calm();
    let mut refused = 0;
    let answer = loop {
        match post(&proxy, 5) {
            Ok(answer) => break answer,
            Err(error) => {
                ensure!(error.kind() == io::ErrorKind::ConnectionRefused && refused < 100_000, "{error}");
                refused += 1;
            }
        }
    };
    ensure!(refused > 0 && read(&answer)?.0 == 200 && service.heard() == 1, "{refused} refused");
    Ok(())
}

#[test]
fn the_services_clock_is_moved_by_the_skew_and_by_nothing_else() -> Result<()> {
    let service = Service::start()?;
    let skew = TimeDelta::hours(-5);
    let proxy = FaultProxy::before(service.address.port(), 1, Badness { share: 0.0, skew, ..Badness::default() })?;
    let answer = String::from_utf8(post(&proxy, 5)?)?;
    let date = answer.lines().find_map(|line| line.strip_prefix("Date: ")).context("no date")?;
    ensure!(DateTime::parse_from_rfc2822(date)? == DateTime::parse_from_rfc2822(DATE)? + skew, "{date}");
    ensure!(answer.ends_with(&format!("{SAYS}1")), "{answer}");
    Ok(())
}

#[test]
fn the_same_seed_meets_the_same_requests_with_the_same_faults() -> Result<()> {
    let meets = |seed| -> Result<Vec<Vec<u8>>> {
        let service = Service::start()?;
        // Without those that take time or take the port away.
        let faults =
            Fault::ALL.into_iter().filter(|fault| !matches!(fault, Fault::Refused | Fault::Delay | Fault::Silence));
        let badness = Badness { share: 0.7, faults: faults.collect(), large: 100, ..Badness::default() };
        let proxy = FaultProxy::before(service.address.port(), seed, badness)?;
        Ok((0..60).map(|number| post(&proxy, 90 + number % 20).unwrap_or_default()).collect())
    };
    ensure!(meets(7)? == meets(7)?);
    ensure!(meets(7)? != meets(8)?);
    Ok(())
}

#[test]
fn a_service_that_is_not_there_is_told_from_a_bad_road() -> Result<()> {
    let (service, proxy) = behind(0.0, &[])?;
    drop(service);
    let mut answer = Vec::new();
    let address = proxy.base().trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /fhir/metadata HTTP/1.1\r\nHost: service\r\n\r\n")?;
    stream.read_to_end(&mut answer)?;
    ensure!(answer.is_empty() && proxy.counts() == BTreeMap::from([("service down", 1)]), "{:?}", proxy.counts());
    Ok(())
}
