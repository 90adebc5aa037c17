//! Transports that reach no network.

mod body;
mod recorded;
mod refusing;
mod script;
mod scripted;
mod wire_reply;

pub use self::recorded::RecordedHttp;
pub use self::refusing::RefusingTransport;
pub use self::script::WhenHttp;
pub use self::scripted::ScriptedTransport;
pub use self::wire_reply::WireReply;
