//! OpenAI's own driver: Responses, and Chat Completions by option.

mod own;

use std::sync::Arc;

use laravel_ai_core::{Context, Driver as _, ErrorKind, Provider, Resources, Secret};
use provider_mock::WireReply;
use provider_openai::{Api, Config, OpenAi};
use serde_json::json;
use tests::conformance::OPENAI;

use super::Row;
use crate::{chat, sdk, specs};

/// Responses, the default.
pub(crate) fn responses() -> Row {
    Row {
        name: "openai",
        vendor: &OPENAI,
        connect: |resources| connect(Api::Responses, resources),
        models: super::GPT,
        unstreamed: super::by_a_member,
        sdk: "openai",
        own: own::responses,
        beyond: &[
            ("sound wav", "\"input_audio\" is not one of", SOUND),
            ("sound wav", "'input_audio' was unexpected", SOUND),
            ("sound mp3", "\"input_audio\" is not one of", SOUND),
            ("sound mp3", "'input_audio' was unexpected", SOUND),
            (
                "option input_items",
                "\"request_id\" is a required property",
                "the definition asks for a member that it does not define; the official SDKs know none",
            ),
            ("extra body", "'verbosity' was unexpected", "the caller's own words, those of Chat Completions"),
            ("raw", "'messages', 'n' were unexpected", "the caller's own words, those of Chat Completions"),
        ],
        sdk_cases: sdk::responses,
        differs: &[
            (
                "responses.*",
                "/store is only ours: false",
                "nothing is kept at the vendor unless it is asked for",
            ),
            (
                "responses.stream*",
                "/stream_options is only ours: {\"include_obfuscation\":false}",
                "half of a stream's bytes would be random padding",
            ),
        ],
        answers: &[
            "provider-openai/openai_responses_success.json",
            "provider-openai/openai_responses_parallel_tool_calls.json",
            "provider-openai/openai_responses_tool_call.json",
            "provider-openai/openai_responses_reasoning.json",
            "provider-openai/openai_responses_refusal.json",
            "provider-openai/openai_responses_web_search.json",
            "provider-openai/openai_responses_stream.sse",
            "provider-openai/openai_responses_stream_tool_calls.sse",
        ],
        refuses: UPLOADED,
    }
}

const SOUND: &str =
    "sound in Responses is newer than the definition of August; not proven against the service";
const UPLOADED: &[(&str, ErrorKind, &str)] =
    &[("file uploaded", ErrorKind::Unsupported, "it was uploaded for another driver")];

/// Chat Completions.
pub(crate) fn chat() -> Row {
    Row {
        name: "openai, chat",
        connect: |resources| connect(Api::Chat, resources),
        own: own::chat,
        beyond: &[],
        sdk_cases: sdk::chat_completions,
        differs: super::openai_compat::AS_OPENAI,
        answers: super::openai_compat::ANSWERS,
        ..responses()
    }
}

#[tokio::test]
async fn a_background_answer_is_asked_for_as_openai_defines() {
    let row = responses();
    let Some(definition) = specs::definition(row.vendor) else { return };
    let (provider, transport) = row.provider();
    transport.reply(WireReply::status(500));
    let model = provider.chat_model("gpt-6-luna").unwrap();
    model.stream(&Context::new(), Arc::new(own::background())).await.unwrap_err();
    let sent = chat::sent(&transport.recorded()[0]);
    assert_eq!((&sent.body["background"], &sent.body["store"]), (&json!(true), &json!(true)));
    assert_eq!(definition.check(&sent), []);
}

fn connect(api: Api, resources: &Resources) -> Arc<dyn Provider> {
    let mut config = Config::new(Secret::new("sk-test"));
    config.api = api;
    OpenAi::connect("work", config, resources).unwrap()
}
