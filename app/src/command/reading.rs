//! `dagsform reading`: what people say of a reading that is in the record.

use std::path::Path;

use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use dagsform_care::{Identity, Why};
use serde_json::Value;

use super::{ask, enter::By};
use crate::{
    control::Request,
    exit::{Exit, failure},
};

/// Say of a reading whose it is, who measured, that it does not count, or erase it.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// It is the patient's, where that was open
    Claim {
        /// The reading's identity, as `export` writes it
        identity: String,
    },
    /// Who measured
    Performer {
        /// The reading's identity, as `export` writes it
        identity: String,
        /// Who it was
        #[arg(value_enum)]
        by: By,
    },
    /// It does not count; it stays, marked, on the tablet and at the service
    TakeBack {
        /// The reading's identity, as `export` writes it
        identity: String,
        /// Why
        #[arg(long, value_enum)]
        why: Because,
    },
    /// Erase someone else's reading for good; the patient's own, and what the service has, cannot be erased
    Erase {
        /// The reading's identity, as `export` writes it
        identity: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Because {
    /// It is of someone else
    WrongPerson,
    /// A figure was mistyped
    Mistyped,
    /// The measuring went wrong
    MeasuringError,
}

impl From<Because> for Why {
    fn from(because: Because) -> Self {
        match because {
            Because::WrongPerson => Self::WrongPerson,
            Because::Mistyped => Self::Mistyped,
            Because::MeasuringError => Self::MeasuringError,
        }
    }
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let request = match &arguments.action {
        Action::Claim { identity } => Request::Claim(identity_of(identity)?),
        Action::Performer { identity, by } => Request::Performer(identity_of(identity)?, (*by).into()),
        Action::TakeBack { identity, why } => Request::TakeBack(identity_of(identity)?, (*why).into()),
        Action::Erase { identity } => {
            ask::<()>(folder, &Request::Erase(identity_of(identity)?))?;
            println!("The reading is erased.");
            return Ok(());
        }
    };
    println!("{}", ask::<Value>(folder, &request)?);
    Ok(())
}

pub(super) fn identity_of(text: &str) -> Result<Identity> {
    let fail = |_| failure(Exit::Usage, format!("'{text}' is not an identity; `dagsform export` lists them"));
    text.parse().map_err(fail)
}
