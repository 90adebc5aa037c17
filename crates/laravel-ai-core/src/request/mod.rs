//! What is asked of a chat model.

mod format;
mod options;
mod tools;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::format::{
    JsonSchemaFormat, ReasoningEffort, ReasoningOptions, ReasoningSummary, ResponseFormat,
};
pub use self::options::OptionsByDriver;
pub use self::tools::{FunctionTool, ProviderTool, Tool, ToolChoice, ToolMode};
use crate::{Error, ErrorKind, Message, ProviderOptions, RawJson, Result, Target, Warning};

/// One step of a conversation, in words that all vendors share. The model is not part of it: the handle that is
/// asked has one.
///
/// What is `None` is not sent, so the vendor's default holds. A request travels in an [`Arc`] and is not copied
/// on its way through the layers.
///
/// The serde form leaves `extra_headers` out, because headers may hold secrets.
///
/// ```
/// use laravel_ai_core::{ChatRequest, Message};
///
/// let request = ChatRequest::new([Message::system("Be brief."), Message::user("Hello")])
///     .with_temperature(0.2)
///     .with_max_output_tokens(100);
/// request.validate()?;
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChatRequest {
    /// The conversation so far, oldest first.
    pub messages: Vec<Message>,
    /// Randomness; most vendors take 0 to 2.
    pub temperature: Option<f64>,
    /// Nucleus sampling, above 0 to 1.
    pub top_p: Option<f64>,
    /// Sampling among the k most likely tokens.
    pub top_k: Option<u32>,
    /// The most tokens of the answer, reasoning included.
    pub max_output_tokens: Option<u32>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// For answers that repeat as far as the vendor can.
    pub seed: Option<i64>,
    /// Discourages tokens that occurred, -2 to 2.
    pub presence_penalty: Option<f64>,
    /// Discourages tokens by how often they occurred, -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// How much and how visibly to reason.
    pub reasoning: Option<ReasoningOptions>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// Whether it may, must or must not.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several calls may come in one answer.
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    pub format: Option<ResponseFormat>,
    /// Groups requests that share a prompt prefix, for the vendor's prompt cache.
    pub cache_key: Option<String>,
    /// An opaque id of the end user for the vendor's abuse detection.
    pub end_user: Option<String>,
    /// Options of single vendors, by driver.
    pub provider_options: OptionsByDriver,
    /// Members added to the body that is sent, over those of the driver. The way to a field that this library
    /// does not know yet.
    pub extra_body: BTreeMap<String, serde_json::Value>,
    /// Headers added to the request, over those of the driver.
    #[serde(skip)]
    pub extra_headers: ExtraHeaders,
    /// The body to send in place of all the fields above; the driver adds only `model` and what streaming needs.
    /// Layers still see the request.
    pub raw: Option<RawJson>,
    /// Warnings are errors: what the target can't do is refused before anything is sent.
    pub strict: bool,
}

impl ChatRequest {
    /// A request with these messages and every option left to the vendor.
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        Self { messages: messages.into_iter().collect(), ..Self::default() }
    }

    /// A request of one user text.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new([Message::user(text)])
    }

    /// A request whose body is `json`, in the vendor's own words.
    pub fn raw(json: RawJson) -> Self {
        Self { raw: Some(json), ..Self::default() }
    }

    /// With options of one vendor. Options of another driver than the one that serves the call give a warning.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the options have no JSON form.
    pub fn with_options<O: ProviderOptions>(mut self, options: &O) -> Result<Self> {
        self.provider_options.set(options)?;
        Ok(self)
    }

    /// With a header over those of the driver.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when name or value can't be sent.
    pub fn with_header(mut self, name: &str, value: &str) -> Result<Self> {
        self.extra_headers.insert(name, value)?;
        Ok(self)
    }

    /// With a member added to the body that is sent.
    pub fn with_extra(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
        self.extra_body.insert(name.into(), value.into());
        self
    }

    /// The names of the options that are given. An encoder goes through those that its vendor does not take, so that an
    /// option that comes later is not dropped in silence either. Messages, options of single vendors and what is added
    /// to body and headers are none.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    ///
    /// let request = ChatRequest::user("Hello").with_temperature(0.2).with_seed(7);
    /// let taken = ["temperature", "top_p"];
    /// let left_out: Vec<_> = request.options().filter(|name| !taken.contains(name)).collect();
    /// assert_eq!(left_out, ["seed"]);
    /// ```
    pub fn options(&self) -> impl Iterator<Item = &'static str> + use<> {
        [
            ("temperature", self.temperature.is_some()),
            ("top_p", self.top_p.is_some()),
            ("top_k", self.top_k.is_some()),
            ("max_output_tokens", self.max_output_tokens.is_some()),
            ("stop", !self.stop.is_empty()),
            ("seed", self.seed.is_some()),
            ("presence_penalty", self.presence_penalty.is_some()),
            ("frequency_penalty", self.frequency_penalty.is_some()),
            ("reasoning", self.reasoning.is_some()),
            ("tools", !self.tools.is_empty()),
            ("tool_choice", self.tool_choice.is_some()),
            ("parallel_tool_calls", self.parallel_tool_calls.is_some()),
            ("format", self.format.is_some()),
            ("cache_key", self.cache_key.is_some()),
            ("end_user", self.end_user.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }

    /// The request without the state that `target` would not understand, and what was dropped. A message that was
    /// nothing but such state goes. Not copied when there is nothing to drop.
    pub fn portable_to(self: Arc<Self>, target: &Target) -> (Arc<Self>, Vec<Warning>) {
        if self.messages.iter().all(|message| message.is_portable_to(target)) {
            return (self, Vec::new());
        }
        let mut request = self;
        let mut warnings = Vec::new();
        Arc::make_mut(&mut request).messages.retain_mut(|message| {
            let dropped = message.make_portable_to(target);
            let emptied = !dropped.is_empty() && message.is_empty();
            warnings.extend(dropped);
            !emptied
        });
        (request, warnings)
    }
}

