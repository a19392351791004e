//! A driver's connection pool to one server, as the drivers' CMAP specification has it: it opens a few
//! connections at a time, and one that fails to authenticate clears it, what it had included.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The least time before a driver looks at a server again that it took for unknown.
pub const PAUSE_AFTER_CLEAR: Duration = Duration::from_millis(500);

/// One client's pool.
#[derive(Debug)]
pub struct Pool {
    pub server: usize,
    pub account: u64,
    wanted: usize,
    most_connecting: usize,
    /// Connections that have authenticated.
    pub up: usize,
    connecting: usize,
    /// Counts clearings; a connection of an older generation is nobody's.
    pub generation: Rc<Cell<u32>>,
}

impl Pool {
    pub fn new(server: usize, account: u64, wanted: usize, most_connecting: usize) -> Pool {
        Pool {
            server,
            account,
            wanted,
            most_connecting,
            up: 0,
            connecting: 0,
            generation: Rc::default(),
        }
    }

    /// True: one more connection is to be opened now; it counts as being opened.
    pub fn connect(&mut self) -> bool {
        let more =
            self.connecting < self.most_connecting && self.up + self.connecting < self.wanted;
        self.connecting += usize::from(more);
        more
    }

    /// A connection of this generation has authenticated.
    pub fn authenticated(&mut self) {
        self.connecting -= 1;
        self.up += 1;
    }

    /// A connection of this generation was refused. How many that were up are lost by it.
    pub fn refused(&mut self) -> usize {
        self.connecting = 0;
        self.generation.set(self.generation.get() + 1);
        std::mem::take(&mut self.up)
    }

    pub fn is_up(&self) -> bool {
        self.up == self.wanted
    }
}
