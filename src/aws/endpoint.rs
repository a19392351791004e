//! STS endpoints: the host that clients sign for, and the address to connect to.
//!
//! The two are separate because drivers take the signing region from the host's second label: the
//! name of a VPC endpoint cannot be advertised.

use std::fmt;

use super::partition::Partition;

const GLOBAL_HOST: &str = "sts.amazonaws.com";
const GLOBAL_REGION: &str = "us-east-1";
const HOST_LIMIT: usize = 255;
const HTTPS_PORT: u16 = 443;

/// Why a host or URL is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointError(pub(super) &'static str);

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for EndpointError {}

/// Whether a host has the name of an STS endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostForm {
    /// A name that AWS gives its STS endpoints; it holds the signing region.
    Sts,
    /// Any other name with at least one dot; only with awsStsAllowCustomHost.
    Custom,
}

/// One STS endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    region: String,
    server_name: String,
    port: u16,
}

impl Endpoint {
    /// `host` is advertised and signed. `region` replaces the region that drivers derive from the
    /// host. `url` is where to connect; without it that is `https://HOST`.
    pub fn new(
        host: &str,
        region: Option<&str>,
        url: Option<&str>,
    ) -> Result<Endpoint, EndpointError> {
        sts_host_form(host)?;
        let (server_name, port) = match url {
            Some(url) => parse_url(url)?,
            None => (host.to_owned(), HTTPS_PORT),
        };
        let region = region.unwrap_or_else(|| driver_region(host)).to_owned();
        Ok(Endpoint {
            host: host.to_owned(),
            region,
            server_name,
            port,
        })
    }

    /// The address of a proxy; it has no signing region.
    pub(super) fn for_proxy(name: &str, port: u16) -> Endpoint {
        Endpoint {
            host: name.to_owned(),
            region: String::new(),
            server_name: name.to_owned(),
            port,
        }
    }

    /// The host that clients sign, and the request's Host header.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The region in the credential scope.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The name or address to connect to, which the certificate has to be for.
    pub fn server_name(&self) -> &str {
        &self.server_name
    }

    /// The TCP port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether both have the same address, so that they share idle connections.
    pub fn same_address(&self, other: &Endpoint) -> bool {
        self.server_name == other.server_name && self.port == other.port
    }
}

/// Checks the form of a host to be advertised: 1 to 255 bytes, no empty label, no port (driver
/// specification, auth.md).
pub fn sts_host_form(host: &str) -> Result<HostForm, EndpointError> {
    if !(1..=HOST_LIMIT).contains(&host.len()) {
        return Err(EndpointError("a host has 1 to 255 characters"));
    }
    if !host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    {
        return Err(EndpointError(
            "a host has letters, digits, hyphens and dots only: no scheme, port, user or path",
        ));
    }
    let label =
        |l: &str| !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-');
    if !host.split('.').all(label) {
        return Err(EndpointError(
            "a host's labels are not empty and do not begin or end in a hyphen",
        ));
    }
    if !host.contains('.') {
        return Err(EndpointError("a host has at least one dot"));
    }
    Ok(if is_sts_name(host) {
        HostForm::Sts
    } else {
        HostForm::Custom
    })
}

fn is_sts_name(host: &str) -> bool {
    sts_partition(host).is_some()
}

/// The partition of an STS endpoint of AWS; none for any other host.
pub fn sts_partition(host: &str) -> Option<&'static str> {
    if host == GLOBAL_HOST {
        return Some(Partition::of_region(GLOBAL_REGION).name);
    }
    let (region, domain) = region_and_domain(host)?;
    let partition = Partition::of_region(region);
    let is_its = partition.domains.contains(&domain);
    is_its.then_some(partition.name)
}

/// Region and domain of a host with the form of STS's regional ones, whether they belong together or not.
pub fn region_and_domain(host: &str) -> Option<(&str, &str)> {
    let rest = host
        .strip_prefix("sts.")
        .or_else(|| host.strip_prefix("sts-fips."));
    let (region, domain) = rest?.split_once('.')?;
    check_region(region).ok()?;
    Some((region, domain))
}

/// The region of an address of STS that AWS names: an endpoint, or a VPC endpoint
/// (`vpce-....sts.REGION.vpce.DOMAIN`). None for any other name.
pub fn sts_region(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    if sts_partition(&name).is_some() {
        return Some(driver_region(&name).to_owned());
    }
    let (front, domain) = name.split_once(".vpce.")?;
    let mut labels = front.rsplit('.');
    let (region, service) = (labels.next()?, labels.next()?);
    check_region(region).ok()?;
    let is_sts = matches!(service, "sts" | "sts-fips");
    let known = Partition::of_region(region).domains.contains(&domain);
    (is_sts && known).then(|| region.to_owned())
}

/// Checks the form of a region: lower-case words and a number, joined by hyphens, such as
/// `us-gov-west-1`.
pub fn check_region(region: &str) -> Result<(), EndpointError> {
    let error = EndpointError("a region looks like eu-central-1");
    let Some((words, number)) = region.rsplit_once('-') else {
        return Err(error);
    };
    let word = |w: &str| (1..=16).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase());
    let digits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let count = words.split('-').count();
    match digits && (2..=4).contains(&count) && words.split('-').all(word) {
        true => Ok(()),
        false => Err(error),
    }
}

/// The signing region that drivers derive from the host (driver specification, auth.md).
fn driver_region(host: &str) -> &str {
    if host == GLOBAL_HOST {
        return GLOBAL_REGION;
    }
    host.split('.').nth(1).unwrap_or(GLOBAL_REGION)
}

/// Splits `https://HOST[:PORT][/]`.
fn parse_url(url: &str) -> Result<(String, u16), EndpointError> {
    let rest = url.strip_prefix("https://");
    let authority = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    authority
        .and_then(|authority| parse_authority(authority, HTTPS_PORT))
        .map(|(name, port)| (name.to_owned(), port))
        .ok_or(EndpointError(
            "an endpoint looks like https://HOST or https://HOST:PORT",
        ))
}

/// Splits `HOST[:PORT]`; HOST may be a name, an IPv4 address or `[IPv6]`.
pub(super) fn parse_authority(authority: &str, default_port: u16) -> Option<(&str, u16)> {
    let (name, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (address, after) = v6.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            match after {
                "" => (address, None),
                after => (address, Some(after.strip_prefix(':')?)),
            }
        }
        None => match authority.split_once(':') {
            Some((name, port)) => (is_name(name).then_some(name)?, Some(port)),
            None => (is_name(authority).then_some(authority)?, None),
        },
    };
    let Some(port) = port else {
        return Some((name, default_port));
    };
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port > 0)?;
    Some((name, port))
}

fn is_name(name: &str) -> bool {
    let is_valid = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let has_labels = name.split('.').all(|label| !label.is_empty());
    name.len() <= HOST_LIMIT && name.bytes().all(is_valid) && has_labels
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
