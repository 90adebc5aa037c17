#![doc = include_str!("../README.md")]

mod catalog;
mod chat;
mod completions;
mod config;
mod driver;
mod error;
mod facts;
mod family;
mod options;
mod tokens;
mod tools;

pub use chat::{EncodedResponse, Responses, StreamDecoder, decode_response, encode_response};
pub use completions::Completions;
pub use config::{Api, Config};
pub use driver::OpenAi;
pub use options::{OpenAiOptions, Pinned, PinnedElsewhere};
pub use tokens::InputTokens;
pub use tools::{
    CodeInterpreter, CustomTool, FileSearch, ImageGeneration, McpServer, WebSearch, approve_mcp_call,
};
