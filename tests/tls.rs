//! TLS with STS: which certificates are accepted, which authorities are read, and what the log says.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use mongodb_aws_auth::abi::maws_code::MAWS_DONE;
use mongodb_aws_auth::reason::Reason;
use mongodb_aws_auth::sts::tls_error::describe;
use mongodb_aws_auth::sts::{Roots, TLS_LIBRARY, load_roots_from};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use sts_emulator::CannedAnswer;
use sts_emulator::hostile::{Certificate, HostileSts, Visit, first_bytes};

use crate::support::{ALICE, Login, Server};

/// A certificate that nothing is wrong with.
const GOOD: &str = include_str!("c/unused_ca.pem");
const NOT_BASE64: &str = "-----BEGIN CERTIFICATE-----\nMII%\n-----END CERTIFICATE-----\n";
const NOT_X509: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

/// Says that everyone is alice, as long as somebody asks.
fn answer_all(visit: &mut Visit<'_>) -> std::io::Result<()> {
    while visit.request()?.is_some() {
        let body = CannedAnswer::identity(ALICE, "AIDAALICE", "123456789012").body;
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        visit.send(format!("{head} {length}\r\n\r\n{body}").as_bytes())?;
    }
    Ok(())
}

fn login(sts: &HostileSts) -> Login {
    login_with(sts, sts.ca_path().to_str().unwrap())
}

fn login_with(sts: &HostileSts, ca_file: &str) -> Login {
    let endpoint = sts.endpoint();
    let server = Server::with(&[("awsStsEndpoint", &endpoint), ("awsStsCAFile", ca_file)]);
    server.login(ALICE)
}

/// Refused with 412, and these words in the log.
#[track_caller]
fn assert_words(login: &Login, words: &[&str]) {
    login.assert_refused(Reason::TlsFailed);
    let detail = &login.outcome.detail;
    for word in words {
        assert!(detail.contains(word), "{word}: {detail}");
    }
    for code in ["::", "Context", "InvalidCertificate", "{", "[", "=> "] {
        assert!(!detail.contains(code), "{detail}");
    }
}

/// A file of this test with that content.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What create says of this file.
fn refusal(path: &str) -> String {
    load_roots_from(path, &[]).unwrap_err().to_string()
}

fn bundle(name: &str, content: &str) -> Result<Roots, String> {
    let path = file(name, content);
    let bundles = ["/nonexistent/bundle.pem", &path, "/etc/passwd"];
    load_roots_from("", &bundles).map_err(|error| error.to_string())
}

#[test]
fn a_server_of_tls_1_2_alone_is_spoken_with() {
    let sts = HostileSts::start(Certificate::ValidOverTls12, answer_all).unwrap();
    assert_eq!(login(&sts).code, MAWS_DONE);
}

