//! A vendor made of recorded answers: in memory, or on a socket.

mod loopback;
mod memory;
mod script;

pub(crate) use self::loopback::Loopback;
pub(crate) use self::memory::Memory;
pub(crate) use self::script::{End, Open};
pub use self::script::{Reply, Script, Split};
