//! How one server's Chat Completions differ from another's.

use laravel_ai_core::{Cost, ErrorKind, RawJson};
use provider_schema::Profile;
use serde::Deserialize;

use crate::error::OpenAiError;

/// How one server's Chat Completions differ from another's, as plain data.
///
/// A dialect belongs to one model at one vendor. [`new`](Self::new) is the most widely understood one, for servers of
/// which nothing is known; a vendor's crate starts from it and says what is different. What a server *sends* needs less:
/// every known form is read whatever the dialect says.
///
/// ```
/// use provider_openai_compat::{Dialect, MaxTokens, Parameter};
///
/// let mut dialect = Dialect::new("acme");
/// dialect.max_tokens = MaxTokens::MaxCompletionTokens;
/// dialect.unsupported = dialect.unsupported.with(Parameter::TopK);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dialect {
    /// The driver's name: whose options and provider tools are meant.
    pub driver: &'static str,
    /// The field of the limit on the answer's tokens.
    pub max_tokens: MaxTokens,
    /// The role of instructions.
    pub system_role: SystemRole,
    /// What the server does not take.
    pub unsupported: Parameters,
    /// The most stop texts, where there is a limit.
    pub max_stop_texts: Option<usize>,
    /// Whether tools' names are held to OpenAI's `^[a-zA-Z0-9_-]{1,64}$`.
    pub limits_tool_names: bool,
    /// Whether `tool_choice` takes a set of allowed tools; otherwise the list of tools is cut to the set.
    pub allowed_tools: bool,
    /// Whether a stream says its usage when asked by `stream_options`.
    pub stream_usage: bool,
    /// Whether a stream is asked to leave out OpenAI's random padding.
    pub without_obfuscation: bool,
    /// The rules of the server's strict mode, by which schemas are compiled. Without them a schema is sent as it is given,
    /// and strict mode as the caller says.
    pub schema: Option<Profile>,
    /// Where the effort of reasoning goes.
    pub reasoning: ReasoningField,
    /// The words for the effort of reasoning that the model takes, where they are known. Another word that is known
    /// somewhere is left out with a warning; one that nobody knows yet is sent.
    pub efforts: Option<&'static [&'static str]>,
    /// When reasoning is sent back.
    pub reasoning_replay: ReasoningReplay,
    /// The name under which reasoning is sent back.
    pub reasoning_name: ReasoningName,
    /// Whether the count of the answer's tokens contains reasoning.
    pub reasoning_tokens: ReasoningTokens,
    /// Which images a user may show.
    pub images: ImageForms,
    /// Whether the user may show sounds.
    pub audio: bool,
    /// Whether files may come as their bytes; otherwise only by the id of an upload.
    pub inline_files: bool,
    /// Whether the result of a tool may hold images.
    pub tool_result_images: bool,
    /// The form of a call's arguments that is sent back.
    pub arguments: ArgumentsForm,
    /// What stands for the text of an assistant message that has only calls.
    pub empty_content: EmptyContent,
    /// Whether a refusal goes back as a part of its own; otherwise as text.
    pub refusal_parts: bool,
    /// Whether the texts of a message are joined with line breaks where it has several, for servers that take no parts.
    pub joins_texts: bool,
    /// Whether a part may be marked as the end of what is to be cached.
    pub cache_breakpoints: bool,
    /// The field of the end user's id.
    pub end_user: EndUserField,
    /// Members of an assistant message that only its vendor understands and wants back.
    pub echoed: &'static [&'static str],
    /// Whether embeddings are asked for as base64, which takes a third of the bytes.
    pub base64_embeddings: bool,
    /// The most inputs of one request for embeddings, where there is a limit.
    pub max_embedding_inputs: Option<usize>,
    /// What is different about its Responses, beside what is different in both APIs.
    pub responses: ResponsesForm,
    /// Recognises errors that this server words in its own way; asked first, with the HTTP status.
    pub classify: fn(&OpenAiError, u16) -> Option<ErrorKind>,
    /// What went wrong and what to do, for errors that the words for their kind are too general for; with the HTTP status.
    pub explain: fn(&OpenAiError, u16) -> Option<&'static str>,
    /// Finds a cost that the server reports, in the usage object.
    pub cost: fn(&RawJson) -> Option<Cost>,
}

