//! The control interface: plain HTTP and JSON on a second port, for scripts and other languages.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{ReadError, Request, RequestReader, Response};
use crate::journal::Journal;
use crate::progress::Minimum;
use crate::state::State;

const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// Serves one connection of the control port to its end.
pub(crate) fn serve_control(mut socket: &TcpStream, state: &State) {
    let mut reader = RequestReader::default();
    loop {
        let (response, last) = match reader.next(&mut socket) {
            Ok(Some(request)) => (respond(&request, state), request.wants_close()),
            Ok(None) | Err(ReadError::Io(_)) => return,
            Err(ReadError::Malformed(why)) => (refusal(400, why), true),
        };
        if socket.write_all(&response.to_bytes()).is_err() || last {
            return;
        }
    }
}

fn respond(request: &Request, state: &State) -> Response {
    match (request.method.as_str(), request.path()) {
        ("GET", "/counters") => answer(&json!(state.progress.counters())),
        ("GET", "/requests") => requests(request, &state.journal),
        ("GET", "/metadata/requests") => requests(request, &state.metadata.journal),
        ("GET", "/wait") => wait(request, state),
        ("POST", "/reset") => {
            state.reset();
            done()
        }
        ("POST", "/faults") => match state.faults().apply_json(&request.body) {
            Ok(()) => done(),
            Err(error) => refusal(400, &error.to_string()),
        },
        ("POST", "/metadata") => set_metadata(request, state),
        ("POST", "/hold") => hold(request, state),
        ("POST", "/release") => {
            state.progress.release();
            done()
        }
        _ => refusal(
            404,
            "known: GET /counters /requests /wait /metadata/requests, \
             POST /reset /faults /hold /release /metadata",
        ),
    }
}

fn requests(request: &Request, journal: &Journal) -> Response {
    let values = request.query("values") == Some("1");
    let entries = journal.entries();
    let last = match number(request, "last") {
        Ok(last) => last.and_then(|last| usize::try_from(last).ok()),
        Err(why) => return refusal(400, &why),
    };
    let skipped = entries.len().saturating_sub(last.unwrap_or(usize::MAX));
    let shown: Vec<Value> = entries
        .iter()
        .skip(skipped)
        .map(|entry| entry.to_json(values))
        .collect();
    answer(&json!(shown))
}

fn wait(request: &Request, state: &State) -> Response {
    let figures = || -> Result<(Minimum, u64), String> {
        let at_least = |name| Ok::<_, String>(number(request, name)?.unwrap_or(0));
        let minimum = Minimum {
            in_flight: at_least("in_flight")?,
            requests: at_least("requests")?,
            connections: at_least("connections")?,
            connections_closed: at_least("connections_closed")?,
            handshakes: at_least("handshakes")?,
        };
        let timeout = number(request, "timeout_ms")?.unwrap_or(DEFAULT_TIMEOUT_MS);
        Ok((minimum, timeout))
    };
    let (minimum, timeout) = match figures() {
        Ok(figures) => figures,
        Err(why) => return refusal(400, &why),
    };
    let reached = state.progress.wait(minimum, Duration::from_millis(timeout));
    let counters = json!(state.progress.counters()).to_string();
    Response::new(
        if reached { 200 } else { 408 },
        "application/json",
        counters,
    )
}

fn hold(request: &Request, state: &State) -> Response {
    #[derive(Default, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Hold {
        count: Option<u64>,
    }
    let hold: Hold = if request.body.is_empty() {
        Hold::default()
    } else {
        match serde_json::from_slice(&request.body) {
            Ok(hold) => hold,
            Err(error) => return refusal(400, &error.to_string()),
        }
    };
    state.progress.hold(hold.count);
    done()
}

fn set_metadata(request: &Request, state: &State) -> Response {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        instance_role: Option<String>,
    }
    match serde_json::from_slice::<Settings>(&request.body) {
        Ok(settings) => match state.set_instance_role(settings.instance_role) {
            Ok(()) => done(),
            Err(why) => refusal(400, &why),
        },
        Err(error) => refusal(400, &error.to_string()),
    }
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, String> {
    request
        .query(name)
        .map(|text| {
            text.parse()
                .map_err(|_| format!("{name} is not a number: {text}"))
        })
        .transpose()
}

fn answer(value: &Value) -> Response {
    Response::new(200, "application/json", value.to_string())
}

fn done() -> Response {
    answer(&json!({}))
}

fn refusal(status: u16, why: &str) -> Response {
    Response::new(
        status,
        "application/json",
        json!({ "error": why }).to_string(),
    )
}
