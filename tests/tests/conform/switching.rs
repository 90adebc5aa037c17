//! A conversation that was made on one driver goes on with another: for every ordered pair of the table.
//!
//! What the first driver said are answers of its vendor as its own decoder reads them. The second driver is asked to go on:
//! all words, pictures, calls and results have to be in what it sends, nothing of the state that belongs to the first, and
//! what is sent has to be right by the vendor's definition.

mod body;
mod history;

use std::collections::BTreeSet;
use std::sync::Arc;

use laravel_ai_core::{
    AssistantPart, ChatModel, ChatRequest, Context, Media, Message, Target, Warning, WarningKind,
};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use provider_mock::ScriptedTransport;
use tests::SentRequest;
use tests::conformance::{Definition, GEMINI};
use tokio::runtime::Runtime;

use self::history::Answer;
use crate::drivers::{self, Row};
use crate::{chat, specs};

/// Parts that have no form at the other driver, and stay behind with a warning: the driver, the part, and why.
const NO_FORM: &[(&str, &str, &str)] = &[
    ("openai", "reasoning", HIDDEN),
    ("xai", "reasoning", HIDDEN),
    ("gemini", "reasoning", HIDDEN),
    ("openai-compatible", "provider call", HOSTED),
    ("openai-compatible, as OpenAI", "provider call", HOSTED),
    ("openai", "provider call", HOSTED),
    ("openai, chat", "provider call", HOSTED),
    ("xai", "provider call", HOSTED),
    ("xai, chat", "provider call", HOSTED),
    ("gemini", "provider call", HOSTED),
    ("ollama", "provider call", HOSTED),
    ("openai-compatible", "provider result", HOSTED),
    ("openai-compatible, as OpenAI", "provider result", HOSTED),
    ("openai, chat", "provider result", HOSTED),
    ("xai, chat", "provider result", HOSTED),
    ("ollama", "provider result", HOSTED),
    ("openai-compatible", "media", SAID),
    ("openai-compatible, as OpenAI", "media", SAID),
    ("openai", "media", SAID),
    ("openai, chat", "media", SAID),
    ("xai", "media", SAID),
    ("xai, chat", "media", SAID),
];
const HIDDEN: &str = "reasoning is taken with the vendor's own state only";
const HOSTED: &str = "what a vendor's own tools did has no form at another one";
const SAID: &str = "an assistant has no pictures in this language";

/// What else a driver says it changed: the driver, the kind, the subject, and why.
const CHANGED: &[(&str, WarningKind, &str, &str)] = &[
    ("gemini", WarningKind::HistoryRepaired, "tool call", FREE),
    ("ollama", WarningKind::HistoryRepaired, "tool call", FREE),
    ("xai", WarningKind::HistoryRepaired, "tool call", FREE),
    ("xai, chat", WarningKind::HistoryRepaired, "tool call", FREE),
];
const FREE: &str = "arguments that are free text become the member `input` of an object";

/// What the definition does not know and the driver means: the driver, the finding, and why.
const BEYOND: &[(&str, &str, &str)] = &[
    ("openai-compatible", "'extra_content' was unexpected", GOOGLES),
    ("openai-compatible, as OpenAI", "'extra_content' was unexpected", GOOGLES),
];
const GOOGLES: &str = "the signature that Google's compatible endpoint gave goes back to it";

/// Languages in which no reasoning goes back, or only beside calls: that of another model is lost, which is told once for
/// each message.
const UNREPEATED: &[&str] =
    &["openai-compatible", "openai-compatible, as OpenAI", "openai, chat", BESIDE_CALLS];
const BESIDE_CALLS: &str = "xai, chat";

/// One target in two languages: it takes its own state, which has no form in the other one.
const OTHER_LANGUAGE: &[(&str, &str)] = &[("openai", "openai, chat"), ("xai", "xai, chat")];

/// What OpenAI can't take back, and the driver says so: reasoning that it neither stored nor encrypted.
const FORGOTTEN: &str = "reasoning without its encrypted content was left out, since answers are not stored";

/// One driver, connected.
struct Side {
    row: Row,
    model: Arc<dyn ChatModel>,
    transport: ScriptedTransport,
    definition: Option<Definition>,
    answers: Vec<Answer>,
}

impl Side {
    async fn of(row: Row) -> Self {
        let (provider, transport) = row.provider();
        let model = provider.chat_model(row.models.chat).unwrap();
        let mut answers = Vec::new();
        for name in row.answers {
            answers.push(history::decoded(model.as_ref(), &transport, name).await);
        }
        let definition = specs::definition(row.vendor);
        // To what the tests ask, all answers are the first.
        transport.reply(history::reply(row.answers[0]));
        Self { row, model, transport, definition, answers }
    }

    /// What is sent to go on with `request`, and the warnings of the answer.
    async fn ask(&self, request: &ChatRequest) -> Result<(SentRequest, Vec<Warning>), TestCaseError> {
        let before = self.transport.recorded().len();
        let answer = self.model.chat(&Context::new(), Arc::new(request.clone())).await;
        let answer = answer.map_err(|error| failed(format!("refused: {error}")))?;
        match self.transport.recorded().get(before..) {
            Some([sent]) => Ok((chat::sent(sent), answer.warnings)),
            other => Err(failed(format!("sent {other:?}"))),
        }
    }
}

