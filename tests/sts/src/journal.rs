//! The last requests as they were received.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::http::Request;

const CAPACITY: usize = 1024;

/// Headers whose values are secrets and are shown only when asked for.
const SECRET: [&str; 3] = [
    "authorization",
    "x-amz-security-token",
    "x-aws-ec2-metadata-token",
];

/// A request and the connection on which it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The number of the connection: 1 for the first that was accepted.
    pub connection: u64,
    /// The request.
    pub request: Request,
}

impl RecordedRequest {
    /// The JSON form; values of secret headers only with `values`.
    pub(crate) fn to_json(&self, values: bool) -> Value {
        let headers: Vec<Value> = self
            .request
            .headers
            .iter()
            .map(|(name, value)| {
                let hidden = !values && SECRET.iter().any(|s| name.eq_ignore_ascii_case(s));
                json!([name, (!hidden).then_some(value)])
            })
            .collect();
        json!({
            "connection": self.connection,
            "request_line": format!("{} {} HTTP/1.1", self.request.method, self.request.target),
            "headers": headers,
            "body": String::from_utf8_lossy(&self.request.body),
        })
    }
}

#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<VecDeque<RecordedRequest>>);

impl Journal {
    pub(crate) fn record(&self, connection: u64, request: &Request) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(RecordedRequest {
            connection,
            request: request.clone(),
        });
    }

    pub(crate) fn entries(&self) -> Vec<RecordedRequest> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_values_are_shown_only_when_asked_for() {
        let recorded = RecordedRequest {
            connection: 1,
            request: Request {
                method: "POST".into(),
                target: "/".into(),
                headers: vec![
                    ("Host".into(), "localhost".into()),
                    ("Authorization".into(), "canary".into()),
                    ("X-Amz-Security-Token".into(), "canary".into()),
                ],
                body: Vec::new(),
            },
        };
        let names_only = recorded.to_json(false);
        assert!(!names_only.to_string().contains("canary"));
        assert!(names_only.to_string().contains("Authorization"));
        assert!(recorded.to_json(true).to_string().contains("canary"));
    }
}
