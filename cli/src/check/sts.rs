//! The way from this host to STS, step by step.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use mongodb_aws_auth::aws::{Endpoint, Proxy, is_exempt};
use mongodb_aws_auth::options::{Options, Settings};
use mongodb_aws_auth::reason::{Reason, printable};
use mongodb_aws_auth::sts::load_roots;
use rustls::ProtocolVersion;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::certificates::Witness;
use super::network::{self, HttpAnswer, Tls, Wire};
use super::tunnel;
use super::{Findings, Name};
use crate::input::catalogue;

/// STS judges a signature by its own clock, to a quarter of an hour.
const SKEW_FAILS: i64 = 15 * 60;
const SKEW_WARNS: i64 = 60;
/// Drivers give a login up after ten seconds; a cold call this slow leaves little of them.
const SLOW: Duration = Duration::from_secs(3);

/// The hosts that answered, as numbers in the order of awsStsHost.
pub type Reached = Vec<usize>;

/// Goes the way to each host.
pub fn check(options: &Options, findings: &mut Findings) -> Reached {
    let endpoints = &options.settings.endpoints;
    let all = endpoints.iter().enumerate();
    let reached = all.filter(|(_, endpoint)| {
        let mark = findings.mark();
        let reached = way(&options.settings, endpoint, findings);
        if endpoints.count() > 1 {
            findings.label(mark, endpoint.host());
        }
        reached
    });
    reached.map(|(index, _)| index).collect()
}

/// The proxy that stands on the way to this endpoint.
pub fn proxy_to<'a>(settings: &'a Settings, endpoint: &Endpoint) -> Option<&'a Proxy> {
    let proxy = settings.proxy.as_ref();
    proxy.filter(|_| !is_exempt(&settings.no_proxy, endpoint.server_name()))
}

/// Goes the way to one host; true if STS answered at its end.
fn way(settings: &Settings, endpoint: &Endpoint, findings: &mut Findings) -> bool {
    let limit = settings.limits.connect_timeout;
    let total = settings.limits.sts_timeout;
    let started = Instant::now();
    let proxy = proxy_to(settings, endpoint);
    let near = proxy.map_or(endpoint, |proxy| proxy.endpoint().as_ref());

    let Some(addresses) = addresses(near, limit, findings) else {
        return false;
    };
    let Some(stream) = route(&addresses, limit, findings) else {
        return false;
    };
    let Some(wire) = through(settings, proxy, endpoint, stream, findings) else {
        return false;
    };
    let Some(mut tls) = tls(settings, endpoint, wire, findings) else {
        return false;
    };
    let host = endpoint.host();
    let Some(first) = answer(&mut tls, host, total, findings) else {
        return false;
    };
    let cold = started.elapsed();
    clock(&first, findings);
    let warm = warm(&mut tls, host, total, &first);
    latency(cold, warm, findings);
    true
}

fn addresses(near: &Endpoint, limit: Duration, findings: &mut Findings) -> Option<Vec<SocketAddr>> {
    const STEP: Name = Name::Resolution;
    let name = near.server_name();
    let addresses = match network::resolve(name, near.port(), limit) {
        Ok(addresses) => addresses,
        Err(error) => {
            let remedy = catalogue::remedy(Reason::NameResolution);
            let remedy = format!(
                "{} If the host has no way out of its own: a proxy (awsStsProxy), or a VPC endpoint \
                 (awsStsEndpoint).",
                remedy.replace("NAME", name)
            );
            findings.fail(STEP, format!("{name}: {error}"), remedy);
            return None;
        }
    };
    let shown: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
    let private = addresses.iter().any(|a| network::is_private(a.ip()));
    let what = match private {
        true => " (private addresses: a VPC endpoint, or a name service of your own)",
        false => "",
    };
    findings.pass(STEP, format!("{name} is {}{what}", shown.join(", ")));
    Some(addresses)
}

