//! What is counted: the way of a call through facade, layers, driver and codec. Below that lies a transport that has the answer.

use std::fmt::Write as _;
use std::sync::Arc;

use ai::mock::{ChunkBy, Mock, Reply};
use ai::openai::{self, OpenAi};
use ai::openai_compatible::{self, OpenAiCompatible};
use ai::{Ai, Body, ChatRequest, Context, Message, Result, Secret, Transport};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;

/// Chunks of one stream.
const CHUNKS: u32 = 200;
/// The growth of buffers and the first use of caches are no part of a call.
const WARM_UP: u32 = 2;

/// A wire, and whether the answer is streamed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    wire: Wire,
    stream: bool,
}

#[derive(Clone, Copy, Debug)]
enum Wire {
    Chat,
    Responses,
    /// No wire: the mock answers.
    Mock,
}

impl Work {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let wires = [Wire::Chat, Wire::Responses, Wire::Mock];
        wires.into_iter().flat_map(|wire| [false, true].map(|stream| Self { wire, stream }))
    }

    pub(crate) fn name(self) -> String {
        let wire = match self.wire {
            Wire::Chat => "chat completions",
            Wire::Responses => "responses",
            Wire::Mock => "mock",
        };
        format!("{wire}, {}", if self.stream { "chunk" } else { "call" })
    }

    /// How many calls or chunks one run has.
    pub(crate) fn units(self) -> u32 {
        if self.stream { CHUNKS } else { 1 }
    }

    pub(crate) fn prepare(self) -> Prepared {
        let builder = match self.wire {
            Wire::Chat => {
                let mut config = openai_compatible::Config::new("http://localhost/v1");
                config.api_key = Some(Secret::new("test-key"));
                Ai::builder().connect::<OpenAiCompatible>("work", config)
            }
            Wire::Responses => {
                let config =
                    openai::Config::new(Secret::new("test-key")).with_base_url("http://localhost/v1");
                Ai::builder().connect::<OpenAi>("work", config)
            }
            Wire::Mock => {
                let reply = Reply::text("token ".repeat(CHUNKS as usize)).chunks(ChunkBy::Characters(6));
                Ai::builder().provider(Arc::new(Mock::new().with_connection("work").reply(reply)))
            }
        };
        let media_type = if self.stream { "text/event-stream" } else { "application/json" };
        let answer = Answer { media_type, body: self.body().into() };
        let ai = builder.transport(Arc::new(answer)).default_model("work/gpt-test").build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let prepared = Prepared { ai, runtime, stream: self.stream };
        prepared.run(WARM_UP);
        prepared
    }

    /// For each call or chunk.
    pub(crate) fn allocations(self) -> f64 {
        let prepared = self.prepare();
        let counted = allocation_counter::measure(|| prepared.run(1));
        f64::from(u32::try_from(counted.count_total).unwrap()) / f64::from(self.units())
    }

    fn body(self) -> String {
        match (self.wire, self.stream) {
            (Wire::Mock, _) => String::new(),
            (Wire::Chat, false) => format!(
                r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1790000000,"model":"gpt-test","choices":[{{"index":0,"message":{{"role":"assistant","content":"{TEXT}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":87,"completion_tokens":20,"total_tokens":107,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_test"}}"#
            ),
            (Wire::Chat, true) => {
                let chunk = |delta: &str, finish: &str| {
                    format!(
                        r#"data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1790000000,"model":"gpt-test","service_tier":"default","system_fingerprint":"fp_test","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
                    ) + "\n\n"
                };
                let deltas: String = (0..CHUNKS)
                    .map(|number| chunk(&format!(r#"{{"content":"token {number} \"quoted\""}}"#), "null"))
                    .collect();
                chunk(r#"{"role":"assistant","content":""}"#, "null")
                    + &deltas
                    + &chunk("{}", r#""stop""#)
                    + "data: [DONE]\n\n"
            }
            (Wire::Responses, false) => completed(&message()),
            (Wire::Responses, true) => {
                let mut events = String::new();
                let mut event = |kind: &str, rest: &str| {
                    _ = write!(events, "event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
                };
                event("response.created", r#""response":{"id":"resp_1","status":"in_progress","output":[]}"#);
                event(
                    "response.output_item.added",
                    r#""output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}"#,
                );
                for number in 0..CHUNKS {
                    event(
                        "response.output_text.delta",
                        &format!(
                            r#""item_id":"msg_1","output_index":0,"content_index":0,"delta":"token {number} \"quoted\"","logprobs":[],"obfuscation":"aB3xZ9q","sequence_number":{number}"#
                        ),
                    );
                }
                let message = message();
                event("response.output_item.done", &format!(r#""output_index":0,"item":{message}"#));
                event("response.completed", &format!(r#""response":{}"#, completed(&message)));
                events
            }
        }
    }
}

const TEXT: &str = r#"An answer of some words.\n\nIt has \"quotes\" and line feeds, a naïve “word” or two, and it goes on for a while, so that reading it is not all of the work and not none of it either."#;

fn message() -> String {
    format!(
        r#"{{"id":"msg_1","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":"{TEXT}"}}],"role":"assistant"}}"#
    )
}

fn completed(output: &str) -> String {
    format!(
        r#"{{"id":"resp_1","object":"response","created_at":1790000000,"status":"completed","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-test","output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":{{"input_tokens":87,"input_tokens_details":{{"cached_tokens":0}},"output_tokens":20,"output_tokens_details":{{"reasoning_tokens":0}},"total_tokens":107}},"user":null,"metadata":{{}}}}"#
    )
}

/// Work that can be done at once.
pub(crate) struct Prepared {
    ai: Ai,
    runtime: tokio::runtime::Runtime,
    stream: bool,
}

impl Prepared {
    pub(crate) fn run(&self, times: u32) {
        self.runtime.block_on(async {
            for _ in 0..times {
                let request = ChatRequest::new([Message::system("Be brief."), Message::user("What is new?")]);
                if self.stream {
                    let mut events = self.ai.stream(request).await.unwrap();
                    while let Some(event) = events.next().await {
                        std::hint::black_box(event.unwrap());
                    }
                } else {
                    std::hint::black_box(self.ai.send(request).await.unwrap());
                }
            }
        });
    }
}

/// A transport that always has the same answer.
#[derive(Debug)]
struct Answer {
    media_type: &'static str,
    body: Bytes,
}

#[async_trait]
impl Transport for Answer {
    async fn send(&self, _: &Context, _: http::Request<Bytes>) -> Result<http::Response<Body>> {
        let mut answer = http::Response::new(Body::full(self.body.clone()));
        let media_type = http::HeaderValue::from_static(self.media_type);
        answer.headers_mut().insert(http::header::CONTENT_TYPE, media_type);
        Ok(answer)
    }
}
