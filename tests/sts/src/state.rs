//! What all connections of one emulator share, and how a request becomes an answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::answers::{Format, StsError, respond};
use crate::delivery::Outgoing;
use crate::faults::{Delivery, Fault, FaultScript, Reply};
use crate::http::{Request, Response};
use crate::identities::{Caller, Keys};
use crate::journal::Journal;
use crate::progress::{InFlight, Progress};
use crate::quota::Quota;
use crate::verification::verify;

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct State {
    pub(crate) keys: Keys,
    pub(crate) region: Option<String>,
    pub(crate) clock: Clock,
    pub(crate) latency: Duration,
    pub(crate) force_xml: bool,
    pub(crate) quota: Option<Quota>,
    pub(crate) faults: Mutex<FaultScript>,
    pub(crate) journal: Journal,
    pub(crate) progress: Progress,
}

impl State {
    pub(crate) fn faults(&self) -> MutexGuard<'_, FaultScript> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts anew: no faults, nothing held, nothing counted, no requests remembered.
    pub(crate) fn reset(&self) {
        *self.faults() = FaultScript::default();
        self.journal.clear();
        self.progress.reset();
    }

    /// Judges a request and waits as hold and latency demand; tells what to answer, and how.
    pub(crate) fn answer(&self, connection: u64, request: &Request) -> (Outgoing<'_>, Delivery) {
        let fault = self.faults().take();
        let verdict = self.judge(request);
        self.journal.record(connection, request);
        let in_flight = self.progress.begin_request();
        self.progress.gate();
        self.progress
            .pause(self.latency + Duration::from_millis(fault.latency_ms));
        let outgoing = self.compose(&fault, verdict, request, in_flight);
        (outgoing, fault.delivery)
    }

    fn judge(&self, request: &Request) -> Result<Caller, StsError> {
        let now = (self.clock)();
        let caller = verify(request, &self.keys, self.region.as_deref(), now)?;
        match &self.quota {
            Some(quota) if !quota.take(&caller.account, now) => Err(StsError::throttling()),
            _ => Ok(caller),
        }
    }

    fn compose<'a>(
        &self,
        fault: &Fault,
        genuine: Result<Caller, StsError>,
        request: &Request,
        in_flight: InFlight<'a>,
    ) -> Outgoing<'a> {
        let verdict = match &fault.reply {
            Reply::Genuine => genuine,
            Reply::Throttling => Err(StsError::throttling()),
            Reply::InternalFailure => Err(StsError::internal_failure()),
            Reply::ServiceUnavailable => Err(StsError::service_unavailable()),
            Reply::Redirect { status, location } => {
                let response =
                    Response::new(*status, "text/html", "").with("Location", location.clone());
                return fixed(response, in_flight);
            }
            Reply::Canned(answer) => return fixed(answer.response(), in_flight),
        };
        let format = if fault.force_xml || self.force_xml {
            Format::Xml
        } else {
            Format::asked_for(request)
        };
        Outgoing {
            response: respond(&verdict, format, (self.clock)()),
            error_code: verdict.err().map(|error| error.code),
            in_flight,
        }
    }
}

fn fixed(response: Response, in_flight: InFlight<'_>) -> Outgoing<'_> {
    Outgoing {
        response,
        error_code: None,
        in_flight,
    }
}
