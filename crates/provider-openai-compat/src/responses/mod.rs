//! The Responses API, as OpenAI made it and others took it over.
//!
//! A driver says by a [`Dialect`](crate::Dialect) how its vendor differs, and by [`Settings`] what its own options ask of
//! one request.

mod blocks;
mod decode;
mod encode;
mod ending;
mod item;
mod model;
mod settings;
mod stream;
mod wire;

pub use self::decode::decode;
pub use self::encode::{EncodedResponse, encode};
pub use self::model::{Encode, Responses};
pub use self::settings::Settings;
pub use self::stream::StreamDecoder;
