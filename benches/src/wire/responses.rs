//! OpenAI's Responses.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::{Ask, Language, Message, quoted};
use crate::contender::Sink;

pub(super) struct Responses;

const RESPONSE: &str = "resp_0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef01";
const MESSAGE: &str = "msg_0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef02";
const CALL: &str = "fc_0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef03";
const USAGE: &str = r#"{"input_tokens":87,"input_tokens_details":{"cached_tokens":0},"output_tokens":2000,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":2087}"#;

fn response(status: &str, output: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"{RESPONSE}","object":"response","created_at":1790000000,"status":"{status}","background":false,"completed_at":null,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":1024,"max_tool_calls":null,"model":"gpt-test-2026-03-01","output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{{"effort":null,"summary":null}},"safety_identifier":null,"service_tier":"default","store":true,"temperature":0.7,"text":{{"format":{{"type":"text"}},"verbosity":"medium"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":{usage},"user":null,"metadata":{{}}}}"#
    )
}

fn message(text: &str) -> String {
    format!(
        r#"{{"id":"{MESSAGE}","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":{}}}],"role":"assistant"}}"#,
        quoted(text),
    )
}

fn call(status: &str, arguments: &str) -> String {
    format!(
        r#"{{"id":"{CALL}","type":"function_call","status":"{status}","arguments":{},"call_id":"call_Qp3Hk8sZ2mVnXc7bLdTfYw1e","name":"write_file"}}"#,
        quoted(arguments),
    )
}

/// The events of a stream, numbered.
struct Events(Vec<String>);

impl Events {
    fn begin() -> Self {
        let mut events = Self(Vec::new());
        let begun = response("in_progress", "", "null");
        events.add("response.created", &format!(r#""response":{begun}"#));
        events.add("response.in_progress", &format!(r#""response":{begun}"#));
        events
    }

    fn add(&mut self, kind: &str, rest: &str) {
        let number = self.0.len();
        self.0.push(format!(
            "event: {kind}\ndata: {{\"type\":\"{kind}\",{rest},\"sequence_number\":{number}}}\n\n"
        ));
    }

    /// With the padding that hides the length of a token; it differs in every event.
    fn delta(&mut self, kind: &str, place: &str, piece: &str) {
        let number = self.0.len();
        let (padding, width) = (number * 7_919, 4 + number % 8);
        self.add(kind, &format!(r#"{place},"delta":{},"obfuscation":"{padding:0width$}""#, quoted(piece)));
    }

    fn end(mut self, output: &str) -> Vec<String> {
        self.add("response.output_item.done", &format!(r#""output_index":0,"item":{output}"#));
        self.add("response.completed", &format!(r#""response":{}"#, response("completed", output, USAGE)));
        self.0
    }
}

impl Language for Responses {
    fn whole(&self, text: &str) -> String {
        response("completed", &message(text), USAGE)
    }

    fn text(&self, pieces: &[&str]) -> Vec<String> {
        let text = quoted(&pieces.concat());
        let place = format!(r#""item_id":"{MESSAGE}","output_index":0,"content_index":0"#);
        let part = |text: &str| {
            format!(r#"{place},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":{text}}}"#)
        };
        let mut events = Events::begin();
        events.add(
            "response.output_item.added",
            &format!(r#""output_index":0,"item":{{"id":"{MESSAGE}","type":"message","status":"in_progress","content":[],"role":"assistant"}}"#),
        );
        events.add("response.content_part.added", &part(r#""""#));
        for piece in pieces {
            events.delta("response.output_text.delta", &format!(r#"{place},"logprobs":[]"#), piece);
        }
        events.add("response.output_text.done", &format!(r#"{place},"text":{text},"logprobs":[]"#));
        events.add("response.content_part.done", &part(&text));
        events.end(&message(&pieces.concat()))
    }

    fn call(&self, pieces: &[String]) -> Option<Vec<String>> {
        let whole = pieces.concat();
        let place = format!(r#""item_id":"{CALL}","output_index":0"#);
        let mut events = Events::begin();
        let begun = call("in_progress", "");
        events.add("response.output_item.added", &format!(r#""output_index":0,"item":{begun}"#));
        for piece in pieces {
            events.delta("response.function_call_arguments.delta", &place, piece);
        }
        let done = format!(r#"{place},"arguments":{}"#, quoted(&whole));
        events.add("response.function_call_arguments.done", &done);
        Some(events.end(&call("completed", &whole)))
    }

    fn path(&self, _: &Ask<'_>) -> String {
        "responses".to_owned()
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        let roles = ["user", "assistant"].into_iter().cycle();
        Ok(serde_json::to_vec(&Request {
            model: ask.model,
            instructions: ask.system,
            input: ask.turns.iter().zip(roles).map(|(content, role)| Message { role, content }).collect(),
            temperature: ask.temperature,
            max_output_tokens: ask.max_tokens,
            stream: ask.stream,
        })?)
    }

    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()> {
        take(&serde_json::from_slice(body)?, sink);
        Ok(())
    }

    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool> {
        let event: Event = serde_json::from_slice(data)?;
        std::hint::black_box((&event.item_id, event.output_index, event.sequence_number));
        match (event.kind.as_str(), &event.delta) {
            ("response.output_text.delta", Some(text)) => sink.text(text),
            ("response.function_call_arguments.delta", Some(text)) => sink.arguments(text),
            ("response.completed", _) => {
                std::hint::black_box(&event.response);
                return Ok(true);
            }
            ("response.failed" | "response.incomplete" | "error", _) => bail!("the answer failed"),
            _ => {}
        }
        Ok(false)
    }

    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<super::Connect> {
        use provider_openai::{Config, OpenAi};
        Some(|builder, base_url| {
            let config = Config::new(ai::Secret::new(crate::KEY)).with_base_url(base_url);
            builder.connect::<OpenAi>("bench", config)
        })
    }

    #[cfg(feature = "ours")]
    fn encoder(&self, request: ai::ChatRequest) -> Option<crate::Encoder> {
        let target = ai::Target::new("openai", "bench", "gpt-test");
        Some(Box::new(move || {
            let encoded = provider_openai::encode_response(&target, &request, false)?;
            Ok(std::hint::black_box(encoded.body).len())
        }))
    }
}

fn take(answer: &Answer, sink: &mut Sink) {
    std::hint::black_box((&answer.id, &answer.model, &answer.status, &answer.usage));
    for item in &answer.output {
        std::hint::black_box((&item.id, &item.kind, &item.call_id, &item.name));
        item.content.iter().flatten().filter_map(|part| part.text.as_ref()).for_each(|text| sink.text(text));
        if let Some(arguments) = &item.arguments {
            sink.arguments(arguments);
        }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    input: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    stream: bool,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    delta: Option<String>,
    item_id: Option<String>,
    output_index: Option<u32>,
    sequence_number: Option<u64>,
    response: Option<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    model: String,
    status: String,
    output: Vec<Item>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    content: Option<Vec<Part>>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "read because a user wants them")]
struct Usage {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
}
