//! What Google sends: answers, whole or in pieces of the same shape.

use provider_http::wire::{List, Number, Raw, Speech, Text, wire};

wire! {
    /// An answer, or a piece of one.
    pub(super) struct Answer<'a> {
        candidates: List<Candidate<'a>> = "candidates",
        feedback: Option<Feedback<'a>> = "promptFeedback",
        usage: Raw<'a> = "usageMetadata",
        model: Text<'a> = "modelVersion",
        id: Text<'a> = "responseId",
        error: Raw<'a> = "error",
    } ignoring "createTime"
}

wire! {
    pub(super) struct Candidate<'a> {
        index: Number = "index",
        content: Option<Content<'a>> = "content",
        finish: Text<'a> = "finishReason",
        grounding: Raw<'a> = "groundingMetadata",
        urls: Raw<'a> = "urlContextMetadata",
        citations: Raw<'a> = "citationMetadata",
        logprobs: Raw<'a> = "logprobsResult",
    } ignoring ""
}

wire! {
    pub(super) struct Content<'a> {
        parts: List<Part<'a>> = "parts",
    } ignoring _
}

wire! {
    /// A part. All but its text is read where it is needed, and kept.
    pub(super) struct Part<'a> {
        text: Speech<'a> = "text",
    } ignoring ""
}

wire! {
    pub(super) struct Feedback<'a> {
        reason: Text<'a> = "blockReason",
        message: Text<'a> = "blockReasonMessage",
        ratings: Raw<'a> = "safetyRatings",
    } ignoring _
}

wire! {
    pub(super) struct Call<'a> {
        id: Text<'a> = "id",
        name: Text<'a> = "name" | "toolName" | "toolType",
        args: Raw<'a> = "args",
    } ignoring ""
}

wire! {
    pub(super) struct Blob<'a> {
        mime: Text<'a> = "mimeType",
        data: Text<'a> = "data",
    } ignoring ""
}

wire! {
    pub(super) struct Grounding<'a> {
        queries: Raw<'a> = "webSearchQueries",
        images: Raw<'a> = "imageSearchQueries",
        chunks: Raw<'a> = "groundingChunks",
        supports: Raw<'a> = "groundingSupports",
    } ignoring _
}

wire! {
    pub(super) struct Chunk<'a> {
        place: Option<Place<'a>> = "web" | "retrievedContext" | "maps" | "image",
    } ignoring _
}

wire! {
    pub(super) struct Place<'a> {
        uri: Text<'a> = "uri" | "sourceUri",
        title: Text<'a> = "title",
    } ignoring _
}

wire! {
    pub(super) struct Support<'a> {
        segment: Option<Segment<'a>> = "segment",
        chunks: Raw<'a> = "groundingChunkIndices",
    } ignoring _
}

wire! {
    pub(super) struct Segment<'a> {
        part: Number = "partIndex",
        start: Number = "startIndex",
        end: Number = "endIndex",
        text: Text<'a> = "text",
    } ignoring _
}

wire! {
    pub(super) struct Citations<'a> {
        sources: Raw<'a> = "citationSources" | "citations",
    } ignoring _
}

wire! {
    pub(super) struct Citation<'a> {
        uri: Text<'a> = "uri",
        title: Text<'a> = "title",
        start: Number = "startIndex",
        end: Number = "endIndex",
    } ignoring _
}

wire! {
    pub(super) struct Urls<'a> {
        urls: Raw<'a> = "urlMetadata",
    } ignoring _
}

impl Answer<'_> {
    /// Whether it says nothing of what an answer says.
    pub(super) fn is_none(&self) -> bool {
        self.candidates.is_empty()
            && self.feedback.is_none()
            && self.usage.is_none()
            && self.id.filled().is_none()
            && self.model.filled().is_none()
    }
}

impl<'a> Candidate<'a> {
    /// The first candidate, and whether there are more.
    pub(super) fn first(list: List<Self>) -> (Option<Self>, bool) {
        let (mut first, mut more) = (None, false);
        for candidate in list {
            // What is 0 is left out.
            match candidate.index.0.unwrap_or(0) {
                0 if first.is_none() => first = Some(candidate),
                _ => more = true,
            }
        }
        (first, more)
    }

    pub(super) fn take_parts(&mut self) -> List<Part<'a>> {
        self.content.take().map(|content| content.parts).unwrap_or_default()
    }
}
