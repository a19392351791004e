//! What each message means: numbers, names, words and remedies from the plugin's crate.

use mongodb_aws_auth::abi::maws_code;
use mongodb_aws_auth::aws::{Answer, read_answer};
use mongodb_aws_auth::reason::Reason;

/// What to do, in plain text.
pub fn remedy(reason: Reason) -> String {
    reason.remedy().replace('`', "")
}

/// The reason of this number.
pub fn by_number(number: u32) -> Option<Reason> {
    let all = Reason::ALL.iter();
    all.copied().find(|reason| reason.number() == number)
}

/// What an error code of STS means for a login; `None` where it is not a special one.
pub fn by_sts_code(code: &str) -> Option<Reason> {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'.';
    if code.is_empty() || !code.bytes().all(legal) {
        return None;
    }
    let body = format!(r#"{{"Error":{{"Code":"{code}","Message":"","Type":"Sender"}}}}"#);
    match read_answer(403, Some("application/json"), body.as_bytes()) {
        Ok(Answer::Error(error)) if error.reason != Reason::StsDenied => Some(error.reason),
        _ => None,
    }
}

/// The reasons that a number, a name or a line of a log names, the likeliest kind of match only.
pub fn find(text: &str) -> Vec<Reason> {
    let text = text.trim();
    let all = || Reason::ALL.iter().copied();
    let only = |reason: Option<Reason>| reason.into_iter().collect::<Vec<_>>();
    if let Ok(number) = text.parse::<i32>() {
        let by_status = all().filter(|reason| reason.code() as i32 == number);
        return match u32::try_from(number) {
            Ok(number) => only(by_number(number)),
            Err(_) => by_status.collect(),
        };
    }
    let named = all().find(|reason| reason.name().eq_ignore_ascii_case(text));
    let tests: [&dyn Fn() -> Vec<Reason>; 4] = [
        &|| only(named.or_else(|| by_sts_code(text))),
        &|| all().filter(|r| code_name(r.code()) == text).collect(),
        &|| only(number_in_line(text).and_then(by_number)),
        &|| only(longest_in(text)),
    ];
    let mut found = tests.iter().map(|test| test());
    found.find(|found| !found.is_empty()).unwrap_or_default()
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

/// The number behind `reason` in a log line: `reason 301`, `"reason":301`, `reason=301`.
fn number_in_line(line: &str) -> Option<u32> {
    line.match_indices("reason").find_map(|(at, word)| {
        let rest = line.get(at + word.len()..)?;
        let rest = rest.trim_start_matches(['"', ':', '=', ' ']);
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
    })
}

/// The most specific reason whose words or error code of STS stand in the line.
fn longest_in(line: &str) -> Option<Reason> {
    let words = Reason::ALL.iter().copied();
    let words = words.filter(|reason| line.contains(reason.summary()));
    let by_words = words.max_by_key(|reason| reason.summary().len());
    let mut codes = line.split(|c: char| !c.is_ascii_alphanumeric());
    by_words.or_else(|| codes.find_map(by_sts_code))
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
    fn each_way_to_name_a_reason_finds_it() {
        for (text, wanted) in [
            ("301", Reason::SignatureMismatch),
            ("signaturemismatch", Reason::SignatureMismatch),
            ("SignatureDoesNotMatch", Reason::SignatureMismatch),
            ("ExpiredToken", Reason::TokenExpired),
            (
                r#"{"attr":{"reason":304,"detail":"x"}}"#,
                Reason::SignatureExpired,
            ),
            (
                "login refused, reason 310: the account",
                Reason::AccountNotAllowed,
            ),
            (
                "TLS with the STS endpoint failed: invalid peer certificate",
                Reason::TlsFailed,
            ),
            (
                "An error occurred (InvalidClientTokenId)",
                Reason::AccessKeyUnknown,
            ),
        ] {
            assert_eq!(find(text), [wanted], "{text}");
        }
    }

    #[test]
    fn a_status_or_a_word_may_mean_several() {
        assert!(find("-21").contains(&Reason::StsDenied));
        assert_eq!(find("-21"), find("MAWS_E_DENIED"));
        assert!(about("clock").contains(&Reason::SignatureNotYetCurrent));
        assert_eq!(about("nothing that is there"), []);
        assert_eq!((find(" "), about(" ")), (vec![], vec![]));
    }
}
