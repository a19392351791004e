use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ExtendedKeyPurpose, InconsistentKeys, OtherError, PeerMisbehaved};

use super::*;

const HOST: &str = "sts.us-east-1.amazonaws.com";

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn of_webpki(error: webpki::Error) -> Error {
    CertificateError::Other(OtherError(Arc::new(error))).into()
}

fn presented(names: &[&str]) -> Error {
    CertificateError::NotValidForNameContext {
        expected: ServerName::try_from(HOST).unwrap(),
        presented: names.iter().map(ToString::to_string).collect(),
    }
    .into()
}

fn signed_by(algorithm: &[u8]) -> Error {
    CertificateError::UnsupportedSignatureAlgorithmContext {
        signature_algorithm_id: algorithm.to_vec(),
        supported_algorithms: Vec::new(),
    }
    .into()
}

/// Each failure that rustls can report while it talks to a server, and words of its description.
fn failures() -> Vec<(Error, &'static [&'static str])> {
    vec![
        (
            CertificateError::UnknownIssuer.into(),
            &["unknown issuer", "awsStsCAFile", "mongodb-aws-auth check"],
        ),
        (
            CertificateError::ExpiredContext {
                time: at(1_796_000_000),
                not_after: at(951_782_399),
            }
            .into(),
            &[
                "expired at 2000-02-28T23:59:59Z",
                "2026-11-30T00:53:20Z",
                "clock",
            ],
        ),
        (
            CertificateError::NotValidYetContext {
                time: at(0),
                not_before: at(4_107_542_400),
            }
            .into(),
            &[
                "valid from 2100-03-01T00:00:00Z",
                "1970-01-01T00:00:00Z",
                "clock",
            ],
        ),
        (
            presented(&["DnsName(\"a.example\")", "IpAddress(192.0.2.1)"]),
            &["is for a.example, 192.0.2.1:", "awsStsEndpoint"],
        ),
        (
            presented(&["DnsName(\"a\")", "DnsName(\"b\")", "DirectoryName"]),
            &["is for a, b:"],
        ),
        (
            presented(&["DnsName(\"a\")"; 8]),
            &["is for a, a, a and 5 more:"],
        ),
        (
            presented(&["Unsupported(0x87)"]),
            &["no host", "subjectAltName"],
        ),
        (
            of_webpki(webpki::Error::CaUsedAsEndEntity),
            &[
                "openssl req -x509",
                "CA:FALSE",
                "subjectAltName=DNS:sts.us-east-1.amazonaws.com",
            ],
        ),
        (of_webpki(webpki::Error::EndEntityUsedAsCa), &["CA:TRUE"]),
        (
            of_webpki(webpki::Error::NameConstraintViolation),
            &["name constraints"],
        ),
        (
            of_webpki(webpki::Error::UnsupportedCertVersion),
            &["X.509 version"],
        ),
        (
            of_webpki(webpki::Error::MaximumPathDepthExceeded),
            &["refused: maximum path depth exceeded"],
        ),
        (
            signed_by(b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"),
            &["ECDSA and SHA-512", "rustls with", "RSA of 2,048"],
        ),
        (
            signed_by(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"),
            &["RSA and SHA-1"],
        ),
        (signed_by(b"\x06\x01\x00"), &["an uncommon algorithm"]),
        (
            CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02".to_vec(),
                public_key_algorithm_id:
                    b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23".to_vec(),
            }
            .into(),
            &["ECDSA and SHA-256 with a P-521 key"],
        ),
        (CertificateError::BadSignature.into(), &["does not match"]),
        (CertificateError::BadEncoding.into(), &["well-formed X.509"]),
        (
            CertificateError::InvalidPurposeContext {
                required: ExtendedKeyPurpose::ServerAuth,
                presented: vec![ExtendedKeyPurpose::ClientAuth],
            }
            .into(),
            &["not for TLS servers"],
        ),
        (
            CertificateError::UnhandledCriticalExtension.into(),
            &["unhandled critical extension"],
        ),
        (Error::NoCertificatesPresented, &["presents no certificate"]),
        (
            PeerIncompatible::ServerDoesNotSupportTls12Or13.into(),
            &["neither TLS 1.2 nor TLS 1.3"],
        ),
        (
            PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig.into(),
            &["neither TLS 1.2 nor TLS 1.3"],
        ),
        (
            Error::AlertReceived(AlertDescription::ProtocolVersion),
            &["neither TLS 1.2 nor TLS 1.3"],
        ),
        (
            PeerIncompatible::ExtendedMasterSecretExtensionRequired.into(),
            &["rustls with", "extended master secret extension required"],
        ),
        (
            Error::AlertReceived(AlertDescription::HandshakeFailure),
            &[
                "\"handshake failure\"",
                "cipher suite",
                "client certificate",
            ],
        ),
        (
            Error::AlertReceived(AlertDescription::UnknownPSKIdentity),
            &["\"unknown PSK identity\""],
        ),
        (
            Error::AlertReceived(AlertDescription::UnknownCA),
            &["\"unknown CA\""],
        ),
        (
            Error::AlertReceived(AlertDescription::Unknown(200)),
            &["unknown TLS alert 200"],
        ),
        (
            InvalidMessage::InvalidContentType.into(),
            &["other than TLS", "address and port"],
        ),
        (
            InvalidMessage::MissingData("ServerHello").into(),
            &["malformed TLS message: missing data"],
        ),
        (
            PeerMisbehaved::SelectedUnofferedCipherSuite.into(),
            &["selected unoffered cipher suite"],
        ),
        (Error::DecryptError, &["altered"]),
        (Error::PeerSentOversizedRecord, &["too long"]),
        (
            Error::General("some reason".into()),
            &["failed: some reason"],
        ),
        (
            Error::InconsistentKeys(InconsistentKeys::Unknown),
            &["inconsistent keys"],
        ),
    ]
}

#[test]
fn a_failure_of_tls_is_described_in_words() {
    for (error, wanted) in failures() {
        let text = describe(&error, HOST);
        assert!(text.contains(HOST), "{text}");
        for words in wanted {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

#[test]
fn no_description_is_cut_or_has_code_in_it() {
    for (error, _) in failures() {
        let text = describe(&error, HOST);
        // What a log line takes.
        let logged = crate::reason::Failure::new(crate::reason::Reason::TlsFailed, &*text);
        assert_eq!(logged.detail, text);
        let is_code =
            |word: &str| word.contains("::") || word.contains('{') || word.contains("(\"");
        assert!(!text.split(' ').any(is_code), "{text}");
    }
    for text in [closed(HOST), silent(HOST)] {
        assert_eq!(crate::reason::printable(&text), text);
    }
}

#[test]
fn a_time_is_written_in_utc() {
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_709_164_799, "2024-02-28T23:59:59Z"),
        (1_735_689_599, "2024-12-31T23:59:59Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(utc(at(seconds)), text);
    }
}
