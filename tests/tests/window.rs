//! The tablet as its patient has it: the real program in a real window, with a sensor in the room and a
//! service that we did not write. What the window shows is compared, pixel by pixel, with the screen that is
//! meant, drawn in memory; the pictures stay in `target/pictures/window-*.png`.

use std::{
    fs,
    io::{self, Write as _},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Datelike as _, FixedOffset, TimeDelta, Timelike as _, Utc};
use dagsform_care::time::ZONE;
use dagsform_tests::{
    compare,
    display::{self, Display},
    fhir_server::FhirServer,
    rig::{
        FastRig, devices, log, plx,
        program::{Program, built},
    },
};
use dagsform_ui::{
    Date, Day, Fault, FaultKind, FollowUp, Kind, Language, MeasureView, Moment, Number, Picture, Quantity, Screen,
    Stage, TodayView, UiError, Unit, ValueView, Window, headless,
};

const OXIMETER: &str = "F0:F1:F2:F3:F4:F5";
const NAME: &str = "Oksygenmåleren";
const SIZE: (u32, u32) = (1280, 800);
const SOON: Duration = Duration::from_secs(30);
/// The program itself gives its parts ten seconds to end.
const ENDING: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Nobody answers there; as long as nothing is to be sent, nobody is asked.
const NOWHERE: &str = "http://127.0.0.1:9/fhir";

/// A home: a sensor, a tablet that belongs to a patient, and its display.
struct Home {
    rig: FastRig,
    data: tempfile::TempDir,
    program: Program,
    display: Display,
}

impl Home {
    fn new(service: &str, patient: &str) -> Result<Self> {
        let rig = FastRig::start()?;
        rig.control().add_device(&devices::oximeter(OXIMETER, 123_456))?;
        let data = tempfile::tempdir()?;
        let program = Program::on(&rig.bus_address(), data.path())?;
        let home = Self { rig, data, program, display: Display::start(SIZE.0, SIZE.1)? };
        home.command(&["enrol", "--service", service, "--patient", patient])?;
        home.command(&["pair", OXIMETER, "--passkey", "123456", "--name", NAME, "--earlier", "mine", "--json"])?;
        Ok(home)
    }

