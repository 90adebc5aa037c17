//! Models behind a local port that answer as a model would, each in the language of its vendor.

mod chat;
mod gemini;
mod ollama;
mod responses;

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

/// The root of a new server: a thread of this process, on a runtime of its own. Below it are `/v1` with Chat Completions and
/// Responses, `/xai/v1` with Responses alone, `/v1beta` of Gemini and `/api` of Ollama.
pub(crate) fn root() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let routes = axum::Router::new()
                .route("/v1/chat/completions", post(chat::answer))
                .route("/v1/responses", post(responses::answer))
                .route("/xai/v1/responses", post(responses::answer))
                .route("/v1beta/models/{call}", post(gemini::answer))
                .route("/api/chat", post(ollama::answer));
            axum::serve(listener, routes).await.unwrap();
        });
    });
    root
}

/// The base URL of a new server for Chat Completions.
pub(crate) fn url() -> String {
    format!("{}/v1", root())
}

/// What a model says.
struct Said {
    text: &'static str,
    /// Whether it calls the tool `weather`, for Oslo, in place of saying something.
    calls: bool,
    /// Whether the limit cut it off.
    cut: bool,
}

impl Said {
    /// From what is really in the request, so that history, tools and results must arrive: the messages, whether a tool is to
    /// be called, and the limit on tokens.
    fn to(messages: &Value, must_call: bool, limit: &Value) -> Self {
        let last = messages.as_array().and_then(|list| list.last()).unwrap().to_string();
        let counts = last.contains("Count from 1");
        let calls = last.contains("weather") && !last.contains("-31 degrees") && must_call;
        let text = match () {
            () if last.contains("-31 degrees") => "It is 31 degrees below zero in Oslo.",
            () if calls => "",
            () if last.contains("capital of Peru") => "Lima",
            () if counts => "one\ntwo\nthree",
            () if last.contains("my lucky number?") && messages.to_string().contains("number is 4711") => {
                "4711"
            }
            () => "I don't know.",
        };
        Self { text, calls, cut: counts && limit.as_u64().is_some_and(|limit| limit < 100) }
    }
}

fn parsed(body: &Bytes) -> Value {
    serde_json::from_slice(body).unwrap()
}

fn json(whole: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], whole.to_string()).into_response()
}

fn events<T: ToString>(events: impl IntoIterator<Item = T>) -> Response {
    let stream: String = events.into_iter().map(|event| format!("data: {}\n\n", event.to_string())).collect();
    ([(CONTENT_TYPE, "text/event-stream")], stream).into_response()
}
