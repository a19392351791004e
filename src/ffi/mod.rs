//! The C interface: the only module, beside `sys`, with `unsafe` code.
//!
//! [`table`] has one short function for each member of `maws_api`; [`guard`] is what they all go
//! through; [`handle`] turns numbers into objects; [`host`] calls the host; [`memory`] reads and
//! writes the host's structs; [`report`] explains failures; [`info`] describes a conversation.
#![allow(unsafe_code)]

pub mod entry;
mod guard;
mod handle;
mod host;
mod info;
mod memory;
mod options;
#[cfg(all(test, shuttle))]
mod races;
mod report;
mod table;
mod texts;
