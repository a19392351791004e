//! How many conversations there may be at once.

use crate::reason::{Failure, Reason};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Stands in the count of live conversations once the plugin is destroyed, so that no begin slips in.
const DESTROYED: usize = usize::MAX;

/// Counts conversations against awsMaxConversations.
#[derive(Debug, Default)]
pub struct Slots {
    live: AtomicUsize,
    /// Of these, those whose client was silent for too long: another one may take their place.
    vacated: AtomicUsize,
    quiesced: AtomicBool,
}

/// The slot of one conversation.
#[derive(Debug)]
pub struct Slot {
    slots: Arc<Slots>,
    vacated: AtomicBool,
}

impl Slots {
    /// A slot for one more, unless there are this many.
    pub fn take(self: &Arc<Self>, most: usize) -> Result<Slot, Failure> {
        if self.quiesced.load(Ordering::Acquire) {
            return Err(Reason::ShuttingDown.into());
        }
        let add = |live: usize| match live {
            DESTROYED => None,
            live => self.has_room(live, most).then(|| live + 1),
        };
        let added = self
            .live
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, add);
        match added {
            Ok(_) => Ok(Slot {
                slots: Arc::clone(self),
                vacated: AtomicBool::new(false),
            }),
            Err(DESTROYED) => Err(Reason::ShuttingDown.into()),
            Err(_) => Err(Failure::new(
                Reason::ConversationsTooMany,
                format!("limit {most}"),
            )),
        }
    }

    /// There is no room for one more.
    pub fn are_taken(&self, most: usize) -> bool {
        match self.live.load(Ordering::Acquire) {
            DESTROYED => false,
            live => !self.has_room(live, most),
        }
    }

    /// Conversations that live.
    pub fn live(&self) -> usize {
        match self.live.load(Ordering::Relaxed) {
            DESTROYED => 0,
            live => live,
        }
    }

    /// Gives no slot any more, for good.
    pub fn quiesce(&self) {
        self.quiesced.store(true, Ordering::Release);
    }

    /// Gives no slot any more. False: conversations live, and nothing changed.
    pub fn close(&self) -> bool {
        let empty = self
            .live
            .compare_exchange(0, DESTROYED, Ordering::AcqRel, Ordering::Relaxed);
        empty.is_ok()
    }

    fn has_room(&self, live: usize, most: usize) -> bool {
        live.saturating_sub(self.vacated.load(Ordering::Acquire)) < most
    }
}

impl Slot {
    /// Another conversation may take its place, though this one has its handle still.
    pub fn vacate(&self) {
        if !self.vacated.swap(true, Ordering::AcqRel) {
            self.slots.vacated.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// The conversation's handle is gone. Called once.
    pub fn give_back(&self) {
        if self.vacated.load(Ordering::Acquire) {
            self.slots.vacated.fetch_sub(1, Ordering::AcqRel);
        }
        self.slots.live.fetch_sub(1, Ordering::AcqRel);
    }
}
