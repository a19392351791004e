//! The proxy between the plugin and STS, if one is configured.

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

impl Proxy {
    /// Parses `http://[USER:PASSWORD@]HOST:PORT`; with `https://` the proxy is reached over TLS.
    pub fn parse(url: &str) -> Result<Proxy, EndpointError> {
        let form =
            EndpointError("a proxy looks like http://HOST:PORT or https://USER:PASSWORD@HOST:PORT");
        let (tls, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(form),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, authority) = rest.rsplit_once('@').unwrap_or(("", rest));
        let port = if tls { 443 } else { 80 };
        let (name, port) = parse_authority(authority, port).ok_or(form.clone())?;
        let credentials = decode(credentials).ok_or(form)?;
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

/// The URL with its user and password replaced, for logs and `get_option`.
pub fn without_password(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((before, authority)) => {
            let (scheme, _) = before.split_once("://").unwrap_or(("", before));
            format!("{scheme}://***@{authority}")
        }
        None => url.to_owned(),
    }
}

/// Whether `no_proxy` names this host: a list of hosts and domains, separated by commas.
pub fn is_exempt(no_proxy: &str, host: &str) -> bool {
    let entries = no_proxy.split([',', ' ']).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| entry.trim_start_matches("*."))
        .any(|entry| {
            let domain = entry.strip_prefix('.').unwrap_or(entry);
            let below = host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'));
            entry == "*" || domain == host || below
        })
}

/// Decodes percent-encoding (RFC 3986, section 2.1).
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            byte if !byte.is_ascii_graphic() => return None,
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_an_address_and_may_have_credentials() {
        let proxy = Proxy::parse("http://proxy.example:3128").unwrap();
        let address = (proxy.endpoint().server_name(), proxy.endpoint().port());
        assert_eq!((address, proxy.is_tls()), (("proxy.example", 3128), false));
        assert_eq!(proxy.credentials(), None);

        let proxy = Proxy::parse("https://user:p%40ss@proxy/").unwrap();
        let address = (proxy.endpoint().server_name(), proxy.endpoint().port());
        assert_eq!((address, proxy.is_tls()), (("proxy", 443), true));
        assert_eq!(proxy.credentials(), Some(("user", "p@ss")));
    }

    #[test]
    fn any_other_url_is_refused() {
        for url in [
            "",
            "proxy:3128",
            "socks5://proxy",
            "http://",
            "http://proxy:0",
            "http://pro xy",
            "http://proxy/path",
            "http://user:%zz@proxy",
            "http://us er:secret@proxy",
            "http://us\u{0}er:secret@proxy",
            "http://user:s%00cret@proxy",
            "http://user:s%0d%0acret@proxy",
        ] {
            assert!(Proxy::parse(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let url = "http://user:se:cr@et@proxy.example:3128";
        assert_eq!(without_password(url), "http://***@proxy.example:3128");
        assert_eq!(without_password("http://proxy:1"), "http://proxy:1");
        let shown = format!("{:?}", Proxy::parse("http://user:secret@proxy").unwrap());
        assert!(
            !shown.contains("user") && !shown.contains("\"secret\""),
            "{shown}"
        );
    }

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        let no_proxy = "localhost, .amazonaws.com,*.corp.example,10.0.0.1";
        for (host, exempt) in [
            ("localhost", true),
            ("sts.amazonaws.com", true),
            ("amazonaws.com", true),
            ("xamazonaws.com", false),
            ("a.corp.example", true),
            ("10.0.0.1", true),
            ("10.0.0.12", false),
        ] {
            assert_eq!(is_exempt(no_proxy, host), exempt, "{host}");
        }
        assert!(is_exempt("*", "any.example"));
        assert!(!is_exempt("", "any.example"));
    }
}
