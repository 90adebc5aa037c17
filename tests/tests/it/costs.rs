//! What a driver reads out of a vendor's bytes is what is billed, whole and in a stream.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ai::mock::{ScriptedTransport, WireReply};
use ai::openai::{Api, Config, OpenAi};
use ai::{Ai, ChatResponse, Cost, Provenance, Secret};

fn fixture(package: &str, name: &str) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    std::fs::read_to_string(crates.join(package).join("tests/fixtures").join(name)).unwrap()
}

/// The answer that the driver makes of a fixture.
async fn answered(api: Api, model: &str, package: &str, name: &str) -> (Ai, ChatResponse) {
    let streams = name.ends_with(".sse");
    let kind = if streams { "text/event-stream" } else { "application/json" };
    let transport = ScriptedTransport::new();
    transport.reply(WireReply::status(200).header("content-type", kind).body(fixture(package, name)));
    let config = Config::new(Secret::new("test")).with_api(api);
    let ai = Ai::builder().transport(Arc::new(transport)).connect::<OpenAi>("work", config).build().unwrap();
    let route = ai.model(format!("work/{model}"));
    let answer = match streams {
        true => route.stream("Hi").await.unwrap().into_response().await.unwrap(),
        false => route.send("Hi").await.unwrap(),
    };
    (ai, answer)
}

#[tokio::test]
async fn an_answer_costs_what_its_bytes_say() {
    let day = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000); // In November 2026.
    let (own, shared) = ("provider-openai", "provider-openai-compat");
    let luna = "gpt-6-luna"; // Input at $0.10, cached at $0.01, output at $0.50 a million, a thousand searches at $10.
    for (api, model, package, name, costs) in [
        // 24 x 0.1 + 80 x 0.5 = 42.4 millionths, 64 of the 80 are reasoning.
        (Api::Responses, luna, own, "openai_responses_reasoning.json", "0.0000424"),
        (Api::Responses, luna, own, "openai_responses_stream_reasoning.sse", "0.0000424"),
        // 330 x 0.1 + 41 x 0.5 = 53.5 millionths, and a search at a cent.
        (Api::Responses, luna, own, "openai_responses_web_search.json", "0.0100535"),
        // (1,500 - 1,280) x 0.1 + 1,280 x 0.01 + 212 x 0.5 = 140.8 millionths.
        (Api::Chat, luna, shared, "openai_chat_reasoning_usage.json", "0.0001408"),
        // 24 x 0.1 + 3 x 0.5 = 3.9 millionths.
        (Api::Chat, luna, shared, "openai_chat_success.json", "0.0000039"),
        (Api::Chat, luna, shared, "openai_chat_stream_usage.sse", "0.0000039"),
        // Answered by gpt-4.1-2025-04-14: 18 x 2 + 1 x 8 = 44 millionths.
        (Api::Chat, "gpt-4.1", shared, "openai_chat_logprobs.json", "0.000044"),
    ] {
        let (ai, answer) = answered(api, model, package, name).await;
        let Cost { money, provenance, .. } = ai.prices().unwrap().cost_of(&answer, day).unwrap();
        assert_eq!(money.amount.to_string(), costs, "{name}");
        assert!(matches!(provenance, Provenance::Catalogue { .. }));
    }
}
