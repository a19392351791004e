//! Roles: who may assume them, and the temporary credentials that come of it.

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::answers::StsError;
use crate::identities::{AccessKey, Caller, Temporary};

const SHORTEST: u64 = 900;
const LONGEST: u64 = 43_200;
/// How long credentials last that a metadata endpoint hands out.
pub(crate) const ORDINARY: Duration = Duration::from_secs(6 * 3600);

/// A role, as the JSON file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// The role's ARN, with its path.
    pub arn: String,
    /// The unique id; a session's user id begins with it.
    pub role_id: String,
    /// The name of the sessions that the metadata endpoints hand out.
    pub session_name: String,
    /// The ARNs of those who may call `AssumeRole` for it.
    #[serde(default)]
    pub trusts: Vec<String>,
    /// The subjects whose web identity token or pod token stands for it.
    #[serde(default)]
    pub subjects: Vec<String>,
}

impl Role {
    /// The name, without the path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// The account's number.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// A session's ARN: it has the role's name, but not its path.
    fn session_arn(&self, session_name: &str) -> String {
        let partition = self.arn.split(':').nth(1).unwrap_or_default();
        format!(
            "arn:{partition}:sts::{}:assumed-role/{}/{session_name}",
            self.account(),
            self.name()
        )
    }

    /// Makes a session of this role that ends at `expires`.
    pub(crate) fn session(&self, session_name: &str, expires: SystemTime) -> IssuedSession {
        let caller = Caller {
            arn: self.session_arn(session_name),
            user_id: format!("{}:{session_name}", self.role_id),
            account: self.account().to_owned(),
        };
        IssuedSession {
            role_arn: self.arn.clone(),
            access_key_id: format!("ASIA{}", random_text(16)),
            secret: format!("EXAMPLE{}", random_text(33)),
            token: format!("IQoJb3JpZ2luEXAMPLE{}==", random_text(260)),
            expires,
            caller,
        }
    }
}

/// Credentials that were issued for a role.
#[derive(Debug, Clone)]
pub(crate) struct IssuedSession {
    pub(crate) role_arn: String,
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: SystemTime,
    pub(crate) caller: Caller,
}

impl IssuedSession {
    /// What is to be remembered, so that requests signed with them are known.
    pub(crate) fn key(&self) -> AccessKey {
        AccessKey {
            secret: self.secret.clone(),
            temporary: Some(Temporary {
                token: self.token.clone(),
                expires: self.expires,
            }),
            caller: self.caller.clone(),
        }
    }
}

/// Reads `DurationSeconds`; an hour if it is not given.
pub(crate) fn duration(text: Option<&str>) -> Result<Duration, StsError> {
    let seconds = text.map_or(Some(3600), |text| text.parse().ok());
    seconds
        .filter(|seconds| (SHORTEST..=LONGEST).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            invalid(&format!(
                "durationSeconds must be from {SHORTEST} to {LONGEST}"
            ))
        })
}

/// Checks a `RoleSessionName`: 2 to 64 characters of `[\w+=,.@-]`.
pub(crate) fn checked_session_name(name: Option<&str>) -> Result<&str, StsError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    name.filter(|name| (2..=64).contains(&name.len()) && name.bytes().all(allowed))
        .ok_or_else(|| {
            invalid("roleSessionName must have 2 to 64 characters and satisfy [\\w+=,.@-]*")
        })
}

pub(crate) fn invalid(message: &str) -> StsError {
    StsError::new(400, "ValidationError", message)
}

/// Letters and digits that nobody can guess.
pub(crate) fn random_text(length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        let mut bytes = [0_u8; 48];
        // Without randomness the text would be guessable, which no test rests on.
        let _ = SystemRandom::new().fill(&mut bytes);
        text.extend(
            STANDARD
                .encode(bytes)
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|letter| letter.to_ascii_uppercase()),
        );
    }
    text.truncate(length);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role() -> Role {
        Role {
            arn: "arn:aws-cn:iam::123456789012:role/service/batch/importer".into(),
            role_id: "AROA1".into(),
            session_name: "task".into(),
            trusts: Vec::new(),
            subjects: Vec::new(),
        }
    }

    #[test]
    fn a_sessions_arn_has_the_roles_name_without_its_path() {
        let session = role().session("task", SystemTime::UNIX_EPOCH);
        assert_eq!(
            session.caller.arn,
            "arn:aws-cn:sts::123456789012:assumed-role/importer/task"
        );
        assert_eq!(session.caller.user_id, "AROA1:task");
        assert_eq!(session.caller.account, "123456789012");
    }

    #[test]
    fn no_two_sessions_share_credentials() {
        let session = || role().session("task", SystemTime::UNIX_EPOCH);
        let (one, other) = (session(), session());
        assert_eq!((one.access_key_id.len(), one.secret.len()), (20, 40));
        assert_ne!(one.access_key_id, other.access_key_id);
        assert_ne!(one.secret, other.secret);
        assert_ne!(one.token, other.token);
    }

    #[test]
    fn durations_and_session_names_are_those_that_sts_takes() {
        assert_eq!(duration(None).unwrap(), Duration::from_secs(3600));
        assert_eq!(duration(Some("900")).unwrap(), Duration::from_secs(900));
        for odd in ["899", "43201", "-1", "an hour", ""] {
            assert!(duration(Some(odd)).is_err(), "{odd}");
        }
        assert_eq!(checked_session_name(Some("a@b.c")).unwrap(), "a@b.c");
        for odd in [None, Some("a"), Some("a/b"), Some("a b")] {
            assert!(checked_session_name(odd).is_err(), "{odd:?}");
        }
    }
}
