//! STS through a proxy.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use mongodb_aws_auth::abi::maws_code::*;
use mongodb_aws_auth::options::Options;
use mongodb_aws_auth::reason::Reason;
use sts_emulator::StsEmulator;
use sts_emulator::hostile::{Certificate, HostileSts};
use sts_emulator::proxy::{ConnectProxy, read_head, target};
use support::*;

fn proxy(status: &'static str) -> ConnectProxy {
    ConnectProxy::start(status).unwrap()
}

#[test]
fn a_login_goes_through_the_proxy_and_sts_s_certificate_is_still_checked() {
    let proxy = proxy("200 Connection established");
    let server = Server::with(&[("awsStsProxy", &proxy.url(""))]);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let address = server.sts.address();
    let head = format!(
        "CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\
         User-Agent: mongodb-aws-auth/{}\r\nProxy-Connection: Keep-Alive\r\n\r\n",
        mongodb_aws_auth::VERSION
    );
    assert_eq!(proxy.heads(), [head], "one connection for both");

    let ca_of_another = StsEmulator::builder().start().unwrap();
    let ca_file = ca_of_another.ca_path().to_str().unwrap().to_owned();
    let server = Server::with(&[("awsStsProxy", &proxy.url("")), ("awsStsCAFile", &ca_file)]);
    server.login(ALICE).assert_refused(Reason::TlsFailed);
    assert_eq!(server.sts.counters().requests, 0);
}

#[test]
fn credentials_go_to_the_proxy_and_nowhere_else() {
    let proxy = proxy("200 OK");
    let server = Server::with(&[("awsStsProxy", &proxy.url("user:p%40ss@"))]);
    assert_eq!(server.login(ALICE).code, MAWS_DONE);
    let authorization = "\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n";
    assert!(proxy.heads()[0].contains(authorization));
    let request = server.sts.requests().remove(0).request;
    let names = request.headers.iter().map(|(name, _)| name.to_lowercase());
    assert!(!names.into_iter().any(|name| name.starts_with("proxy")));
    for (_, _, line) in server.host.lines() {
        assert!(!line.contains("p%40ss") && !line.contains("p@ss"), "{line}");
    }
    let shown = server.plugin.options().text("awsStsProxy").unwrap();
    assert_eq!(shown, proxy.url("***@"));
}

#[test]
fn a_proxy_that_refuses_ends_the_login_and_says_why() {
    let proxy = proxy("407 Proxy Authentication Required");
    let server = Server::with(&[("awsStsProxy", &proxy.url(""))]);
    let login = server.login(ALICE);
    login.assert_refused(Reason::ProxyFailed);
    assert!(login.outcome.detail.contains("407"), "{login:?}");
    assert_eq!(server.sts.counters().connections, 0);
}

/// Something that answers every CONNECT with these bytes, and closes only where it is told to.
fn answering(answer: Vec<u8>, closes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut open = Vec::new();
        for client in listener.incoming() {
            let mut client = client.unwrap();
            if read_head(&mut client).is_some() {
                // The plugin may have heard enough before the end.
                let _heard = client.write_all(&answer);
            }
            if !closes {
                open.push(client);
            }
        }
    });
    format!("http://127.0.0.1:{port}")
}

#[test]
fn what_is_no_success_of_a_proxy_connects_nobody() {
    let oversized = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(9000));
    for answer in [
        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\n\r\n",
        "HTTP/1.x200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        "",
        &oversized,
    ] {
        let proxy = answering(answer.as_bytes().to_vec(), true);
        let server = Server::with(&[("awsStsProxy", &proxy)]);
        server.login(ALICE).assert_refused(Reason::ProxyFailed);
        assert_eq!(server.sts.counters().connections, 0);
    }
}

#[test]
fn what_follows_a_proxy_s_answer_is_read_as_the_endpoint_s() {
    let proxy = answering(
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".to_vec(),
        false,
    );
    let server = Server::with(&[("awsStsProxy", &proxy)]);
    server.login(ALICE).assert_refused(Reason::TlsFailed);
}

#[test]
fn a_silent_proxy_costs_the_time_for_connecting_and_no_more() {
    for begun in ["", "HTTP/1.1 200 O"] {
        let proxy = answering(begun.into(), false);
        let options = [("awsStsProxy", &*proxy), ("awsStsConnectTimeoutMs", "200")];
        let server = Server::with(&options);
        server.login(ALICE).assert_refused(Reason::ProxyFailed);
    }
}

#[test]
fn the_way_to_the_proxy_may_be_tls() {
    // The emulator stands in for the proxy: it hears the request over TLS and will not connect.
    let server = Server::start();
    let address = server.sts.address();
    let proxied = Server::with(&[
        ("awsStsProxy", &format!("https://{address}")),
        ("awsStsCAFile", server.sts.ca_path().to_str().unwrap()),
    ]);
    let login = proxied.login(ALICE);
    login.assert_refused(Reason::ProxyFailed);
    assert!(login.outcome.detail.contains("400"), "{login:?}");
    assert_eq!(proxied.sts.counters().connections, 0);
}

#[test]
fn a_login_goes_through_a_proxy_that_is_reached_over_tls() {
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&heads);
    let proxy = HostileSts::start(Certificate::Valid, move |visit| {
        let Some(head) = read_head(visit) else {
            return Ok(());
        };
        let server = TcpStream::connect(target(&head))?;
        seen.lock().unwrap().push(head);
        visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        visit.relay(&server)
    })
    .unwrap();
    let sts = StsEmulator::builder().start().unwrap();
    let bundle = sts.ca_path().with_file_name("both.pem");
    let pems = [proxy.ca_path(), sts.ca_path()].map(|path| std::fs::read_to_string(path).unwrap());
    std::fs::write(&bundle, pems.concat()).unwrap();
    let server = Server::around(
        sts,
        &[
            ("awsStsProxy", &proxy.endpoint()),
            ("awsStsCAFile", bundle.to_str().unwrap()),
        ],
    );
    let login = server.login(ALICE);
    assert_eq!(login.code, MAWS_DONE, "{login:?}");
    assert_eq!(server.login(JANE).principal(), JANE);
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1, "one tunnel for both: {heads:?}");
    assert_eq!(target(&heads[0]), server.sts.address().to_string());
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_at_create_without_showing_the_password() {
    let wrong = Options::new(&[("awsStsProxy", "socks://user:secret@proxy")]);
    let text = wrong.map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("http://HOST:PORT"), "{text}");
    assert!(
        !text.contains("secret@") && text.contains("***@proxy"),
        "{text}"
    );
}
