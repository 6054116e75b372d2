//! HTTP/1.1 on bare sockets, as far as something needs it that stands between a tablet and its service.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// How long one exchange with either side may take.
pub const EXCHANGE: Duration = Duration::from_secs(30);

/// Sets the deadlines of a connection.
///
/// # Errors
/// It is gone.
pub fn with_deadlines(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(EXCHANGE))?;
    stream.set_write_timeout(Some(EXCHANGE))?;
    Ok(stream)
}

/// A request: its head without the empty line, and its body.
///
/// # Errors
/// It does not come whole, or not in time.
pub fn receive(caller: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    let mut more = |bytes: &mut Vec<u8>| {
        let count = caller.read(&mut buffer)?;
        bytes.extend(buffer.iter().take(count));
        if count == 0 { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) } else { Ok(()) }
    };
    let start = loop {
        if let Some(end) = head_end(&bytes) {
            break end;
        }
        more(&mut bytes)?;
    };
    let mut body = bytes.split_off(start);
    let head = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let length: usize = head.lines().find_map(length).unwrap_or(0);
    while body.len() < length {
        more(&mut body)?;
    }
    Ok((head, body))
}

/// Method and path of a request, by its head.
#[must_use]
pub fn what(head: &str) -> String {
    let line = head.lines().next().unwrap_or_default();
    line.rsplit_once(' ').map_or(line, |(what, _)| what).to_owned()
}

/// A request as it is passed on: the connection is for this one alone.
#[must_use]
pub fn passed_on(head: &str, body: &[u8]) -> Vec<u8> {
    let lines = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let lines: String = lines.flat_map(|line| [line, "\r\n"]).collect();
    let mut bytes = format!("{lines}Connection: close\r\n\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

/// Sends these bytes to a server, and gives all that it answers until it hangs up.
///
/// # Errors
/// It cannot be reached, or does not answer in time.
pub fn exchange(server: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut behind = with_deadlines(TcpStream::connect_timeout(&server, EXCHANGE)?)?;
    behind.write_all(request)?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Where the body begins.
#[must_use]
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// An answer without a `Date`.
#[must_use]
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

/// Sends a part of a request to a server and hangs up, whatever it makes of it.
pub fn exchange_part(server: SocketAddr, part: &[u8]) {
    if let Ok(mut behind) = TcpStream::connect_timeout(&server, EXCHANGE) {
        behind.write_all(part).ok();
    }
}
