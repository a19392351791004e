//! Whatever comes from the network is read on 64 KiB of stack. The messages of the client are B4's.

use mongodb_aws_auth::aws::{Arn, read_answer};

/// As large as an answer may be.
const BODY_LIMIT: usize = 64 * 1024;

fn on_a_small_stack(read: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let small = std::thread::Builder::new().stack_size(64 * 1024);
        small.spawn_scoped(scope, read).unwrap().join().unwrap();
    });
}

/// As deep as the limit allows: opened, and closed again as far as there is room.
fn deep(open: &str, close: &str) -> [String; 2] {
    let open_only = open.repeat(BODY_LIMIT / open.len());
    let depth = BODY_LIMIT / (open.len() + close.len());
    [open_only, open.repeat(depth) + &close.repeat(depth)]
}

#[test]
fn x4_nested_answers_are_refused_on_a_small_stack() {
    on_a_small_stack(|| {
        for (media_type, open, close) in [
            ("application/json", "[", "]"),
            ("application/json", "{\"a\":", "}"),
            ("application/json", "{\"GetCallerIdentityResponse\":", "}"),
            ("text/xml", "<a>", "</a>"),
            (
                "text/xml",
                "<GetCallerIdentityResponse>",
                "</GetCallerIdentityResponse>",
            ),
        ] {
            for body in deep(open, close) {
                for status in [200, 400, 403] {
                    let answer = read_answer(status, Some(media_type), body.as_bytes());
                    assert!(answer.is_err(), "{status} {media_type} {open}: {answer:?}");
                }
            }
        }
    });
}

#[test]
fn i7_arns_are_read_on_a_small_stack() {
    on_a_small_stack(|| {
        for part in [":", "/", "a", "a/", "a:"] {
            for start in ["", "arn:aws:iam::123456789012:user/"] {
                let arn = start.to_owned() + &part.repeat(BODY_LIMIT);
                assert!(Arn::parse(&arn).is_err(), "{start}{part}...");
            }
        }
    });
}
