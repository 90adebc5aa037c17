//! Lists, kept and compared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ai_events::{Brief, EventBus, EventKind};
use futures_util::{StreamExt, stream};
use laravel_ai_core::{Catalog, Clock, Context, Error, ErrorKind, ModelInfo, Result};

use crate::report::kinds;
use crate::{KeptList, KeptModel, MemoryModels, ModelStore, NewList, SyncOutcome, SyncReport};

/// How many connections are asked at a time.
const AT_ONCE: usize = 8;
/// The longest id that is kept, in characters.
const LONGEST: usize = 512;

/// The lists of models that connections gave. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Models {
    store: Arc<dyn ModelStore>,
    clock: Arc<dyn Clock>,
    events: Option<EventBus>,
    freshness: Duration,
}

/// A connection whose list is asked for.
#[derive(Clone, Debug)]
pub struct Source {
    connection: String,
    driver: String,
    catalog: Result<Arc<dyn Catalog>>,
}

impl Source {
    /// A connection with its catalogue, or why there is none.
    pub fn new(
        connection: impl Into<String>,
        driver: impl Into<String>,
        catalog: Result<Arc<dyn Catalog>>,
    ) -> Self {
        Self { connection: connection.into(), driver: driver.into(), catalog }
    }
}

/// How a sync is done.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Fresh lists are asked for again too.
    pub force: bool,
    /// Nothing is kept; the report says what would have changed. Fresh lists are asked for too.
    pub dry_run: bool,
    /// The environment of the calls: labels, time limits.
    pub context: Context,
}

impl SyncOptions {
    /// With fresh lists asked for again.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.force = true;
        self
    }

    /// With nothing kept.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }
}

impl Models {
    /// How long a list counts as fresh: 12 hours.
    pub const FRESHNESS: Duration = Duration::from_secs(12 * 3_600);

    /// The lists of a store.
    pub fn new(store: Arc<dyn ModelStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, events: None, freshness: Self::FRESHNESS }
    }

    /// Lists that live as long as this value and its clones.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::new(Arc::new(MemoryModels::new()), clock)
    }

    /// With [`ModelSynced`](EventKind::ModelSynced) told for each list that is taken over.
    #[must_use]
    pub fn with_events(mut self, events: EventBus) -> Self {
        self.events = Some(events);
        self
    }

    /// With another time for which a list counts as fresh.
    #[must_use]
    pub fn with_freshness(mut self, freshness: Duration) -> Self {
        self.freshness = freshness;
        self
    }

    /// Asks connections for their lists and takes them over: a report for each, in their order. Eight are asked at a time. Where
    /// one fails the others go on, and what was kept of it stays. Dropping the future cancels what is under way; lists that were
    /// taken over before stay.
    pub async fn sync(
        &self,
        sources: impl IntoIterator<Item = Source>,
        options: &SyncOptions,
    ) -> Vec<SyncReport> {
        let sources: Vec<_> = sources.into_iter().collect();
        stream::iter(sources.into_iter().map(|source| self.sync_one(source, options)))
            .buffered(AT_ONCE)
            .collect()
            .await
    }

    /// The models that are kept of a connection, or of all; those that are gone too.
    ///
    /// # Errors
    /// [`Storage`](ErrorKind::Storage) when the store can't be asked.
    pub async fn kept(&self, connection: Option<&str>) -> Result<Vec<KeptModel>> {
        self.store.models(connection).await
    }

    /// When each connection gave its list last.
    ///
    /// # Errors
    /// As [`kept`](Self::kept).
    pub async fn lists(&self) -> Result<Vec<KeptList>> {
        self.store.lists().await
    }

    /// [`sync`](Self::sync) of one connection.
    pub async fn sync_one(&self, source: Source, options: &SyncOptions) -> SyncReport {
        let Source { connection, driver, catalog } = source;
        let mut report = SyncReport {
            connection,
            driver,
            outcome: SyncOutcome::Fresh,
            added: Vec::new(),
            updated: Vec::new(),
            removed: Vec::new(),
            models: 0,
            kinds: BTreeMap::new(),
            synced: None,
            fresh_until: None,
        };
        if let Err(error) = self.compare(catalog, options, &mut report).await {
            report.outcome = SyncOutcome::Failed(error);
        }
        report
    }

    async fn compare(
        &self,
        catalog: Result<Arc<dyn Catalog>>,
        options: &SyncOptions,
        report: &mut SyncReport,
    ) -> Result<()> {
        let kept = self.store.models(Some(&report.connection)).await?;
        let list = self.store.lists().await?.into_iter().find(|list| list.connection == report.connection);
        report.synced = list.as_ref().map(|list| list.synced);
        report.fresh_until = report.synced.and_then(|at| at.checked_add(self.freshness));
        let there = || kept.iter().filter(|model| model.removed.is_none());
        report.models = there().count();
        report.kinds = kinds(there().map(|model| &model.info));
        let now = self.clock.wall();
        // Another driver has other models, whatever the age of the list. So has a list from a future that never came.
        let same = list.as_ref().is_some_and(|list| list.driver == report.driver && list.synced <= now);
        let fresh = same && report.fresh_until.is_some_and(|until| now < until);
        if fresh && !options.force && !options.dry_run {
            return Ok(());
        }
        let models = sound(catalog?.models(&options.context).await?)?;
        let at = self.clock.wall();
        let known: BTreeMap<_, _> = there().map(|model| (model.info.id.as_str(), &model.info)).collect();
        for model in &models {
            match known.get(model.id.as_str()) {
                None => report.added.push(model.id.clone()),
                Some(before) if *before != model => report.updated.push(model.id.clone()),
                Some(_) => {}
            }
        }
        let is_there = |id: &str| models.binary_search_by(|model| model.id.as_str().cmp(id)).is_ok();
        report.removed = known.keys().filter(|id| !is_there(id)).map(|id| (*id).to_owned()).collect();
        (report.models, report.kinds) = (models.len(), kinds(models.iter()));
        if options.dry_run {
            report.outcome = SyncOutcome::DryRun;
            return Ok(());
        }
        self.store.save(NewList::new(&report.connection, &report.driver, at, models)).await?;
        report.outcome = SyncOutcome::Synced;
        (report.synced, report.fresh_until) = (Some(at), at.checked_add(self.freshness));
        self.tell(&options.context, report);
        Ok(())
    }

    fn tell(&self, ctx: &Context, report: &SyncReport) {
        let Some(events) = &self.events else { return };
        let names = |ids: &[String]| ids.iter().map(|id| Brief::from(id.as_str())).collect();
        events.publish(ctx, || EventKind::ModelSynced {
            connection: Brief::from(report.connection.as_str()),
            added: names(&report.added),
            updated: names(&report.updated),
            removed: names(&report.removed),
            models: report.models as u64,
        });
    }
}

/// The list by id, each id once: some vendors name a model on two pages.
fn sound(mut models: Vec<ModelInfo>) -> Result<Vec<ModelInfo>> {
    if let Some(model) = models.iter().find(|model| model.id.is_empty() || model.id.chars().count() > LONGEST)
    {
        let length = model.id.chars().count();
        let message =
            format!("the list names a model by {length} characters; ids have between 1 and {LONGEST}");
        return Err(Error::new(ErrorKind::Decode, message));
    }
    models.sort_by(|one, other| one.id.cmp(&other.id));
    models.dedup_by(|one, other| one.id == other.id);
    Ok(models)
}
