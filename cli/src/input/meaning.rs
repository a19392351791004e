//! What a line means that somebody gives `explain`.

use mongodb_aws_auth::reason::{Reason, printable};
use serde::de::IgnoredAny;

use super::line::{self, Line};
use super::numbers::{self, Item, Whose};
use super::principal::{create_user, look_at};
use super::texts::{self, Kind, Text};
use super::{catalogue, signing_clock};

/// The database of the users that an ARN names.
const EXTERNAL: &str = "$external";
/// What servers say where a login's name is no user, in small letters.
const NO_USER: &str = "could not find user";
/// Messages of the server's log that end a login of any mechanism.
const ENDS_LOGIN: [i64; 4] = [20_249, 20_250, 5_286_306, 5_286_307];
/// The same where a server before 4.4 lets somebody in, in small letters.
const LET_IN: &str = "successfully authenticated as principal ";
const VERIFIED: &str = "3911601";
const USER_NOT_FOUND: i64 = 11;
/// Operations of STS that drivers and AWS's tools call: errors of others have their own meaning.
const OF_STS: [&str; 5] = [
    "GetCallerIdentity",
    "AssumeRole",
    "AssumeRoleWithWebIdentity",
    "AssumeRoleWithSAML",
    "GetSessionToken",
];

/// What STS says, in small letters, with the code that it says it under.
const STS_SAYS: [(&str, &str); 8] = [
    ("signature expired:", "SignatureDoesNotMatch"),
    ("signature not yet current", "SignatureDoesNotMatch"),
    ("credential should be scoped", "SignatureDoesNotMatch"),
    ("credential must be scoped", "SignatureDoesNotMatch"),
    ("date in credential scope", "SignatureDoesNotMatch"),
    (
        "request signature we calculated does not match",
        "SignatureDoesNotMatch",
    ),
    (
        "security token included in the request is invalid",
        "InvalidClientTokenId",
    ),
    (
        "security token included in the request is expired",
        "ExpiredToken",
    ),
];

/// What one line means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Meaning {
    /// Reasons of the plugin.
    pub reasons: Vec<Reason>,
    /// What servers, drivers and STS say, from the documents.
    pub texts: Vec<&'static Text>,
    /// What the line says of the client's clock.
    pub clock: Option<String>,
    /// Whose login it was.
    pub login: Option<String>,
    /// The command that creates the user of a verified login.
    pub create_user: Option<String>,
    /// Numbers that were asked for and are none of those that are known.
    pub unknown: Vec<i64>,
}

impl Meaning {
    /// Nothing is known of the line.
    pub fn is_empty(&self) -> bool {
        let asked_for = Meaning {
            unknown: self.unknown.clone(),
            ..Meaning::default()
        };
        *self == asked_for
    }

    fn of_reason(reason: Reason) -> Meaning {
        Meaning {
            reasons: vec![reason],
            ..Meaning::default()
        }
    }

    fn of_text(text: &'static Text) -> Meaning {
        Meaning {
            texts: vec![text],
            ..Meaning::default()
        }
    }

    fn add(&mut self, other: Meaning) {
        self.reasons.extend(other.reasons);
        self.texts.extend(other.texts);
        self.unknown.extend(other.unknown);
    }

    fn without_repeats(mut self) -> Meaning {
        let mut seen = Vec::new();
        self.reasons.retain(|reason| first(&mut seen, *reason));
        let mut seen = Vec::new();
        self.texts.retain(|text| first(&mut seen, *text));
        self
    }
}

fn first<T: PartialEq>(seen: &mut Vec<T>, item: T) -> bool {
    let is_first = !seen.contains(&item);
    seen.push(item);
    is_first
}

/// What each line of a text means: only what it names, no guess. Numbers and names alone are what somebody
/// asks for, and no lines of a log: they count where there is nothing else. One document of JSON is one line.
pub fn meanings(text: &str) -> Vec<Meaning> {
    if text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return vec![meaning(text)];
    }
    let lines = || {
        text.lines()
            .map(line::bounded)
            .filter(|line| !line.is_empty())
    };
    let asked_for: Option<Vec<Meaning>> = lines().map(of_list).collect();
    asked_for.unwrap_or_else(|| lines().map(in_line).collect())
}

/// What one line means.
pub fn meaning(text: &str) -> Meaning {
    let text = line::bounded(text);
    of_list(text).unwrap_or_else(|| in_line(text))
}

