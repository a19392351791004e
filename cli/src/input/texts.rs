//! What the server's side says beside the plugin: `docs/troubleshooting.md` has a row for each text,
//! with words in braces where values stand.

use std::sync::LazyLock;

use serde::Serialize;

use super::catalogue::plain;

/// The document.
const TROUBLESHOOTING: &str = include_str!("../../../docs/troubleshooting.md");
/// A text with fewer letters of its own is found only where it is the whole line.
const TELLING: usize = 15;
/// What the reference server puts before its errors at startup.
const REFERENCE_SERVER: &str = "mongo-aws-host: ";

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// With words in braces in the places of values.
    pub message: String,
    /// The document's heading over it.
    pub section: String,
    /// Why it is said.
    pub cause: String,
    /// Where to look; empty where there is nothing to look at.
    pub check: String,
    /// What to do.
    pub remedy: String,
    /// Numbers and names that stand for it alone: `391`, `ReauthenticationRequired`, `3911601`.
    #[serde(skip)]
    names: Vec<String>,
    /// The message in small letters.
    #[serde(skip)]
    pattern: String,
    /// It is an error code of servers or STS, and no text.
    #[serde(skip)]
    pub is_code: bool,
}

impl Text {
    /// What it is shown under: the message, or the code with its name.
    pub fn title(&self) -> String {
        match self.is_code {
            true if self.names.contains(&self.message) || self.names.join(" ") == self.message => {
                self.names.join(" ")
            }
            true => format!("{}: {}", self.names.join(" "), self.message),
            false => self.message.clone(),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        let bare = |name: &str| {
            name.to_ascii_lowercase()
                .trim_end_matches("exception")
                .to_owned()
        };
        self.names.iter().any(|own| bare(own) == bare(name))
    }
}

/// The document is read once: a log has many lines.
static ALL: LazyLock<Vec<Text>> = LazyLock::new(rows);

/// Every row whose message is no reason's number.
pub fn all() -> &'static [Text] {
    &ALL
}

fn rows() -> Vec<Text> {
    let (mut section, mut first) = ("", "");
    let mut texts = Vec::new();
    for line in TROUBLESHOOTING.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let row = line
            .strip_prefix("| ")
            .map(|row| row.trim_end_matches([' ', '|']));
        let cells: Vec<&str> = row.unwrap_or_default().split(" | ").collect();
        if cells.last() == Some(&"what to do") {
            first = cells.first().copied().unwrap_or_default();
            continue;
        }
        let text = match (first, cells.as_slice()) {
            ("code", [code, name, words, cause, remedy]) => coded(code, name, words, cause, remedy),
            ("error code of STS", [name, cause, remedy]) => coded(name, "", "–", cause, remedy),
            ("message", [message, cause, check, remedy]) => said(message, cause, check, remedy),
            ("message", [message, cause, remedy]) => said(message, cause, "", remedy),
            _ => continue,
        };
        texts.push(Text {
            section: section.to_owned(),
            ..text
        });
    }
    texts
}

fn said(message: &str, cause: &str, check: &str, remedy: &str) -> Text {
    let number = message.split(' ').next().unwrap_or_default();
    let names = number.parse::<u32>().is_ok().then(|| number.to_owned());
    Text {
        message: message.to_owned(),
        pattern: message.to_lowercase(),
        section: String::new(),
        cause: cell(cause),
        check: cell(check),
        remedy: cell(remedy),
        names: names.into_iter().collect(),
        is_code: false,
    }
}

fn coded(code: &str, name: &str, words: &str, cause: &str, remedy: &str) -> Text {
    let names = [code, name].into_iter().filter(|name| !name.is_empty());
    let words = cell(words);
    let message = match words.is_empty() {
        true => names.clone().collect::<Vec<_>>().join(" "),
        false => words,
    };
    Text {
        names: names.map(str::to_owned).collect(),
        is_code: true,
        ..said(&message, cause, "", remedy)
    }
}

fn cell(markdown: &str) -> String {
    plain(markdown.trim_matches('–')).replace("\\|", "|")
}

