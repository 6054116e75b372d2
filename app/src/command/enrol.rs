//! `dagsform enrol`: gives the tablet to a patient.

use std::path::Path;

use anyhow::Result;
use dagsform_sync::{PatientReference, ServiceAddress};

use super::ask;
use crate::{
    control::Request,
    exit::{Exit, failure},
};

/// Give this tablet to a patient of a follow-up service.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The base address of the service's FHIR R4 server; https, or http on this machine only
    #[arg(long, value_name = "ADDRESS")]
    service: String,
    /// The patient at the service, such as Patient/123; never the national identity number
    #[arg(long, value_name = "REFERENCE")]
    patient: String,
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    // Checked before anything is stored: a tablet must not be given away with an address that cannot work.
    let service = ServiceAddress::parse(&arguments.service).map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let patient = PatientReference::parse(&arguments.patient).map_err(|e| failure(Exit::Usage, e.to_string()))?;
    let enrol = Request::Enrol { patient: patient.to_string(), service: service.to_string() };
    let (patient, service): (String, String) = ask(folder, &enrol)?;
    println!("This tablet is given to {patient} at {service}.");
    Ok(())
}
