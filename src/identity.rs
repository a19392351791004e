//! From a caller ARN to a principal, a user name in `$external`, by the operator's rules.

use crate::aws::{Arn, Kind};
use crate::reason::{Failure, Reason};

/// The principal of a role's session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrincipalFormat {
    /// `arn:aws:iam::ACCOUNT:role/ROLE`, Percona's form.
    #[default]
    IamRole,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/*`, MongoDB's form.
    StsWildcard,
}

/// The operator's rules. An empty list allows every value.
#[derive(Clone, Debug, Default)]
pub struct IdentityRules {
    /// The principal of a role's session.
    pub format: PrincipalFormat,
    /// Principals; one may end in the wildcard `*`.
    pub principals: Vec<String>,
    /// Account numbers.
    pub accounts: Vec<String>,
    /// Partitions.
    pub partitions: Vec<String>,
    /// Accounts' root users may log in.
    pub allow_root: bool,
    /// Federated users may log in.
    pub allow_federated: bool,
}

impl IdentityRules {
    /// The principal of this caller, if the rules allow it to log in.
    pub fn admit(&self, caller: &Arn) -> Result<String, Failure> {
        let refused = |reason, detail: &str| Err(Failure::new(reason, detail));
        match caller.kind {
            Kind::User | Kind::Role { .. } => {}
            Kind::Federated if self.allow_federated => {}
            Kind::Root if self.allow_root => {}
            Kind::Federated => return refused(Reason::FederatedNotAllowed, &caller.text),
            Kind::Root => return refused(Reason::RootNotAllowed, &caller.text),
            Kind::Instance => return refused(Reason::InstanceIdentity, &caller.text),
        }
        if !is_allowed(&self.partitions, |allowed| allowed == caller.partition) {
            return refused(Reason::PartitionNotAllowed, &caller.partition);
        }
        if !is_allowed(&self.accounts, |allowed| allowed == caller.account) {
            return refused(Reason::AccountNotAllowed, &caller.account);
        }
        let principal = match self.format {
            PrincipalFormat::IamRole => caller.iam_role_form(),
            PrincipalFormat::StsWildcard => caller.sts_wildcard_form(),
        };
        match is_allowed(&self.principals, |pattern| matches(pattern, &principal)) {
            true => Ok(principal),
            false => refused(Reason::PrincipalNotAllowed, &principal),
        }
    }
}

fn is_allowed(list: &[String], fits: impl Fn(&str) -> bool) -> bool {
    list.is_empty() || list.iter().any(|entry| fits(entry))
}

fn matches(pattern: &str, principal: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => principal.starts_with(prefix),
        None => principal == pattern,
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
