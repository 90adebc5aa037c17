//! Every rule that a request is checked by.

use laravel_ai_core::*;
use serde_json::json;

fn ok() -> ChatRequest {
    ChatRequest::user("hi")
}

fn tool(name: &str) -> FunctionTool {
    FunctionTool::new(name)
}

#[test]
fn each_rule_refuses_with_words_of_its_own() {
    let allowed = |names: &[&str]| ToolChoice::Allowed {
        mode: ToolMode::Auto,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    for (request, message) in [
        (ChatRequest::default(), "the request has no messages"),
        (ChatRequest::new([Message::System(vec![])]), "message 0 (system) has no parts"),
        (ok().with_message(Message::User(vec![])), "message 1 (user) has no parts"),
        (ok().with_message(Message::Assistant(vec![])), "message 1 (assistant) has no parts"),
        (ok().with_message(Message::tool([])), "message 1 (tool) has no parts"),
        (ok().with_temperature(f64::NAN), "`temperature` is not a finite number"),
        (ok().with_top_p(f64::INFINITY), "`top_p` is not a finite number"),
        (ok().with_presence_penalty(f64::NEG_INFINITY), "`presence_penalty` is not a finite number"),
        (ok().with_frequency_penalty(f64::NAN), "`frequency_penalty` is not a finite number"),
        (ok().with_max_output_tokens(0), "`max_output_tokens` is 0: leave it out or ask for at least 1"),
        (ok().with_stop("end").with_stop(""), "a stop text is empty"),
        (ok().with_tool(tool("")), "a tool has no name"),
        (ok().with_tool(tool("a")).with_tool(tool("a")), "two tools are named `a`"),
        (
            ok().with_tool(tool("a").with_parameters(json!(["a"]))),
            "the parameters of tool `a` are not a JSON Schema object",
        ),
        (
            ok().with_tool(tool("a")).with_tool_choice(ToolChoice::Named("b".into())),
            "the tool choice names `b`, which is not among the tools",
        ),
        (
            ok().with_tool(tool("a")).with_tool_choice(allowed(&["a", "b"])),
            "the tool choice names `b`, which is not among the tools",
        ),
        (ok().with_tool(tool("a")).with_tool_choice(allowed(&[])), "the set of allowed tools is empty"),
        (ok().with_tool_choice(ToolChoice::Required), "a tool call is required, but there are no tools"),
    ] {
        let error = request.validate().unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidRequest, message));
    }
}

#[test]
fn what_a_vendor_may_take_passes() {
    let search = ProviderTool::new("driver", json!({"type": "web_search"}));
    for request in [
        ok(),
        ok().with_temperature(-5.0).with_top_p(7.0).with_max_output_tokens(1).with_stop("end"),
        ok().with_tool(tool("a")).with_tool(tool("b")).with_tool_choice(ToolChoice::Named("b".into())),
        ok().with_tool(search.clone()).with_tool(search).with_tool_choice(ToolChoice::Required),
        ok().with_tool_choice(ToolChoice::Auto),
        ok().with_tool_choice(ToolChoice::None),
        ChatRequest::user(""),
        ChatRequest::raw(RawJson::parse("{}").unwrap()).with_temperature(f64::NAN),
    ] {
        assert!(request.validate().is_ok(), "{request:?}");
    }
}
