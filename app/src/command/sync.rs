//! `dagsform sync`: sends what waits, once.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use tokio::sync::mpsc;

use super::{open, runtime};
use crate::{
    exit::{Exit, failure},
    intake::Intake,
    record::RecordError,
    tablet::sending,
};

/// Send what waits, once.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let record = open(folder)?;
    runtime()?.block_on(async {
        let enrolment = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?;
        // What an earlier run had stored as bytes only is sent as well.
        Intake::open(record.clone()).await?;
        // The report says it all.
        let (events, _) = mpsc::unbounded_channel();
        let mut engine = sending(record.clone(), &enrolment, events)?;
        let report = engine.pass().await;
        let counts = record.counts().await?;
        if arguments.json {
            let fault = report.fault.as_ref().map(ToString::to_string);
            println!("{}", json!({ "delivered": report.delivered, "set_aside": report.set_aside, "fault": fault, "counts": counts }));
        } else {
            println!("{} delivered, {} set aside, {} still waiting.", report.delivered, report.set_aside, counts.waiting);
        }
        match report.fault {
            None => Ok(()),
            Some(fault) => Err(failure(Exit::TryAgain, format!("{fault}; the readings are kept and can be sent later"))),
        }
    })
}
