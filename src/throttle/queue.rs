//! A first-come queue, of an endpoint or of a throttled account.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::share::Share;

/// The end at which an entry joins.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Front,
    Back,
}

/// Ids of jobs in the order of their turns.
#[derive(Debug)]
pub struct Queue {
    by_position: BTreeMap<i64, u64>,
    by_client: HashMap<u64, usize>,
    /// Which clients may join while not all can be in time.
    pub share: Share,
}

impl Queue {
    /// An empty queue.
    pub fn new(now: Instant) -> Queue {
        Queue {
            by_position: BTreeMap::new(),
            by_client: HashMap::new(),
            share: Share::new(now),
        }
    }

    /// Adds a job; its position is what [`Queue::remove`] takes.
    pub fn push(&mut self, end: End, id: u64, client: u64) -> i64 {
        let position = match end {
            End::Front => self.by_position.first_key_value().map_or(0, |(p, _)| p - 1),
            End::Back => self.by_position.last_key_value().map_or(0, |(p, _)| p + 1),
        };
        self.by_position.insert(position, id);
        *self.by_client.entry(client).or_default() += 1;
        position
    }

    /// Takes a job out.
    pub fn remove(&mut self, position: i64, client: u64) {
        self.by_position.remove(&position);
        if let Some(count) = self.by_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.by_client.remove(&client);
            }
        }
    }

    /// The job whose turn is next.
    pub fn first(&self) -> Option<u64> {
        self.by_position.first_key_value().map(|(_, id)| *id)
    }

    /// How many jobs are queued.
    pub fn len(&self) -> usize {
        self.by_position.len()
    }

    /// Nothing is queued.
    pub fn is_empty(&self) -> bool {
        self.by_position.is_empty()
    }

    /// How many jobs of one client are queued.
    pub fn of_client(&self, client: u64) -> usize {
        self.by_client.get(&client).copied().unwrap_or_default()
    }
}
