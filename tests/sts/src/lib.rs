//! An emulator of AWS STS for tests: `GetCallerIdentity` over TLS on loopback, with Signature Version 4
//! checked for real. It also issues credentials of roles, and hands them out as the metadata endpoints do.
//!
//! It is as lenient as STS itself: unsigned extra headers pass, and so does any list of signed headers
//! that contains `host` and really verifies. A test can therefore show that a verifier in front of STS
//! refuses what STS would let through.
//!
//! - [`StsEmulator`] runs the emulator inside a test; the binary of the same name wraps it for scripts.
//! - [`Fault`] scripts throttling, outages, broken connections and odd answers.
//! - [`hostile`] is an STS, or what poses as one, that keeps no rule of TLS or HTTP.
//! - [`proxy`] is an HTTP proxy between a client and STS.
//! - [`client`] signs requests as MongoDB drivers do, or with chosen deviations; [`payloads`] has the messages.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod actions;
pub mod amz_date;
mod answers;
pub mod client;
mod control;
mod counters;
mod delivery;
mod emulator;
mod faults;
pub mod hostile;
pub mod http;
mod identities;
mod journal;
mod metadata;
pub mod payloads;
mod progress;
pub mod proxy;
mod quota;
mod region;
mod roles;
mod server;
pub mod sigv4;
mod state;
mod tls;
mod verification;
mod web_identity;

pub use answers::{StsError, identity_json};
pub use counters::Counters;
pub use emulator::{Builder, StsEmulator};
pub use faults::{CannedAnswer, Delivery, Fault, FaultScript, Reply};
pub use identities::{Expiry, Identities, Session, User};
pub use journal::RecordedRequest;
pub use progress::Minimum;
pub use region::region_of_host;
pub use roles::Role;
