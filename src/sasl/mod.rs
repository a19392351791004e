//! The SASL conversation as a pure state machine: no thread, clock, socket or pointer.
//!
//! Two payloads of the client, in order, each parsed strictly; any failure is final.

pub mod bson;
pub mod messages;

use std::sync::Arc;

use self::messages::{NONCE_LENGTH, Nonces};
use crate::aws::{Endpoint, SignedRequest};
use crate::reason::{Failure, Reason};

/// Where one conversation stands.
#[derive(Debug)]
pub enum Exchange {
    /// Nothing has come yet.
    Begun {
        /// What the server will have the client sign for.
        endpoint: Arc<Endpoint>,
    },
    /// Server-first was sent.
    Challenged {
        /// What the client signs for.
        endpoint: Arc<Endpoint>,
        /// What the signature must cover.
        nonces: Nonces,
    },
    /// Client-second was accepted, or something failed: nothing more is accepted.
    Over,
}

/// What is to be done after a payload.
#[derive(Debug)]
pub enum Action {
    /// Send this to the client.
    Reply(Vec<u8>),
    /// Have STS verify this.
    Verify(Box<SignedRequest>),
}

impl Exchange {
    /// A conversation that will advertise this endpoint's host.
    pub fn begin(endpoint: Arc<Endpoint>) -> Exchange {
        Exchange::Begun { endpoint }
    }

    /// Takes one payload of the client. `random` gives the server's half of the nonce.
    ///
    /// After a failure, and after [`Action::Verify`], the conversation is over.
    pub fn step(
        &mut self,
        payload: &[u8],
        random: impl FnOnce() -> Result<[u8; NONCE_LENGTH], Failure>,
    ) -> Result<Action, Failure> {
        match std::mem::replace(self, Exchange::Over) {
            Exchange::Begun { endpoint } => {
                let client = messages::read_client_first(payload)?;
                let nonces = join(client, random()?);
                let reply = messages::write_server_first(&nonces, endpoint.host());
                *self = Exchange::Challenged { endpoint, nonces };
                Ok(Action::Reply(reply))
            }
            Exchange::Challenged { endpoint, nonces } => {
                let message = messages::read_client_second(payload)?;
                let request = SignedRequest::check(&message, &nonces, endpoint)?;
                Ok(Action::Verify(Box::new(request)))
            }
            Exchange::Over => Err(Failure::new(Reason::Internal, "a step after the end")),
        }
    }
}

fn join(client: [u8; NONCE_LENGTH], server: [u8; NONCE_LENGTH]) -> Nonces {
    let mut nonces = [0; 2 * NONCE_LENGTH];
    let halves = client.into_iter().chain(server);
    nonces
        .iter_mut()
        .zip(halves)
        .for_each(|(to, from)| *to = from);
    nonces
}

#[cfg(test)]
#[path = "sasl_tests.rs"]
pub(crate) mod tests;
