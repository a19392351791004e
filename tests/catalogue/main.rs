//! The catalogue of docs/security.md, row by row, through the C interface.
//!
//! Each test's name starts with the id of its row: `cargo test --test catalogue r1_` runs one row's.
//! `scripts/catalogue R1` runs all the tests of a row, those of other kinds included.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod accepted;
mod binding;
mod bson;
mod conversation;
mod disclosure;
mod framing;
mod headers;
#[allow(dead_code)]
mod host;
mod identity;
mod load;
mod messages;
mod network;
mod reply;
mod stack;
mod table;
mod tls;
mod values;
