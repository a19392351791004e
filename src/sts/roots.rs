//! The certificate authorities that STS's certificate is checked against.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::{CertificateError, Error, RootCertStore};

use super::tls_error;
use crate::options::OptionError;

/// Where the distributions keep their bundle; environment variables change nothing.
pub const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL, Amazon Linux
    "/etc/pki/tls/certs/ca-bundle.crt",   // older RHEL
    "/etc/ssl/ca-bundle.pem",             // SUSE
    "/etc/ssl/cert.pem",
];

/// A system's bundle has a quarter of a MiB.
const LARGEST_FILE: u64 = 16 << 20;
/// Places that a warning names.
const NAMED_PLACES: usize = 3;
const BEGIN: &[u8] = b"-----BEGIN ";

/// What was read.
#[derive(Debug)]
pub struct Roots {
    /// The authorities.
    pub store: RootCertStore,
    /// Certificates of the system's bundle that cannot be used; empty for a file of the operator's.
    pub skipped: Vec<Unusable>,
    file: String,
}

/// A certificate that cannot be read or used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Counted from 1 among the certificates of the file.
    pub number: usize,
    /// The line of its BEGIN, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub cause: String,
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Unusable {
            number,
            line,
            cause,
        } = self;
        write!(f, "certificate {number} (line {line}) {cause}")
    }
}

impl Roots {
    /// What to log: how many certificates were skipped, and the first of them.
    pub fn warning(&self) -> Option<String> {
        let all = self.skipped.len() + self.store.len();
        let first = self.skipped.iter().take(NAMED_PLACES);
        let first: Vec<String> = first.map(Unusable::to_string).collect();
        let more = match self.skipped.len().saturating_sub(NAMED_PLACES) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        (!first.is_empty()).then(|| {
            format!(
                "{} of {all} certificates in {} skipped: {}{more}",
                self.skipped.len(),
                self.file,
                first.join("; ")
            )
        })
    }
}

/// Reads the file, or the system's bundle if no file is named.
pub fn load(file: &str) -> Result<Roots, OptionError> {
    load_from(file, &SYSTEM_BUNDLES)
}

/// Reads the file, or the first of these bundles if no file is named. A certificate that cannot be
/// used is an error in a file of the operator's, and skipped in a bundle.
pub fn load_from(file: &str, bundles: &[&str]) -> Result<Roots, OptionError> {
    let error = |valid: String| OptionError::new("awsStsCAFile", file, valid);
    if !file.is_empty() {
        let roots = read(file).map_err(&error)?;
        return match roots.skipped.first() {
            Some(unusable) => Err(error(unusable.to_string())),
            None => Ok(roots),
        };
    }
    let there = |path: &&&str| fs::exists(path).unwrap_or(false);
    let Some(bundle) = bundles.iter().find(there) else {
        let places = bundles.join(", ");
        return Err(error(format!(
            "no CA bundle of the system at {places}: install the package ca-certificates, or name a file"
        )));
    };
    read(bundle).map_err(|cause| error(format!("the system's CA bundle {bundle}: {cause}")))
}

/// Reads a PEM file; the error does not name it.
fn read(file: &str) -> Result<Roots, String> {
    let pem = content(file)?;
    let mut roots = Roots {
        store: RootCertStore::empty(),
        skipped: Vec::new(),
        file: file.to_owned(),
    };
    let mut others = Vec::new();
    for block in blocks(&pem) {
        let number = roots.store.len() + roots.skipped.len() + 1;
        match block.add_to(&mut roots.store) {
            Ok(true) => {}
            Ok(false) => others.push(block.label),
            Err(cause) => roots.skipped.push(Unusable {
                number,
                line: block.line,
                cause,
            }),
        }
    }
    match (roots.store.is_empty(), roots.skipped.first()) {
        (false, _) => Ok(roots),
        (true, Some(unusable)) => Err(unusable.to_string()),
        (true, None) => Err(no_certificate(&pem, &others)),
    }
}

