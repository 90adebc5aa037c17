//! Tools that OpenAI runs itself, typed.

use provider_openai_compat::hosted_tools;
use serde_json::{Value, json};

use crate::driver::OpenAi;

hosted_tools! {
    OpenAi::DRIVER;

    /// Search of the web. Its calls are provider calls of the answer, what it cites are sources of the text.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_openai::WebSearch;
    ///
    /// let request = ChatRequest::user("What is new on Titan?")
    ///     .with_tool(WebSearch::new().with_allowed_domains(&["nasa.gov"]).with_context_size("low"));
    /// ```
    WebSearch("web_search") {
        /// Only these domains and what is below them.
        with_allowed_domains(domains: &[&str]) => "filters.allowed_domains",
        /// None of these domains and nothing below them.
        with_blocked_domains(domains: &[&str]) => "filters.blocked_domains",
        /// How much of the results the model sees: `low`, `medium` or `high`.
        with_context_size(size: &str) => "search_context_size",
        /// Whether live pages are fetched; otherwise only what OpenAI keeps.
        with_external_web_access(allowed: bool) => "external_web_access",
        /// About where the user is, `{"type": "approximate", "country": …, "city": …, "region": …, "timezone": …}`.
        with_user_location(location: Value) => "user_location",
    }

    /// Search in files that were put into vector stores.
    FileSearch("file_search", vector_stores: &[&str] = "vector_store_ids") {
        /// The most results, 1 to 50.
        with_max_results(count: u32) => "max_num_results",
        /// Which files by their attributes, in OpenAI's words.
        with_filters(filters: Value) => "filters",
        /// How results are ranked, in OpenAI's words.
        with_ranking(options: Value) => "ranking_options",
    }

    /// Python that OpenAI runs in a container.
    CodeInterpreter("code_interpreter"; "container" = {"type": "auto"}) {
        /// In a container that exists, by its id.
        with_container(id: &str) => "container",
        /// In a new container with these files, by their ids.
        with_files(ids: &[&str]) => "container.file_ids",
        /// In a new container with this much memory: `1g`, `4g`, `16g` or `64g`.
        with_memory(limit: &str) => "container.memory_limit",
    }

    /// Image generation; the images are media of the answer.
    ImageGeneration("image_generation") {
        /// The model that draws.
        with_model(model: &str) => "model",
        /// Width and height, such as `1024x1024`.
        with_size(size: &str) => "size",
        /// `low`, `medium`, `high` or `auto`.
        with_quality(quality: &str) => "quality",
        /// `png`, `webp` or `jpeg`.
        with_format(format: &str) => "output_format",
        /// `transparent`, `opaque` or `auto`.
        with_background(background: &str) => "background",
    }

    /// A server of the Model Context Protocol that OpenAI asks.
    ///
    /// The definition is part of the request, and requests are stored and logged: give a token only where that is right.
    McpServer("mcp", label: &str = "server_label") {
        /// Where the server is.
        with_url(url: &str) => "server_url",
        /// One of OpenAI's connectors in place of a URL.
        with_connector(id: &str) => "connector_id",
        /// What the server is for, for the model.
        with_description(text: &str) => "server_description",
        /// Only these tools of the server.
        with_allowed_tools(names: &[&str]) => "allowed_tools",
        /// `always`, as OpenAI has it if nothing is said, or `never`.
        with_approval(approval: &str) => "require_approval",
    }

    /// A tool of the application that takes free text, or text by a grammar, in place of JSON. Its calls are tool calls of
    /// [`ToolCallKind::Custom`](laravel_ai_core::ToolCallKind).
    CustomTool("custom", name: &str = "name") {
        /// What it does and when to use it, for the model.
        with_description(text: &str) => "description",
        /// What the text must be, `{"type": "grammar", "syntax": "lark" | "regex", "definition": …}`.
        with_format(format: Value) => "format",
    }
}

/// The item that allows or refuses a call of an MCP tool; goes into `input_items` of the options. `request` is the id of the
/// provider call `mcp_approval_request`.
pub fn approve_mcp_call(request: &str, approve: bool) -> Value {
    json!({"type": "mcp_approval_response", "approval_request_id": request, "approve": approve})
}
