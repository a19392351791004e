//! Amazon Resource Names of identities, and the user name each stands for in `$external`.
//!
//! Grammar: the AWS General Reference and the IAM quotas page. Split at the first five colons
//! only, since an IAM path may hold further ones.

use crate::reason::{Failure, Reason};

/// Longest ARN, in bytes (STS API: 20 to 2048).
const LENGTH_LIMIT: usize = 2048;
const PATH_LIMIT: usize = 512;
const INSTANCE_IDENTITY_ROLE: &str = "aws:ec2-instance";

/// What kind of identity an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// An IAM user, possibly under a path.
    User,
    /// A session of an assumed role; the ARN does not hold the role's path.
    Role {
        /// Name of the role.
        role: &'a str,
        /// Chosen by whoever assumed the role: for logs only.
        session: &'a str,
    },
    /// A session of the identity that every EC2 instance has.
    Instance,
    /// A federated user (GetFederationToken).
    Federated,
    /// An account's root user.
    Root,
}

/// An ARN that follows the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The ARN itself.
    pub text: &'a str,
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub partition: &'a str,
    /// Account number, 12 digits.
    pub account: &'a str,
    /// What it names.
    pub kind: Kind<'a>,
}

impl<'a> Arn<'a> {
    /// Parses the ARN of an identity that can call STS.
    pub fn parse(text: &'a str) -> Result<Arn<'a>, Failure> {
        let malformed = |what: &str| Failure::new(Reason::ArnMalformed, what);
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
            text,
            partition,
            account,
            kind,
        })
    }

    /// The user name in Percona's form: a role session becomes its role's IAM ARN.
    pub fn iam_role_form(&self) -> String {
        match self.kind {
            Kind::Role { role, .. } => {
                format!("arn:{}:iam::{}:role/{role}", self.partition, self.account)
            }
            _ => self.text.to_owned(),
        }
    }

    /// The user name in MongoDB's form: a role session with its session name as a star.
    pub fn sts_wildcard_form(&self) -> String {
        match self.kind {
            Kind::Role { role, .. } => {
                format!(
                    "arn:{}:sts::{}:assumed-role/{role}/*",
                    self.partition, self.account
                )
            }
            _ => self.text.to_owned(),
        }
    }
}

/// A partition's name: `aws` and up to two further words.
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

/// An account number: 12 digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn kind<'a>(service: &str, resource: &'a str) -> Option<Kind<'a>> {
    if service == "iam" {
        if resource == "root" {
            return Some(Kind::Root);
        }
        let rest = resource.strip_prefix("user/")?;
        let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        let in_path = |b: u8| b.is_ascii_graphic();
        let path_is_legal =
            !rest.starts_with('/') && path.len() <= PATH_LIMIT && path.bytes().all(in_path);
        return (path_is_legal && is_name(name, 128)).then_some(Kind::User);
    }
    if service != "sts" {
        return None;
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
    is_name(role, 64).then_some(Kind::Role { role, session })
}

fn is_name(text: &str, limit: usize) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    (1..=limit).contains(&text.len()) && text.bytes().all(legal)
}

fn is_session(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_graphic() && b != b'/';
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

#[cfg(test)]
#[path = "arn_tests.rs"]
mod tests;