fn in_line(text: &str) -> Meaning {
    let mut meaning = of_line(text);
    if meaning.reasons.iter().any(|reason| is_clock(*reason)) {
        meaning.clock = signing_clock::note(text);
    }
    meaning
}

fn is_clock(reason: Reason) -> bool {
    [Reason::SignatureExpired, Reason::SignatureNotYetCurrent].contains(&reason)
}

/// Numbers and names alone; `None` where a word among them is none.
fn of_list(text: &str) -> Option<Meaning> {
    let mut all = Meaning::default();
    for item in numbers::list(text)? {
        all.add(match item {
            Item::Number(whose, number) => of_number(whose, number),
            Item::Word(word) => of_word(word)?,
        });
    }
    Some(all.without_repeats())
}

fn of_number(whose: Whose, number: i64) -> Meaning {
    let reason = u32::try_from(number).ok().and_then(catalogue::by_number);
    let mut meaning = Meaning {
        reasons: reason.into_iter().collect(),
        texts: texts::named(&number.to_string()),
        ..Meaning::default()
    };
    if number < 0 {
        meaning.reasons = catalogue::by_status(&number.to_string());
    }
    match whose {
        Whose::Reason if !meaning.reasons.is_empty() => meaning.texts.clear(),
        Whose::Code if !meaning.texts.is_empty() => meaning.reasons.clear(),
        _ => {}
    }
    if meaning.is_empty() {
        meaning.unknown.push(number);
    }
    meaning
}

fn of_word(word: &str) -> Option<Meaning> {
    let by_name = catalogue::by_name(word);
    let by_code = || catalogue::by_sts_code(word, "");
    let mut reasons: Vec<Reason> = by_name.or_else(by_code).into_iter().collect();
    if reasons.is_empty() {
        reasons = catalogue::by_status(word);
    }
    let meaning = Meaning {
        reasons,
        texts: texts::named(word),
        ..Meaning::default()
    };
    (!meaning.is_empty()).then_some(meaning)
}

/// The first of these that the line has: a login that is over, a reason, words, names and codes.
fn of_line(text: &str) -> Meaning {
    let line = Line::of(text);
    missing_user(&line)
        .or_else(|| verified(&line))
        .or_else(|| reason(&line))
        .or_else(|| end_of_login(&line))
        .or_else(|| words(&line))
        .or_else(|| sts_error(&line))
        .or_else(|| message(&line))
        .or_else(|| code(&line))
        .unwrap_or_default()
}

/// The login was verified, and its name is no user: the command creates that user.
fn missing_user(line: &Line<'_>) -> Option<Meaning> {
    let said = line.texts().into_iter().find_map(|text| {
        let text = text.get(text.to_ascii_lowercase().find(NO_USER)?..)?;
        let (name, database) = no_user(text.get(NO_USER.len()..)?)?;
        Some((name, database, texts::find(text)))
    });
    let (name, database, row) = match said {
        Some(said) => said,
        None if line.code() == Some(USER_NOT_FOUND) => {
            let name = line.member(&["principal", "principalName", "user"])?;
            let database = line.member(&["authenticationDatabase", "db"])?;
            (name, database, texts::code(&USER_NOT_FOUND.to_string()))
        }
        None => return None,
    };
    let is_user = database == EXTERNAL && look_at(name).is_ok();
    Some(Meaning {
        texts: row.into_iter().collect(),
        create_user: is_user.then(|| create_user(name, &[])),
        ..Meaning::default()
    })
}

/// `"NAME" for db "DATABASE"`, or NAME@DATABASE of older servers.
fn no_user(text: &str) -> Option<(&str, &str)> {
    let marks = |c: char| c == '"' || c == '\\' || c == '\'' || c.is_whitespace();
    let text = text.trim_start_matches(marks);
    let (name, rest) = text.split_at(text.find(marks).unwrap_or(text.len()));
    if let Some((name, database)) = name.rsplit_once('@').filter(|(_, end)| *end == EXTERNAL) {
        return Some((name, database));
    }
    let database = rest.trim_start_matches(marks).strip_prefix("for db");
    let database = database.unwrap_or_default().trim_start_matches(marks);
    let end = database.find(marks).unwrap_or(database.len());
    (!name.is_empty()).then_some((name, database.get(..end).unwrap_or_default()))
}

