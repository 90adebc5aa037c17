//! What a chat model answers.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{
    AssistantPart, Cost, Error, ErrorKind, Message, RateLimits, RawJson, Result, Target, ToolCall, Usage,
    Warning,
};

/// A finished answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatResponse {
    /// The vendor's id of the answer.
    pub id: Option<String>,
    /// The model that answered as the vendor names it, often a dated snapshot of the one asked for.
    pub model: Option<String>,
    /// The parts of the answer in their order.
    pub content: Vec<AssistantPart>,
    /// Why it ended.
    pub finish: Finish,
    /// What it used.
    pub usage: Usage,
    /// What it cost, when the vendor said so or a layer knows the price. `None` is unknown, not free.
    pub cost: Option<Cost>,
    /// Who served it.
    pub served_by: Target,
    /// How many physical tries it took.
    pub attempts: u32,
    /// What was done otherwise than asked.
    pub warnings: Vec<Warning>,
    /// The caller's limits, when the vendor reported them.
    pub rate_limits: Option<RateLimits>,
    /// The id under which the vendor's support finds the request.
    pub request_id: Option<String>,
    /// The service tier that the vendor really used; it can set the price.
    pub service_tier: Option<String>,
    /// What else the vendor said, by the vendor's names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, RawJson>,
}

impl ChatResponse {
    /// An answer of these parts that ended for `reason`, everything else unknown.
    pub fn new(served_by: Target, content: Vec<AssistantPart>, reason: FinishReason) -> Self {
        Self {
            id: None,
            model: None,
            content,
            finish: Finish::new(reason),
            usage: Usage::default(),
            cost: None,
            served_by,
            attempts: 1,
            warnings: Vec::new(),
            rate_limits: None,
            request_id: None,
            service_tier: None,
            metadata: BTreeMap::new(),
        }
    }

    /// The text of the answer, all text parts joined.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(AssistantPart::as_text).collect()
    }

    /// The reasoning as far as it is shown, joined.
    pub fn reasoning(&self) -> String {
        let text = |part: &'_ AssistantPart| match part {
            AssistantPart::Reasoning(reasoning) => Some(reasoning.text.clone()),
            _ => None,
        };
        self.content.iter().filter_map(text).collect()
    }

    /// The model's refusal, when it refused and the vendor marks it.
    pub fn refusal(&self) -> Option<&str> {
        self.content.iter().find_map(|part| match part {
            AssistantPart::Refusal(refusal) => Some(refusal.text.as_str()),
            _ => None,
        })
    }

    /// The calls that the application is to run, in their order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.iter().filter_map(AssistantPart::as_tool_call)
    }

    /// The answer as a message, to go on with.
    pub fn message(&self) -> Message {
        Message::Assistant(self.content.clone())
    }

    /// Decodes the text as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::ContentFiltered`] when the model refused, [`ErrorKind::Decode`] when the text is cut or does
    /// not have the shape of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        if self.refusal().is_some() {
            return Err(Error::new(ErrorKind::ContentFiltered, "the model refused to answer"));
        }
        serde_json::from_str(&self.text()).map_err(|e| {
            let cut = if self.finish.reason == FinishReason::Length {
                " and was cut at the token limit"
            } else {
                ""
            };
            Error::decode(format_args!("the answer is not the JSON that was asked for{cut}"), &e)
        })
    }
}

/// Why an answer ended: in one vocabulary, and in the vendor's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finish {
    /// In one vocabulary for all vendors.
    pub reason: FinishReason,
    /// In the vendor's word, when there was one.
    pub raw: Option<String>,
}

impl Finish {
    /// Ended for `reason`.
    pub fn new(reason: FinishReason) -> Self {
        Self { reason, raw: None }
    }

    /// With the vendor's word.
    pub fn with_raw(mut self, raw: impl Into<String>) -> Self {
        self.raw = Some(raw.into());
        self
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model was done, or met a stop text.
    Stop,
    /// A token limit cut it.
    Length,
    /// The model wants tools to be run. Set whenever there are calls to run, whatever the vendor's word is.
    ToolCalls,
    /// The vendor's policy stopped it.
    ContentFilter,
    /// The model refused.
    Refusal,
    /// Ended for a reason that this version does not know, see [`Finish::raw`].
    #[default]
    Unknown,
}
