//! Who is told.

use crate::Event;

/// Why a listener could not do its work. It is logged and counted, and nothing else.
pub type ListenerError = Box<dyn std::error::Error + Send + Sync>;

/// Is told of every event of an [`EventBus`](crate::EventBus).
///
/// A closure `Fn(&Event)` is one.
///
/// # Contract for implementers
/// * Called where the event happens, between two steps of a call: never wait, for a lock that is held long, for I/O or
///   for another task. What takes longer than some microseconds reads from a [channel](crate::EventBus::subscribe).
/// * Events of one run come one after the other; those of different runs may come at the same time.
/// * An error or a panic is counted and logged; the call and the other listeners go on, and the next event comes here
///   again.
/// * May publish: such events follow after the one that is being told.
///
/// # Contract for wrappers
/// Pass every event on, in order, or say which are left out.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use ai_events::{Event, EventKind, Listener, ListenerError};
///
/// #[derive(Default)]
/// struct Switches(AtomicU64);
///
/// impl Listener for Switches {
///     fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
///         if matches!(event.kind, EventKind::ProviderSwitched { .. }) {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Listener: Send + Sync + 'static {
    /// Takes note of an event.
    ///
    /// # Errors
    /// Why it could not; the bus logs it.
    fn on_event(&self, event: &Event) -> Result<(), ListenerError>;

    /// Whether nobody reads what it gathers any more: the bus lets such a listener go.
    fn is_over(&self) -> bool {
        false
    }
}

impl<F: Fn(&Event) + Send + Sync + 'static> Listener for F {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        self(event);
        Ok(())
    }
}
