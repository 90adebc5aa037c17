#![doc = include_str!("../README.md")]

mod api;
mod catalog;
mod chat;
mod config;
mod driver;
mod embedding;
mod error;
mod facts;
mod family;
mod options;
mod tokens;
mod tools;

pub use chat::{EncodedContent, PromptBlocked, StreamDecoder, decode_content, encode_content};
pub use config::Config;
pub use driver::Gemini;
pub use error::{GeminiError, QuotaViolation};
pub use options::{GeminiOptions, SafetySetting};
pub use provider_http::{Pinned, PinnedElsewhere};
pub use tools::{CodeExecution, ComputerUse, FileSearch, GoogleMaps, GoogleSearch, UrlContext};
