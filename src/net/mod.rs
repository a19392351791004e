//! The way to STS: HTTP/1.1 over TLS (rustls) on connections that rest between two logins.
//!
//! One request, one response, nothing else: no redirects, no proxy unless it is configured, no cookies,
//! no compression. Why no HTTP library: `docs/performance.md`.

mod connection;
mod fault;
mod idle;
mod place;
mod resolver;
pub mod response;
mod roots;
mod sockets;
mod tunnel;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
#[cfg(feature = "fips")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(feature = "fips"))]
use rustls::crypto::ring as cryptography;
use zeroize::{Zeroize as _, Zeroizing};

use self::connection::{Connection, connect};
use self::fault::Fault;
use self::idle::IdleConnections;
use self::place::Place;
use self::resolver::Resolver;
use self::response::{RESPONSE_LIMIT, Response};
pub use self::roots::load as load_roots;
use self::sockets::Sockets;
use self::wire::Wire;
use crate::aws::{Answer, Endpoint, Proxy, SignedRequest, is_exempt, read_answer};
use crate::options::{OptionError, Settings};
use crate::ports::{Attempt, SendLimits, Sts, StsClient};
use crate::reason::{Failure, Reason};

/// Holds any answer of STS; longer ones make it grow.
const READ_BYTES: usize = 4 * 1024;
/// Longest time for a connection that is opened ahead.
const WARMING_TIME: Duration = Duration::from_secs(3);
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
    places: Vec<Arc<Place>>,
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
        let endpoints = settings.endpoints.iter();
        let places = endpoints
            .map(|endpoint| {
                let exempt = is_exempt(&settings.no_proxy, endpoint.server_name());
                let proxy = settings.proxy.clone().filter(|_| !exempt);
                Arc::new(Place::new(Arc::clone(endpoint), proxy))
            })
            .collect();
        Ok(StsOverHttps(Arc::new(Connections {
            places,
            tls: Arc::new(tls),
            resolver: Resolver::new(),
            sockets: Sockets::default(),
            idle: IdleConnections::default(),
        })))
    }
}

impl Sts for StsOverHttps {
    fn client(&self) -> Box<dyn StsClient> {
        Box::new(Client {
            connections: Arc::clone(&self.0),
            request: Zeroizing::default(),
            response: Vec::new(),
        })
    }

    fn warm_up(&self, endpoint: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        if self.0.idle.has(endpoint) {
            return None;
        }
        let place = Arc::clone(self.0.place(endpoint).ok()?);
        if !place.begin_warming() {
            return None;
        }
        let mut warming = Warming {
            connections: Arc::clone(&self.0),
            place,
            opened: false,
        };
        Some(Box::new(move || warming.run()))
    }

    fn shutdown(&self) {
        self.0.idle.close();
        self.0.sockets.shutdown();
    }
}

impl Connections {
    fn open(&self, place: &Place, until: Instant) -> Result<Connection, Fault> {
        let wire = match &place.proxy {
            None => self.wire(&place.endpoint, until)?,
            Some(proxy) => self.through(proxy, &place.endpoint, until)?,
        };
        let reached = place.proxy.as_ref().map_or(&place.endpoint, Proxy::place);
        Connection::open(wire, place.tls_name()?, &self.tls, until)
            .inspect_err(|_| self.resolver.distrust(reached))
    }

    fn wire(&self, target: &Arc<Endpoint>, until: Instant) -> Result<Wire, Fault> {
        let addresses = self.resolver.resolve(target, until)?;
        let wire = connect(&addresses, until).inspect_err(|_| self.resolver.distrust(target))?;
        self.sockets.register(wire.socket())?;
        Ok(wire)
    }

    fn through(&self, proxy: &Proxy, target: &Endpoint, until: Instant) -> Result<Wire, Fault> {
        let mut wire = self.wire(proxy.place(), until)?;
        if proxy.is_tls() {
            let name = place::tls_name(proxy.place())?;
            let outer = Connection::open(wire, name, &self.tls, until)?;
            wire = Wire::Tls(Box::new(outer));
        }
        tunnel::connect(&mut wire, proxy, target, until)?;
        Ok(wire)
    }

    fn place(&self, endpoint: &Endpoint) -> Result<&Arc<Place>, Fault> {
        let known = |place: &&Arc<Place>| place.endpoint.same_address(endpoint);
        let place = self.places.iter().find(known);
        place.ok_or_else(|| Reason::Internal.into())
    }

    /// Opens a connection, or waits for the one that is being opened ahead and takes what rests then,
    /// which another login may have used; true of that.
    fn connect(
        &self,
        endpoint: &Endpoint,
        fresh: bool,
        until: Instant,
    ) -> Result<(Connection, bool), Fault> {
        let place = self.place(endpoint)?;
        if !fresh
            && place.await_warming(until)
            && let Some(connection) = self.idle.take(endpoint)
        {
            return Ok((connection, true));
        }
        Ok((self.open(place, until)?, false))
    }
}

/// A connection that is opened ahead of the login that will use it; dropped, it never will be.
struct Warming {
    connections: Arc<Connections>,
    place: Arc<Place>,
    opened: bool,
}

impl Warming {
    fn run(&mut self) {
        let until = Instant::now() + WARMING_TIME;
        if let Ok(connection) = self.connections.open(&self.place, until) {
            let endpoint = Arc::clone(&self.place.endpoint);
            self.connections.idle.put(endpoint, connection);
            self.opened = true;
        }
    }
}

