//! Tool calls.

use std::collections::BTreeSet;

use laravel_ai_core::{ChatResponse, FinishReason, ToolCallKind};
use serde_json::{Map, Value};

use crate::violation::{ensure, same};
use crate::{Role, Subject, Violation};

/// Tool calls come in their order with name and whole arguments, each with an id of its own, and the answer ends
/// with [`FinishReason::ToolCalls`].
///
/// # Errors
/// What differs.
pub async fn tool_calls_have_their_shape(subject: &Subject) -> Result<(), Violation> {
    let expected = subject.exchange(Role::ToolCalls)?.calls.clone();
    ensure(expected.len() > 1, "at least two calls in the role ToolCalls (`Exchange::calling`)", || {
        format!("{} declared", expected.len())
    })?;
    for answer in [subject.whole(Role::ToolCalls).await?, subject.streamed(Role::ToolCalls).await?] {
        let mut calls = Vec::new();
        for call in answer.tool_calls() {
            let arguments = call
                .parse::<Value>()
                .map_err(|error| Violation::new("arguments that are JSON", format_args!("{error}")))?;
            calls.push((call.name.clone(), arguments));
            same("the kind of the call", &ToolCallKind::Function, &call.kind)?;
        }
        same("the calls", &expected, &calls)?;
        ends_with_calls(&answer)?;
        let ids: BTreeSet<_> = answer.tool_calls().map(|call| call.id.as_str()).collect();
        ensure(ids.len() == expected.len() && !ids.contains(""), "an id for each call", || {
            format!("{ids:?}")
        })?;
    }
    Ok(())
}

/// A call without arguments parses as an empty object and is no cut one.
///
/// # Errors
/// What came instead.
pub async fn empty_arguments_are_an_object(subject: &Subject) -> Result<(), Violation> {
    let role = Role::EmptyArguments;
    for answer in [subject.whole(role).await?, subject.streamed(role).await?] {
        let calls: Vec<_> = answer.tool_calls().collect();
        let [call] = calls.as_slice() else {
            return Err(Violation::new("one call", format_args!("{calls:?}")));
        };
        let arguments = call.parse::<Value>().map_err(|error| Violation::new("`{}`", error))?;
        same("the arguments", &Value::Object(Map::new()), &arguments)?;
        ends_with_calls(&answer)?;
    }
    Ok(())
}

fn ends_with_calls(answer: &ChatResponse) -> Result<(), Violation> {
    same("the finish", &FinishReason::ToolCalls, &answer.finish.reason)
}
