//! The request that the client signed and that the plugin sends to STS.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::auth_header::{AuthorizationRules, check_authorization};
use super::{Endpoint, date};
use crate::reason::{Failure, Reason};
use crate::secret::Secret;

/// Longest session token, in bytes. AWS promises no maximum; typical ones stay under 4 KiB.
const TOKEN_LIMIT: usize = 16 * 1024;

/// The parts of the request that the client chose, not yet checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignedParts<'a> {
    /// Value of the Authorization header.
    pub authorization: &'a str,
    /// Value of the X-Amz-Date header.
    pub date: &'a str,
    /// Session token of temporary credentials.
    pub token: Option<&'a str>,
}

impl fmt::Debug for SignedParts<'_> {
    /// Shows no part: two of them are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedParts").finish_non_exhaustive()
    }
}

/// A GetCallerIdentity request, every part of it checked.
#[derive(Debug)]
pub struct SignedRequest {
    /// The endpoint whose host was signed; the request goes nowhere else.
    pub endpoint: Arc<Endpoint>,
    /// As the client claims it; only STS's answer says whose it is.
    pub access_key_id: String,
    authorization: Secret,
    date: String,
    token: Option<Secret>,
    server_nonce: Secret,
}

impl SignedRequest {
    /// The body is constant, so that a client cannot request another STS action.
    pub const BODY: &'static str = "Action=GetCallerIdentity&Version=2011-06-15";

    /// The body's media type.
    pub const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";

    /// Checks the client's parts against the grammar, this endpoint and each other. `nonces` are
    /// the client's and the server's, which the signature has to cover.
    pub fn check(
        parts: &SignedParts<'_>,
        nonces: &[u8; 64],
        endpoint: Arc<Endpoint>,
    ) -> Result<SignedRequest, Failure> {
        let day = date::check(parts.date)?;
        if let Some(token) = parts.token {
            check_token(token)?;
        }
        let rules = AuthorizationRules {
            day,
            region: endpoint.region(),
            token: parts.token.is_some(),
        };
        let access_key_id = check_authorization(parts.authorization, &rules)?;
        Ok(SignedRequest {
            access_key_id: access_key_id.to_owned(),
            authorization: Secret::new(parts.authorization),
            date: parts.date.to_owned(),
            token: parts.token.map(Secret::new),
            server_nonce: Secret::new(&Zeroizing::new(STANDARD.encode(nonces))),
            endpoint,
        })
    }

    /// Name and value of each header except Content-Length, which the sender derives from the body.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("host", Some(self.endpoint.host())),
            ("content-type", Some(Self::CONTENT_TYPE)),
            ("x-amz-date", Some(self.date.as_str())),
            (
                "x-amz-security-token",
                self.token.as_ref().map(Secret::expose),
            ),
            ("x-mongodb-server-nonce", Some(self.server_nonce.expose())),
            ("x-mongodb-gs2-cb-flag", Some("n")),
            ("authorization", Some(self.authorization.expose())),
            ("accept", Some("application/json")),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

fn check_token(token: &str) -> Result<(), Failure> {
    match token.len() {
        0 => Err(Reason::TokenEmpty.into()),
        length if length > TOKEN_LIMIT => Err(Failure::new(
            Reason::TokenTooLong,
            format!("{length} bytes"),
        )),
        _ if token.bytes().all(|b| b.is_ascii_graphic()) => Ok(()),
        _ => Err(Reason::TokenMalformed.into()),
    }
}

#[cfg(test)]
#[path = "signed_request_tests.rs"]
mod tests;
