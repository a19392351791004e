//! What the server's side says beside the plugin: documents have a row for each text, with words in
//! braces where values stand.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

use super::catalogue::plain;

const DOCUMENTS: [&str; 2] = [
    include_str!("../../../docs/troubleshooting.md"),
    include_str!("../../../tests/host/messages.md"),
];
/// A text with fewer letters of its own is found only where it is the whole line.
const TELLING: usize = 15;
/// What the reference server puts before its errors at startup.
const REFERENCE_SERVER: &str = "mongo-aws-host: ";

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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
    /// The message in small letters, without the values.
    #[serde(skip)]
    pattern: Pattern,
    #[serde(skip)]
    pub kind: Kind,
}

/// What a row is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Words of a log or of an error.
    Message,
    /// An error code of servers, or a status of the C interface.
    Code,
    /// An error code of STS.
    StsCode,
}

impl Text {
    /// What it is shown under: the message, or the code with its name.
    pub fn title(&self) -> String {
        let names = self.names.join(" ");
        match self.kind {
            Kind::Message => self.message.clone(),
            _ if names == self.message => names,
            _ => format!("{names}: {}", self.message),
        }
    }
}

/// The fixed parts of a message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Pattern {
    parts: Vec<String>,
    /// Of all parts.
    letters: usize,
    /// A value stands at the beginning, at the end.
    open: (bool, bool),
}

impl Pattern {
    fn of(message: &str) -> Pattern {
        let parts = fixed(&message.to_lowercase());
        Pattern {
            letters: parts.iter().map(String::len).sum(),
            open: (message.starts_with('{'), message.ends_with('}')),
            parts,
        }
    }

    /// All parts stand in the text, in this order; those of a short message are all of it.
    fn fits(&self, text: &str) -> bool {
        if text.len() < self.letters {
            return false;
        }
        let mut rest = text;
        let in_order = self.parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        });
        in_order && (self.letters >= TELLING || self.is_all_of(text))
    }

    fn is_all_of(&self, text: &str) -> bool {
        let (first, last) = (self.parts.first(), self.parts.last());
        let begins = first.is_some_and(|part| self.open.0 || text.starts_with(part));
        begins && last.is_some_and(|part| self.open.1 || text.ends_with(part))
    }
}

/// The document is read once: a log has many lines.
static ALL: LazyLock<Vec<Text>> = LazyLock::new(rows);

/// Which rows a number or a name stands for.
static NAMED: LazyLock<HashMap<String, Vec<&'static Text>>> = LazyLock::new(|| {
    let mut named: HashMap<String, Vec<&Text>> = HashMap::new();
    for text in all() {
        for name in &text.names {
            named.entry(bare(name)).or_default().push(text);
        }
    }
    named
});

/// A name in small letters; STS's two protocols spell some codes with a word more.
fn bare(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_suffix("exception").unwrap_or(&name).to_owned()
}

/// Every row whose message is no reason's number.
pub fn all() -> &'static [Text] {
    &ALL
}

fn rows() -> Vec<Text> {
    let (mut section, mut first) = ("", "");
    let mut texts = Vec::new();
    for line in DOCUMENTS.iter().flat_map(|document| document.lines()) {
        if let Some(title) = line.strip_prefix("## ").or(line.strip_prefix("# ")) {
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
            ("error code of STS", [name, cause, remedy]) => Text {
                kind: Kind::StsCode,
                ..coded(name, "", "–", cause, remedy)
            },
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
        pattern: Pattern::of(message),
        section: String::new(),
        cause: cell(cause),
        check: cell(check),
        remedy: cell(remedy),
        names: names.into_iter().collect(),
        kind: Kind::Message,
    }
}

fn coded(code: &str, name: &str, words: &str, cause: &str, remedy: &str) -> Text {
    let names = [code, name].into_iter().filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let words = cell(words);
    Text {
        // Without words it is found by its names alone.
        pattern: Pattern::of(&words),
        message: match words.is_empty() {
            true => names.join(" "),
            false => words,
        },
        names,
        kind: Kind::Code,
        ..said("", cause, "", remedy)
    }
}

fn cell(markdown: &str) -> String {
    plain(markdown.trim_matches('–')).replace("\\|", "|")
}

/// The rows that this number or name stands for alone, in any letters.
pub fn named(name: &str) -> Vec<&'static Text> {
    NAMED.get(&bare(name)).cloned().unwrap_or_default()
}

/// The code of servers or STS with this number or name.
pub fn code(name: &str) -> Option<&'static Text> {
    named(name)
        .into_iter()
        .find(|text| text.kind != Kind::Message)
}

/// The row whose message stands in the text; of several, the one that says most.
pub fn find(text: &str) -> Option<&'static Text> {
    let text = text.trim();
    let text = text
        .strip_prefix(REFERENCE_SERVER)
        .unwrap_or(text)
        .to_lowercase();
    let fitting = all().iter().filter(|row| row.pattern.fits(&text));
    fitting.max_by_key(|row| row.pattern.letters)
}

/// The parts between the values; a number before the words stands apart in the server's log.
fn fixed(message: &str) -> Vec<String> {
    let mut parts = message.split('{');
    let first = parts.next().unwrap_or_default();
    let digits = first.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let (number, words) = first.split_at(digits);
    let words = if digits == 0 {
        words
    } else {
        words.trim_start()
    };
    let others = parts.filter_map(|part| Some(part.split_once('}')?.1));
    let all = [number, words].into_iter().chain(others);
    all.filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
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
            let found = match text.pattern.parts.is_empty() {
                true => code(&text.names[0]),
                false => find(&line),
            };
            let found = found.unwrap_or_else(|| panic!("{line}"));
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
            (
                "MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
            ),
            ("INCOMPLETESIGNATURE", "IncompleteSignature"),
            ("3911602", "3911602 MONGODB-AWS login refused"),
        ] {
            let found = named(name);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(
                found[0].message.contains(wanted) || found[0].names.iter().any(|own| own == wanted)
            );
        }
        assert!(named("39").is_empty());
    }
}
