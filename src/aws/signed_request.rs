//! The request that the client signed and that the server sends to STS.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::auth_header::{Authorization, AuthorizationRules};
use super::{Endpoint, date};
use crate::reason::{Failure, Reason};
use crate::sasl::messages::{ClientSecond, Nonces};
use crate::secret::Secret;

/// Longest session token, in bytes. AWS promises no maximum; typical ones stay under 4 KiB.
const TOKEN_LIMIT: usize = 16 * 1024;

/// A GetCallerIdentity request, every part of it checked.
#[derive(Debug)]
pub struct SignedRequest {
    /// The STS host that was signed for; the request goes nowhere else.
    pub endpoint: Arc<Endpoint>,
    /// As claimed by the client.
    pub access_key_id: String,
    authorization: Secret,
    date: String,
    token: Option<Secret>,
    server_nonce: Secret,
}

impl SignedRequest {
    /// The body, always the same: no other STS action can be asked for.
    pub const BODY: &'static str = "Action=GetCallerIdentity&Version=2011-06-15";

    /// The body's media type.
    pub const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";

    /// Checks what the client sent against the grammar and against this conversation.
    pub fn check(
        message: &ClientSecond<'_>,
        nonces: &Nonces,
        endpoint: Arc<Endpoint>,
    ) -> Result<SignedRequest, Failure> {
        let day = date::check(message.date)?;
        if let Some(token) = message.token {
            check_token(token)?;
        }
        let rules = AuthorizationRules {
            day,
            region: endpoint.region(),
            token: message.token.is_some(),
        };
        let authorization = Authorization::parse(message.authorization, &rules)?;
        Ok(SignedRequest {
            authorization: authorization.rebuild(),
            access_key_id: authorization.access_key_id,
            date: message.date.to_owned(),
            token: message.token.map(Secret::new),
            server_nonce: Secret::new(&Zeroizing::new(STANDARD.encode(nonces))),
            endpoint,
        })
    }

    /// Name and value of each header besides Content-Length, which goes with the body.
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
