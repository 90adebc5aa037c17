#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod calls;
#[cfg(feature = "cassettes")]
pub mod cassette;
mod chat;
mod client;
mod connection;
mod failure;
mod framing;
mod headers;
mod pinned;
#[doc(hidden)]
pub mod raw;
mod stream;
mod transport;
#[doc(hidden)]
pub mod wire;
#[doc(hidden)]
pub mod words;

pub use chat::{Ask, ChatCodec, EncodedRequest, Form, Head, HttpChatModel};
pub use client::{BaseUrl, Call, DEFAULT_ANSWER_LIMIT, HttpClient, encode_segment};
pub use connection::{Access, Connection};
pub use failure::{BodyForm, FAILURE_BODY_LIMIT, Failure};
pub use framing::{DEFAULT_FRAME_LIMIT, Frame, Framer};
pub use headers::{
    RedactedHeaders, is_printable, parse_duration, rate_limits, request_id, retry_after, should_retry,
};
pub use pinned::{Pinned, PinnedElsewhere};
pub use stream::{FrameDecoder, FrameReader, chat_stream};
pub use transport::{ReqwestTransport, TlsBackend, TransportBuilder};
