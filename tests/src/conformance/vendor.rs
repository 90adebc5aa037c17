//! Whose definition it is, and where it is wrong.

/// A vendor, as far as judging its requests goes.
#[derive(Debug)]
#[non_exhaustive]
pub struct Vendor {
    /// The name.
    pub name: &'static str,
    /// The definition's file in the folder of the definitions.
    pub file: &'static str,
    /// What paths of the service have in front and paths of the definition don't.
    pub prefix: &'static str,
    /// Whether every request carries a bearer token.
    pub bearer: bool,
    /// Where the published schemas refuse what the service takes.
    pub exceptions: &'static [Exception],
}

/// A place where a published schema is stricter than the service.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exception {
    /// The schema, by its name in the definition.
    pub schema: &'static str,
    /// What it should say.
    pub edit: Edit,
    /// Why this is known.
    pub evidence: &'static str,
}

/// What an exception changes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Edit {
    /// Only these members are required.
    Required(&'static [&'static str]),
    /// It has these members too, of any kind.
    Members(&'static [&'static str]),
    /// Branches of the union that name `type` alone leave their other members out, and take any.
    OpenBranches,
}

/// Google: the Gemini API.
pub const GEMINI: Vendor = Vendor {
    name: "gemini",
    file: "gemini-openapi-v1beta-trimmed.json",
    prefix: "/v1beta",
    bearer: false,
    exceptions: &[],
};

/// Ollama: its own API.
pub const OLLAMA: Vendor = Vendor {
    name: "ollama",
    file: "ollama-openapi.yaml",
    prefix: "",
    bearer: false,
    exceptions: &[
        Exception {
            schema: "ChatMessage",
            edit: Edit::Members(&["thinking", "tool_name", "tool_call_id"]),
            evidence: "the server's own types, and the official SDKs (fixtures ollama-*.tool_result)",
        },
        Exception {
            schema: "ChatMessage",
            edit: Edit::Required(&["role"]),
            evidence: "the SDK for Python leaves `content` out of a message of calls (fixture ollama-py.tool_result)",
        },
        Exception {
            schema: "ToolCall",
            edit: Edit::Members(&["id"]),
            evidence: "the server's own types; it gives ids itself",
        },
        Exception {
            schema: "ChatRequest",
            edit: Edit::Members(&["truncate", "shift"]),
            evidence: "the server's own types",
        },
    ],
};

/// OpenAI: Chat Completions, Responses, embeddings, models.
pub const OPENAI: Vendor = Vendor {
    name: "openai",
    file: "openai-openapi-trimmed.json",
    prefix: "/v1",
    bearer: true,
    exceptions: &[
        Exception {
            schema: "FunctionTool",
            edit: Edit::Required(&["type", "name"]),
            evidence: "the official SDKs leave `strict` out (fixtures openai-py.responses.tools, openai-js.responses.tools)",
        },
        Exception {
            schema: "InputImageContent",
            edit: Edit::Required(&["type"]),
            evidence: "the official SDKs leave `detail` out (fixtures openai-*.responses.image_url)",
        },
    ],
};

/// xAI: Chat Completions, Responses, embeddings, models, keys, its tokenizer. Its definition is a condensed one, whose tools that
/// xAI runs say their type only.
pub const XAI: Vendor = Vendor {
    name: "xai",
    file: "xai-openapi-condensed.json",
    prefix: "",
    bearer: true,
    exceptions: &[Exception {
        schema: "ModelTool",
        edit: Edit::OpenBranches,
        evidence: "the condensed definition says so of itself; members of xAI's tools are in its guides",
    }],
};
