//! What each message means: numbers, names, words and remedies from the plugin's crate.

use mongodb_aws_auth::abi::maws_code;
use mongodb_aws_auth::aws::{Answer, read_answer};
use mongodb_aws_auth::reason::Reason;

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

/// What an error of STS means for a login, by its code and message as the plugin reads them.
pub fn of_sts(code: &str, message: &str) -> Reason {
    let body = serde_json::json!({ "Error": { "Code": code, "Message": message } }).to_string();
    let read = match read_answer(403, Some("application/json"), body.as_bytes()) {
        Ok(Answer::Error(error)) => error.reason,
        _ => Reason::StsDenied,
    };
    // STS's messages have come in several spellings; a clock or a scope is no wrong secret key.
    let message = message.to_ascii_lowercase();
    let says = |words: &str| message.contains(words);
    match read {
        Reason::SignatureMismatch | Reason::StsDenied => match () {
            () if says("signature expired") || says("request has expired") => {
                Reason::SignatureExpired
            }
            () if says("not yet current") => Reason::SignatureNotYetCurrent,
            () if says("scoped to") => Reason::StsScopeRefused,
            () if code.starts_with("InvalidSignature") => Reason::SignatureMismatch,
            () => read,
        },
        other => other,
    }
}

/// What an error code of STS means for a login; `None` where it is not a special one.
pub fn by_sts_code(code: &str) -> Option<Reason> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    if code.is_empty() || code.len() > 128 || !code.bytes().all(legal) {
        return None;
    }
    Some(of_sts(code, "")).filter(|reason| *reason != Reason::StsDenied)
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

/// The most specific reason whose words stand in the line.
pub fn in_words(line: &str) -> Option<Reason> {
    let line = line.to_lowercase();
    let all = Reason::ALL.iter().copied();
    let found = all.filter(|reason| line.contains(&reason.summary().to_lowercase()));
    // Two short ones are words of other texts, too.
    found
        .filter(|reason| reason.summary().len() > 12 || line.trim() == reason.summary())
        .max_by_key(|reason| reason.summary().len())
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
    fn an_error_of_sts_is_told_by_its_message_in_every_spelling() {
        for (code, message, wanted) in [
            (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
                Reason::SignatureMismatch,
            ),
            (
                "SignatureDoesNotMatch",
                "Signature expired: A is now earlier than B",
                Reason::SignatureExpired,
            ),
            (
                "SignatureDoesNotMatch",
                "signature expired",
                Reason::SignatureExpired,
            ),
            (
                "InvalidSignatureException",
                "Signature expired: A",
                Reason::SignatureExpired,
            ),
            (
                "InvalidSignatureException",
                "The request signature",
                Reason::SignatureMismatch,
            ),
            (
                "SignatureDoesNotMatch",
                "Signature not yet current: A is still later",
                Reason::SignatureNotYetCurrent,
            ),
            (
                "InvalidSignature",
                "Signature Not Yet Current: A",
                Reason::SignatureNotYetCurrent,
            ),
            (
                "SignatureDoesNotMatch",
                "Credential should be scoped to a valid region.",
                Reason::StsScopeRefused,
            ),
            (
                "SignatureDoesNotMatch",
                "Credential must be scoped to correct service: 'sts'.",
                Reason::StsScopeRefused,
            ),
            ("RequestExpired", "", Reason::SignatureExpired),
            ("InvalidClientTokenId", "", Reason::AccessKeyUnknown),
            ("ExpiredTokenException", "", Reason::TokenExpired),
            ("Moon", "is \"full\"", Reason::StsDenied),
        ] {
            assert_eq!(of_sts(code, message), wanted, "{code}: {message}");
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
