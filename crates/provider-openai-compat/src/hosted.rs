//! Typed tools that a vendor runs itself.

use serde_json::{Map, Value, json};

/// Makes a builder for each tool that a driver's vendor runs: its type, a member that it needs, and members that it takes. Hidden,
/// for the drivers of vendors with such tools; no part of this crate's promise.
#[doc(hidden)]
#[macro_export]
macro_rules! hosted_tools {
    ($driver:expr; $($(#[$doc:meta])* $name:ident($kind:literal $(, $required:ident: $type:ty = $member:literal)? $(; $default:literal = $of:tt)?) {
        $($(#[$with_doc:meta])* $with:ident($value:ident: $value_type:ty) => $path:literal,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name(serde_json::Map<String, serde_json::Value>);

            impl $name {
                /// The tool with the vendor's defaults.
                #[allow(clippy::new_without_default, reason = "a default tool would look as if it did nothing")]
                pub fn new($($required: $type)?) -> Self {
                    #[allow(unused_mut, reason = "only some tools need a member")]
                    let mut members = serde_json::Map::from_iter([("type".to_owned(), serde_json::Value::from($kind))]);
                    $(members.insert($member.into(), serde_json::json!($required));)?
                    $(members.insert($default.into(), serde_json::json!($of));)?
                    Self(members)
                }

                $($(#[$with_doc])*
                pub fn $with(self, $value: $value_type) -> Self {
                    self.with($path, serde_json::json!($value))
                })*

                /// With a member in the vendor's words, for what this version does not know; `a.b` is the member `b` of
                /// the member `a`.
                pub fn with(mut self, name: &str, value: serde_json::Value) -> Self {
                    $crate::hosted::put(&mut self.0, name, value);
                    self
                }
            }

            impl From<$name> for laravel_ai_core::ProviderTool {
                fn from(tool: $name) -> Self {
                    Self::new($driver, serde_json::Value::Object(tool.0))
                }
            }

            impl From<$name> for laravel_ai_core::Tool {
                fn from(tool: $name) -> Self {
                    laravel_ai_core::ProviderTool::from(tool).into()
                }
            }
        )*
    };
}

/// Puts a value at a path of members, whose objects are made where they are not there.
pub fn put(mut members: &mut Map<String, Value>, path: &str, value: Value) {
    let mut rest = path;
    while let Some((outer, inner)) = rest.split_once('.') {
        let nested = members.entry(outer).or_insert_with(|| json!({}));
        if !nested.is_object() {
            *nested = json!({});
        }
        let Value::Object(next) = nested else { return };
        (members, rest) = (next, inner);
    }
    members.insert(rest.to_owned(), value);
}
