//! Notices when the tablet gets a network, so that what waits is sent at once and not when the waiting is over.

use dagsform_sync::Wake;
use netwatcher::{Update, async_adapter::Tokio, watch_interfaces_async};
use tokio::sync::{mpsc, watch};

/// Wakes sending and fetching whenever an address is added to an interface, until it is told to stop. Where the system
/// does not tell, the schedule alone wakes them.
pub(crate) async fn wake(wake: Vec<mpsc::WeakSender<Wake>>, mut stopped: watch::Receiver<bool>) {
    let mut interfaces = match watch_interfaces_async::<Tokio>() {
        Ok(interfaces) => interfaces,
        Err(error) => {
            tracing::warn!(%error, "changes of the network are not noticed; sending goes by its schedule");
            return;
        }
    };
    loop {
        tokio::select! {
            update = interfaces.changed() => if !update.is_initial && brings_network(&update) {
                for wake in wake.iter().filter_map(mpsc::WeakSender::upgrade) {
                    // A full queue means that it will try anyway.
                    let _ = wake.try_send(Wake::Now);
                }
            },
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// Whether an address came that leads out of the tablet.
fn brings_network(update: &Update) -> bool {
    update.addrs_added().any(|(_, added)| !added.ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use netwatcher::{Interface, IpRecord, UpdateDiff};

    use super::*;

    fn update(added: &[&str]) -> Update {
        let ips = added.iter().map(|ip| IpRecord { ip: ip.parse().unwrap(), prefix_len: 24 }).collect();
        let interface = Interface { index: 2, name: "wlan0".to_owned(), hw_addr: String::new(), ips };
        let diff = UpdateDiff { added: HashMap::from([(2, interface.clone())]), ..UpdateDiff::default() };
        Update { is_initial: false, interfaces: HashMap::from([(2, interface)]), diff }
    }

    #[test]
    fn an_address_on_any_interface_is_a_network_and_the_tablet_itself_is_none() {
        assert!(brings_network(&update(&["192.168.1.20"])));
        assert!(brings_network(&update(&["127.0.0.1", "fe80::1"])));
        assert!(!brings_network(&update(&["127.0.0.1", "::1"])));
        assert!(!brings_network(&update(&[])));
    }
}
