//! Runs the contract on servers and prints the table: contract [--server NAME]…, of embedded, sekmet and helios.
//!
//! Without a name it runs those that are in every run of the tests. helios-hfs is built from source when it is asked
//! for the first time, which takes an hour of a processor.

use anyhow::{Result, bail};
use dagsform_tests::contract::{run, server::Which, table};

#[tokio::main]
async fn main() -> Result<()> {
    let mut servers = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--server", Some(name)) => servers.push(name.parse()?),
            _ => bail!("'{argument}' is not understood; use: contract [--server embedded|sekmet|helios]…"),
        }
    }
    if servers.is_empty() {
        servers = vec![Which::Embedded, Which::Sekmet];
    }
    let mut columns = Vec::new();
    for server in servers {
        columns.push((server, run(server).await?));
    }
    print!("{}", table(&columns));
    Ok(())
}
