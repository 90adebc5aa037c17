//! What is sent.

use std::sync::Arc;

use http::Uri;
use laravel_ai_core::{
    AssistantPart, ChatRequest, ChatResponse, Context, Credentials, Error, ErrorKind, FunctionTool, Message,
    RenderedRequest, ToolCall, ToolResult, ToolResultPart, UserPart, Warning, WarningKind,
};
use serde_json::{Value, json};

use super::intent::refused;
use crate::stage::{KEY, Stage, TenantKey, unexpected};
use crate::violation::{ensure, same};
use crate::wire::Reply;
use crate::{Role, Subject, Violation};

const TENANT_KEY: &str = "tenant-key-9876543210fedcba";

/// `render` sends nothing and shows the request that `chat` sends, secrets masked.
///
/// # Errors
/// The part that differs.
pub async fn render_is_what_is_sent(subject: &Subject) -> Result<(), Violation> {
    let (model, stage) = subject.model(Role::Text, true, crate::Split::Whole).await?;
    let Some(stage) = stage else {
        return Err(Violation::new("a provider with a wire", "a model without one: declare the law"));
    };
    let request = subject.exchange(Role::Text)?.request.clone();
    let shown = model.render(&Context::new(), &request);
    let shown = shown.map_err(|error| Violation::new("a rendered request", error))?;
    same("requests sent by `render`", &0, &stage.script.sent().len())?;
    model.chat(&Context::new(), Arc::new(request)).await.map_err(|error| unexpected(Role::Text, &error))?;
    let Some(sent) = stage.script.sent().pop() else { return Err(Violation::new("a request", "none")) };
    same("the method", &sent.method().to_string(), &shown.method)?;
    let path = shown.url.parse::<Uri>().map(|uri| uri.path().to_owned()).unwrap_or_default();
    same("the path", &sent.uri().path().to_owned(), &path)?;
    let body: Value = serde_json::from_slice(sent.body()).unwrap_or(Value::Null);
    same("the body", &body, &shown.body)?;
    for (name, value) in &shown.headers {
        let real = sent.headers().get(name).map(|value| value.as_bytes());
        ensure(real.is_some_and(|real| value == "***" || real == value.as_bytes()), "the headers", || {
            format!("`{name}` is shown otherwise than it is sent")
        })?;
    }
    Ok(())
}

/// A part of the history that this version does not know, whoever said it, is told of: with a warning, or with an
/// error before anything is sent. A strict request is refused.
///
/// # Errors
/// When the part is dropped in silence.
pub async fn unknown_parts_warn(subject: &Subject) -> Result<(), Violation> {
    let (model, _stage) = subject.model(Role::Text, true, crate::Split::Whole).await?;
    let unknown = || json!({"type": "hologram", "depth": 3});
    let call = ToolCall::new("call_1", "look_up", "{}");
    let result = ToolResult::of(&call, vec![ToolResultPart::Unknown(unknown())]);
    let histories = [
        ("the user", vec![Message::User(vec![UserPart::text("Look."), UserPart::Unknown(unknown())])]),
        (
            "the assistant",
            vec![
                Message::user("Show it."),
                Message::Assistant(vec![AssistantPart::text("Here."), AssistantPart::Unknown(unknown())]),
                Message::user("Again."),
            ],
        ),
        (
            "a tool",
            vec![
                Message::user("Show it."),
                Message::Assistant(vec![AssistantPart::ToolCall(call)]),
                Message::tool([result]),
            ],
        ),
    ];
    for (who, history) in histories {
        let at = |violation: Violation| violation.at(format_args!("a part of {who}"));
        let mut request = ChatRequest::new(history).with_tool(FunctionTool::new("look_up"));
        match model.render(&Context::new(), &request) {
            Ok(rendered) => ensure(!rendered.warnings.is_empty(), "a warning of the part", || {
                format!("none, and the body {}", rendered.body)
            })
            .map_err(at)?,
            Err(error) => {
                refused(&error).map_err(at)?;
                continue;
            }
        }
        request.strict = true;
        match model.render(&Context::new(), &request) {
            Ok(rendered) => {
                return Err(at(Violation::new("an error for a strict request", rendered.body)));
            }
            Err(error) => refused(&error).map_err(at)?,
        }
    }
    Ok(())
}

/// State of an answer goes back to the vendor byte for byte, from both forms of the answer.
///
/// # Errors
/// The body without it.
pub async fn state_returns_exactly(subject: &Subject) -> Result<(), Violation> {
    let state = states(subject)?;
    for answer in [subject.whole(Role::State).await?, subject.streamed(Role::State).await?] {
        let (stage, next) = follow_up(subject, &answer, None).await?;
        stage.ask(&next, true).await?.map_err(|error| unexpected(Role::Text, &error))?;
        let sent = stage.script.sent().pop().map(|sent| sent.into_body()).unwrap_or_default();
        let body = String::from_utf8_lossy(&sent);
        for state in &state {
            ensure(
                body.contains(state.as_str()),
                format_args!("the state `{state}` in the next request"),
                || body.clone().into_owned(),
            )?;
        }
    }
    Ok(())
}

