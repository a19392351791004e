use super::*;

const DATE: &str = "20261123T120000Z";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLE/+=token";

fn authorization(token: bool) -> String {
    let token = if token { "x-amz-security-token;" } else { "" };
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request, \
         SignedHeaders=content-length;content-type;host;x-amz-date;{token}x-mongodb-gs2-cb-flag;\
         x-mongodb-server-nonce, Signature={}",
        "0123456789abcdef".repeat(4)
    )
}

fn check(authorization: &str, date: &str, token: Option<&str>) -> Result<(), Reason> {
    let parts = SignedParts {
        authorization,
        date,
        token,
    };
    let endpoint = Arc::new(Endpoint::new("sts.amazonaws.com", None, None).unwrap());
    let checked = SignedRequest::check(&parts, &[0; 64], endpoint);
    checked.map(drop).map_err(|failure| failure.reason)
}

#[test]
fn s10_no_byte_outside_the_alphabet_passes_in_any_place() {
    let a = authorization(true);
    assert_eq!(check(&a, DATE, Some(TOKEN)), Ok(()));
    let bad = (0..=0x20_u8).chain([0x7F]).map(char::from);
    for with in bad.chain(['\u{80}', '\u{FF}', '\u{2028}', '\u{FF0F}', '\u{1F600}']) {
        let spoilt = |text: &str| {
            let places = 0..=text.len();
            let spoil = places.map(|at| format!("{}{with}{}", &text[..at], &text[at..]));
            spoil.collect::<Vec<_>>()
        };
        for a in spoilt(&a) {
            assert!(check(&a, DATE, Some(TOKEN)).is_err(), "{a:?}");
        }
        for date in spoilt(DATE) {
            let checked = check(&a, &date, Some(TOKEN));
            assert_eq!(checked, Err(Reason::DateMalformed), "{date:?}");
        }
        for token in spoilt(TOKEN) {
            let checked = check(&a, DATE, Some(&token));
            assert_eq!(checked, Err(Reason::TokenMalformed), "{token:?}");
        }
    }
}

#[test]
fn s11_a_token_has_1_to_16384_bytes() {
    let of_length = |length: usize| check(&authorization(true), DATE, Some(&"T".repeat(length)));
    for length in [1, 4 * 1024, 12 * 1024, 16 * 1024] {
        assert_eq!(of_length(length), Ok(()), "{length}");
    }
    assert_eq!(of_length(0), Err(Reason::TokenEmpty));
    assert_eq!(of_length(16 * 1024 + 1), Err(Reason::TokenTooLong));
}
