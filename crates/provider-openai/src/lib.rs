#![doc = include_str!("../README.md")]

mod catalog;
mod completions;
mod config;
mod driver;
mod error;
mod facts;
mod family;
mod options;
mod responses;
mod tokens;
mod tools;

pub use completions::Completions;
pub use config::{Api, Config};
pub use driver::OpenAi;
pub use options::OpenAiOptions;
pub use provider_http::{Pinned, PinnedElsewhere};
pub use responses::encode_response;
pub use tokens::InputTokens;
pub use tools::{
    CodeInterpreter, CustomTool, FileSearch, ImageGeneration, McpServer, WebSearch, approve_mcp_call,
};
