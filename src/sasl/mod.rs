//! MONGODB-AWS as a pure state machine: two payloads of the client, in order, each parsed strictly.
//! Any failure is final.

pub mod bson;
pub mod messages;

use std::sync::Arc;

use self::messages::{NONCE_LENGTH, Nonces};
use crate::aws::{Endpoint, SignedRequest};
use crate::reason::{Failure, Reason};

/// The exchange of SASL messages with one client, by its state.
#[derive(Debug)]
pub enum Exchange {
    /// Client-first is expected.
    Begun {
        /// The endpoint whose host server-first advertises.
        endpoint: Arc<Endpoint>,
    },
    /// Server-first was given; client-second is expected.
    Challenged {
        /// The endpoint whose host the client signs.
        endpoint: Arc<Endpoint>,
        /// The nonces that the signature has to cover.
        nonces: Nonces,
    },
    /// Client-second was accepted, or a payload was refused: no payload is accepted.
    Over,
}

/// What the caller does after a payload.
#[derive(Debug)]
pub enum Action {
    /// Sends this to the client.
    Reply(Vec<u8>),
    /// Has STS verify this request.
    Verify(Box<SignedRequest>),
}

impl Exchange {
    /// An exchange that advertises this endpoint's host.
    pub fn begin(endpoint: Arc<Endpoint>) -> Exchange {
        Exchange::Begun { endpoint }
    }

    /// Takes one payload of the client. `random` gives the server's half of the nonce.
    ///
    /// After a failure, and after [`Action::Verify`], the exchange is over.
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
                let parts = messages::read_client_second(payload)?;
                let request = SignedRequest::check(&parts, &nonces, endpoint)?;
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
