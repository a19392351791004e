use super::*;

fn document(elements: &[&[u8]]) -> Vec<u8> {
    let elements = elements.concat();
    let length = elements.len() as u32 + 5;
    [&length.to_le_bytes()[..], &elements, &[0]].concat()
}

fn binary(key: &str, subtype: u8, bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u32).to_le_bytes();
    [&[5][..], key.as_bytes(), &[0], &length, &[subtype], bytes].concat()
}

fn int32(key: &str, value: i32) -> Vec<u8> {
    [&[16][..], key.as_bytes(), &[0], &value.to_le_bytes()].concat()
}

fn string(key: &str, value: &str) -> Vec<u8> {
    let length = (value.len() as u32 + 1).to_le_bytes();
    [
        &[2][..],
        key.as_bytes(),
        &[0],
        &length,
        value.as_bytes(),
        &[0],
    ]
    .concat()
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Failure>, reason: Reason) {
    assert_eq!(result.map_err(|f| f.reason).unwrap_err(), reason);
}

#[test]
fn client_first_is_read_in_any_order_of_its_fields() {
    let (nonce, flag) = (binary("r", 0, &[7; 32]), int32("p", 110));
    assert_eq!(read_client_first(&document(&[&nonce, &flag])), Ok([7; 32]));
    assert_eq!(read_client_first(&document(&[&flag, &nonce])), Ok([7; 32]));
}

#[test]
fn the_client_nonce_has_32_bytes_of_subtype_0() {
    let flag = int32("p", 110);
    for length in [0, 1, 31, 33, 64, 65, 16 * 1024] {
        let nonce = binary("r", 0, &vec![7; length]);
        assert_refused(
            read_client_first(&document(&[&nonce, &flag])),
            Reason::ClientNonceLength,
        );
    }
    for subtype in [1, 3, 4, 5, 0x80] {
        let nonce = binary("r", subtype, &[7; 32]);
        assert_refused(
            read_client_first(&document(&[&nonce, &flag])),
            Reason::ClientNonceLength,
        );
    }
    let text = string("r", &"7".repeat(32));
    assert_refused(
        read_client_first(&document(&[&text, &flag])),
        Reason::ClientNonceLength,
    );
}

#[test]
fn the_flag_is_the_int32_110() {
    let nonce = binary("r", 0, &[7; 32]);
    for flag in [0, 10, 13, 112, 121, 366, -146, i32::MIN] {
        let payload = document(&[&nonce, &int32("p", flag)]);
        assert_refused(read_client_first(&payload), Reason::ChannelBindingFlag);
    }
    let int64 = b"\x12p\0\x6E\0\0\0\0\0\0\0";
    let double = b"\x01p\0\0\0\0\0\0\x80\x5B\x40";
    for flag in [&int64[..], double, &string("p", "n")] {
        assert_refused(
            read_client_first(&document(&[&nonce, flag])),
            Reason::FieldType,
        );
    }
}

#[test]
fn both_fields_of_client_first_are_needed_once() {
    let (nonce, flag) = (binary("r", 0, &[7; 32]), int32("p", 110));
    assert_refused(
        read_client_first(&document(&[&nonce])),
        Reason::FieldMissing,
    );
    assert_refused(read_client_first(&document(&[&flag])), Reason::FieldMissing);
    let twice = document(&[&nonce, &flag, &nonce]);
    assert_refused(read_client_first(&twice), Reason::FieldDuplicate);
}

#[test]
fn sixteen_unknown_fields_are_ignored_and_no_more() {
    let (nonce, flag) = (binary("r", 0, &[7; 32]), int32("p", 110));
    let mut elements: Vec<Vec<u8>> = (0..16).map(|i| int32(&format!("x{i}"), i)).collect();
    elements.extend([nonce, flag]);
    let views = |e: &[Vec<u8>]| document(&e.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert!(read_client_first(&views(&elements)).is_ok());
    elements.push(int32("x16", 16));
    assert_refused(read_client_first(&views(&elements)), Reason::FieldsTooMany);
}

#[test]
fn server_first_holds_exactly_nonces_and_host() {
    let written = write_server_first(&[9; 64], "sts.amazonaws.com");
    assert_eq!(
        written,
        document(&[&binary("s", 0, &[9; 64]), &string("h", "sts.amazonaws.com")])
    );
}

#[test]
fn client_second_is_read_with_and_without_a_token() {
    let (a, d, t) = (string("a", "A"), string("d", "D"), string("t", "T"));
    let expected = SignedParts {
        authorization: "A",
        date: "D",
        token: None,
    };
    assert_eq!(read_client_second(&document(&[&a, &d])), Ok(expected));
    let expected = SignedParts {
        token: Some("T"),
        ..expected
    };
    assert_eq!(read_client_second(&document(&[&t, &d, &a])), Ok(expected));
}

#[test]
fn the_reserved_fields_of_client_second_are_ignored() {
    let payload = document(&[
        &string("a", "A"),
        &string("d", "D"),
        b"\x03o\0\x05\0\0\0\0",
        &binary("c", 0, b"x"),
        &int32("p", 110),
    ]);
    assert!(read_client_second(&payload).is_ok());
}

#[test]
fn the_fields_of_client_second_are_strings() {
    let (a, d) = (string("a", "A"), string("d", "D"));
    let cases: [Vec<u8>; 4] = [
        document(&[&binary("a", 0, b"A"), &d]),
        document(&[&a, b"\x09d\0\0\0\0\0\0\0\0\0"]),
        document(&[&a, &d, b"\x0At\0"]),
        document(&[b"\x0Ea\0\x02\0\0\0A\0", &d]),
    ];
    for payload in cases {
        assert_refused(read_client_second(&payload), Reason::FieldType);
    }
    assert_refused(read_client_second(&document(&[&a])), Reason::FieldMissing);
    assert_refused(read_client_second(&document(&[&d])), Reason::FieldMissing);
    assert_refused(
        read_client_second(&document(&[&a, &d, &a])),
        Reason::FieldDuplicate,
    );
}
