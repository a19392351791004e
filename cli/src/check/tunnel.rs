//! The way through a proxy, as the plugin takes it: HTTP CONNECT.

use std::net::TcpStream;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mongodb_aws_auth::aws::{Endpoint, Proxy};
use mongodb_aws_auth::reason::printable;
use mongodb_aws_auth::sts::load_roots;

use super::certificates::Witness;
use super::network::{self, Wire};

/// Longest head of the proxy's answer.
const HEAD_LIMIT: usize = 8 * 1024;

/// Has the proxy connect to the endpoint; the error says what it answered.
pub fn open(
    stream: TcpStream,
    proxy: &Proxy,
    endpoint: &Endpoint,
    ca_file: &str,
) -> Result<Box<dyn Wire>, String> {
    let mut wire: Box<dyn Wire> = Box::new(stream);
    if proxy.is_tls() {
        let roots = load_roots(ca_file).map_err(|error| error.to_string())?;
        let (config, _) = Witness::config(roots.store)?;
        wire = Box::new(network::handshake(
            config,
            proxy.endpoint().server_name(),
            wire,
        )?);
    }
    let lost = |error: std::io::Error| error.to_string();
    wire.write_all(request(proxy, endpoint).as_bytes())
        .and_then(|()| wire.flush())
        .map_err(lost)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows the head is the endpoint's.
        let mut byte = [0; 1];
        if wire.read(&mut byte).map_err(lost)? == 0 || head.len() >= HEAD_LIMIT {
            return Err("the proxy gave no whole answer".to_owned());
        }
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head);
    let line = head.lines().next().unwrap_or_default();
    match line.split(' ').nth(1) {
        Some(status) if status.len() == 3 && status.starts_with('2') => Ok(wire),
        _ => Err(format!("the proxy answered {}", printable(line))),
    }
}

fn request(proxy: &Proxy, endpoint: &Endpoint) -> String {
    let name = match endpoint.server_name() {
        v6 if v6.contains(':') => format!("[{v6}]"),
        name => name.to_owned(),
    };
    let target = format!("{name}:{}", endpoint.port());
    let credentials = match proxy.credentials() {
        None => String::new(),
        Some((user, password)) => {
            let basic = STANDARD.encode(format!("{user}:{password}"));
            format!("Proxy-Authorization: Basic {basic}\r\n")
        }
    };
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n")
}
