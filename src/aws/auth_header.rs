//! The `Authorization` value of Signature Version 4, by one closed grammar:
//!
//! ```text
//! AWS4-HMAC-SHA256 Credential=AKID/YYYYMMDD/REGION/sts/aws4_request, SignedHeaders=h1;h2;...,
//!  Signature=64 lower-case hexadecimal digits
//! ```
//!
//! (one line, one space after each comma). Everything that is signed is also sent, and nothing
//! else can be: the list of signed headers is one of exactly two.

use std::fmt::{self, Write as _};

use zeroize::Zeroizing;

use crate::reason::{Failure, Reason};
use crate::secret::Secret;

/// Longest value, in bytes.
const LENGTH_LIMIT: usize = 2048;
const ALGORITHM: &str = "AWS4-HMAC-SHA256 ";
const SIGNATURE_LENGTH: usize = 64;
const TOKEN_HEADER: &str = "x-amz-security-token";

/// The headers that every driver signs, in order. Without the nonce a signature made for any
/// other service would do; without the others, parts of the request would be anyone's to choose.
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
    /// A session token was sent.
    pub token: bool,
}

/// The parts of a value that follows the grammar and the rules.
#[derive(Debug, PartialEq, Eq)]
pub struct Authorization {
    /// As the client claims it; only STS's answer says whose it is.
    pub access_key_id: String,
    day: String,
    region: String,
    token: bool,
    signature: Secret,
}

impl Authorization {
    /// Parses and checks the value.
    pub fn parse(value: &str, rules: &AuthorizationRules<'_>) -> Result<Authorization, Failure> {
        if value.len() > LENGTH_LIMIT {
            let detail = format!("{} bytes", value.len());
            return Err(Failure::new(Reason::AuthorizationTooLong, detail));
        }
        let malformed = |what| Failure::new(Reason::AuthorizationMalformed, what);
        let fields = value
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| malformed("it does not start with the algorithm"))?;
        let mut fields = fields.split(", ");
        let mut field = |name: &'static str| {
            let field = fields.next().and_then(|field| field.strip_prefix(name));
            field.ok_or_else(|| Failure::new(Reason::AuthorizationMalformed, format!("no {name}")))
        };
        let credential = field("Credential=")?;
        let signed_headers = field("SignedHeaders=")?;
        let signature = field("Signature=")?;
        if fields.next().is_some() {
            return Err(malformed("something follows the signature"));
        }

        let access_key_id = check_credential(credential, rules)?;
        check_signed_headers(signed_headers, rules.token)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if signature.len() != SIGNATURE_LENGTH || !signature.bytes().all(hex) {
            return Err(Reason::SignatureMalformed.into());
        }
        Ok(Authorization {
            access_key_id: access_key_id.to_owned(),
            day: rules.day.to_owned(),
            region: rules.region.to_owned(),
            token: rules.token,
            signature: Secret::new(signature),
        })
    }

    /// The value written anew from its parts; byte for byte what was parsed.
    pub fn rebuild(&self) -> Secret {
        // Written without growing: a copy that growing leaves behind would never be wiped.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH_LIMIT));
        // Writing to a String does not fail.
        let _written = write!(text, "{self}");
        Secret::new(&text)
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Authorization {
            access_key_id,
            day,
            region,
            ..
        } = self;
        write!(
            f,
            "{ALGORITHM}Credential={access_key_id}/{day}/{region}/sts/aws4_request, "
        )?;
        f.write_str("SignedHeaders=")?;
        for (i, name) in required_headers(self.token).enumerate() {
            write!(f, "{}{name}", if i == 0 { "" } else { ";" })?;
        }
        write!(f, ", Signature={}", self.signature.expose())
    }
}

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
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if !(1..=128).contains(&access_key_id.len()) || !access_key_id.bytes().all(word) {
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

fn required_headers(token: bool) -> impl Iterator<Item = &'static str> {
    let (before, after) = SIGNED_HEADERS.split_at(4);
    let token = token.then_some(TOKEN_HEADER);
    before
        .iter()
        .copied()
        .chain(token)
        .chain(after.iter().copied())
}

fn check_signed_headers(list: &str, token: bool) -> Result<(), Failure> {
    let names: Vec<&str> = list.split(';').collect();
    let lower = |name: &&str| !name.bytes().any(|b| b.is_ascii_uppercase());
    if !names.is_sorted_by(|a, b| a < b) || !names.iter().all(lower) {
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
    let unknown = |name: &&&str| **name != TOKEN_HEADER && !SIGNED_HEADERS.contains(name);
    if let Some(unknown) = names.iter().find(unknown) {
        return Err(Failure::new(Reason::SignedHeaderUnknown, *unknown));
    }
    Ok(())
}

#[cfg(test)]
#[path = "auth_header_tests.rs"]
mod tests;
