use super::*;

const NONCE: [u8; 32] = [0xC5; 32];
pub(crate) const FIRST: &[u8] =
    b"\x34\0\0\0\x05r\0\x20\0\0\0\0ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ\x10p\0\x6E\0\0\0\0";

fn begin() -> Exchange {
    let endpoint = Endpoint::new("sts.amazonaws.com", None, None).unwrap();
    Exchange::begin(Arc::new(endpoint))
}

pub(crate) fn second() -> Vec<u8> {
    let a = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request, \
         SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;\
         x-mongodb-server-nonce, Signature={}",
        "0123456789abcdef".repeat(4)
    );
    let string = |key: &str, text: &str| {
        let length = (text.len() as u32 + 1).to_le_bytes();
        [
            b"\x02",
            key.as_bytes(),
            b"\0",
            &length,
            text.as_bytes(),
            b"\0",
        ]
        .concat()
    };
    let elements = [string("a", &a), string("d", "20261123T120000Z")].concat();
    [
        &(elements.len() as u32 + 5).to_le_bytes()[..],
        &elements,
        b"\0",
    ]
    .concat()
}

#[test]
fn client_first_is_answered_with_both_nonces_and_the_host() {
    let Action::Reply(reply) = begin().step(FIRST, || Ok(NONCE)).unwrap() else {
        panic!("no reply");
    };
    let expected = [[0x5A; 32], NONCE].concat();
    assert!(reply.windows(64).any(|window| window == expected));
    assert!(
        reply
            .windows(17)
            .any(|window| window == b"sts.amazonaws.com")
    );
}

#[test]
fn client_second_becomes_the_request_that_was_signed() {
    let mut exchange = begin();
    exchange.step(FIRST, || Ok(NONCE)).unwrap();
    let Action::Verify(request) = exchange.step(&second(), || unreachable!()).unwrap() else {
        panic!("no request");
    };
    let headers: Vec<_> = request.headers().collect();
    let value = |name| {
        headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| *value)
    };
    assert_eq!(value("host"), Some("sts.amazonaws.com"));
    assert_eq!(value("x-amz-date"), Some("20261123T120000Z"));
    assert_eq!(value("x-amz-security-token"), None);
    assert_eq!(value("x-mongodb-gs2-cb-flag"), Some("n"));
    assert_eq!(
        value("x-mongodb-server-nonce"),
        Some(
            "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlrFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxQ=="
        )
    );
    assert_eq!(request.access_key_id, "AKIDEXAMPLE");
}

#[test]
fn f1_any_failure_is_final() {
    let mut exchange = begin();
    assert!(exchange.step(b"", || Ok(NONCE)).is_err());
    assert!(exchange.step(FIRST, || Ok(NONCE)).is_err());

    let mut exchange = begin();
    exchange.step(FIRST, || Ok(NONCE)).unwrap();
    assert!(
        exchange.step(FIRST, || Ok(NONCE)).is_err(),
        "client-first twice"
    );
    assert!(exchange.step(&second(), || Ok(NONCE)).is_err());
}

#[test]
fn nothing_is_accepted_after_client_second() {
    let mut exchange = begin();
    exchange.step(FIRST, || Ok(NONCE)).unwrap();
    exchange.step(&second(), || Ok(NONCE)).unwrap();
    assert!(exchange.step(&second(), || Ok(NONCE)).is_err());
    assert!(exchange.step(b"", || Ok(NONCE)).is_err());
}

#[test]
fn r4_without_randomness_there_is_no_conversation() {
    let failed = begin().step(FIRST, || Err(Reason::RandomFailed.into()));
    assert_eq!(failed.unwrap_err().reason, Reason::RandomFailed);
}

/// The state after server-first.
fn challenged() -> Exchange {
    let endpoint = Endpoint::new("sts.amazonaws.com", None, None).unwrap();
    Exchange::Challenged {
        endpoint: Arc::new(endpoint),
        nonces: [0; 64],
    }
}

#[test]
fn b1_every_prefix_of_a_message_is_refused() {
    for length in 0..FIRST.len() {
        let stepped = begin().step(&FIRST[..length], || Ok(NONCE));
        assert!(stepped.is_err(), "{length} bytes");
    }
    let second = second();
    for length in 0..second.len() {
        let stepped = challenged().step(&second[..length], || unreachable!());
        assert!(stepped.is_err(), "{length} bytes");
    }
}

/// The payload with one of its bytes changed, for each of its bytes and each other value.
fn flips(payload: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
    let flips = (0..payload.len()).flat_map(|place| (1..=255).map(move |flip| (place, flip)));
    flips.map(|(place, flip): (usize, u8)| {
        let mut payload = payload.to_vec();
        payload[place] ^= flip;
        (place, payload)
    })
}

/// Only a byte of the nonce itself may differ, and it comes back in server-first.
#[test]
fn b1_every_flipped_byte_of_client_first_is_refused_or_another_nonce() {
    let mut accepted = 0;
    for (place, payload) in flips(FIRST) {
        if let Ok(Action::Reply(reply)) = begin().step(&payload, || Ok(NONCE)) {
            assert!((12..44).contains(&place), "byte {place}");
            assert_eq!(reply[12..44], payload[12..44], "byte {place}");
            accepted += 1;
        }
    }
    assert_eq!(accepted, 32 * 255);
}

/// A flip that is accepted gives a value that STS has to judge: another key id, time or signature.
#[test]
fn b1_every_flipped_byte_of_client_second_is_refused_or_another_valid_value() {
    let whole = second();
    let at = |text: &str| {
        let place = whole.windows(text.len()).position(|w| w == text.as_bytes());
        place.unwrap()..place.unwrap() + text.len()
    };
    let valid = [
        at(&"0123456789abcdef".repeat(4)),
        at("AKIDEXAMPLE"),
        at("120000Z").start..at("120000Z").end - 1,
    ];
    for (place, payload) in flips(&whole) {
        if challenged().step(&payload, || unreachable!()).is_ok() {
            assert!(payload[place].is_ascii_alphanumeric() || payload[place] == b'_');
            let is_valid = valid.iter().any(|value| value.contains(&place));
            assert!(is_valid, "byte {place} became {}", payload[place]);
        }
    }
}
