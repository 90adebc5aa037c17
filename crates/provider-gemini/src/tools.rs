//! Tools that Google runs itself, typed.

use laravel_ai_core::{ProviderTool, Tool};
use serde_json::{Map, Value, json};

use crate::driver::Gemini;

macro_rules! tools {
    ($($(#[$doc:meta])* $name:ident($kind:literal $(, $required:ident: $type:ty = $member:literal)?) {
        $($(#[$with_doc:meta])* $with:ident($value:ident: $value_type:ty) => $path:literal,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name(Map<String, Value>);

            impl $name {
                /// The tool with Google's defaults.
                #[allow(clippy::new_without_default, reason = "a default tool would look as if it did nothing")]
                pub fn new($($required: $type)?) -> Self {
                    #[allow(unused_mut, reason = "only some tools need a member")]
                    let mut members = Map::new();
                    $(members.insert($member.into(), json!($required));)?
                    Self(members)
                }

                $($(#[$with_doc])*
                pub fn $with(self, $value: $value_type) -> Self {
                    self.with($path, json!($value))
                })*

                /// With a member in Google's words, for what this version does not know.
                pub fn with(mut self, name: &str, value: Value) -> Self {
                    self.0.insert(name.to_owned(), value);
                    self
                }
            }

            impl From<$name> for ProviderTool {
                fn from(tool: $name) -> Self {
                    Self::new(Gemini::DRIVER, json!({$kind: tool.0}))
                }
            }

            impl From<$name> for Tool {
                fn from(tool: $name) -> Self {
                    ProviderTool::from(tool).into()
                }
            }
        )*
    };
}

tools! {
    /// Search with Google. What was asked and found is a provider call of the answer, what the text rests on are its sources.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_gemini::GoogleSearch;
    ///
    /// let request = ChatRequest::user("What is new on Titan?").with_tool(GoogleSearch::new());
    /// ```
    GoogleSearch("googleSearch") {
        /// Only pages of this time, `{"startTime": …, "endTime": …}` in RFC 3339.
        with_time_range(range: Value) => "timeRangeFilter",
        /// What is searched, `{"webSearch": {}, "imageSearch": {}}`.
        with_search_types(types: Value) => "searchTypes",
    }

    /// Python that Google runs.
    CodeExecution("codeExecution") {}

    /// Reads the pages whose URLs are in the messages.
    UrlContext("urlContext") {}

    /// Search for places.
    GoogleMaps("googleMaps") {
        /// Whether the answer has what draws a map.
        with_widget(enabled: bool) => "enableWidget",
    }

    /// Search in files that were put into file search stores.
    FileSearch("fileSearch", stores: &[&str] = "fileSearchStoreNames") {
        /// The most results.
        with_top_k(count: u32) => "topK",
        /// Which files by their metadata, in Google's filter language.
        with_metadata_filter(filter: &str) => "metadataFilter",
    }

    /// A computer that the model uses through calls of functions.
    ComputerUse("computerUse", environment: &str = "environment") {
        /// Functions that the model may not use.
        with_excluded_functions(names: &[&str]) => "excludedPredefinedFunctions",
    }
}
