use super::*;

fn document(elements: &[u8]) -> Vec<u8> {
    let length = elements.len() as u32 + 5;
    length
        .to_le_bytes()
        .into_iter()
        .chain(elements.iter().copied())
        .chain([0])
        .collect()
}

#[track_caller]
fn assert_malformed(payload: &[u8]) {
    let reason = read(payload).map(|_| ()).unwrap_err().reason;
    assert_eq!(reason, Reason::BsonMalformed, "{payload:x?}");
}

#[test]
fn strings_binaries_and_integers_are_read() {
    let payload = document(b"\x02a\0\x03\0\0\0hi\0\x05b\0\x02\0\0\0\x00\x01\x02\x10c\0\x6E\0\0\0");
    let elements = read(&payload).unwrap();
    assert_eq!(elements[0].string(), Some("hi"));
    assert_eq!(elements[1].binary(), Some(&[1, 2][..]));
    assert_eq!(elements[2].int32(), Some(110));
    assert_eq!(
        elements.iter().map(|e| e.key).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
}

#[test]
fn a_value_is_read_as_its_own_type_only() {
    let payload =
        document(b"\x02a\0\x03\0\0\0hi\0\x05b\0\x02\0\0\0\x80\x01\x02\x12c\0\x6E\0\0\0\0\0\0\0");
    let elements = read(&payload).unwrap();
    assert_eq!(elements[0].binary(), None);
    assert_eq!(elements[1].binary(), None, "subtype 0x80");
    assert_eq!(elements[2].int32(), None, "int64");
}

#[test]
fn every_type_is_skipped_by_its_length() {
    let values: [&[u8]; 20] = [
        b"\x01k\0\0\0\0\0\0\0\0\0",
        b"\x03k\0\x05\0\0\0\0",
        b"\x04k\0\x05\0\0\0\0",
        b"\x05k\0\x06\0\0\0\x02\x02\0\0\0\x01\x02",
        b"\x06k\0",
        b"\x07k\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x08k\0\x01",
        b"\x09k\0\0\0\0\0\0\0\0\0",
        b"\x0Ak\0",
        b"\x0Bk\0a\0b\0",
        b"\x0Ck\0\x02\0\0\0a\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x0Dk\0\x02\0\0\0a\0",
        b"\x0Ek\0\x02\0\0\0a\0",
        b"\x0Fk\0\x0F\0\0\0\x02\0\0\0a\0\x05\0\0\0\0",
        b"\x10k\0\0\0\0\0",
        b"\x11k\0\0\0\0\0\0\0\0\0",
        b"\x12k\0\0\0\0\0\0\0\0\0",
        b"\x13k\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x7Fk\0",
        b"\xFFk\0",
    ];
    for value in values {
        let payload = document(&[value, b"\x10p\0\x6E\0\0\0"].concat());
        let elements = read(&payload).unwrap_or_else(|f| panic!("{value:x?}: {f}"));
        assert_eq!(
            elements.last().and_then(Element::int32),
            Some(110),
            "{value:x?}"
        );
    }
}

#[test]
fn every_prefix_of_a_document_is_malformed() {
    let payload = document(b"\x02a\0\x03\0\0\0hi\0\x03o\0\x0C\0\0\0\x10x\0\x01\0\0\0\0");
    assert!(read(&payload).is_ok());
    for length in 1..payload.len() {
        assert_malformed(&payload[..length]);
    }
}

#[test]
fn a_flipped_byte_gives_an_error_or_another_document_and_no_panic() {
    let payload =
        document(b"\x02a\0\x03\0\0\0hi\0\x05b\0\x02\0\0\0\x00\x01\x02\x03o\0\x05\0\0\0\0");
    for position in 0..payload.len() {
        for bit in 0..8 {
            let mut flipped = payload.clone();
            flipped[position] ^= 1 << bit;
            let _either = read(&flipped);
        }
    }
}

#[test]
fn wrong_lengths_and_ends_are_malformed() {
    let mut trailing = document(b"");
    trailing.push(0);
    let two = [document(b""), document(b"")].concat();
    let cases: [&[u8]; 16] = [
        &trailing,
        &two,
        b"\x04\0\0\0",
        b"\x05\0\0\0\x01",
        b"\xFF\xFF\xFF\xFF\0",
        b"\xFF\xFF\xFF\x7F\0",
        &document(b"\x02a\0\0\0\0\0"),             // string of length 0
        &document(b"\x02a\0\xFF\xFF\xFF\xFFx\0"),  // negative
        &document(b"\x02a\0\x02\0\0\0ab\0"),       // no NUL at its end
        &document(b"\x02a\0\x03\0\0\0\xFF\xFE\0"), // not UTF-8
        &document(b"\x02\xFF\0\x02\0\0\0a\0"),     // name not UTF-8
        &document(b"\x05a\0\xFF\xFF\xFF\xFF\0"),   // negative binary
        &document(b"\x05a\0\x05\0\0\0\x02\x02\0\0\0\x01"), // inner length beyond the outer
        &document(b"\x08a\0\x02"),                 // boolean 2
        &document(b"\x14a\0"),                     // unknown type
        &document(b"\x03o\0\x0D\0\0\0\x10x\0\x01\0\0\0\0"), // eats the outer end
    ];
    for payload in cases {
        assert_malformed(payload);
    }
}

#[test]
fn an_error_in_a_nested_document_is_found() {
    let inner = document(b"\x02a\0\x09\0\0\0a\0");
    let payload = document(&[b"\x03o\0", &inner[..]].concat());
    assert_malformed(&payload);
}

#[test]
fn deep_nesting_costs_no_stack() {
    let mut nested = document(b"");
    while nested.len() + 8 <= PAYLOAD_LIMIT - 64 {
        nested = document(&[b"\x03o\0", &nested[..]].concat());
    }
    let payload = document(&[b"\x03o\0", &nested[..], b"\x10p\0\x6E\0\0\0"].concat());
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    let elements = small_stack
        .spawn(move || read(&payload).unwrap().len())
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(elements, 2);
}

#[test]
fn empty_and_oversized_payloads_have_their_own_reasons() {
    assert_eq!(read(b"").unwrap_err().reason, Reason::PayloadEmpty);
    let filler = vec![b'x'; PAYLOAD_LIMIT - 5 - 3 - 4 - 1];
    let string = |text: &[u8]| {
        let length = (text.len() as u32 + 1).to_le_bytes();
        document(&[b"\x02k\0", &length[..], text, b"\0"].concat())
    };
    assert_eq!(string(&filler).len(), PAYLOAD_LIMIT);
    assert!(read(&string(&filler)).is_ok());
    let too_large = string(&[&filler[..], b"x"].concat());
    assert_eq!(
        read(&too_large).unwrap_err().reason,
        Reason::PayloadTooLarge
    );
}
