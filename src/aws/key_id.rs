//! Access key ids in log lines.

use std::borrow::Cow;

/// Lengths that AWS's access key ids may have; today's have 20 characters.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=32;
/// Most characters that are shown of anything else, and the share of it that they may be.
const MOST_SHOWN: usize = 4;
const SHOWN_SHARE: usize = 4;

/// An access key id as a log line may have it. Whatever does not look like one of AWS's may be the secret
/// key, if the client has exchanged the two: only its first characters and its length are shown.
pub fn shown_key_id(claimed: &str) -> Cow<'_, str> {
    if looks_like_key_id(claimed) {
        return claimed.into();
    }
    let length = claimed.chars().count();
    let first = claimed.chars().take((length / SHOWN_SHARE).min(MOST_SHOWN));
    format!("{}... ({length} characters)", first.collect::<String>()).into()
}

/// `AKIA`, `ASIA` and the like, then upper-case letters and digits (IAM, unique identifiers). A secret key
/// has 40 characters of both cases.
pub fn looks_like_key_id(text: &str) -> bool {
    let is_valid = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let has_prefix = matches!(text.as_bytes(), [b'A', _, _, b'A', ..]);
    LENGTHS.contains(&text.len()) && has_prefix && text.bytes().all(is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d1_an_access_key_id_of_aws_is_shown_whole() {
        for id in [
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAQNZGKIQY56JQ7WML",
            "ABIAIOSFODNN7EXAMPLE",
            "ACCAIOSFODNN7EXAMPLE",
            "AKIAIOSFODNN7EXAMPLEEXAMPLE",
        ] {
            assert_eq!(shown_key_id(id), id);
        }
    }

    #[test]
    fn d1_what_may_be_a_secret_key_is_never_shown_whole() {
        for (claimed, shown) in [
            (
                "wJalrXUtnFEMIsK7MDENGsbPxRfiCYEXAMPLEKEY",
                "wJal... (40 characters)",
            ),
            // Of upper-case letters alone, or with the prefix of a key id.
            (
                "AKIAXUTNFEMISK7MDENGSBPXRFICYEXAMPLEKEYX",
                "AKIA... (40 characters)",
            ),
            ("AKIAiosfodnn7example", "AKIA... (20 characters)"),
            ("AKIDIOSFODNN7EXAMPLE", "AKID... (20 characters)"),
            ("minioadmin", "mi... (10 characters)"),
            ("admin", "a... (5 characters)"),
            ("abc", "... (3 characters)"),
            ("", "... (0 characters)"),
        ] {
            assert_eq!(shown_key_id(claimed), shown, "{claimed}");
        }
        let longest = shown_key_id(&"A".repeat(128)).into_owned();
        assert_eq!(longest, "AAAA... (128 characters)");
    }
}
