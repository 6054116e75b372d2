//! `dagsform run`: the tablet, with its window.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use dagsform_sensors::radio::{Radio, bluetooth::Bluetooth};
use dagsform_ui::{self as ui, Language};
use tokio::sync::{mpsc, watch};

use super::{collect::asked_to_stop, runtime};
use crate::{
    exit::{Exit, failure},
    screen::driver::{Driver, Person},
    tablet::Parts,
};

/// Run the tablet.
#[derive(clap::Args, Debug, Default)]
pub(super) struct Arguments {
    /// In a window instead of the whole screen
    #[arg(long)]
    windowed: bool,
}

pub(super) fn run(folder: &Path, language: Language, arguments: Arguments) -> Result<()> {
    if !ui::display_available() {
        let message = "there is no display to open the window on; `dagsform collect` works without one, \
                       and `dagsform demo` leaves pictures of the screens";
        return Err(failure(Exit::Unavailable, message));
    }
    let window = open_window(language)?;
    window.full_screen(!arguments.windowed);
    with_window(&window, language, folder, Arc::new(Bluetooth::new()), Parts { sending: true })
}

/// Opens the window, drawn in software unless told otherwise: it needs no graphics driver, a fifth of
/// the memory, and no power when nothing moves.
pub(crate) fn open_window(language: Language) -> Result<ui::Window> {
    ui::Window::new(language).map_err(|e| failure(Exit::Unavailable, e.to_string()))
}

/// Runs window and tablet until the window is closed or the program is told to end.
pub(crate) fn with_window(
    window: &ui::Window,
    language: Language,
    folder: &Path,
    radio: Arc<dyn Radio>,
    parts: Parts,
) -> Result<()> {
    let (touch, actions) = mpsc::unbounded_channel();
    window.on_action(move |action| {
        // Without a driver the program is ending.
        let _ = touch.send(action);
    });
    let (stop, stopped) = watch::channel(false);
    let handle = window.handle();
    let show = move |view| {
        let _ = handle.show(view);
    };
    let person = Person { actions, stop: stopped };
    let driver = Driver { folder: folder.to_owned(), radio, parts, show, person, language };
    let runtime = runtime()?;
    let working = runtime.spawn(driver.run());
    let closing = window.handle();
    runtime.spawn(async move {
        if asked_to_stop().await.is_ok() {
            let _ = closing.close();
        }
    });
    let shown = window.run();
    let _ = stop.send(true);
    runtime.block_on(working)?;
    shown.map_err(|e| failure(Exit::Unavailable, e.to_string()))
}
