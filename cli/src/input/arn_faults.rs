//! Why a text is not the ARN of an identity that can log in, and what it should be.

use mongodb_aws_auth::aws::{Partition, is_account, is_partition};
use mongodb_aws_auth::reason::printable;

use super::credentials::{is_key_id_of_aws, looks_like_secret};
use super::near::nearest;

/// Longest ARN, in bytes.
const LENGTH_LIMIT: usize = 2048;
/// The kinds of identities, their services and the form of each.
const KINDS: [(&str, &str, &str); 4] = [
    ("user", "iam", "arn:aws:iam::123456789012:user/alice"),
    ("role", "iam", "arn:aws:iam::123456789012:role/shop-app"),
    (
        "assumed-role",
        "sts",
        "arn:aws:sts::123456789012:assumed-role/shop-app/SESSION",
    ),
    (
        "federated-user",
        "sts",
        "arn:aws:sts::123456789012:federated-user/carol",
    ),
];
const FORMS: &str = "It looks like arn:aws:iam::123456789012:user/alice, \
    arn:aws:iam::123456789012:role/shop-app or arn:aws:sts::123456789012:assumed-role/shop-app/SESSION";

/// The text as it may be shown again: no secret, no codes of a terminal.
pub fn shown(text: &str) -> String {
    match looks_like_secret(text.trim()) {
        true => "(not shown: it has the form of a secret key)".to_owned(),
        false => printable(text),
    }
}

/// Why nobody can log in as this; `detail` is what the plugin's parser says of it.
pub fn why_not(text: &str, detail: &str) -> String {
    let fault = not_an_arn(text).or_else(|| wrong_part(text));
    fault
        .unwrap_or_else(|| format!("not the ARN of an identity that can log in: {detail}. {FORMS}"))
}

fn not_an_arn(text: &str) -> Option<String> {
    let quotes = [
        '"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '<', '>',
    ];
    let bare = text.trim_matches(|c: char| quotes.contains(&c) || c == ',' || c == ';');
    let said = if text.is_empty() {
        "it is empty".to_owned()
    } else if is_key_id_of_aws(text) {
        return Some(
            "an access key id is no ARN: `whoami`, with the credentials that it belongs to, says whose it is"
                .to_owned(),
        );
    } else if looks_like_secret(text) {
        return Some("a secret key is no ARN. Replace it if others can have seen it".to_owned());
    } else if is_account(text) {
        "an account's number is no ARN: name a user or role of the account".to_owned()
    } else if text.len() > LENGTH_LIMIT {
        format!("it has {} bytes, an ARN at most {LENGTH_LIMIT}", text.len())
    } else if bare != text && !bare.is_empty() {
        return Some(format!(
            "there are quotes or punctuation around it: without them it is {}",
            printable(bare)
        ));
    } else if let Some((at, c)) = text
        .chars()
        .enumerate()
        .find(|(_, c)| !c.is_ascii_graphic())
    {
        let name = match c {
            ' ' => "a space".to_owned(),
            c => format!("the character U+{:04X}", u32::from(c)),
        };
        format!("it has {name} after {at} characters: an ARN has visible ASCII characters only")
    } else if !text.contains(':') {
        "no ARN: it has no colon".to_owned()
    } else {
        return None;
    };
    Some(format!("{said}. {FORMS}"))
}

fn wrong_part(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else {
        return Some(format!(
            "it has {} of the five colons of an ARN. {FORMS}",
            parts.len() - 1
        ));
    };
    let head = [*arn, *partition, *service].join(":");
    if head.bytes().any(|b| b.is_ascii_uppercase()) {
        let head = head.to_ascii_lowercase();
        return Some(format!(
            "an ARN begins in small letters: {head}:{region}:{account}:{resource}"
        ));
    }
    if *arn != "arn" {
        return Some(format!(
            "it begins with \"{arn}\" and not with arn. {FORMS}"
        ));
    }
    if !is_partition(partition) {
        let known: Vec<&str> = Partition::all().map(|known| known.name).collect();
        let meant = nearest(partition, known.iter().copied()).unwrap_or("aws");
        return Some(format!(
            "\"{partition}\" is no partition; there are {}. Did you mean {meant}?",
            known.join(", ")
        ));
    }
    if !["iam", "sts"].contains(service) {
        return Some(format!(
            "identities belong to the services iam and sts, not to \"{service}\". {FORMS}"
        ));
    }
    if !region.is_empty() {
        return Some(format!(
            "an identity has no region, and there is \"{region}\": write two colons behind {service}"
        ));
    }
    if !is_account(account) {
        let digits: String = account.chars().filter(char::is_ascii_digit).collect();
        let what = match account.len() {
            0 => "the account is missing".to_owned(),
            _ if is_account(&digits) => {
                format!("the account is written {digits}, without anything between")
            }
            length => format!("the account \"{account}\" has {length} characters"),
        };
        return Some(format!("{what}: it is a number of 12 digits"));
    }
    wrong_resource(text, service, resource)
}

