//! Tokens that stand for somebody whom another identity provider knows: web identity and pod tokens.
//!
//! They are JSON Web Tokens. Their signature is not checked, as there is no provider to ask for keys;
//! audience, expiry and subject are.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::answers::StsError;
use crate::roles::Role;

/// The audience of tokens for `AssumeRoleWithWebIdentity`.
pub(crate) const STS: &str = "sts.amazonaws.com";
/// The audience of tokens for EKS Pod Identity.
pub(crate) const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    exp: u64,
}

/// Who a token stands for.
pub(crate) struct Subject(String);

impl Subject {
    /// Reads a token for this audience.
    pub(crate) fn of(token: &str, audience: &str, now: SystemTime) -> Result<Self, StsError> {
        let claims = claims(token).ok_or_else(|| refusal("The token is no JSON Web Token."))?;
        let meant = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        if !meant {
            return Err(refusal("Incorrect token audience"));
        }
        let expires = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(claims.exp));
        if expires.is_none_or(|expires| expires <= now) {
            return Err(StsError::new(
                400,
                "ExpiredTokenException",
                "Token expired: current date/time must be before the expiration date/time",
            ));
        }
        Ok(Self(claims.sub))
    }

    /// May this subject have the role?
    pub(crate) fn may_have(&self, role: &Role) -> bool {
        role.subjects.contains(&self.0)
    }

    /// The subject, as the token has it.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn refusal(why: &str) -> StsError {
    StsError::new(400, "InvalidIdentityToken", why)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// A token with these claims and no signature to speak of.
    pub(crate) fn token(claims: &serde_json::Value) -> String {
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        let header = part(json!({"alg": "RS256"}).to_string());
        format!("{header}.{}.{}", part(claims.to_string()), part("s".into()))
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn judge(claims: &serde_json::Value) -> Result<String, String> {
        Subject::of(&token(claims), STS, at(100))
            .map(|subject| subject.name().to_owned())
            .map_err(|error| error.code)
    }

    #[test]
    fn a_token_for_this_audience_names_its_subject_until_it_expires() {
        let valid = json!({"sub": "pod", "aud": STS, "exp": 101});
        assert_eq!(judge(&valid).unwrap(), "pod");
        let several = json!({"sub": "pod", "aud": ["other", STS], "exp": 101});
        assert_eq!(judge(&several).unwrap(), "pod");
        let expired = json!({"sub": "pod", "aud": STS, "exp": 100});
        assert_eq!(judge(&expired).unwrap_err(), "ExpiredTokenException");
    }

    #[test]
    fn other_tokens_are_invalid() {
        let foreign = json!({"sub": "pod", "aud": POD_IDENTITY, "exp": 101});
        assert_eq!(judge(&foreign).unwrap_err(), "InvalidIdentityToken");
        let nameless = json!({"aud": STS, "exp": 101});
        assert_eq!(judge(&nameless).unwrap_err(), "InvalidIdentityToken");
        for odd in ["", "a.b", "a.b.c", "a.b.c.d"] {
            assert!(Subject::of(odd, STS, at(100)).is_err(), "{odd}");
        }
    }
}
