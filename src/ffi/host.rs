//! The host's callbacks.

use super::guard;
use super::memory::{text, with_nul};
use crate::abi::{maws_host, maws_log_event, maws_log_level};
use crate::ports::{Host, LoginIds};
use crate::reason::Reason;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The host as create was given it.
pub struct CHost {
    host: maws_host,
    gate: Mutex<Gate>,
    left: Condvar,
}

/// Callbacks run only while it is open; closing waits for those that are running.
struct Gate {
    open: bool,
    running: usize,
}

impl CHost {
    /// Takes over the host's functions.
    pub fn new(host: maws_host) -> CHost {
        CHost {
            host,
            gate: Mutex::new(Gate {
                open: true,
                running: 0,
            }),
            left: Condvar::new(),
        }
    }

    fn call(&self, body: impl FnOnce()) {
        {
            let mut gate = self.gate();
            if !gate.open {
                return;
            }
            gate.running += 1;
        }
        guard::callback(body);
        let mut gate = self.gate();
        gate.running -= 1;
        if !gate.open {
            self.left.notify_all();
        }
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for CHost {
    fn log(&self, level: maws_log_level, reason: Reason, login: LoginIds, line: &str) {
        let Some(log) = self.host.log else {
            return;
        };
        let line = with_nul(line);
        let event = maws_log_event {
            struct_size: size_of::<maws_log_event>() as u32,
            level: level as i32,
            message_id: reason.number(),
            reserved: 0,
            log_id: login.log_id,
            text: text(&line),
            conv_ctx: login.conv_ctx,
        };
        // SAFETY: the host promised a function that may be called until destroy returns; the gate
        // holds destroy back. The event lives through the call.
        self.call(|| unsafe { log(self.host.host_ctx, &event) });
    }

    fn conv_ready(&self, conv_ctx: usize) {
        if let Some(conv_ready) = self.host.conv_ready {
            // SAFETY: as for log.
            self.call(|| unsafe { conv_ready(self.host.host_ctx, conv_ctx) });
        }
    }

    fn wants_ready(&self) -> bool {
        self.host.conv_ready.is_some()
    }

    fn close(&self) {
        let mut gate = self.gate();
        gate.open = false;
        while gate.running > 0 {
            gate = self.left.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
