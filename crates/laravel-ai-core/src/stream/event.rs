//! What a stream says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    AssistantPart, Cost, Finish, Opaque, RateLimits, RawJson, Source, Target, ToolCallKind, Usage, Warning,
};

/// Tells the blocks of one stream apart. A block becomes one part of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlockId(u32);

impl BlockId {
    /// The block with this number; drivers count from 0 in the order of start.
    pub fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// One event of an answer that is being made.
///
/// The law: zero or more events, then exactly one [`Finish`](Self::Finish) or one error, then nothing. Each block
/// starts once, takes deltas of its own kind, and ends once before the finish; [`StreamLaw`](crate::StreamLaw)
/// checks it. Blocks may overlap, as parallel tool calls do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEvent {
    /// The vendor began to answer. At most once, and before everything but warnings.
    Start(Box<ResponseStart>),
    /// A block begins.
    BlockStart {
        /// The block.
        block: BlockId,
        /// What it will hold.
        kind: BlockKind,
    },
    /// More text of a text block.
    TextDelta {
        /// The block.
        block: BlockId,
        /// What is added.
        text: String,
    },
    /// More text of a reasoning block.
    ReasoningDelta {
        /// The block.
        block: BlockId,
        /// What is added.
        text: String,
    },
    /// More text of a refusal block.
    RefusalDelta {
        /// The block.
        block: BlockId,
        /// What is added.
        text: String,
    },
    /// More of a tool call's arguments.
    ToolInputDelta {
        /// The block.
        block: BlockId,
        /// What is added.
        text: String,
    },
    /// The text of a block cites a source.
    Source {
        /// The text block.
        block: BlockId,
        /// What is cited.
        source: Source,
    },
    /// A block is complete.
    BlockEnd {
        /// The block.
        block: BlockId,
        /// State for the target that made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Box<Opaque>>,
    },
    /// A part that arrived whole.
    Part {
        /// Its place among the blocks.
        block: BlockId,
        /// The part.
        part: Box<AssistantPart>,
    },
    /// A snapshot of the usage so far; a later one replaces what it knows.
    Usage(Box<Usage>),
    /// Something was done otherwise than asked.
    Warning(Box<Warning>),
    /// The answer is complete.
    Finish(Box<ResponseFinish>),
}

impl StreamEvent {
    /// The text of a text delta: what a user interface prints.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::TextDelta { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether the caller has something of the answer with this event: the commit point of a stream, after which
    /// no layer may start over.
    pub fn is_content(&self) -> bool {
        matches!(
            self,
            Self::TextDelta { .. }
                | Self::ReasoningDelta { .. }
                | Self::RefusalDelta { .. }
                | Self::ToolInputDelta { .. }
                | Self::Part { .. }
        )
    }
}

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BlockKind {
    /// Text for the user.
    Text,
    /// Reasoning.
    Reasoning,
    /// The model's refusal.
    Refusal,
    /// A call of a tool: its arguments follow as deltas.
    ToolInput {
        /// The id of the call.
        id: String,
        /// The tool's name.
        name: String,
        /// How the arguments are to be read.
        call: ToolCallKind,
    },
}

/// What is known when a vendor begins to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ResponseStart {
    /// The vendor's id of the answer.
    pub id: Option<String>,
    /// The model as the vendor names it.
    pub model: Option<String>,
    /// Who serves it.
    pub served_by: Target,
    /// The caller's limits, when the vendor reported them.
    pub rate_limits: Option<RateLimits>,
    /// The id under which the vendor's support finds the request.
    pub request_id: Option<String>,
}

impl ResponseStart {
    /// An answer served by `target`, nothing else known.
    pub fn new(served_by: Target) -> Self {
        Self { id: None, model: None, served_by, rate_limits: None, request_id: None }
    }
}

/// What is known when an answer is complete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ResponseFinish {
    /// Why it ended.
    pub finish: Finish,
    /// What the whole answer used.
    pub usage: Usage,
    /// What it cost, when that is known.
    pub cost: Option<Cost>,
    /// The service tier that was really used.
    pub service_tier: Option<String>,
    /// What else the vendor said.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, RawJson>,
    /// How many physical tries it took; 0 is read as 1.
    pub attempts: u32,
}

impl ResponseFinish {
    /// Ended like this, having used that.
    pub fn new(finish: Finish, usage: Usage) -> Self {
        Self { finish, usage, attempts: 1, ..Self::default() }
    }
}
