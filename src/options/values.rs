//! How the text of a value becomes what it means.

use std::time::Duration;

use super::environment;
use super::table::{Draft, Spec};
use crate::aws::Proxy;
use crate::reason::printable_within;

/// Longest part of a list that an error repeats, in characters.
const QUOTED: usize = 64;

pub(super) fn text_into(to: &mut String, text: &str) -> Result<(), String> {
    text.clone_into(to);
    Ok(())
}

/// A file's path. A server may change its directory after it has read the configuration.
pub(super) fn path_into(to: &mut String, text: &str) -> Result<(), String> {
    absolute_path(text)?;
    text_into(to, text)
}

/// The path of a file, or nothing.
pub fn absolute_path(text: &str) -> Result<(), String> {
    match text.is_empty() || text.starts_with('/') {
        true => Ok(()),
        false => Err("an absolute path: a server may change its directory".to_owned()),
    }
}

pub(super) fn proxy(draft: &mut Draft, text: &str) -> Result<(), String> {
    (draft.proxy, draft.no_proxy) = (None, String::new());
    match text {
        "" => {}
        "env" => (draft.proxy, draft.no_proxy) = environment::proxy()?,
        // Such a word is more likely meant to say something else.
        word if !word.contains([':', '.']) => {
            return Err("http://HOST:PORT, env, or empty for none".to_owned());
        }
        url => draft.proxy = Some(Proxy::parse(url).map_err(|valid| valid.to_string())?),
    }
    Ok(())
}

pub(super) fn boolean(to: &mut bool, text: &str) -> Result<(), String> {
    *to = text.parse().map_err(|_| "true or false".to_owned())?;
    Ok(())
}

pub(super) fn milliseconds(to: &mut Duration, spec: &Spec, text: &str) -> Result<(), String> {
    *to = Duration::from_millis(number(spec, text)?.into());
    Ok(())
}

pub(super) fn count(to: &mut usize, spec: &Spec, text: &str) -> Result<(), String> {
    *to = number(spec, text)? as usize;
    Ok(())
}

fn number(spec: &Spec, text: &str) -> Result<u32, String> {
    whole_number(text, spec.min, spec.max)
}

/// The rule for numbers: digits alone, within the range.
pub fn whole_number(text: &str, min: u32, max: u32) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number
        .filter(|n| (min..=max).contains(n))
        .ok_or_else(|| format!("a whole number from {min} to {max}"))
}

pub(super) fn list(
    to: &mut Vec<String>,
    text: &str,
    valid: impl Fn(&str) -> bool,
    rule: &str,
) -> Result<(), String> {
    *to = entries(text);
    match to.iter().find(|entry| !valid(entry)) {
        None => Ok(()),
        Some(entry) => {
            let shown = printable_within(QUOTED, entry);
            Err(format!("\"{shown}\": {rule}{}", separators(text)))
        }
    }
}

pub(super) fn entries(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// What to say, behind a rule, of a list that seems to be written in another way.
pub(super) fn separators(text: &str) -> &'static str {
    match text.contains([',', ';', '|', '"', '\'', '[', ']']) {
        true => "; entries are separated by white space alone, without commas, quotes or brackets",
        false => "",
    }
}
