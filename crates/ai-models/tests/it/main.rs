#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use ai_events::{EventBus, EventKind, Recorder};
use ai_models::{Models, Source, SyncOptions, SyncOutcome, SyncReport};
use async_trait::async_trait;
use laravel_ai_core::{
    Catalog, Clock, Context, CredentialReport, CredentialStatus, Error, ErrorKind, Health, ModelInfo,
    ModelKind, Result,
};

#[derive(Debug, Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Instant {
        unreachable!("lists ask for the date alone")
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async {})
    }
}

#[derive(Debug, Default)]
struct Vendor {
    list: Mutex<Vec<ModelInfo>>,
    fails: Mutex<Option<ErrorKind>>,
    asked: AtomicUsize,
}

impl Vendor {
    fn with(list: &[&str]) -> Arc<Self> {
        let vendor = Self::default();
        *vendor.list.lock().unwrap() = list.iter().map(|id| ModelInfo::new(*id)).collect();
        Arc::new(vendor)
    }

    fn source(self: &Arc<Self>) -> Source {
        Source::new("work", "acme", Ok(Arc::clone(self) as _))
    }
}

#[async_trait]
impl Catalog for Vendor {
    async fn models(&self, _: &Context) -> Result<Vec<ModelInfo>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match *self.fails.lock().unwrap() {
            Some(kind) => Err(Error::new(kind, "not today")),
            None => Ok(self.list.lock().unwrap().clone()),
        }
    }

    async fn model(&self, _: &Context, id: &str) -> Result<ModelInfo> {
        Ok(ModelInfo::new(id))
    }

    async fn check_credentials(&self, _: &Context) -> CredentialReport {
        CredentialReport::new(CredentialStatus::Valid)
    }

    async fn health(&self, _: &Context) -> Health {
        Health::reachable(Duration::ZERO)
    }
}

async fn sync(models: &Models, vendor: &Arc<Vendor>, options: SyncOptions) -> SyncReport {
    models.sync([vendor.source()], &options).await.remove(0)
}

fn changes(report: &SyncReport) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let names = |ids: &'_ Vec<String>| -> Vec<&'static str> {
        ids.iter().map(|id| &*Box::leak(id.clone().into_boxed_str())).collect()
    };
    (names(&report.added), names(&report.updated), names(&report.removed))
}

#[cfg(feature = "conformance")]
#[tokio::test]
async fn the_store_in_memory_keeps_the_laws() {
    ai_models::conformance::all(&(Arc::new(ai_models::MemoryModels::new()) as _)).await;
}

#[tokio::test]
async fn a_report_says_what_is_new_what_changed_and_what_is_gone() {
    let clock = Arc::new(Hands::default());
    let models = Models::in_memory(Arc::clone(&clock) as _);
    let vendor = Vendor::with(&["b", "a", "a"]);
    let report = sync(&models, &vendor, SyncOptions::default()).await;
    assert_eq!(changes(&report), (vec!["a", "b"], vec![], vec![]));
    assert_eq!(report.models, 2, "an id that the list says twice is one model");
    assert_eq!(report.synced, Some(clock.wall()));
    assert_eq!(report.fresh_until, Some(clock.wall() + Duration::from_secs(12 * 3_600)));

    let mut chat = ModelInfo::new("b");
    chat.kind = Some(ModelKind::Chat);
    *vendor.list.lock().unwrap() = vec![chat, ModelInfo::new("c")];
    let report = sync(&models, &vendor, SyncOptions::default().force()).await;
    assert_eq!(changes(&report), (vec!["c"], vec!["b"], vec!["a"]));
    assert_eq!(report.kinds.iter().collect::<Vec<_>>(), [(&"chat", &1)]);

    *vendor.list.lock().unwrap() = vec![ModelInfo::new("a")];
    let report = sync(&models, &vendor, SyncOptions::default().force()).await;
    assert_eq!(changes(&report), (vec!["a"], vec![], vec!["b", "c"]), "what comes back is added");
}

