//! The way to STS: names, routes, TLS and one small HTTP exchange, each with its own time limit.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mongodb_aws_auth::sts::tls_error::{closed, describe, silent};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

/// Longest answer that is read.
const ANSWER_LIMIT: usize = 64 * 1024;

/// Asks the system's resolver, for no longer than the limit. The thread may be left behind: libc's
/// resolver cannot be interrupted.
pub fn resolve(name: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let (sender, receiver) = mpsc::channel();
    let asked = (name.to_owned(), port);
    thread::spawn(move || {
        let answer = (asked.0.as_str(), asked.1).to_socket_addrs();
        let answer = answer.map(Iterator::collect::<Vec<_>>);
        let _gave_up = sender.send(answer.map_err(|error| error.to_string()));
    });
    match receiver.recv_timeout(limit) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err("it has no address".to_owned()),
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} ms", limit.as_millis())),
    }
}

/// The address belongs to a private network: a VPC interface endpoint, for example.
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.octets().starts_with(&[100, 64]),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Opens a connection to the first address that takes one, and tells of those before it that did
/// not.
pub fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<(TcpStream, Vec<String>), String> {
    let until = Instant::now() + limit;
    let mut refusals = Vec::new();
    for address in addresses {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            refusals.push(format!("{address}: no time left"));
            continue;
        }
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => return Ok((stream, refusals)),
            Err(error) => refusals.push(format!("{address}: {error}")),
        }
    }
    Err(refusals.join("; "))
}

/// What TLS runs over: a socket, or the inside of a connection to a proxy.
pub trait Wire: io::Read + io::Write {}
impl<T: io::Read + io::Write> Wire for T {}

/// A connection with TLS on it.
pub type Tls = StreamOwned<ClientConnection, Box<dyn Wire>>;

/// Bounds every read and write.
pub fn bound(stream: &TcpStream, limit: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))
}

/// Shakes hands.
pub fn handshake(
    config: std::sync::Arc<rustls::ClientConfig>,
    name: &str,
    wire: Box<dyn Wire>,
) -> Result<Tls, String> {
    let server = ServerName::try_from(name.to_owned()).map_err(|error| error.to_string())?;
    let connection =
        ClientConnection::new(config, server).map_err(|error| describe(&error, name))?;
    let mut tls = StreamOwned::new(connection, wire);
    while tls.conn.is_handshaking() {
        let done = tls.conn.complete_io(&mut tls.sock);
        done.map_err(|error| {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            match (inner, error.kind()) {
                (Some(inner), _) => describe(inner, name),
                (None, ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => closed(name),
                (None, ErrorKind::WouldBlock | ErrorKind::TimedOut) => silent(name),
                (None, _) => error.to_string(),
            }
        })?;
    }
    Ok(tls)
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Status code.
    pub status: u16,
    /// The Date header.
    pub date: Option<String>,
    /// The Server or Via header: who answered.
    pub server: Option<String>,
    /// The connection can take a second request.
    pub reusable: bool,
    /// The body, where its length was told.
    pub body: String,
}

/// Sends a GetCallerIdentity request without a signature, which STS refuses, and reads the answer.
pub fn ask_unsigned(tls: &mut Tls, host: &str, limit: Duration) -> io::Result<HttpAnswer> {
    const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nAccept: application/json\r\nUser-Agent: mongodb-aws-auth-check/{}\
         \r\n\r\n{BODY}",
        BODY.len(),
        mongodb_aws_auth::VERSION
    );
    tls.write_all(request.as_bytes())?;
    tls.flush()?;
    let until = Instant::now() + limit;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(answer) = parse(&bytes, false)? {
            return Ok(answer);
        }
        if bytes.len() > ANSWER_LIMIT || Instant::now() > until {
            return Err(io::Error::other("the answer is too long or too slow"));
        }
        let count = tls.read(&mut chunk)?;
        if count == 0 {
            let whole = parse(&bytes, true)?;
            return whole.ok_or_else(|| io::Error::other("the connection broke"));
        }
        bytes.extend(chunk.iter().take(count));
    }
}

/// The answer, once it is complete.
fn parse(bytes: &[u8], ended: bool) -> io::Result<Option<HttpAnswer>> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let status = status
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other("the answer is not HTTP/1.1"))?;
    let fields: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let field = |name: &str| {
        let found = fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length = field("content-length").and_then(|text| text.parse::<usize>().ok());
    let complete = length.is_some_and(|length| body.len() >= length);
    let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    if !complete && length.is_some() && !ended {
        return Ok(None);
    }
    Ok(Some(HttpAnswer {
        status,
        date: field("date"),
        server: field("via").or(field("server")),
        reusable: complete && !closes,
        body: body.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_those_of_a_vpc() {
        for (address, private) in [
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("fd00::1", true),
            ("52.94.1.1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), private, "{address}");
        }
    }

    #[test]
    fn an_answer_is_complete_when_its_length_has_come() {
        let head = "HTTP/1.1 403 Forbidden\r\nDate: D\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(parse(head.as_bytes(), false).unwrap(), None);
        let answer = parse(format!("{head}ok").as_bytes(), false);
        let answer = answer.unwrap().unwrap();
        assert_eq!((answer.status, answer.reusable), (403, true));
        assert_eq!(answer.date.as_deref(), Some("D"));
        assert!(parse(b"SSH-2.0-x\r\n\r\n", false).is_err());
    }
}