fn failed(message: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(message.into())
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), TestCaseError> {
    match found == expected {
        true => Ok(()),
        false => Err(failed(format!("{what}: {found:#?}\nexpected {expected:#?}"))),
    }
}

#[test]
fn a_conversation_goes_on_with_every_other_driver() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sides: Vec<_> = drivers::all().into_iter().map(|row| runtime.block_on(Side::of(row))).collect();
    let mut met = BTreeSet::new();
    let mut wrong = Vec::new();
    for from in &sides {
        for to in &sides {
            let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
            let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
            let each = history::each(&from.answers);
            let case = |request: &ChatRequest| goes_on(&runtime, from, to, request);
            let mut notes = BTreeSet::new();
            let outcome = each.iter().try_for_each(|request| {
                notes.extend(case(request).map_err(|error| format!("{error}"))?);
                Ok::<_, String>(())
            });
            let outcome = outcome.and_then(|()| {
                TestRunner::new_with_rng(config, rng)
                    .run(&history::some_of(&from.answers), |request| case(&request).map(drop))
                    .map_err(|error| error.to_string())
            });
            met.extend(notes);
            if let Err(problem) = outcome {
                wrong.push(format!("from {} to {}: {problem}", from.row.name, to.row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let mut listed: BTreeSet<Note> = NO_FORM.iter().map(|(to, part, _)| (*to, "part", *part)).collect();
    listed.extend(CHANGED.iter().map(|(to, _, subject, _)| (*to, "change", *subject)));
    if sides.iter().all(|side| side.definition.is_some()) {
        listed.extend(BEYOND.iter().map(|(to, finding, _)| (*to, "finding", *finding)));
    }
    assert_eq!(listed.difference(&met).collect::<Vec<_>>(), [&("", "", ""); 0], "listed and no longer met");
}

/// An exception that was met: the driver, its table, and its entry.
type Note = (&'static str, &'static str, &'static str);

/// Judges what `to` makes of a conversation.
fn goes_on(
    runtime: &Runtime,
    from: &Side,
    to: &Side,
    request: &ChatRequest,
) -> Result<Vec<Note>, TestCaseError> {
    let (sent, warnings) = runtime.block_on(to.ask(request))?;
    let target = to.model.target();
    let other = OTHER_LANGUAGE.contains(&(from.row.name, to.row.name));
    let stranger = Target::new("none", "none", "none");
    let plain = without_state(request, if other { &stranger } else { target });
    let mut notes = Vec::new();

    let words = history::words(request);
    body::in_this_order(&sent.body, &words).map_err(failed)?;
    equal("calls", &body::calls(&sent.body), &history::calls(request))?;
    let has_form =
        |part: &str| !NO_FORM.iter().any(|(name, listed, _)| (*name, *listed) == (to.row.name, part));
    equal("pictures", &body::pictures(&sent.body), &history::pictures(request))?;
    // Google matches results by name and order.
    if to.row.vendor.name != GEMINI.name {
        let ids = history::call_ids(request);
        equal("ids of calls and of results", &body::ids(&sent.body, &ids), &history::twice(&ids))?;
    }

    // What stays behind is told once for each part, and leaves no trace; the rest goes back as it came.
    let (dropped, others): (Vec<_>, Vec<_>) =
        warnings.into_iter().partition(|warning| warning.kind == WarningKind::StateDropped);
    let expected = state_left_behind(request, target);
    let forgotten = match to.row.name {
        "openai" => history::unencrypted(request, target),
        _ => 0..0,
    };
    match other {
        true => {
            let stateful = parts(request).filter(|part| part.opaque().is_some()).count();
            equal("warnings of state of Responses", &dropped.len(), &stateful)?;
        }
        false => {
            let told = messages(&expected).into_iter().chain(forgotten.clone().map(|_| FORGOTTEN));
            equal("warnings", &messages(&dropped), &told.collect())?;
        }
    }
    let unrepeated = |warning: &Warning| {
        UNREPEATED.contains(&to.row.name)
            && (warning.kind, warning.subject.as_str()) == (WarningKind::PartDropped, "reasoning")
    };
    let (lost, others): (Vec<_>, Vec<_>) = others.into_iter().partition(unrepeated);
    let foreign = match to.row.name {
        name if UNREPEATED.contains(&name) => foreign_reasoning(request, target, name == BESIDE_CALLS),
        _ => 0,
    };
    equal("reasoning that was lost", &lost.len(), &foreign)?;
    let (bare, bare_warnings) = runtime.block_on(to.ask(&plain))?;
    equal("the body", &sent.body, &bare.body)?;
    let bare: Vec<_> =
        bare_warnings.into_iter().filter(|warning| warning.kind != WarningKind::StateDropped).collect();
    equal("other warnings", &others, &bare)?;
    let (moved, told) = Arc::new(request.clone()).portable_to(target);
    equal("warnings of what was made portable", &told, &expected)?;
    equal("what was made portable", &*moved, &without_state(request, target))?;
    let marks = history::marks(request, target);
    match other {
        true => body::has_none(&sent.body, &marks).map_err(failed)?,
        false if forgotten.is_empty() => body::has_all(&sent.body, &marks).map_err(failed)?,
        false => {}
    }

    let left: Vec<_> = others.iter().filter(|it| it.kind == WarningKind::PartDropped).collect();
    let without_form = parts(&plain).filter(|part| part.opaque().is_none() && !has_form(kind(part)));
    equal(
        "parts left out",
        &left.iter().map(|warning| warning.subject.as_str()).collect::<Vec<_>>(),
        &without_form.map(kind).collect(),
    )?;
    for warning in &others {
        let note = match warning.kind {
            WarningKind::PartDropped => NO_FORM
                .iter()
                .find(|(name, part, _)| (*name, *part) == (to.row.name, warning.subject.as_str()))
                .map(|(name, part, _)| (*name, "part", *part)),
            _ => CHANGED
                .iter()
                .find(|(name, kind, subject, _)| {
                    (*name, *kind, *subject) == (to.row.name, warning.kind, warning.subject.as_str())
                })
                .map(|(name, _, subject, _)| (*name, "change", *subject)),
        };
        notes.push(note.ok_or_else(|| failed(format!("{warning:?} is not listed")))?);
    }
    for finding in to.definition.iter().flat_map(|definition| definition.check(&sent)) {
        let finding = finding.to_string();
        let listed = BEYOND.iter().find(|(name, listed, _)| *name == to.row.name && finding.contains(listed));
        let (name, listed, _) = listed.ok_or_else(|| failed(format!("{finding}\nin {}", sent.body)))?;
        notes.push((*name, "finding", *listed));
    }
    Ok(notes)
}

fn parts(request: &ChatRequest) -> impl Iterator<Item = &AssistantPart> {
    request.messages.iter().flat_map(|message| match message {
        Message::Assistant(parts) => parts.as_slice(),
        _ => &[],
    })
}

fn messages(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.message.as_str()).collect()
}

fn is_foreign(part: &AssistantPart, target: &Target) -> bool {
    part.opaque().is_some_and(|state| !target.accepts_state_of(&state.target))
}

/// The messages with reasoning that another target signed; not those with calls, where it goes along with them.
fn foreign_reasoning(request: &ChatRequest, target: &Target, goes_with_calls: bool) -> usize {
    let is_reasoning = |part: &AssistantPart| {
        matches!(part, AssistantPart::Reasoning(it) if !it.text.is_empty()) && is_foreign(part, target)
    };
    let has = |message: &&Message| match message {
        Message::Assistant(parts) => {
            let calls = parts.iter().any(|part| part.as_tool_call().is_some());
            !(goes_with_calls && calls) && parts.iter().any(is_reasoning)
        }
        _ => false,
    };
    request.messages.iter().filter(has).count()
}

fn state_left_behind(request: &ChatRequest, target: &Target) -> Vec<Warning> {
    let foreign = parts(request).filter(|part| is_foreign(part, target));
    foreign
        .map(|part| {
            let origin = &part.opaque().unwrap().target;
            let message = format!("state made by {origin} was not sent to {target}");
            Warning::new(WarningKind::StateDropped, kind(part), message)
        })
        .collect()
}

/// The conversation as one would write it who knows nothing of the state of others.
fn without_state(request: &ChatRequest, target: &Target) -> ChatRequest {
    let mut plain = request.clone();
    for message in &mut plain.messages {
        let Message::Assistant(parts) = message else { continue };
        parts.retain_mut(|part| {
            if !is_foreign(part, target) {
                return true;
            }
            match part {
                AssistantPart::Text(text) => text.opaque = None,
                AssistantPart::Reasoning(reasoning) => reasoning.opaque = None,
                AssistantPart::ToolCall(call) => call.opaque = None,
                AssistantPart::ProviderCall(call) => call.opaque = None,
                AssistantPart::ProviderResult(result) => result.opaque = None,
                AssistantPart::Media(Media { opaque, .. }) => *opaque = None,
                AssistantPart::Refusal(refusal) => refusal.opaque = None,
                _ => return false,
            }
            let empty = matches!(part, AssistantPart::Text(it) if it.text.is_empty())
                || matches!(part, AssistantPart::Reasoning(it) if it.text.is_empty());
            !empty
        });
    }
    plain.messages.retain(|message| !matches!(message, Message::Assistant(parts) if parts.is_empty()));
    plain
}

fn kind(part: &AssistantPart) -> &'static str {
    match part {
        AssistantPart::Text(_) => "text",
        AssistantPart::Reasoning(_) => "reasoning",
        AssistantPart::ToolCall(_) => "tool call",
        AssistantPart::ProviderCall(_) => "provider call",
        AssistantPart::ProviderResult(_) => "provider result",
        AssistantPart::Media(_) => "media",
        AssistantPart::Refusal(_) => "refusal",
        AssistantPart::Native(_) => "provider item",
        _ => "unknown part",
    }
}
