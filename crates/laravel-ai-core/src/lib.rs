#![doc = include_str!("../README.md")]

mod capabilities;
mod catalog;
mod chat;
mod clock;
mod context;
mod credentials;
mod embedding;
mod error;
mod json;
mod layer;
mod media;
mod message;
mod model;
mod money;
mod provider;
mod rate_limits;
mod render;
mod request;
mod response;
mod secret;
mod stream;
mod target;
mod tokens;
mod transport;
mod usage;
mod warning;

pub use capabilities::{Capabilities, ModelFacts};
pub use catalog::{Catalog, CredentialReport, CredentialStatus, Health};
pub use chat::ChatModel;
pub use clock::Clock;
pub use context::{AttemptId, Context, Labels, RunId, Timeouts};
pub use credentials::Credentials;
pub use embedding::{EmbeddingInput, EmbeddingModel, EmbeddingRequest, EmbeddingResponse, EmbeddingTask};
pub use error::{Error, ErrorKind, Partial, Result, Retry};
pub use json::RawJson;
pub use layer::{Layer, Modality};
pub use media::{DEFAULT_MEDIA_LIMIT, Media, MediaSource};
pub use message::{
    AssistantPart, CacheBreakpoint, MESSAGE_VERSION, Message, Opaque, ProviderCall, ProviderResult,
    Reasoning, Refusal, Source, Text, TextPart, ToolCall, ToolCallKind, ToolResult, ToolResultPart, UserPart,
};
pub use model::{ModelInfo, ModelKind};
pub use money::{Cost, Currency, Money, Provenance};
pub use provider::{Description, Driver, Provider, ProviderOptions, Resources};
pub use rate_limits::{RateLimit, RateLimits};
pub use render::RenderedRequest;
pub use request::{
    ChatRequest, ExtraHeaders, FunctionTool, JsonSchemaFormat, OptionsByDriver, ProviderTool,
    ReasoningEffort, ReasoningOptions, ReasoningSummary, ResponseFormat, Tool, ToolChoice, ToolMode,
};
pub use response::{ChatResponse, Finish, FinishReason};
pub use secret::{Fingerprint, Secret};
pub use stream::{
    BlockId, BlockKind, ChatStream, LawViolation, ResponseFinish, ResponseStart, StreamEvent, StreamLaw,
};
pub use target::Target;
pub use tokens::{TokenCount, TokenCounter};
pub use transport::{Body, Transport};
pub use usage::Usage;
pub use warning::{Warning, WarningKind, Warnings};
