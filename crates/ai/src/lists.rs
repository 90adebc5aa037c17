//! The lists of models that are kept.

use std::sync::Arc;

use ai_models::{MemoryModels, ModelStore, Models, Source, SyncOptions, SyncReport};
use laravel_ai_core::Result;

use crate::{Ai, Route};

impl Ai {
    /// The lists of models that [`sync_models`](Self::sync_models) kept: in the database that was opened by
    /// [`start`](crate::AiBuilder::start), or else in memory.
    ///
    /// # Errors
    /// In no released version: what is read is the price list that was built in, whose prices are written down beside the models.
    pub fn kept_models(&self) -> Result<&Models> {
        if let Some(models) = self.0.lists.get() {
            return Ok(models);
        }
        let clock = Arc::clone(&self.0.resources.clock);
        let models = Models::new(self.model_store()?, clock).with_events(self.0.events.clone());
        Ok(self.0.lists.get_or_init(|| models))
    }

    /// Asks every connection of the configuration for its models and keeps the lists: a report for each, in the order of the configuration. A list that is
    /// younger than twelve hours is not asked for again. A connection that fails is a report like the others, and keeps the list
    /// that it had. Never a paid call.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> ai::Result<()> {
    /// # let ai = ai::Ai::builder().default_model("mock/mock").build()?;
    /// use ai::models::SyncOptions;
    ///
    /// for report in ai.sync_models(&SyncOptions::default()).await? {
    ///     println!("{}: {} models, new are {:?}", report.connection, report.models, report.added);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`kept_models`](Self::kept_models); what goes wrong with a connection is in its report.
    pub async fn sync_models(&self, options: &SyncOptions) -> Result<Vec<SyncReport>> {
        let names = self.config().connection_names();
        let sources: Vec<_> = names.map(|name| self.source(name)).collect();
        Ok(self.kept_models()?.sync(sources, options).await)
    }

    fn source(&self, connection: &str) -> Source {
        let driver = self.config().connection(connection).map(|found| found.driver().to_owned());
        Source::new(connection, driver.unwrap_or_default(), self.provider(connection).catalog())
    }

    fn model_store(&self) -> Result<Arc<dyn ModelStore>> {
        #[cfg(feature = "database")]
        if let Some(database) = &self.0.database {
            let store = ai_persistence::SqlModels::new(database.clone());
            return Ok(Arc::new(store.with_prices_of(ai_costs::Catalogue::embedded()?)));
        }
        Ok(Arc::new(MemoryModels::new()))
    }
}

impl Route {
    /// The same for the connection of this route alone.
    ///
    /// # Errors
    /// As [`connection_name`](Self::connection_name).
    pub async fn sync_models(&self, options: &SyncOptions) -> Result<SyncReport> {
        let source = self.ai().source(&self.connection_name()?);
        Ok(self.ai().kept_models()?.sync_one(source, options).await)
    }
}
