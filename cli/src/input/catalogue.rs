//! What each message means: numbers, names, words and remedies from the plugin's crate.

use std::sync::LazyLock;

use mongodb_aws_auth::abi::maws_code;
use mongodb_aws_auth::aws::error_reason;
use mongodb_aws_auth::reason::Reason;

/// Summaries with fewer letters are not telling.
const TELLING: usize = 30;

/// The summaries in small letters: a log has many lines.
static SUMMARIES: LazyLock<Vec<(String, Reason)>> = LazyLock::new(|| {
    let all = Reason::ALL.iter();
    all.map(|reason| (reason.summary().to_lowercase(), *reason))
        .collect()
});

/// What to do, in plain text.
pub fn remedy(reason: Reason) -> String {
    plain(reason.remedy())
}

/// A text of the documents without its Markdown: marks of code, and links, of which the words stay.
pub fn plain(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](");
        let link = link.and_then(|(words, after)| Some((words, after.split_once(')')?.1)));
        out.push_str(before);
        match link {
            Some((words, after)) => {
                out.push_str(words);
                rest = after;
            }
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out.replace(['`', '*'], "")
}

/// The reason of this number.
pub fn by_number(number: u32) -> Option<Reason> {
    let all = Reason::ALL.iter();
    all.copied().find(|reason| reason.number() == number)
}

/// What an error code of STS means for a login, with the text beside it; `None` where it is not a special
/// one.
pub fn by_sts_code(code: &str, message: &str) -> Option<Reason> {
    Some(error_reason(code, message)).filter(|reason| *reason != Reason::StsDenied)
}

/// The reason of this name, in any letters.
pub fn by_name(name: &str) -> Option<Reason> {
    let mut all = Reason::ALL.iter().copied();
    all.find(|reason| reason.name().eq_ignore_ascii_case(name))
}

/// The reasons of a status of the C interface, by its number or name.
pub fn by_status(text: &str) -> Vec<Reason> {
    let number = text.parse::<i32>().ok().filter(|number| *number < 0);
    let all = Reason::ALL.iter().copied();
    let fits = |reason: &Reason| {
        let code = reason.code();
        Some(code as i32) == number || code_name(code).eq_ignore_ascii_case(text)
    };
    all.filter(fits).collect()
}

/// The most specific reason whose words stand in the text. Short ones are words of other programs, too: they
/// count where they are all of it.
pub fn in_words(text: &str) -> Option<Reason> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    let found = SUMMARIES.iter().filter(|(summary, _)| match summary.len() {
        ..TELLING => text == *summary,
        _ => text.contains(summary),
    });
    let longest = found.max_by_key(|(summary, _)| summary.len());
    longest.map(|(_, reason)| *reason)
}

/// The reasons whose entries have all of these words.
pub fn about(words: &str) -> Vec<Reason> {
    let all = Reason::ALL.iter().copied();
    all.filter(|reason| mentions(*reason, words)).collect()
}

/// The name of a status, such as `MAWS_E_DENIED`.
pub fn code_name(code: maws_code) -> String {
    format!("{code:?}")
}

/// Every word of the text stands in the entry.
fn mentions(reason: Reason, text: &str) -> bool {
    let remedy = remedy(reason);
    let all = format!("{} {} {remedy}", reason.name(), reason.summary()).to_lowercase();
    let mut words = text.split_whitespace().peekable();
    words.peek().is_some() && words.all(|word| all.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_is_plain_text() {
        let remedy = remedy(Reason::DatabaseNotExternal);
        assert_eq!(remedy, "Set authSource=$external in the connection string.");
    }

    #[test]
    fn of_a_link_the_words_stay() {
        for (markdown, wanted) in [
            ("see [install.md](install.md#a), `x`", "see install.md, x"),
            ("[a](b) and [c](d)", "a and c"),
            ("an [array] stays", "an [array] stays"),
            ("an open [end", "an open [end"),
        ] {
            assert_eq!(plain(markdown), wanted);
        }
    }

    #[test]
    fn words_that_other_programs_say_too_count_alone_only() {
        for (text, wanted) in [
            ("internal error", Some(Reason::Internal)),
            ("Plugin created.", Some(Reason::Created)),
            ("a field is missing", Some(Reason::FieldMissing)),
            (
                "x: TLS with the STS endpoint failed: y",
                Some(Reason::TlsFailed),
            ),
            ("internal error: disk full", None),
            ("WiredTiger: options changed", None),
            ("the payload is empty in request 7", None),
        ] {
            assert_eq!(in_words(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_status_may_mean_several() {
        assert!(by_status("-21").contains(&Reason::StsDenied));
        assert_eq!(by_status("-21"), by_status("maws_e_denied"));
        assert_eq!(by_status("21"), []);
        assert!(about("clock").contains(&Reason::SignatureNotYetCurrent));
        assert_eq!(
            (about("nothing that is there"), about(" ")),
            (vec![], vec![])
        );
    }
}