/// The rows that this number or name stands for alone, in any letters.
pub fn named(name: &str) -> Vec<Text> {
    let named = all().iter().filter(|text| text.is_named(name));
    named.cloned().collect()
}

/// The codes of servers whose name stands among these words.
pub fn code_among<'a>(words: impl Iterator<Item = &'a str>) -> Option<Text> {
    let mut words = words;
    words.find_map(|word| {
        let mut codes = all().iter().filter(|text| text.is_code);
        let code = codes.find(|text| text.names.iter().any(|name| name == word));
        code.cloned()
    })
}

/// The text that a line has in it; of several, the one that says most.
pub fn find(line: &str) -> Option<Text> {
    let line = line.trim();
    let line = line
        .strip_prefix(REFERENCE_SERVER)
        .unwrap_or(line)
        .to_lowercase();
    let fitting = all().iter().filter(|text| {
        let message = text.pattern.as_str();
        let fixed = fixed(message);
        let whole = fixed
            .first()
            .is_some_and(|first| message.starts_with('{') || line.starts_with(first))
            && fixed
                .last()
                .is_some_and(|last| message.ends_with('}') || line.ends_with(last));
        (whole || letters(message) >= TELLING) && stand_in(&line, &fixed)
    });
    fitting.max_by_key(|text| letters(&text.message)).cloned()
}

/// The parts between the values; a number before the words stands apart in the server's log.
fn fixed(message: &str) -> Vec<&str> {
    let mut parts = message.split('{');
    let first = parts.next().into_iter().flat_map(|first| {
        let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let (number, words) = first.split_at(digits);
        [
            number,
            if digits == 0 {
                words
            } else {
                words.trim_start()
            },
        ]
    });
    let others = parts.filter_map(|part| Some(part.split_once('}')?.1));
    let all = first.chain(others);
    all.filter(|part| !part.is_empty()).collect()
}

fn letters(message: &str) -> usize {
    fixed(message).iter().map(|part| part.len()).sum()
}

/// All parts stand in the line, in this order.
fn stand_in(line: &str, parts: &[&str]) -> bool {
    let mut rest = line;
    parts.iter().all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_found_with_values_in_its_places() {
        let texts = all();
        assert!(texts.len() > 60, "{}", texts.len());
        for text in texts {
            let mut line = text.message.clone();
            while let Some((before, rest)) = line.split_once('{') {
                let after = rest.split_once('}').unwrap().1;
                line = format!("{before}7{after}");
            }
            let found = find(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.message, text.message, "{line}");
            assert!(!text.section.is_empty(), "{text:?}");
            for cell in [&text.cause, &text.remedy] {
                assert!(
                    cell.len() > 3
                        && !["As above", "As for", "As it", "As the text"]
                            .iter()
                            .any(|words| cell.starts_with(words)),
                    "{text:?}"
                );
                assert!(
                    !cell.contains(['|', '`', '*']) && !cell.contains("]("),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn the_most_telling_text_of_a_line_is_taken() {
        let line = "MONGODB-AWS cannot be offered: plugin file '/opt/p.so' refused: '/opt' is \
                    writable by group or others";
        let found = find(line).unwrap();
        assert!(found.remedy.contains("chmod go-w"), "{found:?}");
        let line = "MONGODB-AWS cannot be offered: something new";
        assert!(find(line).unwrap().cause.contains("does not start"));
        let line = r#"{"s":"I","id":3911601,"ctx":"conn1","msg":"MONGODB-AWS login verified"}"#;
        assert!(find(line).unwrap().remedy.contains("create the user"));
        assert_eq!(find("there was no user in sight"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn a_number_or_a_name_stands_for_its_row_in_any_letters() {
        for (name, wanted) in [
            ("391", "ReauthenticationRequired"),
            ("reauthenticationrequired", "ReauthenticationRequired"),
            ("RegionDisabled", "RegionDisabledException"),
            ("INCOMPLETESIGNATURE", "IncompleteSignature"),
            ("3911602", "3911602 MONGODB-AWS login refused"),
        ] {
            let found = named(name);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(
                found[0].message.contains(wanted) || found[0].names.iter().any(|own| own == wanted)
            );
        }
        assert_eq!(named("39"), []);
    }
}
