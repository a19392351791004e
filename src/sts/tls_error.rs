//! Why TLS failed, in words for whoever has to repair it: what the other side presented, what is
//! missing, what to do.

use std::net::IpAddr;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::TLS_LIBRARY;
use crate::reason::{Failure, Reason};

/// Names of a certificate that are repeated.
const NAMED: usize = 3;
/// Days in 400 years.
const ERA: u64 = 146_097;

/// What the settings are called that a description names.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The one with further certificate authorities.
    pub ca_file: &'static str,
    /// The one with the address to connect to.
    pub endpoint: &'static str,
}

/// The plugin's options.
const OPTIONS: Settings = Settings {
    ca_file: "awsStsCAFile",
    endpoint: "awsStsEndpoint",
};

/// Describes the failure of a handshake or connection with this host.
pub fn describe(error: &Error, host: &str) -> String {
    describe_for(OPTIONS, error, host)
}

/// As [`describe`], for a program whose settings have other names.
pub fn describe_for(settings: Settings, error: &Error, host: &str) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(settings, error, host),
        Error::NoCertificatesPresented => format!("{host} presents no certificate"),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        )
        | Error::AlertReceived(AlertDescription::ProtocolVersion) => format!(
            "{host} supports neither TLS 1.2 nor TLS 1.3: update the server or proxy that answers there"
        ),
        Error::PeerIncompatible(reason) => {
            format!("{host} and {} do not fit: {}", library(), words(reason))
        }
        Error::AlertReceived(alert @ AlertDescription::HandshakeFailure) => format!(
            "{host} ended the handshake with the alert \"{}\": it accepts no cipher suite, key exchange or \
             signature algorithm of {}, or wants a client certificate",
            words(alert),
            library()
        ),
        Error::AlertReceived(AlertDescription::Unknown(number)) => {
            format!("{host} ended the connection with the unknown TLS alert {number}")
        }
        Error::AlertReceived(alert) => {
            format!(
                "{host} ended the connection with the TLS alert \"{}\"",
                words(alert)
            )
        }
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) => format!(
            "{host} answers with something other than TLS: check that address and port are those of an \
             HTTPS server, and what a firewall or proxy on the way answers"
        ),
        Error::InvalidMessage(reason) => {
            format!("{host} sent a malformed TLS message: {}", words(reason))
        }
        Error::PeerMisbehaved(reason) => {
            format!("{host} broke the rules of TLS: {}", words(reason))
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            format!("{host} sent a TLS message out of order")
        }
        Error::DecryptError => format!(
            "a TLS record of {host} cannot be decrypted: something on the way has altered it"
        ),
        Error::PeerSentOversizedRecord => format!("{host} sent a TLS record that is too long"),
        other => format!("TLS with {host} failed: {}", rule(other)),
    }
}

/// Describes a connection that ended before the handshake was complete.
pub fn closed(host: &str) -> String {
    format!(
        "{host} closed the connection during the TLS handshake: a firewall or proxy may filter by name, \
         or nothing speaks TLS at that port"
    )
}

/// Describes a handshake that was not answered in time.
pub fn silent(host: &str) -> String {
    format!(
        "the connection to {host} is open, and the TLS handshake is not answered: a firewall or proxy may \
         filter by that name (SNI), or nothing speaks TLS at that port"
    )
}

/// The failure of a handshake. Devices that filter by name close the connection, reset it, or let it hang.
pub fn unanswered(failure: Failure, host: &str) -> Failure {
    match failure.reason {
        Reason::ConnectionLost => {
            let detail = format!("{} ({})", closed(host), failure.detail);
            Failure::new(Reason::TlsFailed, detail)
        }
        Reason::VerificationTimeout => Failure::new(failure.reason, silent(host)),
        _ => failure,
    }
}

/// The rule that was broken, in a few words.
pub fn rule(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<webpki::Error>() {
                Some(error) => words(error),
                None => other.to_string(),
            }
        }
        Error::InvalidCertificate(error) => words(error),
        Error::General(text) => text.clone(),
        Error::Other(other) => other.to_string(),
        other => words(other),
    }
}

fn certificate(settings: Settings, error: &CertificateError, host: &str) -> String {
    let Settings { ca_file, endpoint } = settings;
    match error {
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} has an unknown issuer: add that authority to {ca_file} or the \
             system's CA bundle (a proxy that inspects TLS has its own); mongodb-aws-auth check names it"
        ),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate of {host} expired at {}, and this machine's clock says {}: renew the \
             certificate, or set the clock",
            utc(*not_after),
            utc(*time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate of {host} is valid from {} on, and this machine's clock says {}: set the clock, \
             or have the certificate issued again",
            utc(*not_before),
            utc(*time)
        ),
        CertificateError::NotValidForNameContext { presented, .. } => format!(
            "the certificate presented for {host} is for {}: {endpoint} has to name a host of the \
             certificate",
            names(presented)
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id,
            ..
        } => unsupported(host, algorithm(signature_algorithm_id)),
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id,
            public_key_algorithm_id,
        } => {
            let (signature, key) = (
                algorithm(signature_algorithm_id),
                algorithm(public_key_algorithm_id),
            );
            unsupported(host, &format!("{signature} with {key}"))
        }
        CertificateError::BadSignature => format!(
            "a signature among the certificates of {host} does not match its issuer's key: another authority \
             of that name is known, an RSA key has less than 2,048 bits, or a certificate was altered"
        ),
        CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate of {host} is not for TLS servers (its extended key usage)")
        }
        CertificateError::BadEncoding => {
            format!("a certificate of {host} is not well-formed X.509")
        }
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => format!(
                "{host} presents the certificate of an authority as its own, as openssl req -x509 makes it: \
                 issue one with -addext basicConstraints=critical,CA:FALSE -addext subjectAltName={}:{host}, and \
                 name that file in {ca_file}",
                match host.parse::<IpAddr>() {
                    Ok(_) => "IP",
                    Err(_) => "DNS",
                }
            ),
            Some(webpki::Error::EndEntityUsedAsCa) => format!(
                "the certificate of {host} is issued by one that is not an authority's: its basic constraints \
                 lack CA:TRUE"
            ),
            Some(webpki::Error::NameConstraintViolation) => {
                format!(
                    "an authority of {host}'s certificate may not issue for that name (name constraints)"
                )
            }
            Some(webpki::Error::UnsupportedCertVersion) => format!(
                "{host} presents a certificate of an X.509 version other than 3: have it issued again"
            ),
            Some(error) => refused(host, &words(error)),
            None => refused(host, &other.to_string()),
        },
        other => refused(host, &words(other)),
    }
}

