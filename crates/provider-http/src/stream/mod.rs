//! From a streamed answer to frames, and from frames to events.

mod events;
mod reader;

pub use self::events::{FrameDecoder, chat_stream};
pub use self::reader::FrameReader;
