//! What the mock answers.

use std::time::Duration;

use laravel_ai_core::{
    AssistantPart, Cost, Error, ErrorKind, FinishReason, RateLimits, Reasoning, Refusal, ToolCall, Usage,
    Warning,
};
use serde_json::Value;

/// One scripted answer: its parts, how it ends, and how fast it comes.
///
/// Whatever is not said is filled in as a model would have it: the finish reason follows from the parts, the usage
/// is counted (one token for four characters), tool calls without an id get one. The same reply gives the same
/// answer whether it is streamed or not, and takes the same time.
///
/// ```
/// use std::time::Duration;
///
/// use laravel_ai_core::{ErrorKind, FinishReason, Usage};
/// use provider_mock::{ChunkBy, Reply};
/// use serde_json::json;
///
/// let text = Reply::text("Lima").usage(Usage::new(21, 1));
/// let cut = Reply::text("The capital of").finish(FinishReason::Length);
/// let slow = Reply::text("one two three").chunks(ChunkBy::Word).pace(Duration::from_millis(20));
/// let thoughtful = Reply::tool_call("get_weather", json!({"city": "Lima"})).reasoning("Better look it up.");
/// let broken = Reply::text("The capital is").then_fail(ErrorKind::StreamInterrupted);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reply does nothing until a mock has it"]
pub struct Reply {
    pub(crate) parts: Vec<AssistantPart>,
    pub(crate) end: End,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) usage: Option<Usage>,
    pub(crate) model: Option<String>,
    pub(crate) cost: Option<Cost>,
    pub(crate) rate_limits: Option<RateLimits>,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) delay: Option<Duration>,
    pub(crate) pace: Option<Duration>,
    pub(crate) chunks: Option<ChunkBy>,
}

/// What follows the last part.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Finish,
    Error(Error),
    Stall,
}

/// How a streamed text is cut into deltas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChunkBy {
    /// One delta for each word, with the white space that follows it.
    #[default]
    Word,
    /// One delta for so many characters; 0 is read as 1.
    Characters(usize),
    /// The whole text in one delta.
    Whole,
}

impl Reply {
    /// An answer of these parts, in their order. Without parts it is an empty answer.
    pub fn parts(parts: impl IntoIterator<Item = AssistantPart>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            end: End::Finish,
            finish: None,
            usage: None,
            model: None,
            cost: None,
            rate_limits: None,
            warnings: Vec::new(),
            delay: None,
            pace: None,
            chunks: None,
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::parts([AssistantPart::text(text)])
    }

    /// A text that is this JSON, as structured output has it.
    pub fn json(value: &Value) -> Self {
        Self::text(value.to_string())
    }

    /// A call of the application's tool `name`. For broken arguments or an id of your own, see the conversion
    /// from [`ToolCall`].
    pub fn tool_call(name: impl Into<String>, arguments: Value) -> Self {
        Self::parts([]).and_tool_call(name, arguments)
    }

    /// The model's own refusal.
    pub fn refusal(text: impl Into<String>) -> Self {
        Self::parts([AssistantPart::Refusal(Refusal::new(text))])
    }

    /// A failure of the call itself, before anything of an answer.
    pub fn error(error: impl Into<Error>) -> Self {
        Self::parts([]).then_error(error)
    }

    /// A failure of this kind, before anything of an answer.
    pub fn fail(kind: ErrorKind) -> Self {
        Self::parts([]).then_fail(kind)
    }

    /// No answer for ever: the call waits for its deadline, or until it is dropped.
    pub fn stall() -> Self {
        Self::parts([]).then_stall()
    }

    /// With a text at the end.
    pub fn and_text(self, text: impl Into<String>) -> Self {
        self.and_part(AssistantPart::text(text))
    }

    /// With a tool call at the end.
    pub fn and_tool_call(self, name: impl Into<String>, arguments: Value) -> Self {
        self.and_part(AssistantPart::ToolCall(ToolCall::new("", name, arguments.to_string())))
    }

    /// With any part at the end.
    pub fn and_part(mut self, part: AssistantPart) -> Self {
        self.parts.push(part);
        self
    }

    /// With reasoning before everything else.
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.parts.insert(0, AssistantPart::Reasoning(Reasoning::new(text)));
        self
    }

    /// With this failure after the parts. A stream delivers them before it breaks; a call without streaming
    /// fails with them as [`Error::partial`].
    pub fn then_error(mut self, error: impl Into<Error>) -> Self {
        self.end = End::Error(error.into());
        self
    }

    /// With a failure of this kind after the parts.
    pub fn then_fail(self, kind: ErrorKind) -> Self {
        self.then_error(Error::new(kind, "the mock was told to fail like this"))
    }

    /// With silence after the parts, until the deadline of the call or until it is dropped.
    pub fn then_stall(mut self) -> Self {
        self.end = End::Stall;
        self
    }

    /// With this usage in place of the counted one. Before a failure it is what the vendor had reported so far.
    pub fn usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// With this finish reason in place of the one that follows from the parts.
    pub fn finish(mut self, reason: FinishReason) -> Self {
        self.finish = Some(reason);
        self
    }

    /// With the model's name as the vendor reports it, in place of the one that was asked.
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// With a cost that the vendor reports.
    pub fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// With rate limits that the vendor reports.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = Some(limits);
        self
    }

    /// With a warning.
    pub fn warning(mut self, warning: Warning) -> Self {
        self.warnings.push(warning);
        self
    }

    /// With this time before the answer begins, or before the call fails.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// With this time before each delta. Without streaming the answer takes the sum.
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    /// With texts cut into deltas like this.
    pub fn chunks(mut self, chunks: ChunkBy) -> Self {
        self.chunks = Some(chunks);
        self
    }
}

impl ChunkBy {
    /// The pieces of `text`; together they are the text.
    pub(crate) fn pieces(self, text: &str) -> Vec<String> {
        match self {
            _ if text.is_empty() => Vec::new(),
            Self::Whole => vec![text.to_owned()],
            Self::Word => {
                let mut pieces: Vec<String> = Vec::new();
                for piece in text.split_inclusive(char::is_whitespace) {
                    match pieces.last_mut() {
                        // A run of white space stays with the word before it.
                        Some(last) if piece.trim().is_empty() => last.push_str(piece),
                        _ => pieces.push(piece.to_owned()),
                    }
                }
                pieces
            }
            Self::Characters(count) => {
                let characters: Vec<char> = text.chars().collect();
                characters.chunks(count.max(1)).map(|piece| piece.iter().collect()).collect()
            }
        }
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// As JSON text.
impl From<Value> for Reply {
    fn from(value: Value) -> Self {
        Self::json(&value)
    }
}

/// The call as it is: arguments may be cut or no JSON at all. An empty id is filled in.
impl From<ToolCall> for Reply {
    fn from(call: ToolCall) -> Self {
        Self::parts([AssistantPart::ToolCall(call)])
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        Self::error(error)
    }
}

impl From<ErrorKind> for Reply {
    fn from(kind: ErrorKind) -> Self {
        Self::fail(kind)
    }
}

/// So that a closure which replies may use `?`.
impl<R: Into<Reply>, E: Into<Error>> From<Result<R, E>> for Reply {
    fn from(result: Result<R, E>) -> Self {
        match result {
            Ok(reply) => reply.into(),
            Err(error) => Self::error(error),
        }
    }
}
