//! Lists in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use laravel_ai_core::Result;

use crate::{KeptList, KeptModel, ModelStore, NewList};

/// Keeps lists as long as it lives itself.
#[derive(Debug, Default)]
pub struct MemoryModels(Mutex<Lists>);

/// By connection, and in it by id.
type Lists = BTreeMap<String, (KeptList, BTreeMap<String, KeptModel>)>;

impl MemoryModels {
    /// No list.
    pub fn new() -> Self {
        Self::default()
    }

    /// A list is changed last and at once, so what a panic elsewhere poisoned is still right.
    fn lock(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ModelStore for MemoryModels {
    async fn lists(&self) -> Result<Vec<KeptList>> {
        Ok(self.lock().values().map(|(list, _)| list.clone()).collect())
    }

    async fn models(&self, connection: Option<&str>) -> Result<Vec<KeptModel>> {
        let all = self.lock();
        let lists = all.iter().filter(|(name, _)| connection.is_none_or(|wanted| wanted == *name));
        Ok(lists.flat_map(|(_, (_, models))| models.values().cloned()).collect())
    }

    async fn save(&self, list: NewList) -> Result<()> {
        let NewList { connection, driver, at, models } = list;
        let mut all = self.lock();
        let mut kept = all.get(&connection).map(|(_, kept)| kept.clone()).unwrap_or_default();
        for model in kept.values_mut() {
            model.removed = model.removed.or(Some(at));
        }
        let count = models.len() as u64;
        for info in models {
            let first = kept.get(&info.id).map_or(at, |before| before.first_seen);
            let id = info.id.clone();
            kept.insert(id, KeptModel::new(&connection, &driver, info, first));
        }
        let summary = KeptList::new(&connection, driver, at, count);
        all.insert(connection, (summary, kept));
        Ok(())
    }
}
