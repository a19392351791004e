//! STS over HTTPS: one ureq `Agent` with its pool of idle connections, and what it is given: sockets
//! that end with their call ([`socket`]), TLS over them ([`tls`]), cached names ([`resolver`]).
//!
//! One request, one response: no redirects, no cookies, no compression, no proxy unless it is configured.

mod buffers;
mod call;
mod connector;
mod reply;
mod resolver;
mod roots;
mod socket;
mod tls;
pub mod tls_error;
mod upstream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use once_cell::sync::OnceCell;
use rustls::ClientConfig;
#[cfg(any(feature = "fips", feature = "aws-lc-rs"))]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(any(feature = "fips", feature = "aws-lc-rs")))]
use rustls::crypto::ring as cryptography;
use ureq::Agent;
use ureq::config::AutoHeaderValue;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use zeroize::Zeroizing;

use self::call::Call;
use self::connector::StsConnector;
use self::reply::Reply;
use self::resolver::Names;
pub use self::roots::{Roots, load as load_roots, load_from as load_roots_from};
use self::upstream::{LONGEST_IDLE_CONNECTION, Upstream};
use crate::aws::{Endpoint, Proxy, SignedRequest, is_exempt};
use crate::options::{OptionError, Settings};
use crate::ports::{Attempt, Interrupt, SendLimits, Sts};
use crate::reason::{Failure, Reason};
use crate::sys;

/// Longest time for a connection that is opened ahead.
const AHEAD_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest head of a response, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Room for a request's first line, its body, and headers that ureq adds.
const REQUEST_ROOM: usize = 512;
/// More idle connections than there can be requests in flight.
const POOL_SIZE: usize = 16 * 1024;
const USER_AGENT: &str = concat!("mongodb-aws-auth/", env!("CARGO_PKG_VERSION"));
/// What ureq gives as the size of its buffers decides about its pool alone: ours have their own. A
/// request whose size differs neither takes a connection from the pool nor returns one.
const POOLED: usize = 1;
const UNPOOLED: usize = 2;

/// The TLS library inside, for the interface.
pub const TLS_LIBRARY: &std::ffi::CStr = if cfg!(feature = "fips") {
    c"rustls with aws-lc's FIPS module"
} else if cfg!(feature = "aws-lc-rs") {
    c"rustls with aws-lc"
} else {
    c"rustls with ring"
};

/// STS over HTTPS. Shared by all workers.
pub struct StsOverHttps {
    upstreams: Arc<[Arc<Upstream>]>,
    tls: Arc<ClientConfig>,
    ca_warning: Option<String>,
    proxy: Option<Proxy>,
    agent: OnceCell<Agent>,
    /// Calls that belong to no login.
    background: Mutex<Background>,
}

#[derive(Default)]
struct Background {
    interrupts: Vec<Weak<Interrupt>>,
    closed: bool,
}

