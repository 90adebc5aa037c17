//! Whole answers.

use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatRequest, Context, ErrorKind, FinishReason, Message, RawJson, Usage, WarningKind,
};
use provider_gemini::PromptBlocked;
use provider_mock::{ScriptedTransport, WireReply};
use serde_json::{Value, json};

use crate::support::{answer, decode, encode, fixture, model, read_by};

#[test]
fn every_example() {
    for (name, _) in read_by("decode") {
        let response = decode(fixture(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), response);
    }
}

#[test]
fn a_blocked_prompt_is_an_error_that_says_why_although_http_said_200() {
    for (name, _) in read_by("failed") {
        let error = decode(fixture(&name)).unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::ContentFiltered, Some(200)), "{name}");
        assert!(error.message().contains("PROHIBITED_CONTENT"), "{error}");
        let blocked: &PromptBlocked = error.vendor().unwrap();
        assert_eq!(blocked.reason, "PROHIBITED_CONTENT");
        assert_eq!(error.partial().unwrap().usage.input, Some(30), "what was read may be charged");
    }
    // A reason that nobody knows yet is one too.
    let error =
        decode(json!({"promptFeedback": {"blockReason": "TOO_NEW", "safetyRatings": [1]}})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContentFiltered);
    let blocked: &PromptBlocked = error.vendor().unwrap();
    assert_eq!(blocked.ratings.as_ref().map(RawJson::as_str), Some("[1]"));
}