fn refused(host: &str, rule: &str) -> String {
    format!("the certificate of {host} is refused: {rule}")
}

fn unsupported(host: &str, algorithm: &str) -> String {
    format!(
        "a certificate of {host} is signed by {algorithm}, which {} does not verify: have it issued with \
         RSA of 2,048 bits or more, or ECDSA with P-256 or P-384, and SHA-256 or SHA-384",
        library()
    )
}

fn library() -> std::borrow::Cow<'static, str> {
    TLS_LIBRARY.to_string_lossy()
}

/// Object identifiers in DER (RFC 3279, 4055, 5480, 5758, 8410, 9881), and what they are called.
const ALGORITHMS: [(&[u8], &str); 23] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", "RSA and MD5"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "RSA and SHA-1"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "RSA and SHA-256"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "RSA and SHA-384"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "RSA and SHA-512"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e", "RSA and SHA-224"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", "RSA-PSS"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "an RSA key"),
    (b"\x2a\x86\x48\xce\x3d\x04\x01", "ECDSA and SHA-1"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x01", "ECDSA and SHA-224"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", "ECDSA and SHA-256"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x03", "ECDSA and SHA-384"),
    (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", "ECDSA and SHA-512"),
    (b"\x2a\x86\x48\xce\x3d\x03\x01\x07", "a P-256 key"),
    (b"\x2b\x81\x04\x00\x21", "a P-224 key"),
    (b"\x2b\x81\x04\x00\x22", "a P-384 key"),
    (b"\x2b\x81\x04\x00\x23", "a P-521 key"),
    (b"\x2b\x81\x04\x00\x0a", "a secp256k1 key"),
    (b"\x2b\x24\x03\x03\x02\x08\x01\x01", "a Brainpool key"),
    (b"\x2a\x86\x48\xce\x38\x04", "DSA"),
    (b"\x60\x86\x48\x01\x65\x03\x04\x03", "DSA or ML-DSA"),
    (b"\x2b\x65\x71", "Ed448"),
    (b"\x2a\x81\x1c\xcf\x55", "SM2"),
];

fn algorithm(der: &[u8]) -> &'static str {
    let has = |part: &[u8]| der.windows(part.len()).any(|window| window == part);
    let found = ALGORITHMS.iter().find(|(oid, _)| has(oid));
    found.map_or("an uncommon algorithm", |(_, name)| name)
}

/// The names in a certificate, from the form `DnsName("example.com")`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let (kind, name) = name.split_once('(')?;
        let name = name.trim_end_matches(')').trim_matches('"');
        (kind != "Unsupported").then(|| name.to_owned())
    };
    let all: Vec<String> = presented.iter().filter_map(plain).collect();
    let named = all
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match (all.len(), all.len().saturating_sub(NAMED)) {
        (0, _) => "no host (it has no subjectAltName; a common name alone does not count)".into(),
        (_, 0) => named,
        (_, more) => format!("{named} and {more} more"),
    }
}

/// `UnknownPSKIdentity` as "unknown PSK identity", without the fields of a variant.
fn words(name: &impl std::fmt::Debug) -> String {
    let name = format!("{name:?}");
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
    let mut letters = name.unwrap_or_default().chars().peekable();
    let mut words: Vec<String> = Vec::new();
    let mut before = 'a';
    while let Some(letter) = letters.next() {
        let after = letters.peek().copied().unwrap_or('A');
        let inner = before.is_ascii_uppercase() && !after.is_ascii_lowercase();
        match words.last_mut() {
            Some(word) if inner || !letter.is_ascii_uppercase() => word.push(letter),
            _ => words.push(letter.into()),
        }
        before = letter;
    }
    let is_acronym = |word: &String| word.len() > 1 && !word.contains(|c: char| c.is_lowercase());
    for word in &mut words {
        if !is_acronym(word) {
            word.make_ascii_lowercase();
        }
    }
    words.join(" ")
}

/// `2026-11-28T09:30:00Z`
fn utc(time: UnixTime) -> String {
    let seconds = time.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March end with the leap day; the first of an era is the year 0.
    let from_era = days + 719_468;
    let (era, day) = (from_era / ERA, from_era % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = match month {
        0..=9 => (month + 3, 0),
        _ => (month - 9, 1),
    };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
#[path = "tls_error_tests.rs"]
mod tests;
