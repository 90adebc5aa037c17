#![doc = include_str!("../README.md")]

mod catalog;
mod chat;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connection;
mod dialect;
mod driver;
mod embedding;
mod encode;
mod error;
#[doc(hidden)]
pub mod hosted;
mod options;
pub mod responses;

pub use catalog::Models;
pub use chat::{ChatCompletions, EncodedChat, StreamDecoder, decode_chat, encode_chat, encode_raw, usage_of};
pub use config::{Config, Quirks};
pub use dialect::{
    ArgumentsForm, Dialect, EmptyContent, EndUserField, ImageForms, MaxTokens, Parameter, Parameters,
    ReasoningField, ReasoningName, ReasoningReplay, ReasoningTokens, ResponsesForm, SystemRole,
};
pub use driver::OpenAiCompatible;
pub use embedding::Embeddings;
pub use error::{OpenAiError, error_in_answer, error_of};
pub use options::CompatibleOptions;
