//! MONGODB-AWS for MongoDB-compatible servers, as a plugin with a C interface.
//!
//! One login, in the order of the code: [`ffi`] takes the host's calls; [`conversation`] drives the
//! state machine of [`sasl`] and hands the client's signed request ([`aws`]) as a [`verification`]
//! to the worker [`pool`]; when [`admission`] says that its turn has come, a worker sends it through
//! [`net`] to STS; [`identity`] turns the answer into the user of `$external` that the host looks up.
//!
//! `sasl`, `aws`, `identity` and `admission` are pure: no thread, clock, socket or pointer. What the core asks of
//! the outside stands in [`ports`].

#![deny(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

/// The version of the plugin, and of all that is released with it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub mod abi;
pub mod admission;
pub mod aws;
pub mod conversation;
mod failover;
pub mod failpoint;
pub mod ffi;
mod health;
pub mod identity;
pub mod net;
pub mod options;
pub mod outcome;
mod panics;
pub mod plugin;
mod pool;
pub mod ports;
pub mod reason;
mod retries;
pub mod sasl;
mod secret;
pub mod stats;
mod sync;
mod sys;
mod verification;
