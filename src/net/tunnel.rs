//! The way through a proxy: HTTP CONNECT (RFC 9110, section 9.3.6).

use std::io::{Read as _, Write as _};
use std::time::Instant;

use zeroize::Zeroizing;

use super::fault::Fault;
use super::wire::Wire;
use crate::aws::{Endpoint, Proxy};
use crate::reason::{Failure, Reason, printable};

/// Longest head of the proxy's answer.
const HEAD_LIMIT: usize = 8 * 1024;

/// Has the proxy connect to the endpoint; from then on the wire leads there.
pub fn connect(
    wire: &mut Wire,
    proxy: &Proxy,
    endpoint: &Endpoint,
    until: Instant,
) -> Result<(), Fault> {
    let lost = |error| Fault::io(Reason::ProxyFailed, &error);
    let mut wire = wire.until(until);
    wire.write_all(request(proxy, endpoint).as_bytes())
        .map_err(lost)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows the head is the endpoint's.
        let mut byte = [0; 1];
        if wire.read(&mut byte).map_err(lost)? == 0 || head.len() >= HEAD_LIMIT {
            return Err(Failure::new(Reason::ProxyFailed, "no whole answer").into());
        }
        head.extend(byte);
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    match is_success(line) {
        true => Ok(()),
        false => {
            let line = String::from_utf8_lossy(line);
            Err(Failure::new(Reason::ProxyFailed, printable(&line)).into())
        }
    }
}

/// The status line of any answer in 200 to 299 (RFC 9112, section 4).
fn is_success(line: &[u8]) -> bool {
    match line {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            b'0' | b'1',
            b' ',
            b'2',
            b,
            c,
            rest @ ..,
        ] => b.is_ascii_digit() && c.is_ascii_digit() && matches!(rest, [] | [b' ', ..]),
        _ => false,
    }
}

fn request(proxy: &Proxy, endpoint: &Endpoint) -> Zeroizing<String> {
    let name = match endpoint.server_name() {
        v6 if v6.contains(':') => format!("[{v6}]"),
        name => name.to_owned(),
    };
    let target = format!("{name}:{}", endpoint.port());
    let credentials = proxy.authorization();
    // Made at once: a copy that growing leaves behind would never be wiped.
    let mut request = Zeroizing::new(String::with_capacity(
        2 * target.len() + credentials.len() + 128,
    ));
    for part in ["CONNECT ", &target, " HTTP/1.1\r\nHost: ", &target, "\r\n"] {
        request.push_str(part);
    }
    if !credentials.is_empty() {
        for part in ["Proxy-Authorization: Basic ", credentials, "\r\n"] {
            request.push_str(part);
        }
    }
    request.push_str("\r\n");
    request
}