impl Dialect {
    /// What most servers understand: `max_tokens`, the role `system`, every parameter as it is.
    pub fn new(driver: &'static str) -> Self {
        Self {
            driver,
            max_tokens: MaxTokens::MaxTokens,
            system_role: SystemRole::System,
            unsupported: Parameters::NONE,
            max_stop_texts: None,
            limits_tool_names: false,
            allowed_tools: false,
            stream_usage: true,
            without_obfuscation: false,
            schema: None,
            reasoning: ReasoningField::ReasoningEffort,
            efforts: None,
            reasoning_replay: ReasoningReplay::Never,
            reasoning_name: ReasoningName::ReasoningContent,
            reasoning_tokens: ReasoningTokens::BySum,
            images: ImageForms::Any,
            audio: true,
            inline_files: true,
            tool_result_images: false,
            arguments: ArgumentsForm::Text,
            empty_content: EmptyContent::Null,
            refusal_parts: false,
            joins_texts: false,
            cache_breakpoints: false,
            end_user: EndUserField::User,
            // OpenRouter's reasoning and Gemini's signatures; a server that knows neither never sends them.
            echoed: &["reasoning_details", "extra_content"],
            base64_embeddings: true,
            max_embedding_inputs: None,
            responses: ResponsesForm::new(),
            classify: |_, _| None,
            explain: |_, _| None,
            cost: |_| None,
        }
    }

    /// OpenAI's own, as its models that don't reason speak it.
    pub fn openai(driver: &'static str) -> Self {
        Self {
            max_tokens: MaxTokens::MaxCompletionTokens,
            unsupported: Parameters::NONE.with(Parameter::TopK),
            max_stop_texts: Some(4),
            limits_tool_names: true,
            allowed_tools: true,
            without_obfuscation: true,
            schema: Some(Profile::openai()),
            reasoning_tokens: ReasoningTokens::Inside,
            refusal_parts: true,
            cache_breakpoints: true,
            end_user: EndUserField::SafetyIdentifier,
            echoed: &[],
            max_embedding_inputs: Some(2048),
            responses: ResponsesForm::openai(),
            ..Self::new(driver)
        }
    }

    /// Whether an effort of reasoning, by its word, is taken.
    pub(crate) fn takes_effort(&self, word: &str) -> bool {
        self.efforts.is_none_or(|efforts| efforts.contains(&word) || !EFFORTS.contains(&word))
    }
}

/// All words for an effort that are known anywhere.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// How one vendor's Responses differ from another's, beside what a [`Dialect`] says of both APIs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResponsesForm {
    /// Whether a first system message goes as `instructions`; otherwise it is an item like the others.
    pub instructions: bool,
    /// The least limit on the answer's tokens that is taken.
    pub least_output_tokens: u32,
    /// Whether a function without a word about strict mode says that it has none, for vendors that make it strict else.
    pub says_strict: bool,
    /// What the vendor's own tools give besides, by the type of the tool and as `include` names it.
    pub results: &'static [(&'static str, &'static str)],
    /// How `include` names the likelihoods of tokens; without a name they are asked for by `logprobs`.
    pub likelihoods: Option<&'static str>,
    /// Whether calls of free-form tools are the vendor's own, which nobody answers: it takes no such tool.
    pub runs_custom_calls: bool,
}

impl ResponsesForm {
    /// What is asked least of a server of which nothing is known.
    pub const fn new() -> Self {
        Self {
            instructions: false,
            least_output_tokens: 1,
            says_strict: false,
            results: &[],
            likelihoods: None,
            runs_custom_calls: false,
        }
    }

    /// OpenAI's own.
    pub const fn openai() -> Self {
        Self {
            instructions: true,
            least_output_tokens: 16,
            says_strict: true,
            results: &[
                ("web_search", "web_search_call.action.sources"),
                ("file_search", "file_search_call.results"),
                ("code_interpreter", "code_interpreter_call.outputs"),
            ],
            likelihoods: Some("message.output_text.logprobs"),
            ..Self::new()
        }
    }
}

impl Default for ResponsesForm {
    fn default() -> Self {
        Self::new()
    }
}

/// The field of the limit on the answer's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MaxTokens {
    /// `max_tokens`, which every compatible server knows and OpenAI's reasoning models refuse.
    MaxTokens,
    /// `max_completion_tokens`, OpenAI's since 2024, which some servers ignore without a word.
    MaxCompletionTokens,
}

impl MaxTokens {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// The role of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SystemRole {
    /// `system`, which every compatible server knows.
    System,
    /// `developer`, as OpenAI's reasoning models read it.
    Developer,
}

impl SystemRole {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
        }
    }
}

/// Where the effort of reasoning goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningField {
    /// `reasoning_effort`, which takes a word only.
    ReasoningEffort,
    /// `reasoning: {effort, max_tokens, summary}`, as OpenRouter takes it.
    Reasoning,
}

