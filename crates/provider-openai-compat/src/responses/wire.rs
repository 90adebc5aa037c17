//! What OpenAI sends: events of a stream, and the response object.

use std::cell::OnceCell;

use laravel_ai_core::RawJson;
use provider_http::wire::{Elements, List, Number, Raw, Speech, Text, parse, parse_list, wire};
use serde_json::value::RawValue;

use super::item::Item;

wire! {
    /// An event of a stream, as far as any is read. `item_id` is not: some proxies make a new one for each event.
    pub(super) struct Event<'a> {
        kind: Text<'a> = "type",
        output_index: Number = "output_index",
        content_index: Number = "content_index",
        summary_index: Number = "summary_index",
        delta: Speech<'a> = "delta",
        item: Raw<'a> = "item",
        annotation: Raw<'a> = "annotation",
        response: Raw<'a> = "response",
        error: Raw<'a> = "error",
        object: Text<'a> = "object",
    } ignoring _
}

wire! {
    /// A response. What it only repeats of the request is ignored.
    pub(super) struct Answer<'a> {
        id: Text<'a> = "id",
        model: Text<'a> = "model",
        status: Text<'a> = "status",
        error: Raw<'a> = "error",
        incomplete: Option<Incomplete<'a>> = "incomplete_details",
        output: List<Item<'a>> = "output",
        usage: Raw<'a> = "usage",
        service_tier: Text<'a> = "service_tier",
        transformations: Raw<'a> = "input_transformations",
    } ignoring "object" | "created_at" | "completed_at" | "background" | "instructions" | "tools" | "tool_choice"
        | "temperature" | "top_p" | "top_logprobs" | "max_output_tokens" | "max_tool_calls" | "parallel_tool_calls"
        | "reasoning" | "text" | "truncation" | "prompt" | "prompt_cache_key" | "prompt_cache_retention"
        | "prompt_cache_options" | "safety_identifier" | "user" | "store" | "metadata" | "output_text" | "image"
        | "access_programs" | "presence_penalty" | "frequency_penalty" | "context_management"
        | "previous_response_id" | "sequence_number" | "type"
}

wire! {
    /// The items of a response as they were written.
    struct Output<'a> {
        items: Elements<'a> = "output",
    } ignoring _
}

wire! {
    pub(super) struct Incomplete<'a> {
        reason: Text<'a> = "reason",
    } ignoring _
}

wire! {
    /// Something of the input that the model did not get.
    pub(super) struct Transformation<'a> {
        kind: Text<'a> = "type",
        action: Text<'a> = "action",
        reason: Text<'a> = "reason",
    } ignoring _
}

wire! {
    pub(super) struct Annotation<'a> {
        kind: Text<'a> = "type",
        url: Text<'a> = "url",
        title: Text<'a> = "title",
        filename: Text<'a> = "filename",
        file_id: Text<'a> = "file_id",
        start: Number = "start_index",
        end: Number = "end_index",
        nested: Raw<'a> = "url_citation",
    } ignoring _
}

impl<'a> Answer<'a> {
    pub(super) fn transformations(&self) -> impl Iterator<Item = Transformation<'a>> + use<'a> {
        parse_list::<Transformation<'a>>(self.transformations).into_iter()
    }
}

/// The items of a response as they were written, for those that are kept whole. Most answers have none, and are then read
/// only once.
#[derive(Debug)]
pub(super) struct Written<'a> {
    response: &'a str,
    items: OnceCell<Vec<&'a RawValue>>,
}

impl<'a> Written<'a> {
    pub(super) fn new(response: &'a str) -> Self {
        Self { response, items: OnceCell::new() }
    }

    pub(super) fn item(&self, position: usize) -> Option<RawJson> {
        let read = || parse::<Output<'a>>(self.response).ok()?.items.0;
        self.items.get_or_init(|| read().unwrap_or_default()).get(position).map(|raw| RawJson::from(*raw))
    }
}
