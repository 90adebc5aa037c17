//! What an answer rests on: searches, pages, sources.

use laravel_ai_core::{AssistantPart, Source};
use provider_http::wire::{Raw, parse, parse_list};

use super::part::Reader;
use super::wire::{Chunk, Citation, Citations, Grounding, Support, Urls};

/// A source, and the part of the answer that it is cited in, where that is said.
pub(super) type Cited = (Option<u64>, Source);

/// What the text cites. Places are counted in bytes of UTF-8, as Google counts them.
pub(super) fn sources(grounding: Raw<'_>, citations: Raw<'_>) -> Vec<Cited> {
    let mut cited = Vec::new();
    if let Some(raw) = grounding {
        let read: Grounding<'_> = parse(raw.get()).unwrap_or_default();
        grounded(&read, &mut cited);
    }
    if let Some(raw) = citations {
        let read: Citations<'_> = parse(raw.get()).unwrap_or_default();
        for citation in parse_list::<Citation<'_>>(read.sources) {
            let mut source = Source::default();
            source.url = citation.uri.owned();
            source.title = citation.title.owned();
            source.span = citation.end.0.map(|end| (citation.start.0.unwrap_or(0), end));
            cited.push((None, source));
        }
    }
    cited
}

fn grounded(read: &Grounding<'_>, cited: &mut Vec<Cited>) {
    let found: Vec<Source> = parse_list::<Chunk<'_>>(read.chunks)
        .into_iter()
        .map(|chunk| {
            let mut source = Source::default();
            if let Some(place) = chunk.place {
                (source.url, source.title) = (place.uri.owned(), place.title.owned());
            }
            source
        })
        .collect();
    let mut used = vec![false; found.len()];
    for support in parse_list::<Support<'_>>(read.supports) {
        let numbers = support.chunks.and_then(|raw| serde_json::from_str::<Vec<usize>>(raw.get()).ok());
        for number in numbers.unwrap_or_default() {
            let (Some(source), Some(used)) = (found.get(number), used.get_mut(number)) else { continue };
            *used = true;
            let mut source = source.clone();
            let segment = support.segment.as_ref();
            source.span = segment.and_then(|segment| Some((segment.start.0.unwrap_or(0), segment.end.0?)));
            cited.push((segment.and_then(|segment| segment.part.0), source));
        }
    }
    let unused = found.into_iter().zip(used).filter(|(_, used)| !used);
    cited.extend(unused.map(|(source, _)| (None, source)));
}

/// The calls of tools that only the metadata tells of: searches and pages that were read.
pub(super) fn calls(reader: &mut Reader, grounding: Raw<'_>, urls: Raw<'_>) -> Vec<AssistantPart> {
    let mut parts = Vec::new();
    if reader.has_hosted {
        return parts;
    }
    if let Some(raw) = grounding {
        let read: Grounding<'_> = parse(raw.get()).unwrap_or_default();
        let queries = read.queries.or(read.images);
        if queries.is_some() || read.chunks.is_some() {
            parts.extend(reader.told("google_search", queries, read.chunks));
        }
    }
    if let Some(raw) = urls {
        let read: Urls<'_> = parse(raw.get()).unwrap_or_default();
        if read.urls.is_some() {
            parts.extend(reader.told("url_context", None, read.urls));
        }
    }
    parts
}
