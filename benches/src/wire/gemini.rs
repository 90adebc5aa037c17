//! Gemini's `generateContent`: every frame of a stream is a whole object with the counts so far, and calls come whole.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Ask, Language, quoted};
use crate::contender::Sink;

pub(super) struct Gemini;

fn answer(part: &str, finish: &str, tokens: usize) -> String {
    format!(
        r#"{{"candidates": [{{"content": {{"parts": [{part}],"role": "model"}}{finish},"index": 0}}],"usageMetadata": {{"promptTokenCount": 87,"candidatesTokenCount": {tokens},"totalTokenCount": {},"promptTokensDetails": [{{"modality": "TEXT","tokenCount": 87}}]}},"modelVersion": "gemini-test","responseId": "xA3-aY6pEXAMPLE"}}"#,
        87 + tokens,
    )
}

const STOP: &str = r#","finishReason": "STOP""#;

impl Language for Gemini {
    fn whole(&self, text: &str) -> String {
        answer(&format!(r#"{{"text": {}}}"#, quoted(text)), STOP, 150)
    }

    fn text(&self, pieces: &[&str]) -> Vec<String> {
        let frame = |(at, piece): (usize, &&str)| {
            let finish = if at + 1 == pieces.len() { STOP } else { "" };
            let data = answer(&format!(r#"{{"text": {}}}"#, quoted(piece)), finish, at + 1);
            // Its servers end lines as HTTP does.
            format!("data: {data}\r\n\r\n")
        };
        pieces.iter().enumerate().map(frame).collect()
    }

    fn path(&self, ask: &Ask<'_>) -> String {
        match ask.stream {
            true => format!("models/{}:streamGenerateContent?alt=sse", ask.model),
            false => format!("models/{}:generateContent", ask.model),
        }
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Vec<u8>> {
        let content = |role, text| Content { role, parts: [Part { text }] };
        let roles = ["user", "model"].into_iter().cycle();
        Ok(serde_json::to_vec(&Request {
            system_instruction: ask.system.map(|text| content(None, text)),
            contents: ask.turns.iter().zip(roles).map(|(text, role)| content(Some(role), *text)).collect(),
            generation_config: GenerationConfig {
                temperature: ask.temperature,
                max_output_tokens: ask.max_tokens,
            },
        })?)
    }

    fn read(&self, body: &[u8], sink: &mut Sink) -> Result<()> {
        self.read_frame(body, sink).map(|_| ())
    }

    fn read_frame(&self, data: &[u8], sink: &mut Sink) -> Result<bool> {
        let answer: Answer = serde_json::from_slice(data)?;
        std::hint::black_box((&answer.usage_metadata, &answer.model_version, &answer.response_id));
        let mut ended = false;
        for candidate in &answer.candidates {
            ended |= candidate.finish_reason.is_some();
            std::hint::black_box((candidate.index, &candidate.finish_reason));
            for part in candidate.content.iter().flat_map(|content| &content.parts) {
                if let Some(text) = &part.text {
                    sink.text(text);
                }
            }
        }
        Ok(ended)
    }

    #[cfg(feature = "ours")]
    fn connect(&self) -> Option<super::Connect> {
        use provider_gemini::{Config, Gemini};
        Some(|builder, base_url| {
            let config =
                Config::new(ai::Secret::new(crate::KEY)).with_base_url(base_url).with_api_version("");
            builder.connect::<Gemini>("bench", config)
        })
    }

    #[cfg(feature = "ours")]
    fn encoder(&self, request: ai::ChatRequest) -> Option<crate::Encoder> {
        let target = ai::Target::new("gemini", "bench", "gemini-test");
        Some(Box::new(move || {
            let encoded = provider_gemini::encode_content(&target, &request)?;
            Ok(std::hint::black_box(encoded.body).len())
        }))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    generation_config: GenerationConfig,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Part<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    candidates: Vec<Candidate>,
    usage_metadata: Option<Usage>,
    model_version: Option<String>,
    response_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<AnswerContent>,
    finish_reason: Option<String>,
    index: Option<u32>,
}

#[derive(Deserialize)]
struct AnswerContent {
    #[serde(default)]
    parts: Vec<AnswerPart>,
}

#[derive(Deserialize)]
struct AnswerPart {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "read because a user wants them")]
struct Usage {
    prompt_token_count: u64,
    candidates_token_count: Option<u64>,
    total_token_count: u64,
}