fn verified(line: &Line<'_>) -> Option<Meaning> {
    let texts = line.texts();
    let mut texts = texts.iter();
    texts.find(|text| text.to_ascii_lowercase().contains("verified"))?;
    let name = line.member(&["principal"])?;
    look_at(name).ok()?;
    Some(Meaning {
        texts: words(line).map_or_else(|| texts::named(VERIFIED), |words| words.texts),
        create_user: Some(create_user(name, &[])),
        ..Meaning::default()
    })
}

fn reason(line: &Line<'_>) -> Option<Meaning> {
    let number = u32::try_from(line.reason()?).ok()?;
    catalogue::by_number(number).map(Meaning::of_reason)
}

/// The longest words say most.
fn words(line: &Line<'_>) -> Option<Meaning> {
    let texts = line.texts();
    let said = texts.iter().filter_map(|text| texts::find(text));
    let said = said.max_by_key(|row| row.message.len());
    let reasons = texts.iter().filter_map(|text| catalogue::in_words(text));
    let reason = reasons.max_by_key(|reason| reason.summary().len());
    match (said, reason) {
        (Some(said), Some(reason)) if said.message.len() > reason.summary().len() => {
            Some(Meaning::of_text(said))
        }
        (_, Some(reason)) => Some(Meaning::of_reason(reason)),
        (Some(said), None) => Some(Meaning::of_text(said)),
        (None, None) => None,
    }
}

/// An error code of STS, with the text around it as its message.
fn sts_error(line: &Line<'_>) -> Option<Meaning> {
    line.texts().into_iter().find_map(|text| {
        let mut words = text
            .split_once("when calling the ")
            .map(|(_, rest)| rest.split(' '));
        let operation = words.as_mut().and_then(Iterator::next);
        if operation.is_some_and(|operation| !OF_STS.contains(&operation)) {
            return None;
        }
        let by_name = line::names(text).find_map(|name| {
            let reason = catalogue::by_sts_code(name, text).map(Meaning::of_reason);
            let documented = texts::code(name).filter(|row| row.kind == Kind::StsCode);
            reason.or(documented.map(Meaning::of_text))
        });
        let lower = text.to_ascii_lowercase();
        let said = || STS_SAYS.iter().find(|(words, _)| lower.contains(words));
        let by_words = || catalogue::by_sts_code(said()?.1, text).map(Meaning::of_reason);
        by_name.or_else(by_words)
    })
}

/// The server's own line at the end of a login: whose it was.
fn end_of_login(line: &Line<'_>) -> Option<Meaning> {
    let is_end = |id: &i64| ENDS_LOGIN.contains(id);
    let (texts, name, database) = match line.id().filter(is_end) {
        Some(id) => (
            texts::named(&id.to_string()),
            line.member(&["principalName", "user"]),
            line.member(&["authenticationDatabase", "db"]),
        ),
        None => line.texts().into_iter().find_map(|text| {
            let at = text.to_ascii_lowercase().find(LET_IN)?;
            let mut words = text.get(at + LET_IN.len()..)?.split(' ');
            let rows = texts::find(text).into_iter().collect();
            Some((rows, words.next(), words.nth(1)))
        })?,
    };
    let name = name.filter(|name| !name.is_empty());
    let login = name.map(|name| {
        let database = database.unwrap_or_default();
        format!("It was {} of {}.", printable(name), printable(database))
    });
    Some(Meaning {
        texts,
        login,
        ..Meaning::default()
    })
}

/// A message of the server's log, by its number.
fn message(line: &Line<'_>) -> Option<Meaning> {
    let rows = texts::named(&line.id()?.to_string());
    let mut rows = rows.into_iter().filter(|row| row.kind == Kind::Message);
    rows.next().map(Meaning::of_text)
}

/// A code of a server or of the interface, by its number or its name.
fn code(line: &Line<'_>) -> Option<Meaning> {
    let number = line.code().and_then(|code| texts::code(&code.to_string()));
    let named = || {
        let texts = line.texts();
        let mut names = texts.iter().flat_map(|text| line::names(text));
        names.find_map(|name| match name.starts_with("MAWS_E_") {
            true => of_word(name),
            false if line.is_of_logins() => texts::code(name).map(Meaning::of_text),
            false => None,
        })
    };
    number.map(Meaning::of_text).or_else(named)
}

#[cfg(test)]
#[path = "meaning_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "meaning_lines_tests.rs"]
mod lines_tests;
