//! The places where programs on AWS find credentials: EC2 instance metadata, the credentials endpoint of
//! ECS containers and that of EKS Pod Identity. Plain HTTP on one more port.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::http::{ReadError, Request, RequestReader, Response};
use crate::journal::Journal;
use crate::roles::{IssuedSession, ORDINARY, Role, random_text};
use crate::state::State;
use crate::web_identity::{POD_IDENTITY, Subject};

const TTL: &str = "X-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "X-aws-ec2-metadata-token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials";
const CONTAINERS: &str = "/v2/credentials/";
const PODS: &str = "/v1/credentials";
const LONGEST_TTL: u64 = 21_600;
const REGION: &str = "us-east-1";

/// What the endpoints know beside the roles.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) journal: Journal,
    /// The ARN of the role that the EC2 instance has.
    instance_role: Mutex<Option<String>>,
    /// Tokens of IMDSv2, and when they end.
    tokens: Mutex<HashMap<String, SystemTime>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Metadata {
    /// The instance gets another role, or none.
    pub(crate) fn set_instance_role(&self, arn: Option<String>) {
        *locked(&self.instance_role) = arn;
    }
}

/// Serves one connection of the metadata port to its end.
pub(crate) fn serve_metadata(id: u64, mut socket: &TcpStream, state: &State) {
    // libmongoc asks in HTTP/1.0.
    let mut reader = RequestReader::with_http_1_0();
    loop {
        let (response, last) = match reader.next(&mut socket) {
            Ok(Some(request)) => {
                state.metadata.journal.record(id, &request);
                (respond(&request, state), request.wants_close())
            }
            Ok(None) | Err(ReadError::Io(_)) => return,
            Err(ReadError::Malformed(why)) => (text(400, why), true),
        };
        if socket.write_all(&response.to_bytes()).is_err() || last {
            return;
        }
    }
}

fn respond(request: &Request, state: &State) -> Response {
    // Go's driver puts two slashes in front.
    let path = &request.path().replace("//", "/");
    match request.method.as_str() {
        "PUT" if path == "/latest/api/token" => begin_session(request, state),
        "GET" if path == PODS => pod_credentials(request, state),
        "GET" => match path.strip_prefix(CONTAINERS) {
            Some(name) => container_credentials(name, state),
            None => instance_metadata(request, path, state),
        },
        _ => text(405, "Method Not Allowed"),
    }
}

// --- EC2 ------------------------------------------------------------------------------------------

fn begin_session(request: &Request, state: &State) -> Response {
    let ttl = request.header(TTL).unwrap_or_default();
    let seconds = ttl.parse().ok().filter(|s| (1..=LONGEST_TTL).contains(s));
    let Some(seconds) = seconds else {
        return text(400, "Bad Request");
    };
    let token = random_text(56);
    let ends = (state.clock)() + Duration::from_secs(seconds);
    locked(&state.metadata.tokens).insert(token.clone(), ends);
    // The AWS SDK for Rust takes no token without this.
    text(200, &token).with(TTL, ttl)
}

fn instance_metadata(request: &Request, path: &str, state: &State) -> Response {
    let now = (state.clock)();
    let known = request
        .header(TOKEN)
        .and_then(|token| locked(&state.metadata.tokens).get(token).copied())
        .is_some_and(|ends| now < ends);
    if !known {
        return text(401, "Unauthorized");
    }
    if path == "/latest/meta-data/placement/region" {
        return text(200, REGION);
    }
    let arn = locked(&state.metadata.instance_role).clone();
    let role = arn.and_then(|arn| state.roles.iter().find(|role| role.arn == arn));
    match (path.strip_prefix(ROLES), role) {
        (Some("" | "/"), Some(role)) => text(200, role.name()),
        (Some(rest), Some(role)) if rest.strip_prefix('/') == Some(role.name()) => {
            instance_credentials(&state.issue(role, ORDINARY), now)
        }
        _ => text(404, "Not Found"),
    }
}

fn instance_credentials(session: &IssuedSession, now: SystemTime) -> Response {
    credentials(&json!({
        "Code": "Success",
        "LastUpdated": rfc3339(now),
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": rfc3339(session.expires),
    }))
}

// --- ECS and EKS ----------------------------------------------------------------------------------

fn container_credentials(name: &str, state: &State) -> Response {
    match state.roles.iter().find(|role| role.name() == name) {
        Some(role) => for_container(role, state),
        None => text(404, "no such task"),
    }
}

fn pod_credentials(request: &Request, state: &State) -> Response {
    let token = request.header("authorization").unwrap_or_default();
    let subject = match Subject::of(token, POD_IDENTITY, (state.clock)()) {
        Ok(subject) => subject,
        Err(error) => return text(400, &format!("{}: {}", error.code, error.message)),
    };
    match state.roles.iter().find(|role| subject.may_have(role)) {
        Some(role) => for_container(role, state),
        None => text(404, "no role for this service account"),
    }
}

fn for_container(role: &Role, state: &State) -> Response {
    let session = state.issue(role, ORDINARY);
    credentials(&json!({
        "RoleArn": session.role_arn,
        "AccountId": session.caller.account,
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret,
        "Token": session.token,
        "Expiration": rfc3339(session.expires),
    }))
}

fn credentials(document: &serde_json::Value) -> Response {
    Response::new(200, "application/json", document.to_string())
}

fn text(status: u16, body: &str) -> Response {
    Response::new(status, "text/plain", body)
}

/// A time to the second, as AWS writes it.
pub(crate) fn rfc3339(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}
