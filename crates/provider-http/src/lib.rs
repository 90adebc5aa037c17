#![doc = include_str!("../README.md")]

mod account;
#[cfg(feature = "cassettes")]
pub mod cassette;
mod chat;
mod client;
mod failure;
mod framing;
mod headers;
mod stream;
mod transport;

pub use account::{Access, Account};
pub use chat::{Ask, ChatCodec, EncodedRequest, Form, Head, HttpChatModel};
pub use client::{BaseUrl, Call, DEFAULT_ANSWER_LIMIT, HttpClient, encode_segment};
pub use failure::{BodyForm, FAILURE_BODY_LIMIT, Failure};
pub use framing::{DEFAULT_FRAME_LIMIT, Frame, Framer};
pub use headers::{RedactedHeaders, is_printable, rate_limits, request_id, retry_after, should_retry};
pub use stream::{FrameDecoder, FrameReader, chat_stream};
pub use transport::{ReqwestTransport, TlsBackend, TransportBuilder};
