//! MONGODB-AWS for MongoDB-compatible servers, as a plugin with a C interface.
//!
//! One login, in the order of the code: [`ffi`] takes the host's calls; [`conversation`] drives the
//! exchange of [`sasl`] and hands the client's signed request ([`aws`]) as a [`verification`] to the
//! worker [`pool`]; when [`throttle`] says that its turn has come, a worker sends it through [`sts`];
//! [`identity`] turns the answer into the user of `$external` that the host looks up.
//!
//! `sasl`, `aws`, `identity` and `throttle` are pure: no thread, clock, socket or pointer. What the
//! core asks of the outside is declared in [`ports`].

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
pub mod aws;
pub mod conversation;
mod endpoints;
pub mod failpoint;
pub mod ffi;
pub mod identity;
pub mod options;
pub mod outcome;
mod panics;
pub mod plugin;
mod pool;
pub mod ports;
pub mod random;
pub mod reason;
mod retries;
pub mod sasl;
mod secret;
mod services;
pub mod stats;
pub mod sts;
mod sync;
mod sys;
pub mod throttle;
mod verification;
