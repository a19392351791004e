//! The committed C header is what the source says.

#![allow(clippy::panic)]

#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = include_str!(concat!(env!("OUT_DIR"), "/mongodb_aws_auth.h"));
    let committed = include_str!("../include/mongodb_aws_auth.h");
    assert!(
        generated == committed,
        "include/mongodb_aws_auth.h has drifted; run MAWS_HEADER_WRITE=1 cargo build"
    );
}
