//! Options that only Ollama knows.

use std::fmt;

use laravel_ai_core::ProviderOptions;
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::driver::Ollama;

macro_rules! options {
    (
        call { $($(#[$call_doc:meta])* $call:ident: $call_type:ty,)* }
        runner { $($(#[$doc:meta])* $name:ident: $type:ty,)* }
    ) => {
        /// Options of the driver `ollama`, of one request or, in the configuration, of all requests of a connection. What is
        /// not here goes into `extra_body` of the request; an object `options` there is merged with these.
        ///
        /// ```
        /// use laravel_ai_core::ChatRequest;
        /// use provider_ollama::{KeepAlive, OllamaOptions};
        ///
        /// let mut options = OllamaOptions::default();
        /// options.num_ctx = Some(16_384);
        /// options.keep_alive = Some(KeepAlive::seconds(1_800));
        /// let request = ChatRequest::user("Name a colour").with_options(&options)?;
        /// # Ok::<_, laravel_ai_core::Error>(())
        /// ```
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct OllamaOptions {
            $($(#[$call_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $call: Option<$call_type>,)*
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $name: Option<$type>,)*
        }

        impl OllamaOptions {
            /// These options, and where they are silent those of `fallback`.
            #[must_use]
            pub fn or(self, fallback: &Self) -> Self {
                Self {
                    $($call: self.$call.or_else(|| fallback.$call.clone()),)*
                    $($name: self.$name.or_else(|| fallback.$name.clone()),)*
                }
            }

            /// Adds what goes into the object `options` of a request, over what is there.
            pub(crate) fn put_runner(&self, members: &mut Map<String, Value>) {
                $(if let Some(value) = &self.$name {
                    members.insert(stringify!($name).to_owned(), json!(value));
                })*
            }
        }
    };
}

options! {
    call {
        /// How long the model stays in memory afterwards; 5 minutes if nobody says otherwise.
        keep_alive: KeepAlive,
        /// Whether and how much to think, over `reasoning` of the request.
        think: Think,
        /// Whether a prompt that is longer than the context loses its oldest messages, which the server does without a word
        /// if nothing is said. `false` makes it an error, and so does a strict request.
        truncate: bool,
        /// Whether the server makes room for an answer that does not fit into the context by forgetting its beginning.
        /// `false` ends the answer there.
        shift: bool,
        /// Whether to report how likely each token was; it arrives in the metadata of the answer as `logprobs`.
        logprobs: bool,
        /// How many alternatives to report for each token, 0 to 20; needs `logprobs`.
        top_logprobs: u8,
    }
    runner {
        /// The length of the context in tokens: what is not set is 4096 on a machine with little memory, whatever the model
        /// could read. Changing it loads the model anew.
        num_ctx: u32,
        /// The most tokens of the answer, -1 for no limit, over `max_output_tokens` of the request.
        num_predict: i64,
        /// For answers that repeat, over `seed` of the request.
        seed: i64,
        /// Sampling among the k most likely tokens, over `top_k` of the request.
        top_k: u32,
        /// The least likelihood of a token against the likeliest, 0 to 1.
        min_p: f64,
        /// Locally typical sampling; 1 is off.
        typical_p: f64,
        /// Discourages tokens that occurred; 1 is off.
        repeat_penalty: f64,
        /// How many tokens back `repeat_penalty` looks; 0 is off, -1 the whole context.
        repeat_last_n: i64,
        /// Mirostat sampling on old servers: 0 is off, 1 and 2 are its versions.
        mirostat: u8,
        /// The perplexity that Mirostat aims at.
        mirostat_tau: f64,
        /// How fast Mirostat learns.
        mirostat_eta: f64,
        /// How many tokens at the beginning are kept when the context overflows.
        num_keep: i64,
        /// How many tokens of the prompt are read at once.
        num_batch: u32,
        /// How many layers lie on the GPU; -1 as many as fit.
        num_gpu: i64,
        /// The GPU for small tensors.
        main_gpu: u32,
        /// Whether the model's file is mapped into memory.
        use_mmap: bool,
        /// How many threads compute; 0 leaves it to the server.
        num_thread: u32,
        /// How many tokens a draft model guesses ahead.
        draft_num_predict: u32,
    }
}

impl ProviderOptions for OllamaOptions {
    const DRIVER: &'static str = Ollama::DRIVER;
}

/// Whether and how much a model thinks before it answers. Models that can think do unless told otherwise; `gpt-oss` can't be
/// told not to, only how much.
///
/// ```
/// use provider_ollama::Think;
///
/// assert_eq!(serde_json::to_string(&Think::Off)?, "false");
/// assert_eq!(serde_json::from_str::<Think>("\"high\"")?, Think::High);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Think {
    /// Not at all.
    Off,
    /// As the model does.
    On,
    /// Little.
    Low,
    /// A fair amount.
    Medium,
    /// Much.
    High,
    /// As much as possible.
    Max,
    /// A word that is not listed here.
    Other(String),
}

impl Serialize for Think {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On => serializer.serialize_bool(true),
            Self::Low => serializer.serialize_str("low"),
            Self::Medium => serializer.serialize_str("medium"),
            Self::High => serializer.serialize_str("high"),
            Self::Max => serializer.serialize_str("max"),
            Self::Other(word) => serializer.serialize_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Think {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Switch(false) => Self::Off,
            Written::Switch(true) => Self::On,
            Written::Text(word) => match &*word {
                "low" => Self::Low,
                "medium" => Self::Medium,
                "high" => Self::High,
                "max" => Self::Max,
                _ => Self::Other(word),
            },
            Written::Number(_) => {
                return Err(D::Error::custom("`think` is true, false, or a word such as \"high\""));
            }
        })
    }
}

/// How long a model stays in memory after a call: a number of seconds, or a duration as Go writes it, such as `10m` or `24h`.
///
/// ```
/// use provider_ollama::KeepAlive;
///
/// assert_eq!(serde_json::to_string(&KeepAlive::forever())?, "-1");
/// assert_eq!(serde_json::from_str::<KeepAlive>("\"10m\"")?, KeepAlive::text("10m"));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeepAlive(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    Seconds(i64),
    Text(String),
}

impl KeepAlive {
    /// This many seconds.
    pub fn seconds(seconds: u32) -> Self {
        Self(Kept::Seconds(seconds.into()))
    }

    /// A duration in Go's words.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Kept::Text(text.into()))
    }

    /// Until the server ends.
    pub fn forever() -> Self {
        Self(Kept::Seconds(-1))
    }

    /// Not at all.
    pub fn unload() -> Self {
        Self(Kept::Seconds(0))
    }
}

impl fmt::Debug for KeepAlive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Seconds(seconds) => write!(f, "KeepAlive({seconds} s)"),
            Kept::Text(text) => write!(f, "KeepAlive({text:?})"),
        }
    }
}

impl Serialize for KeepAlive {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Seconds(seconds) => serializer.serialize_i64(*seconds),
            Kept::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for KeepAlive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Number(seconds) => Ok(Self(Kept::Seconds(seconds))),
            Written::Text(text) => Ok(Self(Kept::Text(text))),
            Written::Switch(_) => {
                Err(D::Error::custom("`keep_alive` is a number of seconds or a text such as \"10m\""))
            }
        }
    }
}

/// What Ollama lets people write in several forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Switch(bool),
    Number(i64),
    Text(String),
}
