//! Answers in the memory of the process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use laravel_ai_core::Result;
use moka::Expiry;
use moka::sync::Cache;

use super::{CacheKey, CacheStore, Cached};

/// Keeps answers in memory, the most useful ones where there is not room for all (TinyLFU). Clones share what they keep.
///
/// ```
/// use std::sync::Arc;
///
/// use ai_layers::{Cache, MemoryCache};
/// # use provider_mock::TestClock;
///
/// let store = MemoryCache::new(16 << 20); // 16 MiB
/// let layer = Cache::new(Arc::new(TestClock::new()), Arc::new(store));
/// ```
#[derive(Clone, Debug)]
pub struct MemoryCache(Cache<CacheKey, (Arc<Cached>, Duration)>);

impl MemoryCache {
    /// Room for answers of about so many bytes together.
    pub fn new(bytes: u64) -> Self {
        let weigh = |_: &CacheKey, (entry, _): &(Arc<Cached>, Duration)| {
            u32::try_from(entry.size()).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .max_capacity(bytes)
                .weigher(weigh)
                .expire_after(OwnTime)
                .support_invalidation_closures()
                .build(),
        )
    }
}

/// 64 MiB.
impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

struct OwnTime;

impl Expiry<CacheKey, (Arc<Cached>, Duration)> for OwnTime {
    fn expire_after_create(
        &self,
        _: &CacheKey,
        (_, length): &(Arc<Cached>, Duration),
        _: Instant,
    ) -> Option<Duration> {
        Some(*length)
    }

    fn expire_after_update(
        &self,
        _: &CacheKey,
        (_, length): &(Arc<Cached>, Duration),
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(*length)
    }
}

#[async_trait]
impl CacheStore for MemoryCache {
    async fn find(&self, key: &CacheKey) -> Result<Option<Arc<Cached>>> {
        Ok(self.0.get(key).map(|(entry, _)| entry))
    }

    async fn keep(&self, key: CacheKey, entry: Arc<Cached>, length: Duration) -> Result<()> {
        self.0.insert(key, (entry, length));
        Ok(())
    }

    async fn forget(&self, partition: &str) -> Result<()> {
        let partition = partition.to_owned();
        let ours = move |key: &CacheKey, _: &_| key.partition() == partition;
        // It fails only for a cache without support for it.
        self.0.invalidate_entries_if(ours).map(drop).map_err(|error| {
            laravel_ai_core::Error::new(laravel_ai_core::ErrorKind::Storage, error.to_string())
        })
    }
}
