//! The operations of STS that are understood.

use std::time::SystemTime;

use crate::answers::StsError;
use crate::http::Request;
use crate::identities::{Caller, Keys};
use crate::roles::{IssuedSession, Role, checked_session_name, duration, invalid};
use crate::verification::{authenticate, verify};
use crate::web_identity::{STS, Subject};

/// What STS answers with success.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Identity(Caller),
    Session {
        action: &'static str,
        session: Box<IssuedSession>,
        /// Whom the web identity token stands for.
        subject: Option<String>,
    },
}

impl Answer {
    /// Whose quota the request counts against.
    pub(crate) fn account(&self) -> &str {
        match self {
            Self::Identity(caller) => &caller.account,
            Self::Session { session, .. } => &session.caller.account,
        }
    }
}

/// What an operation looks things up in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) roles: &'a [Role],
    pub(crate) region: Option<&'a str>,
    pub(crate) now: SystemTime,
}

/// Judges a request.
pub(crate) fn perform(request: &Request, known: Known<'_>) -> Result<Answer, StsError> {
    let form = if (request.method.as_str(), request.target.as_str()) == ("POST", "/") {
        Form::parse(&request.body)
    } else {
        Form::default()
    };
    match form.get("Action") {
        Some("AssumeRole") => assume_role(request, &form, known),
        Some("AssumeRoleWithWebIdentity") => assume_role_with_web_identity(&form, known),
        _ => verify(request, known.keys, known.region, known.now).map(Answer::Identity),
    }
}

fn assume_role(request: &Request, form: &Form, known: Known<'_>) -> Result<Answer, StsError> {
    let caller = authenticate(request, known.keys, known.region, known.now)?;
    let role_arn = form.required("RoleArn")?;
    let role = known
        .role(role_arn)
        .filter(|role| role.trusts.contains(&caller.arn))
        .ok_or_else(|| {
            denied(&format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
                caller.arn
            ))
        })?;
    issue(role, form, known, "AssumeRole", None)
}

fn assume_role_with_web_identity(form: &Form, known: Known<'_>) -> Result<Answer, StsError> {
    let subject = Subject::of(form.required("WebIdentityToken")?, STS, known.now)?;
    let role = known
        .role(form.required("RoleArn")?)
        .filter(|role| subject.may_have(role))
        .ok_or_else(|| denied("Not authorized to perform sts:AssumeRoleWithWebIdentity"))?;
    let name = subject.name().to_owned();
    issue(role, form, known, "AssumeRoleWithWebIdentity", Some(name))
}

fn issue(
    role: &Role,
    form: &Form,
    known: Known<'_>,
    action: &'static str,
    subject: Option<String>,
) -> Result<Answer, StsError> {
    let session_name = checked_session_name(form.get("RoleSessionName"))?;
    let expires = known.now + duration(form.get("DurationSeconds"))?;
    Ok(Answer::Session {
        action,
        session: Box::new(role.session(session_name, expires)),
        subject,
    })
}

impl<'a> Known<'a> {
    fn role(&self, arn: &str) -> Option<&'a Role> {
        self.roles.iter().find(|role| role.arn == arn)
    }
}

fn denied(message: &str) -> StsError {
    StsError::new(403, "AccessDenied", message)
}

/// The fields of a form.
#[derive(Debug, Default)]
struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`; what is malformed is left out.
    fn parse(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let fields = text.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((decoded(name)?, decoded(value)?))
        });
        Self(fields.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, StsError> {
        self.get(name)
            .ok_or_else(|| invalid(&format!("{name} is missing")))
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
#[path = "actions_tests.rs"]
mod tests;