fn wrong_resource(text: &str, service: &str, resource: &str) -> Option<String> {
    let (kind, name) = resource.split_once(['/', ':']).unwrap_or((resource, ""));
    match kind {
        "group" | "policy" | "instance-profile" | "saml-provider" | "oidc-provider" | "mfa"
        | "server-certificate" => {
            return Some(format!(
                "{} is no identity that can sign a request: name the user or role",
                with_article(kind)
            ));
        }
        _ => {}
    }
    let Some((_, wanted, form)) = KINDS.iter().find(|(known, ..)| *known == kind) else {
        let known = KINDS.map(|(known, ..)| known);
        let meant = nearest(kind, known.into_iter().chain(["root"]));
        let meant = meant.map_or(String::new(), |meant| format!(" Did you mean {meant}?"));
        return Some(format!("\"{kind}\" is no kind of identity.{meant} {FORMS}"));
    };
    if service != *wanted {
        let kind = with_article(kind);
        return Some(format!("{kind} belongs to the service {wanted}: {form}"));
    }
    if resource.get(kind.len()..)?.starts_with(':') {
        return Some(format!("a slash stands behind {kind}: {form}"));
    }
    if text.contains(['*', '?']) {
        let path = match kind == "role" && name.contains('/') {
            true => "; STS does not return a role's path, so that no name has one",
            false => "",
        };
        return Some(format!(
            "it has a wildcard: a user of $external is one name, to the letter, such as {form}. \
             awsAllowedPrincipals takes a * at the end{path}"
        ));
    }
    let (names, limit): (Vec<&str>, usize) = match kind {
        "assumed-role" => match name.split_once('/') {
            Some(_) if name.ends_with('/') => {
                return Some(format!("the session's name is empty: {form}"));
            }
            Some((_, rest)) if rest.contains('/') => {
                let mut names = name.rsplit('/');
                let (session, role) = (names.next()?, names.next()?);
                let front = text.strip_suffix(resource)?;
                return Some(format!(
                    "a role and its session are two names: STS does not return a role's path, so that the ARN is \
                     {front}{kind}/{role}/{session}"
                ));
            }
            Some((role, _)) => (vec![role], 64),
            None => return Some(format!("the session is missing: {form}")),
        },
        "user" => (vec![name.rsplit('/').next().unwrap_or_default()], 128),
        _ => (vec![name.rsplit('/').next().unwrap_or_default()], 64),
    };
    names
        .into_iter()
        .find_map(|name| wrong_name(kind, name, limit))
}

/// As it is read: mfa letter by letter.
fn with_article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']) || kind == "mfa";
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

