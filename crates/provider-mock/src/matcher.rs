//! Which requests a reply is for.

use std::fmt;
use std::ops::Not;
use std::sync::Arc;

use crate::Recorded;
use crate::recorded::excerpt;
use crate::rules::Fits;

/// Says which requests a reply is for, see [`Mock::when`](crate::Mock::when).
///
/// ```
/// use provider_mock::{Mock, model, request, step, text, tool_result};
///
/// let mock = Mock::new();
/// mock.when(text("weather").and(model("small"))).reply("Ask a larger model.");
/// mock.when(tool_result("get_weather")).reply("It rains.");
/// mock.when(step(5)).reply("I give up.");
/// mock.when(text("weather").and(!model("large"))).reply("It may rain.");
/// mock.when(request(|sent| sent.request.temperature == Some(0.0))).reply("Always the same.");
/// ```
#[derive(Clone)]
pub struct Matcher(Test);

#[derive(Clone)]
enum Test {
    Text(String),
    Model(String),
    Step(usize),
    ToolResult(String),
    Request(Arc<dyn Fn(&Recorded) -> bool + Send + Sync>),
    Both(Box<(Matcher, Matcher)>),
    Either(Box<(Matcher, Matcher)>),
    Not(Box<Matcher>),
}

/// Requests whose last user message contains `text`, in this very spelling.
pub fn text(text: impl Into<String>) -> Matcher {
    Matcher(Test::Text(text.into()))
}

/// Requests to the model of this name.
pub fn model(name: impl Into<String>) -> Matcher {
    Matcher(Test::Model(name.into()))
}

/// Requests after `number` answers to the same user message: `step(0)` is the first question, `step(1)` the one
/// with the results of the first tool calls.
pub fn step(number: usize) -> Matcher {
    Matcher(Test::Step(number))
}

/// Requests that end with a result of the tool of this name.
pub fn tool_result(tool: impl Into<String>) -> Matcher {
    Matcher(Test::ToolResult(tool.into()))
}

/// Requests that a closure accepts.
pub fn request(accepts: impl Fn(&Recorded) -> bool + Send + Sync + 'static) -> Matcher {
    Matcher(Test::Request(Arc::new(accepts)))
}

impl Matcher {
    /// Requests that fit both.
    pub fn and(self, other: Self) -> Self {
        Self(Test::Both(Box::new((self, other))))
    }

    /// Requests that fit one or the other.
    pub fn or(self, other: Self) -> Self {
        Self(Test::Either(Box::new((self, other))))
    }

    /// How close the request comes, from 0 to 1, so that an error can name the rule that was probably meant.
    pub(crate) fn nearness(&self, sent: &Recorded) -> f64 {
        match &self.0 {
            _ if self.fits(sent) => 1.0,
            Test::Text(text) => words_in_common(text, &sent.text()),
            Test::Model(name) => strsim::normalized_damerau_levenshtein(name, sent.model()),
            Test::Step(_) | Test::Request(_) | Test::Not(_) => 0.0,
            Test::ToolResult(tool) => {
                let near = |(name, _)| strsim::normalized_damerau_levenshtein(tool, name);
                sent.tool_results().map(near).fold(0.0, f64::max)
            }
            Test::Both(both) => (both.0.nearness(sent) + both.1.nearness(sent)) / 2.0,
            Test::Either(either) => either.0.nearness(sent).max(either.1.nearness(sent)),
        }
    }
}

/// Requests that do not fit: `!text("weather")`.
impl Not for Matcher {
    type Output = Self;

    fn not(self) -> Self {
        Self(Test::Not(Box::new(self)))
    }
}

impl Fits for Matcher {
    type Request = Recorded;

    fn fits(&self, sent: &Recorded) -> bool {
        match &self.0 {
            Test::Text(text) => sent.text().contains(text.as_str()),
            Test::Model(name) => sent.model() == name,
            Test::Step(number) => sent.step() == *number,
            Test::ToolResult(tool) => sent.tool_results().any(|(name, _)| name == tool),
            Test::Request(accepts) => accepts(sent),
            Test::Both(both) => both.0.fits(sent) && both.1.fits(sent),
            Test::Either(either) => either.0.fits(sent) || either.1.fits(sent),
            Test::Not(not) => !not.fits(sent),
        }
    }
}

/// How well each word of `wanted` is met by some word of `text`, on average, whatever the case.
fn words_in_common(wanted: &str, text: &str) -> f64 {
    let (wanted, text) = (wanted.to_lowercase(), text.to_lowercase());
    let met = |word: &str| {
        let near = |other| strsim::normalized_damerau_levenshtein(word, other);
        text.split_whitespace().map(near).fold(0.0, f64::max)
    };
    let (sum, count) =
        wanted.split_whitespace().fold((0.0, 0.0), |(sum, n), word| (sum + met(word), n + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Test::Text(text) => write!(f, "text(\"{}\")", excerpt(text)),
            Test::Model(name) => write!(f, "model(\"{name}\")"),
            Test::Step(number) => write!(f, "step({number})"),
            Test::ToolResult(tool) => write!(f, "tool_result(\"{tool}\")"),
            Test::Request(_) => f.write_str("request(a closure)"),
            Test::Both(both) => write!(f, "{}.and({})", both.0, both.1),
            Test::Either(either) => write!(f, "{}.or({})", either.0, either.1),
            Test::Not(not) => write!(f, "(!{not})"),
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
