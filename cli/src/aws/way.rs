//! The way to AWS: the environment's proxy, as the plugin takes it.

use aws_smithy_http_client::proxy::ProxyConfig;
use mongodb_aws_auth::aws::is_exempt;
use mongodb_aws_auth::options::{PROXY_VARIABLES, environment_no_proxy, environment_proxy};

use super::broken;
use crate::input::environment::direct_hosts;
use crate::output::Unusable;

/// How requests of `https` go; AWS gives credentials (EC2, ECS, EKS) at addresses of `http` that no proxy
/// reaches.
#[derive(Debug)]
pub struct Way {
    /// For the SDK.
    pub config: ProxyConfig,
    /// The proxy without its password, and its variable.
    proxy: Option<String>,
    no_proxy: String,
}

impl Way {
    /// That of the environment.
    pub fn of_environment() -> Result<Way, Unusable> {
        let no_proxy = environment_no_proxy().map_err(Unusable)?;
        let direct = Way {
            config: ProxyConfig::disabled(),
            proxy: None,
            no_proxy: no_proxy.clone(),
        };
        let Some((variable, proxy)) = environment_proxy().map_err(Unusable)? else {
            return Ok(direct);
        };
        let Some(hosts) = direct_hosts(&no_proxy) else {
            return Ok(direct);
        };
        let scheme = if proxy.is_tls() { "https" } else { "http" };
        let host = match proxy.endpoint().server_name() {
            v6 if v6.contains(':') => format!("[{v6}]"),
            name => name.to_owned(),
        };
        let port = proxy.endpoint().port();
        let login = proxy
            .credentials()
            .map_or(String::new(), |(user, password)| {
                format!("{}:{}@", encoded(user), encoded(password))
            });
        let config = ProxyConfig::https(format!("{scheme}://{login}{host}:{port}"));
        // Its words may repeat the password.
        let config =
            config.map_err(|_| broken(&format!("it does not take the proxy of {variable}")))?;
        let credentials = proxy.credentials().map_or("", |_| "***@");
        Ok(Way {
            config: config.no_proxy(hosts),
            proxy: Some(format!(
                "{scheme}://{credentials}{host}:{port} ({variable})"
            )),
            no_proxy,
        })
    }

    /// The proxy on the way to hosts that go through one.
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The proxy on the way to this host.
    pub fn proxy_to(&self, host: &str) -> Option<&str> {
        self.proxy().filter(|_| !is_exempt(&self.no_proxy, host))
    }

    /// A proxy that other programs use, and this one, as the plugin, does not.
    pub fn ignored(&self) -> Option<&'static str> {
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let mut variables = PROXY_VARIABLES.into_iter();
        variables.find(|name| self.proxy.is_none() && set(name) && !name.starts_with(['h', 'H']))
    }
}

/// Percent-encoded (RFC 3986, section 2.1), as the SDK takes user and password.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
