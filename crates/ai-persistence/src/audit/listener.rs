//! Every interaction with a model, in the trail.

use ai_events::{Event, EventKind, Listener, ListenerError};
use laravel_ai_core::Result;

use super::entry::AuditEntry;
use super::trail::AuditTrail;
use crate::queue::{Queue, Work};

/// How many entries wait at most.
const ROOM: usize = 10_000;

/// Writes each call down: who asked, which target, how it came out, in which run. Never content.
///
/// Of each call there is an entry when it is sent and one when it is over. They are written by a task in the order in which
/// they came. A listener never makes a call wait: where 10,000 entries wait already, one is counted by [`lost`](Self::lost), and
/// the bus logs it.
#[derive(Debug)]
pub struct AuditListener(Queue<AuditEntry>);

impl AuditListener {
    /// Listens for a trail. Inside of a tokio runtime only, which writes the entries.
    pub fn new(trail: AuditTrail) -> Self {
        Self(Queue::new(ROOM, 100, trail))
    }

    /// Waits until everything that happened before is written.
    ///
    /// # Errors
    /// [`Storage`](laravel_ai_core::ErrorKind::Storage) when something could not be written since the last flush.
    pub async fn flush(&self) -> Result<()> {
        self.0.flush().await
    }

    /// How many entries found no room or could not be written.
    pub fn lost(&self) -> u64 {
        self.0.lost()
    }
}

impl Listener for AuditListener {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        let (target, outcome) = match &event.kind {
            EventKind::MessageSent { target, .. } => (target, "sent".to_owned()),
            EventKind::ResponseGenerated { target, .. } => (target, "ok".to_owned()),
            EventKind::CallFailed { target, failure, .. }
            | EventKind::StreamInterrupted { target, failure, .. } => (target, failure.kind.to_string()),
            EventKind::Cancelled { target, .. } => (target, "cancelled".to_owned()),
            _ => return Ok(()),
        };
        let labels = &event.labels;
        let actor = labels.user.as_ref().map_or_else(|| "system".to_owned(), |user| format!("user:{user}"));
        let mut entry = AuditEntry::new(actor, event.name(), target.to_string())
            .with_outcome(outcome)
            .with_detail("run", event.run.to_string())
            .with_detail("step", event.step.to_string());
        for (name, label) in
            [("tenant", &labels.tenant), ("project", &labels.project), ("conversation", &labels.conversation)]
        {
            if let Some(label) = label {
                entry = entry.with_detail(name, label.as_str());
            }
        }
        let lost = self.lost();
        self.0.offer(entry);
        if self.lost() > lost { Err("the audit trail has no room for an entry".into()) } else { Ok(()) }
    }
}

impl Work<AuditEntry> for AuditTrail {
    async fn work(&self, batch: Vec<AuditEntry>) -> Result<u64> {
        self.append_all(&batch).await.map(|()| 0)
    }
}
