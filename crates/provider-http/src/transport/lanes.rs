//! Several pools beside each other, because one pool keeps one HTTP/2 connection for each host.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use laravel_ai_core::{Error, ErrorKind, Result};

type Build = dyn Fn() -> Result<reqwest::Client> + Send + Sync;

/// Clients, each with its own pool, and how many requests each has under way.
///
/// The first lane with room is taken, so that quiet times use one connection, and a lane is added when all are full. A
/// lane is never removed: an idle one holds no connection after the pool's idle time and costs a few kilobytes.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Inner>);

struct Inner {
    lanes: RwLock<Vec<Arc<Lane>>>,
    room: usize,
    /// `None` when the application gave the clients: there are no others then.
    build: Option<Box<Build>>,
}

#[derive(Debug)]
struct Lane {
    client: reqwest::Client,
    under_way: AtomicUsize,
}

/// A request under way in a lane; dropping it makes room.
pub(super) struct Place(Arc<Lane>);

impl Lanes {
    /// Lanes of `room` requests each. The first client is built when the first request comes, because TLS reads the
    /// system's certificates then, and a program that only talks to its own machine never needs them.
    pub(super) fn growing(
        room: usize,
        build: impl Fn() -> Result<reqwest::Client> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner { lanes: RwLock::default(), room: room.max(1), build: Some(Box::new(build)) }))
    }

    pub(super) fn fixed(clients: impl IntoIterator<Item = reqwest::Client>) -> Self {
        let lanes = clients.into_iter().map(Lane::new).collect();
        Self(Arc::new(Inner { lanes: RwLock::new(lanes), room: usize::MAX, build: None }))
    }

    pub(super) fn enter(&self) -> Result<Place> {
        let inner = &*self.0;
        let lanes = inner.lanes.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = inner.free(&lanes) {
            return Ok(place);
        }
        drop(lanes);
        let Some(build) = &inner.build else {
            return Err(Error::new(ErrorKind::Configuration, "the transport was made without a client"));
        };
        // Under the lock, so that a burst of requests opens one lane and not one each.
        let mut lanes = inner.lanes.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = inner.free(&lanes) {
            return Ok(place);
        }
        let lane = Lane::new(build()?);
        lanes.push(Arc::clone(&lane));
        lane.enter(inner.room)
            .ok_or_else(|| Error::new(ErrorKind::Transport, "a new connection pool has no room"))
    }
}

impl Inner {
    fn free(&self, lanes: &[Arc<Lane>]) -> Option<Place> {
        if self.build.is_some() {
            return lanes.iter().find_map(|lane| lane.enter(self.room));
        }
        lanes.iter().min_by_key(|lane| lane.under_way.load(Ordering::Relaxed))?.enter(self.room)
    }
}

impl Lane {
    fn new(client: reqwest::Client) -> Arc<Self> {
        Arc::new(Self { client, under_way: AtomicUsize::new(0) })
    }

    /// Takes a place if there is one. The count guards no memory, so its order against other memory is free.
    fn enter(self: &Arc<Self>, room: usize) -> Option<Place> {
        self.under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < room).then_some(count + 1))
            .ok()
            .map(|_| Place(Arc::clone(self)))
    }
}

impl Place {
    pub(super) fn client(&self) -> &reqwest::Client {
        &self.0.client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lanes = self.0.lanes.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(lanes.iter().map(|lane| lane.under_way.load(Ordering::Relaxed))).finish()
    }
}
