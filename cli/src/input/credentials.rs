//! The form of credentials and of addresses from the environment and from profiles, before anything is
//! signed with them. What is said of one never has the value in it.

use mongodb_aws_auth::aws::looks_like_key_id;

use super::near::nearest;

/// Longest access key id, in bytes, as the plugin takes it.
const KEY_ID_LIMIT: usize = 128;
/// Longest session token, in bytes, as the plugin takes it.
const TOKEN_LIMIT: usize = 16 * 1024;
/// Length of the secret keys that AWS gives out.
const SECRET_LENGTH: usize = 40;

/// Where the parts of some credentials stand, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    pub key_id: String,
    pub secret: String,
    pub token: String,
}

impl Places {
    /// The variables of the environment.
    pub fn environment() -> Places {
        Places::of(
            [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
            ],
            "",
        )
    }

    /// The entries of a profile, or of a service's answer.
    pub fn entries(whose: &str) -> Places {
        let names = [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
        ];
        Places::of(names, &format!(" of {whose}"))
    }

    fn of(names: [&str; 3], whose: &str) -> Places {
        let [key_id, secret, token] = names.map(|name| format!("{name}{whose}"));
        Places {
            key_id,
            secret,
            token,
        }
    }
}

/// What is wrong with the form of these credentials, the worst of it.
pub fn fault(places: &Places, key_id: &str, secret: &str, token: Option<&str>) -> Option<String> {
    let Places {
        key_id: key_place,
        secret: secret_place,
        token: token_place,
    } = places;
    if is_key_id_of_aws(secret.trim()) || looks_like_secret(key_id.trim()) {
        return Some(format!(
            "{key_place} and {secret_place} are exchanged, it seems: a key id has 16 and more capital \
             letters and digits (AKIA..., ASIA...), a secret key 40 characters of every kind, among them \
             / and +. If the secret key was ever sent or logged as a key id, replace the pair"
        ));
    }
    let wrong = |place: &str, what: String| Some(format!("{place} {what}"));
    if key_id.is_empty() {
        return wrong(key_place, "is empty".to_owned());
    }
    if let Some(what) = blemish(key_id) {
        return wrong(key_place, what);
    }
    if let Some(other) = key_id
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && *c != '_')
    {
        return wrong(
            key_place,
            format!("holds \"{other}\": a key id has letters, digits and _ only"),
        );
    }
    if key_id.len() > KEY_ID_LIMIT {
        return wrong(
            key_place,
            format!("is longer than {KEY_ID_LIMIT} characters"),
        );
    }
    if secret.is_empty() {
        return wrong(secret_place, "is empty".to_owned());
    }
    if let Some(what) = blemish(secret) {
        return wrong(secret_place, what);
    }
    let token = token.unwrap_or_default();
    if let Some(what) = blemish(token) {
        return wrong(token_place, what);
    }
    if token.len() > TOKEN_LIMIT {
        return wrong(
            token_place,
            format!("is longer than {TOKEN_LIMIT} characters"),
        );
    }
    None
}

/// A character that credentials never hold, with its place.
fn blemish(text: &str) -> Option<String> {
    let (at, found) = text.char_indices().find(|(_, c)| !c.is_ascii_graphic())?;
    let what = match found {
        '\n' | '\r' => "a line end".to_owned(),
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        other => format!("the character U+{:04X}", u32::from(other)),
    };
    let rest = text.get(at..).unwrap_or_default();
    let place = match (at, rest.trim().is_empty()) {
        (0, _) => "begins with".to_owned(),
        (_, true) => "ends with".to_owned(),
        _ => format!(
            "holds, behind {} characters,",
            text.get(..at)?.chars().count()
        ),
    };
    Some(format!(
        "{place} {what}: take it out where the value is set (a secret store or a shell has added it)"
    ))
}

/// The text is an access key id of AWS's.
pub fn is_key_id_of_aws(text: &str) -> bool {
    const PREFIXES: [&str; 3] = ["AKIA", "ASIA", "ABIA"];
    let known = PREFIXES.iter().any(|prefix| text.starts_with(prefix));
    known && looks_like_key_id(text)
}

/// What is odd about a token beside a long-term key, which has none: drivers send both, and STS refuses that.
pub fn left_over_token(key_id: &str, token: Option<&str>) -> bool {
    key_id.starts_with("AKIA") && is_key_id_of_aws(key_id) && token.is_some()
}

/// The text is a secret key, by its form.
pub fn looks_like_secret(text: &str) -> bool {
    let base64 = |b: u8| b.is_ascii_alphanumeric() || b"/+=".contains(&b);
    let mixed = text.bytes().any(|b| b.is_ascii_lowercase());
    text.len() == SECRET_LENGTH && text.bytes().all(base64) && mixed
        || text.len() > 16 && text.bytes().all(base64) && text.contains(['/', '+', '='])
}

/// An access key id as it may be shown, by the plugin's rule.
pub fn shown_key_id(text: &str) -> String {
    mongodb_aws_auth::reason::printable(&mongodb_aws_auth::aws::shown_key_id(text))
}

/// What is wrong with the address of a service; `name` is the option or variable that has it.
pub fn address_fault(name: &str, url: &str) -> Option<String> {
    let shown = mongodb_aws_auth::reason::printable(&mongodb_aws_auth::aws::without_password(url));
    let wrong = |what: &str| Some(format!("{name}: \"{shown}\" {what}"));
    let form = "an address looks like https://HOST or https://HOST:PORT";
    if url.is_empty() {
        return Some(format!("{name} is empty: {form}"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        let meant = match url.bytes().all(|b| b.is_ascii_graphic()) {
            true => format!(". Did you mean https://{shown}?"),
            false => String::new(),
        };
        return wrong(&format!("has no scheme: {form}{meant}"));
    };
    if !["https", "http"].contains(&scheme) {
        let meant = nearest(scheme, ["https", "http"]);
        let meant = meant.map_or(String::new(), |meant| format!(". Did you mean {meant}://?"));
        return wrong(&format!(
            "has another scheme than https or http: {form}{meant}"
        ));
    }
    if !rest.bytes().all(|b| b.is_ascii_graphic()) {
        return wrong(&format!(
            "holds white space or another character that no address has: {form}"
        ));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    if rest.contains('@') {
        return wrong(&format!("has a user in it: {form}"));
    }
    let host_and_port = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']').and_then(|(host, port)| {
            host.parse::<std::net::Ipv6Addr>().ok()?;
            Some((
                host,
                port.strip_prefix(':')
                    .or(port.is_empty().then_some("443"))?,
            ))
        }),
        None => Some(authority.split_once(':').unwrap_or((authority, "443"))),
    };
    let Some((host, port)) = host_and_port else {
        return wrong(&format!("has no valid IPv6 address: {form}"));
    };
    let label = |b: u8| b.is_ascii_alphanumeric() || b".-:".contains(&b);
    if host.is_empty() || !host.bytes().all(label) {
        return wrong(&format!("has no valid host: {form}"));
    }
    match port.parse::<u16>() {
        Ok(1..) => {}
        _ => return wrong(&format!("has no valid port: {form}")),
    }
    match behind {
        "" | "/" => None,
        _ => wrong(&format!(
            "has a path, a query or a fragment behind the host, and STS has none: {form}"
        )),
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
