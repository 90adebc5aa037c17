//! The laws of providers, held to the mock, which has no wire.

use laravel_ai_core::{
    AssistantPart, ErrorKind, Opaque, Provider, RawJson, Target, ToolCall, Usage, Warning, WarningKind,
};
use provider_mock::{Mock, Reply};
use provider_testkit::{Exchange, Role, Subject, conformance};
use serde_json::json;

conformance!(mock());

fn mock() -> Subject {
    let city = |city| json!({"city": city});
    Subject::direct(|role| {
        let reply = match role {
            Role::Text => Reply::text("Titan is it.").usage(usage()),
            Role::UnknownEvents => Reply::text("Titan is it."),
            Role::NoUsage => Reply::text("Titan is it.").usage(Usage::default()),
            Role::ToolCalls => Reply::tool_call("weather", json!({"city": "Oslo"}))
                .and_tool_call("weather", json!({"city": "Rome"})),
            Role::EmptyArguments => Reply::from(ToolCall::new("", "now", "")),
            Role::UnknownContent => {
                let target = Target::new("mock", "mock", "any");
                let part = Opaque::new(target, RawJson::from(&json!({"type": "hologram"})));
                let warning = Warning::new(WarningKind::UnknownPart, "hologram", "nobody knows it");
                Reply::parts([AssistantPart::Native(part)]).warning(warning)
            }
            Role::Failing => Reply::text("Titan is").then_fail(ErrorKind::Overloaded),
            _ => return None,
        };
        Mock::new().reply(reply).chat_model("any").ok()
    })
    .with(Role::Text, Exchange::direct().saying("Titan is it.").using(usage()))
    .with(Role::UnknownEvents, Exchange::direct())
    .with(Role::NoUsage, Exchange::direct())
    .with(
        Role::ToolCalls,
        Exchange::direct().calling("weather", city("Oslo")).calling("weather", city("Rome")),
    )
    .with(Role::EmptyArguments, Exchange::direct())
    .with(Role::UnknownContent, Exchange::direct())
    .with(Role::Failing, Exchange::direct().failing(ErrorKind::Overloaded))
    .without("unknown_parts_warn", "a mock takes what no vendor takes, since it stands for any of them")
    .without_wire("a mock answers from a script")
}

fn usage() -> Usage {
    let mut usage = Usage::new(24, 8);
    usage.cached_input = Some(20);
    usage
}

#[tokio::test]
async fn a_role_without_a_model_is_no_silent_pass() {
    let subject = Subject::direct(|_| None).with(Role::Text, Exchange::direct().saying("Titan."));
    let law = provider_testkit::Law::named("text_and_target").unwrap();
    let violation = provider_testkit::check(&subject, law).await.unwrap_err();
    assert!(violation.expected.contains("a model in the role Text"), "{violation}");
}
