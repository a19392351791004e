//! From STS's answer to a user of `$external`: who may log in, and under which name.

use crate::aws::{Arn, CallerIdentity, Kind};
use crate::reason::{Failure, Reason};

/// Which name a role's session has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrincipalFormat {
    /// `arn:aws:iam::ACCOUNT:role/ROLE`, Percona's form.
    #[default]
    IamRole,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/*`, MongoDB's form.
    StsWildcard,
}

/// The operator's rules. An empty list allows all.
#[derive(Clone, Debug, Default)]
pub struct IdentityRules {
    /// Which name a role's session has.
    pub format: PrincipalFormat,
    /// User names; a final `*` stands for any rest.
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
    /// The user name of this caller, if the rules let it log in.
    pub fn admit(&self, caller: &CallerIdentity) -> Result<String, Failure> {
        let arn = Arn::parse(&caller.arn)?;
        match arn.kind {
            Kind::User | Kind::Role { .. } => {}
            Kind::Federated if self.allow_federated => {}
            Kind::Root if self.allow_root => {}
            Kind::Federated => return Err(Failure::new(Reason::FederatedNotAllowed, arn.text)),
            Kind::Root => return Err(Failure::new(Reason::RootNotAllowed, arn.text)),
            Kind::Instance => return Err(Failure::new(Reason::InstanceIdentity, arn.text)),
        }
        let name = match self.format {
            PrincipalFormat::IamRole => arn.iam_role_form(),
            PrincipalFormat::StsWildcard => arn.sts_wildcard_form(),
        };
        let among =
            |list: &[String], value: &str| list.is_empty() || list.iter().any(|v| v == value);
        if !among(&self.partitions, arn.partition) {
            return Err(Failure::new(Reason::PartitionNotAllowed, arn.partition));
        }
        if !among(&self.accounts, arn.account) {
            return Err(Failure::new(Reason::AccountNotAllowed, arn.account));
        }
        if !self.principals.is_empty() && !self.principals.iter().any(|p| matches(p, &name)) {
            return Err(Failure::new(Reason::PrincipalNotAllowed, name));
        }
        Ok(name)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
