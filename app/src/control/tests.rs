use super::*;
use crate::record::{AssignedDevice, Counts, RecordError};
use dagsform_care::{Kind, Measured, Metric, Quantity, Unit, Value as Number};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tempfile::TempDir;
use tokio::sync::watch;

fn scale() -> NewDevice {
    NewDevice::bonded(DeviceId::parse("F0:F1:F2:F3:F4:F5").unwrap(), "Scale")
}

fn weight() -> Entered {
    let quantity = Quantity { value: Number::Number("80.0".parse().unwrap()), unit: Unit::Kilogram };
    let values = vec![Measured { metric: Metric::BodyWeight, quantity }];
    let reading = ByHand { kind: Kind::BodyWeight, values, meal: None, performer: Performer::Relative };
    Entered { reading, taken: None, by_calendar: false }
}

/// A folder whose record another handle has open, as the tablet program would.
struct Running {
    folder: TempDir,
    record: Record,
    sent: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let record = Record::open(folder.path()).unwrap();
        let sent = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = watch::channel(false);
        let send = {
            let sent = Arc::clone(&sent);
            Arc::new(move || {
                sent.store(true, Ordering::SeqCst);
                true
            })
        };
        let server = tokio::spawn(serve(record.clone(), send, stopped));
        while !folder.path().join(SOCKET).exists() {
            tokio::task::yield_now().await;
        }
        Self { folder, record, sent, stop, server }
    }

    async fn ask<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        Control::open(self.folder.path()).unwrap().ask(&request).await
    }
}

#[tokio::test]
async fn a_command_that_is_given_while_the_tablet_runs_is_done_there() {
    let tablet = Running::start().await;
    let enrol = Request::Enrol(r#"{"service": "http://127.0.0.1:1/fhir", "patient": "Patient/1"}"#.into());
    tablet.ask::<(String, String)>(enrol).await.unwrap();
    let device: AssignedDevice = tablet.ask(Request::Assign(scale())).await.unwrap();
    assert_eq!(tablet.record.devices().await.unwrap(), [device]);
    tablet.ask::<Value>(Request::Enter(weight())).await.unwrap();
    let identity = tablet.record.readings().await.unwrap()[0].reading.identity;
    tablet.ask::<Value>(Request::TakeBack(identity, Why::Mistyped)).await.unwrap();
    assert!(tablet.record.readings().await.unwrap()[0].reading.taken_back.is_some());
    tablet.ask::<Counts>(Request::Send).await.unwrap();
    assert!(tablet.sent.load(Ordering::SeqCst));
}

#[tokio::test]
async fn what_is_refused_there_is_told_with_its_reason_and_status() {
    let tablet = Running::start().await;
    let error = tablet.ask::<Value>(Request::Enter(weight())).await.unwrap_err();
    assert_eq!(error.to_string(), RecordError::NotEnrolled.to_string());
    assert_eq!(crate::exit::status(&error), Exit::Configuration);
}

#[tokio::test]
async fn where_the_other_program_takes_no_commands_it_is_said_who_has_the_record() {
    let tablet = Running::start().await;
    tablet.stop.send(true).unwrap();
    tablet.server.await.unwrap();
    assert!(!tablet.folder.path().join(SOCKET).exists());
    let error = Control::open(tablet.folder.path()).unwrap().ask::<bool>(&Request::IsEnrolled).await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(OpenError::Locked { .. })), "{error}");
}

#[tokio::test]
async fn what_is_no_command_is_refused_and_the_next_one_is_taken() {
    let tablet = Running::start().await;
    for line in ["\n", "{}\n", "\"fly\"\n", "\u{0}\n"] {
        let mut stream = UnixStream::connect(tablet.folder.path().join(SOCKET)).await.unwrap();
        stream.write_all(line.as_bytes()).await.unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).await.unwrap();
        assert!(answer.contains("does not know this command"), "{answer}");
    }
    assert!(!tablet.ask::<bool>(Request::IsEnrolled).await.unwrap());
}
