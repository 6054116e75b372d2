//! `dagsform service`: the embedded follow-up service, to try the tablet with.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Result;
use dagsform_ui::Language;

/// Run the embedded follow-up service.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// Where it listens: an address of this machine alone
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8380")]
    address: SocketAddr,
    /// Its database, made if it is not there
    #[arg(long, value_name = "FILE", default_value = "dagsform-service.sqlite")]
    database: PathBuf,
    /// Tablets have to sign in, and see and write what is their patient's; the nurse's page makes their one-time codes.
    /// Else whoever is on this machine may do everything over FHIR; the page they may use in any case
    #[arg(long)]
    sign_in: bool,
}

#[cfg(not(feature = "demo"))]
pub(super) fn run(_: Language, _: &Arguments) -> Result<()> {
    Err(super::not_in_this_build("service"))
}

#[cfg(feature = "demo")]
pub(super) fn run(language: Language, arguments: &Arguments) -> Result<()> {
    use std::io::Write;

    use crate::demo::service::{self, Users};

    super::runtime()?.block_on(async {
        let staff = uuid::Uuid::new_v4().to_string();
        let users = if arguments.sign_in { Users::TabletsAnd(staff.clone()) } else { Users::Anybody };
        let service = service::start(arguments.address, &arguments.database, language, users).await?;
        println!("FHIR R4 at {}, the nurse's page at {}. Ctrl+C ends it.", service.base(), service.page());
        if arguments.sign_in {
            println!("The bearer token with all rights, until it ends: {staff}");
        }
        std::io::stdout().flush()?;
        super::collect::asked_to_stop().await?;
        service.stop().await;
        Ok(())
    })
}