impl StsOverHttps {
    /// Reads the certificate authorities; opens no connection.
    pub fn new(settings: &Settings) -> Result<StsOverHttps, OptionError> {
        let roots = roots::load(&settings.ca_file)?;
        let ca_warning = roots.warning();
        let provider = cryptography::default_provider();
        // The first random bytes of a process take some 20 ms of CPU in aws-lc, which collects its own
        // entropy: no login pays for that. Where the system gives none, aws-lc would end the process; then
        // no login gets as far as TLS.
        if sys::fill_random(&mut [0; 1]).is_ok() {
            let _first = provider.secure_random.fill(&mut [0; 1]);
        }
        let tls = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| OptionError::new("awsStsCAFile", &settings.ca_file, error))?
            .with_root_certificates(roots.store)
            .with_no_client_auth();
        let upstream = |endpoint: &Arc<Endpoint>| {
            let exempt = is_exempt(&settings.no_proxy, endpoint.server_name());
            let proxied = settings.proxy.is_some() && !exempt;
            Upstream::new(Arc::clone(endpoint), proxied).map(Arc::new)
        };
        let upstreams = settings.endpoints.iter().map(upstream);
        Ok(StsOverHttps {
            upstreams: upstreams.collect::<Result<_, _>>()?,
            tls: Arc::new(tls),
            ca_warning,
            proxy: settings.proxy.clone(),
            agent: OnceCell::new(),
            background: Mutex::default(),
        })
    }

    /// Certificates of the system's bundle that cannot be used, for the log.
    pub fn ca_warning(&self) -> Option<&str> {
        self.ca_warning.as_deref()
    }

    fn agent(&self) -> Result<&Agent, Failure> {
        self.agent.get_or_try_init(|| {
            let proxy = self.proxy.as_ref().map(ureq_proxy).transpose()?;
            let config = Agent::config_builder()
                .https_only(true)
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(USER_AGENT)
                .accept_encoding(AutoHeaderValue::None)
                .max_response_header_size(HEAD_LIMIT)
                .max_idle_connections(POOL_SIZE)
                .max_idle_connections_per_host(POOL_SIZE)
                .max_idle_age(LONGEST_IDLE_CONNECTION)
                .output_buffer_size(POOLED)
                .proxy(proxy)
                .build();
            let names = Names::new();
            let connector = StsConnector {
                upstreams: Arc::clone(&self.upstreams),
                tls: Arc::clone(&self.tls),
                names: names.clone(),
            };
            Ok(Agent::with_parts(config, connector, names))
        })
    }

    fn upstream(&self, endpoint: &Endpoint) -> Result<&Arc<Upstream>, Failure> {
        let mut upstreams = self.upstreams.iter();
        let known = upstreams.find(|upstream| upstream.is(endpoint));
        known.ok_or_else(|| Reason::Internal.into())
    }

    /// Sends a request as the thread's call and reads its response to the end.
    fn exchange(&self, endpoint: &Endpoint, headers: HeaderMap) -> Result<Reply, Failure> {
        let agent = self.agent()?;
        let upstream = self.upstream(endpoint)?;
        let header_bytes =
            |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 4;
        let request_bytes = REQUEST_ROOM + headers.iter().map(header_bytes).sum::<usize>();
        let unpooled = call::with(|call| {
            call.request_bytes = request_bytes;
            call.fresh || call.ahead
        });
        let mut request = Request::new(SignedRequest::BODY);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = upstream.uri().clone();
        *request.headers_mut() = headers;
        if unpooled.unwrap_or_default() {
            let own = agent.configure_request(request);
            request = own.output_buffer_size(UNPOOLED).build();
        }
        if self.proxy.is_some() && !upstream.proxied {
            request = agent.configure_request(request).proxy(None).build();
        }
        let response = agent.run(request);
        reply::read(response.map_err(|error| call::from_ureq(error, Reason::ConnectionLost))?)
    }

    /// Runs a call that belongs to no login, and that the shutdown interrupts.
    fn in_background<T>(&self, timeout: Duration, body: impl FnOnce() -> T) -> Option<T> {
        let interrupt = Arc::new(Interrupt::default());
        let mut background = self.background();
        if background.closed {
            return None;
        }
        background.interrupts.retain(|call| call.strong_count() > 0);
        background.interrupts.push(Arc::downgrade(&interrupt));
        drop(background);
        let call = Call::new(timeout, timeout, interrupt);
        Some(call.run(body).0)
    }

    fn background(&self) -> MutexGuard<'_, Background> {
        self.background
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sts for StsOverHttps {
    fn send(
        &self,
        request: &SignedRequest,
        limits: SendLimits,
        interrupt: &Arc<Interrupt>,
    ) -> Attempt {
        let mut call = Call::new(limits.total, limits.connect, Arc::clone(interrupt));
        call.fresh = limits.fresh;
        let (result, call) = call.run(|| {
            let headers = headers(request)?;
            self.exchange(&request.endpoint, headers)
        });
        match call {
            Some(call) => self.attempt(request, result, &call),
            None => Attempt {
                result: Err(Reason::Internal.into()),
                status: None,
                connect: None,
                connected: false,
                timed_out: false,
                exchange: Duration::ZERO,
                stale_connection: false,
            },
        }
    }

    fn open_ahead(self: Arc<Self>, endpoint: &Endpoint) -> Option<Box<dyn FnOnce() + Send>> {
        let upstream = self.upstream(endpoint).ok()?;
        if !upstream.begin_opening() {
            return None;
        }
        let opening = Opening(Arc::clone(upstream));
        Some(Box::new(move || {
            self.in_background(AHEAD_TIMEOUT, || {
                call::with(|call| call.ahead = true);
                // The connector keeps what it opens, so that this request is never sent.
                let _unsent = self.exchange(&opening.0.endpoint, HeaderMap::new());
            });
            drop(opening);
        }))
    }

    fn probe(&self, endpoint: &Endpoint, timeout: Duration) -> bool {
        let mut headers = HeaderMap::new();
        if let Ok(host) = HeaderValue::from_str(endpoint.host()) {
            headers.insert(header::HOST, host);
        }
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::ACCEPT, json);
        let form = HeaderValue::from_static(SignedRequest::CONTENT_TYPE);
        headers.insert(header::CONTENT_TYPE, form);
        let reply = self.in_background(timeout, || {
            call::with(|call| call.fresh = true);
            self.exchange(endpoint, headers)
        });
        matches!(reply, Some(Ok(reply)) if reply.status < 500)
    }

    fn shutdown(&self) {
        let mut background = self.background();
        background.closed = true;
        let interrupts = std::mem::take(&mut background.interrupts);
        drop(background);
        for interrupt in interrupts.iter().filter_map(Weak::upgrade) {
            interrupt.set();
        }
        self.upstreams.iter().for_each(|upstream| upstream.close());
        if let Some(agent) = self.agent.get() {
            agent.clone().shutdown();
        }
    }
}

