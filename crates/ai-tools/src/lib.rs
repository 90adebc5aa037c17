#![doc = include_str!("../README.md")]

mod invalid;
mod object;

pub use invalid::{InvalidObject, ObjectProblem};
pub use object::{Object, ObjectFormat};
/// Makes the JSON Schema of a type; derive [`JsonSchema`](schemars::JsonSchema) by it.
pub use schemars;
