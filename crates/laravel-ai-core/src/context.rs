//! The environment of a call.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use uuid::{Builder, NoContext, Timestamp, Uuid};

use crate::{Error, ErrorKind, Result, Retry};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id. Ids sort by the time they were made (UUID version 7).
            #[expect(clippy::new_without_default, reason = "an id made by `default()` would look like a constant")]
            pub fn new() -> Self {
                Self(new_id())
            }

            /// The id as a UUID.
            pub fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::try_parse(text).map(Self).map_err(|_| {
                    Error::new(ErrorKind::InvalidRequest, concat!("a ", stringify!($name), " is a UUID"))
                })
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// One call of the application: all its steps and attempts.
    RunId
}
id! {
    /// One physical try at one target.
    AttemptId
}

/// A UUID of version 7 without a system call, which is what the random bits of [`Uuid::now_v7`] cost each time.
///
/// Below the millisecond lies the finer time, as RFC 9562 (section 6.2, method 3) allows, so that ids of one process sort.
/// The other 62 bits are a keyed hash: the standard library asks the system for the key once for each thread and counts it on.
fn new_id() -> Uuid {
    let (seconds, nanos) = Timestamp::now(NoContext).to_unix();
    let (millis, finer) = (seconds * 1_000 + u64::from(nanos / 1_000_000), u64::from(nanos % 1_000_000));
    let mut bits = [0; 10];
    let fraction = u16::try_from((finer << 12) / 1_000_000).unwrap_or_default();
    bits[..2].copy_from_slice(&fraction.to_be_bytes());
    bits[2..].copy_from_slice(&RandomState::new().hash_one(nanos).to_be_bytes());
    Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
}

/// The environment of a call: who asks, until when, under which ids. What is asked is in the request.
///
/// Cancelling needs no token here: drop the future or the stream. Cloning is cheap.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The application's call.
    pub run: RunId,
    /// Which model call of the run this is, from 0.
    pub step: u32,
    /// The physical try, once there is one.
    pub attempt: Option<AttemptId>,
    /// When everything must be over, on the monotonic clock of the injected [`Clock`](crate::Clock).
    pub deadline: Option<Instant>,
    /// Time limits of this call that differ from the connection's.
    pub timeouts: Timeouts,
    /// Whom the call belongs to.
    pub labels: Arc<Labels>,
    extensions: Option<Arc<Extension<dyn Any + Send + Sync>>>,
}

impl Context {
    /// The context of a new run.
    pub fn new() -> Self {
        Self {
            run: RunId::new(),
            step: 0,
            attempt: None,
            deadline: None,
            timeouts: Timeouts::default(),
            labels: Arc::default(),
            extensions: None,
        }
    }

    /// With an absolute end for everything that the call does.
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With time limits that differ from the connection's.
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// With labels.
    pub fn with_labels(mut self, labels: Labels) -> Self {
        self.labels = Arc::new(labels);
        self
    }

    /// For another step of the same run.
    pub fn with_step(mut self, step: u32) -> Self {
        self.step = step;
        self
    }

    /// For a physical try.
    pub fn with_attempt(mut self, attempt: AttemptId) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// With a value that layers further in find by its type. It hides an earlier one of the same type, for this
    /// context and its clones only; the caller's context stays as it was. For what layers of one call have to tell
    /// each other, such as how many tries it has left; never for what a driver sends.
    ///
    /// ```
    /// use laravel_ai_core::Context;
    ///
    /// #[derive(Debug, PartialEq)]
    /// struct Depth(u32);
    ///
    /// let ctx = Context::new();
    /// let inner = ctx.clone().with_extension(Depth(1));
    /// assert_eq!(inner.extension(), Some(&Depth(1)));
    /// assert_eq!(ctx.extension::<Depth>(), None);
    /// ```
    pub fn with_extension<T: Any + Send + Sync>(mut self, value: T) -> Self {
        let before = self.extensions.take();
        self.extensions = Some(Arc::new(Extension { before, value }));
        self
    }

    /// The latest value of type `T` that a layer further out gave.
    pub fn extension<T: Any>(&self) -> Option<&T> {
        let mut next = self.extensions.as_deref();
        while let Some(extension) = next {
            if let Some(value) = extension.value.downcast_ref() {
                return Some(value);
            }
            next = extension.before.as_deref();
        }
        None
    }

    /// The time left at `now`; `None` when there is no deadline.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] when the deadline has passed. Nothing was sent, and trying again anywhere would only
    /// meet the same deadline.
    pub fn remaining(&self, now: Instant) -> Result<Option<Duration>> {
        match self.deadline.map(|deadline| deadline.saturating_duration_since(now)) {
            Some(Duration::ZERO) => {
                Err(Error::new(ErrorKind::Timeout, "the deadline of the call has passed")
                    .with_possibly_billed(false)
                    .with_retry(Retry::Never))
            }
            left => Ok(left),
        }
    }
}

/// A list that grows at its head, so that clones share what they have in common.
struct Extension<T: ?Sized> {
    before: Option<Arc<Extension<dyn Any + Send + Sync>>>,
    value: T,
}

/// Shows nothing: what layers tell each other is theirs.
impl<T: ?Sized> fmt::Debug for Extension<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::new()
    }
}

/// Time limits; `None` leaves the connection's setting in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Timeouts {
    /// For making a connection, TLS included.
    pub connect: Option<Duration>,
    /// From sending to the first text, reasoning, refusal or tool input of the answer.
    pub first_content: Option<Duration>,
    /// Between two reads from the connection. A keep-alive comment counts as life.
    pub idle: Option<Duration>,
    /// For one whole attempt.
    pub total: Option<Duration>,
}

impl Timeouts {
    /// With a limit for making a connection.
    pub fn with_connect(mut self, limit: Duration) -> Self {
        self.connect = Some(limit);
        self
    }

    /// With a limit up to the first content.
    pub fn with_first_content(mut self, limit: Duration) -> Self {
        self.first_content = Some(limit);
        self
    }

    /// With a limit between two reads.
    pub fn with_idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// With a limit for one whole attempt.
    pub fn with_total(mut self, limit: Duration) -> Self {
        self.total = Some(limit);
        self
    }

    /// These limits, and where they are silent those of `fallback`.
    pub fn or(self, fallback: Self) -> Self {
        Self {
            connect: self.connect.or(fallback.connect),
            first_content: self.first_content.or(fallback.first_content),
            idle: self.idle.or(fallback.idle),
            total: self.total.or(fallback.total),
        }
    }
}

/// Whom a call belongs to: for limits, budgets, the ledger and per-tenant credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Labels {
    /// The customer of a multi-tenant application.
    pub tenant: Option<String>,
    /// The person or service that asks.
    pub user: Option<String>,
    /// The project that pays.
    pub project: Option<String>,
    /// The stored conversation.
    pub conversation: Option<String>,
    /// Anything else.
    pub other: BTreeMap<String, String>,
}

impl Labels {
    /// With the tenant.
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// With the user.
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// With the project.
    pub fn with_project(mut self, project: impl Into<String>) -> Self {
        self.project = Some(project.into());
        self
    }

    /// With the conversation.
    pub fn with_conversation(mut self, conversation: impl Into<String>) -> Self {
        self.conversation = Some(conversation.into());
        self
    }

    /// With a label of the application's own.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.other.insert(name.into(), value.into());
        self
    }
}
