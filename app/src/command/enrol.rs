//! `dagsform enrol` and `dagsform key`: gives the tablet to a patient.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value};

use super::ask;
use crate::{
    control::Request,
    exit::{Exit, failure},
};

/// Give this tablet to a patient of a follow-up service: by its enrolment file, or by its address and one-time code.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The enrolment file; what is given beside it goes before it
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The base address of the service's FHIR R4 server; https, or http on this machine only
    #[arg(long, value_name = "ADDRESS", required_unless_present = "file")]
    service: Option<String>,
    /// The one-time code of the service
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The name under which the service knows the key that `dagsform key` prints
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// The patient at the service, such as Patient/123; never the national identity number. Alone, without code and
    /// client, only at a service on this machine
    #[arg(long, value_name = "REFERENCE")]
    patient: Option<String>,
    /// In which form the service takes what is sent: fhir or pmd
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// What the tablet asks to be allowed, as SMART writes it
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// A file with the certificate of the only authority to trust
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// The service's key, the only one to trust: sha256/ and base64
    #[arg(long, value_name = "PIN")]
    key_pin: Option<String>,
}

pub(super) fn run(folder: &Path, arguments: &Arguments) -> Result<()> {
    let (patient, service): (String, String) = ask(folder, &Request::Enrol(file(arguments)?))?;
    println!("This tablet is given to {patient} at {service}.");
    Ok(())
}

/// The enrolment file that says what was given.
fn file(arguments: &Arguments) -> Result<String> {
    let authority = arguments.authority.as_deref().map(read).transpose()?;
    let given = [
        ("service", &arguments.service),
        ("code", &arguments.code),
        ("client", &arguments.client),
        ("patient", &arguments.patient),
        ("form", &arguments.form),
        ("scope", &arguments.scope),
        ("authority", &authority),
        ("key_pin", &arguments.key_pin),
    ];
    let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.clone()?))));
    let Some(path) = &arguments.file else { return Ok(Value::Object(given.collect()).to_string()) };
    let text = read(path)?;
    let mut given = given.peekable();
    if given.peek().is_none() {
        return Ok(text);
    }
    let mut members: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| failure(Exit::Data, format!("{} is no JSON object: {error}", path.display())))?;
    members.extend(given);
    Ok(Value::Object(members).to_string())
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| failure(Exit::InputOutput, format!("{} cannot be read: {error}", path.display())))
}
