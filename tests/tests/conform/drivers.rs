//! The drivers, and what each may do otherwise. A new driver is a new row.

use std::sync::Arc;

use laravel_ai_core::{ChatRequest, ErrorKind, Provider, Resources};
use provider_mock::{ScriptedTransport, TestClock};
use serde_json::Value;
use tests::SentRequest;
use tests::conformance::Vendor;

use crate::sdk::Case;

mod gemini;
mod ollama;
mod openai;
mod openai_compat;
mod xai;

/// What is asked.
#[derive(Clone, Copy)]
pub(crate) struct Models {
    pub(crate) chat: &'static str,
    pub(crate) embedding: &'static str,
}

/// Those of OpenAI.
const GPT: Models = Models { chat: "gpt-4o", embedding: "text-embedding-3-small" };

/// As OpenAI's APIs are told to stream: by a member of the body.
fn by_a_member(request: &mut SentRequest) -> bool {
    let Some(body) = request.body.as_object_mut() else { return false };
    body.remove("stream_options");
    body.remove("stream") == Some(Value::Bool(true))
}

/// A driver whose requests are judged.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// By whose definition.
    pub(crate) vendor: &'static Vendor,
    pub(crate) connect: fn(&Resources) -> Arc<dyn Provider>,
    pub(crate) models: Models,
    /// Takes off what streaming adds to a request; `false` when it adds nothing.
    pub(crate) unstreamed: fn(&mut SentRequest) -> bool,
    /// How captures of its SDKs begin.
    pub(crate) sdk: &'static str,
    /// The driver's own options, on top of what every driver is asked.
    pub(crate) own: fn() -> Vec<(String, ChatRequest)>,
    /// What the definition does not know and the driver means: the request, what is found, and why it is right.
    pub(crate) beyond: &'static [(&'static str, &'static str, &'static str)],
    /// The captures of SDKs that speak the same language.
    pub(crate) sdk_cases: fn() -> Vec<Case>,
    /// Where the driver means to differ from the SDKs: the capture, the difference, and why.
    pub(crate) differs: &'static [(&'static str, &'static str, &'static str)],
    /// Fixtures with answers that its vendor gave, the first of them of text only: `crate/file`.
    pub(crate) answers: &'static [&'static str],
    /// What the driver can't send, `embed: ` in front of what it can't embed: the request, the error, and why.
    pub(crate) refuses: &'static [(&'static str, ErrorKind, &'static str)],
}

pub(crate) fn all() -> Vec<Row> {
    vec![
        openai_compat::generic(),
        openai_compat::as_openai(),
        openai::responses(),
        openai::chat(),
        xai::responses(),
        xai::chat(),
        gemini::native(),
        ollama::native(),
    ]
}

impl Row {
    /// A connection that answers nothing by itself, and its transport.
    pub(crate) fn provider(&self) -> (Arc<dyn Provider>, ScriptedTransport) {
        let transport = ScriptedTransport::new();
        let resources = Resources::new(Arc::new(transport.clone()), Arc::new(TestClock::new()));
        ((self.connect)(&resources), transport)
    }
}
