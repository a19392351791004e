//! The way to STS: HTTP/1.1 over TLS (rustls) on connections that rest between two logins.
//!
//! One request, one response, nothing else: no redirects, no proxy unless it is configured, no cookies,
//! no compression. Why no HTTP library: `docs/performance.md`.

mod answers;
mod connection;
mod exchange;
mod fault;
mod idle;
mod place;
mod resolver;
pub mod response;
mod roots;
mod sockets;
pub mod tls_error;
mod tunnel;
mod warm;
mod wire;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
#[cfg(any(feature = "fips", feature = "aws-lc-rs"))]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(any(feature = "fips", feature = "aws-lc-rs")))]
use rustls::crypto::ring as cryptography;
use zeroize::{Zeroize as _, Zeroizing};

use self::answers::Awaited;
use self::connection::{Connection, connect};
use self::exchange::{answer, of_rested, read_response, write_probe, write_request};
use self::fault::Fault;
use self::idle::IdleConnections;
use self::place::Place;
use self::resolver::Resolver;
use self::response::Response;
pub use self::roots::{Roots, load as load_roots, load_from as load_roots_from};
use self::sockets::Sockets;
use self::wire::Wire;
use crate::aws::{Endpoint, Proxy, SignedRequest, is_exempt};
use crate::options::{OptionError, Settings};
use crate::ports::{Attempt, Resting, SendLimits, Sts, StsClient};
use crate::reason::{Failure, Reason};

/// Longest time for a connection that is opened ahead.
const WARMING_TIME: Duration = Duration::from_secs(3);
const USER_AGENT: &str = concat!("mongodb-aws-auth/", env!("CARGO_PKG_VERSION"));

/// What is inside, for the interface.
pub const TLS_LIBRARY: &std::ffi::CStr = if cfg!(feature = "fips") {
    c"rustls with aws-lc's FIPS module"
} else if cfg!(feature = "aws-lc-rs") {
    c"rustls with aws-lc"
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
    awaited: Awaited,
}

impl StsOverHttps {
    /// Reads the certificate authorities; opens no connection.
    pub fn new(settings: &Settings) -> Result<StsOverHttps, OptionError> {
        let roots = roots::load(&settings.ca_file)?;
        let provider = cryptography::default_provider();
        // The first random bytes of a process take some 20 ms of CPU in aws-lc, which collects its own
        // entropy: no login pays for that. A failure shows again with the first connection.
        let _first = provider.secure_random.fill(&mut [0; 1]);
        let tls = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| OptionError::new("awsStsCAFile", &settings.ca_file, error))?
            .with_root_certificates(roots.store)
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
            awaited: Awaited::default(),
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

    fn ready(&self, endpoint: &Arc<Endpoint>) -> Option<Box<dyn Resting>> {
        Some(Box::new(self.0.ready(endpoint)?))
    }

    fn take_answers(&self) {
        self.0.take_answers();
    }

    fn shutdown(&self) {
        self.0.idle.close();
        self.0.awaited.close();
        self.0.sockets.shutdown();
    }
}

impl Connections {
    fn open(&self, place: &Place, until: Instant) -> Result<Box<Connection>, Fault> {
        let wire = match &place.proxy {
            None => self.wire(&place.endpoint, until)?,
            Some(proxy) => self.through(proxy, &place.endpoint, until)?,
        };
        let reached = place.proxy.as_ref().map_or(&place.endpoint, Proxy::place);
        Connection::open(wire, place.tls_name()?, &self.tls, until)
            .map(Box::new)
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

    /// A connection that rested, for a worker that waits for the answer itself.
    fn take_warm(&self, endpoint: &Endpoint) -> Option<Box<Connection>> {
        let mut connection = self.idle.take_silent(endpoint)?;
        self.awaited.forget(&mut connection);
        Some(connection)
    }

    /// Opens a connection, or waits for the one that is being opened ahead and takes what rests then,
    /// which another login may have used; true of that.
    fn connect(
        &self,
        endpoint: &Endpoint,
        fresh: bool,
        until: Instant,
    ) -> Result<(Box<Connection>, bool), Fault> {
        let place = self.place(endpoint)?;
        if !fresh
            && place.await_warming(until)
            && let Some(connection) = self.take_warm(endpoint)
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
        let result = result
            .map_err(|fault| fault.failure)
            .and_then(|r| answer(&r));
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
        let warm = if limits.fresh {
            None
        } else {
            self.connections.take_warm(&request.endpoint)
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
        let (response, reusable) = if reused {
            of_rested(&mut connection, &self.response, response)?
        } else {
            let response = response?;
            let reusable = response.reusable && connection.is_drained() && !connection.has_ended();
            (response, reusable)
        };
        if reusable {
            let endpoint = Arc::clone(&request.endpoint);
            self.connections.idle.put(endpoint, connection);
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
        let read = |space: &mut [u8]| connection.read(space, until).map(Some);
        let response = read_response(&mut self.response, read)?;
        response.ok_or_else(|| Reason::Internal.into())
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
