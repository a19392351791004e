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
        if let Some(reason) = self.refuses_kind(&caller.kind) {
            return refused(reason, &caller.text);
        }
        if !is_allowed(&self.partitions, |allowed| allowed == caller.partition) {
            return refused(Reason::PartitionNotAllowed, &caller.partition);
        }
        if !is_allowed(&self.accounts, |allowed| allowed == caller.account) {
            return refused(Reason::AccountNotAllowed, &caller.account);
        }
        let principal = self.format.principal_of(caller);
        match is_allowed(&self.principals, |pattern| matches(pattern, &principal)) {
            true => Ok(principal),
            false => refused(Reason::PrincipalNotAllowed, &principal),
        }
    }

    /// Why no identity of this kind may log in.
    pub fn refuses_kind(&self, kind: &Kind) -> Option<Reason> {
        match kind {
            Kind::User | Kind::Role { .. } => None,
            Kind::Federated if self.allow_federated => None,
            Kind::Root if self.allow_root => None,
            Kind::Federated => Some(Reason::FederatedNotAllowed),
            Kind::Root => Some(Reason::RootNotAllowed),
            Kind::Instance => Some(Reason::InstanceIdentity),
        }
    }
}

impl PrincipalFormat {
    /// The principal of this caller.
    pub fn principal_of(self, caller: &Arn) -> String {
        match self {
            PrincipalFormat::IamRole => caller.iam_role_form(),
            PrincipalFormat::StsWildcard => caller.sts_wildcard_form(),
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
