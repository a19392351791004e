//! The client's side: signs `GetCallerIdentity` as MongoDB drivers do, or with chosen deviations.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::amz_date;
use crate::http::Request;
use crate::identities::{Identities, Session, User};
use crate::region::region_of_host;
use crate::sigv4::{Authorization, Scope, Signed, TERMINATOR};
use crate::verification::BODY;

const TOKEN: &str = "X-Amz-Security-Token";

/// What a client signs with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// The credentials of the first identity with this ARN.
    pub fn of(identities: &Identities, arn: &str) -> Option<Self> {
        let user = identities.users.iter().find(|user| user.arn == arn);
        let session = identities
            .sessions
            .iter()
            .find(|session| session.arn == arn);
        user.map(Self::from).or_else(|| session.map(Self::from))
    }
}

impl From<&User> for Credentials {
    fn from(user: &User) -> Self {
        Self {
            access_key_id: user.access_key_id.clone(),
            secret_access_key: user.secret_access_key.clone(),
            session_token: None,
        }
    }
}

impl From<&Session> for Credentials {
    fn from(session: &Session) -> Self {
        Self {
            access_key_id: session.access_key_id.clone(),
            secret_access_key: session.secret_access_key.clone(),
            session_token: Some(session.session_token.clone()),
        }
    }
}

/// The values of client-second, the client's second message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecond {
    /// The `Authorization` header.
    pub a: String,
    /// The `X-Amz-Date` header.
    pub d: String,
    /// The session token, for temporary credentials only.
    pub t: Option<String>,
}

/// What an honest driver sends for host `h` and the 64 bytes of the server's nonce.
pub fn client_second(
    credentials: &Credentials,
    host: &str,
    server_nonce: &[u8],
    at: SystemTime,
) -> ClientSecond {
    Signer::new(credentials, host, server_nonce, at).client_second()
}

/// Signs a request. A new signer is an honest driver; each method chooses a deviation, and the signature
/// is still right for what is then signed.
#[derive(Clone)]
pub struct Signer {
    credentials: Credentials,
    scope: Scope,
    amz_date: String,
    headers: Vec<(String, String)>,
    signed_headers: Vec<String>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("scope", &self.scope)
            .field("signed_headers", &self.signed_headers)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// An honest driver: host `h`, the server's nonce, the time.
    pub fn new(credentials: &Credentials, host: &str, server_nonce: &[u8], at: SystemTime) -> Self {
        let amz_date = amz_date::format(at);
        let mut headers: Vec<(String, String)> = [
            ("Host", host.to_owned()),
            (
                "Content-Type",
                "application/x-www-form-urlencoded".to_owned(),
            ),
            ("Content-Length", BODY.len().to_string()),
            ("X-Amz-Date", amz_date.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if let Some(token) = &credentials.session_token {
            headers.push((TOKEN.to_owned(), token.clone()));
        }
        headers.push((
            "X-MongoDB-Server-Nonce".to_owned(),
            STANDARD.encode(server_nonce),
        ));
        headers.push(("X-MongoDB-GS2-CB-Flag".to_owned(), "n".to_owned()));
        let mut signed_headers: Vec<String> = headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        signed_headers.sort();
        Self {
            credentials: credentials.clone(),
            scope: Scope {
                date: amz_date::day(&amz_date).to_owned(),
                region: region_of_host(host).to_owned(),
                service: "sts".to_owned(),
                terminator: TERMINATOR.to_owned(),
            },
            amz_date,
            headers,
            signed_headers,
            body: BODY.to_vec(),
        }
    }

    /// Signs exactly these headers, listed as given: in any order, case and number. One that the request
    /// does not have is signed with an empty value.
    #[must_use]
    pub fn signed_headers<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.signed_headers = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Does not sign this header. The request still has it.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.signed_headers.retain(|signed| signed != name);
        self
    }

    /// Signs one more header, whose name is put where the order demands it.
    #[must_use]
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self.signed_headers.push(name.to_owned());
        self.signed_headers.sort();
        self
    }

    /// Changes the value of a header, or adds it without signing it.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let known = self
            .headers
            .iter_mut()
            .find(|(header, _)| header.eq_ignore_ascii_case(name));
        match known {
            Some((_, known)) => *known = value.to_owned(),
            None => self.headers.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Another day in the credential scope.
    #[must_use]
    pub fn scope_date(mut self, date: &str) -> Self {
        self.scope.date = date.to_owned();
        self
    }

    /// Another region in the credential scope.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.scope.region = region.to_owned();
        self
    }

    /// Another service in the credential scope.
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.scope.service = service.to_owned();
        self
    }

    /// Another end of the credential scope.
    #[must_use]
    pub fn terminator(mut self, terminator: &str) -> Self {
        self.scope.terminator = terminator.to_owned();
        self
    }

    /// Another `X-Amz-Date`, in any form; the scope stays.
    #[must_use]
    pub fn amz_date(mut self, amz_date: &str) -> Self {
        self.amz_date = amz_date.to_owned();
        self.header("X-Amz-Date", amz_date)
    }

    /// Another body.
    #[must_use]
    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Length", &body.len().to_string())
    }

    /// The `Authorization` header in parts, for tests that spoil it further. A scope whose date is no
    /// date has no key, and the signature is then all zeros.
    pub fn authorization(&self) -> Authorization {
        let mut headers = self.headers.clone();
        for name in &self.signed_headers {
            if !headers.iter().any(|(h, _)| h.eq_ignore_ascii_case(name)) {
                headers.push((name.clone(), String::new()));
            }
        }
        let signed = Signed {
            method: "POST",
            path: "/",
            headers: &headers,
            signed_headers: &self.signed_headers,
            body: &self.body,
            amz_date: &self.amz_date,
        };
        let signature = signed
            .signature(&self.credentials.secret_access_key, &self.scope)
            .unwrap_or_else(|| "0".repeat(64));
        Authorization {
            access_key_id: self.credentials.access_key_id.clone(),
            scope: self.scope.clone(),
            signed_headers: self.signed_headers.clone(),
            signature,
        }
    }

    /// The values of client-second.
    pub fn client_second(&self) -> ClientSecond {
        ClientSecond {
            a: self.authorization().to_header(),
            d: self.amz_date.clone(),
            t: self.credentials.session_token.clone(),
        }
    }

    /// The whole request, as a server sends it to STS.
    pub fn request(&self) -> Request {
        let mut headers = self.headers.clone();
        headers.push(("Authorization".to_owned(), self.authorization().to_header()));
        Request {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers,
            body: self.body.clone(),
        }
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
