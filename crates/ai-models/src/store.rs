//! Where lists are kept.

use std::fmt::Debug;
use std::time::SystemTime;

use async_trait::async_trait;
use laravel_ai_core::{ModelInfo, Result};

/// Keeps the lists of models that connections gave.
///
/// # Contract for implementers
/// * [`save`](Self::save) is one step: a list is taken over whole or not at all.
/// * A model comes back as it was given, the vendor's own record included.
/// * A model that is gone is kept and marked, since rows of the past name it; when it comes back it is unmarked, and its first
///   day stays.
#[async_trait]
pub trait ModelStore: Debug + Send + Sync + 'static {
    /// Every connection whose list was saved, by name.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when the store can't be asked.
    async fn lists(&self) -> Result<Vec<KeptList>>;

    /// The models of a connection, or of all, by connection and id; those that are gone too.
    ///
    /// # Errors
    /// As [`lists`](Self::lists).
    async fn models(&self, connection: Option<&str>) -> Result<Vec<KeptModel>>;

    /// Takes a list over in place of the connection's last one.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when it is not kept.
    async fn save(&self, list: NewList) -> Result<()>;
}

/// A list of models as a connection gave it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewList {
    /// The connection.
    pub connection: String,
    /// The driver that it uses.
    pub driver: String,
    /// When it was asked.
    pub at: SystemTime,
    /// Every model, each id once.
    pub models: Vec<ModelInfo>,
}

impl NewList {
    /// A list that was given at a moment.
    pub fn new(
        connection: impl Into<String>,
        driver: impl Into<String>,
        at: SystemTime,
        models: Vec<ModelInfo>,
    ) -> Self {
        Self { connection: connection.into(), driver: driver.into(), at, models }
    }
}

/// What is known of a connection's list as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptList {
    /// The connection.
    pub connection: String,
    /// The driver that it used.
    pub driver: String,
    /// When it was asked last with success.
    pub synced: SystemTime,
    /// How many models it has.
    pub models: u64,
}

impl KeptList {
    /// A list with its last success.
    pub fn new(
        connection: impl Into<String>,
        driver: impl Into<String>,
        synced: SystemTime,
        models: u64,
    ) -> Self {
        Self { connection: connection.into(), driver: driver.into(), synced, models }
    }
}

/// A model that a connection has or had.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeptModel {
    /// The connection.
    pub connection: String,
    /// The driver that it used.
    pub driver: String,
    /// What its list said, the last time that it was there.
    pub info: ModelInfo,
    /// When it was first seen.
    pub first_seen: SystemTime,
    /// When it was found missing; `None` while the connection has it.
    pub removed: Option<SystemTime>,
}

impl KeptModel {
    /// A model that is there since a moment.
    pub fn new(
        connection: impl Into<String>,
        driver: impl Into<String>,
        info: ModelInfo,
        first_seen: SystemTime,
    ) -> Self {
        Self { connection: connection.into(), driver: driver.into(), info, first_seen, removed: None }
    }
}
