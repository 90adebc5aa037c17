//! The live tier: laws for any model, which is asked real questions.
//!
//! No fixtures are needed, only a model. Each law costs one to three short answers. What a model can't do is declared:
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use laravel_ai_core::ChatModel;
//! use provider_testkit::live::LiveSubject;
//! use provider_testkit::live_conformance;
//!
//! fn small_model() -> Arc<dyn ChatModel> {
//! #   unimplemented!()
//!     // Opened with a key from wherever the tests have theirs.
//! }
//!
//! live_conformance!(
//!     LiveSubject::new(small_model())
//!         .without("calls_a_tool", "the model has no tools")
//!         .without("reads_a_result", "the model has no tools")
//! );
//! # fn main() {}
//! ```

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use laravel_ai_core::{
    ChatModel, ChatRequest, ChatResponse, Context, Error, FinishReason, FunctionTool, Message, StreamLaw,
    ToolChoice, ToolResult, Usage,
};
use serde_json::{Value, json};

use crate::Violation;
use crate::conformance::block_on;
use crate::declared::Declared;
use crate::violation::ensure;

/// The longest that one law may take; the model answers several times.
const LIMIT: Duration = Duration::from_secs(300);

/// A model that is asked real questions, and which laws it does not keep.
#[derive(Clone, Debug)]
pub struct LiveSubject {
    model: Arc<dyn ChatModel>,
    skips: Declared,
}

impl LiveSubject {
    /// This model, of which every law is to hold.
    pub fn new(model: Arc<dyn ChatModel>) -> Self {
        Self { model, skips: Declared::default() }
    }

    /// Declares that a law does not hold, and why. A law that holds nevertheless is reported, and so is a name that
    /// no law has.
    pub fn without(mut self, law: impl Into<String>, reason: impl Into<String>) -> Self {
        self.skips.add(law, reason);
        self
    }
}

impl From<Arc<dyn ChatModel>> for LiveSubject {
    fn from(model: Arc<dyn ChatModel>) -> Self {
        Self::new(model)
    }
}

/// What a live law gives.
type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Violation>> + 'a>>;

/// A law of the live tier, by name.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct LiveLaw {
    /// The name of its function in [this module](self), of its test, and of its declaration in
    /// [`LiveSubject::without`].
    pub name: &'static str,
    test: for<'a> fn(&'a Arc<dyn ChatModel>) -> Outcome<'a>,
}

impl LiveLaw {
    /// The law of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        LIVE_LAWS.iter().find(|law| law.name == name)
    }
}

impl fmt::Debug for LiveLaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveLaw").field(&self.name).finish()
    }
}

