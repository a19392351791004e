//! What somebody gives `explain`: a number, a word, or a line of a log.

/// Longest line that is looked at, in bytes; the rest of a longer one is cut off.
const LINE_LIMIT: usize = 64 * 1024;

/// Whose number it is, where the text says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Nothing is said.
    Any,
    /// `reason 301`: the plugin's.
    Reason,
    /// `code 18`: an error's.
    Code,
}

/// The text is nothing but a number, with a word before it that says whose, or none: `301`, `301,`,
/// `(18)`, `code 18`, `error code: 391`, `#304`, `reason=301`.
pub fn number(text: &str) -> Option<(Whose, i64)> {
    let between = |c: char| c.is_whitespace() || ":=,;#\"'()[]{}<>`".contains(c);
    let words = text.split(between);
    let words = words.map(|word| word.trim_end_matches(['.', '!', '?']));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let (number, before) = words.split_last()?;
    let number = number.parse().ok()?;
    let mut whose = Whose::Any;
    for word in before {
        match word.to_ascii_lowercase().as_str() {
            "reason" => whose = Whose::Reason,
            "code" | "errorcode" | "error" => whose = Whose::Code,
            "number" | "no" | "nr" | "message" | "id" | "status" => {}
            _ => return None,
        }
    }
    Some((whose, number))
}

/// The text is one word, perhaps with punctuation around it.
pub fn word(text: &str) -> Option<&str> {
    let word = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
    (!word.is_empty() && word.len() <= 128 && word.bytes().all(legal)).then_some(word)
}

/// The line as it is searched: not without end, and without a line end.
pub fn bounded(line: &str) -> &str {
    let end = (0..=line.len().min(LINE_LIMIT)).rev();
    let end = end.into_iter().find(|end| line.is_char_boundary(*end));
    line.get(..end.unwrap_or(0)).unwrap_or_default().trim()
}

/// The value of a field of a line, in JSON or as `name=value`, `name: value`, `name value`.
pub fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.match_indices(name).find_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = line.get(at + name.len()..)?;
        let value = rest.trim_start_matches(['"', '\'', '\\', ' ', ':', '=']);
        if value.len() == rest.len() {
            return None;
        }
        let end = value.find(|c: char| c.is_whitespace() || "\"'\\,;)}]".contains(c));
        let value = value.get(..end.unwrap_or(value.len()))?;
        (!value.is_empty()).then_some(value)
    })
}

/// The number of a field, which may have a full stop behind it.
pub fn number_of(line: &str, name: &str) -> Option<i64> {
    let all = line.match_indices(name).map(|(at, _)| at);
    // Words such as "the reason is" may come before the field.
    all.filter_map(|at| field(line.get(at..)?, name))
        .find_map(|value| value.trim_end_matches(['.', ':']).parse().ok())
}

/// Words of the line that may be names: letters and digits with capitals among them.
pub fn names(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric());
    let capitals = |word: &&str| word.bytes().filter(u8::is_ascii_uppercase).count();
    words.filter(move |word| word.len() > 8 && capitals(word) > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_with_punctuation_and_a_word_before_it() {
        for (text, wanted) in [
            ("301", Some((Whose::Any, 301))),
            ("301,", Some((Whose::Any, 301))),
            ("(18)", Some((Whose::Any, 18))),
            ("[304].", Some((Whose::Any, 304))),
            ("-42", Some((Whose::Any, -42))),
            ("code 18", Some((Whose::Code, 18))),
            ("CODE: 391", Some((Whose::Code, 391))),
            ("error code 11", Some((Whose::Code, 11))),
            ("\"reason\":301", Some((Whose::Reason, 301))),
            ("reason=301;", Some((Whose::Reason, 301))),
            ("#304", Some((Whose::Any, 304))),
            ("id 3911601", Some((Whose::Any, 3_911_601))),
            ("", None),
            ("port 18", None),
            ("18 errors", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_field_is_read_from_json_and_from_words() {
        for (line, name, wanted) in [
            (
                r#"{"attr":{"reason":304,"detail":"x"}}"#,
                "reason",
                Some("304"),
            ),
            (
                "login refused (reason 310): the account",
                "reason",
                Some("310"),
            ),
            (
                "a=1 principal=arn:aws:iam::1:user/a b",
                "principal",
                Some("arn:aws:iam::1:user/a"),
            ),
            (r#"\"principal\":\"arn:x\""#, "principal", Some("arn:x")),
            ("reasonable 3", "reason", None),
            ("no_reason 3", "reason", None),
            ("reason", "reason", None),
        ] {
            assert_eq!(field(line, name), wanted, "{line}");
        }
        assert_eq!(
            number_of("the reason is in reason 301.", "reason"),
            Some(301)
        );
        assert_eq!(number_of("no reason given", "reason"), None);
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let line = "é".repeat(LINE_LIMIT);
        assert_eq!(bounded(&line).len(), LINE_LIMIT);
        assert_eq!(bounded(&format!("x{line}")).len(), LINE_LIMIT - 1);
        assert_eq!(bounded(" a \n"), "a");
    }
}
