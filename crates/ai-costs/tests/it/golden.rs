//! Every example of usage that we have of vendors, its cost worked by hand.
//!
//! Prices are those of 20 November 2026, in dollars for a million tokens; "millionths" are of a dollar.

use ai_costs::{Part, Sale, Unpriced};
use laravel_ai_core::{
    AssistantPart, ChatResponse, Cost, FinishReason, Media, Money, Provenance, ProviderCall, Usage,
};

use crate::support::{cached, prices, put_in, reasoned, target, today, used, wrote};

enum Expected {
    Cost(&'static str),
    Unknown(Unpriced),
}

/// An example, the answer that a driver makes of it as far as its price depends on it, and what that costs.
struct Golden {
    file: &'static str,
    answer: ChatResponse,
    reckoned: Expected,
    /// What the vendor itself says.
    reported: Option<&'static str>,
}

fn golden(file: &'static str, driver: &str, model: &str, usage: Usage, reckoned: Expected) -> Golden {
    let mut answer = ChatResponse::new(target(driver, model), Vec::new(), FinishReason::Stop);
    answer.model = Some(model.to_owned());
    answer.service_tier = (driver == "openai").then(|| "default".to_owned());
    answer.usage = usage;
    Golden { file, answer, reckoned, reported: None }
}

fn priced(file: &'static str, driver: &str, model: &str, usage: Usage, cost: &'static str) -> Golden {
    golden(file, driver, model, usage, Expected::Cost(cost))
}

fn searched(
    file: &'static str,
    driver: &str,
    model: &str,
    usage: Usage,
    searches: usize,
    cost: &'static str,
) -> Golden {
    let mut golden = priced(file, driver, model, usage, cost);
    let call = || AssistantPart::ProviderCall(ProviderCall::new("ws", "web_search"));
    golden.answer.content = std::iter::repeat_with(call).take(searches).collect();
    golden
}

fn reported(
    file: &'static str,
    driver: &str,
    model: &str,
    usage: Usage,
    cost: &'static str,
    said: &'static str,
) -> Golden {
    Golden { reported: Some(said), ..priced(file, driver, model, usage, cost) }
}

fn unknown(file: &'static str, driver: &str, model: &str, usage: Usage, why: Unpriced) -> Golden {
    golden(file, driver, model, usage, Expected::Unknown(why))
}

fn images(file: &'static str, driver: &str, model: &str, usage: Usage) -> Golden {
    let why = Unpriced::UnknownPrice { part: Part::ImageOutput };
    let mut golden = unknown(file, driver, model, usage, why);
    let image = Media::from_bytes_as(vec![1], "image/png", 10).unwrap();
    golden.answer.content = vec![AssistantPart::Media(image)];
    golden
}

fn tool(file: &'static str, driver: &str, model: &str, usage: Usage, name: &str) -> Golden {
    let mut golden = unknown(file, driver, model, usage, Unpriced::UnknownTool { tool: name.to_owned() });
    golden.answer.content = vec![AssistantPart::ProviderCall(ProviderCall::new("call", name))];
    golden
}

fn no_model(driver: &str, model: &str) -> Unpriced {
    Unpriced::UnknownModel { driver: driver.to_owned(), model: model.to_owned() }
}

#[rustfmt::skip] // A case is a comment and a line.
fn cases() -> Vec<Golden> {
    vec![
        // What running code costs is in no list.
        tool("gemini_code_execution.json", "gemini", "gemini-3.5-flash", used(20, 30), "code_execution"),
        // 20 of prompt + 310 of search results = 330 in. 330 × 1.5 + 2 × 9 = 513 millionths. 1 search at 14 a thousand = 0.014.
        searched("gemini_grounding.json", "gemini", "gemini-3.5-flash", used(330, 2), 1, "0.014513"),
        // What images cost is in no list.
        images("gemini_image_output.json", "gemini", "gemini-3.5-flash", used(12, 1290)),
        // 8 × 0.3 + 1 × 2.5 = 4.9 millionths.
        priced("gemini_logprobs.json", "gemini", "gemini-2.5-flash", used(8, 1), "0.0000049"),
        // 71 × 0.3 = 21.3 millionths.
        priced("gemini_malformed_function_call.json", "gemini", "gemini-2.5-flash", used(71, 0), "0.0000213"),
        // 0 of answer + 397 of thoughts = 397 out. 30 × 1.5 + 397 × 9 = 3618 millionths.
        priced("gemini_max_tokens_empty.json", "gemini", "gemini-3.5-flash", reasoned(used(30, 397), 397), "0.003618"),
        // 24 × 1.5 + 2 × 9 = 54 millionths.
        priced("gemini_no_usage_details.json", "gemini", "gemini-3.5-flash", used(24, 2), "0.000054"),
        // 19 + 44 that only the total shows = 63 out. 71 × 1.5 + 63 × 9 = 673.5 millionths.
        priced("gemini_openai_compat_tool_call.json", "gemini", "gemini-3.5-flash", reasoned(used(71, 63), 44), "0.0006735"),
        // 44 of answer + 30 of thoughts = 74 out. 71 × 1.5 + 74 × 9 = 772.5 millionths.
        priced("gemini_parallel_tool_calls.json", "gemini", "gemini-3.5-flash", reasoned(used(71, 74), 30), "0.0007725"),
        // 30 × 1.5 = 45 millionths.
        priced("gemini_prompt_blocked.json", "gemini", "gemini-3.5-flash", used(30, 0), "0.000045"),
        // 2 of answer + 64 of thoughts = 66 out. 24 × 1.5 + 66 × 9 = 630 millionths.
        priced("gemini_reasoning.json", "gemini", "gemini-3.5-flash", reasoned(used(24, 66), 64), "0.00063"),
        // 12 × 0.3 = 3.6 millionths.
        priced("gemini_recitation.json", "gemini", "gemini-2.5-flash", used(12, 0), "0.0000036"),
        // 30 × 0.3 = 9 millionths.
        priced("gemini_safety_candidate.json", "gemini", "gemini-2.5-flash", used(30, 0), "0.000009"),
        // 2 of answer + 40 of thoughts = 42 out. 24 × 1.5 + 42 × 9 = 414 millionths.
        priced("gemini_stream.sse", "gemini", "gemini-3.5-flash", reasoned(used(24, 42), 40), "0.000414"),
        // 24 × 1.5 + 2 × 9 = 54 millionths.
        priced("gemini_stream_array.json", "gemini", "gemini-3.5-flash", used(24, 2), "0.000054"),
        // 24 × 1.5 + 1 × 9 = 45 millionths.
        priced("gemini_stream_error.sse", "gemini", "gemini-3.5-flash", used(24, 1), "0.000045"),
        // 30 × 1.5 = 45 millionths.
        priced("gemini_stream_prompt_blocked.sse", "gemini", "gemini-3.5-flash", used(30, 0), "0.000045"),
        // 2 of answer + 64 of thoughts = 66 out. 24 × 1.5 + 66 × 9 = 630 millionths.
        priced("gemini_stream_reasoning.sse", "gemini", "gemini-3.5-flash", reasoned(used(24, 66), 64), "0.00063"),
        // 44 of answer + 30 of thoughts = 74 out. 71 × 1.5 + 74 × 9 = 772.5 millionths.
        priced("gemini_stream_tool_calls.sse", "gemini", "gemini-3.5-flash", reasoned(used(71, 74), 30), "0.0007725"),
        // 24 × 1.5 + 2 × 9 = 54 millionths.
        priced("gemini_stream_truncated.sse", "gemini", "gemini-3.5-flash", used(24, 2), "0.000054"),
        // 2 of answer + 40 of thoughts = 42 out. 24 × 1.5 + 42 × 9 = 414 millionths.
        priced("gemini_success.json", "gemini", "gemini-3.5-flash", reasoned(used(24, 42), 40), "0.000414"),
        // 19 of answer + 44 of thoughts = 63 out. 71 × 1.5 + 63 × 9 = 673.5 millionths.
        priced("gemini_tool_call.json", "gemini", "gemini-3.5-flash", reasoned(used(71, 63), 44), "0.0006735"),
        // 19 of answer + 44 of thoughts = 63 out. 71 × 1.5 + 63 × 9 = 673.5 millionths.
        priced("gemini_tool_call_with_id.json", "gemini", "gemini-3.5-flash", reasoned(used(71, 63), 44), "0.0006735"),
        // A machine of one's own: nothing.
        priced("ollama_chat_length.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_logprobs.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_parallel_tool_calls.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_stream.ndjson", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_stream_thinking.ndjson", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_stream_tool_calls.ndjson", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_success.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_thinking.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_chat_tool_call.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_embed.json", "local", "nomic-embed-text", put_in(8), "0"),
        // A machine of one's own: nothing.
        priced("ollama_generate.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_v1_chat.json", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_v1_stream.sse", "local", "qwen3:8b", used(26, 12), "0"),
        // A machine of one's own: nothing.
        priced("ollama_v1_tool_call.json", "local", "qwen3:8b", used(26, 12), "0"),
        // 30 × 2 + 5 × 8 = 100 millionths.
        priced("openai_chat_content_filter.json", "openai", "gpt-4.1-2025-04-14", reasoned(cached(used(30, 5), 0), 0), "0.0001"),
        // 60 × 0.1 + 14 × 0.5 = 13 millionths.
        priced("openai_chat_custom_tool_call.json", "openai", "gpt-6-luna", reasoned(cached(used(60, 14), 0), 0), "0.000013"),
        // 30 × 0.1 + 400 × 0.5 = 203 millionths.
        priced("openai_chat_length.json", "openai", "gpt-6-luna", reasoned(cached(used(30, 400), 0), 400), "0.000203"),
        // 18 × 2 + 1 × 8 = 44 millionths.
        priced("openai_chat_logprobs.json", "openai", "gpt-4.1-2025-04-14", reasoned(cached(used(18, 1), 0), 0), "0.000044"),
        // 71 × 0.1 + 44 × 0.5 = 29.1 millionths.
        priced("openai_chat_parallel_tool_calls.json", "openai", "gpt-6-luna", reasoned(cached(used(71, 44), 0), 0), "0.0000291"),
        // 1500 − 1280 = 220 not cached. 220 × 0.1 + 1280 × 0.01 + 212 × 0.5 = 140.8 millionths.
        priced("openai_chat_reasoning_usage.json", "openai", "gpt-6-luna", reasoned(cached(used(1500, 212), 1280), 192), "0.0001408"),
        // 40 × 0.1 + 9 × 0.5 = 8.5 millionths.
        priced("openai_chat_refusal.json", "openai", "gpt-6-luna", reasoned(cached(used(40, 9), 0), 0), "0.0000085"),
        // 12 × 0.1 + 16 × 0.5 = 9.2 millionths.
        priced("openai_chat_stream_length.sse", "openai", "gpt-6-luna", reasoned(cached(used(12, 16), 0), 0), "0.0000092"),
        // 71 × 0.1 + 44 × 0.5 = 29.1 millionths.
        priced("openai_chat_stream_tool_calls.sse", "openai", "gpt-6-luna", reasoned(cached(used(71, 44), 0), 0), "0.0000291"),
        // The stream or the answer ends before any usage.
        unknown("openai_chat_stream_truncated.sse", "openai", "gpt-6-luna", Usage::default(), Unpriced::UnknownCount { part: Part::Input }),
        // 24 × 0.1 + 3 × 0.5 = 3.9 millionths.
        priced("openai_chat_stream_usage.sse", "openai", "gpt-6-luna", reasoned(cached(used(24, 3), 0), 0), "0.0000039"),
        // 24 × 0.1 + 3 × 0.5 = 3.9 millionths.
        priced("openai_chat_success.json", "openai", "gpt-6-luna", reasoned(cached(used(24, 3), 0), 0), "0.0000039"),
        // 71 × 0.1 + 19 × 0.5 = 16.6 millionths.
        priced("openai_chat_tool_call.json", "openai", "gpt-6-luna", reasoned(cached(used(71, 19), 0), 0), "0.0000166"),
        // 2 × 0.02 = 0.04 millionths.
        priced("openai_embeddings.json", "openai", "text-embedding-3-small", put_in(2), "0.00000004"),
        // 1 × 0.02 = 0.02 millionths.
        priced("openai_embeddings_base64.json", "openai", "text-embedding-3-small", put_in(1), "0.00000002"),
        // 12 × 0.1 = 1.2 millionths.
        priced("openai_responses_content_filter.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(12, 0), 0), 0), 0), "0.0000012"),
        // The stream or the answer ends before any usage.
        unknown("openai_responses_failed.json", "openai", "gpt-6-luna", Usage::default(), Unpriced::UnknownCount { part: Part::Input }),
        // 12 × 0.1 + 16 × 0.5 = 9.2 millionths.
        priced("openai_responses_incomplete.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(12, 16), 0), 0), 10), "0.0000092"),
        // 71 × 0.1 + 44 × 0.5 = 29.1 millionths.
        priced("openai_responses_parallel_tool_calls.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(71, 44), 0), 0), 0), "0.0000291"),
        // 24 × 0.1 + 80 × 0.5 = 42.4 millionths.
        priced("openai_responses_reasoning.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(24, 80), 0), 0), 64), "0.0000424"),
        // 40 × 0.1 + 11 × 0.5 = 9.5 millionths.
        priced("openai_responses_refusal.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(40, 11), 0), 0), 0), "0.0000095"),
        // 24 × 0.1 + 8 × 0.5 = 6.4 millionths.
        priced("openai_responses_stream.sse", "openai", "gpt-6-luna", reasoned(wrote(cached(used(24, 8), 0), 0), 0), "0.0000064"),
        // The stream or the answer ends before any usage.
        unknown("openai_responses_stream_error_flat.sse", "openai", "gpt-6-luna", Usage::default(), Unpriced::UnknownCount { part: Part::Input }),
        // The stream or the answer ends before any usage.
        unknown("openai_responses_stream_failed.sse", "openai", "gpt-6-luna", Usage::default(), Unpriced::UnknownCount { part: Part::Input }),
        // 24 × 0.1 + 80 × 0.5 = 42.4 millionths.
        priced("openai_responses_stream_reasoning.sse", "openai", "gpt-6-luna", reasoned(wrote(cached(used(24, 80), 0), 0), 64), "0.0000424"),
        // 40 × 0.1 + 11 × 0.5 = 9.5 millionths.
        priced("openai_responses_stream_refusal.sse", "openai", "gpt-6-luna", reasoned(wrote(cached(used(40, 11), 0), 0), 0), "0.0000095"),
        // 71 × 0.1 + 108 × 0.5 = 61.1 millionths.
        priced("openai_responses_stream_tool_calls.sse", "openai", "gpt-6-luna", reasoned(wrote(cached(used(71, 108), 0), 0), 64), "0.0000611"),
        // The stream or the answer ends before any usage.
        unknown("openai_responses_stream_truncated.sse", "openai", "gpt-6-luna", Usage::default(), Unpriced::UnknownCount { part: Part::Input }),
        // 5 × 0.1 + 4 × 0.5 = 2.5 millionths.
        priced("openai_responses_stream_unknown_event.sse", "openai", "gpt-6-luna", reasoned(wrote(cached(used(5, 4), 0), 0), 0), "0.0000025"),
        // 24 × 0.1 + 8 × 0.5 = 6.4 millionths.
        priced("openai_responses_success.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(24, 8), 0), 0), 0), "0.0000064"),
        // 71 × 0.1 + 83 × 0.5 = 48.6 millionths.
        priced("openai_responses_tool_call.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(71, 83), 0), 0), 64), "0.0000486"),
        // 330 × 0.1 + 41 × 0.5 = 53.5 millionths. 1 search at 10 a thousand = 0.01.
        searched("openai_responses_web_search.json", "openai", "gpt-6-luna", reasoned(wrote(cached(used(330, 41), 0), 0), 0), 1, "0.0100535"),
        // 8 of answer + 60 of reasoning = 68 out. 900 × 2 + 68 × 6 = 2208 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_citations.json", "xai", "grok-4.7", reasoned(cached(used(900, 68), 0), 60), "0.002208", "0.000146625"),
        // 16 of answer + 40 of reasoning = 56 out. 12 × 2 + 56 × 6 = 360 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_length.json", "xai", "grok-4.7", reasoned(cached(used(12, 56), 0), 40), "0.00036", "0.000146625"),
        // 52 of answer + 120 of reasoning = 172 out. 291 × 2 + 172 × 6 = 1614 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_parallel_tool_calls.json", "xai", "grok-4.7", reasoned(cached(used(291, 172), 0), 120), "0.001614", "0.000146625"),
        // 24 − 11 = 13 not cached. 2 of answer + 290 of reasoning = 292 out. 13 × 2 + 11 × 0.5 + 292 × 6 = 1783.5 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_reasoning.json", "xai", "grok-4.7", reasoned(cached(used(24, 292), 11), 290), "0.0017835", "0.000146625"),
        // 2 of answer + 290 of reasoning = 292 out. 24 × 2 + 292 × 6 = 1800 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_stream.sse", "xai", "grok-4.7", reasoned(cached(used(24, 292), 0), 290), "0.0018", "0.000146625"),
        // 52 of answer + 196 of reasoning = 248 out. 291 × 2 + 248 × 6 = 2070 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_stream_tool_calls.sse", "xai", "grok-4.7", reasoned(cached(used(291, 248), 0), 196), "0.00207", "0.000146625"),
        // 24 × 2 + 2 × 6 = 60 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_success.json", "xai", "grok-4.7", reasoned(cached(used(24, 2), 0), 0), "0.00006", "0.000146625"),
        // 26 of answer + 189 of reasoning = 215 out. 291 × 2 + 215 × 6 = 1872 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_chat_tool_call.json", "xai", "grok-4.7", reasoned(cached(used(291, 215), 0), 189), "0.001872", "0.000146625"),
        // No list has this model.
        unknown("xai_embeddings.json", "xai", "embed-example", put_in(2), no_model("xai", "embed-example")),
        // 291 × 2 + 200 × 6 = 1782 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_parallel_tool_calls.json", "xai", "grok-4.7", reasoned(cached(used(291, 200), 0), 120), "0.001782", "0.000146625"),
        // 24 × 2 + 80 × 6 = 528 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_reasoning.json", "xai", "grok-4.7", reasoned(cached(used(24, 80), 0), 64), "0.000528", "0.000146625"),
        // 24 × 2 + 5 × 6 = 78 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_stream.sse", "xai", "grok-4.7", reasoned(cached(used(24, 5), 0), 0), "0.000078", "0.000146625"),
        // 291 × 2 + 200 × 6 = 1782 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_stream_tool_calls.sse", "xai", "grok-4.7", reasoned(cached(used(291, 200), 0), 120), "0.001782", "0.000146625"),
        // 24 × 2 + 5 × 6 = 78 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_success.json", "xai", "grok-4.7", reasoned(cached(used(24, 5), 0), 0), "0.000078", "0.000146625"),
        // 1875 × 2 + 95 × 6 = 4320 millionths. The vendor says 1466250 ticks of 1e-10 USD.
        reported("xai_responses_web_search.json", "xai", "grok-4.7", reasoned(cached(used(1875, 95), 0), 60), "0.00432", "0.000146625"),
    ]
}

#[test]
fn every_example_costs_what_was_worked_out_by_hand() {
    let prices = prices();
    let mut seen = std::collections::BTreeSet::new();
    for Golden { file, answer, reckoned, .. } in cases() {
        assert!(seen.insert(file), "{file} twice");
        let cost = prices.cost_of(&answer, today());
        match reckoned {
            Expected::Cost(amount) => {
                let cost = cost.unwrap_or_else(|why| panic!("{file}: {why}"));
                assert_eq!(cost.money.amount.to_string(), amount, "{file}");
            }
            Expected::Unknown(why) => assert_eq!(cost, Err(why), "{file}"),
        }
        assert_eq!(prices.cost(&Sale::of(&answer, today())).ok(), prices.cost_of(&answer, today()).ok());
    }
    assert!(seen.len() > 80, "{}", seen.len());
}

#[test]
fn what_the_vendor_says_a_call_costs_comes_before_what_we_reckon() {
    let mut said = 0;
    for Golden { file, mut answer, reported, .. } in cases() {
        let Some(amount) = reported else { continue };
        let stated = Cost::new(Money::usd(amount.parse().unwrap()), Provenance::ProviderReported);
        answer.cost = Some(stated.clone());
        assert_eq!(prices().cost_of(&answer, today()), Ok(stated), "{file}");
        said += 1;
    }
    assert!(said > 10, "{said}");
}
