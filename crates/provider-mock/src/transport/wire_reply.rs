//! What a scripted transport answers, byte for byte.

use std::time::Duration;

use bytes::Bytes;
use laravel_ai_core::{Error, ErrorKind};
use serde_json::Value;

use crate::seed::Seed;

/// One scripted HTTP answer: a head, then chunks, pauses and how it ends; or a connection that fails.
///
/// ```
/// use std::time::Duration;
///
/// use provider_mock::WireReply;
/// use serde_json::json;
///
/// let ok = WireReply::json(&json!({"ok": true}));
/// let limited = WireReply::status(429).header("retry-after", "2").body(r#"{"error": "slow down"}"#);
/// let cut = WireReply::events(["{\"delta\": \"Li\"}"]).reset();
/// let short = WireReply::json(&json!({"city": "Lima"})).cut_after(9);
/// let torn = WireReply::events(["{\"delta\": \"Lima\"}", "[DONE]"]).split_every(1);
/// let stalled = WireReply::status(200).body("data: ").wait(Duration::from_secs(5)).stall();
/// let down = WireReply::connect_error();
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reply does nothing until a transport has it"]
pub struct WireReply {
    pub(super) head: Head,
    pub(super) delay: Duration,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) enum Head {
    Status { status: u16, headers: Vec<(String, String)> },
    Error(Error),
    StallConnecting,
    StallAnswering,
}

/// What happens next in a body. After the last step it ends cleanly.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Chunk(Bytes),
    Wait(Duration),
    Error(Error),
    Stall,
}

impl WireReply {
    /// An answer of this status without headers and body.
    pub fn status(status: u16) -> Self {
        Self::of(Head::Status { status, headers: Vec::new() })
    }

    /// Status 200 and a JSON body.
    pub fn json(value: &Value) -> Self {
        Self::status(200).header("content-type", "application/json").body(value.to_string())
    }

    /// Status 200 and server-sent events: each text is the `data` of one event and a chunk of its own.
    pub fn events<T: AsRef<str>>(data: impl IntoIterator<Item = T>) -> Self {
        let reply = Self::status(200).header("content-type", "text/event-stream");
        let event = |data: T| {
            let lines = data.as_ref().lines().map(|line| format!("data: {line}\n"));
            lines.chain([String::from("\n")]).collect::<String>()
        };
        data.into_iter().fold(reply, |reply, data| reply.body(event(data)))
    }

    /// A connection that is refused; nothing is sent and nothing is billed.
    pub fn connect_error() -> Self {
        let error = Error::new(ErrorKind::Transport, "the connection was refused");
        Self::error(error.with_possibly_billed(false))
    }

    /// A failure in place of an answer.
    pub fn error(error: impl Into<Error>) -> Self {
        Self::of(Head::Error(error.into()))
    }

    /// A connection that is never made: the call waits for its connect limit or deadline, or is dropped.
    pub fn stall_connecting() -> Self {
        Self::of(Head::StallConnecting)
    }

    /// A request that is sent and never answered: the call waits for its idle limit or deadline, or is dropped.
    pub fn stall_answering() -> Self {
        Self::of(Head::StallAnswering)
    }

    fn of(head: Head) -> Self {
        Self { head, delay: Duration::ZERO, steps: Vec::new() }
    }

    /// With one more header. Does nothing to a connection that fails.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Head::Status { headers, .. } = &mut self.head {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// With one more chunk of the body.
    pub fn body(self, chunk: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(chunk.into()))
    }

    /// With this time before the head arrives, or before the connection fails.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// With a pause in the body.
    pub fn wait(self, pause: Duration) -> Self {
        self.step(Step::Wait(pause))
    }

    /// With a pause before each chunk that the body has so far.
    pub fn pace(mut self, pause: Duration) -> Self {
        let paced = |step| match step {
            chunk @ Step::Chunk(_) => vec![Step::Wait(pause), chunk],
            step => vec![step],
        };
        self.steps = self.steps.into_iter().flat_map(paced).collect();
        self
    }

    /// With a connection that breaks here.
    pub fn reset(self) -> Self {
        self.then_error(Error::new(ErrorKind::Transport, "the connection was reset"))
    }

    /// With a connection that breaks after `bytes` of the chunks so far; what was to come later is gone. A body that is
    /// shorter breaks at its end.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        let mut left = bytes;
        let mut kept = Vec::new();
        for step in std::mem::take(&mut self.steps) {
            match step {
                Step::Chunk(mut chunk) => {
                    chunk.truncate(left);
                    left -= chunk.len();
                    kept.push(Step::Chunk(chunk));
                }
                step => kept.push(step),
            }
            if left == 0 {
                break;
            }
        }
        self.steps = kept;
        self.reset()
    }

    /// With a failure here.
    pub fn then_error(self, error: impl Into<Error>) -> Self {
        self.step(Step::Error(error.into()))
    }

    /// With silence from here on: the reader waits for its idle limit or deadline, or drops the body.
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    /// With the chunks so far cut into pieces of `length` bytes, in the middle of characters and lines if it
    /// falls so; 0 is read as 1.
    pub fn split_every(self, length: usize) -> Self {
        self.split(|rest| length.clamp(1, rest))
    }

    /// With the chunks so far cut into pieces of 1 to 16 bytes that follow from `seed`.
    pub fn split_by_seed(self, seed: u64) -> Self {
        let mut numbers = Seed::new(seed);
        self.split(|rest| usize::try_from(numbers.below(16) + 1).unwrap_or(1).min(rest))
    }

    fn split(mut self, mut length: impl FnMut(usize) -> usize) -> Self {
        let mut pieces = Vec::with_capacity(self.steps.len());
        for step in self.steps {
            match step {
                Step::Chunk(mut chunk) => {
                    while !chunk.is_empty() {
                        pieces.push(Step::Chunk(chunk.split_to(length(chunk.len()))));
                    }
                }
                step => pieces.push(step),
            }
        }
        self.steps = pieces;
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl From<Error> for WireReply {
    fn from(error: Error) -> Self {
        Self::error(error)
    }
}

/// As a JSON answer with status 200.
impl From<Value> for WireReply {
    fn from(value: Value) -> Self {
        Self::json(&value)
    }
}
