//! `dagsform medicine`: a medicine of the plan was taken, or not.

use super::enter::By;
use crate::{control::Request, said::NewMedicine};

/// Say that a medicine was taken, or not.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The plan's id of the medicine, as `today` names it
    medicine: String,
    /// It was not taken
    #[arg(long)]
    not_taken: bool,
    /// For which of the agreed times, as `today` names it
    #[arg(long)]
    occurrence: Option<String>,
    /// Who says so
    #[arg(long, value_enum, default_value_t = By::Patient)]
    by: By,
}

impl Arguments {
    pub(super) fn request(self) -> Request {
        let Self { medicine, not_taken, occurrence, by } = self;
        Request::Medicine(NewMedicine { medicine, occurrence, taken: !not_taken, by: by.into() })
    }
}
