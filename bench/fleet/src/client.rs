//! A driver's connection pool to one server, by the drivers' CMAP specification: it opens a few
//! connections at a time, and closes all of them, established ones included, when one fails to authenticate.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The least time until a driver checks a server again after it has cleared its pool.
pub const PAUSE_AFTER_CLEAR: Duration = Duration::from_millis(500);

/// One client's pool.
#[derive(Debug)]
pub struct Pool {
    pub server: usize,
    pub account: u64,
    wanted: usize,
    most_connecting: usize,
    /// Authenticated connections.
    pub up: usize,
    /// Logins of the connections that are being opened.
    connecting: Vec<u64>,
    /// Counts how often the pool was cleared: a login of an older generation is cancelled.
    pub generation: Rc<Cell<u32>>,
}

/// What a cleared pool loses.
#[derive(Debug)]
pub struct Cleared {
    /// Connections that were up.
    pub lost: usize,
    /// Logins that are cancelled.
    pub cancelled: Vec<u64>,
}

impl Pool {
    pub fn new(server: usize, account: u64, wanted: usize, most_connecting: usize) -> Pool {
        Pool {
            server,
            account,
            wanted,
            most_connecting,
            up: 0,
            connecting: Vec::new(),
            generation: Rc::default(),
        }
    }

    /// One more connection is to be opened now.
    pub fn may_connect(&self) -> bool {
        let connecting = self.connecting.len();
        connecting < self.most_connecting && self.up + connecting < self.wanted
    }

    /// A connection is being opened, with this login.
    pub fn connects(&mut self, login: u64) {
        self.connecting.push(login);
    }

    /// A login of this generation was verified.
    pub fn authenticated(&mut self, login: u64) {
        self.connecting.retain(|id| *id != login);
        self.up += 1;
    }

    /// A login of this generation was refused.
    pub fn refused(&mut self) -> Cleared {
        self.generation.set(self.generation.get() + 1);
        Cleared {
            lost: std::mem::take(&mut self.up),
            cancelled: std::mem::take(&mut self.connecting),
        }
    }

    pub fn is_up(&self) -> bool {
        self.up == self.wanted
    }
}
