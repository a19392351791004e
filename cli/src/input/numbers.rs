//! Numbers and names that somebody gives `explain` by themselves: `301`, `301 302`, `code 18`,
//! `MAWS_E_DENIED (-21)`.

/// Most of them that are looked up.
const LIMIT: usize = 100;
/// Longest name, in bytes.
const NAME_LIMIT: usize = 128;

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

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A number.
    Number(Whose, i64),
    /// A word, which may be a name.
    Word(&'a str),
}

/// The text as a list of numbers and words; `None` for one that is too long to be one, and for JSON.
pub fn list(text: &str) -> Option<Vec<Item<'_>>> {
    if text.starts_with('{') {
        return None;
    }
    let between = |c: char| c.is_whitespace() || ":=,;#\"'()[]{}<>`|/".contains(c);
    let words = text.split(between);
    let words = words.map(|word| word.trim_end_matches(['.', '!', '?']));
    let words = words.filter(|word| !word.is_empty());
    let (mut items, mut whose) = (Vec::new(), Whose::Any);
    for word in words {
        let number = word.parse().ok();
        match (number, word.to_ascii_lowercase().as_str()) {
            _ if items.len() == LIMIT || word.len() > NAME_LIMIT => return None,
            (Some(number), _) => items.push(Item::Number(whose, number)),
            (None, "reason" | "reasons") => whose = Whose::Reason,
            (None, "code" | "codes" | "errorcode" | "error") => whose = Whose::Code,
            (None, "number" | "no" | "nr" | "message" | "id" | "status" | "and") => {}
            _ => items.push(Item::Word(word)),
        }
    }
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_may_have_punctuation_around_it_and_a_word_before_it() {
        for (text, whose, number) in [
            ("301", Whose::Any, 301),
            ("301,", Whose::Any, 301),
            ("(18)", Whose::Any, 18),
            ("[304].", Whose::Any, 304),
            ("-42", Whose::Any, -42),
            ("code 18", Whose::Code, 18),
            ("CODE: 391", Whose::Code, 391),
            ("error code 11", Whose::Code, 11),
            ("\"reason\":301", Whose::Reason, 301),
            ("Reason 301:", Whose::Reason, 301),
            ("(Reason 301)", Whose::Reason, 301),
            ("reason=301;", Whose::Reason, 301),
            ("#304", Whose::Any, 304),
            ("id 3911601", Whose::Any, 3_911_601),
        ] {
            assert_eq!(
                list(text),
                Some(vec![Item::Number(whose, number)]),
                "{text}"
            );
        }
    }

    #[test]
    fn several_are_a_list() {
        let any = |number| Item::Number(Whose::Any, number);
        for (text, wanted) in [
            ("301 302", vec![any(301), any(302)]),
            ("301,302 and 304.", vec![any(301), any(302), any(304)]),
            (
                "reasons 301, 302",
                vec![
                    Item::Number(Whose::Reason, 301),
                    Item::Number(Whose::Reason, 302),
                ],
            ),
            (
                "MAWS_E_DENIED (-21)",
                vec![Item::Word("MAWS_E_DENIED"), any(-21)],
            ),
            ("18 errors", vec![any(18), Item::Word("errors")]),
            (
                "99999999999999999999",
                vec![Item::Word("99999999999999999999")],
            ),
        ] {
            assert_eq!(list(text), Some(wanted), "{text}");
        }
        assert_eq!(list(""), None);
        assert_eq!(list("code"), None);
        assert_eq!(list("{\"status\": 301}"), None);
        assert_eq!(list(&"1 ".repeat(LIMIT + 1)), None);
        assert_eq!(list(&"a".repeat(NAME_LIMIT + 1)), None);
    }
}
