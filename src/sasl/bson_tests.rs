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
fn b1_every_type_is_skipped_by_its_length() {
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
fn b1_every_prefix_of_a_document_is_malformed() {
    let payload = document(b"\x02a\0\x03\0\0\0hi\0\x03o\0\x0C\0\0\0\x10x\0\x01\0\0\0\0");
    assert!(read(&payload).is_ok());
    for length in 1..payload.len() {
        assert_malformed(&payload[..length]);
    }
}

#[test]
fn b1_a_flipped_byte_gives_an_error_or_another_document_and_no_panic() {
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
fn b1_the_length_of_a_document_is_exact() {
    let nonce = [&b"\x05r\0\x20\0\0\0\0"[..], &[b'Z'; 32]].concat();
    let whole = document(&[&nonce[..], b"\x10p\0\x6E\0\0\0"].concat());
    assert!(read(&whole).is_ok());
    for payload in [
        [&whole[..], &[0]].concat(),
        [&whole[..], &whole].concat(),
        [document(b""), document(b"")].concat(),
        b"\x04\0\0\0".to_vec(),
        b"\x04\0\0\0\0".to_vec(),
        b"\x05\0\0\0\x01".to_vec(),
    ] {
        assert_malformed(&payload);
    }
    // The document's length, and that of its binary.
    for at in [0, 7] {
        for length in [0, -1, 4, i32::MIN, i32::MAX] {
            let mut payload = whole.clone();
            payload[at..at + 4].copy_from_slice(&i32::to_le_bytes(length));
            assert_malformed(&payload);
        }
    }
}

/// One element of each type with each error that it can have (bsonspec.org, version 1.1).
const FAULTS: [(&str, &[u8]); 53] = [
    ("a key without an end", b"\x0Ax"),
    ("a key that is no UTF-8", b"\x0A\xFF\0"),
    ("the first unknown type", b"\x14x\0"),
    ("an unknown type", b"\x7Ex\0"),
    ("an unknown type above those of MongoDB", b"\x80x\0"),
    ("a double of 7 bytes", b"\x01x\0\0\0\0\0\0\0"),
    ("a string without a length", b"\x02x\0\x02\0"),
    ("a string of length 0", b"\x02x\0\0\0\0\0\0"),
    ("a string of length -1", b"\x02x\0\xFF\xFF\xFF\xFFa\0"),
    ("a string of the least length", b"\x02x\0\0\0\0\x80a\0"),
    (
        "a string of the greatest length",
        b"\x02x\0\xFF\xFF\xFF\x7Fa\0",
    ),
    ("a string longer than the document", b"\x02x\0\x40\0\0\0a\0"),
    ("a string without an end", b"\x02x\0\x02\0\0\0ab"),
    ("a string shorter than its text", b"\x02x\0\x01\0\0\0a\0"),
    ("a string that is no UTF-8", b"\x02x\0\x03\0\0\0\xFF\xFE\0"),
    (
        "a string that is cut in a character",
        b"\x02x\0\x02\0\0\0\xC3\0",
    ),
    (
        "a string with an overlong NUL",
        b"\x02x\0\x03\0\0\0\xC0\x80\0",
    ),
    (
        "a string with half a surrogate pair",
        b"\x02x\0\x04\0\0\0\xED\xA0\x80\0",
    ),
    ("a document of length 0", b"\x03x\0\0\0\0\0"),
    ("a document of length 4", b"\x03x\0\x04\0\0\0"),
    ("a document of length -1", b"\x03x\0\xFF\xFF\xFF\xFF\0"),
    (
        "a document longer than the one around it",
        b"\x03x\0\x40\0\0\0\0",
    ),
    (
        "a document that takes the end of the one around it",
        b"\x03x\0\x0D\0\0\0\x10y\0\x01\0\0\0\0",
    ),
    (
        "a document that ends before its length",
        b"\x03x\0\x07\0\0\0\0\x0A\0",
    ),
    ("a document without an end", b"\x03x\0\x08\0\0\0\x0Ay\0\x01"),
    (
        "a document that cuts its element",
        b"\x03x\0\x09\0\0\0\x10y\0\x01\0",
    ),
    ("an array of length 4", b"\x04x\0\x04\0\0\0"),
    ("an array longer than the document", b"\x04x\0\x40\0\0\0\0"),
    (
        "an array that ends before its length",
        b"\x04x\0\x07\0\0\0\0\x0A\0",
    ),
    ("a binary without a subtype", b"\x05x\0\0\0\0\0"),
    ("a binary of length -1", b"\x05x\0\xFF\xFF\xFF\xFF\0"),
    ("a binary longer than the document", b"\x05x\0\x40\0\0\0\0a"),
    (
        "an old binary without its inner length",
        b"\x05x\0\x02\0\0\0\x02aa",
    ),
    (
        "an old binary shorter inside",
        b"\x05x\0\x06\0\0\0\x02\x01\0\0\0aa",
    ),
    (
        "an old binary longer inside",
        b"\x05x\0\x06\0\0\0\x02\x03\0\0\0aa",
    ),
    (
        "an old binary of length -1 inside",
        b"\x05x\0\x06\0\0\0\x02\xFF\xFF\xFF\xFFaa",
    ),
    ("an object id of 11 bytes", b"\x07x\0aaaaaaaaaaa"),
    ("a boolean of 2", b"\x08x\0\x02"),
    ("a boolean of -1", b"\x08x\0\xFF"),
    ("a boolean without a value", b"\x08x\0"),
    ("a date of 7 bytes", b"\x09x\0\0\0\0\0\0\0\0"),
    ("a regular expression without options", b"\x0Bx\0ab\0i"),
    (
        "a pointer with a string of length 0",
        b"\x0Cx\0\0\0\0\0\0aaaaaaaaaaaa",
    ),
    (
        "a pointer with an id of 11 bytes",
        b"\x0Cx\0\x02\0\0\0a\0aaaaaaaaaaa",
    ),
    ("code of length 0", b"\x0Dx\0\0\0\0\0\0"),
    ("a symbol without an end", b"\x0Ex\0\x02\0\0\0ab"),
    (
        "code with a scope, too short",
        b"\x0Fx\0\x0D\0\0\0\x01\0\0\0\0\x05\0\0\0",
    ),
    (
        "code with a scope, too long",
        b"\x0Fx\0\x40\0\0\0\x01\0\0\0\0\x05\0\0\0\0",
    ),
    (
        "code with a scope that is cut",
        b"\x0Fx\0\x0E\0\0\0\x01\0\0\0\0\x06\0\0\0\0",
    ),
    ("an int32 of 3 bytes", b"\x10x\0\0\0\0"),
    ("a timestamp of 7 bytes", b"\x11x\0\0\0\0\0\0\0\0"),
    ("an int64 of 7 bytes", b"\x12x\0\0\0\0\0\0\0\0"),
    (
        "a decimal of 15 bytes",
        b"\x13x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
];

/// Nested elements are checked as those of the top level.
#[test]
fn b1_each_kind_of_error_is_refused_at_the_top_and_inside_other_values() {
    for (fault, element) in FAULTS {
        let inside = |kind: &[u8]| [kind, &document(element)].concat();
        for element in [element.to_vec(), inside(b"\x03o\0"), inside(b"\x04o\0")] {
            let refused = read(&document(&element)).map(drop).map_err(|f| f.reason);
            assert_eq!(refused, Err(Reason::BsonMalformed), "{fault}");
        }
    }
}

/// Documents in each other, as deep as the bytes allow, as one element.
fn nested(bytes: usize) -> Vec<u8> {
    let depth = bytes / 8;
    let mut element = b"\x03o\0".to_vec();
    for level in (1..=depth).rev() {
        element.extend((level as u32 * 8 + 5).to_le_bytes());
        element.extend(b"\x03o\0");
    }
    element.extend(b"\x05\0\0\0\0");
    element.extend(std::iter::repeat_n(0, depth));
    element
}

#[test]
fn b4_deep_nesting_costs_no_stack() {
    let deep = nested(PAYLOAD_LIMIT - 64);
    let whole = document(&[&deep[..], b"\x10p\0\x6E\0\0\0"].concat());
    let open = document(&deep[..deep.len() / 2]);
    let large = document(&nested(1024 * 1024));
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024);
    let read_all = move || {
        assert_eq!(read(&whole).unwrap().len(), 2);
        assert_malformed(&open);
        assert_eq!(read(&large).unwrap_err().reason, Reason::PayloadTooLarge);
    };
    small_stack.spawn(read_all).unwrap().join().unwrap();
}

#[test]
fn s11_b5_empty_and_oversized_payloads_have_their_own_reasons() {
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