fn wrong_name(kind: &str, name: &str, limit: usize) -> Option<String> {
    let legal = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    if name.is_empty() {
        return Some(format!("the name of the {kind} is missing"));
    }
    if name.len() > limit {
        return Some(format!(
            "the name of the {kind} has {} characters, and IAM allows {limit}",
            name.len()
        ));
    }
    let other = name.chars().find(|c| !legal(c))?;
    Some(format!(
        "the name of the {kind} holds \"{other}\": IAM allows letters, digits and _ + = , . @ -"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::principal::look_at;
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_what_it_should_be() {
        let long = format!("arn:aws:iam::123456789012:role/{}", "r".repeat(65));
        let longer = format!("arn:aws:iam::123456789012:user/{}", "u".repeat(3000));
        let path = format!("arn:aws:iam::123456789012:user/{}/jane", "p".repeat(600));
        for (text, words) in [
            ("", "it is empty"),
            ("AKIAIOSFODNN7EXAMPLE", "an access key id is no ARN"),
            ("123456789012", "an account's number is no ARN"),
            ("shop-app", "no ARN: it has no colon"),
            (
                "\"arn:aws:iam::123456789012:user/alice\"",
                "without them it is arn:aws:iam::123456789012:user/alice",
            ),
            (
                "'arn:aws:iam::123456789012:user/alice',",
                "quotes or punctuation",
            ),
            (
                "arn:aws:iam::123456789012:user/al ice",
                "it has a space after 33 characters",
            ),
            ("arn:aws:iam::123456789012:user/\u{430}lice", "U+0430"),
            ("arn:aws:iam::123456789012", "4 of the five colons"),
            (
                "ARN:AWS:IAM::123456789012:user/Alice",
                "arn:aws:iam::123456789012:user/Alice",
            ),
            ("arn:aws:IAM::123456789012:role/r", "small letters"),
            ("urn:aws:iam::123456789012:role/r", "begins with \"urn\""),
            (
                "arn:aws-chn:iam::123456789012:role/r1/",
                "the name of the role is missing",
            ),
            ("arn:amazon:iam::123456789012:role/r", "is no partition"),
            (
                "arn:aws-usgov-east-1:iam::123456789012:role/r",
                "is no partition",
            ),
            ("arn:aws:s3:::bucket", "not to \"s3\""),
            ("arn:aws:iam:us-east-1:123456789012:role/r", "no region"),
            ("arn:aws:iam:::role/r", "the account is missing"),
            ("arn:aws:iam::1234-5678-9012:role/r", "written 123456789012"),
            ("arn:aws:iam::12345:role/r", "has 5 characters"),
            (
                "arn:aws:iam::123456789012:group/dbas",
                "a group is no identity",
            ),
            ("arn:aws:iam::123456789012:Role/r", "Did you mean role?"),
            (
                "arn:aws:iam::123456789012:users/alice",
                "Did you mean user?",
            ),
            (
                "arn:aws:sts::123456789012:user/alice",
                "belongs to the service iam",
            ),
            (
                "arn:aws:iam::123456789012:assumed-role/r/s",
                "belongs to the service sts",
            ),
            (
                "arn:aws:iam::123456789012:user:alice",
                "a slash stands behind user",
            ),
            ("arn:aws:iam::123456789012:user/*", "a wildcard"),
            (
                "arn:aws:iam::123456789012:role/team/*",
                "STS does not return a role's path",
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/team/shop-app/i-0abc",
                "the ARN is arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc",
            ),
            (
                "arn:aws-cn:sts::123456789012:assumed-role/a/b/c/jane",
                "the ARN is arn:aws-cn:sts::123456789012:assumed-role/c/jane",
            ),
            (
                "arn:aws:iam::123456789012:instance-profile/web",
                "an instance-profile is no identity",
            ),
            (
                "arn:aws:iam::123456789012:oidc-provider/x",
                "an oidc-provider is",
            ),
            ("arn:aws:iam::123456789012:mfa/jane", "an mfa is"),
            (
                "arn:aws:iam::123456789012:saml-provider/x",
                "a saml-provider is",
            ),
            (
                "arn:aws:iam::123456789012:assumed-role/r/s",
                "an assumed-role belongs to",
            ),
            ("arn:aws:iam::123456789012:role/shop-?", "a wildcard"),
            (
                "arn:aws:sts::123456789012:assumed-role/r",
                "the session is missing",
            ),
            (
                "arn:aws:sts::123456789012:assumed-role/r/",
                "session's name is empty",
            ),
            (
                "arn:aws:iam::123456789012:user/",
                "the name of the user is missing",
            ),
            ("arn:aws:iam::123456789012:role/a%b", "holds \"%\""),
            (&long, "has 65 characters, and IAM allows 64"),
            (&longer, "an ARN at most 2048"),
            (&path, "resource is malformed"),
        ] {
            let why = look_at(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }

    #[test]
    fn a_secret_key_is_neither_explained_nor_shown() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let why = look_at(secret).unwrap_err();
        assert!(why.contains("a secret key is no ARN"), "{why}");
        assert!(![why, shown(secret)].concat().contains(secret));
    }
}
