//! B1: the ways in which an element of BSON can be malformed (bsonspec.org, version 1.1).

use mongodb_aws_auth::reason::Reason;

use crate::messages::{bench, first, with_elements};
use crate::support::{client_first, document};

/// One element of each type with each error that it can have, in a well-formed document.
const FAULTS: [(&str, &[u8]); 52] = [
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

/// At the top level and inside a document and an array: nested elements are checked as well.
#[test]
fn b1_each_kind_of_error_is_refused_in_both_messages_and_inside_other_values() {
    let (sts, host) = bench();
    let whole = client_first();
    for (fault, element) in FAULTS {
        let inside = |kind: &[u8]| [kind, &document(element)].concat();
        for element in [element.to_vec(), inside(b"\x03o\0"), inside(b"\x04o\0")] {
            let in_first = document(&[&whole[4..whole.len() - 1], &element].concat());
            let login = first(&host, &in_first);
            assert_eq!(login.reason, Some(Reason::BsonMalformed), "{fault}");
            let login = host.login_with(|h, n| with_elements(h, n, &element));
            assert_eq!(login.reason, Some(Reason::BsonMalformed), "{fault}");
        }
    }
    assert_eq!(sts.counters().requests, 0);
}