/// State of another model, or of another key, is not sent, and a warning of kind
/// [`StateDropped`](WarningKind::StateDropped) says so.
///
/// # Errors
/// The body with the state, or the missing warning.
pub async fn foreign_state_is_dropped(subject: &Subject) -> Result<(), Violation> {
    let states = states(subject)?;
    let answer = subject.whole(Role::State).await?;
    let (stage, next) = follow_up(subject, &answer, None).await?;
    let other = stage.chat_model_named("another-model")?;
    let RenderedRequest { body, warnings, .. } =
        other.render(&Context::new(), &next).map_err(|error| Violation::new("a rendered request", error))?;
    dropped("another model", &states, &body.to_string(), &warnings)?;

    let port: Arc<dyn Credentials> = Arc::new(TenantKey(Ok(TENANT_KEY)));
    let (stage, next) = follow_up(subject, &answer, Some(port)).await?;
    let asked = stage.chat_model()?.chat(&Context::new(), Arc::new(next)).await;
    let asked = asked.map_err(|error| unexpected(Role::Text, &error))?;
    let sent = stage.script.sent().pop().map(|sent| sent.into_body()).unwrap_or_default();
    dropped("another key", &states, &String::from_utf8_lossy(&sent), &asked.warnings)
}

fn dropped(of: &str, states: &[String], body: &str, warnings: &[Warning]) -> Result<(), Violation> {
    for state in states {
        let expected = format_args!("no state of {of}");
        ensure(!body.contains(state.as_str()), expected, || format!("`{state}` in {body}"))?;
    }
    let warned = warnings.iter().any(|warning| warning.kind == WarningKind::StateDropped);
    let expected = format_args!("a warning of kind StateDropped for state of {of}");
    ensure(warned, expected, || format!("{warnings:?}"))
}

fn states(subject: &Subject) -> Result<Vec<String>, Violation> {
    let state = subject.exchange(Role::State)?.state.clone();
    ensure(!state.is_empty(), "state in the role State (`Exchange::keeping`)", || "none is declared".into())?;
    Ok(state)
}

/// The next request after an answer, with a result for each call of it, and a stage that answers it.
async fn follow_up(
    subject: &Subject,
    answer: &ChatResponse,
    credentials: Option<Arc<dyn Credentials>>,
) -> Result<(Stage, ChatRequest), Violation> {
    let mut next = subject.exchange(Role::State)?.request.clone();
    let results: Vec<_> = answer.tool_calls().map(|call| ToolResult::text(call, "done")).collect();
    next.messages.push(answer.message());
    if !results.is_empty() {
        next.messages.push(Message::tool(results));
    }
    next.messages.push(Message::user("Go on."));
    let reply = Reply::new(subject.exchange(Role::Text)?.form(true)?.clone());
    Ok((subject.open_with([reply], credentials).await?, next))
}

/// A key that the [`Credentials`](laravel_ai_core::Credentials) port has for a call goes over the configured one, in
/// both forms; its failure ends the call before anything is sent.
///
/// # Errors
/// When another key is sent, or anything in spite of the failure.
pub async fn tenants_keys_are_used(subject: &Subject) -> Result<(), Violation> {
    let exchange = subject.exchange(Role::Text)?;
    for whole in [true, false] {
        let answer = exchange.form(whole)?;
        let port = Arc::new(TenantKey(Ok(TENANT_KEY)));
        let stage = subject.open_with([Reply::new(answer.clone())], Some(port)).await?;
        stage.ask(&exchange.request, whole).await?.map_err(|error| unexpected(Role::Text, &error))?;
        for sent in stage.script.sent() {
            let sent = format!("{:?} {:?}", sent.uri(), all_headers(&sent));
            ensure(sent.contains(TENANT_KEY) && !sent.contains(KEY), "the tenant's key alone", || {
                if sent.contains(KEY) { "the configured key".into() } else { "no key".into() }
            })?;
        }
        let denied = Error::new(ErrorKind::Authentication, "no key for this tenant");
        let stage =
            subject.open_with([Reply::new(answer.clone())], Some(Arc::new(TenantKey(Err(denied))))).await?;
        let kind = stage.ask(&exchange.request, whole).await?.err().map(|error| error.kind());
        same("the port's error", &Some(ErrorKind::Authentication), &kind)?;
        same("requests", &0, &stage.script.sent().len())?;
    }
    Ok(())
}

pub(super) fn all_headers(sent: &http::Request<bytes::Bytes>) -> String {
    sent.headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())))
        .collect()
}
