//! Which user of `$external` an ARN stands for, by the plugin's own mapping, and the traps on the
//! way: ARNs that IAM shows are not always those that STS answers.

use mongodb_aws_auth::aws::{Arn, Kind};
use mongodb_aws_auth::identity::PrincipalFormat;
use serde::Serialize;

use super::arn_faults;

const INSTANCE: &str = "an EC2 instance identity never logs in: every instance has one. Give the \
    instance a role (instance profile).";

/// What an ARN means for a login.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Principal {
    /// As it was given.
    pub arn: String,
    /// In words.
    pub kind: &'static str,
    /// Account number.
    pub account: String,
    /// Partition.
    pub partition: String,
    /// User name with awsPrincipalFormat=iamRole.
    pub iam_role: Option<String>,
    /// User name with awsPrincipalFormat=stsWildcard.
    pub sts_wildcard: Option<String>,
    /// Option without which this identity is refused.
    pub needs_option: Option<&'static str>,
    /// What to know about it.
    pub notes: Vec<String>,
}

impl Principal {
    /// The user name in this format.
    pub fn name(&self, format: PrincipalFormat) -> Option<&str> {
        match format {
            PrincipalFormat::IamRole => self.iam_role.as_deref(),
            PrincipalFormat::StsWildcard => self.sts_wildcard.as_deref(),
        }
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

/// Looks at an ARN: one that STS answers, or one of a role as IAM shows it. `Err` says why nobody
/// can log in as it.
pub fn look_at(text: &str) -> Result<Principal, String> {
    let text = text.trim();
    if let Some(role) = IamRole::parse(text) {
        return role.principal(text);
    }
    let arn = Arn::parse(text).map_err(|failure| arn_faults::why_not(text, &failure.detail))?;
    let mut principal = Principal {
        arn: text.to_owned(),
        account: arn.account.clone(),
        partition: arn.partition.clone(),
        iam_role: Some(arn.iam_role_form()),
        sts_wildcard: Some(arn.sts_wildcard_form()),
        ..Principal::default()
    };
    match &arn.kind {
        Kind::User => principal.kind = "IAM user",
        Kind::Role { role, session } => {
            principal.kind = "session of a role";
            if session == "*" {
                principal.kind = "role, as a user name in the format stsWildcard";
            } else {
                principal.note(
                    "The session's name is chosen by whoever assumes the role. It is no part of \
                     the user name.",
                );
            }
            note_on_path(&mut principal, role);
        }
        Kind::Instance => {
            return Err(INSTANCE.to_owned());
        }
        Kind::Federated => {
            principal.kind = "federated user";
            principal.sts_wildcard = None;
            principal.needs_option = Some("awsAllowFederated");
        }
        Kind::Root => {
            principal.kind = "root user of an account";
            principal.sts_wildcard = None;
            principal.needs_option = Some("awsAllowRoot");
            principal.note("Better an IAM user or a role than the root user.");
        }
    }
    if let Some(option) = principal.needs_option {
        principal.note(format!(
            "It is refused unless {option}=true and awsPrincipalFormat=iamRole."
        ));
    }
    Ok(principal)
}

/// The role-path trap, for a role whose path is not to be seen.
fn note_on_path(principal: &mut Principal, role: &str) {
    if role.starts_with("AWSReservedSSO_") {
        principal.note(
            "A role of IAM Identity Center always has a path in IAM (aws-reserved/sso.amazonaws.com/). \
             STS does not return it, so the user name has none.",
        );
    } else {
        principal.note(
            "If the role has a path in IAM, the user name still has none: STS does not return it.",
        );
    }
}

/// A role's ARN as IAM shows it: `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`.
#[derive(Debug)]
pub struct IamRole<'a> {
    partition: &'a str,
    account: &'a str,
    path: &'a str,
    name: &'a str,
}

impl<'a> IamRole<'a> {
    /// Takes it apart; `None` for all else.
    pub fn parse(text: &'a str) -> Option<IamRole<'a>> {
        let mut parts = text.splitn(6, ':');
        let [arn, partition, service, region, account, resource] =
            [(); 6].map(|()| parts.next().unwrap_or_default());
        let rest = resource.strip_prefix("role/")?;
        let (path, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        (arn == "arn" && service == "iam" && region.is_empty()).then_some(IamRole {
            partition,
            account,
            path,
            name,
        })
    }

    /// It has a path.
    pub fn has_path(&self) -> bool {
        !self.path.is_empty()
    }

    /// What STS answers for a session of it.
    pub fn session(&self) -> String {
        let IamRole {
            partition,
            account,
            name,
            ..
        } = self;
        format!("arn:{partition}:sts::{account}:assumed-role/{name}/*")
    }

    fn principal(&self, text: &str) -> Result<Principal, String> {
        let session = self.session();
        // The plugin's grammar has the last word on partition, account and name.
        let arn = Arn::parse(&session);
        let arn = arn.map_err(|failure| arn_faults::why_not(text, &failure.detail))?;
        if arn.kind == Kind::Instance {
            return Err(INSTANCE.to_owned());
        }
        let mut principal = Principal {
            arn: text.to_owned(),
            kind: "role",
            account: self.account.to_owned(),
            partition: self.partition.to_owned(),
            iam_role: Some(arn.iam_role_form()),
            sts_wildcard: Some(arn.sts_wildcard_form()),
            ..Principal::default()
        };
        if self.has_path() {
            principal.note(format!(
                "This role has the path /{}/ in IAM. STS does not return a role's path, so the user \
                 name must not have it: a user created as {text} never matches.",
                self.path
            ));
        }
        if self.path.starts_with("aws-service-role") {
            principal.note("Service-linked roles are assumed by AWS's services only.");
        }
        Ok(principal)
    }
}

/// A role of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Name of the role.
    pub role: String,
    /// Its database.
    pub database: String,
}

/// A command for mongosh that creates the user.
pub fn create_user(name: &str, grants: &[Grant]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let role = |grant: &Grant| {
        let (role, database) = (quoted(&grant.role), quoted(&grant.database));
        format!("{{ role: {role}, db: {database} }}")
    };
    let roles = grants.iter().map(role).collect::<Vec<_>>().join(", ");
    format!(
        "db.getSiblingDB(\"$external\").createUser({{\n  user: {},\n  roles: [{roles}]\n}})",
        quoted(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_plugin() {
        for (arn, iam_role, sts_wildcard) in [
            (
                "arn:aws:iam::123456789012:user/team/jane",
                "arn:aws:iam::123456789012:user/team/jane",
                Some("arn:aws:iam::123456789012:user/team/jane"),
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc",
                "arn:aws:iam::123456789012:role/shop-app",
                Some("arn:aws:sts::123456789012:assumed-role/shop-app/*"),
            ),
            (
                "arn:aws-cn:iam::123456789012:role/team/shop-app",
                "arn:aws-cn:iam::123456789012:role/shop-app",
                Some("arn:aws-cn:sts::123456789012:assumed-role/shop-app/*"),
            ),
            (
                "arn:aws:iam::123456789012:root",
                "arn:aws:iam::123456789012:root",
                None,
            ),
        ] {
            let principal = look_at(arn).unwrap();
            assert_eq!(principal.name(PrincipalFormat::IamRole), Some(iam_role));
            assert_eq!(principal.name(PrincipalFormat::StsWildcard), sts_wildcard);
        }
    }

    #[test]
    fn what_cannot_log_in_is_told_why() {
        for (arn, why) in [
            (
                "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0abc",
                "instance profile",
            ),
            (
                "arn:aws:iam::123456789012:role/aws:ec2-instance",
                "instance profile",
            ),
            (
                "arn:aws:iam::123456789012:group/dbas",
                "a group is no identity",
            ),
            ("arn:aws:iam::1:role/shop-app", "12 digits"),
            ("alice", "no ARN"),
        ] {
            let error = look_at(arn).unwrap_err();
            assert!(error.contains(why), "{arn}: {error}");
        }
    }

    #[test]
    fn the_command_quotes_what_it_is_given() {
        let grant = Grant {
            role: "readWrite".to_owned(),
            database: "sh\"op".to_owned(),
        };
        let command = create_user("arn:aws:iam::123456789012:user/a\"b", &[grant]);
        assert!(command.contains(r#"user: "arn:aws:iam::123456789012:user/a\"b","#));
        assert!(command.contains(r#"roles: [{ role: "readWrite", db: "sh\"op" }]"#));
    }
}
