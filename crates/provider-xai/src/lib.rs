#![doc = include_str!("../README.md")]

mod account;
mod catalog;
mod completions;
mod config;
mod cost;
mod deferred;
mod driver;
mod error;
mod facts;
mod family;
mod key;
mod model;
mod options;
mod responses;
mod tokens;
mod tools;

pub use account::Account;
pub use completions::encode_completion;
pub use config::{Api, Config};
pub use deferred::{Deferred, Pending};
pub use driver::Xai;
pub use key::ApiKey;
pub use model::{LanguageModel, LongContext, Prices};
pub use options::XaiOptions;
pub use provider_http::{Pinned, PinnedElsewhere};
pub use responses::encode_response;
pub use tokens::Tokenizer;
pub use tools::{CodeInterpreter, FileSearch, ImageGeneration, McpServer, WebSearch, XSearch};
