//! `dagsform sync`: sends what waits and fetches plan and messages, once.

use std::path::Path;

use anyhow::Result;
use dagsform_sync::SyncEvent;
use serde_json::json;
use tokio::sync::mpsc;

use super::runtime;
use crate::{
    clock,
    control::{Control, Request},
    enrolment,
    exit::{Exit, failure},
    intake::Intake,
    record::{Counts, Record, RecordError},
    tablet::{fetching, sending},
};

/// Send what waits and fetch plan and messages, once.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
    /// Send once more also what the service refused
    #[arg(long)]
    again: bool,
}

/// Goes by the service's clock from now on. How many readings were put right.
async fn learn_time(record: &Record, told: &mut mpsc::UnboundedReceiver<SyncEvent>) -> Result<usize> {
    let mut corrected = 0;
    while let Ok(event) = told.try_recv() {
        if let SyncEvent::ServiceClock { says } = event {
            corrected += record.learn_time(clock::by_service(says)).await?;
        }
    }
    Ok(corrected)
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let record = match Control::open(folder)? {
        Control::Own(record) => record,
        running @ Control::Running { .. } => {
            let counts: Counts = runtime()?.block_on(async {
                if arguments.again {
                    Control::open(folder)?.ask::<usize>(&Request::OfferAgain).await?;
                }
                running.ask(&Request::Send).await
            })?;
            if arguments.json {
                println!("{}", json!({ "handed_over": true, "counts": counts }));
            } else {
                println!("The running Dagsform program sends now; {} were waiting.", counts.waiting);
            }
            return Ok(());
        }
    };
    runtime()?.block_on(async {
        let enrolment = record.enrolment().await?.ok_or(RecordError::NotEnrolled)?;
        if arguments.again {
            record.offer_again().await?;
        }
        // What an earlier run had stored as bytes only is sent as well.
        Intake::open(record.clone()).await?;
        let (events, mut told) = mpsc::unbounded_channel();
        let client = enrolment::connection(&record, &enrolment).await?;
        let mut engine = sending(record.clone(), client.clone(), &enrolment, events)?;
        let mut report = engine.pass().await;
        let fetched = fetching(record.clone(), client, &enrolment)?.pass().await;
        // The report says all but what time it is by the service.
        let corrected = learn_time(&record, &mut told).await?;
        if report.fault.is_none() && (corrected > 0 || record.counts().await?.waiting > 0) {
            // What was put right goes as well, and the word on a plan that came.
            let second = engine.pass().await;
            report.delivered += second.delivered;
            report.set_aside += second.set_aside;
            report.fault = second.fault;
        }
        let counts = record.counts().await?;
        if arguments.json {
            let fault = report.fault.as_ref().map(ToString::to_string);
            println!("{}", json!({ "delivered": report.delivered, "set_aside": report.set_aside, "fault": fault, "fetched": fetched.is_ok(), "counts": counts }));
        } else {
            println!("{} delivered, {} set aside, {} still waiting.", report.delivered, report.set_aside, counts.waiting);
        }
        match (report.fault, fetched) {
            (None, Ok(())) => Ok(()),
            (Some(fault), _) => {
                Err(failure(Exit::TryAgain, format!("{fault}; the readings are kept and can be sent later")))
            }
            (None, Err(fault)) => {
                Err(failure(Exit::TryAgain, format!("all is sent, but plan and messages were not fetched: {fault}")))
            }
        }
    })
}
