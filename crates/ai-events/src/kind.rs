//! What can happen.

use std::time::Duration;

use laravel_ai_core::{
    ChatRequest, ChatResponse, Cost, FinishReason, Modality, Money, Partial, Target, Usage,
};
use serde::{Deserialize, Serialize};

use crate::{AttemptOutcome, Brief, CircuitScope, Content, Failure, written};

/// What happened. The layers of `ai-layers` publish what happens in calls; conversations, tools, budgets and background
/// work publish the rest.
///
/// Match with `..` and a last arm, since events and their facts become more.
///
/// ```
/// use ai_events::EventKind;
///
/// fn price(kind: &EventKind) -> Option<String> {
///     match kind {
///         EventKind::CostCalculated { cost, .. } => Some(cost.money.to_string()),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
#[non_exhaustive]
pub enum EventKind {
    /// A call was accepted: the first event of every call. One of `ResponseGenerated`, `CallFailed`, `StreamInterrupted` and
    /// `Cancelled` follows for the same call.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::MessageSent {
    ///     target: target(), modality: Modality::Chat, streamed: false, messages: 1, request: Content::none(),
    /// };
    /// assert_eq!(event.name(), "MessageSent");
    /// ```
    MessageSent {
        /// Who is asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What kind of call.
        modality: Modality,
        /// Whether the answer is to come as a stream.
        streamed: bool,
        /// How many messages, or inputs to embed.
        messages: u64,
        /// The request, where the publisher was told to give content.
        #[serde(skip)]
        request: Content<ChatRequest>,
    },
    /// The caller has the whole answer.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ResponseGenerated {
    ///     target: target(), modality: Modality::Chat, finish: None, usage: usage(), cost: None, attempts: 1,
    ///     latency: latency(), first_content: None, response: Content::none(),
    /// };
    /// assert_eq!(event.name(), "ResponseGenerated");
    /// ```
    ResponseGenerated {
        /// Who served it.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What kind of call.
        modality: Modality,
        /// Why the answer ended; none for embeddings.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finish: Option<FinishReason>,
        /// What it used.
        #[serde(serialize_with = "written::usage")]
        usage: Usage,
        /// What it cost, when that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Cost>,
        /// How many physical tries it took.
        attempts: u32,
        /// From the call to the end of the answer.
        #[serde(with = "written::seconds")]
        latency: Duration,
        /// From the call to the first content of a stream.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "written::optional_seconds")]
        first_content: Option<Duration>,
        /// The answer, where the publisher was told to give content. Streams have none.
        #[serde(skip)]
        response: Content<ChatResponse>,
    },
    /// The caller got an error in place of an answer.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::CallFailed {
    ///     target: target(), modality: Modality::Chat, failure: failure(), attempts: 1, latency: latency(),
    /// };
    /// assert_eq!(event.name(), "CallFailed");
    /// ```
    CallFailed {
        /// Who failed last.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What kind of call.
        modality: Modality,
        /// Why.
        failure: Failure,
        /// How many physical tries were made.
        attempts: u32,
        /// From the call to the error.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// A stream broke when the caller had a part of it.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::StreamInterrupted {
    ///     target: target(), failure: failure(), usage: usage(), partial: Content::none(), latency: latency(),
    /// };
    /// assert_eq!(event.name(), "StreamInterrupted");
    /// ```
    StreamInterrupted {
        /// Who was asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// Why.
        failure: Failure,
        /// What was used, as far as the vendor said.
        #[serde(serialize_with = "written::usage")]
        usage: Usage,
        /// What was delivered.
        #[serde(skip)]
        partial: Content<Partial>,
        /// From the call to the break.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// The caller dropped the call or the stream before its end.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::Cancelled {
    ///     target: target(), modality: Modality::Chat, usage: usage(), partial: Content::none(),
    ///     latency: latency(),
    /// };
    /// assert_eq!(event.name(), "Cancelled");
    /// ```
    Cancelled {
        /// Who was asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What kind of call.
        modality: Modality,
        /// What was used, as far as the vendor said.
        #[serde(serialize_with = "written::usage")]
        usage: Usage,
        /// What was delivered.
        #[serde(skip)]
        partial: Content<Partial>,
        /// From the call to the drop.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// A request goes out: the beginning of one physical try. The event's `attempt` is its id.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::AttemptStarted { target: target(), number: 1, streamed: false };
    /// assert_eq!(event.name(), "AttemptStarted");
    /// ```
    AttemptStarted {
        /// Who is asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// Which try of the call, from 1.
        number: u32,
        /// Whether the answer is to come as a stream.
        streamed: bool,
    },
    /// A physical try is over. Whatever became of the call, it may have to be paid for.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::AttemptFinished {
    ///     target: target(), number: 1, outcome: AttemptOutcome::Succeeded, usage: usage(), cost: None,
    ///     latency: latency(), first_content: None,
    /// };
    /// assert_eq!(event.name(), "AttemptFinished");
    /// ```
    AttemptFinished {
        /// Who was asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// Which try of the call, from 1.
        number: u32,
        /// How it ended.
        outcome: AttemptOutcome,
        /// What it used, as far as the vendor said.
        #[serde(serialize_with = "written::usage")]
        usage: Usage,
        /// What it cost, when the vendor said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Cost>,
        /// From sending to the end.
        #[serde(with = "written::seconds")]
        latency: Duration,
        /// From sending to the first content of a stream.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "written::optional_seconds")]
        first_content: Option<Duration>,
    },
    /// A try failed, and another follows.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::Retrying { target: target(), failure: failure(), tries: 1, delay: latency() };
    /// assert_eq!(event.name(), "Retrying");
    /// ```
    Retrying {
        /// Who is asked next.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// Why the last try failed; it may have to be paid for.
        failure: Failure,
        /// How many tries were made so far.
        tries: u32,
        /// How long is waited before the next.
        #[serde(with = "written::seconds")]
        delay: Duration,
    },
    /// A call goes on with another target.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ProviderSwitched { from: target(), to: target(), reason: failure() };
    /// assert_eq!(event.name(), "ProviderSwitched");
    /// ```
    ProviderSwitched {
        /// Who was asked.
        #[serde(serialize_with = "written::target")]
        from: Target,
        /// Who is asked now.
        #[serde(serialize_with = "written::target")]
        to: Target,
        /// Why.
        reason: Failure,
    },
    /// A target, or a key, is left alone for a while.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::CircuitOpened {
    ///     target: target(), scope: CircuitScope::Target, reason: "5 of 10 calls failed".into(),
    ///     cool_down: latency(),
    /// };
    /// assert_eq!(event.name(), "CircuitOpened");
    /// ```
    CircuitOpened {
        /// Whose calls led to it.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What is left alone.
        scope: CircuitScope,
        /// Why, in words.
        reason: Brief,
        /// For how long.
        #[serde(with = "written::seconds")]
        cool_down: Duration,
    },
    /// A target, or a key, works again.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::CircuitClosed { target: target(), scope: CircuitScope::Target };
    /// assert_eq!(event.name(), "CircuitClosed");
    /// ```
    CircuitClosed {
        /// Whose call showed it.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What works again.
        scope: CircuitScope,
    },
    /// A limit of ours made a call wait, or refused it.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::Throttled {
    ///     target: target(), limit: "60 requests per minute of work".into(), waited: latency(), refused: false,
    /// };
    /// assert_eq!(event.name(), "Throttled");
    /// ```
    Throttled {
        /// Who was to be asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// Which limit, such as `tokens per minute of work`.
        limit: Brief,
        /// How long the call waited.
        #[serde(with = "written::seconds")]
        waited: Duration,
        /// Whether the call was refused in the end.
        refused: bool,
    },
    /// An answer came from the cache, and nothing was sent.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::CacheHit { target: target(), age: latency(), saved: None };
    /// assert_eq!(event.name(), "CacheHit");
    /// ```
    CacheHit {
        /// Who would have been asked.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// How old the answer is.
        #[serde(with = "written::seconds")]
        age: Duration,
        /// What it cost when it was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        saved: Option<Cost>,
    },
    /// The cost of a call is known.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::CostCalculated { target: target(), usage: usage(), cost: cost() };
    /// assert_eq!(event.name(), "CostCalculated");
    /// ```
    CostCalculated {
        /// Who served the call.
        #[serde(serialize_with = "written::target")]
        target: Target,
        /// What it used.
        #[serde(serialize_with = "written::usage")]
        usage: Usage,
        /// What it cost, and how we know.
        cost: Cost,
    },
    /// A budget is used up to a threshold.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::BudgetThresholdReached {
    ///     scope: "user".into(), id: "ada".into(), percent: 80, spent: money(), limit: money(),
    /// };
    /// assert_eq!(event.name(), "BudgetThresholdReached");
    /// ```
    BudgetThresholdReached {
        /// Whose budget, such as `user`.
        scope: Brief,
        /// Which of them.
        id: Brief,
        /// The threshold, in percent of the limit.
        percent: u8,
        /// What was spent.
        spent: Money,
        /// The limit.
        limit: Money,
    },
    /// A conversation was begun.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ConversationCreated { conversation: "c-1".into() };
    /// assert_eq!(event.name(), "ConversationCreated");
    /// ```
    ConversationCreated {
        /// Its id.
        conversation: Brief,
    },
    /// A conversation has more messages.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ConversationUpdated { conversation: "c-1".into(), messages: 1, cost: None };
    /// assert_eq!(event.name(), "ConversationUpdated");
    /// ```
    ConversationUpdated {
        /// Its id.
        conversation: Brief,
        /// How many it has now.
        messages: u64,
        /// What it cost so far, when that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<Cost>,
    },
    /// The application runs a tool for the model.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ToolCalled { call: "call_1".into(), name: "get_weather".into() };
    /// assert_eq!(event.name(), "ToolCalled");
    /// ```
    ToolCalled {
        /// The id of the call.
        call: Brief,
        /// The tool.
        name: Brief,
    },
    /// A tool gave its result.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ToolCompleted {
    ///     call: "call_1".into(), name: "get_weather".into(), latency: latency(),
    /// };
    /// assert_eq!(event.name(), "ToolCompleted");
    /// ```
    ToolCompleted {
        /// The id of the call.
        call: Brief,
        /// The tool.
        name: Brief,
        /// How long it took.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// A tool failed, was refused or took too long.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ToolFailed {
    ///     call: "call_1".into(), name: "get_weather".into(), reason: "it took longer than 30 s".into(),
    ///     latency: latency(),
    /// };
    /// assert_eq!(event.name(), "ToolFailed");
    /// ```
    ToolFailed {
        /// The id of the call.
        call: Brief,
        /// The tool.
        name: Brief,
        /// Why.
        reason: Brief,
        /// How long it took.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// An action outside the conversation is asked for.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::AgentActionRequested { id: "a-1".into(), action: "schedule_meeting".into() };
    /// assert_eq!(event.name(), "AgentActionRequested");
    /// ```
    AgentActionRequested {
        /// The id of the action.
        id: Brief,
        /// What is to be done, such as `schedule_meeting`.
        action: Brief,
    },
    /// An action succeeded or failed.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::AgentActionCompleted {
    ///     id: "a-1".into(), action: "schedule_meeting".into(), problem: None, latency: latency(),
    /// };
    /// assert_eq!(event.name(), "AgentActionCompleted");
    /// ```
    AgentActionCompleted {
        /// The id of the action.
        id: Brief,
        /// What was to be done.
        action: Brief,
        /// Why it failed; none when it succeeded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Brief>,
        /// How long it took.
        #[serde(with = "written::seconds")]
        latency: Duration,
    },
    /// A system outside was told of something.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ExternalIntegrationTriggered {
    ///     integration: "webhook".into(), destination: "https://example.com/hook".into(),
    /// };
    /// assert_eq!(event.name(), "ExternalIntegrationTriggered");
    /// ```
    ExternalIntegrationTriggered {
        /// Which, such as `webhook`.
        integration: Brief,
        /// Where, without secrets.
        destination: Brief,
    },
    /// The list of a connection's models was compared with what is stored.
    /// ```
    /// # use ai_events::doc::*;
    /// let event = EventKind::ModelSynced {
    ///     connection: "work".into(), added: vec![], updated: vec![], removed: vec![], models: 1,
    /// };
    /// assert_eq!(event.name(), "ModelSynced");
    /// ```
    ModelSynced {
        /// The connection.
        connection: Brief,
        /// Models that are new.
        #[serde(serialize_with = "written::names")]
        added: Vec<Brief>,
        /// Models that changed.
        #[serde(serialize_with = "written::names")]
        updated: Vec<Brief>,
        /// Models that are gone.
        #[serde(serialize_with = "written::names")]
        removed: Vec<Brief>,
        /// How many there are now.
        models: u64,
    },
}
