//! Describes a conversation for the host.

use std::time::Duration;

use super::memory::text;
use crate::abi::maws_code::*;
use crate::abi::maws_principal_kind::{self, *};
use crate::abi::{maws_info, maws_status};
use crate::aws::Kind;
use crate::conversation::Conversation;

/// All that is known by now; the texts live as long as the conversation.
pub fn describe(conversation: &Conversation) -> maws_info {
    let mut info = maws_info {
        struct_size: 0,
        status: conversation.code() as maws_status,
        reason: 0,
        kind: MAWS_PRINCIPAL_NONE as i32,
        principal: text(""),
        raw_arn: text(""),
        account: text(""),
        user_id: text(""),
        session_name: text(""),
        access_key_id: text(conversation.access_key_id()),
        sts_host: text(conversation.sts_host()),
        sts_request_id: text(""),
        sts_error_code: text(""),
        detail: text(""),
        queue_us: 0,
        connect_us: 0,
        sts_us: 0,
        total_us: 0,
    };
    let Some(outcome) = conversation.outcome() else {
        return info;
    };
    // It may have come since.
    info.status = outcome.code as maws_status;
    if outcome.code != MAWS_DONE {
        info.reason = outcome.reason.number();
    }
    info.principal = text(outcome.principal.as_deref().unwrap_or_default());
    if let Some(caller) = &outcome.caller {
        let (kind, session_name) = kind(&caller.arn.kind);
        info.kind = kind as i32;
        info.session_name = text(session_name);
        info.raw_arn = text(&caller.arn.text);
        info.account = text(&caller.arn.account);
        info.user_id = text(&caller.user_id);
    }
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    info.sts_request_id = text(&outcome.sts_request_id);
    info.sts_error_code = text(&outcome.sts_error_code);
    info.detail = text(&outcome.detail);
    info.queue_us = micros(outcome.times.queue);
    info.connect_us = micros(outcome.times.connect);
    info.sts_us = micros(outcome.times.sts);
    info.total_us = micros(outcome.total);
    info
}

/// The kind of identity, and the name of a role's session.
fn kind(kind: &Kind) -> (maws_principal_kind, &str) {
    match kind {
        Kind::User => (MAWS_PRINCIPAL_USER, ""),
        Kind::Role { session, .. } => (MAWS_PRINCIPAL_ROLE, session),
        Kind::Instance => (MAWS_PRINCIPAL_INSTANCE, ""),
        Kind::Federated => (MAWS_PRINCIPAL_FEDERATED, ""),
        Kind::Root => (MAWS_PRINCIPAL_ROOT, ""),
    }
}