/// When reasoning is sent back to the server that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Never: OpenAI has no field for it, and some servers answer 400.
    Never,
    /// With messages that call tools, as DeepSeek demands.
    WithToolCalls,
    /// Always.
    Always,
}

/// The name under which reasoning is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningName {
    /// `reasoning_content`: DeepSeek, vLLM, llama.cpp, xAI.
    ReasoningContent,
    /// `reasoning`: Ollama, OpenRouter, Groq.
    Reasoning,
}

impl ReasoningName {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReasoningContent => "reasoning_content",
            Self::Reasoning => "reasoning",
        }
    }
}

/// Whether `completion_tokens` contains the tokens of reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningTokens {
    /// It does: OpenAI.
    Inside,
    /// It does not, unless `total_tokens` is the sum of prompt and completion: xAI.
    Outside,
    /// `total_tokens` tells: when it is more than prompt and completion by the count of reasoning, or no such count is
    /// given, the rest is reasoning.
    BySum,
}

/// Which images a user may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImageForms {
    /// By URL and inline.
    Any,
    /// Inline only; Ollama fetches nothing.
    Inline,
    /// None.
    None,
}

/// The form of a call's arguments that is sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ArgumentsForm {
    /// JSON in a string, as OpenAI has it.
    Text,
    /// The JSON itself; arguments that are no JSON stay a string.
    Object,
}

/// What stands for the text of an assistant message that has only calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmptyContent {
    /// `null`, as OpenAI has it.
    Null,
    /// `""`.
    Empty,
    /// No member at all.
    Absent,
}

/// The field of the end user's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndUserField {
    /// `user`, which OpenAI deprecates.
    User,
    /// `safety_identifier`, OpenAI's since 2025.
    SafetyIdentifier,
}

impl EndUserField {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::SafetyIdentifier => "safety_identifier",
        }
    }
}

/// Something that a request may ask for and a server may not take.
///
/// Most are left out with a warning. [`Tools`](Self::Tools), [`JsonObject`](Self::JsonObject) and
/// [`JsonSchema`](Self::JsonSchema) are refused as unsupported, because the answer would be of no use without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Parameter {
    /// `temperature`.
    Temperature,
    /// `top_p`.
    TopP,
    /// `top_k`, which OpenAI lacks and vLLM, llama.cpp and others take.
    TopK,
    /// The limit on the answer's tokens.
    MaxOutputTokens,
    /// `stop`.
    Stop,
    /// `seed`.
    Seed,
    /// `presence_penalty`.
    PresencePenalty,
    /// `frequency_penalty`.
    FrequencyPenalty,
    /// The effort of reasoning.
    Reasoning,
    /// Tools.
    Tools,
    /// `tool_choice`.
    ToolChoice,
    /// `parallel_tool_calls`.
    ParallelToolCalls,
    /// `strict` on tools and schemas.
    Strict,
    /// `response_format: json_object`.
    JsonObject,
    /// `response_format: json_schema`.
    JsonSchema,
    /// `prompt_cache_key`.
    CacheKey,
    /// The end user's id.
    EndUser,
    /// `dimensions` of embeddings.
    Dimensions,
    /// Likelihoods of tokens, as drivers have an option for them.
    Logprobs,
}

impl Parameter {
    /// The name in requests of this library.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::TopK => "top_k",
            Self::MaxOutputTokens => "max_output_tokens",
            Self::Stop => "stop",
            Self::Seed => "seed",
            Self::PresencePenalty => "presence_penalty",
            Self::FrequencyPenalty => "frequency_penalty",
            Self::Reasoning => "reasoning",
            Self::Tools => "tools",
            Self::ToolChoice => "tool_choice",
            Self::ParallelToolCalls => "parallel_tool_calls",
            Self::Strict => "strict",
            Self::JsonObject | Self::JsonSchema => "format",
            Self::CacheKey => "cache_key",
            Self::EndUser => "end_user",
            Self::Dimensions => "dimensions",
            Self::Logprobs => "logprobs",
        }
    }
}

/// A set of [`Parameter`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters(u32);

impl Parameters {
    /// No parameter.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    pub const fn with(self, parameter: Parameter) -> Self {
        Self(self.0 | 1 << parameter as u32)
    }

    /// The set with one fewer.
    pub const fn without(self, parameter: Parameter) -> Self {
        Self(self.0 & !(1 << parameter as u32))
    }

    /// Whether the set has it.
    pub const fn contains(self, parameter: Parameter) -> bool {
        self.0 & 1 << parameter as u32 != 0
    }
}