/// Calls a macro with the names of all live laws.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_live_law {
    ($mode:ident $($input:expr)?) => {
        $crate::__live_laws! { $mode [$($input)?]
            answers
            streams
            remembers_the_conversation
            calls_a_tool
            reads_a_result
            stops_at_the_limit
            survives_a_dropped_stream
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __live_laws {
    (list [] $($law:ident)*) => {
        &[$(LiveLaw { name: stringify!($law), test: |model| Box::pin($law(model)) }),*]
    };
    (tests [$subject:expr] $($law:ident)*) => {
        $(#[test]
        fn $law() {
            $crate::live::run($subject, stringify!($law));
        })*
    };
}

/// Makes one test of each law of the [live](crate::live) tier. The argument is an expression that gives an
/// `Arc<dyn ChatModel>`, or a [`LiveSubject`](crate::live::LiveSubject) with what does not hold; it is asked real
/// questions, which costs money where the model does.
#[macro_export]
macro_rules! live_conformance {
    ($subject:expr) => {
        $crate::__for_each_live_law! { tests $subject }
    };
}

/// Every law of the live tier.
pub const LIVE_LAWS: &[LiveLaw] = crate::__for_each_live_law!(list);

/// Tests one law, with the subject's declarations. Waits at most five minutes. Needs a runtime of tokio with time.
///
/// # Errors
/// How the law is broken, or the declaration wrong.
pub async fn check(subject: &LiveSubject, law: &LiveLaw) -> Result<(), Violation> {
    let known = |name: &str| LiveLaw::named(name).is_some();
    let outcome = tokio::time::timeout(LIMIT, (law.test)(&subject.model)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Violation::new("an end", "the model hangs")));
    subject.skips.judge(law.name, known, outcome)
}

/// Tests one law by name on a runtime of its own: what a test made by [`live_conformance!`] calls.
///
/// # Panics
/// When the law is broken, with what was expected and what came.
#[expect(clippy::panic, reason = "the body of a test")]
pub fn run(subject: impl Into<LiveSubject>, law: &str) {
    let subject = subject.into();
    let Some(law) = LiveLaw::named(law) else { panic!("no law is called `{law}`") };
    if let Err(violation) = block_on(check(&subject, law)) {
        panic!("{violation}");
    }
    subject.skips.tell(law.name);
}

/// Few enough to cut any answer, and as many as vendors ask for at least.
const CUT: u32 = 16;
const LONG: &str = "Count from 1 to 300 in words, each on a line of its own.";

fn failed(error: &Error) -> Violation {
    Violation::new("an answer", error)
}

async fn ask(model: &Arc<dyn ChatModel>, request: ChatRequest) -> Result<ChatResponse, Violation> {
    model.chat(&Context::new(), Arc::new(request)).await.map_err(|error| failed(&error))
}

/// A plain question gets a text, a finish of [`FinishReason::Stop`], and usage that is not made up.
///
/// # Errors
/// What came instead.
pub async fn answers(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let answer = ask(model, ChatRequest::user("What is the capital of Peru? Answer in one word.")).await?;
    ensure(answer.text().contains("Lima"), "a text with `Lima`", || answer.text())?;
    ended(&answer, FinishReason::Stop)?;
    plausible(&answer.usage)
}

/// The same question is answered in a stream that keeps the stream law.
///
/// # Errors
/// What came instead.
pub async fn streams(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let request = ChatRequest::user("What is the capital of Peru? Answer in one word.");
    let mut stream =
        model.stream(&Context::new(), Arc::new(request)).await.map_err(|error| failed(&error))?;
    let broken = |violation: laravel_ai_core::LawViolation| {
        Violation::new("events that keep the stream law", violation)
    };
    let mut law = StreamLaw::default();
    while let Some(event) = stream.next().await {
        law.event(&event.map_err(|error| failed(&error))?).map_err(broken)?;
    }
    law.end().map_err(broken)?;
    let answer = stream.into_response().await.map_err(|error| failed(&error))?;
    ensure(answer.text().contains("Lima"), "a text with `Lima`", || answer.text())?;
    ended(&answer, FinishReason::Stop)?;
    plausible(&answer.usage)
}

/// An answer goes back as history, its state included, and the model knows what was said.
///
/// # Errors
/// What came instead.
pub async fn remembers_the_conversation(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let mut request = ChatRequest::user("My lucky number is 4711. Say only `noted`.");
    let first = ask(model, request.clone()).await?;
    request
        .messages
        .extend([first.message(), Message::user("What is my lucky number? Say only the number.")]);
    let second = ask(model, request).await?;
    ensure(second.text().replace([',', '.', ' '], "").contains("4711"), "a text with `4711`", || {
        second.text()
    })
}

/// A tool that must be called is called by its name with arguments that fit, whole and streamed.
///
/// # Errors
/// What came instead.
pub async fn calls_a_tool(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let whole = ask(model, weather()).await?;
    let streamed = async { model.stream(&Context::new(), Arc::new(weather())).await?.into_response().await };
    for answer in [whole, streamed.await.map_err(|error| failed(&error))?] {
        ended(&answer, FinishReason::ToolCalls)?;
        let Some(call) = answer.tool_calls().next() else {
            return Err(Violation::new("a tool call", answer.text()));
        };
        let arguments = call.parse::<Value>().map_err(|error| Violation::new("arguments", error))?;
        let fits = call.name == "weather"
            && arguments.get("city").and_then(Value::as_str).is_some_and(|city| city.contains("Oslo"));
        ensure(fits && !call.id.is_empty(), "a call of `weather` with an id, for Oslo", || {
            format!("{call:?}")
        })?;
    }
    Ok(())
}

/// The result of a tool goes back, and the answer makes use of it.
///
/// # Errors
/// What came instead.
pub async fn reads_a_result(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let mut request = weather();
    let asked = ask(model, request.clone()).await?;
    let results: Vec<_> =
        asked.tool_calls().map(|call| ToolResult::text(call, "-31 degrees Celsius")).collect();
    ensure(!results.is_empty(), "a tool call", || asked.text())?;
    request.messages.extend([asked.message(), Message::tool(results)]);
    request.tool_choice = None;
    let answer = ask(model, request).await?;
    ensure(answer.text().contains("31"), "a text with the temperature, 31 below zero", || answer.text())
}

/// A limit of tokens cuts an answer, which then ends with [`FinishReason::Length`].
///
/// # Errors
/// What came instead.
pub async fn stops_at_the_limit(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let answer = ask(model, ChatRequest::user(LONG).with_max_output_tokens(CUT)).await?;
    ended(&answer, FinishReason::Length)
}

/// A stream that is dropped after its first content leaves a model that answers the next question.
///
/// # Errors
/// What came instead.
pub async fn survives_a_dropped_stream(model: &Arc<dyn ChatModel>) -> Result<(), Violation> {
    let request = Arc::new(ChatRequest::user(LONG));
    let mut stream = model.stream(&Context::new(), request).await.map_err(|error| failed(&error))?;
    while let Some(event) = stream.next().await {
        if event.map_err(|error| failed(&error))?.is_content() {
            break;
        }
    }
    drop(stream);
    answers(model).await
}

fn weather() -> ChatRequest {
    let parameters = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": false,
    });
    let tool =
        FunctionTool::new("weather").with_description("The weather of a city").with_parameters(parameters);
    let mut request = ChatRequest::user("What is the weather in Oslo? Use the tool.");
    request.tools.push(tool.into());
    request.tool_choice = Some(ToolChoice::Named("weather".into()));
    request
}

fn ended(answer: &ChatResponse, reason: FinishReason) -> Result<(), Violation> {
    ensure(answer.finish.reason == reason, format_args!("a finish of {reason:?}"), || {
        format!("{:?} after `{}`", answer.finish, answer.text())
    })
}

/// Unknown, or at least a token each way.
fn plausible(usage: &Usage) -> Result<(), Violation> {
    let known = [usage.input, usage.output];
    ensure(!known.contains(&Some(0)), "usage that is unknown or above 0", || format!("{usage:?}"))
}
