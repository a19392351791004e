//! What all connections of one emulator share, and how a request becomes an answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use crate::actions::{Answer, Known, perform};
use crate::answers::{Format, StsError, respond};
use crate::delivery::Outgoing;
use crate::faults::{Delivery, Fault, FaultScript, Reply};
use crate::http::{Request, Response};
use crate::identities::Keys;
use crate::journal::Journal;
use crate::metadata::Metadata;
use crate::progress::{InFlight, Progress};
use crate::quota::Quota;
use crate::roles::{IssuedSession, Role};

/// Tells the time.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct State {
    /// Grows with each session that is issued.
    pub(crate) keys: RwLock<Keys>,
    pub(crate) roles: Vec<Role>,
    pub(crate) metadata: Metadata,
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
        self.metadata.journal.clear();
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

    fn judge(&self, request: &Request) -> Result<Answer, StsError> {
        let now = (self.clock)();
        let answer = perform(
            request,
            Known {
                keys: &self.keys.read().unwrap_or_else(PoisonError::into_inner),
                roles: &self.roles,
                region: self.region.as_deref(),
                now,
            },
        )?;
        match &self.quota {
            Some(quota) if !quota.take(answer.account(), now) => Err(StsError::throttling()),
            _ => {
                if let Answer::Session { session, .. } = &answer {
                    self.remember(session);
                }
                Ok(answer)
            }
        }
    }

    /// A new session of a role, under the name that the role has for it.
    pub(crate) fn issue(&self, role: &Role, duration: Duration) -> IssuedSession {
        let session = role.session(&role.session_name, (self.clock)() + duration);
        self.remember(&session);
        session
    }

    /// The EC2 instance gets another role, or none. `Err` names a role that is not known.
    pub(crate) fn set_instance_role(&self, arn: Option<String>) -> Result<(), String> {
        if let Some(arn) = arn.as_deref()
            && !self.roles.iter().any(|role| role.arn == arn)
        {
            return Err(format!("no such role: {arn}"));
        }
        self.metadata.set_instance_role(arn);
        Ok(())
    }

    fn remember(&self, session: &IssuedSession) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(session.access_key_id.clone(), session.key());
    }

    fn compose<'a>(
        &self,
        fault: &Fault,
        genuine: Result<Answer, StsError>,
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