/// Gets through the proxy, where there is one.
fn through(
    settings: &Settings,
    proxy: Option<&Proxy>,
    endpoint: &Endpoint,
    stream: TcpStream,
    findings: &mut Findings,
) -> Option<Box<dyn Wire>> {
    const STEP: Name = Name::WayThroughProxy;
    let bounded = network::bound(&stream, settings.limits.sts_timeout);
    let Some(proxy) = proxy else {
        return bounded.is_ok().then(|| Box::new(stream) as Box<dyn Wire>);
    };
    match tunnel::open(stream, proxy, endpoint, &settings.ca_file) {
        Ok(wire) => {
            let (name, port) = (proxy.endpoint().server_name(), proxy.endpoint().port());
            findings.pass(STEP, format!("{name}:{port} connects to STS"));
            Some(wire)
        }
        Err(error) => {
            let remedy = catalogue::remedy(Reason::ProxyFailed);
            findings.fail(STEP, error, remedy);
            None
        }
    }
}

fn route(addresses: &[SocketAddr], limit: Duration, findings: &mut Findings) -> Option<TcpStream> {
    const STEP: Name = Name::Route;
    let (stream, refusals) = match network::connect(addresses, limit) {
        Ok(opened) => opened,
        Err(error) => {
            let remedy = catalogue::remedy(Reason::ConnectFailed);
            findings.fail(STEP, error, remedy);
            return None;
        }
    };
    let ends = stream
        .local_addr()
        .and_then(|from| Ok((from, stream.peer_addr()?)));
    let route = ends.map(|(from, to)| format!("connected from {} to {to}", from.ip()));
    let route = route.unwrap_or_default();
    match refusals.is_empty() {
        true => findings.pass(STEP, route),
        false => findings.warn(
            STEP,
            format!("{route}, after {}", refusals.join("; ")),
            "Each new connection may lose time on these addresses: give this host a route to \
             them (IPv6?), or take a name that does not have them.",
        ),
    }
    Some(stream)
}

fn tls(
    settings: &Settings,
    endpoint: &Endpoint,
    wire: Box<dyn Wire>,
    findings: &mut Findings,
) -> Option<Tls> {
    const STEP: Name = Name::StsTls;
    let remedy = "Name the issuer's certificate (awsStsCAFile), the endpoint (awsStsEndpoint) or a proxy \
        (awsStsProxy), set the clock, or have the device on the route allow the name: whichever the \
        text says.";
    let roots = match load_roots(&settings.ca_file) {
        Ok(roots) => roots,
        Err(error) => {
            findings.fail(
                STEP,
                error.to_string(),
                "Install the package ca-certificates, or name a PEM file that the server can read.",
            );
            return None;
        }
    };
    let (authorities, skipped) = (roots.store.len(), roots.warning());
    let (config, witness) = match Witness::config(roots.store) {
        Ok(made) => made,
        Err(error) => {
            findings.fail(STEP, error, remedy);
            return None;
        }
    };
    let name = endpoint.server_name();
    let shaken = network::handshake(config, name, wire);
    let chain = witness.chain();
    let issuer = chain.first().map(|(_, issuer)| printable(issuer));
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let by = issuer.map_or(String::new(), |issuer| format!(", issued by {issuer}"));
    match shaken {
        Ok(tls) => {
            let version = tls.conn.protocol_version();
            let version = match version {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                _ => "TLS",
            };
            let text = format!(
                "{version}; certificate for {name}{by}; {} shown, {authorities} authorities known",
                chain.len()
            );
            match skipped {
                None => findings.pass(STEP, text),
                Some(skipped) => findings.warn(
                    STEP,
                    format!("{text}; {skipped}"),
                    "Certificates of these authorities are refused. Remove or replace what cannot be \
                     used, and rebuild the bundle (update-ca-certificates, update-ca-trust).",
                ),
            }
            Some(tls)
        }
        Err(error) => {
            let shown = by.trim_start_matches(", ");
            let shown = match shown.is_empty() {
                true => String::new(),
                false => format!(" (the certificate shown was {shown})"),
            };
            findings.fail(STEP, format!("{}{shown}", printable(&error)), remedy);
            None
        }
    }
}

