//! Handles: numbers that name objects, and never name another one later.

use crate::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Objects by handle. A handle is a slot's number, counted from 1, and above it the slot's generation,
/// mixed with what is this copy of the library's own: a second copy in the process refuses it.
pub struct Table<T>(Mutex<HandleSlots<T>>);

struct HandleSlots<T> {
    slots: Vec<HandleSlot<T>>,
    free: Vec<u32>,
}

struct HandleSlot<T> {
    generation: u32,
    object: Option<Arc<T>>,
}

impl<T> Table<T> {
    /// An empty table.
    pub const fn new() -> Table<T> {
        Table(Mutex::new(HandleSlots {
            slots: Vec::new(),
            free: Vec::new(),
        }))
    }

    /// Names an object. None if there are no more numbers.
    pub fn insert(&self, object: Arc<T>) -> Option<u64> {
        let mut table = self.lock();
        let index = match table.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(table.slots.len()).ok()?;
                index.checked_add(1)?;
                table.slots.push(HandleSlot {
                    generation: 0,
                    object: None,
                });
                index
            }
        };
        let slot = table.slots.get_mut(index as usize)?;
        slot.generation += 1;
        slot.object = Some(object);
        Some(handle_of(index, slot.generation))
    }

    /// The object of a handle, if it is one.
    pub fn get(&self, handle: u64) -> Option<Arc<T>> {
        self.lock().slot(handle)?.object.clone()
    }

    /// Every object that has a handle.
    pub fn all(&self) -> Vec<Arc<T>> {
        let table = self.lock();
        let objects = table.slots.iter();
        objects.filter_map(|slot| slot.object.clone()).collect()
    }

    /// Makes the handle stale.
    pub fn remove(&self, handle: u64) -> Option<Arc<T>> {
        let mut table = self.lock();
        let index = index_of(handle)?;
        let slot = table.slot(handle)?;
        let object = slot.object.take();
        // A slot whose generations are used up is never used again.
        if slot.generation < u32::MAX {
            table.free.push(index);
        }
        object
    }

    fn lock(&self) -> MutexGuard<'_, HandleSlots<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> HandleSlots<T> {
    fn slot(&mut self, handle: u64) -> Option<&mut HandleSlot<T>> {
        let index = index_of(handle)?;
        let slot = self.slots.get_mut(index as usize)?;
        let current = slot.object.is_some() && handle_of(index, slot.generation) == handle;
        current.then_some(slot)
    }
}

/// Never 0, which is no handle.
fn handle_of(index: u32, generation: u32) -> u64 {
    u64::from(generation ^ copy_of_the_library()) << 32 | (u64::from(index) + 1)
}

fn index_of(handle: u64) -> Option<u32> {
    (handle as u32).checked_sub(1)
}

/// Differs between the copies of this library in a process: they cannot have a static at the same
/// address.
fn copy_of_the_library() -> u32 {
    static OF_THIS_COPY: u8 = 0;
    let address = (&raw const OF_THIS_COPY).addr() as u64;
    // Fibonacci hashing: near addresses give far numbers, so that generations of one copy do not
    // meet those of the other.
    (address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_object_until_it_is_removed_and_nothing_after() {
        let table = Table::new();
        let first = table.insert(Arc::new("first")).unwrap();
        assert_eq!(table.get(first).as_deref(), Some(&"first"));
        assert_eq!(table.remove(first).as_deref(), Some(&"first"));
        let second = table.insert(Arc::new("second")).unwrap();
        assert_ne!(first, second);
        assert_eq!(table.get(first), None);
        assert_eq!(table.remove(first), None);
        assert_eq!(table.get(second).as_deref(), Some(&"second"));
    }

    #[test]
    fn no_handle_is_0() {
        let copy = copy_of_the_library();
        assert_ne!(handle_of(0, copy), 0);
    }

    #[test]
    fn invented_handles_name_nothing() {
        let table = Table::new();
        let real = table.insert(Arc::new(())).unwrap();
        for forged in [
            0,
            1,
            u64::MAX,
            real ^ 1,
            real + (1 << 32),
            real & 0xFFFF_FFFF,
        ] {
            assert_eq!(table.get(forged), None, "{forged:#x}");
        }
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_is_left_alone() {
        let table = Table::new();
        let handle = table.insert(Arc::new(1)).unwrap();
        let index = index_of(handle).unwrap();
        table.lock().slots[index as usize].generation = u32::MAX;
        let last = handle_of(index, u32::MAX);
        assert!(table.remove(last).is_some());
        assert_ne!(table.insert(Arc::new(2)).unwrap() as u32, last as u32);
    }
}
