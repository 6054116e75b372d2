//! Pictures of what the window shows.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use dagsform_ui as ui;
use tokio::{
    sync::{oneshot, watch},
    time::timeout,
};

/// No screen takes longer to come.
const STEP: Duration = Duration::from_secs(60);

/// Takes pictures of the window when it has come to something.
pub(super) struct Camera {
    pub(super) handle: ui::WindowHandle,
    pub(super) seen: watch::Receiver<Option<ui::Screen>>,
    pub(super) folder: PathBuf,
    /// Pictures so far.
    pub(super) taken: u32,
}

impl Camera {
    /// Waits for a screen.
    pub(super) async fn wait(&mut self, name: &str, wanted: impl Fn(&ui::Screen) -> bool) -> Result<()> {
        let came = timeout(STEP, self.seen.wait_for(|screen| screen.as_ref().is_some_and(&wanted))).await;
        match came.map(|screen| screen.map(drop)) {
            Ok(screen) => screen?,
            // The demonstration's people are made up: what its screens show may be told.
            Err(_) => {
                let shown = self.seen.borrow();
                bail!("the screen '{name}' did not come within {} seconds, but {:?}", STEP.as_secs(), *shown)
            }
        }
        Ok(())
    }

    /// Waits for a screen, and takes a picture of it.
    pub(super) async fn take(&mut self, name: &str, wanted: impl Fn(&ui::Screen) -> bool) -> Result<()> {
        self.wait(name, wanted).await?;
        let (picture, taken) = oneshot::channel();
        self.handle.with_picture(move |drawn| {
            let _ = picture.send(drawn);
        })?;
        self.taken += 1;
        let path = self.folder.join(format!("{:02}-{name}.png", self.taken));
        taken.await??.save(&path).with_context(|| format!("writing {}", path.display()))?;
        println!("  {}", path.display());
        Ok(())
    }
}
