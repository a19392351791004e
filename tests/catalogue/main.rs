//! The catalogue of docs/security-catalogue.md, row by row, through the C interface.
//!
//! What needs no plugin, the rules of the parsers, is tested beside the code under the same ids:
//! `cargo test --lib s1_`. Each test's name starts with the id of its row, or with the letter of
//! several rows: `cargo test --test catalogue r1_` runs one row's. `scripts/catalogue R1` runs all
//! the tests of a row, those of other kinds included.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod binding;
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
