//! N4: the environment changes nothing, unless the operator asks for its proxy.
//!
//! One program of its own, whose tests take turns: the environment belongs to the whole process.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "catalogue/host.rs"]
#[allow(dead_code, unused_imports)]
mod host;
mod support;

use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mongodb_aws_auth::aws::Proxy;
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::hostile::{Certificate, HostileSts};
use sts_emulator::proxy::ConnectProxy;

use host::Host;
use support::ALICE;

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn n4_no_variable_of_the_environment_changes_a_login() {
    let _turn = turn();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let proxy = format!("http://{}", trap.local_addr().unwrap());
    let sts = StsEmulator::builder().start().unwrap();
    // Its authority is the one that SSL_CERT_FILE tries to make known.
    let impostor =
        HostileSts::start(Certificate::Valid, |visit| visit.request().map(drop)).unwrap();
    let folder = std::env::temp_dir().join(format!("maws-environment-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let key_log = folder.join("keys.log");
    let proxies = [
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ];
    let files = [
        ("SSL_CERT_FILE", impostor.ca_path()),
        ("SSL_CERT_DIR", folder.as_path()),
        ("CURL_CA_BUNDLE", impostor.ca_path()),
        ("AWS_CA_BUNDLE", impostor.ca_path()),
        ("SSLKEYLOGFILE", key_log.as_path()),
    ];
    let texts = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ENDPOINT_URL", &*impostor.endpoint()),
        ("AWS_ENDPOINT_URL_STS", &*impostor.endpoint()),
        ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    // SAFETY: no other test runs, and no thread of the plugin is there yet; the emulator's threads
    // read no variable.
    unsafe {
        for name in proxies {
            std::env::set_var(name, &proxy);
        }
        for (name, path) in files {
            std::env::set_var(name, path);
        }
        for (name, value) in &texts {
            std::env::set_var(name, value);
        }
    }

    let host = Host::with_emulator(&sts, &[]);
    host.login(ALICE).assert_done(ALICE);
    assert_eq!(sts.counters().requests, 1);
    let request = sts.requests().remove(0).request;
    assert_eq!(request.header("host"), Some("sts.amazonaws.com"));

    let misled = [
        ("awsStsEndpoint", &*impostor.endpoint()),
        ("awsStsCAFile", sts.ca_path().to_str().unwrap()),
    ];
    let elsewhere = Host::create(&misled).unwrap();
    elsewhere.login(ALICE).assert_refused(Reason::TlsFailed);
    assert_eq!(impostor.seen().requests, 0);

    assert!(trap.accept().is_err(), "the proxy was used");
    assert!(!key_log.exists(), "TLS keys were written");
    let lines = host.stop();
    let told = lines.iter().filter(|line| line.contains("proxy"));
    assert_eq!(told.count(), 1, "{lines:?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The one exception: awsStsProxy is env.
#[test]
fn n4_the_environment_s_proxy_is_used_where_the_operator_says_so() {
    let _turn = turn();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let sts = StsEmulator::builder().start().unwrap();
    // SAFETY: as above.
    unsafe {
        std::env::set_var("https_proxy", url);
        std::env::remove_var("no_proxy");
        std::env::remove_var("NO_PROXY");
    }
    let host = Host::with_emulator(&sts, &[("awsStsProxy", "env")]);
    let conv = host.begin();
    conv.until_pending();
    let (mut client, _) = proxy.accept().unwrap();
    let mut asked = [0; 1024];
    let length = client.read(&mut asked).unwrap();
    let expected = format!("CONNECT {} HTTP/1.1\r\n", sts.address());
    assert!(asked[..length].starts_with(expected.as_bytes()));
    assert_eq!(conv.cancel(), 0);
    assert_eq!(sts.counters().connections, 0);
}

/// Sets these variables of a proxy and no others.
fn set_proxies(variables: &[(&str, &str)]) {
    // SAFETY: as above.
    unsafe {
        for name in ["https_proxy", "all_proxy", "no_proxy", "http_proxy"] {
            std::env::remove_var(name);
            std::env::remove_var(name.to_uppercase());
        }
        for (name, value) in variables {
            std::env::set_var(name, value);
        }
    }
}

/// The proxy that `awsStsProxy` `env` makes of these variables, as `HOST:PORT`.
fn proxy_of(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
    set_proxies(variables);
    let options = Options::new(&[("awsStsProxy", "env")]).map_err(|error| error.to_string())?;
    let proxy = options.settings.proxy.as_ref().map(Proxy::endpoint);
    Ok(proxy.map(|place| format!("{}:{}", place.server_name(), place.port())))
}

#[test]
fn n4_the_environment_s_proxy_is_found_as_libcurl_finds_it() {
    let _turn = turn();
    for (variables, proxy) in [
        (&[("https_proxy", "http://a:1")][..], Some("a:1")),
        (&[("https_proxy", "a:1")], Some("a:1")),
        (&[("HTTPS_PROXY", "a.example")], Some("a.example:1080")),
        (&[("https_proxy", "a")], Some("a:1080")),
        (&[("https_proxy", "user@a:1")], Some("a:1")),
        (&[("https_proxy", "HTTPS://user:p%20w@a/")], Some("a:443")),
        (
            &[("https_proxy", "a:1"), ("HTTPS_PROXY", "b:2")],
            Some("a:1"),
        ),
        // One that is empty is none.
        (&[("https_proxy", ""), ("HTTPS_PROXY", "b:2")], Some("b:2")),
        (&[("https_proxy", ""), ("HTTPS_PROXY", "")], None),
        (
            &[("all_proxy", "http://a:1"), ("ALL_PROXY", "socks5://b:2")],
            None,
        ),
        (
            &[("http_proxy", "http://a:1"), ("HTTP_PROXY", "http://a:1")],
            None,
        ),
        (&[], None),
    ] {
        let wanted = Ok(proxy.map(str::to_owned));
        assert_eq!(proxy_of(variables), wanted, "{variables:?}");
    }
}

#[test]
fn n4_a_proxy_of_the_environment_that_cannot_be_used_is_named_without_its_password() {
    let _turn = turn();
    for (variables, words) in [
        (
            &[("https_proxy", "socks5://user:hunter2@a:1080")][..],
            &[
                "https_proxy of the environment is \"socks5://***@a:1080\"",
                "SOCKS",
            ][..],
        ),
        (
            &[("https_proxy", ""), ("HTTPS_PROXY", "ftp://user:hunter2@a")],
            &[
                "HTTPS_PROXY of the environment is \"ftp://***@a\"",
                "http://HOST:PORT",
            ],
        ),
        (
            &[("https_proxy", "http://user:hunter2")],
            &[
                "https_proxy of the environment is \"http://user:***\"",
                "http://HOST:PORT",
            ],
        ),
        (
            &[("HTTPS_PROXY", "http://user:hunter2/3@a:1")],
            &[
                "HTTPS_PROXY of the environment is \"http://***@a:1\"",
                "%2F",
            ],
        ),
        (
            &[("https_proxy", "a:1 ")],
            &["https_proxy of the environment is \"a:***\""],
        ),
    ] {
        let text = proxy_of(variables).unwrap_err();
        assert!(
            text.starts_with("awsStsProxy: \"env\" is invalid: "),
            "{text}"
        );
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
    }
    for name in ["https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"] {
        set_proxies(&[]);
        // SAFETY: as above.
        unsafe { std::env::set_var(name, std::ffi::OsStr::from_bytes(b"\xff")) };
        let refused = Options::new(&[("awsStsProxy", "env")]).map(|_| ());
        let text = refused.unwrap_err().to_string();
        let words = format!("{name} of the environment is not UTF-8");
        assert!(text.contains(&words), "{text}");
    }
    set_proxies(&[]);
}

#[test]
fn n4_hosts_that_no_proxy_names_are_reached_directly() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    for (name, value, direct) in [
        ("no_proxy", "127.0.0.0/8", true),
        ("NO_PROXY", "10.0.0.0/8, 127.0.0.1/32", true),
        ("no_proxy", "localhost 127.0.0.1", true),
        ("NO_PROXY", "*", true),
        ("no_proxy", "10.0.0.0/8", false),
        ("no_proxy", "sts.amazonaws.com", false),
    ] {
        let proxy = ConnectProxy::start("200 OK").unwrap();
        let proxy_url = proxy.url("user@");
        set_proxies(&[("https_proxy", &proxy_url), (name, value)]);
        let host = Host::with_emulator(&sts, &[("awsStsProxy", "env")]);
        host.login(ALICE).assert_done(ALICE);
        let heads = proxy.heads();
        assert_eq!(heads.is_empty(), direct, "{name}={value}: {heads:?}");
        // The user, a colon, and no password (RFC 7617).
        let with_user = |head: &String| head.contains("Proxy-Authorization: Basic dXNlcjo=\r\n");
        assert!(heads.iter().all(with_user), "{heads:?}");
    }
    set_proxies(&[]);
}

#[test]
fn n4_a_proxy_that_is_not_used_is_told_with_its_value_and_without_its_password() {
    let _turn = turn();
    let sts = StsEmulator::builder().start().unwrap();
    for (variables, option, told) in [
        (
            &[("https_proxy", "http://user:hunter2@a:3128")][..],
            "",
            Some("https_proxy=\"http://***@a:3128\" is set, and awsStsProxy is not"),
        ),
        (
            &[("https_proxy", ""), ("HTTPS_PROXY", "user:hunter2@a:3128")],
            "",
            Some("HTTPS_PROXY=\"***@a:3128\" is set, and awsStsProxy is not"),
        ),
        (
            &[("ALL_PROXY", "socks5h://user:hunter2@a:1080")],
            "",
            Some("ALL_PROXY=\"socks5h://***@a:1080\" is set, and awsStsProxy is not"),
        ),
        (
            &[("all_proxy", "socks5://a:1080")],
            "env",
            Some("all_proxy=\"socks5://a:1080\" is set, and awsStsProxy=env takes https_proxy"),
        ),
        (
            &[("ALL_PROXY", "http://user:hunter2@a")],
            "env",
            Some("ALL_PROXY=\"http://***@a\" is set, and awsStsProxy=env takes https_proxy"),
        ),
        (&[("https_proxy", ""), ("ALL_PROXY", "")], "", None),
        (
            &[("https_proxy", "a:1"), ("no_proxy", "127.0.0.0/8")],
            "",
            None,
        ),
        (&[], "env", None),
    ] {
        set_proxies(variables);
        let host = Host::with_emulator(&sts, &[("awsStsProxy", option)]);
        host.login(ALICE).assert_done(ALICE);
        let lines = host.stop();
        let about: Vec<&String> = lines.iter().filter(|line| line.contains("proxy")).collect();
        assert_eq!(about.len(), usize::from(told.is_some()), "{about:?}");
        for line in about {
            assert!(line.contains(told.unwrap()), "{line}");
            assert!(!line.contains("hunter2"), "{line}");
        }
    }
    set_proxies(&[]);
}
