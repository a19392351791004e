//! What the server's side says beside the plugin: `docs/troubleshooting.md` has a row for each text,
//! with words in braces where values stand.

use serde::Serialize;

/// The document.
const TROUBLESHOOTING: &str = include_str!("../../docs/troubleshooting.md");
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
}

/// Every row whose message is no number.
pub fn all() -> Vec<Text> {
    let mut section = "";
    let mut texts = Vec::new();
    for line in TROUBLESHOOTING.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let row = line
            .strip_prefix("| ")
            .map(|row| row.trim_end_matches([' ', '|']));
        let cells: Vec<&str> = row.unwrap_or_default().split(" | ").collect();
        let (message, cause, check, remedy) = match *cells.as_slice() {
            ["message", ..] => continue,
            [message, cause, check, remedy] => (message, cause, check, remedy),
            [message, cause, remedy] => (message, cause, "", remedy),
            _ => continue,
        };
        let is_number = message.parse::<u32>().is_ok();
        if is_number || message.starts_with('`') || message == "text" {
            continue;
        }
        let plain = |cell: &str| cell.trim_matches('–').replace('`', "");
        texts.push(Text {
            message: message.to_owned(),
            section: section.to_owned(),
            cause: plain(cause),
            check: plain(check),
            remedy: plain(remedy),
        });
    }
    texts
}

/// The text that a line has in it; of several, the one that says most.
pub fn find(line: &str) -> Option<Text> {
    let line = line.trim();
    let line = line.strip_prefix(REFERENCE_SERVER).unwrap_or(line);
    let fitting = all().into_iter().filter(|text| {
        let fixed = fixed(&text.message);
        let whole = fixed
            .first()
            .is_some_and(|first| text.message.starts_with('{') || line.starts_with(first))
            && fixed
                .last()
                .is_some_and(|last| text.message.ends_with('}') || line.ends_with(last));
        (whole || letters(&text.message) >= TELLING) && stand_in(line, &fixed)
    });
    fitting.max_by_key(|text| letters(&text.message))
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
                assert!(cell.len() > 3 && !cell.starts_with("As above"), "{text:?}");
                assert!(!cell.contains(['|', '`']), "{text:?}");
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
        let line = r#"{"s":"I","id":2911601,"ctx":"conn1","msg":"MONGODB-AWS login verified"}"#;
        assert!(find(line).unwrap().remedy.contains("create the user"));
        assert_eq!(find("there was no user in sight"), None);
        assert_eq!(find(""), None);
    }
}
