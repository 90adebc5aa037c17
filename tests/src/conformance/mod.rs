//! Judges requests by a vendor's own definition of its API.
//!
//! The definitions are OpenAPI documents. They are read more strictly than they are written: a member that an
//! object does not name is an error, because that is how a misspelt or misplaced option shows. What makes the
//! published documents stricter than the service itself is listed, with evidence, in [`Vendor::exceptions`].

mod definition;
mod explain;
mod operation;
mod schema;
mod vendor;

pub use definition::{Definition, Finding};
pub use vendor::{Edit, Exception, GEMINI, OLLAMA, OPENAI, Vendor, XAI};
