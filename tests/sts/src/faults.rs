//! Scripted faults: what the emulator does wrong, slowly or not at all, and for which requests.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer};

use crate::answers::identity_json;
use crate::http::Response;

/// A deviation from the honest answer. The default deviates in nothing, so a script can let requests
/// pass between two faults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// To how many of the next requests it applies, when it stands in the queue.
    pub times: u32,
    /// Wait so long before answering.
    pub latency_ms: u64,
    /// What is answered.
    pub reply: Reply,
    /// How the answer is delivered.
    pub delivery: Delivery,
    /// Answer in XML whatever the request accepts, as most STS-compatible services do.
    pub force_xml: bool,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            times: 1,
            latency_ms: 0,
            reply: Reply::Genuine,
            delivery: Delivery::Whole,
            force_xml: false,
        }
    }
}

impl From<Reply> for Fault {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            ..Self::default()
        }
    }
}

impl From<Delivery> for Fault {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivery,
            ..Self::default()
        }
    }
}

impl Fault {
    /// A late answer.
    pub fn latency_ms(latency_ms: u64) -> Self {
        Self {
            latency_ms,
            ..Self::default()
        }
    }

    /// The same fault for the next `times` requests.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The verdict on the request.
    #[default]
    Genuine,
    /// 400 `Throttling`, whatever the request.
    Throttling,
    /// 500 `InternalFailure`.
    InternalFailure,
    /// 503 `ServiceUnavailable`.
    ServiceUnavailable,
    /// A redirect.
    Redirect {
        /// The status, such as 302.
        status: u16,
        /// The address in `Location`.
        location: String,
    },
    /// A fixed answer.
    Canned(CannedAnswer),
}

/// A fixed answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CannedAnswer {
    /// The status.
    pub status: u16,
    /// The media type; without it there is no `Content-Type` header.
    pub content_type: Option<String>,
    /// More headers. A `Content-Length` or `Transfer-Encoding` here replaces the right framing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Default for CannedAnswer {
    fn default() -> Self {
        Self {
            status: 200,
            content_type: Some("application/json".to_owned()),
            headers: Vec::new(),
            body: String::new(),
        }
    }
}

impl CannedAnswer {
    /// A flawless JSON answer that names this caller, whoever asked.
    pub fn identity(arn: &str, user_id: &str, account: &str) -> Self {
        Self {
            body: identity_json(arn, user_id, account),
            ..Self::default()
        }
    }

    pub(crate) fn response(&self) -> Response {
        let content_type = self
            .content_type
            .iter()
            .map(|media_type| ("Content-Type".to_owned(), media_type.clone()));
        Response {
            status: self.status,
            headers: content_type.chain(self.headers.iter().cloned()).collect(),
            body: self.body.clone().into_bytes(),
        }
    }
}

/// How an answer is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// At once and whole; the connection stays open.
    #[default]
    Whole,
    /// Not at all: the connection is closed in an orderly way.
    Close,
    /// Not at all: the connection is reset.
    Reset,
    /// At once and whole; then the connection is closed without notice in the headers.
    ThenClose,
    /// Not at all: the emulator's half of the connection is closed, and the client's is still read.
    HalfClose,
    /// At once and whole; then only the emulator's half of the connection is closed.
    ThenHalfClose,
    /// Not at all: nothing is sent until the client goes away.
    Silence,
    /// One byte per interval.
    Drip {
        /// The interval in milliseconds.
        interval_ms: u64,
    },
    /// At once and whole, followed by a second answer that nobody asked for.
    Surplus {
        /// The second answer.
        answer: CannedAnswer,
        /// Send it in a TLS record of its own instead of in the record of the first.
        #[serde(default)]
        separate_record: bool,
    },
}

/// Faults for the next requests, and one for all others.
#[derive(Debug, Clone, Default)]
pub struct FaultScript {
    next: VecDeque<Fault>,
    standing: Option<Fault>,
}

