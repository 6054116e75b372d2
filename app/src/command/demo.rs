//! `dagsform demo`: the program at work with simulated sensors, a made-up patient and a service.

use std::path::PathBuf;

use anyhow::Result;
use dagsform_ui::Language;

/// Show the program at work.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Do not open a window; leave pictures of the screens in this folder
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
    /// Which made-up patient
    #[cfg(feature = "demo")]
    #[arg(long, value_enum, default_value_t)]
    patient: crate::demo::plans::Patient,
}

/// Leave a picture of every screen in a folder.
#[derive(clap::Args, Debug)]
pub(super) struct GalleryArguments {
    /// The folder
    folder: PathBuf,
    /// Which made-up patient
    #[cfg(feature = "demo")]
    #[arg(long, value_enum, default_value_t)]
    patient: crate::demo::plans::Patient,
}

#[cfg(not(feature = "demo"))]
pub(super) fn run(_: Option<PathBuf>, _: Language, _: Arguments) -> Result<()> {
    Err(super::not_in_this_build("demo"))
}

#[cfg(not(feature = "demo"))]
pub(super) fn gallery(_: Option<PathBuf>, _: Language, _: &GalleryArguments) -> Result<()> {
    Err(super::not_in_this_build("gallery"))
}

#[cfg(feature = "demo")]
pub(super) use with_demo::{gallery, run};

#[cfg(feature = "demo")]
mod with_demo {
    use std::{path::Path, sync::Arc, time::Duration};

    use anyhow::Context;
    use dagsform_ui as ui;
    use tempfile::TempDir;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::{
        clock,
        command::{open, open_window, run as tablet, runtime},
        demo::{
            home::{self, Home},
            play,
            service::{self, Visitor},
        },
        tablet::Parts,
    };

    /// How many of the service's readings are listed.
    const LISTED: u32 = 12;
    /// How long the last readings may take to the service.
    const DELIVERY: Duration = Duration::from_secs(60);

    pub(in crate::command) fn run(folder: Option<PathBuf>, language: Language, arguments: Arguments) -> Result<()> {
        let place = Place::of(folder)?;
        println!("Dagsform demo: a made-up patient with five simulated sensors and a history of 18 months.");
        println!("Everything is in {}{}.", place.path().display(), place.until());
        if arguments.pictures.is_some() || !ui::display_available() {
            clock::set_to_morning();
        }
        let home = runtime()?;
        let prepared = home.block_on(Home::prepare(place.path(), language, arguments.patient))?;
        println!("The follow-up service's page for the nurse: {}", prepared.service.page());
        match arguments.pictures {
            None if ui::display_available() => with_window(&prepared, language)?,
            pictures => {
                if !ui::display_available() {
                    println!("There is no display to open a window on, so the screens are drawn into pictures.");
                }
                let pictures = pictures.unwrap_or_else(|| PathBuf::from("dagsform-pictures"));
                play::pictures(&prepared, language, &pictures)?;
            }
        }
        home.block_on(tell(&prepared))?;
        home.block_on(prepared.service.stop());
        Ok(())
    }

    pub(in crate::command) fn gallery(
        folder: Option<PathBuf>,
        language: Language,
        arguments: &GalleryArguments,
    ) -> Result<()> {
        let place = Place::of(folder)?;
        clock::set_to_morning();
        let home = runtime()?;
        let prepared = home.block_on(Home::prepare(place.path(), language, arguments.patient))?;
        play::pictures(&prepared, language, &arguments.folder)?;
        home.block_on(prepared.service.stop());
        Ok(())
    }

    fn with_window(home: &Home, language: Language) -> Result<()> {
        println!("The patient measures something every half minute. Close the window to end.");
        let window = open_window(language)?;
        let patient = runtime()?;
        let living = patient.spawn(home::live(home.hands.clone()));
        let shown =
            tablet::with_window(&window, language, &home.folder, Arc::new(home.radio.clone()), Parts { sending: true });
        living.abort();
        shown
    }

    /// Sends what is left, and tells what the service has.
    async fn tell(home: &Home) -> Result<()> {
        let record = open(&home.folder)?;
        let enrolment = record.enrolment().await?.context("the record has no patient")?;
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let client = crate::enrolment::connection(&record, &enrolment).await?;
        let mut engine = crate::tablet::sending(record.clone(), client, &enrolment, events)?;
        let sent = timeout(DELIVERY, async {
            while engine.pass().await.fault.is_some() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        let counts = match sent.await {
            Ok(()) => record.counts().await?,
            Err(_) => anyhow::bail!("the follow-up service did not take everything within {} s", DELIVERY.as_secs()),
        };
        let (total, newest) = Visitor::of(home.service.base(), &home.staff)?.newest(&home.patient, LISTED).await?;
        println!(
            "On the tablet: {} readings, answers and messages delivered, {} waiting.",
            counts.delivered, counts.waiting
        );
        println!("At the follow-up service: {total} Observations. The newest of them:");
        for observation in newest {
            println!("  {}", service::line(&observation));
        }
        Ok(())
    }

    /// Where the demonstration keeps its things.
    enum Place {
        /// A folder that goes with the demonstration.
        Temporary(TempDir),
        /// A folder that was named, and stays.
        Named(PathBuf),
    }

    impl Place {
        fn of(folder: Option<PathBuf>) -> Result<Self> {
            Ok(match folder {
                Some(folder) => Self::Named(folder),
                None => {
                    let folder = tempfile::Builder::new().prefix("dagsform-demo-").tempdir();
                    Self::Temporary(folder.context("there is no temporary folder")?)
                }
            })
        }

        fn path(&self) -> &Path {
            match self {
                Self::Temporary(folder) => folder.path(),
                Self::Named(folder) => folder,
            }
        }

        fn until(&self) -> &'static str {
            match self {
                Self::Temporary(_) => ", until the end",
                Self::Named(_) => "",
            }
        }
    }
}
