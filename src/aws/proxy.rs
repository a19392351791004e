//! The proxy between the plugin and STS, if one is configured.

use std::net::IpAddr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::endpoint::{Endpoint, EndpointError, parse_authority};
use crate::secret::Secret;

/// An HTTP proxy that takes CONNECT.
#[derive(Clone, Debug)]
pub struct Proxy {
    endpoint: Arc<Endpoint>,
    tls: bool,
    /// User and password.
    credentials: Option<(Secret, Secret)>,
}

const FORM: EndpointError = EndpointError(
    "a proxy looks like http://HOST:PORT, with credentials http://USER:PASSWORD@HOST:PORT, or https:// if the \
     connection to the proxy is TLS",
);
const HTTPS_PORT: u16 = 443;
/// As libcurl has it (CURLOPT_PROXY).
const HTTP_PORT: u16 = 1080;

impl Proxy {
    /// Parses `[http://][USER[:PASSWORD]@]HOST[:PORT]` as libcurl does; with `https://` the proxy is
    /// reached over TLS. A path is ignored.
    pub fn parse(url: &str) -> Result<Proxy, EndpointError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            scheme if scheme.starts_with("socks") => {
                return Err(EndpointError(
                    "SOCKS proxies are not supported: name an HTTP proxy, as http://HOST:PORT",
                ));
            }
            _ => return Err(FORM),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if path.contains('@') {
            return Err(EndpointError(
                "the characters / ? # of a user or password are written as %2F %3F %23",
            ));
        }
        let (credentials, authority) = authority.rsplit_once('@').unwrap_or(("", authority));
        let port = if tls { HTTPS_PORT } else { HTTP_PORT };
        let (name, port) = parse_authority(authority, port).ok_or(FORM)?;
        let credentials = decode(credentials);
        // RFC 7617, section 2.
        if credentials.iter().any(u8::is_ascii_control) {
            return Err(EndpointError(
                "a proxy's user and password hold no control characters",
            ));
        }
        let text = str::from_utf8(&credentials)
            .map_err(|_| EndpointError("a proxy's user and password are UTF-8, percent-encoded"))?;
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let credentials = (!text.is_empty()).then(|| (Secret::new(user), Secret::new(password)));
        Ok(Proxy {
            endpoint: Arc::new(Endpoint::for_proxy(name, port)),
            tls,
            credentials,
        })
    }

    /// The address to connect to.
    pub fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// The proxy is reached over TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// User and password, if it wants any.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let (user, password) = self.credentials.as_ref()?;
        Some((user.expose(), password.expose()))
    }
}

/// The URL with its user and password replaced, for logs and `get_option`. What stands in a port's place
/// is shown only if it is one: a password without the host behind it looks the same.
pub fn without_password(url: &str) -> String {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_scheme = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    let (scheme, rest) = url.split_at(match is_scheme {
        true => scheme.len() + "://".len(),
        false => 0,
    });
    let (credentials, authority) = match rest.rsplit_once('@') {
        Some((_, authority)) => ("***@", authority),
        None => ("", rest),
    };
    let is_port = |text: &str| {
        let port = text.strip_suffix('/').unwrap_or(text);
        port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
    };
    let name_ends = authority.rfind(']').unwrap_or(0);
    let colon = authority.get(name_ends..).and_then(|rest| rest.find(':'));
    let port = colon.map_or(authority.len(), |at| name_ends + at + 1);
    let (name, port) = authority.split_at(port);
    match is_port(port) {
        true => format!("{scheme}{credentials}{name}{port}"),
        false => format!("{scheme}{credentials}{name}***"),
    }
}

/// Whether `no_proxy` names this host, as libcurl reads it: hosts and domains, addresses and networks
/// (`10.0.0.0/8`), separated by commas or white space; `*` alone is every host. `*.DOMAIN` is `.DOMAIN`.
pub fn is_exempt(no_proxy: &str, host: &str) -> bool {
    if no_proxy.trim() == "*" {
        return true;
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    let address: Option<IpAddr> = host.parse().ok();
    let mut entries = no_proxy
        .split(|c: char| c == ',' || c.is_ascii_whitespace())
        .filter(|entry| !entry.is_empty());
    entries.any(|entry| match address {
        Some(address) => is_in_network(entry, address),
        None => is_in_domain(entry, host),
    })
}

fn is_in_domain(entry: &str, host: &str) -> bool {
    let domain = entry.strip_prefix('*').unwrap_or(entry);
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let below = host.len().checked_sub(domain.len());
    let Some((front, end)) = below.and_then(|at| host.split_at_checked(at)) else {
        return false;
    };
    let is_end = !domain.is_empty() && end.eq_ignore_ascii_case(domain);
    is_end && (front.is_empty() || front.ends_with('.'))
}

/// `ADDRESS` or `ADDRESS/BITS`; an IPv6 address may be in brackets.
fn is_in_network(entry: &str, address: IpAddr) -> bool {
    let (network, bits) = entry.split_once('/').unwrap_or((entry, ""));
    let bare = network.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let (Ok(network), bits) = (
        bare.unwrap_or(network).parse::<IpAddr>(),
        bits.parse::<u32>().ok(),
    ) else {
        return false;
    };
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(n), IpAddr::V4(a)) => (n.to_bits().into(), a.to_bits().into(), 32),
        (IpAddr::V6(n), IpAddr::V6(a)) => (n.to_bits(), a.to_bits(), 128_u32),
        _ => return false,
    };
    let bits = match (entry.contains('/'), bits) {
        (false, _) => width,
        (true, Some(bits)) if bits <= width => bits,
        (true, _) => return false,
    };
    let host_bits = width - bits;
    let differ: u128 = network ^ address;
    differ.checked_shr(host_bits).unwrap_or(0) == 0
}

/// Decodes percent-encoding (RFC 3986, section 2.1); a `%` without two digits stands for itself.
fn decode(text: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        let decoded = (byte == b'%')
            .then(|| u8::try_from(digit(0)? << 4 | digit(1)?).ok())
            .flatten();
        bytes.push(decoded.unwrap_or(byte));
        let skipped = if decoded.is_some() { 2 } else { 0 };
        rest = after.get(skipped..).unwrap_or_default();
    }
    bytes
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
