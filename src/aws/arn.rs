//! Amazon Resource Names of identities, and the principal that each maps to.
//!
//! Grammar: the AWS General Reference and the IAM quotas page. Only the first five colons separate,
//! since an IAM path may hold further ones.

use crate::reason::{Failure, Reason, printable, printable_start};

/// Longest ARN, in bytes (STS API: 20 to 2048).
const LENGTH_LIMIT: usize = 2048;
/// Longest path of a user, in bytes (IAM quotas).
const PATH_LIMIT: usize = 512;
/// Role name in the session ARN that every EC2 instance has (EC2, instance identity roles).
const INSTANCE_IDENTITY_ROLE: &str = "aws:ec2-instance";

/// The kind of identity that an ARN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An IAM user, possibly under a path.
    User,
    /// A session of an assumed role; the ARN does not hold the role's path.
    Role {
        /// Name of the role.
        role: String,
        /// Chosen by whoever assumed the role: for logs only.
        session: String,
    },
    /// A session of the identity that every EC2 instance has.
    Instance,
    /// A federated user (GetFederationToken).
    Federated,
    /// An account's root user.
    Root,
}

/// An identity's ARN, checked against the grammar and split into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// The whole ARN.
    pub text: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: String,
    /// Account number, 12 digits.
    pub account: String,
    /// The kind of identity.
    pub kind: Kind,
}

impl Arn {
    /// Parses the ARN of an identity that can call STS.
    pub fn parse(text: &str) -> Result<Arn, Failure> {
        let malformed = |what: &str| {
            let shown = match text.starts_with("arn:") {
                true => printable(text),
                false => printable_start(text),
            };
            Failure::new(Reason::ArnMalformed, format!("{what}: \"{shown}\""))
        };
        if text.len() > LENGTH_LIMIT {
            return Err(malformed("it is too long"));
        }
        let mut parts = text.splitn(6, ':');
        let parts = [(); 6].map(|()| parts.next());
        let [
            Some("arn"),
            Some(partition),
            Some(service),
            Some(""),
            Some(account),
            Some(resource),
        ] = parts
        else {
            return Err(malformed(
                "it does not have the form arn:PARTITION:SERVICE::ACCOUNT:NAME",
            ));
        };
        if !is_partition(partition) {
            return Err(malformed("its partition is malformed"));
        }
        if !is_account(account) {
            return Err(malformed("its account is not 12 digits"));
        }
        let kind = kind(service, resource).ok_or_else(|| malformed("its resource is malformed"))?;
        Ok(Arn {
            text: text.to_owned(),
            partition: partition.to_owned(),
            account: account.to_owned(),
            kind,
        })
    }

    /// The principal in Percona's form: a role session becomes its role's IAM ARN.
    pub fn iam_role_form(&self) -> String {
        match &self.kind {
            Kind::Role { role, .. } => {
                format!("arn:{}:iam::{}:role/{role}", self.partition, self.account)
            }
            _ => self.text.clone(),
        }
    }

    /// The principal in MongoDB's form: a role session with `*` as its session name.
    pub fn sts_wildcard_form(&self) -> String {
        match &self.kind {
            Kind::Role { role, .. } => {
                format!(
                    "arn:{}:sts::{}:assumed-role/{role}/*",
                    self.partition, self.account
                )
            }
            _ => self.text.clone(),
        }
    }
}

/// Whether the text has the form of a partition: `aws` and up to two words of 1 to 6 letters.
pub fn is_partition(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("aws") else {
        return false;
    };
    let word = |w: &str| (1..=6).contains(&w.len()) && w.bytes().all(|b| b.is_ascii_lowercase());
    rest.is_empty()
        || rest
            .strip_prefix('-')
            .is_some_and(|rest| rest.split('-').count() <= 2 && rest.split('-').all(word))
}

/// Whether the text has the form of an account number: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn kind(service: &str, resource: &str) -> Option<Kind> {
    match (service, resource) {
        ("iam", "root") => return Some(Kind::Root),
        ("iam", user) => return is_user(user.strip_prefix("user/")?).then_some(Kind::User),
        ("sts", _) => {}
        _ => return None,
    }
    if let Some(name) = resource.strip_prefix("federated-user/") {
        return is_name(name, 64).then_some(Kind::Federated);
    }
    let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    if !is_session(session) {
        return None;
    }
    if role == INSTANCE_IDENTITY_ROLE {
        return Some(Kind::Instance);
    }
    is_name(role, 64).then(|| Kind::Role {
        role: role.to_owned(),
        session: session.to_owned(),
    })
}

/// `[PATH/]NAME`; IAM allows every printable ASCII character in a path.
fn is_user(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let is_path = path.len() <= PATH_LIMIT && path.bytes().all(|b| b.is_ascii_graphic());
    !text.starts_with('/') && is_path && is_name(name, 128)
}

fn is_name(text: &str, limit: usize) -> bool {
    let is_valid = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (1..=limit).contains(&text.len()) && text.bytes().all(is_valid)
}

/// Wider than IAM's own rule for session names: the name goes to logs alone, and a service may
/// choose it.
fn is_session(text: &str) -> bool {
    let is_valid = |b: u8| b.is_ascii_graphic() && b != b'/';
    (1..=128).contains(&text.len()) && text.bytes().all(is_valid)
}

#[cfg(test)]
#[path = "arn_tests.rs"]
mod tests;
