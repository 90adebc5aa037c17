//! URLs that were parsed before.

use std::sync::{PoisonError, RwLock};

use http::Uri;
use http::uri::{Authority, PathAndQuery};
use laravel_ai_core::{Error, ErrorKind, Result};
use url::Url;

/// A program asks for few URLs, over and over: a chat, an embedding, a list of models.
const MOST: usize = 8;

/// reqwest wants a `Url` where the port has a `Uri`. Parsing one costs seven allocations, copying it one.
#[derive(Debug, Default)]
pub(super) struct Urls(RwLock<Vec<(Uri, Url)>>);

impl Urls {
    pub(super) fn parse(&self, uri: &Uri) -> Result<Url> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, url)) = known.iter().find(|(known, _)| is_same(known, uri)) {
            return Ok(url.clone());
        }
        drop(known);
        let wrong = |why| Error::new(ErrorKind::Configuration, why).with_possibly_billed(false);
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong("a request needs an absolute URL"));
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let text = [scheme, "://", authority.as_str(), path].concat();
        let url = Url::parse(&text).map_err(|_| wrong("the URL can't be read"))?;
        // A URL with a query is often asked once (the next page of a list) and may hold a key: not kept.
        if uri.query().is_none() {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.truncate(MOST - 1);
            known.insert(0, (uri.clone(), url.clone()));
        }
        Ok(url)
    }
}

/// Whether both are written alike. `Uri` itself compares hosts letter by letter, whatever their case.
fn is_same(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme()
        && one.authority().map(Authority::as_str) == other.authority().map(Authority::as_str)
        && one.path_and_query().map(PathAndQuery::as_str) == other.path_and_query().map(PathAndQuery::as_str)
}
