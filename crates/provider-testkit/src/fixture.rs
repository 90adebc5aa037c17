//! What a vendor answers, by role.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use laravel_ai_core::{ChatRequest, EmbeddingRequest, ErrorKind, Usage};
use serde_json::Value;

use crate::Violation;

/// One HTTP answer of the vendor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The status, 200 if nothing is said.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A body of this content type, with status 200. An illegal content type is left out.
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Self {
        let answer = Self { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() };
        answer.with_header("content-type", content_type)
    }

    /// A JSON document.
    pub fn json(body: impl ToString) -> Self {
        Self::new("application/json", body.to_string())
    }

    /// A stream of server-sent events, as they are on the wire.
    pub fn sse(body: impl Into<Bytes>) -> Self {
        Self::new("text/event-stream", body)
    }

    /// A stream of server-sent events with these data lines.
    pub fn sse_of<T: ToString>(data: impl IntoIterator<Item = T>) -> Self {
        Self::sse(data.into_iter().map(|data| format!("data: {}\n\n", data.to_string())).collect::<String>())
    }

    /// A stream of lines that are JSON each.
    pub fn lines<T: ToString>(lines: impl IntoIterator<Item = T>) -> Self {
        let lines = lines.into_iter().map(|line| line.to_string() + "\n").collect::<String>();
        Self::new("application/x-ndjson", lines)
    }

    /// With another status; one that HTTP does not have becomes 500.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }

    /// With a header. One that HTTP can't carry is left out.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl From<http::Response<Bytes>> for Answer {
    fn from(response: http::Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body }
    }
}

impl From<Answer> for http::Response<Bytes> {
    fn from(answer: Answer) -> Self {
        let mut response = Self::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response
    }
}

/// What an answer shows. Every role is needed, or the laws that need it are declared not to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// A short text with usage; streamed in at least two pieces.
    Text,
    /// At least two tool calls with arguments; streamed with the arguments in pieces, where the wire cuts them.
    ToolCalls,
    /// One tool call with empty arguments.
    EmptyArguments,
    /// The text of [`Text`](Self::Text) with unknown events and members that a later version of the API may bring.
    UnknownEvents,
    /// An answer with a part that no driver can know.
    UnknownContent,
    /// A text without usage.
    NoUsage,
    /// An answer with state that goes back with the next request ([`Exchange::keeping`]).
    State,
    /// A stream that delivers text and then an error event ([`Exchange::failing`]); its whole form, where the vendor
    /// has one, is an error in an answer of status 200.
    Failing,
}

/// A request, the vendor's answer to it in both forms, and what it says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// What is asked.
    pub request: ChatRequest,
    /// The answer in one piece.
    pub whole: Option<Answer>,
    /// The same answer as a stream.
    pub streamed: Option<Answer>,
    /// The text that it holds.
    pub text: Option<String>,
    /// The tool calls that it holds: name and arguments, in their order.
    pub calls: Vec<(String, Value)>,
    /// What was used; the raw object is not compared.
    pub usage: Option<Usage>,
    /// Texts of state that must be in the body of the next request, byte for byte.
    pub state: Vec<String>,
    /// The kind of the error that ends it.
    pub error: Option<ErrorKind>,
}

impl Exchange {
    /// The same answer in both forms, to a question of one line.
    pub fn new(whole: Answer, streamed: Answer) -> Self {
        Self { whole: Some(whole), streamed: Some(streamed), ..Self::direct() }
    }

    /// An answer that only comes as a stream.
    pub fn streamed(streamed: Answer) -> Self {
        Self { streamed: Some(streamed), ..Self::direct() }
    }

    /// An answer without a wire, for [`Subject::direct`](crate::Subject::direct).
    pub fn direct() -> Self {
        Self {
            request: ChatRequest::user("Which is the largest moon of Saturn?"),
            whole: None,
            streamed: None,
            text: None,
            calls: Vec::new(),
            usage: None,
            state: Vec::new(),
            error: None,
        }
    }

    /// With another request.
    pub fn asked(mut self, request: ChatRequest) -> Self {
        self.request = request;
        self
    }

    /// With the text that the answer holds.
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// With one more tool call that the answer holds.
    pub fn calling(mut self, name: impl Into<String>, arguments: Value) -> Self {
        self.calls.push((name.into(), arguments));
        self
    }

    /// With what was used.
    pub fn using(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// With a text of state that must come back.
    pub fn keeping(mut self, state: impl Into<String>) -> Self {
        self.state.push(state.into());
        self
    }

    /// With the kind of the error at its end.
    pub fn failing(mut self, kind: ErrorKind) -> Self {
        self.error = Some(kind);
        self
    }

    /// One form of the answer.
    pub(crate) fn form(&self, whole: bool) -> Result<&Answer, Violation> {
        let (answer, form) = if whole { (&self.whole, "whole") } else { (&self.streamed, "streamed") };
        let advice =
            "none: a role has both forms (`Exchange::new`), or the law is declared (`Subject::without`)";
        answer.as_ref().ok_or_else(|| Violation::new(format_args!("a {form} form of the answer"), advice))
    }
}

/// Inputs, the vendor's answer, and the vectors in the order of the inputs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Embedding {
    /// What is asked: at least two inputs.
    pub request: EmbeddingRequest,
    /// What the vendor answers, out of order where its wire has an index.
    pub answer: Answer,
    /// The vectors that it holds.
    pub vectors: Vec<Vec<f32>>,
}

impl Embedding {
    /// These inputs give these vectors.
    pub fn new(request: impl Into<EmbeddingRequest>, answer: Answer, vectors: Vec<Vec<f32>>) -> Self {
        Self { request: request.into(), answer, vectors }
    }
}
