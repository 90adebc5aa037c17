//! What is asked for, and what of it is sent.

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, Error, ErrorKind, FunctionTool, JsonSchemaFormat, Media, Message,
    ProviderOptions, ReasoningEffort, ReasoningOptions, RenderedRequest, ResponseFormat, ToolCall,
    ToolChoice, ToolResult, UserPart,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::violation::ensure;
use crate::{Role, Split, Subject, Violation};

/// Every text, call, result, tool and image of a request is in the body, or a warning or an error before anything is
/// sent says what is not.
///
/// # Errors
/// What is missing without a word.
pub async fn nothing_is_dropped_in_silence(subject: &Subject) -> Result<(), Violation> {
    let (model, _stage) = subject.model(Role::Text, true, Split::Whole).await?;
    let made = |error| Violation::new("a request", error);
    let image = Media::from_bytes_as("canary-image", "image/png", 64).map_err(made)?;
    let base64 = image.base64().unwrap_or_default();
    let call = ToolCall::new("call_1", "canary_tool", r#"{"canary_property":"canary-argument"}"#);
    let conversation = ChatRequest::new([
        Message::system("canary-instruction"),
        Message::user("canary-question"),
        Message::Assistant(vec![AssistantPart::text("canary-answer"), AssistantPart::ToolCall(call.clone())]),
        Message::tool([ToolResult::text(&call, "canary-result")]),
        Message::user("canary-thanks"),
    ])
    .with_tool(FunctionTool::new("canary_tool").with_description("canary-description").with_parameters(
        json!({
            "type": "object",
            "properties": {"canary_property": {"type": "string"}},
            "required": ["canary_property"],
        }),
    ));
    let picture =
        ChatRequest::new([Message::User(vec![UserPart::text("canary-caption"), UserPart::Image(image)])]);
    let words = [
        "canary-instruction",
        "canary-question",
        "canary-answer",
        "canary_tool",
        "canary-argument",
        "canary-result",
        "canary-thanks",
        "canary-description",
        "canary_property",
    ];
    for (request, words) in [(conversation, &words[..]), (picture, &["canary-caption", &base64])] {
        match model.render(&Context::new(), &request) {
            Ok(rendered) => {
                let body = rendered.body.to_string();
                let missing: Vec<_> = words.iter().filter(|word| !body.contains(**word)).collect();
                ensure(
                    missing.is_empty() || !rendered.warnings.is_empty(),
                    "every part of the request in the body, or a warning",
                    || format!("neither for {missing:?}: {body}"),
                )?;
            }
            Err(error) => refused(&error)?,
        }
    }
    Ok(())
}

/// Every option of a request changes what is sent, or a warning or an error before anything is sent says that it
/// doesn't. A strict request is refused where another one is warned.
///
/// # Errors
/// The option that has no effect.
pub async fn options_are_sent_or_told(subject: &Subject) -> Result<(), Violation> {
    let (model, _stage) = subject.model(Role::Text, true, Split::Whole).await?;
    let render = |request: &ChatRequest| model.render(&Context::new(), request);
    let base = ChatRequest::user("Which is the largest moon of Saturn? Answer as JSON.")
        .with_tool(FunctionTool::new("look_up").with_description("Looks a moon up"));
    let plain = render(&base).map_err(|error| Violation::new("a rendered request", error))?;
    for (name, request) in options(&base)? {
        let at = |violation: Violation| violation.at(format_args!("the option `{name}`"));
        let rendered = match render(&request) {
            Ok(rendered) => rendered,
            Err(error) => {
                refused(&error).map_err(at)?;
                continue;
            }
        };
        let told = rendered.warnings.len() > plain.warnings.len();
        ensure(told || differs(&plain, &rendered), "another request than without it, or a warning", || {
            format!("neither: {}", rendered.body)
        })
        .map_err(at)?;
        if told {
            let strict = render(&request.with_strict(true)).map(|rendered| rendered.body);
            let violation = |body: Value| Violation::new("an error for a strict request", body);
            match strict {
                Ok(body) => return Err(at(violation(body))),
                Err(error) => refused(&error).map_err(at)?,
            }
        }
    }
    Ok(())
}

/// Each option alone, with values that no vendor's default has.
fn options(base: &ChatRequest) -> Result<Vec<(&'static str, ChatRequest)>, Violation> {
    let base = || base.clone();
    let made = |error| Violation::new("a request", error);
    let schema = json!({"type": "object", "properties": {"moon": {"type": "string"}}, "required": ["moon"],
        "additionalProperties": false});
    Ok(vec![
        ("temperature", base().with_temperature(0.375)),
        ("top_p", base().with_top_p(0.625)),
        ("top_k", base().with_top_k(17)),
        ("max_output_tokens", base().with_max_output_tokens(4711)),
        ("stop", base().with_stop("canary-stop")),
        ("seed", base().with_seed(4711)),
        ("presence_penalty", base().with_presence_penalty(0.375)),
        ("frequency_penalty", base().with_frequency_penalty(0.625)),
        ("reasoning", base().with_reasoning(ReasoningOptions::effort(ReasoningEffort::Low))),
        ("tool_choice none", base().with_tool_choice(ToolChoice::None)),
        ("tool_choice required", base().with_tool_choice(ToolChoice::Required)),
        ("tool_choice named", base().with_tool_choice(ToolChoice::Named("look_up".into()))),
        ("parallel_tool_calls", base().with_parallel_tool_calls(false)),
        ("format JSON", base().with_format(ResponseFormat::Json)),
        ("format by a schema", base().with_format(JsonSchemaFormat::new("moon", schema).into())),
        ("cache_key", base().with_cache_key("canary-key")),
        ("end_user", base().with_end_user("canary-user")),
        ("extra_body", base().with_extra("canary_member", "canary-value")),
        ("extra_headers", base().with_header("x-canary", "canary-value").map_err(made)?),
        ("options of another driver", base().with_options(&Foreign { canary: true }).map_err(made)?),
    ])
}

/// Options that no driver knows.
#[derive(Serialize, Deserialize)]
struct Foreign {
    canary: bool,
}

impl ProviderOptions for Foreign {
    const DRIVER: &'static str = "a-driver-that-does-not-exist";
}

fn differs(plain: &RenderedRequest, other: &RenderedRequest) -> bool {
    (&plain.url, &plain.headers, &plain.body) != (&other.url, &other.headers, &other.body)
}

/// A refusal before anything is sent.
pub(super) fn refused(error: &Error) -> Result<(), Violation> {
    let kinds = [ErrorKind::Unsupported, ErrorKind::InvalidRequest];
    ensure(kinds.contains(&error.kind()), "an Unsupported or InvalidRequest error", || format!("{error:?}"))
}
