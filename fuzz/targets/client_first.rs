//! Any bytes as client-first: what is accepted has 32 bytes `r` and `p` 110 for another reader too,
//! and is answered with server-first that holds both nonces and the host.
#![no_main]

use std::sync::{Arc, LazyLock};

use bson::raw::RawBsonRef;
use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::Endpoint;
use mongodb_aws_auth::sasl::messages::read_client_first;
use mongodb_aws_auth::sasl::{Action, Exchange};
use second_opinion::{bson_field, bson_fields, generic_binary, string};

const HOST: &str = "sts.eu-central-1.amazonaws.com";
const SERVER_NONCE: [u8; 32] = [0xC5; 32];

static ENDPOINT: LazyLock<Arc<Endpoint>> =
    LazyLock::new(|| Arc::new(Endpoint::new(HOST, None, None).expect("a host of AWS")));

fuzz_target!(|payload: &[u8]| {
    let read = read_client_first(payload);
    let mut exchange = Exchange::begin(Arc::clone(&ENDPOINT));
    let action = exchange.step(payload, || Ok(SERVER_NONCE));
    let Ok(nonce) = read else {
        assert_eq!(read.err(), action.err());
        assert!(matches!(exchange, Exchange::Over));
        return;
    };
    assert_eq!(generic_binary(bson_field(payload, "r")), Some(&nonce[..]));
    assert!(matches!(
        bson_field(payload, "p"),
        Some(RawBsonRef::Int32(110))
    ));

    let Ok(Action::Reply(reply)) = action else {
        panic!("no reply")
    };
    assert_eq!(bson_fields(&reply).len(), 2);
    let both = [nonce, SERVER_NONCE].concat();
    assert_eq!(generic_binary(bson_field(&reply, "s")), Some(&both[..]));
    assert_eq!(string(bson_field(&reply, "h")), Some(HOST));
});
