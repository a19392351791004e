//! Users of `$external`: names that no login ever has, and names whose meaning changed since the
//! built-in mechanism of Percona Server for MongoDB.

use std::fs;
use std::path::Path;

use mongodb_aws_auth::aws::{Arn, Kind};
use mongodb_aws_auth::identity::{IdentityRules, PrincipalFormat};
use mongodb_aws_auth::reason::printable;
use serde_json::Value;

use super::{Findings, Name};
use crate::output::Unusable;
use crate::principal::IamRole;

const STEP: Name = Name::Users;
const EXTERNAL: &str = "$external";
const INSTANCE: &str = "EC2 instance identities are refused, also where the built-in mechanism let \
    them through: give the instance a role.";

/// Reads the names: JSON as getUsers or mongoexport give it, or one name per line.
pub fn read(path: &Path) -> Result<Vec<String>, Unusable> {
    let text = fs::read_to_string(path).map_err(|error| Unusable::file(path, error))?;
    names(&text).map_err(|error| Unusable::file(path, error))
}

fn names(text: &str) -> Result<Vec<String>, String> {
    if !text.trim_start().starts_with(['{', '[']) {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        return Ok(lines.map(str::to_owned).collect());
    }
    let mut names = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        collect(&document.map_err(|error| error.to_string())?, &mut names)?;
    }
    Ok(names)
}

fn collect(value: &Value, names: &mut Vec<String>) -> Result<(), String> {
    match value {
        Value::String(name) => names.push(name.clone()),
        Value::Array(all) => {
            for value in all {
                collect(value, names)?;
            }
        }
        Value::Object(document) => {
            if let Some(users) = document.get("users") {
                return collect(users, names);
            }
            let database = document.get("db").and_then(Value::as_str);
            let name = document.get("user").and_then(Value::as_str);
            let name = name.ok_or("a document has no member user")?;
            if database.is_none_or(|database| database == EXTERNAL) {
                names.push(name.to_owned());
            }
        }
        other => return Err(format!("{other} is no user")),
    }
    Ok(())
}

/// Why a name needs a look.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Look {
    /// It works.
    Fine,
    /// It belongs to another mechanism (X.509, LDAP, Kerberos).
    Foreign,
    /// No login ever has this name.
    Never(String),
    /// It means something else than before, or is refused by the options.
    Changed(String),
}

/// Judges each name, and whether the login's own is among them.
pub fn check(
    users: &[String],
    rules: Option<&IdentityRules>,
    verified: Option<&str>,
    findings: &mut Findings,
) {
    let rules = rules.cloned().unwrap_or_default();
    let (mut fine, mut foreign) = (0, 0);
    for user in users {
        let shown = printable(user);
        match look(user, &rules) {
            Look::Fine => fine += 1,
            Look::Foreign => foreign += 1,
            Look::Never(why) => {
                findings.warn(STEP, format!("{shown} never matches a login"), why);
            }
            Look::Changed(why) => findings.warn(STEP, shown, why),
        }
    }
    if fine + foreign == users.len() {
        let others = match foreign {
            0 => String::new(),
            count => format!("; {count} of other mechanisms"),
        };
        let all = users.len();
        findings.pass(STEP, format!("{fine} of {all} can match a login{others}"));
    }
    match verified {
        Some(name) if users.iter().any(|user| user == name) => {
            findings.pass(Name::UserOfLogin, format!("{name} is in the list"));
        }
        // They may be this host's own credentials, as which nobody wants to log in.
        Some(name) => findings.warn(
            Name::UserOfLogin,
            format!("{name} is verified, and no user of $external"),
            "If the credentials are a client's, create this user, letter for letter: `whoami` \
             prints the command. If they are this host's own, nothing is wrong; give `check` a \
             client's to see its login.",
        ),
        None => {}
    }
}

fn look(user: &str, rules: &IdentityRules) -> Look {
    if user.trim() != user && user.trim().starts_with("arn:") {
        return Look::Never("There is white space around it.".to_owned());
    }
    if !user.starts_with("arn:") {
        let almost = user.to_ascii_lowercase().starts_with("arn:");
        return match almost {
            true => Look::Never("An ARN begins with arn: in small letters.".to_owned()),
            false => Look::Foreign,
        };
    }
    if let Some(role) = IamRole::parse(user) {
        return look_at_role(&role, rules);
    }
    let Ok(arn) = Arn::parse(user) else {
        return Look::Never("It is not the ARN of a user, role or session.".to_owned());
    };
    let wildcard = rules.format == PrincipalFormat::StsWildcard;
    match &arn.kind {
        Kind::User => admitted(&arn, rules),
        Kind::Role { session, .. } if session == "*" && wildcard => admitted(&arn, rules),
        Kind::Role { session, .. } if session == "*" => Look::Never(format!(
            "It has the form of awsPrincipalFormat=stsWildcard, and the server's is iamRole: \
             create {}.",
            arn.iam_role_form()
        )),
        Kind::Role { .. } => session_name(&arn, wildcard),
        Kind::Instance => Look::Changed(INSTANCE.to_owned()),
        Kind::Root if !rules.allow_root => Look::Changed(
            "Root users are refused unless awsAllowRoot is true; the built-in mechanism let them \
             through."
                .to_owned(),
        ),
        Kind::Federated if !rules.allow_federated => Look::Changed(
            "Federated users are refused unless awsAllowFederated is true; the built-in mechanism \
             let them through."
                .to_owned(),
        ),
        Kind::Root | Kind::Federated => admitted(&arn, rules),
    }
}

/// A user for one session: never a login's name here.
fn session_name(arn: &Arn, wildcard: bool) -> Look {
    let wanted = match wildcard {
        true => arn.sts_wildcard_form(),
        false => arn.iam_role_form(),
    };
    match arn.partition.as_str() {
        "aws" => Look::Never(format!("A session has its role's name: create {wanted}.")),
        partition => Look::Changed(format!(
            "It no longer matches: the built-in mechanism kept the session's ARN in partition \
             {partition}, here a session has its role's name: create {wanted}. Mind that it then \
             stands for every session of the role."
        )),
    }
}

fn look_at_role(role: &IamRole<'_>, rules: &IdentityRules) -> Look {
    let session = role.session();
    let Ok(arn) = Arn::parse(&session) else {
        return Look::Never("Its partition, account or name is malformed.".to_owned());
    };
    if matches!(arn.kind, Kind::Instance) {
        return Look::Changed(INSTANCE.to_owned());
    }
    if rules.format == PrincipalFormat::StsWildcard {
        return Look::Never(format!(
            "It has the form of awsPrincipalFormat=iamRole, and the server's is stsWildcard: \
             create {}.",
            arn.sts_wildcard_form()
        ));
    }
    if role.has_path() {
        return Look::Never(format!(
            "STS does not tell a role's path, so no user name has one: create {}.",
            arn.iam_role_form()
        ));
    }
    admitted(&arn, rules)
}

/// A login with this ARN passes the operator's rules.
fn admitted(arn: &Arn, rules: &IdentityRules) -> Look {
    match rules.admit(arn) {
        Ok(_) => Look::Fine,
        Err(failure) => Look::Changed(format!("The options refuse it: {failure}.")),
    }
}

#[cfg(test)]
#[path = "users_tests.rs"]
mod tests;
