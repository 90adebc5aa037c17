//! State that outlives the handles which use it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How many entries there are before the first look for some that nobody needs.
const FEW: usize = 1_024;

/// State by key, shared by all who ask for the same key. Entries that nobody holds and that are as good as new are let go
/// when they become many, so a program that is given names by its users does not grow without end.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Mutex<Entries<K, V>>);

#[derive(Debug)]
struct Entries<K, V> {
    map: HashMap<K, Arc<V>>,
    look_at: usize,
}

/// Whether state says no more than state that was just made.
pub(crate) trait AsNew {
    fn is_as_new(&self) -> bool;
}

impl<K: Eq + Hash, V: AsNew> Kept<K, V> {
    /// The state of `key`, made when there is none.
    pub(crate) fn of(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = entries.map.get(&key) {
            return Arc::clone(value);
        }
        if entries.map.len() >= entries.look_at {
            entries.map.retain(|_, value| Arc::strong_count(value) > 1 || !value.is_as_new());
            entries.look_at = (entries.map.len() * 2).max(FEW);
        }
        let value = Arc::new(make());
        entries.map.insert(key, Arc::clone(&value));
        value
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map.len()
    }
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Entries { map: HashMap::new(), look_at: FEW }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[derive(Debug)]
    struct Used(AtomicBool);

    impl AsNew for Used {
        fn is_as_new(&self) -> bool {
            !self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn what_says_nothing_is_let_go_and_what_is_held_or_used_stays() {
        let kept = Kept::default();
        let make = || Used(AtomicBool::new(false));
        let held = kept.of(0, make);
        kept.of(1, make).0.store(true, Ordering::Relaxed);
        for key in 2..10_000 {
            kept.of(key, make);
        }
        assert!(kept.len() <= FEW + 1, "{}", kept.len());
        assert!(Arc::ptr_eq(&held, &kept.of(0, make)));
        assert!(kept.of(1, make).0.load(Ordering::Relaxed));
    }
}
