//! Describes a conversation for the host.

use std::ffi::{CStr, CString};
use std::time::Duration;

use super::memory::{text, with_nul};
use crate::abi::maws_code::*;
use crate::abi::maws_principal_kind::{self, *};
use crate::abi::{maws_info, maws_status};
use crate::aws::Kind;
use crate::conversation::Conversation;
use crate::outcome::Outcome;
use crate::sync::{Arc, OnceLock};

/// A conversation as its handle names it, with the texts that the host was given: they are valid until
/// the end.
pub struct Open {
    pub conversation: Arc<Conversation>,
    sts_host: OnceLock<CString>,
    access_key_id: OnceLock<CString>,
    outcome: OnceLock<Box<OutcomeTexts>>,
}

struct OutcomeTexts {
    kind: maws_principal_kind,
    principal: CString,
    raw_arn: CString,
    account: CString,
    user_id: CString,
    session_name: CString,
    sts_request_id: CString,
    sts_error_code: CString,
    detail: CString,
}

impl Open {
    /// A conversation that was begun.
    pub fn new(conversation: Arc<Conversation>) -> Open {
        Open {
            conversation,
            sts_host: OnceLock::new(),
            access_key_id: OnceLock::new(),
            outcome: OnceLock::new(),
        }
    }

    /// All that is known by now.
    pub fn describe(&self) -> maws_info {
        let conversation = &*self.conversation;
        let sts_host = self
            .sts_host
            .get_or_init(|| with_nul(conversation.sts_host()));
        let access_key_id = match conversation.access_key_id() {
            "" => c"",
            id => self.access_key_id.get_or_init(|| with_nul(id)),
        };
        let mut info = maws_info {
            struct_size: 0,
            status: conversation.code() as maws_status,
            reason: 0,
            kind: MAWS_PRINCIPAL_NONE as i32,
            principal: text(c""),
            raw_arn: text(c""),
            account: text(c""),
            user_id: text(c""),
            session_name: text(c""),
            access_key_id: text(access_key_id),
            sts_host: text(sts_host),
            sts_request_id: text(c""),
            sts_error_code: text(c""),
            detail: text(c""),
            queue_us: 0,
            connect_us: 0,
            sts_us: 0,
            total_us: 0,
        };
        if let Some(outcome) = conversation.outcome() {
            let texts = self
                .outcome
                .get_or_init(|| Box::new(OutcomeTexts::of(outcome)));
            texts.add_to(&mut info, outcome);
        }
        info
    }
}

impl OutcomeTexts {
    fn of(outcome: &Outcome) -> OutcomeTexts {
        let arn = outcome.caller.as_ref().map(|caller| &caller.arn);
        let (kind, session_name) = match arn.map(|arn| &arn.kind) {
            None => (MAWS_PRINCIPAL_NONE, ""),
            Some(Kind::User) => (MAWS_PRINCIPAL_USER, ""),
            Some(Kind::Role { session, .. }) => (MAWS_PRINCIPAL_ROLE, session.as_str()),
            Some(Kind::Instance) => (MAWS_PRINCIPAL_INSTANCE, ""),
            Some(Kind::Federated) => (MAWS_PRINCIPAL_FEDERATED, ""),
            Some(Kind::Root) => (MAWS_PRINCIPAL_ROOT, ""),
        };
        let user_id = outcome.caller.as_ref().map(|caller| &*caller.user_id);
        OutcomeTexts {
            kind,
            principal: with_nul(outcome.principal.as_deref().unwrap_or_default()),
            raw_arn: with_nul(arn.map_or("", |arn| &arn.text)),
            account: with_nul(arn.map_or("", |arn| &arn.account)),
            user_id: with_nul(user_id.unwrap_or_default()),
            session_name: with_nul(session_name),
            sts_request_id: with_nul(&outcome.sts_request_id),
            sts_error_code: with_nul(&outcome.sts_error_code),
            detail: with_nul(&outcome.detail),
        }
    }

    fn add_to(&self, info: &mut maws_info, outcome: &Outcome) {
        // It may have come since the status was read.
        info.status = outcome.code as maws_status;
        if outcome.code != MAWS_DONE {
            info.reason = outcome.reason.number();
        }
        let texts: [(&mut _, &CStr); 8] = [
            (&mut info.principal, &self.principal),
            (&mut info.raw_arn, &self.raw_arn),
            (&mut info.account, &self.account),
            (&mut info.user_id, &self.user_id),
            (&mut info.session_name, &self.session_name),
            (&mut info.sts_request_id, &self.sts_request_id),
            (&mut info.sts_error_code, &self.sts_error_code),
            (&mut info.detail, &self.detail),
        ];
        for (member, value) in texts {
            *member = text(value);
        }
        info.kind = self.kind as i32;
        info.queue_us = micros(outcome.times.queue);
        info.connect_us = micros(outcome.times.connect);
        info.sts_us = micros(outcome.times.sts);
        info.total_us = micros(outcome.total);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
