//! Answers that are given again.

use std::sync::Arc;
use std::time::Duration;

use ai_config::CacheSettings;
use ai_layers::{Cache, CacheUse, MemoryCache};
use laravel_ai_core::{Context, Result};

use crate::{Ai, AiBuilder, Route};

impl AiBuilder {
    /// With this cache, in place of what `[cache]` says: with another store, for one. [`fake`](Self::fake) has none where this was
    /// not called, so that tests see each call.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use ai::layers::{Cache, MemoryCache};
    /// use ai::{Ai, TokioClock};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// let store = Arc::new(MemoryCache::new(256 << 20));
    /// let cache = Cache::new(Arc::new(TokioClock::default()), store).answers(Duration::from_secs(600)).per_user();
    /// let vendor = Arc::new(ai::mock::Mock::new().reply("Lima"));
    /// let ai = Ai::builder().provider(vendor.clone()).default_model("mock/any").cache(cache).build()?;
    /// ai.send("Capital of Peru?").await?;
    /// ai.send("Capital of Peru?").await?;
    /// assert_eq!(vendor.recorded().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }
}

impl Route {
    /// With the cache used in this way for each call: asked afresh, or not used at all.
    ///
    /// ```
    /// use ai::layers::CacheUse;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::fake();
    /// let models = ai.route().cache(CacheUse::Refresh).models().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cache(mut self, wanted: CacheUse) -> Self {
        self.cache = Some(wanted);
        self
    }
}

impl Ai {
    /// The cache of all connections, as the configuration has it.
    pub(crate) fn cache(&self) -> Result<Option<Cache>> {
        if let Some(cache) = self.0.cache.get() {
            return Ok(cache.clone());
        }
        let made = match &self.0.stand_in {
            Some(_) => None,
            None => configured(&self.config().cache()?).map(|(store, limits)| {
                let cache = Cache::new(Arc::clone(&self.0.resources.clock), Arc::new(store));
                limits(cache.with_events(self.0.events.clone()))
            }),
        };
        Ok(self.0.cache.get_or_init(|| made).clone())
    }
}

fn configured(settings: &CacheSettings) -> Option<(MemoryCache, impl FnOnce(Cache) -> Cache)> {
    if !settings.enabled {
        return None;
    }
    let store = settings.max_bytes.map_or_else(MemoryCache::default, |bytes| MemoryCache::new(bytes.get()));
    let CacheSettings { answers, stale_if_error, models, per_user, .. } = settings.clone();
    Some((store, move |cache: Cache| {
        let cache = cache
            .answers(answers)
            .lists(models.unwrap_or(Duration::from_secs(3600)))
            .stale_if_error(stale_if_error.unwrap_or_default());
        if per_user { cache.per_user() } else { cache }
    }))
}

/// The environment of a call that uses the cache in this way.
pub(crate) fn used(ctx: Context, wanted: Option<CacheUse>) -> Context {
    match wanted {
        Some(wanted) => ctx.with_extension(wanted),
        None => ctx,
    }
}