/// STS refuses a request without a signature with 403 and says so; nothing else does.
fn answer(
    tls: &mut Tls,
    host: &str,
    limit: Duration,
    findings: &mut Findings,
) -> Option<HttpAnswer> {
    const STEP: Name = Name::StsAnswer;
    match network::ask_unsigned(tls, host, limit) {
        Ok(answer)
            if answer.status == 403 && answer.body.contains("MissingAuthenticationToken") =>
        {
            findings.pass(
                STEP,
                "it refuses a request without a signature, as it should",
            );
            Some(answer)
        }
        Ok(answer) => {
            let server = answer.server.as_deref().map(printable).unwrap_or_default();
            let by = match server.is_empty() {
                true => String::new(),
                false => format!(" (by {server})"),
            };
            let reason = match answer.status {
                500..=599 => Reason::StsFailing,
                _ if answer.body.contains("Throttling") => Reason::StsThrottling,
                403 if answer.body.contains("AccessDenied") => Reason::AccessDenied,
                _ => Reason::AnswerStatus,
            };
            findings.fail(
                STEP,
                format!(
                    "status {}{by} where STS would ask for a signature",
                    answer.status
                ),
                catalogue::remedy(reason),
            );
            None
        }
        Err(error) => {
            let remedy = catalogue::remedy(Reason::ConnectionLost);
            findings.fail(STEP, error.to_string(), remedy);
            None
        }
    }
}

fn clock(answer: &HttpAnswer, findings: &mut Findings) {
    const STEP: Name = Name::Clock;
    let Some(theirs) = answer.date.as_deref().and_then(http_date) else {
        findings.skip(STEP, "the answer has no Date to compare with");
        return;
    };
    let ours = OffsetDateTime::from(SystemTime::now()).unix_timestamp();
    let skew = ours - theirs;
    let found = match skew {
        -1..=1 => "as STS's".to_owned(),
        _ if skew > 0 => format!("{skew} s ahead of STS"),
        _ => format!("{} s behind STS", -skew),
    };
    let remedy = "Clients sign with their own clock, so this host's does no harm to a login by \
                  itself; but log times are wrong, and clients with the same time source fail with \
                  304 or 305 from 15 minutes on. Set it (chrony, systemd-timesyncd).";
    match skew.abs() {
        SKEW_FAILS.. => findings.fail(STEP, found, remedy),
        SKEW_WARNS.. => findings.warn(STEP, found, remedy),
        _ => findings.pass(STEP, found),
    }
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<i64> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let parsed = PrimitiveDateTime::parse(text, &form).ok()?;
    Some(parsed.assume_utc().unix_timestamp())
}

fn warm(tls: &mut Tls, host: &str, limit: Duration, first: &HttpAnswer) -> Option<Duration> {
    let started = Instant::now();
    first.reusable.then_some(())?;
    network::ask_unsigned(tls, host, limit).ok()?;
    Some(started.elapsed())
}

fn latency(cold: Duration, warm: Option<Duration>, findings: &mut Findings) {
    const STEP: Name = Name::Latency;
    let found = match warm {
        Some(warm) => format!("{} ms cold, {} ms warm", cold.as_millis(), warm.as_millis()),
        None => format!(
            "{} ms cold; the connection cannot be used again",
            cold.as_millis()
        ),
    };
    match (cold, warm) {
        (cold, _) if cold > SLOW => findings.warn(
            STEP,
            found,
            "Drivers give up after 10 s: a nearer STS (awsStsHost of this region) or a VPC \
             endpoint is quicker.",
        ),
        (_, None) => findings.warn(
            STEP,
            found,
            "Every login then opens a connection: look for a device that closes them.",
        ),
        _ => findings.pass(STEP, found),
    }
}

#[cfg(test)]
#[path = "sts_tests.rs"]
mod tests;