    /// Runs a command to its good end.
    fn command(&self, arguments: &[&str]) -> Result<dagsform_tests::rig::program::Outcome> {
        let outcome = self.program.run(arguments, Duration::from_secs(60))?;
        ensure!(outcome.status.success(), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        Ok(outcome)
    }

    /// Opens the window and waits for its first picture.
    fn open(&self) -> Result<display::Program> {
        let mut command = Command::new(built()?);
        command.arg("--data").arg(self.data.path()).args(["run", "--windowed"]);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", self.rig.bus_address());
        command.stderr(fs::File::options().create(true).append(true).open(self.said_in())?);
        let mut window = self.display.run(command)?;
        window.first_frame(&self.display)?;
        Ok(window)
    }

    /// Opens the window and waits until the sensor is connected.
    fn open_and_ready(&self) -> Result<display::Program> {
        let window = self.open()?;
        self.rig.control().wait_until_subscribed(OXIMETER, devices::SPOT_CHECK, SOON)?;
        self.shows("today", SOON, || vec![today()])?;
        Ok(window)
    }

    fn said_in(&self) -> PathBuf {
        self.data.path().join("said")
    }

    /// What the program said on standard error.
    fn said(&self) -> String {
        fs::read_to_string(self.said_in()).unwrap_or_default()
    }

    /// Waits until the display shows one of these and keeps the picture; they are asked for again each time
    /// the display has changed, since some of them tell the time.
    fn shows(&self, name: &str, within: Duration, meant: impl Fn() -> Vec<Screen>) -> Result<()> {
        let asked = Instant::now();
        let mut last = None;
        loop {
            let raw = self.display.raw()?;
            if last.as_ref() != Some(&raw) {
                let picture = self.display.picture()?;
                for view in meant() {
                    if drawn(&view)? == picture {
                        return keep(name, &picture);
                    }
                }
                last = Some(raw);
            }
            if asked.elapsed() > within {
                keep(&format!("{name}-instead"), &self.display.picture()?)?;
                if let Some(view) = meant().first() {
                    keep(&format!("{name}-meant"), &drawn(view)?)?;
                }
                anyhow::bail!("the window does not show '{name}' within {within:?}; it said: {}", self.said());
            }
            sleep(LOOK_EVERY);
        }
    }

    /// The patient measures. The numbers must not have been measured before in the same second.
    fn measure(&self, spo2: i16, pulse: i16) -> Result<Measured> {
        let at = now();
        let record = plx::SpotCheck::at(at.naive_local(), spo2, pulse).record();
        ensure!(self.rig.control().send(OXIMETER, devices::SPOT_CHECK, &record)?, "the reading was not confirmed");
        Ok(Measured { spo2, pulse, at })
    }

    /// Touches the one big button in the bar at the bottom: it is much darker than what stands beside it.
    fn touch_button(&self) -> Result<()> {
        self.touch_dark(5_000, |_, y| (620..760).contains(&y))
    }

    /// Touches "try again" in the notice at the top of the day.
    fn touch_notice(&self) -> Result<()> {
        self.touch_dark(500, |x, y| x > 900 && (100..230).contains(&y))
    }

    /// Touches the middle of what is drawn in the colour of buttons, in a part of the screen.
    fn touch_dark(&self, least: usize, part: impl Fn(usize, usize) -> bool) -> Result<()> {
        let picture = self.display.picture()?;
        let width = usize::try_from(picture.width)?;
        let pixels = picture.rgba.chunks_exact(4).enumerate();
        let button: Vec<_> = pixels
            .filter(|(_, pixel)| matches!(pixel, [0x0b, 0x4f, 0x6c, _]))
            .map(|(at, _)| (at % width, at / width))
            .filter(|(x, y)| part(*x, *y))
            .collect();
        ensure!(button.len() > least, "there is no button");
        let sum = button.iter().fold((0, 0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        self.display.touch(u32::try_from(sum.0 / button.len())?, u32::try_from(sum.1 / button.len())?)
    }

    /// The program has ended in order: with status 0, no panic, and the lock given back with a good-bye.
    fn ended(&self, mut window: display::Program) -> Result<()> {
        let status = window.end(ENDING)?;
        ensure!(status.success(), "the program ended with {status}; it said: {}", self.said());
        ensure!(!self.said().contains("panicked"), "it said: {}", self.said());
        ensure!(fs::read(self.data.path().join("lock"))?.is_empty(), "the lock was left behind");
        Ok(())
    }

    /// Sensor, record and server agree on these readings, and each is delivered.
    async fn agree(&self, server: &FhirServer, readings: usize) -> Result<()> {
        let sent = compare::sent(&log::deliveries(&self.rig.log()?))?;
        let lines = self.command(&["export"])?.json_lines()?;
        ensure!(lines.len() == readings, "{} readings in the record", lines.len());
        for line in &lines {
            let delivered = line.pointer("/delivery/state").is_some_and(|state| state == "delivered");
            ensure!(delivered, "not delivered: {line}");
        }
        compare::same("the record", &sent, &compare::exported(&lines)?)?;
        compare::same("the server", &sent, &compare::served(&server.observations().await?)?)
    }
}

/// What the patient measured.
#[derive(Clone, Copy)]
struct Measured {
    spo2: i16,
    pulse: i16,
    at: DateTime<FixedOffset>,
}

impl Measured {
    /// What the measuring screen shows of it once it is stored.
    fn saved(self) -> Screen {
        Screen::Measure(self.view(Stage::Saved))
    }

    fn view(self, stage: Stage) -> MeasureView {
        let value = |quantity, number: i16, unit| ValueView { quantity, number: Number::Is(number.to_string()), unit };
        MeasureView {
            stage,
            values: vec![
                value(Quantity::OxygenSaturation, self.spo2, Unit::Percent),
                value(Quantity::PulseRate, self.pulse, Unit::PerMinute),
            ],
            measured_at: Some(moment(self.at)),
            ..MeasureView::looking_for(Kind::PulseOximetry, NAME)
        }
    }

    /// Delivered this minute or the last.
    fn delivered(self) -> Vec<Screen> {
        let at =
            |time| Screen::Measure(MeasureView { delivered_at: Some(moment(time)), ..self.view(Stage::Delivered) });
        vec![at(now()), at(now() - TimeDelta::minutes(1))]
    }
}

/// The time at the patient's.
fn now() -> DateTime<FixedOffset> {
    Utc::now().with_timezone(&ZONE).fixed_offset()
}

fn moment(time: DateTime<FixedOffset>) -> Moment {
    let part = |part: u32| u8::try_from(part).unwrap_or_default();
    Moment { day: Day::Today, hour: part(time.hour()), minute: part(time.minute()) }
}

/// The day of a patient for whom nothing is agreed yet.
fn day() -> TodayView {
    let part = |part: u32| u8::try_from(part).unwrap_or_default();
    let today = now().date_naive();
    TodayView {
        date: Date {
            weekday: part(today.weekday().number_from_monday()),
            day: part(today.day()),
            month: part(today.month()),
        },
        follow_up: FollowUp::Running,
        plan: vec![],
        unread: 0,
        tasks: vec![],
        lists: vec![],
        other: Kind::ALL.to_vec(),
        asking: 0,
        faults: vec![],
        waiting_to_send: 0,
    }
}

fn today() -> Screen {
    Screen::Today(day())
}

fn today_with(kind: FaultKind) -> Screen {
    Screen::Today(TodayView { faults: vec![Fault::new(kind)], ..day() })
}

fn with(kind: FaultKind, view: MeasureView) -> Screen {
    Screen::Measure(MeasureView { faults: vec![Fault::new(kind)], ..view })
}

/// What is shown where the record cannot be used: nothing is known of the sensors then.
fn shut(kind: FaultKind) -> Screen {
    with(kind, MeasureView { has_sensor: false, ..MeasureView::looking_for(Kind::PulseOximetry, "") })
}

/// The screen that is meant, drawn in memory. The drawing library stays on the thread that it was started on,
/// so there is one for all tests.
fn drawn(view: &Screen) -> Result<Picture> {
    type Order = (Screen, mpsc::Sender<Result<Picture, UiError>>);
    static PAINTER: OnceLock<Mutex<mpsc::Sender<Order>>> = OnceLock::new();
    let painter = PAINTER.get_or_init(|| {
        let (order, orders) = mpsc::channel::<Order>();
        thread::spawn(move || {
            // Without a window nobody is answered, and the test says so.
            let Ok(window) = headless::install().and_then(|()| Window::new(Language::Nb)) else { return };
            window.resize(SIZE.0, SIZE.1);
            for (view, picture) in orders {
                window.show(&view);
                let _ = picture.send(Picture::of(&window));
            }
        });
        Mutex::new(order)
    });
    let (sender, picture) = mpsc::channel();
    let order = painter.lock().unwrap_or_else(PoisonError::into_inner).send((view.clone(), sender));
    order.map_err(|_| anyhow::anyhow!("there is no window in memory"))?;
    Ok(picture.recv_timeout(SOON).context("the screen that is meant is not drawn")??)
}

fn keep(name: &str, picture: &Picture) -> Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pictures");
    fs::create_dir_all(&folder)?;
    Ok(picture.save(&folder.join(format!("window-{name}.png")))?)
}

/// The road to the service, with a bar: while it is down, who calls is left waiting.
struct Road {
    port: u16,
    open: Arc<AtomicBool>,
}

impl Road {
    fn barred(to: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let open = Arc::new(AtomicBool::new(false));
        let bar = Arc::clone(&open);
        thread::spawn(move || {
            for caller in listener.incoming().map_while(io::Result::ok) {
                let bar = Arc::clone(&bar);
                thread::spawn(move || pass(caller, to, &bar));
            }
        });
        Ok(Self { port, open })
    }

    fn lift(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

fn pass(mut caller: TcpStream, to: u16, bar: &AtomicBool) -> io::Result<()> {
    let end = Instant::now() + SOON;
    while !bar.load(Ordering::SeqCst) && Instant::now() < end {
        sleep(Duration::from_millis(5));
    }
    let mut service = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    let (mut back, mut answers) = (caller.try_clone()?, service.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut back);
        back.shutdown(Shutdown::Write)
    });
    io::copy(&mut caller, &mut service)?;
    service.flush()?;
    service.shutdown(Shutdown::Write)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_is_shown_as_saved_and_as_delivered_only_once_the_service_has_confirmed_it() -> Result<()> {
    let server = FhirServer::start().await?;
    let patient = server.add_patient("kari").await?;
    let road = Road::barred(server.port())?;
    let home = Home::new(&format!("http://127.0.0.1:{}/fhir", road.port), &patient)?;
    let window = home.open_and_ready()?;

    let measured = home.measure(96, 71)?;
    let saved = || vec![measured.saved()];
    home.shows("saved", SOON, saved)?;
    sleep(Duration::from_secs(2));
    home.shows("saved", Duration::ZERO, saved)?;
    ensure!(server.observations().await?.is_empty(), "it is at the service already");
    road.lift();
    home.shows("delivered", SOON, || measured.delivered())?;
    ensure!(!server.observations().await?.is_empty(), "it is shown as delivered and is not at the service");

    home.touch_button()?;
    home.shows("done", SOON, || vec![today()])?;
    window.terminate()?;
    home.ended(window)?;
    home.agree(&server, 1).await
}

#[test]
fn bluetooth_that_is_switched_off_is_said_and_trying_again_switches_it_on() -> Result<()> {
    let home = Home::new(NOWHERE, "Patient/kari")?;
    let window = home.open_and_ready()?;
    home.rig.control().set_power(false)?;
    let off = || vec![today_with(FaultKind::BluetoothOff)];
    home.shows("bluetooth-off", SOON, off)?;
    home.rig.control().set_power(true)?;
    home.shows("bluetooth-on-again", SOON, || vec![today()])?;
    home.rig.control().set_power(false)?;
    home.shows("bluetooth-off-again", SOON, off)?;
    home.touch_notice()?;
    home.shows("bluetooth-switched-on", SOON, || vec![today()])?;

    home.rig.control().wait_until_subscribed(OXIMETER, devices::SPOT_CHECK, SOON)?;
    let measured = home.measure(95, 80)?;
    let away = || vec![with(FaultKind::ServiceAway, measured.view(Stage::Saved))];
    home.shows("saved-after-bluetooth", SOON, away)?;
    window.terminate()?;
    home.ended(window)?;
    ensure!(home.command(&["export"])?.json_lines()?.len() == 1, "not one reading in the record");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readings_taken_while_the_service_is_away_are_delivered_once_each_when_it_is_back() -> Result<()> {
    let mut server = FhirServer::start().await?;
    let patient = server.add_patient("kari").await?;
    let home = Home::new(&server.base(), &patient)?;
    let window = home.open_and_ready()?;
    server.kill()?;

    let away = |measured: Measured, waiting| {
        let saved = MeasureView { waiting_to_send: waiting, ..measured.view(Stage::Saved) };
        vec![with(FaultKind::ServiceAway, saved)]
    };
    let first = home.measure(97, 66)?;
    home.shows("service-away", SOON, || away(first, 1))?;
    let second = home.measure(94, 90)?;
    home.shows("service-away-two-readings", SOON, || away(second, 2))?;
    server.restart().await?;
    // The longest waits of the first six tries make about two minutes.
    home.shows("service-back", Duration::from_secs(130), || second.delivered())?;

    window.terminate()?;
    home.ended(window)?;
    home.agree(&server, 2).await
}

#[test]
fn closing_the_window_ends_the_program_in_order() -> Result<()> {
    let home = Home::new(NOWHERE, "Patient/kari")?;
    let window = home.open_and_ready()?;
    home.display.close_window("Dagsform")?;
    home.ended(window)?;
    home.command(&["export"]).map(drop)
}

#[test]
fn a_program_that_is_told_to_end_ends_in_order() -> Result<()> {
    let home = Home::new(NOWHERE, "Patient/kari")?;
    let window = home.open_and_ready()?;
    window.terminate()?;
    home.ended(window)?;
    home.command(&["export"]).map(drop)
}

#[test]
fn a_record_that_is_in_use_is_said_and_trying_again_helps_once_it_is_free() -> Result<()> {
    let home = Home::new(NOWHERE, "Patient/kari")?;
    let mut collecting = home.program.collect(&["--no-sync"])?;
    collecting.wait_for_event("ready", SOON)?;
    let window = home.open()?;
    let in_use = || vec![shut(FaultKind::RecordInUse)];
    home.shows("record-in-use", SOON, in_use)?;
    home.touch_button()?;
    sleep(Duration::from_secs(1));
    home.shows("record-in-use", Duration::ZERO, in_use)?;

    collecting.stop(ENDING)?;
    home.touch_button()?;
    home.shows("record-free-again", SOON, || vec![today()])?;
    window.terminate()?;
    home.ended(window)
}

#[test]
fn a_record_that_is_damaged_is_said_and_left_as_it_is() -> Result<()> {
    for (name, from) in [("at its head", 0), ("inside", 100)] {
        let home = Home::new(NOWHERE, "Patient/kari")?;
        let record = record(home.data.path())?;
        let mut bytes = fs::read(&record)?;
        for byte in bytes.iter_mut().skip(from) {
            *byte = 0x5a;
        }
        fs::write(&record, &bytes)?;
        let mut window = home.open()?;
        let damaged = || vec![shut(FaultKind::RecordDamaged)];
        home.shows("record-damaged", SOON, damaged).with_context(|| format!("damaged {name}"))?;
        ensure!(fs::read(&record)? == bytes, "the damaged record was written to");
        window.terminate()?;
        ensure!(window.end(ENDING)?.success(), "damaged {name}: it said {}", home.said());
    }
    Ok(())
}

/// The file of the record: the largest in the folder.
fn record(folder: &Path) -> Result<PathBuf> {
    let paths: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    paths?.into_iter().max_by_key(|path| path.metadata().map_or(0, |m| m.len())).context("no file in the data folder")
}
