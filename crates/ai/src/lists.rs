//! The lists of models that are kept.

use ai_models::{Models, Source, SyncOptions, SyncReport};
use laravel_ai_core::Result;

use crate::{Ai, Route};

impl Ai {
    /// The lists of models that [`sync_models`](Self::sync_models) kept: in the database that was opened by
    /// [`start`](crate::AiBuilder::start), with what the release's price list says of them, or else in memory.
    pub fn kept_models(&self) -> &Models {
        &self.0.lists
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
    /// for report in ai.sync_models(&SyncOptions::default()).await {
    ///     println!("{}: {} models, new are {:?}", report.connection, report.models, report.added);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sync_models(&self, options: &SyncOptions) -> Vec<SyncReport> {
        let sources = self.config().connection_names().map(|name| self.source(name));
        self.kept_models().sync(sources, options).await
    }

    fn source(&self, connection: &str) -> Source {
        let driver = self.config().connection(connection).map(|found| found.driver().to_owned());
        Source::new(connection, driver.unwrap_or_default(), self.provider(connection).catalog())
    }
}

impl Route {
    /// The same for the connection of this route alone.
    ///
    /// # Errors
    /// As [`connection_name`](Self::connection_name).
    pub async fn sync_models(&self, options: &SyncOptions) -> Result<SyncReport> {
        let source = self.ai().source(&self.connection_name()?);
        Ok(self.ai().kept_models().sync_one(source, options).await)
    }
}
