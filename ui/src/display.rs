//! Is there a display to open a window on?

use std::env;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

/// Whether a Wayland or X11 display answers. A set variable alone proves nothing: a session that has
/// ended leaves it behind, and opening a window would then fail or hang.
#[must_use]
pub fn display_available() -> bool {
    wayland_answers() || x11_answers()
}

fn wayland_answers() -> bool {
    let Some(name) = env::var_os("WAYLAND_DISPLAY").filter(|name| !name.is_empty()) else {
        return false;
    };
    let folder = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).unwrap_or_default();
    // An absolute name stands for itself.
    UnixStream::connect(folder.join(name)).is_ok()
}

fn x11_answers() -> bool {
    env::var("DISPLAY").is_ok_and(|display| x11_display_answers(&display))
}

/// `display` is `[host]:number[.screen]`.
fn x11_display_answers(display: &str) -> bool {
    let Some((host, number)) = display.rsplit_once(':') else { return false };
    let number = number.split('.').next().unwrap_or_default();
    let Ok(number) = number.parse::<u16>() else { return false };
    if host.is_empty() || host == "unix" {
        let path = format!("/tmp/.X11-unix/X{number}");
        let abstract_name = SocketAddr::from_abstract_name(&path);
        return UnixStream::connect(&path).is_ok()
            || abstract_name.is_ok_and(|name| UnixStream::connect_addr(&name).is_ok());
    }
    let Some(port) = number.checked_add(6000) else { return false };
    (host, port).to_socket_addrs().is_ok_and(|mut addresses| {
        addresses.any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::x11_display_answers;

    #[test]
    fn nonsense_and_absent_displays_do_not_answer() {
        for display in ["", "nothing", ":", ":abc", ":64999", "localhost:64999", "127.0.0.1:1"] {
            assert!(!x11_display_answers(display), "{display}");
        }
    }
}
