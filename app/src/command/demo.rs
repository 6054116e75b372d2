//! `dagsform demo`: the program at work with a simulated pulse oximeter.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use dagsform_care::DeviceId;
use dagsform_sensors::radio::simulated::{Oximeter, Simulated, Traits};
use dagsform_ui::{self as ui, Language, Stage};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, timeout},
};

use super::{export, open, run, runtime};
use crate::{
    exit::{Exit, failure},
    record::{Earlier, NewDevice},
    screen::driver::{Driver, Person},
    tablet::Parts,
};

/// The simulated oximeter's address: locally administered, so that no real device has it.
const OXIMETER: &str = "02:00:00:00:00:01";
/// What the made-up patient measures, over and over: saturation in per cent, pulse per minute.
const MEASURED: [(u16, u16); 4] = [(96, 72), (95, 75), (97, 70), (94, 81)];
/// Between two measurements.
const PAUSE: Duration = Duration::from_secs(20);
/// No step of the demonstration without a display takes longer.
const STEP: Duration = Duration::from_secs(60);

/// Show the program at work.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Do not open a window; leave pictures of the screens in this folder
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
}

pub(super) fn run(folder: Option<PathBuf>, language: Language, arguments: Arguments) -> Result<()> {
    // Kept until the end; a folder that was named stays.
    let temporary = match &folder {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("dagsform-demo-").tempdir().context("no temporary folder")?),
    };
    let folder = folder.or_else(|| temporary.as_ref().map(|t| t.path().to_owned())).unwrap_or_default();
    let device = DeviceId::parse(OXIMETER)?;
    let name = ui::Words::in_language(language).text("sensor", "Pulse oximeter", &[]);
    prepare(&folder, &device, name)?;
    let radio = Simulated::new();
    let oximeter = radio.oximeter(device, Traits::default());
    let has_display = ui::display_available();
    println!("Dagsform demo: a made-up patient with a simulated pulse oximeter. Nothing is sent anywhere.");
    println!("The record is in {}{}.", folder.display(), if temporary.is_some() { ", until the end" } else { "" });
    match arguments.pictures {
        None if has_display => with_window(&folder, language, radio, oximeter),
        pictures => {
            if !has_display {
                println!("There is no display to open a window on, so the screens are drawn into pictures.");
            }
            let pictures = pictures.unwrap_or_else(|| PathBuf::from("dagsform-pictures"));
            without_window(&folder, language, radio, oximeter, &pictures)
        }
    }
}

/// Makes the record of a made-up patient with one sensor.
fn prepare(folder: &Path, device: &DeviceId, name: String) -> Result<()> {
    let record = open(folder)?;
    runtime()?.block_on(async {
        // Nothing is sent: the address only has to be one.
        record.enrol("Patient/demo".into(), "http://127.0.0.1/fhir".into()).await?;
        record.assign(NewDevice { earlier: Some(Earlier::Mine), ..NewDevice::bonded(device.clone(), name) }).await?;
        Ok(())
    })
}

fn with_window(folder: &Path, language: Language, radio: Simulated, oximeter: Oximeter) -> Result<()> {
    println!("The patient measures every {} seconds. Close the window to end.", PAUSE.as_secs());
    let window = run::open_window(language)?;
    let patient = runtime()?;
    patient.spawn(async move {
        for (spo2, pulse) in MEASURED.into_iter().cycle() {
            sleep(PAUSE).await;
            oximeter.measure(spo2, pulse).await;
        }
    });
    run::with_window(&window, folder, Arc::new(radio), Parts { sending: false })
}

fn without_window(
    folder: &Path,
    language: Language,
    radio: Simulated,
    oximeter: Oximeter,
    pictures: &Path,
) -> Result<()> {
    std::fs::create_dir_all(pictures)
        .map_err(|e| failure(Exit::InputOutput, format!("the folder {} cannot be made: {e}", pictures.display())))?;
    ui::headless::install().map_err(|e| failure(Exit::Unavailable, e.to_string()))?;
    let window = run::open_window(language)?;
    let handle = window.handle();
    let (shown, seen) = watch::channel(ui::MeasureView::looking_for(ui::Kind::PulseOximetry, ""));
    let show = {
        let handle = handle.clone();
        move |view: ui::MeasureView| {
            let _ = handle.show(ui::Screen::Measure(view.clone()));
            shown.send_replace(view);
        }
    };
    let (_touch, actions) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let person = Person { actions, stop: stopped };
    let parts = Parts { sending: false };
    let driver = Driver { folder: folder.to_owned(), radio: Arc::new(radio.clone()), parts, show, person };
    let runtime = runtime()?;
    let tablet = runtime.spawn(driver.run());
    let camera = Camera { handle: handle.clone(), seen, folder: pictures.to_owned() };
    let play = runtime.spawn(async move {
        let played = play(camera, &radio, &oximeter).await;
        let _ = handle.close();
        played
    });
    window.run().map_err(|e| failure(Exit::Unavailable, e.to_string()))?;
    runtime.block_on(play)??;
    let _ = stop.send(true);
    runtime.block_on(tablet)?;
    let record = open(folder)?;
    println!("In the record:");
    for row in runtime.block_on(record.readings())? {
        println!("  {}", export::line(&row));
    }
    Ok(())
}

/// A measurement from beginning to end, and a fault.
async fn play(mut camera: Camera, radio: &Simulated, oximeter: &Oximeter) -> Result<()> {
    camera.take("1-waiting", |view| view.stage == Stage::Looking && !view.device_name.is_empty()).await?;
    let [(spo2, pulse), ..] = MEASURED;
    let hand = oximeter.clone();
    let measuring = tokio::spawn(async move { hand.measure(spo2, pulse).await });
    camera.take("2-measuring", |view| view.stage == Stage::Receiving).await?;
    camera.take("3-saved", |view| view.stage == Stage::Saved).await?;
    measuring.await?;
    radio.switch(false);
    camera.take("4-bluetooth-off", |view| !view.faults.is_empty()).await
}

/// Takes pictures of the screen when it has come to something.
struct Camera {
    handle: ui::WindowHandle,
    seen: watch::Receiver<ui::MeasureView>,
    folder: PathBuf,
}

impl Camera {
    async fn take(&mut self, name: &str, wanted: impl Fn(&ui::MeasureView) -> bool) -> Result<()> {
        match timeout(STEP, self.seen.wait_for(wanted)).await {
            Ok(seen) => drop(seen?),
            Err(_) => bail!("the screen '{name}' did not come within {} seconds", STEP.as_secs()),
        }
        let (picture, taken) = tokio::sync::oneshot::channel();
        self.handle.with_picture(move |drawn| {
            let _ = picture.send(drawn);
        })?;
        let path = self.folder.join(format!("{name}.png"));
        taken.await??.save(&path).with_context(|| format!("writing {}", path.display()))?;
        println!("  {}", path.display());
        Ok(())
    }
}
