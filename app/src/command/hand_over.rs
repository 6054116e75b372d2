//! `dagsform hand-over`: the patient's own data as files, at the end of the follow-up.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::control::Request;

/// Hand the patient's data over as files, when the follow-up has ended and all is sent.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// A folder that is not there yet
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

impl Arguments {
    pub(super) fn request(self) -> Result<Request> {
        // The running program may have another working folder.
        let to = std::path::absolute(&self.to).context("the working folder is not known")?;
        Ok(Request::HandOver(to))
    }
}
