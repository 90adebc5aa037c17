//! What all [`ModelStore`]s keep to, as functions that panic where one does not: for the tests of a store of your own.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, clippy::indexing_slicing, reason = "assertions")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use laravel_ai_core::{ModelInfo, ModelKind, RawJson};

use crate::{KeptList, ModelStore, NewList};

/// Every law, on an empty store.
///
/// # Panics
/// Where one does not hold.
pub async fn all(store: &Arc<dyn ModelStore>) {
    assert_eq!((store.lists().await.unwrap(), store.models(None).await.unwrap()), (vec![], vec![]));
    a_model_comes_back_as_it_was_given(store).await;
    what_is_gone_is_marked_and_comes_back(store).await;
    a_list_is_its_connections_alone(store).await;
    ids_are_told_apart_byte_for_byte(store).await;
    a_long_list_is_taken_over_whole(store).await;
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}

fn named(ids: &[&str]) -> Vec<ModelInfo> {
    ids.iter().map(|id| ModelInfo::new(*id)).collect()
}

async fn ids(store: &Arc<dyn ModelStore>, connection: &str) -> Vec<(String, bool)> {
    let models = store.models(Some(connection)).await.unwrap();
    models.into_iter().map(|model| (model.info.id, model.removed.is_none())).collect()
}

async fn a_model_comes_back_as_it_was_given(store: &Arc<dyn ModelStore>) {
    let mut model = ModelInfo::new("größe:7b/β");
    model.kind = Some(ModelKind::Chat);
    model.name = Some("A model, \"quoted\"".to_owned());
    model.created = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    model.shutdown = Some("2027-01-14".to_owned());
    model.capabilities.tools = Some(false);
    model.capabilities.context_tokens = Some(u64::from(u32::MAX) * 4);
    model.raw = Some(RawJson::parse(r#"{"z":1.50,"a":[1e3]}"#).unwrap());
    store.save(NewList::new("exact", "acme", at(0), vec![model.clone()])).await.unwrap();
    let kept = store.models(Some("exact")).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].info, kept[0].first_seen, kept[0].removed), (&model, at(0), None));
    assert_eq!((&*kept[0].connection, &*kept[0].driver), ("exact", "acme"));
}

async fn what_is_gone_is_marked_and_comes_back(store: &Arc<dyn ModelStore>) {
    store.save(NewList::new("moving", "acme", at(0), named(&["a", "b"]))).await.unwrap();
    store.save(NewList::new("moving", "acme", at(1), named(&["b", "c"]))).await.unwrap();
    store.save(NewList::new("moving", "acme", at(2), named(&["b", "c"]))).await.unwrap();
    let kept = store.models(Some("moving")).await.unwrap();
    let told: Vec<_> = kept.iter().map(|model| (&*model.info.id, model.first_seen, model.removed)).collect();
    assert_eq!(told, [("a", at(0), Some(at(1))), ("b", at(0), None), ("c", at(1), None)]);
    store.save(NewList::new("moving", "acme", at(3), named(&["a"]))).await.unwrap();
    let kept = store.models(Some("moving")).await.unwrap();
    assert_eq!((kept[0].first_seen, kept[0].removed), (at(0), None), "it is back, and as old as it was");
    assert_eq!((kept[1].removed, kept[2].removed), (Some(at(3)), Some(at(3))));
    let lists = store.lists().await.unwrap();
    assert!(lists.contains(&KeptList::new("moving", "acme", at(3), 1)), "{lists:?}");
}

async fn a_list_is_its_connections_alone(store: &Arc<dyn ModelStore>) {
    store.save(NewList::new("one", "acme", at(0), named(&["a"]))).await.unwrap();
    store.save(NewList::new("other", "acme", at(0), named(&["a"]))).await.unwrap();
    store.save(NewList::new("one", "acme", at(1), vec![])).await.unwrap();
    assert_eq!(ids(store, "one").await, [("a".to_owned(), false)]);
    assert_eq!(ids(store, "other").await, [("a".to_owned(), true)]);
    assert_eq!(ids(store, "nobody").await, []);
}

async fn ids_are_told_apart_byte_for_byte(store: &Arc<dyn ModelStore>) {
    let long = "x".repeat(512);
    store.save(NewList::new("exact ids", "acme", at(0), named(&["Model", "model", &long]))).await.unwrap();
    let kept = ids(store, "exact ids").await;
    assert_eq!(kept, [("Model".to_owned(), true), ("model".to_owned(), true), (long, true)]);
}

async fn a_long_list_is_taken_over_whole(store: &Arc<dyn ModelStore>) {
    let names: Vec<_> = (0..2_000).map(|number| format!("model-{number:05}")).collect();
    let models = || names.iter().map(ModelInfo::new).collect::<Vec<_>>();
    store.save(NewList::new("long", "acme", at(0), models())).await.unwrap();
    store.save(NewList::new("long", "acme", at(1), models())).await.unwrap();
    let kept = ids(store, "long").await;
    assert_eq!(kept.len(), 2_000);
    assert!(kept.iter().zip(&names).all(|((id, there), name)| id == name && *there));
}
