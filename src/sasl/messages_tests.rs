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
fn a1_client_first_is_read_in_any_order_of_its_fields() {
    let (nonce, flag) = (binary("r", 0, &[7; 32]), int32("p", 110));
    assert_eq!(read_client_first(&document(&[&nonce, &flag])), Ok([7; 32]));
    assert_eq!(read_client_first(&document(&[&flag, &nonce])), Ok([7; 32]));
}

#[test]
fn r5_the_client_nonce_has_32_bytes_of_subtype_0() {
    let flag = int32("p", 110);
    let lengths = [0, 1, 31, 33, 64, 65, 16 * 1024];
    let lengths = lengths.map(|length| binary("r", 0, &vec![7; length]));
    let subtypes = [1, 3, 4, 5, 6, 0x80, 0xFF].map(|subtype| binary("r", subtype, &[7; 32]));
    // Subtype 2 carries a length of its own inside.
    let old_binary = binary("r", 2, &[&[32, 0, 0, 0][..], &[7; 32]].concat());
    let text = string("r", &"7".repeat(32));
    let refused = lengths.iter().chain(&subtypes).chain([&old_binary, &text]);
    for nonce in refused {
        let payload = document(&[nonce, &flag]);
        assert_refused(read_client_first(&payload), Reason::ClientNonceLength);
    }
}

#[test]
fn r6_the_flag_is_the_int32_110() {
    let nonce = binary("r", 0, &[7; 32]);
    let (y, p) = (b'y'.into(), b'p'.into());
    for flag in [0, 10, 13, y, p, 366, -146, i32::MIN, i32::MAX] {
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
fn b2_both_fields_of_client_first_are_needed_once() {
    let (nonce, flag) = (binary("r", 0, &[7; 32]), int32("p", 110));
    for alone in [&nonce, &flag] {
        let payload = document(&[alone]);
        assert_refused(read_client_first(&payload), Reason::FieldMissing);
    }
    for again in [&nonce, &flag] {
        let payload = document(&[&nonce, &flag, again]);
        assert_refused(read_client_first(&payload), Reason::FieldDuplicate);
    }
}

#[test]
fn b2_sixteen_unknown_fields_are_ignored_and_no_more() {
    let unknown = |count: i32| {
        let fields = (0..count).flat_map(|i| int32(&format!("x{i}"), i));
        fields.collect::<Vec<_>>()
    };
    let first = [binary("r", 0, &[7; 32]), int32("p", 110)].concat();
    let second = [string("a", "A"), string("d", "D")].concat();
    let (most, more) = (unknown(16), unknown(17));
    assert!(read_client_first(&document(&[&most, &first])).is_ok());
    assert!(read_client_second(&document(&[&second, &most])).is_ok());
    let (first, second) = (document(&[&more, &first]), document(&[&second, &more]));
    assert_refused(read_client_first(&first), Reason::FieldsTooMany);
    assert_refused(read_client_second(&second), Reason::FieldsTooMany);
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
fn a1_client_second_is_read_with_and_without_a_token() {
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
fn a1_the_reserved_fields_of_client_second_are_ignored() {
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
fn b3_the_fields_of_client_second_are_strings() {
    let (a, d) = (string("a", "A"), string("d", "D"));
    let (symbol, code) = (b"\x0Ea\0\x02\0\0\0A\0", b"\x0Da\0\x02\0\0\0A\0");
    for payload in [
        document(&[&binary("a", 0, b"A"), &d]),
        document(&[symbol, &d]),
        document(&[code, &d]),
        document(&[&a, b"\x09d\0\0\0\0\0\0\0\0\0"]),
        document(&[&a, &d, b"\x0At\0"]),
    ] {
        assert_refused(read_client_second(&payload), Reason::FieldType);
    }
}

#[test]
fn b2_the_fields_of_client_second_are_there_once() {
    let (a, d, t) = (string("a", "A"), string("d", "D"), string("t", "T"));
    for alone in [&a, &d] {
        let payload = document(&[alone]);
        assert_refused(read_client_second(&payload), Reason::FieldMissing);
    }
    for again in [&a, &d, &t] {
        let payload = document(&[&a, &d, &t, again]);
        assert_refused(read_client_second(&payload), Reason::FieldDuplicate);
    }
}
