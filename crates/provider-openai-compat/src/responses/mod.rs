//! The Responses API, whosever it is.

mod blocks;
mod decode;
mod ending;
mod item;
mod stream;
mod wire;

pub use self::decode::decode;
pub use self::stream::StreamDecoder;
pub use self::wire::member;
