//! Users of `$external`: names that no login ever has, and names whose meaning changed since the
//! built-in mechanism of Percona Server for MongoDB.

use std::path::Path;

use mongodb_aws_auth::aws::{Arn, Kind};
use mongodb_aws_auth::identity::{IdentityRules, PrincipalFormat};
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::files;
use crate::input::principal::IamRole;
use crate::input::user_list::{self, User};
use crate::output::Unusable;

const STEP: Name = Name::Users;
const EXTERNAL: &str = "$external";
const INSTANCE: &str = "EC2 instance identities are refused, also where the built-in mechanism let \
    them through: give the instance a role.";

/// Reads the list: JSON as getUsers or mongoexport give it, or one name per line.
pub fn read(path: &Path) -> Result<Vec<User>, Unusable> {
    let text = files::read_text(path, files::LIST_LIMIT)?;
    user_list::read(&text).map_err(|error| Unusable::file(path, error))
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
    users: &[User],
    rules: Option<&IdentityRules>,
    verified: Option<&str>,
    findings: &mut Findings,
) {
    let rules = rules.cloned().unwrap_or_default();
    let is_external = |user: &&User| user.database.as_deref().is_none_or(|db| db == EXTERNAL);
    for user in users.iter().filter(|user| !is_external(user)) {
        elsewhere(user, findings);
    }
    let users: Vec<&str> = users
        .iter()
        .filter(is_external)
        .map(|user| user.name.as_str())
        .collect();
    let (mut fine, mut foreign) = (0, 0);
    for user in &users {
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
        Some(name) if users.contains(&name) => {
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

/// A user with the name of an AWS identity that was created in another database.
fn elsewhere(user: &User, findings: &mut Findings) {
    if !bare(&user.name).to_ascii_lowercase().starts_with("arn:") {
        return;
    }
    let database = printable(user.database.as_deref().unwrap_or_default());
    findings.warn(
        STEP,
        format!("{} of database {database} never matches a login", printable(&user.name)),
        "MONGODB-AWS looks in $external only: create it there, with db.getSiblingDB(\"$external\").",
    );
}

/// The visible ASCII characters of a name.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).collect()
}

/// A character that nobody sees or that looks like another one, in what is meant as an ARN.
fn hidden(user: &str) -> Option<Look> {
    let (at, c) = user
        .chars()
        .enumerate()
        .find(|(_, c)| !c.is_ascii_graphic())?;
    let bare = bare(user).to_ascii_lowercase();
    let is_arn =
        bare.starts_with("arn:") || [":iam::", ":sts::"].iter().any(|part| bare.contains(part));
    let what = match c {
        ' ' | '\t' | '\n' | '\r' => "white space".to_owned(),
        c => format!("the character U+{:04X}", u32::from(c)),
    };
    let place = match at {
        0 => "at its beginning".to_owned(),
        at if at + 1 == user.chars().count() => "at its end".to_owned(),
        at => format!("behind {at} characters"),
    };
    is_arn.then(|| {
        Look::Never(format!(
            "There is {what} {place}, which no ARN has: create it without."
        ))
    })
}

fn look(user: &str, rules: &IdentityRules) -> Look {
    if let Some(hidden) = hidden(user) {
        return hidden;
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
