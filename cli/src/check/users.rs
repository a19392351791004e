//! Users of `$external`: names that no login ever has, and names whose meaning changed since the
//! built-in mechanism of Percona Server for MongoDB.

use std::collections::BTreeMap;
use std::path::Path;

use mongodb_aws_auth::aws::{Arn, Kind, is_account};
use mongodb_aws_auth::identity::{IdentityRules, PrincipalFormat};
use mongodb_aws_auth::options::{Endpoints, Settings};
use mongodb_aws_auth::reason::printable;

use super::{Findings, Name};
use crate::files;
use crate::input::arn_faults;
use crate::input::credentials::{is_key_id_of_aws, looks_like_secret};
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
    settings: Option<&Settings>,
    verified: Option<&str>,
    findings: &mut Findings,
) {
    let rules = settings.map_or_else(IdentityRules::default, |own| own.identity.clone());
    let endpoints = settings.map(|settings| &settings.endpoints);
    let is_external = |user: &&User| user.database.as_deref().is_none_or(|db| db == EXTERNAL);
    for user in users.iter().filter(|user| !is_external(user)) {
        elsewhere(user, findings);
    }
    let users: Vec<&str> = users
        .iter()
        .filter(is_external)
        .map(|user| user.name.as_str())
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for user in &users {
        *counts.entry(user).or_default() += 1;
    }
    let (mut fine, mut foreign) = (0, 0);
    for (user, count) in &counts {
        let shown = shown(user);
        if *count > 1 {
            findings.warn(
                STEP,
                format!("{shown} is in the list {count} times"),
                "$external has each name once: the list is made of several exports, or of other names before \
                 they were changed.",
            );
        }
        match of_the_partition(user, look(user, &rules), endpoints) {
            Look::Fine => fine += 1,
            Look::Foreign => foreign += 1,
            Look::Never(why) => {
                findings.warn(STEP, format!("{shown} never matches a login"), why);
            }
            Look::Changed(why) => findings.warn(STEP, shown, why),
        }
    }
    let others = match foreign {
        0 => String::new(),
        count => format!("; {count} of other mechanisms"),
    };
    let all = counts.len();
    let found = format!("{fine} of {all} can match a login{others}");
    if fine == 0 {
        let remedy = "Nobody logs in with MONGODB-AWS: create a user of $external for each client \
                      (`whoami` prints the command).";
        findings.fail(STEP, found, remedy);
    } else if fine + foreign == all {
        findings.pass(STEP, found);
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

/// The name is meant as one of AWS: an ARN, with whatever slips, or what people take for one.
fn is_of_aws(user: &str) -> bool {
    let bare = bare(user).to_ascii_lowercase();
    let word = user.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let start = bare.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    start.starts_with("arn:")
        || [":iam::", ":sts::"].iter().any(|part| bare.contains(part))
        || is_key_id_of_aws(word)
        || is_account(word)
        || is_secret(user)
}

/// A secret key in a name's place: forty characters without an equals sign, which names of LDAP have.
fn is_secret(user: &str) -> bool {
    user.trim().len() == 40 && !user.contains('=') && looks_like_secret(user.trim())
}

/// The name as it may be shown.
fn shown(user: &str) -> String {
    match is_secret(user) {
        true => "a name (not shown: it has the form of a secret key)".to_owned(),
        false => printable(user),
    }
}

/// A character that nobody sees or that looks like another one, in what is meant as an ARN.
fn hidden(user: &str) -> Option<Look> {
    let (at, c) = user
        .chars()
        .enumerate()
        .find(|(_, c)| !c.is_ascii_graphic())?;
    let what = match c {
        ' ' | '\t' | '\n' | '\r' => "white space".to_owned(),
        c => format!("the character U+{:04X}", u32::from(c)),
    };
    let place = match at {
        0 => "at its beginning".to_owned(),
        at if at + 1 == user.chars().count() => "at its end".to_owned(),
        at => format!("behind {at} characters"),
    };
    is_of_aws(user).then(|| {
        Look::Never(format!(
            "There is {what} {place}, which no ARN has: create it without."
        ))
    })
}

/// What is wrong with an ARN that is none, as a sentence.
fn no_arn(user: &str, detail: &str) -> Look {
    let why = arn_faults::why_not(user, detail);
    let mut letters = why.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    Look::Never(format!(
        "{}{}.",
        first.unwrap_or_default(),
        letters.as_str().trim_end_matches('.')
    ))
}

/// STS knows no identity of another partition.
fn of_the_partition(user: &str, look: Look, endpoints: Option<&Endpoints>) -> Look {
    let partition = user.split(':').nth(1).unwrap_or_default();
    let other =
        endpoints.filter(|endpoints| endpoints.partition().is_some_and(|own| own != partition));
    match (look, other) {
        (Look::Fine | Look::Changed(_), Some(endpoints)) => Look::Never(format!(
            "It is of partition {partition}, and {}.",
            endpoints.of_one_partition()
        )),
        (look, _) => look,
    }
}

fn look(user: &str, rules: &IdentityRules) -> Look {
    if let Some(hidden) = hidden(user) {
        return hidden;
    }
    if !user.starts_with("arn:") {
        return match is_of_aws(user) {
            true => no_arn(user, "it does not begin with arn:"),
            false => Look::Foreign,
        };
    }
    if let Some(role) = IamRole::parse(user) {
        return look_at_role(user, &role, rules);
    }
    let arn = match Arn::parse(user) {
        Ok(arn) => arn,
        Err(failure) => return no_arn(user, &failure.detail),
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

fn look_at_role(user: &str, role: &IamRole<'_>, rules: &IdentityRules) -> Look {
    let arn = match Arn::parse(&role.session()) {
        Ok(arn) => arn,
        Err(failure) => return no_arn(user, &failure.detail),
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
            "STS does not return a role's path, so no user name has one: create {}.",
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