impl FaultScript {
    /// Adds a fault for the next requests, after those already queued.
    pub fn push(&mut self, fault: Fault) {
        if fault.times > 0 {
            self.next.push_back(fault);
        }
    }

    /// Sets or ends the fault that applies while the queue is empty.
    pub fn set_standing(&mut self, fault: Option<Fault>) {
        self.standing = fault;
    }

    /// The fault for the request that arrives now.
    pub(crate) fn take(&mut self) -> Fault {
        let Some(front) = self.next.front_mut() else {
            return self.standing.clone().unwrap_or_default();
        };
        let fault = front.clone();
        front.times = front.times.saturating_sub(1);
        if front.times == 0 {
            self.next.pop_front();
        }
        fault
    }

    /// Applies the JSON form of a change: `{"next": [FAULT, ...], "standing": FAULT or null}`. `next` is
    /// added to the queue; without `standing` the standing fault stays as it is.
    pub(crate) fn apply_json(&mut self, json: &[u8]) -> Result<(), serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Change {
            #[serde(default)]
            next: Vec<Fault>,
            #[serde(default, deserialize_with = "present")]
            standing: Option<Option<Fault>>,
        }
        let change: Change = serde_json::from_slice(json)?;
        for fault in change.next {
            self.push(fault);
        }
        if let Some(standing) = change.standing {
            self.set_standing(standing);
        }
        Ok(())
    }
}

/// Tells a member that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Fault>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_first_and_the_standing_one_fills_the_rest() {
        let mut script = FaultScript::default();
        script.set_standing(Some(Reply::ServiceUnavailable.into()));
        script.push(Fault::from(Reply::Throttling).times(2));
        script.push(Fault::default());
        let replies: Vec<Reply> = (0..5).map(|_| script.take().reply).collect();
        assert_eq!(
            replies,
            [
                Reply::Throttling,
                Reply::Throttling,
                Reply::Genuine,
                Reply::ServiceUnavailable,
                Reply::ServiceUnavailable,
            ]
        );
    }

    #[test]
    fn every_fault_can_be_written_in_json() {
        let mut script = FaultScript::default();
        let json = br#"{"next": [
            {"latency_ms": 5, "force_xml": true, "times": 1},
            {"reply": "throttling"}, {"reply": "internal_failure"}, {"reply": "service_unavailable"},
            {"reply": {"redirect": {"status": 302, "location": "https://localhost/"}}},
            {"reply": {"canned": {"status": 418, "content_type": "text/html", "headers": [["A", "b"]], "body": "x"}}},
            {"delivery": "close"}, {"delivery": "reset"}, {"delivery": "then_close"}, {"delivery": "silence"},
            {"delivery": "half_close"}, {"delivery": "then_half_close"},
            {"delivery": {"drip": {"interval_ms": 3}}},
            {"delivery": {"surplus": {"answer": {"body": "{}"}}}}
        ]}"#;
        script.apply_json(json).unwrap();
        assert_eq!(script.next.len(), 14);
        assert_eq!(script.take().latency_ms, 5);
    }

    #[test]
    fn the_standing_fault_stays_until_it_is_set_to_null() {
        let mut script = FaultScript::default();
        script
            .apply_json(br#"{"standing": {"delivery": "silence"}}"#)
            .unwrap();
        script.apply_json(b"{}").unwrap();
        assert_eq!(script.take().delivery, Delivery::Silence);
        script.apply_json(br#"{"standing": null}"#).unwrap();
        assert_eq!(script.take(), Fault::default());
    }

    #[test]
    fn a_misspelt_fault_changes_nothing() {
        let mut script = FaultScript::default();
        assert!(
            script
                .apply_json(br#"{"next": [{"reply": "throttling"}, {"latency": 5}]}"#)
                .is_err()
        );
        assert_eq!(script.take(), Fault::default());
    }
}