#[tokio::test]
async fn a_list_is_asked_for_again_when_twelve_hours_have_passed() {
    let clock = Arc::new(Hands::default());
    let models = Models::in_memory(Arc::clone(&clock) as _);
    let vendor = Vendor::with(&["a"]);
    sync(&models, &vendor, SyncOptions::default()).await;
    clock.0.store(12 * 3_600 - 1, Ordering::Relaxed);
    let report = sync(&models, &vendor, SyncOptions::default()).await;
    assert!(matches!(report.outcome, SyncOutcome::Fresh));
    assert_eq!((report.models, vendor.asked.load(Ordering::Relaxed)), (1, 1));
    clock.0.store(12 * 3_600, Ordering::Relaxed);
    let report = sync(&models, &vendor, SyncOptions::default()).await;
    assert!(matches!(report.outcome, SyncOutcome::Synced));
    assert_eq!(vendor.asked.load(Ordering::Relaxed), 2);
    // Another driver under the same name is another vendor.
    let other = Source::new("work", "other", Ok(Arc::clone(&vendor) as _));
    models.sync([other], &SyncOptions::default()).await;
    assert_eq!(vendor.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_dry_run_keeps_nothing_and_tells_nobody() {
    let bus = EventBus::new(Arc::new(Hands::default()));
    let recorder = Recorder::new();
    bus.listen(recorder.clone());
    let models = Models::in_memory(Arc::new(Hands::default())).with_events(bus);
    let vendor = Vendor::with(&["a"]);
    let report = sync(&models, &vendor, SyncOptions::default().dry_run()).await;
    assert!(matches!(report.outcome, SyncOutcome::DryRun));
    assert_eq!((changes(&report), report.synced), ((vec!["a"], vec![], vec![]), None));
    assert!(models.kept(None).await.unwrap().is_empty() && recorder.events().is_empty());

    sync(&models, &vendor, SyncOptions::default()).await;
    let told = recorder.events();
    assert!(
        matches!(&told[0].kind, EventKind::ModelSynced { connection, added, models: 1, .. }
            if &**connection == "work" && added.len() == 1),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_vendor_that_fails_stops_nobody_and_keeps_its_list() {
    let models = Models::in_memory(Arc::new(Hands::default()));
    let vendor = Vendor::with(&["a"]);
    sync(&models, &vendor, SyncOptions::default()).await;
    *vendor.fails.lock().unwrap() = Some(ErrorKind::Authentication);
    let other = Vendor::with(&["z"]);
    let sources = [
        vendor.source(),
        Source::new("closed", "acme", Err(Error::new(ErrorKind::Configuration, "no key"))),
        Source::new("other", "acme", Ok(Arc::clone(&other) as _)),
    ];
    let reports = models.sync(sources, &SyncOptions::default().force()).await;
    let failed = |report: &SyncReport| match &report.outcome {
        SyncOutcome::Failed(error) => Some(error.kind()),
        _ => None,
    };
    let outcomes: Vec<_> = reports.iter().map(failed).collect();
    assert_eq!(outcomes, [Some(ErrorKind::Authentication), Some(ErrorKind::Configuration), None]);
    assert_eq!((reports[0].models, reports[1].models, reports[2].models), (1, 0, 1));
    assert!(changes(&reports[0]) == (vec![], vec![], vec![]), "a failed call removes nothing");
    assert_eq!(models.kept(Some("work")).await.unwrap()[0].removed, None);
}

#[tokio::test]
async fn an_id_that_can_not_be_kept_is_an_error_and_not_a_cut_one() {
    let models = Models::in_memory(Arc::new(Hands::default()));
    let vendor = Vendor::with(&[&"x".repeat(513)]);
    let report = sync(&models, &vendor, SyncOptions::default()).await;
    let SyncOutcome::Failed(error) = report.outcome else { panic!("it was taken over") };
    assert!(error.to_string().contains("513 characters"), "{error}");
}
