#![doc = include_str!("../README.md")]

mod catalog;
mod chat;
mod config;
mod driver;
mod embedding;
mod error;
mod host;
mod line;
mod options;
mod pull;
mod server;

pub use chat::{EncodedChat, Prompt, StreamDecoder, decode_chat, encode_chat};
pub use config::Config;
pub use driver::Ollama;
pub use error::OllamaError;
pub use options::{KeepAlive, OllamaOptions, Think};
pub use pull::{Pull, PullEvent, PullProgress};
pub use server::{RunningModel, Server};