macro_rules! with {
    ($($(#[$doc:meta])* $method:ident, $field:ident: $type:ty;)*) => {
        impl ChatRequest {
            $($(#[$doc])*
            pub fn $method(mut self, value: $type) -> Self {
                self.$field = Some(value);
                self
            })*

            /// With one more message at the end.
            pub fn with_message(mut self, message: Message) -> Self {
                self.messages.push(message);
                self
            }

            /// With one more tool.
            pub fn with_tool(mut self, tool: impl Into<Tool>) -> Self {
                self.tools.push(tool.into());
                self
            }

            /// With one more text at which the answer ends.
            pub fn with_stop(mut self, stop: impl Into<String>) -> Self {
                self.stop.push(stop.into());
                self
            }

            /// With a key that groups requests for the vendor's prompt cache.
            pub fn with_cache_key(mut self, key: impl Into<String>) -> Self {
                self.cache_key = Some(key.into());
                self
            }

            /// With an opaque id of the end user.
            pub fn with_end_user(mut self, user: impl Into<String>) -> Self {
                self.end_user = Some(user.into());
                self
            }

            /// With warnings as errors.
            pub fn with_strict(mut self, strict: bool) -> Self {
                self.strict = strict;
                self
            }
        }
    };
}

with! {
    /// With a temperature.
    with_temperature, temperature: f64;
    /// With nucleus sampling.
    with_top_p, top_p: f64;
    /// With sampling among the k most likely tokens.
    with_top_k, top_k: u32;
    /// With a limit on the answer's tokens.
    with_max_output_tokens, max_output_tokens: u32;
    /// With a seed.
    with_seed, seed: i64;
    /// With a presence penalty.
    with_presence_penalty, presence_penalty: f64;
    /// With a frequency penalty.
    with_frequency_penalty, frequency_penalty: f64;
    /// With reasoning options.
    with_reasoning, reasoning: ReasoningOptions;
    /// With a tool choice.
    with_tool_choice, tool_choice: ToolChoice;
    /// With several calls in one answer allowed or not.
    with_parallel_tool_calls, parallel_tool_calls: bool;
    /// With a form of the answer.
    with_format, format: ResponseFormat;
}

impl From<&str> for ChatRequest {
    fn from(text: &str) -> Self {
        Self::user(text)
    }
}

impl From<String> for ChatRequest {
    fn from(text: String) -> Self {
        Self::user(text)
    }
}

impl From<Message> for ChatRequest {
    fn from(message: Message) -> Self {
        Self::new([message])
    }
}

impl From<Vec<Message>> for ChatRequest {
    fn from(messages: Vec<Message>) -> Self {
        Self::new(messages)
    }
}

/// Headers that a caller adds to one request. `Debug` shows names only.
#[derive(Clone, Default, PartialEq)]
pub struct ExtraHeaders(http::HeaderMap);

impl ExtraHeaders {
    /// Adds a header, marked sensitive because it may hold a secret; an earlier one of the same name goes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when name or value can't be sent. The value is not shown.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<()> {
        let wrong = |what: &str| {
            let message = format!("the {what} of header `{}` can't be sent", name.escape_debug());
            Error::new(ErrorKind::InvalidRequest, message)
        };
        let key = http::HeaderName::try_from(name).map_err(|_| wrong("name"))?;
        let mut value = http::HeaderValue::try_from(value).map_err(|_| wrong("value"))?;
        value.set_sensitive(true);
        self.0.insert(key, value);
        Ok(())
    }

    /// The headers.
    pub fn as_map(&self) -> &http::HeaderMap {
        &self.0
    }
}

impl fmt::Debug for ExtraHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
