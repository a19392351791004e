//! Which identities an entry of `awsAllowedPrincipals` can match, and why it can match none.

use crate::aws::{Arn, Kind, is_account, is_partition};
use crate::identity::PrincipalFormat;
use crate::reason::printable_within;

const FORM: &str = "a user name is arn:PARTITION:SERVICE::ACCOUNT:NAME";
/// Longest part of an entry that an error repeats, in characters.
const QUOTED: usize = 64;

/// A principal of each kind. Whatever begins a principal becomes one with an end of one of these.
const PRINCIPALS: [&str; 5] = [
    "arn:aws-a:iam::000000000000:user/a/a",
    "arn:aws-a:iam::000000000000:role/a",
    "arn:aws-a:iam::000000000000:root",
    "arn:aws-a:sts::000000000000:federated-user/a",
    "arn:aws-a:sts::000000000000:assumed-role/a/*",
];

/// Callers whose principal the entry matches, one of each kind; for an entry without a wildcard the one
/// that it names. At least one, or else why there is none.
pub(super) fn callers(entry: &str, format: PrincipalFormat) -> Result<Vec<Arn>, String> {
    check_form(entry)?;
    let callers: Vec<Arn> = match entry.strip_suffix('*') {
        None => caller(entry, format).into_iter().collect(),
        Some(start) => PRINCIPALS
            .iter()
            .filter_map(|principal| completed(start, principal, format))
            .collect(),
    };
    match callers.is_empty() {
        true => Err(fault(entry, format)),
        false => Ok(callers),
    }
}

fn check_form(entry: &str) -> Result<(), String> {
    if let Some(c) = entry.chars().find(|c| !c.is_ascii_graphic()) {
        let code = u32::from(c);
        return Err(format!(
            "the character U+{code:04X} is in no user name: type the entry again"
        ));
    }
    let start = entry.strip_suffix('*').unwrap_or(entry);
    if !start.starts_with("arn:") || start.contains('*') {
        return Err("entries start with arn: and may end in one *".into());
    }
    // A comma is legal in names, and a path may have colons: two entries may look like one.
    let joined = [",arn:", ";arn:", "|arn:"]
        .iter()
        .any(|j| start.contains(j));
    match joined {
        true => Err("entries are separated by white space, not by commas".into()),
        false => Ok(()),
    }
}

fn completed(start: &str, principal: &str, format: PrincipalFormat) -> Option<Arn> {
    let mut ends = (0..=principal.len()).filter_map(|at| principal.get(at..));
    ends.find_map(|end| caller(&format!("{start}{end}"), format))
}

/// A caller with this principal.
fn caller(principal: &str, format: PrincipalFormat) -> Option<Arn> {
    let of_role = |(front, role): (&str, &str)| {
        let (partition, account) = front.split_once(":iam::")?;
        // A user's path may look like a role.
        is_account(account).then(|| format!("{partition}:sts::{account}:assumed-role/{role}/*"))
    };
    let session = match format {
        PrincipalFormat::IamRole => principal.split_once(":role/").and_then(of_role),
        PrincipalFormat::StsWildcard => None,
    };
    let caller = Arn::parse(session.as_deref().unwrap_or(principal)).ok()?;
    let is_its = caller.kind != Kind::Instance && format.principal_of(&caller) == principal;
    is_its.then_some(caller)
}

/// Why an entry of valid form matches nobody.
fn fault(entry: &str, format: PrincipalFormat) -> String {
    let (start, is_pattern) = match entry.strip_suffix('*') {
        Some(start) => (start, true),
        None => (entry, false),
    };
    let parts: Vec<&str> = start.splitn(6, ':').collect();
    // What a pattern cuts off may be completed; what stands before a further colon may not.
    let whole = |at: usize| {
        parts
            .get(at)
            .filter(|_| parts.len() > at + 1 || !is_pattern)
    };
    match whole(1) {
        Some(partition) if !is_partition(partition) => {
            return "the partition is malformed: it is aws, aws-cn, aws-us-gov or the like".into();
        }
        _ => {}
    }
    if whole(2).is_some_and(|service| !matches!(*service, "iam" | "sts")) {
        return "the service is iam or sts".into();
    }
    if whole(3).is_some_and(|region| !region.is_empty()) {
        return format!("{FORM}, with two colons before the account");
    }
    if whole(4).is_some_and(|account| !is_account(account)) {
        return "the account is a number of 12 digits".into();
    }
    let [_, partition, service, _, account, resource] = parts[..] else {
        return FORM.into();
    };
    let last = |path: &str| match (path.rsplit('/').next().unwrap_or_default(), is_pattern) {
        // A pattern may end with the path.
        ("", _) => "NAME".to_owned(),
        (name, false) => printable_within(QUOTED, name),
        (name, true) => format!("{}*", printable_within(QUOTED, name)),
    };
    let name_of_role = |role: &str| match format {
        PrincipalFormat::IamRole => format!("arn:{partition}:iam::{account}:role/{role}"),
        PrincipalFormat::StsWildcard => {
            let sessions = if role.ends_with('*') { "" } else { "/*" };
            format!("arn:{partition}:sts::{account}:assumed-role/{role}{sessions}")
        }
    };
    match (service, resource.split_once('/'), format) {
        ("iam", Some(("role", path)), PrincipalFormat::IamRole) if path.contains('/') => format!(
            "STS does not return a role's path, so that the user name is {}",
            name_of_role(&last(path))
        ),
        ("iam", Some(("role", path)), PrincipalFormat::StsWildcard) => format!(
            "with awsPrincipalFormat=stsWildcard the user name of a role is {}",
            name_of_role(&last(path))
        ),
        ("sts", Some(("assumed-role", rest)), _) => {
            // The session stands last, also behind a path that STS never returns.
            let role = match rest.rsplit('/').nth(1) {
                Some(role) => printable_within(QUOTED, role),
                None => last(rest),
            };
            let format = match format {
                PrincipalFormat::IamRole => "iamRole",
                PrincipalFormat::StsWildcard => "stsWildcard",
            };
            format!(
                "with awsPrincipalFormat={format} the user name of all sessions of a role is {}",
                name_of_role(&role)
            )
        }
        _ => format!(
            "no identity has this name: users are arn:{partition}:iam::{account}:user/[PATH/]NAME, roles {}",
            name_of_role("ROLE")
        ),
    }
}

#[cfg(test)]
#[path = "principals_tests.rs"]
mod tests;