impl Drop for Warming {
    fn drop(&mut self) {
        self.place.end_warming(self.opened);
    }
}

/// How a request came by its connection.
#[derive(Debug, Default)]
struct Way {
    /// Time that went into opening one, if that was tried.
    connect: Option<Duration>,
    /// There was one.
    stands: bool,
}

/// One worker's client, with buffers that go from call to call.
struct Client {
    connections: Arc<Connections>,
    /// Empty but while it is sent.
    request: Zeroizing<Vec<u8>>,
    response: Vec<u8>,
}

impl StsClient for Client {
    fn send(&mut self, request: &SignedRequest, limits: SendLimits) -> Attempt {
        let started = Instant::now();
        let mut way = Way::default();
        let result = self.exchange(request, limits, started, &mut way);
        let took = started.elapsed();
        let exchange = took.saturating_sub(way.connect.unwrap_or_default());
        let limit = match way.stands {
            true => limits.total,
            false => limits.connect,
        };
        let stale_connection = matches!(result, Err(Fault { stale: true, .. }));
        let status = result.as_ref().ok().map(|response| response.status);
        // STS's errors can repeat the request, token and all.
        self.response.zeroize();
        let result = result.map_err(|fault| fault.failure).and_then(|r| read(&r));
        Attempt {
            result,
            status,
            connect: way.connect,
            connected: way.stands,
            timed_out: took >= limit,
            exchange,
            stale_connection,
        }
    }

    fn probe(&mut self, endpoint: &Arc<Endpoint>, time: Duration) -> bool {
        let status = self.probe_place(endpoint, Instant::now() + time);
        status.is_ok_and(|status| status < 500)
    }
}

impl Client {
    fn probe_place(&mut self, endpoint: &Arc<Endpoint>, until: Instant) -> Result<u16, Fault> {
        let connections = Arc::clone(&self.connections);
        let mut connection = connections.open(connections.place(endpoint)?, until)?;
        write_probe(endpoint, &mut self.request);
        let response = self.ask(&mut connection, until)?;
        if response.reusable && connection.is_drained() {
            connections.idle.put(Arc::clone(endpoint), connection);
        }
        Ok(response.status)
    }

    fn exchange(
        &mut self,
        request: &SignedRequest,
        limits: SendLimits,
        started: Instant,
        way: &mut Way,
    ) -> Result<Response, Fault> {
        let idle = &self.connections.idle;
        let warm = if limits.fresh {
            None
        } else {
            idle.take(&request.endpoint)
        };
        let (mut connection, reused) = match warm {
            Some(connection) => (connection, true),
            None => {
                let opened = self.connections.connect(
                    &request.endpoint,
                    limits.fresh,
                    started + limits.connect,
                );
                way.connect = Some(started.elapsed());
                opened.map_err(|fault| self.unconnected(request, limits, fault))?
            }
        };
        way.stands = true;
        let until = started + limits.total;
        write_request(request, &mut self.request);
        let response = self.ask(&mut connection, until);
        let response = response.map_err(|fault| Fault {
            // The request changes nothing at STS, so it may be sent again.
            stale: reused && self.response.is_empty() && is_loss(&fault),
            ..fault
        })?;
        let is_drained = connection.is_drained();
        if reused && (response.surplus || !is_drained) {
            // The first of two may be an answer to what another login asked over this connection.
            let failure = Failure::new(Reason::AnswerHttp, "more than one answer");
            return Err(Fault {
                stale: true,
                ..failure.into()
            });
        }
        if response.reusable && is_drained {
            self.connections
                .idle
                .put(Arc::clone(&request.endpoint), connection);
        }
        Ok(response)
    }

    /// Sends what was written and reads the response.
    fn ask(&mut self, connection: &mut Connection, until: Instant) -> Result<Response, Fault> {
        self.response.clear();
        let buffered = connection.buffer(&self.request);
        self.request.zeroize();
        buffered?;
        connection.flush(until)?;
        self.read_response(connection, until)
    }

    /// Of a login that has time left, its connection alone took too long.
    fn unconnected(&self, request: &SignedRequest, limits: SendLimits, fault: Fault) -> Fault {
        if fault.failure.reason != Reason::VerificationTimeout || limits.connect >= limits.total {
            return fault;
        }
        let place = self.connections.place(&request.endpoint);
        let reason = match place.is_ok_and(|place| place.proxy.is_some()) {
            true => Reason::ProxyFailed,
            false => Reason::ConnectFailed,
        };
        Failure::new(reason, format!("not within {:?}", limits.connect)).into()
    }

    /// Lets the response grow to this length. What growing leaves behind is wiped, too: STS's errors
    /// can repeat the request.
    fn make_room(&mut self, length: usize) {
        if length > self.response.capacity() {
            let mut longer = Vec::with_capacity(length.max(2 * self.response.capacity()));
            longer.extend_from_slice(&self.response);
            self.response.zeroize();
            self.response = longer;
        }
        self.response.resize(length, 0);
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
            self.make_room(filled + READ_BYTES);
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

/// A request that no login is asked for: STS answers it with a refusal.
fn write_probe(endpoint: &Endpoint, to: &mut Vec<u8>) {
    let (host, body) = (endpoint.host(), SignedRequest::BODY);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\
         user-agent: {USER_AGENT}\r\n\r\n{body}",
        body.len()
    );
    to.extend_from_slice(head.as_bytes());
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
