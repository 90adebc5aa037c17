//! What configuration says of a connection.

use std::collections::BTreeMap;

use laravel_ai_core::{Capabilities, Secret};
use serde::Deserialize;

use crate::dialect::{
    ArgumentsForm, Dialect, EmptyContent, EndUserField, ImageForms, MaxTokens, Parameter, ReasoningField,
    ReasoningName, ReasoningReplay, ReasoningTokens, SystemRole,
};

/// The configuration of a connection with the driver `openai-compatible`.
///
/// ```
/// # use provider_openai_compat::Config;
/// # let config: Config = toml::from_str(r#"
/// base_url = "http://localhost:8080/v1"
/// api_key = "test-key"                      # only for servers that want one
/// headers = { "X-Title" = "My app" }
/// query = { api-version = "2026-01-01" }
/// capabilities = { tools = true, context_tokens = 32768 }
///
/// [quirks]
/// system_role = "developer"
/// unsupported = ["seed"]
/// # "#)?;
/// # Ok::<_, toml::de::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The root of the API, mostly ending in `/v1`.
    pub base_url: String,
    /// The key, for servers that want one.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// Headers on every request. Their values are treated as secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Parameters in the query of every request. Their values are treated as secrets, since some servers take their key
    /// there.
    #[serde(default)]
    pub query: BTreeMap<String, Secret>,
    /// What is known of the models behind this connection.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// How the server differs from others.
    #[serde(default)]
    pub quirks: Quirks,
}

impl Config {
    /// A server at `base_url`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: None,
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            capabilities: Capabilities::default(),
            quirks: Quirks::default(),
        }
    }

    /// With a key.
    pub fn with_api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Secret::new(key));
        self
    }

    /// With what is different about the server.
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }
}

macro_rules! quirks {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// How a server differs from what most understand; each is a field of [`Dialect`], where it is explained.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct Quirks {
            $($(#[$doc])* pub $name: Option<$type>,)*
            /// Parameters that the server does not take.
            pub unsupported: Vec<Parameter>,
            /// The most stop texts.
            pub max_stop_texts: Option<usize>,
            /// The most inputs of one request for embeddings.
            pub max_embedding_inputs: Option<usize>,
        }

        impl Quirks {
            /// The dialect with these differences.
            pub fn apply(&self, mut dialect: Dialect) -> Dialect {
                $(if let Some(value) = self.$name {
                    dialect.$name = value;
                })*
                for parameter in &self.unsupported {
                    dialect.unsupported = dialect.unsupported.with(*parameter);
                }
                dialect.max_stop_texts = self.max_stop_texts.or(dialect.max_stop_texts);
                dialect.max_embedding_inputs = self.max_embedding_inputs.or(dialect.max_embedding_inputs);
                dialect
            }
        }
    };
}

quirks! {
    /// The field of the limit on the answer's tokens.
    max_tokens: MaxTokens,
    /// The role of instructions.
    system_role: SystemRole,
    /// Hold tools' names to OpenAI's limit.
    limits_tool_names: bool,
    /// `tool_choice` takes a set of allowed tools.
    allowed_tools: bool,
    /// A stream says its usage when asked; `false` for old servers that refuse `stream_options`.
    stream_usage: bool,
    /// Ask a stream to leave out padding.
    without_obfuscation: bool,
    /// Where the effort of reasoning goes.
    reasoning: ReasoningField,
    /// When reasoning is sent back.
    reasoning_replay: ReasoningReplay,
    /// The name under which it is sent back.
    reasoning_name: ReasoningName,
    /// Whether the count of the answer's tokens contains reasoning.
    reasoning_tokens: ReasoningTokens,
    /// Which images a user may show.
    images: ImageForms,
    /// The user may show sounds.
    audio: bool,
    /// Files may come as their bytes.
    inline_files: bool,
    /// The result of a tool may hold images.
    tool_result_images: bool,
    /// The form of arguments that are sent back.
    arguments: ArgumentsForm,
    /// What stands for the text of a message that has only calls.
    empty_content: EmptyContent,
    /// A refusal goes back as a part of its own.
    refusal_parts: bool,
    /// Join several texts of a message.
    joins_texts: bool,
    /// Parts may be marked as the end of what is to be cached.
    cache_breakpoints: bool,
    /// The field of the end user's id.
    end_user: EndUserField,
    /// Ask for embeddings as base64.
    base64_embeddings: bool,
}
