//! The account number that is encoded in an access key id.

/// Where it begins, behind `AKIA` or `ASIA`.
const PREFIX: usize = 4;
/// Characters that encode it: ten of base32 hold fifty bits.
const CHARACTERS: usize = 10;

/// The account number in an access key id, 0 if it has none.
///
/// A hint for sharing the queue before STS has answered, and never an identity: AWS does not
/// document the encoding, ids from before 2019 hold other bits, and a client may claim any id.
pub fn account_hint(access_key_id: &str) -> u64 {
    let known = ["AKIA", "ASIA"]
        .iter()
        .any(|p| access_key_id.starts_with(p));
    let digits = access_key_id
        .bytes()
        .skip(PREFIX)
        .take(CHARACTERS)
        .map(digit);
    let bits = digits.collect::<Option<Vec<u64>>>();
    match bits {
        Some(bits) if known && bits.len() == CHARACTERS => {
            let number = bits.iter().fold(0, |number, digit| number << 5 | digit);
            // The first six bytes; the account takes 40 of their bits.
            ((number >> 2) & 0x7fff_ffff_ff80) >> 7
        }
        _ => 0,
    }
}

/// One digit of base32 (RFC 4648).
fn digit(character: u8) -> Option<u64> {
    match character {
        b'A'..=b'Z' => Some(u64::from(character - b'A')),
        b'2'..=b'7' => Some(u64::from(character - b'2') + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_key_id_encodes_its_account() {
        assert_eq!(account_hint("ASIAQNZGKIQY56JQ7WML"), 29_608_264_753);
        assert_eq!(account_hint("ASIAY34FZKBOKMUTVV7A"), 609_629_065_308);
    }

    #[test]
    fn an_id_of_another_form_gives_0() {
        for id in [
            "",
            "AKIA",
            "AKIAQNZGK",
            "AKIAqnzgkiqy56jq7wml",
            "XYZAQNZGKIQY56JQ7WML",
        ] {
            assert_eq!(account_hint(id), 0, "{id}");
        }
    }
}
