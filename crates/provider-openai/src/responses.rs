//! What OpenAI's options and families mean in Responses.

use laravel_ai_core::{ChatRequest, Error, ErrorKind, Result, Target, Warning, WarningKind, Warnings};
use provider_openai_compat::responses::{EncodedResponse, Settings, encode};
use provider_openai_compat::{Dialect, Parameter, SystemRole};
use serde_json::{Value, json};

use crate::driver::dialect_of;
use crate::family::Family;
use crate::options::{ONLY_CHAT, OpenAiOptions, refuse};

/// What the endpoint that counts takes (`TokenCountsBody`).
const COUNTED: [&str; 12] = [
    "model",
    "input",
    "previous_response_id",
    "tools",
    "text",
    "reasoning",
    "truncation",
    "instructions",
    "conversation",
    "tool_choice",
    "parallel_tool_calls",
    "personality",
];

/// Writes the body of a request to the model of `target`.
///
/// A [`raw`](ChatRequest::raw) request is sent as it is, with the model of `target`, with what streaming needs, and with
/// `extra_body`.
///
/// # Errors
/// [`InvalidRequest`](ErrorKind::InvalidRequest) for what OpenAI does not take and for a
/// [`Pinned`](crate::Pinned) id of another target, [`Unsupported`](ErrorKind::Unsupported) for what has no form in
/// Responses; with [`strict`](ChatRequest::strict) also for what would be a warning.
pub fn encode_response(target: &Target, request: &ChatRequest, stream: bool) -> Result<EncodedResponse> {
    encode_for(target, request, if stream { Purpose::Stream } else { Purpose::Answer })
}

/// Writes the body that the endpoint that counts takes: only what the model reads.
pub(crate) fn encode_count(target: &Target, request: &ChatRequest) -> Result<EncodedResponse> {
    encode_for(target, request, Purpose::Count)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Answer,
    Stream,
    Count,
}

fn encode_for(target: &Target, request: &ChatRequest, purpose: Purpose) -> Result<EncodedResponse> {
    request.validate()?;
    let options = request.provider_options.of::<OpenAiOptions>()?.unwrap_or_default();
    let family = Family::of(target.model());
    let mut warnings = Warnings::new(request.strict);
    let mut settings = match &request.raw {
        Some(_) => Settings::default(),
        None => {
            check(&options, purpose)?;
            settings(&options, family, target, &mut warnings)?
        }
    };
    settings.only = (purpose == Purpose::Count).then_some(&COUNTED);
    let dialect = dialect_for(request, target.model(), family);
    let mut encoded = encode(&dialect, target, request, &settings, purpose == Purpose::Stream)?;
    encoded.warnings.extend(warnings.into_vec());
    Ok(encoded)
}

/// The dialect of the model as the effort of a request has it: models take sampling only while they don't reason.
fn dialect_for(request: &ChatRequest, model: &str, family: Option<Family>) -> Dialect {
    let mut dialect = dialect_of(model);
    let Some(family) = family else {
        dialect.system_role = SystemRole::Developer;
        return dialect;
    };
    let effort = request.reasoning.as_ref().and_then(|asked| asked.effort.as_ref());
    let effort = effort.map(|effort| effort.as_str()).filter(|effort| family.takes_effort(effort));
    if !family.takes_sampling(effort) {
        for parameter in [Parameter::Logprobs, Parameter::Temperature, Parameter::TopP] {
            dialect.unsupported = dialect.unsupported.with(parameter);
        }
    }
    dialect
}

fn check(options: &OpenAiOptions, purpose: Purpose) -> Result<()> {
    let set =
        serde_json::to_value(options).map_err(|e| invalid(format!("the options have no JSON form: {e}")))?;
    refuse(&set, &ONLY_CHAT, "Chat Completions")?;
    if options.background == Some(true) && purpose == Purpose::Answer {
        return Err(invalid(
            "`background` without a stream gives an answer that has not begun: ask for a stream, which tells it to its end",
        ));
    }
    if options.previous_response.is_some() && options.conversation.is_some() {
        return Err(invalid("`previous_response` and `conversation` are given: OpenAI takes one of them"));
    }
    Ok(())
}

fn settings<'a>(
    options: &'a OpenAiOptions,
    family: Option<Family>,
    target: &Target,
    warnings: &mut Warnings,
) -> Result<Settings<'a>> {
    let mut taken = |name: &str, takes: bool, value: Option<&'a str>| match value {
        Some(_) if !takes => {
            let message = format!("`{target}` does not take it, so it was left out");
            warnings.push(Warning::new(WarningKind::OptionDropped, name, message)).map(|()| None)
        }
        value => Ok(value),
    };
    let retention = options.prompt_cache_retention.as_deref();
    let retention =
        taken("prompt_cache_retention", family.is_none_or(Family::takes_cache_retention), retention)?;
    let verbosity = options.verbosity.as_deref();
    let verbosity = taken("verbosity", family.is_none_or(Family::takes_verbosity), verbosity)?;
    let id = |option, pinned: &'a Option<crate::Pinned>| {
        pinned.as_ref().map(|pinned| pinned.for_target(option, target)).transpose()
    };

    let mut settings = Settings::default();
    // A background answer is only found again when it is stored.
    settings.store = options.store.unwrap_or(options.background == Some(true));
    settings.include = options.include.as_deref();
    settings.previous_response = id("previous_response", &options.previous_response)?;
    settings.instructions = options.instructions.as_deref();
    settings.input_items = &options.input_items;
    let wanted = options.logprobs != Some(false);
    settings.logprobs = options.logprobs == Some(true);
    settings.top_logprobs = options.top_logprobs.filter(|_| wanted);
    settings.truncation = options.truncation.as_deref();
    let text = |value: Option<&str>| value.map(Value::from);
    let list = |values: &[Value]| (!values.is_empty()).then(|| Value::from(values));
    let metadata = (!options.metadata.is_empty()).then(|| json!(options.metadata));
    settings.text.extend(given([("verbosity", text(verbosity))]));
    settings.reasoning.extend(given([
        ("mode", text(options.reasoning_mode.as_deref())),
        ("context", text(options.reasoning_context.as_deref())),
    ]));
    settings.members.extend(given([
        ("conversation", text(id("conversation", &options.conversation)?)),
        ("service_tier", text(options.service_tier.as_deref())),
        ("metadata", metadata),
        ("prompt_cache_options", options.prompt_cache_options.clone()),
        ("prompt_cache_retention", text(retention)),
        ("moderation", options.moderation.clone()),
        ("background", options.background.map(Value::from)),
        ("prompt", options.prompt.clone()),
        ("max_tool_calls", options.max_tool_calls.map(Value::from)),
        ("context_management", list(&options.context_management)),
    ]));
    Ok(settings)
}

fn given<const N: usize>(
    members: [(&'static str, Option<Value>); N],
) -> impl Iterator<Item = (&'static str, Value)> {
    members.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
