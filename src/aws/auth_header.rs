//! The `Authorization` value of Signature Version 4, by one closed grammar:
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=AKID/YYYYMMDD/REGION/sts/aws4_request, SignedHeaders=h1;h2;...,
//!  Signature=64 lower-case hexadecimal digits
//! ```
//!
//! (one line, one space after each comma). The request has exactly the signed headers, so their
//! list is one of two. The access key id and the signature are all that the grammar leaves open: a
//! value that passes is, byte for byte, the one that the plugin would write from its parts.

use crate::reason::{Failure, Reason};

/// Longest value, in bytes.
const LENGTH_LIMIT: usize = 2048;
const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const SIGNATURE_LENGTH: usize = 64;
const TOKEN_HEADER: &str = "x-amz-security-token";

/// The headers that every driver signs, in order. A signature made for another service lacks the
/// nonce; without the others, anyone could choose parts of the request.
const SIGNED_HEADERS: [&str; 6] = [
    "content-length",
    "content-type",
    "host",
    "x-amz-date",
    "x-mongodb-gs2-cb-flag",
    "x-mongodb-server-nonce",
];

/// What the value must agree with.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRules<'a> {
    /// Day of X-Amz-Date, `YYYYMMDD`.
    pub day: &'a str,
    /// Signing region of the STS host.
    pub region: &'a str,
    /// The client sent a session token.
    pub token: bool,
}

/// Checks the value against the grammar and the rules, and gives the access key id that it claims.
pub fn check_authorization<'a>(
    value: &'a str,
    rules: &AuthorizationRules<'_>,
) -> Result<&'a str, Failure> {
    if value.len() > LENGTH_LIMIT {
        let detail = format!("{} bytes", value.len());
        return Err(Failure::new(Reason::AuthorizationTooLong, detail));
    }
    let malformed = |what: &str| Failure::new(Reason::AuthorizationMalformed, what);
    let fields = value
        .strip_prefix(ALGORITHM)
        .ok_or_else(|| malformed("it does not start with the algorithm"))?;
    let mut fields = fields.split(", ");
    let mut field = |name: &str| {
        let field = fields.next().and_then(|field| field.strip_prefix(name));
        field.ok_or_else(|| malformed(&format!("{name} is missing")))
    };
    let credential = field("Credential=")?;
    let signed_headers = field("SignedHeaders=")?;
    let signature = field("Signature=")?;
    if fields.next().is_some() {
        return Err(malformed("something follows the signature"));
    }

    let access_key_id = check_credential(credential, rules)?;
    check_signed_headers(signed_headers, rules.token)?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if signature.len() != SIGNATURE_LENGTH || !signature.bytes().all(is_hex) {
        return Err(Reason::SignatureMalformed.into());
    }
    Ok(access_key_id)
}

/// Checks `AKID/YYYYMMDD/REGION/sts/aws4_request` and gives the access key id.
fn check_credential<'a>(
    credential: &'a str,
    rules: &AuthorizationRules<'_>,
) -> Result<&'a str, Failure> {
    let mut parts = credential.split('/');
    let parts = [(); 6].map(|()| parts.next());
    let [
        Some(access_key_id),
        Some(day),
        Some(region),
        Some(service),
        Some(end),
        None,
    ] = parts
    else {
        return Err(Failure::new(
            Reason::ScopeMalformed,
            "it does not have five parts",
        ));
    };
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(1..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(is_word) {
        return Err(Reason::AccessKeyIdMalformed.into());
    }
    if day != rules.day {
        let detail = format!("scope {day}, X-Amz-Date {}", rules.day);
        return Err(Failure::new(Reason::ScopeDateMismatch, detail));
    }
    if region != rules.region {
        let detail = format!("scope {region}, expected {}", rules.region);
        return Err(Failure::new(Reason::ScopeRegionMismatch, detail));
    }
    if service != "sts" {
        return Err(Failure::new(Reason::ScopeServiceMismatch, service));
    }
    if end != "aws4_request" {
        return Err(Failure::new(
            Reason::ScopeMalformed,
            "it does not end in aws4_request",
        ));
    }
    Ok(access_key_id)
}

/// Accepts the headers that the request has, sorted and without duplicates (Signature Version 4).
fn check_signed_headers(list: &str, token: bool) -> Result<(), Failure> {
    let names: Vec<&str> = list.split(';').collect();
    let is_lower = |name: &&str| !name.bytes().any(|b| b.is_ascii_uppercase());
    if !names.is_sorted_by(|a, b| a < b) || !names.iter().all(is_lower) {
        return Err(Reason::SignedHeadersOrder.into());
    }
    match (names.contains(&TOKEN_HEADER), token) {
        (false, true) => return Err(Reason::TokenNotSigned.into()),
        (true, false) => return Err(Reason::TokenMissing.into()),
        _ => {}
    }
    if let Some(missing) = SIGNED_HEADERS.iter().find(|name| !names.contains(name)) {
        return Err(Failure::new(Reason::SignedHeaderMissing, *missing));
    }
    let is_unknown = |name: &&&str| **name != TOKEN_HEADER && !SIGNED_HEADERS.contains(name);
    if let Some(unknown) = names.iter().find(is_unknown) {
        return Err(Failure::new(Reason::SignedHeaderUnknown, *unknown));
    }
    Ok(())
}

#[cfg(test)]
#[path = "auth_header_tests.rs"]
mod tests;
