//! How much the model thinks.

use laravel_ai_core::{ChatRequest, ReasoningEffort, ReasoningOptions, ReasoningSummary};
use provider_gemini::GeminiOptions;
use serde_json::{Value, json};

use crate::support::{encode_for, subjects};

fn thinking(model: &str, asked: ReasoningOptions) -> (Value, usize) {
    let request = ChatRequest::user("Hi").with_reasoning(asked);
    let (body, warnings) = encode_for(model, &request).unwrap();
    (body["generationConfig"]["thinkingConfig"].clone(), warnings.len())
}

fn effort(model: &str, effort: ReasoningEffort) -> (Value, usize) {
    thinking(model, ReasoningOptions::effort(effort))
}

#[test]
fn an_effort_is_a_level_or_a_number_by_the_family() {
    use ReasoningEffort::{High, Low, Max, Medium, Minimal, None, XHigh};
    for (model, asked, sent, warnings) in [
        ("gemini-3.5-flash", None, json!({"thinkingLevel": "MINIMAL"}), 1),
        ("gemini-3.5-flash", Minimal, json!({"thinkingLevel": "MINIMAL"}), 0),
        ("gemini-3.5-flash", Low, json!({"thinkingLevel": "LOW"}), 0),
        ("gemini-3.5-flash", Medium, json!({"thinkingLevel": "MEDIUM"}), 0),
        ("gemini-3.5-flash", High, json!({"thinkingLevel": "HIGH"}), 0),
        ("gemini-3.5-flash", Max, json!({"thinkingLevel": "HIGH"}), 1),
        ("gemini-3.1-pro-preview", Minimal, json!({"thinkingLevel": "LOW"}), 1),
        ("gemini-3.8-flash", Minimal, json!({"thinkingLevel": "LOW"}), 1),
        ("gemini-flash-latest", Minimal, json!({"thinkingLevel": "LOW"}), 1),
        ("gemini-4-hydrogen", XHigh, json!({"thinkingLevel": "XHIGH"}), 0),
        ("gemini-4-hydrogen", ReasoningEffort::Other("deep".into()), json!({"thinkingLevel": "DEEP"}), 0),
        ("gemini-2.5-flash", None, json!({"thinkingBudget": 0}), 0),
        ("gemini-2.5-flash", Minimal, json!({"thinkingBudget": 1024}), 0),
        ("gemini-2.5-flash", Low, json!({"thinkingBudget": 1024}), 0),
        ("models/gemini-2.5-flash", Medium, json!({"thinkingBudget": 8192}), 0),
        ("gemini-2.5-flash", High, json!({"thinkingBudget": 24576}), 0),
        ("gemini-2.5-pro", Max, json!({"thinkingBudget": 32768}), 0),
        ("gemini-2.5-pro", None, json!({"thinkingBudget": 128}), 1),
        ("gemini-2.5-pro", ReasoningEffort::Other("deep".into()), json!(null), 1),
        ("gemini-2.0-flash", High, json!(null), 1),
        ("gemini-2.0-flash", None, json!(null), 0),
    ] {
        assert_eq!(effort(model, asked.clone()), (sent, warnings), "{model} {asked:?}");
    }
}

#[test]
fn a_number_of_tokens_stays_in_the_family_s_range() {
    let tokens =
        |model: &str, tokens| thinking(model, ReasoningOptions::default().with_budget_tokens(tokens));
    assert_eq!(tokens("gemini-2.5-flash-lite", 100), (json!({"thinkingBudget": 512}), 1));
    assert_eq!(tokens("gemini-2.5-flash-lite", 0), (json!({"thinkingBudget": 0}), 0));
    assert_eq!(tokens("gemini-2.5-pro", 50_000), (json!({"thinkingBudget": 32768}), 1));
    assert_eq!(tokens("gemini-3.5-flash", 2_000), (json!({"thinkingBudget": 2000}), 0), "tolerated there");
    let both = ReasoningOptions::effort(ReasoningEffort::Low).with_budget_tokens(600);
    assert_eq!(thinking("gemini-2.5-flash", both.clone()), (json!({"thinkingBudget": 600}), 1));
    assert_eq!(
        thinking("gemini-3.5-flash", both),
        (json!({"thinkingLevel": "LOW"}), 1),
        "both would be refused"
    );
}

#[test]
fn thoughts_are_shown_when_asked_for() {
    let asked = ReasoningOptions::default().with_summary(ReasoningSummary::Auto);
    assert_eq!(thinking("gemini-3.5-flash", asked.clone()), (json!({"includeThoughts": true}), 0));
    assert_eq!(thinking("gemini-2.0-flash", asked), (json!(null), 1));
}

#[test]
fn options_in_google_s_words_go_over_reasoning() {
    let mut options = GeminiOptions::default();
    options.thinking_budget = Some(-1);
    options.include_thoughts = Some(false);
    let request = ChatRequest::user("Hi")
        .with_reasoning(ReasoningOptions::effort(ReasoningEffort::Max))
        .with_options(&options)
        .unwrap();
    let (body, warnings) = encode_for("gemini-2.5-pro", &request).unwrap();
    assert_eq!(
        body["generationConfig"]["thinkingConfig"],
        json!({"thinkingBudget": -1, "includeThoughts": false})
    );
    assert_eq!(subjects(&warnings), [""; 0]);
}