#[test]
fn what_is_no_answer_is_said_to_be_none() {
    for (body, kind) in [
        ("", ErrorKind::Decode),
        ("<html>", ErrorKind::Decode),
        ("{}", ErrorKind::Decode),
        (r#"{"choices":[]}"#, ErrorKind::Decode),
        ("[]", ErrorKind::Decode),
        (r#"{"responseId":"r"}"#, ErrorKind::Server),
        (r#"{"candidates":[],"modelVersion":"m"}"#, ErrorKind::Server),
        (r#"{"error":{"code":503,"status":"UNAVAILABLE"}}"#, ErrorKind::Overloaded),
        (r#"[{"error":{"status":"UNAVAILABLE"}}]"#, ErrorKind::Overloaded),
        (r#"{"error":{"code":1,"status":"NEW"}}"#, ErrorKind::Server),
    ] {
        let error = decode(body).unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
    }
}

#[tokio::test]
async fn a_web_page_is_told_as_one() {
    let page = "<!DOCTYPE html>\n<html><body>Sign in</body></html>";
    let words = "a web page came instead of an answer";
    assert!(decode(page).unwrap_err().message().contains(words));
    let transport = ScriptedTransport::new().reply(WireReply::status(200).body(page));
    let stream = model(&transport).stream(&Context::new(), Arc::new(ChatRequest::user("Hi"))).await.unwrap();
    let error = stream.into_response().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Decode && error.message().contains(words), "{error}");
}

#[test]
fn an_empty_text_beside_something_else_is_nothing_of_its_own() {
    let parts = json!([
        {"text": "", "functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
        {"text": "", "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
        {"text": "", "thoughtSignature": "bGFzdA=="},
    ]);
    let read = decode(answer(&parts)).unwrap();
    let call = read.tool_calls().next().unwrap();
    assert_eq!((call.name.as_str(), call.arguments.as_str()), ("f", r#"{"a":1}"#));
    assert!(
        matches!(read.content.as_slice(), [_, AssistantPart::Media(_), AssistantPart::Text(_)]),
        "{read:?}"
    );
    let back = encode(&ChatRequest::new([Message::user("Hi"), read.message()]));
    let back = &back["contents"][1]["parts"];
    assert_eq!(
        (&back[0]["thoughtSignature"], &back[2]["thoughtSignature"]),
        (&json!("c2ln"), &json!("bGFzdA=="))
    );
}

#[test]
fn every_reason_to_end() {
    let reason = |word: &str| {
        let mut body = answer(&json!([{"text": "x"}]));
        body["candidates"][0]["finishReason"] = json!(word);
        let finish = decode(body).unwrap().finish;
        assert_eq!(finish.raw.as_deref(), Some(word));
        finish.reason
    };
    for (words, expected) in [
        (&["STOP"][..], FinishReason::Stop),
        (&["MAX_TOKENS", "CONTINUATION"], FinishReason::Length),
        (
            &[
                "SAFETY",
                "RECITATION",
                "BLOCKLIST",
                "PROHIBITED_CONTENT",
                "SPII",
                "IMAGE_SAFETY",
                "IMAGE_PROHIBITED_CONTENT",
                "IMAGE_RECITATION",
                "MODEL_ARMOR",
            ],
            FinishReason::ContentFilter,
        ),
        (
            &[
                "FINISH_REASON_UNSPECIFIED",
                "LANGUAGE",
                "OTHER",
                "MALFORMED_FUNCTION_CALL",
                "UNEXPECTED_TOOL_CALL",
                "TOO_MANY_TOOL_CALLS",
                "MISSING_THOUGHT_SIGNATURE",
                "MALFORMED_RESPONSE",
                "IMAGE_OTHER",
                "NO_IMAGE",
                "ESCALATION",
                "PUP_LIMITED_DISABLED",
                "SOMETHING_NEW",
            ],
            FinishReason::Unknown,
        ),
    ] {
        for word in words {
            assert_eq!(reason(word), expected, "{word}");
        }
    }
    let none = decode(json!({"candidates": [{"content": {"parts": [{"text": "x"}]}}]})).unwrap();
    assert_eq!((none.finish.reason, none.finish.raw), (FinishReason::Unknown, None));
    let call = decode(answer(&json!([{"functionCall": {"name": "f"}}]))).unwrap();
    assert_eq!(call.finish.reason, FinishReason::ToolCalls);
}

#[test]
fn an_answer_without_anything_is_an_empty_one() {
    for content in [
        json!(null),
        json!({}),
        json!({"role": "model"}),
        json!({"parts": []}),
        json!({"parts": [{"text": ""}]}),
    ] {
        let body = json!({"candidates": [{"content": content, "finishReason": "STOP"}]});
        let read = decode(body).unwrap();
        assert_eq!((read.content.len(), read.finish.reason), (0, FinishReason::Stop), "{content}");
    }
}

#[test]
fn a_call_that_google_could_not_read_is_told() {
    let read = decode(fixture("gemini_malformed_function_call.json")).unwrap();
    assert_eq!(read.warnings[0].kind, WarningKind::Other);
    assert!(read.metadata["finishMessage"].as_str().contains("get_weather"));
}

#[test]
fn usage_contains_what_google_counts_apart() {
    let used = |usage: Value| {
        let mut body = answer(&json!([{"text": "x"}]));
        body["usageMetadata"] = usage;
        let mut read = decode(body).unwrap();
        read.usage.raw = None;
        read.usage
    };
    let mut all = Usage::new(330, 66);
    (all.cached_input, all.reasoning) = (Some(16), Some(64));
    (all.audio_input, all.image_input, all.audio_output) = (Some(7), Some(0), Some(1));
    let told = json!({"promptTokenCount": 20, "toolUsePromptTokenCount": 310, "cachedContentTokenCount": 16,
        "candidatesTokenCount": 2, "thoughtsTokenCount": 64, "totalTokenCount": 396,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 15}, {"modality": "AUDIO", "tokenCount": 5}],
        "toolUsePromptTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}],
        "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 1}, {"modality": "NEW", "tokenCount": 1}]});
    assert_eq!(used(told), all);
    // Zeros are left out.
    let mut none = Usage::new(9, 0);
    (none.cached_input, none.reasoning) = (Some(0), Some(0));
    assert_eq!(used(json!({"promptTokenCount": 9, "totalTokenCount": 9})), none);
    assert_eq!(used(json!({"totalTokenCount": 9})), Usage::default(), "unknown is not none");
    let answered = used(json!({"candidatesTokenCount": 2, "thoughtsTokenCount": 3}));
    assert_eq!(
        (answered.input, answered.output),
        (None, Some(5)),
        "what was generated is known without the prompt"
    );
    assert_eq!(used(json!(null)), Usage::default());
}

#[test]
fn the_tier_that_served_is_told_by_the_answer_or_by_its_head() {
    let mut body = answer(&json!([{"text": "x"}]));
    body["usageMetadata"] = json!({"promptTokenCount": 1, "serviceTier": "flex"});
    assert_eq!(decode(body).unwrap().service_tier.as_deref(), Some("flex"));
}

#[test]
fn calls_without_an_id_get_one_that_stays_the_same() {
    let ids = |answer_id: &str| {
        let mut body =
            answer(&json!([{"functionCall": {"name": "f"}}, {"functionCall": {"id": "given", "name": "f"}},
            {"functionCall": {"name": "f"}}]));
        body["responseId"] = json!(answer_id);
        decode(body).unwrap().tool_calls().map(|call| call.id.clone()).collect::<Vec<_>>()
    };
    let first = ids("a");
    assert_eq!(first, ids("a"));
    assert_eq!(first[1], "given");
    assert!(first[0] != first[2] && first[0] != ids("b")[0], "{first:?}");
    let twice = answer(
        &json!([{"functionCall": {"id": "c", "name": "f"}}, {"functionCall": {"id": "c", "name": "g"}}]),
    );
    assert_eq!(decode(twice).unwrap().warnings.len(), 1);
}

#[test]
fn sources_go_to_the_text_that_cites_them() {
    let mut body =
        answer(&json!([{"text": "Titan."}, {"text": "It has lakes.", "thoughtSignature": "c2ln"}]));
    body["candidates"][0]["groundingMetadata"] = json!({
    "webSearchQueries": ["moons"],
    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}},
        {"retrievedContext": {"uri": "https://b.example"}}, {"maps": {"title": "C"}}],
    "groundingSupports": [
        {"segment": {"endIndex": 6}, "groundingChunkIndices": [0]},
        {"segment": {"partIndex": 1, "startIndex": 3, "endIndex": 13}, "groundingChunkIndices": [1, 0, 9]},
    ]});
    body["candidates"][0]["citationMetadata"] =
        json!({"citationSources": [{"uri": "https://d.example", "endIndex": 4}]});
    let read = decode(body).unwrap();
    let cited = |part: &AssistantPart| match part {
        AssistantPart::Text(text) => {
            text.sources.iter().map(|source| (source.url.clone(), source.span)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let url = |letter: &str| Some(format!("https://{letter}.example"));
    assert_eq!(cited(&read.content[0]), []);
    assert_eq!(
        cited(&read.content[1]),
        [
            (url("a"), Some((0, 6))),
            (url("b"), Some((3, 13))),
            (url("a"), Some((3, 13))),
            (None, None),
            (url("d"), Some((0, 4)))
        ]
    );
    let search = read.content.iter().find_map(|part| match part {
        AssistantPart::ProviderCall(call) => Some((call.name.as_str(), call.input.as_ref()?.as_str())),
        _ => None,
    });
    assert_eq!(search, Some(("google_search", r#"["moons"]"#)));
    assert!(read.metadata.contains_key("groundingMetadata"));
}

#[test]
fn the_tools_of_google_are_calls_and_results() {
    let mut body = answer(&json!([
        {"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": "x"}}, "thoughtSignature": "c2ln"},
        {"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "response": {"found": 1}}},
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
    ]));
    // What is told twice is one call.
    body["candidates"][0]["groundingMetadata"] = json!({"webSearchQueries": ["x"]});
    body["candidates"][0]["urlContextMetadata"] =
        json!({"urlMetadata": [{"retrievedUrl": "https://a.example"}]});
    let read = decode(body).unwrap();
    let seen: Vec<Value> = read
        .content
        .iter()
        .map(|part| match part {
            AssistantPart::ProviderCall(call) => {
                json!([call.id, call.name, call.input.as_ref().map(RawJson::as_str)])
            }
            AssistantPart::ProviderResult(result) => {
                json!([result.call_id, result.output.as_ref().map(RawJson::as_str)])
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let code = seen[2][0].as_str().unwrap();
    assert_eq!(
        Value::from(seen.clone()),
        json!([
            ["t1", "google_search_web", r#"{"q":"x"}"#],
            ["t1", r#"{"found":1}"#],
            [code, "code_execution", r#"{"language":"PYTHON","code":"1+1"}"#],
            [code, r#"{"outcome":"OUTCOME_OK","output":"2"}"#],
        ])
    );
    let mut body = answer(&json!([{"text": "x"}]));
    body["candidates"][0]["urlContextMetadata"] =
        json!({"urlMetadata": [{"retrievedUrl": "https://a.example"}]});
    let names: Vec<_> = decode(body)
        .unwrap()
        .content
        .iter()
        .filter_map(|part| match part {
            AssistantPart::ProviderCall(call) => Some(call.name.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["url_context"]);
}

#[test]
fn what_nobody_knows_is_kept_and_told() {
    let mut body = answer(&json!([{"text": "x"}, {"hologram": {"depth": 3}}, {"thoughtSignature": "c2ln"}]));
    body["candidates"][0]["tokenCount"] = json!(3);
    body["modelStatus"] = json!({"modelStage": "LEGACY"});
    body["candidates"]
        .as_array_mut()
        .unwrap()
        .push(json!({"index": 1, "content": {"parts": [{"text": "y"}]}}));
    let read = decode(body).unwrap();
    let kinds: Vec<_> = read.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::UnknownPart, WarningKind::AnswerDropped]);
    assert_eq!((read.content.len(), read.text().as_str()), (3, "x"));
    assert!(read.metadata.contains_key("tokenCount") && read.metadata.contains_key("modelStatus"));
}

#[test]
fn odd_types_are_no_error() {
    let body = json!({"candidates": {"content": {"parts": {"text": 5}}, "finishReason": null, "index": "0"},
        "usageMetadata": {"promptTokenCount": "7", "candidatesTokenCount": 2.0}, "responseId": 9, "promptFeedback": []});
    let read = decode(body).unwrap();
    assert_eq!((read.text().as_str(), read.usage.total(), read.id.as_deref()), ("5", Some(9), Some("9")));
}
