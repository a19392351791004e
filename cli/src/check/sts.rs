//! The way from this host to STS, step by step.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use mongodb_aws_auth::net::load_roots;
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::reason::{Reason, printable};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::Findings;
use super::certificates::Witness;
use super::network::{self, HttpAnswer, Tls};
use crate::catalogue;

/// STS judges a signature by its own clock, to a quarter of an hour.
const SKEW_FAILS: i64 = 15 * 60;
const SKEW_WARNS: i64 = 60;
/// Drivers give a login up after ten seconds; a cold call this slow leaves little of them.
const SLOW: Duration = Duration::from_secs(3);

/// Goes the way to the first host; true if STS answered at its end.
pub fn check(options: &Options, findings: &mut Findings) -> bool {
    let settings = &options.settings;
    let endpoint = settings.endpoints.at(0);
    let (name, port) = (endpoint.server_name(), endpoint.port());
    let limit = settings.limits.connect_timeout;
    let started = Instant::now();

    let addresses = match network::resolve(name, port, limit) {
        Ok(addresses) => addresses,
        Err(error) => {
            let remedy = catalogue::entry(Reason::NameResolution).remedy;
            findings.fail("name resolution", format!("{name}: {error}"), remedy);
            return false;
        }
    };
    let shown: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
    let private = addresses.iter().any(|a| network::is_private(a.ip()));
    let what = match private {
        true => " (private addresses: a VPC endpoint, or a name service of your own)",
        false => "",
    };
    findings.pass(
        "name resolution",
        format!("{name} is {}{what}", shown.join(", ")),
    );

    let Some(stream) = route(&addresses, limit, findings) else {
        return false;
    };
    let Some(mut tls) = tls(options, stream, findings) else {
        return false;
    };
    let host = endpoint.host();
    let total = settings.limits.sts_timeout;
    let Some(first) = answer(&mut tls, host, total, findings) else {
        return false;
    };
    let cold = started.elapsed();
    clock(&first, findings);
    let warm = warm(&mut tls, host, total, &first);
    latency(cold, warm, findings);
    true
}

fn route(addresses: &[SocketAddr], limit: Duration, findings: &mut Findings) -> Option<TcpStream> {
    const STEP: &str = "route";
    let (stream, refusals) = match network::connect(addresses, limit) {
        Ok(opened) => opened,
        Err(error) => {
            let remedy = catalogue::entry(Reason::ConnectFailed).remedy;
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

fn tls(options: &Options, stream: TcpStream, findings: &mut Findings) -> Option<Tls> {
    const STEP: &str = "TLS with STS";
    let settings = &options.settings;
    let remedy = catalogue::entry(Reason::TlsFailed).remedy;
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
    let authorities = roots.len();
    let (config, witness) = match Witness::config(roots) {
        Ok(made) => made,
        Err(error) => {
            findings.fail(STEP, error, remedy);
            return None;
        }
    };
    let name = settings.endpoints.at(0).server_name();
    let shaken = network::handshake(config, name, stream, settings.limits.sts_timeout);
    let chain = witness.chain();
    let issuer = chain.first().map(|(_, issuer)| printable(issuer));
    let issuer = issuer.filter(|issuer| !issuer.is_empty());
    let by = issuer.map_or(String::new(), |issuer| format!(", issued by {issuer}"));
    match shaken {
        Ok(tls) => {
            let version = tls.conn.protocol_version();
            let version = version.map_or(String::new(), |version| format!("{version:?}"));
            findings.pass(
                STEP,
                format!(
                    "{version}; certificate for {name}{by}; {} shown, {authorities} authorities known",
                    chain.len()
                ),
            );
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
    const STEP: &str = "answer of STS";
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
                catalogue::entry(reason).remedy,
            );
            None
        }
        Err(error) => {
            let remedy = catalogue::entry(Reason::ConnectionLost).remedy;
            findings.fail(STEP, error.to_string(), remedy);
            None
        }
    }
}

fn clock(answer: &HttpAnswer, findings: &mut Findings) {
    const STEP: &str = "clock";
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
    const STEP: &str = "latency";
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
mod tests {
    use super::*;
    use crate::check::{Status, Step};

    fn clock_step(offset: i64) -> Step {
        let form = format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        );
        let date = OffsetDateTime::now_utc() + time::Duration::seconds(offset);
        let answer = HttpAnswer {
            status: 403,
            date: date.format(&form).ok(),
            server: None,
            reusable: true,
            body: String::new(),
        };
        let mut findings = Findings::default();
        clock(&answer, &mut findings);
        findings.0.remove(0)
    }

    #[test]
    fn the_clock_is_judged_as_sts_judges_signatures() {
        for (offset, status, word) in [
            (0, Status::Pass, "as STS's"),
            (120, Status::Warn, "behind"),
            (-120, Status::Warn, "ahead"),
            (1000, Status::Fail, "behind"),
            (-1000, Status::Fail, "ahead"),
        ] {
            let step = clock_step(offset);
            assert_eq!(step.status, status, "{step:?}");
            assert!(step.found.contains(word), "{step:?}");
        }
    }

    #[test]
    fn a_date_is_read_in_the_form_of_http() {
        assert_eq!(
            http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(http_date("1994-11-06"), None);
    }

    #[test]
    fn an_address_that_takes_no_connection_is_warned_of() {
        let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let addresses = [closed, open.local_addr().unwrap()];
        let mut findings = Findings::default();
        assert!(route(&addresses, Duration::from_secs(5), &mut findings).is_some());
        let step = findings.0.remove(0);
        assert_eq!(step.status, Status::Warn);
        assert!(step.found.contains(&closed.to_string()), "{step:?}");
    }

    #[test]
    fn a_slow_way_or_one_that_closes_is_warned_of() {
        let status = |cold, warm: Option<u64>| {
            let mut findings = Findings::default();
            let warm = warm.map(Duration::from_millis);
            latency(Duration::from_millis(cold), warm, &mut findings);
            findings.0.remove(0).status
        };
        assert_eq!(status(100, Some(10)), Status::Pass);
        assert_eq!(status(100, None), Status::Warn);
        assert_eq!(status(4000, Some(10)), Status::Warn);
    }
}
