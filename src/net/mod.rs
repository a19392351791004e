//! The way to STS: HTTP/1.1 over TLS (rustls) on connections that rest between two logins.
//!
//! One request, one response, nothing else: no redirects, no proxy from the environment, no cookies,
//! no compression. Why no HTTP library: `docs/performance.md`.

mod connection;
mod fault;
mod idle;
mod resolver;
pub mod response;
mod roots;
mod sockets;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
#[cfg(feature = "fips")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(feature = "fips"))]
use rustls::crypto::ring as cryptography;
use zeroize::Zeroize as _;

use self::connection::Connection;
use self::fault::Fault;
use self::idle::IdleConnections;
use self::resolver::Resolver;
use self::response::{RESPONSE_LIMIT, Response};
pub use self::roots::load as load_roots;
use self::sockets::Sockets;
use crate::aws::{Answer, Endpoint, SignedRequest, read_answer};
use crate::options::{OptionError, Settings};
use crate::ports::{Attempt, SendLimits, Sts, StsClient};
use crate::reason::{Failure, Reason};

/// Holds any answer of STS; longer ones make it grow.
const READ_BYTES: usize = 4 * 1024;
const USER_AGENT: &str = concat!("mongodb-aws-auth/", env!("CARGO_PKG_VERSION"));

/// What is inside, for the interface.
pub const TLS_LIBRARY: &std::ffi::CStr = if cfg!(feature = "fips") {
    c"rustls with aws-lc's FIPS module"
} else {
    c"rustls with ring"
};

/// STS over HTTPS. Shared by all workers.
pub struct StsOverHttps(Arc<Connections>);

/// What connections are made of and where they rest.
#[derive(Debug)]
struct Connections {
    tls: Arc<ClientConfig>,
    resolver: Resolver,
    sockets: Sockets,
    idle: IdleConnections,
}

impl StsOverHttps {
    /// Reads the certificate authorities; opens no connection.
    pub fn new(settings: &Settings) -> Result<StsOverHttps, OptionError> {
        let roots = roots::load(&settings.ca_file)?;
        let tls = ClientConfig::builder_with_provider(Arc::new(cryptography::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| OptionError::new("awsStsCAFile", &settings.ca_file, error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(StsOverHttps(Arc::new(Connections {
            tls: Arc::new(tls),
            resolver: Resolver::default(),
            sockets: Sockets::default(),
            idle: IdleConnections::default(),
        })))
    }
}

impl Sts for StsOverHttps {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(Client {
            connections: Arc::clone(&self.0),
            request: Vec::new(),
            response: Vec::new(),
        })
    }

    fn shutdown(&self) {
        self.0.idle.close();
        self.0.sockets.shutdown();
    }
}

impl Connections {
    fn open(&self, endpoint: &Arc<Endpoint>, until: Instant) -> Result<Connection, Fault> {
        self.resolver
            .resolve(endpoint, until)
            .and_then(|addresses| {
                Connection::open(endpoint, &addresses, &self.tls, &self.sockets, until)
            })
            .inspect_err(|_| self.resolver.distrust(endpoint))
    }
}

/// One worker's way to STS, with buffers that go from call to call.
struct Client {
    connections: Arc<Connections>,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl StsClient for Client {
    fn send(&mut self, request: &SignedRequest, limits: SendLimits) -> Attempt {
        let started = Instant::now();
        let mut connect = None;
        let result = self.exchange(request, limits, started, &mut connect);
        let exchange = started
            .elapsed()
            .saturating_sub(connect.unwrap_or_default());
        let stale_connection = matches!(result, Err(Fault { stale: true, .. }));
        // STS's errors can repeat the request, token and all.
        self.response.zeroize();
        let result = result.map_err(|fault| fault.failure).and_then(|r| read(&r));
        Attempt {
            result,
            connect,
            exchange,
            stale_connection,
        }
    }
}

impl Client {
    fn exchange(
        &mut self,
        request: &SignedRequest,
        limits: SendLimits,
        started: Instant,
        connect: &mut Option<Duration>,
    ) -> Result<Response, Fault> {
        let idle = &self.connections.idle;
        let warm = if limits.fresh {
            None
        } else {
            idle.take(&request.endpoint)
        };
        let reused = warm.is_some();
        let mut connection = match warm {
            Some(connection) => connection,
            None => {
                let opened = self
                    .connections
                    .open(&request.endpoint, started + limits.connect);
                *connect = Some(started.elapsed());
                opened?
            }
        };
        let until = started + limits.total;
        self.response.clear();
        let sent = self.send_request(request, &mut connection, until);
        let response = sent.and_then(|()| self.read_response(&mut connection, until));
        let response = response.map_err(|fault| Fault {
            // The request changes nothing at STS, so it may be sent again.
            stale: reused && self.response.is_empty() && is_loss(&fault),
            ..fault
        })?;
        if response.reusable && connection.is_drained() {
            self.connections
                .idle
                .put(Arc::clone(&request.endpoint), connection);
        }
        Ok(response)
    }

    fn send_request(
        &mut self,
        request: &SignedRequest,
        connection: &mut Connection,
        until: Instant,
    ) -> Result<(), Fault> {
        write_request(request, &mut self.request);
        let buffered = connection.buffer(&self.request);
        self.request.zeroize();
        buffered?;
        connection.flush(until)
    }

    fn read_response(
        &mut self,
        connection: &mut Connection,
        until: Instant,
    ) -> Result<Response, Fault> {
        loop {
            let filled = self.response.len();
            if filled >= RESPONSE_LIMIT {
                return Err(Reason::AnswerTooLarge.into());
            }
            self.response.resize(filled + READ_BYTES, 0);
            let space = self.response.get_mut(filled..).unwrap_or_default();
            let count = connection.read(space, until);
            self.response
                .truncate(filled + *count.as_ref().unwrap_or(&0));
            let ended = count? == 0;
            if let Some(response) = response::read(&self.response, ended)? {
                return Ok(response);
            }
        }
    }
}

/// Head and body as one piece, for one record and one system call.
fn write_request(request: &SignedRequest, to: &mut Vec<u8>) {
    // Grown once: a copy that growing leaves behind would never be wiped.
    let headers = request
        .headers()
        .map(|(name, value)| name.len() + value.len() + 4);
    to.reserve(headers.sum::<usize>() + 256);
    to.extend_from_slice(b"POST / HTTP/1.1\r\n");
    let length = SignedRequest::BODY.len().to_string();
    let ours = [
        ("content-length", length.as_str()),
        ("user-agent", USER_AGENT),
    ];
    for (name, value) in request.headers().chain(ours) {
        for part in [name, ": ", value, "\r\n"] {
            to.extend_from_slice(part.as_bytes());
        }
    }
    to.extend_from_slice(b"\r\n");
    to.extend_from_slice(SignedRequest::BODY.as_bytes());
}

fn is_loss(fault: &Fault) -> bool {
    matches!(
        fault.failure.reason,
        Reason::ConnectionLost | Reason::TlsFailed
    )
}

fn read(response: &Response) -> Result<Answer, Failure> {
    if response.encoded {
        return Err(Reason::AnswerEncoded.into());
    }
    read_answer(
        response.status,
        response.content_type.as_deref(),
        &response.body,
    )
}

/// Time left until a moment; none is an error of its own.
fn left(until: Instant) -> Result<Duration, Fault> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(Reason::VerificationTimeout.into())
    } else {
        Ok(left)
    }
}
