//! How a tablet comes to its service: let in by a one-time code, over TLS that it can trust, with a clock that may be
//! wrong; and out when its access is taken back. Nothing that was measured is lost on the way.
#![allow(clippy::indexing_slicing, reason = "tests: JSON")]

use std::{fs, time::Duration};

use anyhow::{Context as _, Result, ensure};
use chrono::{TimeDelta, Utc};
use dagsform_sync::{
    PatientReference,
    service::{Options, Service, TabletAccess},
};
use dagsform_tests::{follow_up::as_written, rest::Rest, rig::FastRig, tablet::Tablet, tls_front::TlsFront};
use serde_json::{Value, json};
use tempfile::TempDir;

const COMMAND: Duration = Duration::from_secs(60);
const STAFF: &str = "the staff's own token";

/// A service where tablets have to sign in.
struct Municipality {
    service: Service,
    patient: PatientReference,
    rest: Rest,
    _folder: TempDir,
}

impl Municipality {
    async fn start() -> Result<Self> {
        Self::known_as(None).await
    }

    /// One that tablets know under another address.
    async fn known_as(origin: Option<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let options = Options::new("127.0.0.1:0".parse()?, folder.path().join("service.sqlite"), as_written());
        let options = Options { access: TabletAccess::SignIn, staff: Some(STAFF.to_owned()), origin, ..options };
        let service = Service::start(options).await?;
        let rest = Rest::with_token(STAFF)?;
        let patient = PatientReference::parse(&rest.add_patient(&service.base(), "kari").await?)?;
        Ok(Self { service, patient, rest, _folder: folder })
    }

    async fn code(&self) -> Result<String> {
        Ok(self.service.invite(&self.patient).await?.to_string())
    }

    async fn weights(&self) -> Result<usize> {
        Ok(self.rest.search(&self.service.base(), &format!("Observation?patient={}", self.patient)).await?.len())
    }

    fn port(&self) -> Result<u16> {
        reqwest::Url::parse(&self.service.base())?.port().context("the service has no port")
    }
}

/// A command fails with this status, and says so.
fn fails(tablet: &Tablet, command: &[&str], status: i32, words: &str) -> Result<()> {
    let outcome = tablet.program().run(command, COMMAND)?;
    ensure!(outcome.status.code() == Some(status), "{command:?}: {outcome:?}");
    ensure!(outcome.stderr.contains(words), "{command:?}: {} instead of {words}", outcome.stderr);
    Ok(())
}

fn enrol<'a>(base: &'a str, code: &'a str) -> [&'a str; 5] {
    ["enrol", "--service", base, "--code", code]
}

fn states(tablet: &Tablet) -> Result<Vec<Value>> {
    Ok(tablet.readings()?.iter().map(|line| line["delivery"]["state"].clone()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_is_let_in_by_its_one_time_code_alone_and_out_when_its_access_is_taken_back() -> Result<()> {
    let (rig, municipality) = (FastRig::start()?, Municipality::start().await?);
    let tablet = Tablet::new(&rig, Utc::now())?;
    let base = municipality.service.base();
    let code = municipality.code().await?;
    let (first, rest) = code.split_at(1);
    let mistyped = format!("{}{rest}", if first == "A" { "B" } else { "A" });
    fails(&tablet, &enrol(&base, &mistyped), 64, "'code' in the enrolment file")?;
    fails(&tablet, &["enrol", "--service", &base], 64, "lacks 'code'")?;
    fails(&tablet, &["sync"], 78, "has not been given to a patient")?;
    let said = tablet.command(&enrol(&base, &code.to_lowercase().replace('-', " ")))?.stdout;
    ensure!(said.contains(municipality.patient.as_str()), "{said}");
    // The answer may have been lost: the same tablet may ask once more, another one not.
    tablet.command(&enrol(&base, &code))?;
    let other = Tablet::new(&rig, Utc::now())?;
    fails(&other, &enrol(&base, &code), 65, "has been used already")?;

    // A code for someone else is refused, and not used up.
    let ola = PatientReference::parse(&municipality.rest.add_patient(&base, "ola").await?)?;
    let of_ola = municipality.service.invite(&ola).await?.to_string();
    fails(&tablet, &enrol(&base, &of_ola), 65, "for another patient than this tablet has")?;
    other.command(&enrol(&base, &of_ola))?;

    tablet.command(&["enter", "body-weight", "81.5"])?;
    tablet.deliver()?;
    ensure!(municipality.weights().await? == 1);

    municipality.service.revoke(&municipality.patient).await?;
    tablet.command(&["enter", "body-weight", "81.9"])?;
    fails(&tablet, &["sync"], 75, "it has ended this tablet's access; the readings are kept")?;
    ensure!(states(&tablet)? == [json!("delivered"), json!("waiting")]);

    // A new code lets it in again, and what waited arrives once.
    tablet.command(&enrol(&base, &municipality.code().await?))?;
    tablet.deliver()?;
    ensure!(municipality.weights().await? == 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_whose_clock_is_wrong_signs_in_by_the_services_time() -> Result<()> {
    let rig = FastRig::start()?;
    let now = Utc::now();
    let born = "1970-01-01T00:02:00Z".parse()?;
    for shown in [now - TimeDelta::hours(1), now + TimeDelta::hours(1), born] {
        let municipality = Municipality::start().await?;
        let tablet = Tablet::new(&rig, now)?;
        tablet.set_clocks(shown, now)?;
        tablet.command(&enrol(&municipality.service.base(), &municipality.code().await?))?;
        tablet.command(&["enter", "body-weight", "81.5"])?;
        tablet.deliver()?;
        ensure!(municipality.weights().await? == 1, "a clock that shows {shown}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_cannot_prove_who_it_is_gets_nothing_and_its_own_authority_is_enough_proof() -> Result<()> {
    let (rig, front, impostor) = (FastRig::start()?, TlsFront::start().await?, TlsFront::start().await?);
    let municipality = Municipality::known_as(Some(front.origin())).await?;
    front.lead_to(municipality.port()?);
    impostor.lead_to(municipality.port()?);
    let tablet = Tablet::new(&rig, Utc::now())?;
    let code = municipality.code().await?;
    fails(&tablet, &enrol(&front.base(), &code), 75, "not signed by an authority that this tablet trusts")?;

    let file = tablet.folder().with_file_name("enrolment.json");
    let text = json!({ "service": front.base(), "code": code, "authority": front.authority() });
    fs::write(&file, text.to_string())?;
    let file = file.to_str().context("no path")?;
    // Someone else has a certificate for the same name, by another authority of the same name.
    fails(&tablet, &["enrol", "--file", file, "--service", &impostor.base()], 75, "certificate is not the right one")?;
    tablet.command(&["enrol", "--file", file])?;
    tablet.command(&["enter", "body-weight", "81.5"])?;
    tablet.deliver()?;
    ensure!(municipality.weights().await? == 1);
    Ok(())
}
