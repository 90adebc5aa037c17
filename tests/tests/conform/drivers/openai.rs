//! OpenAI's own driver: Responses, and Chat Completions by option.

mod own;

use std::sync::Arc;

use laravel_ai_core::{Driver as _, ErrorKind, Provider, Resources, Secret};
use provider_openai::{Api, Config, OpenAi};
use tests::conformance::OPENAI;

use super::Row;
use crate::sdk;

/// Responses, the default.
pub(crate) fn responses() -> Row {
    Row {
        name: "openai",
        vendor: &OPENAI,
        connect: |resources| connect(Api::Responses, resources),
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
        ..responses()
    }
}

fn connect(api: Api, resources: &Resources) -> Arc<dyn Provider> {
    let mut config = Config::new(Secret::new("sk-test"));
    config.api = api;
    OpenAi::connect("work", config, resources).unwrap()
}
