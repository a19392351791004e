//! The identities that the emulator knows: long-term keys of users and temporary keys of sessions.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::roles::Role;

/// The set of known identities, as the JSON file has it.
///
/// ARNs are answered as they are, so tests can make odd and hostile ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identities {
    /// Identities with long-term access keys.
    pub users: Vec<User>,
    /// Identities with temporary access keys.
    pub sessions: Vec<Session>,
    /// Roles that can be assumed.
    pub roles: Vec<Role>,
}

/// An identity with a long-term access key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The ARN to answer.
    pub arn: String,
    /// The user id to answer.
    pub user_id: String,
    /// The account to answer; without it, the one in the ARN.
    pub account: Option<String>,
}

/// An identity with a temporary access key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Session {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The token that must come with the key.
    pub session_token: String,
    /// The ARN to answer.
    pub arn: String,
    /// The user id to answer.
    pub user_id: String,
    /// When the session ends.
    pub expires: Expiry,
    /// The account to answer; without it, the one in the ARN.
    pub account: Option<String>,
}

/// When a session ends. In JSON: an RFC 3339 time, or seconds counted from the start of the emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// At this time.
    At(SystemTime),
    /// So many seconds after the emulator starts; negative for a session that is already over.
    AfterStart(i64),
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Seconds(i64),
            Time(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Seconds(seconds) => Ok(Self::AfterStart(seconds)),
            Form::Time(text) => OffsetDateTime::parse(&text, &Rfc3339)
                .map(|time| Self::At(time.into()))
                .map_err(|error| serde::de::Error::custom(format!("expires {text:?}: {error}"))),
        }
    }
}

impl Identities {
    /// Reads the JSON form.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The identities of `tests/sts/identities.json`, which the demo and the tests share.
    pub fn shipped() -> Result<Self, serde_json::Error> {
        Self::from_json(include_str!("../identities.json"))
    }
}

/// What `GetCallerIdentity` answers about a key's owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) account: String,
}

/// All that is known of one access key.
#[derive(Debug, Clone)]
pub(crate) struct AccessKey {
    pub(crate) secret: String,
    pub(crate) temporary: Option<Temporary>,
    pub(crate) caller: Caller,
}

/// What makes an access key a temporary one.
#[derive(Debug, Clone)]
pub(crate) struct Temporary {
    pub(crate) token: String,
    pub(crate) expires: SystemTime,
}

/// Access keys by their id.
pub(crate) type Keys = HashMap<String, AccessKey>;

/// Indexes the identities; relative ends of sessions count from `start`. `Err` names a repeated key id.
pub(crate) fn index(identities: Identities, start: SystemTime) -> Result<Keys, String> {
    let users = identities.users.into_iter().map(|user| {
        let key = AccessKey {
            secret: user.secret_access_key,
            temporary: None,
            caller: caller(user.arn, user.user_id, user.account),
        };
        (user.access_key_id, key)
    });
    let sessions = identities.sessions.into_iter().map(|session| {
        let key = AccessKey {
            secret: session.secret_access_key,
            temporary: Some(Temporary {
                token: session.session_token,
                expires: end(session.expires, start),
            }),
            caller: caller(session.arn, session.user_id, session.account),
        };
        (session.access_key_id, key)
    });
    let mut keys = Keys::new();
    for (id, key) in users.chain(sessions) {
        if keys.insert(id.clone(), key).is_some() {
            return Err(format!("access key id {id} is given twice"));
        }
    }
    Ok(keys)
}

fn caller(arn: String, user_id: String, account: Option<String>) -> Caller {
    let account = account.unwrap_or_else(|| arn.split(':').nth(4).unwrap_or_default().to_owned());
    Caller {
        arn,
        user_id,
        account,
    }
}

fn end(expiry: Expiry, start: SystemTime) -> SystemTime {
    match expiry {
        Expiry::At(time) => time,
        Expiry::AfterStart(seconds) => {
            let distance = Duration::from_secs(seconds.unsigned_abs());
            let end = if seconds < 0 {
                start.checked_sub(distance)
            } else {
                start.checked_add(distance)
            };
            end.unwrap_or(start)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_identities_are_well_formed() {
        let identities = Identities::shipped().unwrap();
        let keys: Vec<(String, String)> = identities
            .users
            .iter()
            .map(|u| (u.access_key_id.clone(), u.secret_access_key.clone()))
            .chain(
                identities
                    .sessions
                    .iter()
                    .map(|s| (s.access_key_id.clone(), s.secret_access_key.clone())),
            )
            .collect();
        for (id, secret) in &keys {
            assert_eq!((id.len(), secret.len()), (20, 40), "{id}");
            assert!(id.starts_with("AKIA") || id.starts_with("ASIA"), "{id}");
            assert!(secret.contains("EXAMPLE"), "{id}");
        }
        assert_eq!(
            index(identities, SystemTime::now()).unwrap().len(),
            keys.len()
        );
    }

    #[test]
    fn a_session_ends_at_a_time_or_seconds_after_the_start() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let expiry = |json| serde_json::from_str::<Expiry>(json).unwrap();
        let seconds = |n| SystemTime::UNIX_EPOCH + Duration::from_secs(n);
        assert_eq!(end(expiry("60"), start), seconds(1060));
        assert_eq!(end(expiry("-60"), start), seconds(940));
        assert_eq!(end(expiry("\"1970-01-01T00:00:05Z\""), start), seconds(5));
        assert!(serde_json::from_str::<Expiry>("\"tomorrow\"").is_err());
    }

    #[test]
    fn the_account_is_the_one_in_the_arn_unless_another_is_given() {
        let arn = "arn:aws:iam::123456789012:user/alice".to_owned();
        assert_eq!(
            caller(arn.clone(), "U".into(), None).account,
            "123456789012"
        );
        assert_eq!(caller(arn, "U".into(), Some("1".into())).account, "1");
    }

    #[test]
    fn a_key_id_given_twice_is_refused() {
        let mut identities = Identities::shipped().unwrap();
        identities
            .users
            .push(identities.users.first().unwrap().clone());
        assert!(index(identities, SystemTime::now()).is_err());
    }
}
