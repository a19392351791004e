//! The rules on who may log in, against each other and the STS hosts: one that can match nobody is more
//! likely a mistake than a wish.

use super::principals;
use super::{Endpoints, OptionError};
use crate::aws::{Arn, Partition};
use crate::identity::{IdentityRules, PrincipalFormat};
use crate::reason::{Reason, printable_within};

const PRINCIPALS: &str = "awsAllowedPrincipals";
const PARTITIONS: &str = "awsAllowedPartitions";
/// Longest part of an entry that a warning repeats, in characters.
const QUOTED: usize = 128;
/// Warnings that are given one by one.
const MOST_WARNINGS: usize = 8;

/// Adds what is wrong with the rules, and returns warnings of single entries that let nobody in.
pub(super) fn check(
    rules: &IdentityRules,
    endpoints: &Endpoints,
    faults: &mut Vec<OptionError>,
) -> Vec<String> {
    for (key, on) in [
        ("awsAllowRoot", rules.allow_root),
        ("awsAllowFederated", rules.allow_federated),
    ] {
        if on && rules.format == PrincipalFormat::StsWildcard {
            let valid = "such identities have a name with awsPrincipalFormat=iamRole only";
            faults.push(OptionError::new(key, "true", valid));
        }
    }
    let context = Context {
        rules,
        endpoints,
        partition: endpoints.partition(),
    };
    let mut warnings = context.partitions(faults);
    warnings.extend(context.principals(faults));
    let more = warnings.len().saturating_sub(MOST_WARNINGS);
    if more > 0 {
        warnings.truncate(MOST_WARNINGS);
        warnings.push(format!("{more} more entries let nobody in"));
    }
    warnings
}

struct Context<'a> {
    rules: &'a IdentityRules,
    endpoints: &'a Endpoints,
    /// Of the STS hosts: it has all identities that they know. None for a custom host.
    partition: Option<&'static str>,
}

impl Context<'_> {
    fn partitions(&self, faults: &mut Vec<OptionError>) -> Vec<String> {
        let all = &self.rules.partitions;
        let why = |entry: &String| self.of_other_partition(entry);
        let mut warnings = dead(PARTITIONS, all, why, faults);
        warnings.extend(
            all.iter()
                .filter_map(|entry| unknown(PARTITIONS, entry, entry)),
        );
        warnings
    }

    fn principals(&self, faults: &mut Vec<OptionError>) -> Vec<String> {
        let all = &self.rules.principals;
        if let [listed @ .., last] = &all[..] {
            let with_comma = |entry: &String| entry.ends_with([',', ';']);
            if !listed.is_empty() && listed.iter().all(with_comma) && !with_comma(last) {
                let valid = "entries are separated by white space, not by commas; a name that ends in a comma \
                             stands last";
                let value = all.join(" ");
                faults.push(OptionError::new(PRINCIPALS, &value, valid));
                return Vec::new();
            }
        }
        let mut callers = Vec::new();
        for entry in all {
            match principals::callers(entry, self.rules.format) {
                Ok(found) => callers.push(found),
                Err(why) => {
                    faults.push(OptionError::new(PRINCIPALS, entry, why));
                    return Vec::new();
                }
            }
        }
        let mut callers = callers.into_iter();
        let why = |entry: &String| self.excludes(entry, &callers.next().unwrap_or_default());
        let named = |entry: &String| unknown(PRINCIPALS, entry, whole_partition(entry)?);
        let mut warnings = dead(PRINCIPALS, all, why, faults);
        warnings.extend(all.iter().filter_map(named));
        warnings
    }

    /// Why none of these callers, one of each kind that the entry matches, may log in.
    fn excludes(&self, entry: &str, callers: &[Arn]) -> Option<String> {
        let kinds = callers
            .iter()
            .map(|caller| self.rules.refuses_kind(&caller.kind));
        if let Some(Some(reason)) = kinds.min_by_key(Option::is_some) {
            let option = match reason {
                Reason::RootNotAllowed => "awsAllowRoot=true",
                _ => "awsAllowFederated=true",
            };
            return Some(format!("it lets nobody in without {option}"));
        }
        let start = entry.strip_suffix('*');
        let parts: Vec<&str> = start.unwrap_or(entry).splitn(6, ':').collect();
        // A pattern may end within a part.
        let fits = |at: usize, list: &[String]| {
            let Some(part) = parts.get(at) else {
                return true;
            };
            let is_whole = start.is_none() || parts.len() > at + 1;
            let is_fit = |value: &String| match is_whole {
                true => value == part,
                false => value.starts_with(part),
            };
            list.is_empty() || list.iter().any(is_fit)
        };
        if !fits(1, &self.rules.partitions) {
            return Some(format!("its partition is not in {PARTITIONS}"));
        }
        if !fits(4, &self.rules.accounts) {
            return Some("its account is not in awsAllowedAccounts".into());
        }
        let partition = self.partition.map(str::to_owned);
        let is_known = whole_partition(entry).is_none_or(is_known);
        let is_other = is_known && !fits(1, partition.as_slice());
        is_other.then(|| self.endpoints.of_one_partition())
    }

    fn of_other_partition(&self, partition: &str) -> Option<String> {
        let differs = self.partition.is_some_and(|own| own != partition);
        (is_known(partition) && differs).then(|| self.endpoints.of_one_partition())
    }
}

fn is_known(partition: &str) -> bool {
    Partition::nearest_to(partition).is_none()
}

/// The partition of a user name, unless a pattern ends within it.
fn whole_partition(entry: &str) -> Option<&str> {
    let (_, rest) = entry.split_once(':')?;
    rest.split_once(':').map(|(partition, _)| partition)
}

/// Warnings of entries that let nobody in; where none of the list lets anybody in, that is a fault.
fn dead(
    key: &str,
    all: &[String],
    mut why: impl FnMut(&String) -> Option<String>,
    faults: &mut Vec<OptionError>,
) -> Vec<String> {
    let mut found: Vec<(&String, String)> = Vec::new();
    for entry in all {
        found.extend(why(entry).map(|why| (entry, why)));
    }
    if found.len() == all.len()
        && let Some((entry, why)) = found.first()
    {
        faults.push(OptionError::new(key, entry, why));
        found.clear();
    }
    let warning = |(entry, why): &(&String, String)| {
        format!("{key}: \"{}\": {why}", printable_within(QUOTED, entry))
    };
    found.iter().map(warning).collect()
}

/// A partition of valid form may be one to come.
fn unknown(key: &str, entry: &str, partition: &str) -> Option<String> {
    let nearest = Partition::nearest_to(partition)?;
    let shown = printable_within(QUOTED, entry);
    Some(format!(
        "{key}: \"{shown}\": AWS is not known to have the partition {partition}; the nearest is {nearest}"
    ))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