/// A connection is being opened ahead until this drops.
struct Opening(Arc<Upstream>);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.opened();
    }
}

impl StsOverHttps {
    fn attempt(
        &self,
        request: &SignedRequest,
        result: Result<Reply, Failure>,
        call: &Call,
    ) -> Attempt {
        let took = call.elapsed();
        let is_loss = |reason| matches!(reason, Reason::ConnectionLost | Reason::TlsFailed);
        let (result, stale_connection) = match result {
            // The first of two may be the answer to what another login asked over this connection.
            Ok(_) if call.reused && call.surplus => {
                let failure = Failure::new(Reason::AnswerHttp, "more than one response");
                (Err(failure), true)
            }
            // The request changes nothing at STS, so it may be sent again.
            Err(failure) => {
                let stale = call.reused && call.connected && !call.received;
                let stale = stale && is_loss(failure.reason);
                (Err(failure), stale)
            }
            Ok(reply) => (Ok(reply), false),
        };
        Attempt {
            status: result.as_ref().ok().map(|reply| reply.status),
            result: result
                .map_err(|failure| self.unconnected(request, failure, call))
                .and_then(|reply| reply.answer()),
            connect: call.connect,
            connected: call.connected,
            timed_out: call.is_late(),
            exchange: took.saturating_sub(call.connect.unwrap_or_default()),
            stale_connection,
        }
    }

    /// A connection took too long to open while the login has time left.
    fn unconnected(&self, request: &SignedRequest, failure: Failure, call: &Call) -> Failure {
        if failure.reason != Reason::VerificationTimeout || !call.is_connect_late() {
            return failure;
        }
        let upstream = self.upstream(&request.endpoint);
        let reason = match upstream.is_ok_and(|upstream| upstream.proxied) {
            true => Reason::ProxyFailed,
            false => Reason::ConnectFailed,
        };
        let limit = format!("not within {} ms", call.connect_limit().as_millis());
        let detail = match &*failure.detail {
            "" => limit,
            detail => format!("{limit}: {detail}"),
        };
        Failure::new(reason, detail)
    }
}

/// The signed request's headers, all that are sent and in this order. Their values share one buffer,
/// which is wiped with the last of them inside ureq.
fn headers(request: &SignedRequest) -> Result<HeaderMap, Failure> {
    let bytes = request.headers().map(|(_, value)| value.len()).sum();
    let mut values = Zeroizing::new(Vec::with_capacity(bytes));
    for (_, value) in request.headers() {
        values.extend_from_slice(value.as_bytes());
    }
    let mut values = Bytes::from_owner(values);
    let mut headers = HeaderMap::with_capacity(16);
    for (name, value) in request.headers() {
        let value = HeaderValue::from_maybe_shared(values.split_to(value.len()));
        let value = value.map_err(|_| Failure::new(Reason::Internal, "a header's value"))?;
        headers.insert(name, value);
    }
    let length = HeaderValue::from(SignedRequest::BODY.len());
    headers.insert(header::CONTENT_LENGTH, length);
    let agent = HeaderValue::from_static(USER_AGENT);
    headers.insert(header::USER_AGENT, agent);
    Ok(headers)
}

/// The proxy as ureq wants it.
fn ureq_proxy(proxy: &Proxy) -> Result<ureq::Proxy, Failure> {
    let protocol = match proxy.is_tls() {
        true => ureq::ProxyProtocol::Https,
        false => ureq::ProxyProtocol::Http,
    };
    let endpoint = proxy.endpoint();
    let mut builder = ureq::Proxy::builder(protocol)
        .host(&upstream::host(endpoint))
        .port(endpoint.port());
    if let Some((user, password)) = proxy.credentials() {
        builder = builder.username(user).password(password);
    }
    let built = builder.build();
    built.map_err(|error| Failure::new(Reason::ProxyFailed, error.to_string()))
}