/// The content of a regular file of bounded size.
fn content(file: &str) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| format!("the file cannot be read: {error}");
    let file = OpenOptions::new()
        .read(true)
        // Opening a pipe would wait for whoever writes to it.
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(file)
        .map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err("it is not a regular file".into());
    }
    let mut bytes = Vec::new();
    let mut bounded = file.take(LARGEST_FILE + 1);
    let count = bounded.read_to_end(&mut bytes).map_err(unreadable)?;
    match u64::try_from(count) {
        Ok(count) if count <= LARGEST_FILE => Ok(bytes),
        _ => Err(format!("the file has more than {} MiB", LARGEST_FILE >> 20)),
    }
}

fn no_certificate(content: &[u8], others: &[String]) -> String {
    match (content, others) {
        ([], _) => "the file is empty".into(),
        (_, [other, ..]) => format!("the file has {other} but no certificate"),
        _ if is_der_certificate(content) => {
            "the file is DER, not PEM: convert it with openssl x509 -inform der -out NEW -in this file"
                .into()
        }
        _ if content.contains(&0) => {
            "the file is binary, and no certificate: a PEM file is text, with -----BEGIN CERTIFICATE-----"
                .into()
        }
        _ => "the file has no certificate (none begins with -----BEGIN CERTIFICATE-----)".into(),
    }
}

fn is_der_certificate(content: &[u8]) -> bool {
    let der = CertificateDer::from(content);
    RootCertStore::empty().add(der).is_ok()
}

/// A part of a PEM file, from one BEGIN to the next.
struct Block<'a> {
    line: usize,
    label: String,
    content: &'a [u8],
}

impl Block<'_> {
    /// False: it is no certificate at all.
    fn add_to(&self, store: &mut RootCertStore) -> Result<bool, String> {
        match &*self.label {
            "CERTIFICATE" => {}
            label @ ("TRUSTED CERTIFICATE" | "X509 CERTIFICATE") => {
                return Err(format!(
                    "is a {label}, a form of OpenSSL's own: convert it with openssl x509 -out NEW -in its file"
                ));
            }
            _ => return Ok(false),
        }
        if !self.content.starts_with(BEGIN) {
            return Err("has other characters before BEGIN in its line".into());
        }
        let der = CertificateDer::from_pem_slice(self.content).map_err(|error| match error {
            pem::Error::MissingSectionEnd { .. } => "has no line -----END CERTIFICATE-----",
            pem::Error::Base64Decode(_) => "is not base64 between BEGIN and END",
            _ => "is not PEM",
        })?;
        match store.add(der) {
            Ok(()) => Ok(true),
            Err(Error::InvalidCertificate(CertificateError::BadEncoding)) => {
                Err("is not an X.509 certificate".into())
            }
            Err(error) => Err(format!("cannot be used: {}", tls_error::rule(&error))),
        }
    }
}

/// Each block by itself: a broken one does not take part of the next one along.
fn blocks(pem: &[u8]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut rest, mut number) = (pem, 0);
    while !rest.is_empty() {
        number += 1;
        let (line, after) = first_line(rest);
        if let Some(at) = line.windows(BEGIN.len()).position(|part| part == BEGIN) {
            if let Some(last) = blocks.last_mut() {
                let length = last.content.len() - rest.len();
                last.content = last.content.get(..length).unwrap_or_default();
            }
            let label = line.get(at + BEGIN.len()..).unwrap_or_default();
            let label = String::from_utf8_lossy(label);
            blocks.push(Block {
                line: number,
                label: label.trim_end().trim_end_matches('-').to_owned(),
                content: rest,
            });
        }
        rest = after;
    }
    blocks
}

/// The first line without its end, and what comes after it.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let (line, rest) = text.split_at(end.unwrap_or(text.len()));
    let rest = rest
        .strip_prefix(b"\r\n")
        .or_else(|| rest.get(1..))
        .unwrap_or_default();
    (line, rest)
}
