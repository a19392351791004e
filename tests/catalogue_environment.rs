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
use std::sync::{Mutex, MutexGuard, PoisonError};

use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::hostile::{Certificate, HostileSts};

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
