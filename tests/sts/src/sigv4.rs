//! Signature Version 4: the `Authorization` header and the signature over a chosen list of headers.
//!
//! `aws-sigv4` provides the key derivation and the HMAC. Its `sign()` always adds `host` and `x-amz-date`
//! to what it signs, so the canonical request is built here, over exactly the listed headers.

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};

use crate::amz_date;

/// The only algorithm that STS accepts here.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The last part of every credential scope.
pub const TERMINATOR: &str = "aws4_request";

/// The credential scope: what a signing key is derived for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The day, `YYYYMMDD`.
    pub date: String,
    /// The region.
    pub region: String,
    /// The service; `sts` for STS.
    pub service: String,
    /// Always `aws4_request` in an honest request.
    pub terminator: String,
}

impl Scope {
    fn text(&self) -> String {
        let Self {
            date,
            region,
            service,
            terminator,
        } = self;
        format!("{date}/{region}/{service}/{terminator}")
    }
}

/// The parsed `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The access key id, the first part of `Credential`.
    pub access_key_id: String,
    /// The other four parts of `Credential`.
    pub scope: Scope,
    /// The names of `SignedHeaders`, in their order.
    pub signed_headers: Vec<String>,
    /// The signature as sent.
    pub signature: String,
}

/// Why an `Authorization` header could not be read, in the words of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete(pub String);

impl Authorization {
    /// Reads the header as AWS does: parts are separated by commas or blanks, in any order, unknown ones
    /// are ignored, and of a repeated one the last counts.
    pub fn parse(header: &str) -> Result<Self, Incomplete> {
        let (algorithm, rest) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(Incomplete(format!(
                "Unsupported AWS 'algorithm': '{algorithm}'."
            )));
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split([',', ' ', '\t']).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("Credential", value)) => credential = Some(value),
                Some(("SignedHeaders", value)) => signed_headers = Some(value),
                Some(("Signature", value)) => signature = Some(value),
                Some(_) => {}
                None => {
                    return Err(Incomplete(format!(
                        "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
                    )));
                }
            }
        }
        let (Some(credential), Some(signed_headers), Some(signature)) =
            (credential, signed_headers, signature)
        else {
            let missing: String = [
                ("Credential", credential),
                ("Signature", signature),
                ("SignedHeaders", signed_headers),
            ]
            .iter()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| format!("Authorization header requires '{name}' parameter. "))
            .collect();
            return Err(Incomplete(format!("{missing}Authorization={header}")));
        };
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = parts.as_slice() else {
            return Err(Incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'"
            )));
        };
        Ok(Self {
            access_key_id: (*access_key_id).to_owned(),
            scope: Scope {
                date: (*date).to_owned(),
                region: (*region).to_owned(),
                service: (*service).to_owned(),
                terminator: (*terminator).to_owned(),
            },
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
        })
    }

    /// Writes the header in the form that drivers send.
    pub fn to_header(&self) -> String {
        format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
            self.access_key_id,
            self.scope.text(),
            self.signed_headers.join(";"),
            self.signature
        )
    }
}

/// What a signature covers, apart from the key.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, without a query.
    pub path: &'a str,
    /// All headers of the request; only those in `signed_headers` matter.
    pub headers: &'a [(String, String)],
    /// The names in `SignedHeaders`, in their order.
    pub signed_headers: &'a [String],
    /// The body.
    pub body: &'a [u8],
    /// The `X-Amz-Date` value, put into the string to sign as it is.
    pub amz_date: &'a str,
}

impl Signed<'_> {
    /// The signature, as 64 lower-case hexadecimal digits, or `None` if a listed header is absent or the
    /// date of the scope is no date.
    pub fn signature(&self, secret_access_key: &str, scope: &Scope) -> Option<String> {
        let canonical_request = self.canonical_request()?;
        let string_to_sign = format!(
            "{ALGORITHM}\n{}\n{}\n{}",
            self.amz_date,
            scope.text(),
            sha256_hex(canonical_request.as_bytes())
        );
        let day: SystemTime = amz_date::parse(&format!("{}T000000Z", scope.date))?;
        let key = generate_signing_key(secret_access_key, day, &scope.region, &scope.service);
        Some(calculate_signature(key, string_to_sign.as_bytes()))
    }

    fn canonical_request(&self) -> Option<String> {
        let mut canonical_headers = String::new();
        for name in self.signed_headers {
            let values: Vec<String> = self
                .headers
                .iter()
                .filter(|(header, _)| header.eq_ignore_ascii_case(name))
                .map(|(_, value)| single_spaced(value))
                .collect();
            if values.is_empty() {
                return None;
            }
            canonical_headers.push_str(&format!("{name}:{}\n", values.join(",")));
        }
        Some(format!(
            "{}\n{}\n\n{canonical_headers}\n{}\n{}",
            self.method,
            self.path,
            self.signed_headers.join(";"),
            sha256_hex(self.body)
        ))
    }
}

fn single_spaced(value: &str) -> String {
    value
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn sha256_hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes)
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
#[path = "sigv4_tests.rs"]
mod tests;
