//! Tools that xAI runs itself, typed. Responses have them; Chat Completions don't.

use laravel_ai_core::{ChatRequest, Result, Tool};
use provider_openai_compat::hosted_tools;
use serde_json::Value;

use crate::driver::Xai;
use crate::options::invalid;

hosted_tools! {
    Xai::DRIVER;

    /// Search of the web. Its calls are provider calls of the answer, what it cites are sources of the text.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::WebSearch;
    ///
    /// let request = ChatRequest::user("What is new on Titan?")
    ///     .with_tool(WebSearch::new().with_allowed_domains(&["nasa.gov"]));
    /// ```
    WebSearch("web_search") {
        /// Only these domains, five at most; not with excluded ones.
        with_allowed_domains(domains: &[&str]) => "filters.allowed_domains",
        /// All but these domains, five at most.
        with_excluded_domains(domains: &[&str]) => "filters.excluded_domains",
        /// Whether the model looks at the images that it finds.
        with_image_understanding(on: bool) => "enable_image_understanding",
    }

    /// Search of posts, people and threads on X. Its calls are provider calls of the answer.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::XSearch;
    ///
    /// let search = XSearch::new().with_allowed_handles(&["nasa"]).with_from_date("2026-01-01");
    /// let request = ChatRequest::user("What does NASA say of Titan?").with_tool(search);
    /// ```
    XSearch("x_search") {
        /// Only posts of these handles, ten at most; not with excluded ones.
        with_allowed_handles(handles: &[&str]) => "allowed_x_handles",
        /// No posts of these handles, ten at most.
        with_excluded_handles(handles: &[&str]) => "excluded_x_handles",
        /// Posts from this day on, as `YYYY-MM-DD`.
        with_from_date(day: &str) => "from_date",
        /// Posts up to this day, as `YYYY-MM-DD`.
        with_to_date(day: &str) => "to_date",
        /// Whether the model looks at images of posts.
        with_image_understanding(on: bool) => "enable_image_understanding",
        /// Whether the model looks at videos of posts.
        with_video_understanding(on: bool) => "enable_video_understanding",
    }

    /// Python that xAI runs.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::CodeInterpreter;
    ///
    /// let request = ChatRequest::user("The 40th prime?").with_tool(CodeInterpreter::new());
    /// ```
    CodeInterpreter("code_interpreter") {}

    /// Search in collections of documents at xAI, by their ids.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::FileSearch;
    ///
    /// let request =
    ///     ChatRequest::user("What do we say of refunds?").with_tool(FileSearch::new(&["collection_1"]));
    /// ```
    FileSearch("file_search", collections: &[&str] = "vector_store_ids") {
        /// The most results.
        with_max_results(count: u32) => "max_num_results",
    }

    /// Image generation; the images are media of the answer.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::ImageGeneration;
    ///
    /// let request = ChatRequest::user("Draw Titan").with_tool(ImageGeneration::new());
    /// ```
    ImageGeneration("image_generation") {}

    /// A server of the Model Context Protocol that xAI asks.
    ///
    /// The definition is part of the request, and requests are stored and logged: give a token only where that is right.
    ///
    /// ```
    /// use laravel_ai_core::ChatRequest;
    /// use provider_xai::McpServer;
    ///
    /// let docs = McpServer::new("https://mcp.example.com").with_label("docs");
    /// let request = ChatRequest::user("How do I log in?").with_tool(docs);
    /// ```
    McpServer("mcp", url: &str = "server_url") {
        /// The name of the server, for the model and in calls.
        with_label(label: &str) => "server_label",
        /// What the server is for, for the model.
        with_description(text: &str) => "server_description",
        /// Only these tools of the server.
        with_allowed_tools(names: &[&str]) => "allowed_tools",
    }
}

/// Lists that are limited: the tool, the one list and its opposite, and the most entries.
const LISTS: [(&str, &str, &str, usize); 2] = [
    ("web_search", "/filters/allowed_domains", "/filters/excluded_domains", 5),
    ("x_search", "/allowed_x_handles", "/excluded_x_handles", 10),
];

/// Refuses tools that xAI would not take, by the limits of its guides.
pub(crate) fn check(request: &ChatRequest) -> Result<()> {
    let own = request.tools.iter().filter_map(|tool| match tool {
        Tool::Provider(tool) if tool.driver == Xai::DRIVER => Some(&tool.value),
        _ => None,
    });
    for tool in own {
        let kind = tool.get("type").and_then(Value::as_str).unwrap_or_default();
        let Some((_, allowed, excluded, most)) = LISTS.iter().find(|(of, ..)| *of == kind) else { continue };
        let count =
            |list: &str| tool.pointer(list).and_then(Value::as_array).map_or(0, |entries| entries.len());
        let name = |list: &str| list.rsplit('/').next().unwrap_or_default().to_owned();
        let (allowed, excluded) = ((count(allowed), name(allowed)), (count(excluded), name(excluded)));
        if allowed.0 > 0 && excluded.0 > 0 {
            return Err(invalid(format!(
                "`{kind}` has `{}` and `{}`: xAI takes one of them",
                allowed.1, excluded.1
            )));
        }
        if let Some((found, list)) = [allowed, excluded].into_iter().find(|(found, _)| found > most) {
            return Err(invalid(format!("`{list}` of `{kind}` has {found} entries, xAI takes {most}")));
        }
    }
    Ok(())
}