#[test]
fn an_authority_or_server_with_a_p521_key_is_accepted_unless_the_provider_is_ring() {
    let is_ring = TLS_LIBRARY.to_string_lossy().contains("ring");
    for (certificate, words) in [
        (Certificate::OfP521Authority, "ECDSA and SHA-512"),
        (Certificate::WithP521Key, "signature algorithm"),
    ] {
        let sts = HostileSts::start(certificate, answer_all).unwrap();
        match is_ring {
            false => assert_eq!(login(&sts).code, MAWS_DONE),
            true => assert_words(&login(&sts), &[words, "rustls with ring"]),
        }
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_in_words() {
    for (certificate, words) in [
        (
            Certificate::Expired,
            &["expired at 2020-12-31T00:00:00Z", "clock says 20"][..],
        ),
        (
            Certificate::NotYetValid,
            &["valid from 4000-01-01T00:00:00Z on"],
        ),
        (
            Certificate::OtherName,
            &["127.0.0.1 is for sts.amazonaws.com.example:"],
        ),
        (Certificate::CommonNameOnly, &["no subjectAltName"]),
        (
            Certificate::SelfSigned,
            &["CA:FALSE", "subjectAltName=IP:127.0.0.1", "awsStsCAFile"],
        ),
        // It has the name of the one that is known, and another key.
        (
            Certificate::UnknownAuthority,
            &["does not match its issuer"],
        ),
    ] {
        let sts = HostileSts::start(certificate, answer_all).unwrap();
        assert_words(&login(&sts), words);
    }
    let sts = HostileSts::start(Certificate::Valid, answer_all).unwrap();
    let another = file("another.pem", GOOD);
    assert_words(
        &login_with(&sts, &another),
        &["127.0.0.1 has an unknown issuer", "awsStsCAFile"],
    );
}

#[test]
fn a_server_without_tls_1_2_or_1_3_is_named_as_that() {
    // The alert protocol_version, as such a server sends it; and a ServerHello of TLS 1.1.
    let alert = b"\x15\x03\x01\x00\x02\x02\x46".to_vec();
    let mut hello = b"\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02".to_vec();
    hello.extend([0x42; 32]);
    hello.extend(b"\x00\xc0\x13\x00");
    for answer in [alert, hello] {
        let sts = HostileSts::without_tls(move |socket| {
            first_bytes(socket)?;
            socket.write_all(&answer)?;
            socket.read_to_end(&mut Vec::new()).map(drop)
        })
        .unwrap();
        assert_words(&login(&sts), &["neither TLS 1.2 nor TLS 1.3"]);
    }
}

#[test]
fn a_server_that_speaks_plain_text_is_named_as_that() {
    let sts = HostileSts::without_tls(|socket| {
        first_bytes(socket)?;
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")?;
        socket.read_to_end(&mut Vec::new()).map(drop)
    })
    .unwrap();
    assert_words(&login(&sts), &["other than TLS", "127.0.0.1"]);
}

#[test]
fn a_server_that_hangs_up_in_the_handshake_is_named_as_that() {
    let sts = HostileSts::without_tls(|socket| first_bytes(socket).map(drop)).unwrap();
    assert_words(&login(&sts), &["closed the connection during"]);
}

#[test]
fn a_server_that_never_answers_the_handshake_is_named_as_that() {
    // Of the time for a connection, and of that for the whole login.
    for (times, reason) in [
        (
            [
                ("awsStsConnectTimeoutMs", "200"),
                ("awsStsTimeoutMs", "500"),
            ],
            Reason::ConnectFailed,
        ),
        (
            [
                ("awsStsConnectTimeoutMs", "3000"),
                ("awsStsTimeoutMs", "500"),
            ],
            Reason::VerificationTimeout,
        ),
    ] {
        // After nothing, after the ClientHello, in the middle of a record of its own.
        for (reads, answer) in [(false, &b""[..]), (true, b""), (true, b"\x16\x03\x03\x00")] {
            let sts = HostileSts::without_tls(move |socket| {
                if reads {
                    first_bytes(socket)?;
                    socket.write_all(answer)?;
                }
                socket.read_to_end(&mut Vec::new()).map(drop)
            })
            .unwrap();
            let (endpoint, ca_file) = (sts.endpoint(), sts.ca_path().to_str().unwrap().to_owned());
            let mut options = vec![("awsStsEndpoint", &*endpoint), ("awsStsCAFile", &ca_file)];
            options.extend(times);
            let login = Server::with(&options).login(ALICE);
            login.assert_refused(reason);
            let detail = &login.outcome.detail;
            for words in [
                "127.0.0.1 is open",
                "handshake is not answered",
                "filter by that name",
            ] {
                assert!(detail.contains(words), "{detail}");
            }
        }
    }
}

#[test]
fn a_connection_that_is_reset_in_the_handshake_is_named_as_that() {
    for answer in [&b""[..], b"\x16", b"\x16\x03\x03\x00\x7a\x02\x00"] {
        let sts = HostileSts::without_tls(move |socket| {
            // Unread bytes make a reset of the close.
            socket.read_exact(&mut [0; 1])?;
            socket.write_all(answer)
        })
        .unwrap();
        assert_words(
            &login(&sts),
            &["127.0.0.1 closed the connection during", "filter by name"],
        );
    }
}

#[test]
fn a_self_signed_certificate_that_awsstscafile_names_is_accepted_unless_it_is_an_authority_s() {
    for (constraint, words) in [("CA:FALSE", None), ("CA:TRUE", Some("CA:FALSE"))] {
        let (certificate, key) = (file("self.pem", ""), file("self.key", ""));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=sts"])
            .args([
                "-addext",
                &format!("basicConstraints=critical,{constraint}"),
            ])
            .args(["-addext", "subjectAltName=DNS:sts.example"])
            .args(["-out", &certificate, "-keyout", &key])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let roots = load_roots_from(&certificate, &[]).unwrap().store;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let presented = CertificateDer::from_pem_file(&certificate).unwrap();
        let name = ServerName::try_from("sts.example").unwrap();
        let verifier = verifier.build().unwrap();
        let verified = verifier.verify_server_cert(&presented, &[], &name, &[], UnixTime::now());
        match (verified, words) {
            (Ok(_), None) => {}
            (Err(error), Some(words)) => {
                let text = describe(&error, "sts.example");
                assert!(text.contains(words), "{text}");
            }
            (verified, _) => panic!("{constraint}: {verified:?}"),
        }
    }
}

#[test]
fn a_file_with_a_certificate_that_cannot_be_used_is_refused_with_its_place() {
    let two = format!("# one\n{GOOD}# two\n");
    let line = two.lines().count() + 1;
    let trusted = GOOD.replace(" CERTIFICATE", " TRUSTED CERTIFICATE");
    let of_x509 = GOOD.replace(" CERTIFICATE", " X509 CERTIFICATE");
    let cut = GOOD.split("-----END").next().unwrap();
    let indented = format!("  {}", GOOD.trim_start());
    for (name, broken, cause) in [
        ("base64", NOT_BASE64, "is not base64"),
        ("x509", NOT_X509, "is not an X.509 certificate"),
        ("trusted", &*trusted, "is a TRUSTED CERTIFICATE"),
        ("x509-label", &*of_x509, "is a X509 CERTIFICATE"),
        ("cut", cut, "has no line -----END CERTIFICATE-----"),
        ("indented", &*indented, "has other characters before BEGIN"),
    ] {
        // A good one behind it, so that its end is found.
        let path = file(name, format!("{two}{broken}{GOOD}"));
        let text = refusal(&path);
        let place = format!("certificate 2 (line {line}) {cause}");
        assert!(text.contains(&place) && text.contains(&path), "{text}");
        let of_windows = format!("{two}{broken}").replace('\n', "\r\n");
        let text = refusal(&file(name, of_windows));
        assert!(text.contains(&place), "{text}");
    }
}

#[test]
fn a_file_without_a_certificate_is_refused_with_what_it_is() {
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let der = CertificateDer::from_pem_slice(GOOD.as_bytes()).unwrap();
    let twice = [&*der, &*der].concat();
    let mut cut_off = der.to_vec();
    cut_off.pop();
    let wide: Vec<u8> = GOOD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content, cause) in [
        ("empty", &b""[..], "the file is empty"),
        ("text", b"none\n", "has no certificate"),
        ("zero", b"0", "has no certificate"),
        (
            "number",
            b"0123456789012 is an account\n",
            "has no certificate",
        ),
        ("digits", b"0\x82ab", "has no certificate"),
        ("der", &der, "is DER, not PEM"),
        ("der-cut", &cut_off, "is binary, and no certificate"),
        ("der-twice", &twice, "is binary, and no certificate"),
        (
            "der-key",
            b"\x30\x82\x01\x01\x02\x01\x00\x30",
            "is binary, and no certificate",
        ),
        ("utf-16", &wide, "is binary, and no certificate"),
        ("key", key.as_bytes(), "has PRIVATE KEY but no certificate"),
    ] {
        let text = refusal(&file(name, content));
        assert!(text.contains(cause), "{text}");
    }
}

#[test]
fn only_a_regular_file_of_bounded_size_is_read() {
    let large = file("large", GOOD);
    OpenOptions::new()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len((16 << 20) + 1)
        .unwrap();
    let pipe = format!("{}/pipe", env!("CARGO_TARGET_TMPDIR"));
    let _left_by_another_run = fs::remove_file(&pipe);
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let socket = format!("{}/socket", env!("CARGO_TARGET_TMPDIR"));
    let _left_by_another_run = fs::remove_file(&socket);
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let link = |name: &str, target: &str| {
        let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
        let _left_by_another_run = fs::remove_file(&path);
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    };
    let to_pipe = link("to-pipe", &pipe);
    let to_device = link("to-device", "/dev/full");
    let to_itself = link("to-itself", "to-itself");
    for (path, cause) in [
        (&*large, "more than 16 MiB"),
        (&*pipe, "not a regular file"),
        (&*to_pipe, "not a regular file"),
        (&*to_device, "not a regular file"),
        (&*to_itself, "cannot be read: Too many levels"),
        (&*socket, "cannot be read: No such device"),
        ("/dev/null", "not a regular file"),
        ("/dev/urandom", "not a regular file"),
        ("/proc/self/mem", "cannot be read: Input/output error"),
        ("/etc/passwd/ca.pem", "cannot be read: Not a directory"),
        ("/dev/zero", "not a regular file"),
        ("/", "not a regular file"),
        ("/nonexistent/ca.pem", "cannot be read: No such file"),
    ] {
        let text = refusal(path);
        assert!(text.contains(cause), "{text}");
    }
    fs::remove_file(&large).unwrap();
}

#[test]
fn the_first_bundle_that_is_there_is_the_system_s() {
    let roots = bundle("first", &format!("{GOOD}{GOOD}")).unwrap();
    assert_eq!((roots.store.len(), roots.warning()), (2, None));
    let text = load_roots_from("", &["/nonexistent/a", "/nonexistent/b"])
        .unwrap_err()
        .to_string();
    for words in ["/nonexistent/a, /nonexistent/b", "ca-certificates"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_certificate_of_the_system_s_bundle_that_cannot_be_used_is_skipped_and_reported() {
    let roots = bundle("one", &format!("{GOOD}{NOT_BASE64}{GOOD}")).unwrap();
    assert_eq!((roots.store.len(), roots.skipped.len()), (2, 1));
    let warning = roots.warning().unwrap();
    let line = GOOD.lines().count() + 1;
    let place = format!("skipped: certificate 2 (line {line}) is not base64");
    assert!(warning.starts_with("1 of 3 certificates in /"), "{warning}");
    assert!(warning.contains(&place), "{warning}");

    let roots = bundle("many", &format!("{}{GOOD}", NOT_X509.repeat(5))).unwrap();
    let warning = roots.warning().unwrap();
    for words in ["5 of 6", "certificate 3 (line 7)", "; and 2 more"] {
        assert!(warning.contains(words), "{warning}");
    }
}

#[test]
fn a_bundle_in_which_nothing_can_be_used_is_refused() {
    for (name, content, cause) in [
        ("none", "", "the file is empty"),
        ("broken", NOT_X509, "certificate 1 (line 1) is not"),
    ] {
        let text = bundle(name, content).unwrap_err();
        assert!(text.contains(cause) && text.contains(name), "{text}");
    }
}
