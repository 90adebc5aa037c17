//! Embeddings.

use std::sync::Arc;

use laravel_ai_core::{Context, EmbeddingInput, EmbeddingModel, EmbeddingRequest, ErrorKind};

use crate::subject::Offer;
use crate::violation::{ensure, same};
use crate::wire::Reply;
use crate::{Embedding, Stage, Subject, Violation};

/// One vector for each input, in the order of the inputs whatever order the vendor answers in, all of one length.
///
/// A vendor without embeddings refuses them as [`Unsupported`](ErrorKind::Unsupported); the other laws of
/// embeddings hold for it too.
///
/// # Errors
/// What differs.
pub async fn embeddings_keep_order(subject: &Subject) -> Result<(), Violation> {
    let Some((stage, model, embedding)) = open(subject).await? else { return Ok(()) };
    let answer = model.embed(&Context::new(), Arc::new(embedding.request.clone())).await;
    let answer = answer.map_err(|error| Violation::new("vectors", error))?;
    same("the vectors", &embedding.vectors, &answer.embeddings)?;
    same("vectors for inputs", &embedding.request.inputs.len(), &answer.embeddings.len())?;
    let lengths: Vec<_> = answer.embeddings.iter().map(Vec::len).collect();
    ensure(lengths.windows(2).all(|pair| pair.first() == pair.last()), "vectors of one length", || {
        format!("{lengths:?}")
    })?;
    same("requests", &1, &stage.script.sent().len())
}

/// An answer with fewer or more vectors than inputs is a [`Decode`](ErrorKind::Decode) error.
///
/// # Errors
/// The answer that was taken.
pub async fn missing_vectors_are_an_error(subject: &Subject) -> Result<(), Violation> {
    let Some((_, _, embedding)) = open(subject).await? else { return Ok(()) };
    let mut more = embedding.request.clone();
    more.inputs.push(EmbeddingInput::Text("one more".into()));
    let mut fewer = embedding.request;
    fewer.inputs.pop();
    for request in [more, fewer] {
        let Some((_stage, model, _)) = open(subject).await? else { return Ok(()) };
        let inputs = request.inputs.len();
        let answer = model.embed(&Context::new(), Arc::new(request)).await;
        let kind = answer.err().map(|error| error.kind());
        same("an error", &Some(ErrorKind::Decode), &kind)
            .map_err(|violation| violation.at(format_args!("{inputs} inputs")))?;
    }
    Ok(())
}

/// No inputs, an empty input, and more inputs than the model takes at once are
/// [`InvalidRequest`](ErrorKind::InvalidRequest), before anything is sent.
///
/// # Errors
/// What was sent.
pub async fn bad_inputs_are_refused(subject: &Subject) -> Result<(), Violation> {
    let Some((stage, model, _)) = open(subject).await? else { return Ok(()) };
    let mut bad = vec![EmbeddingRequest::new([""; 0]), EmbeddingRequest::new(["a", ""])];
    if let Some(most) = model.max_inputs() {
        bad.push(EmbeddingRequest::new(vec!["a"; most + 1]));
    }
    for request in bad {
        let inputs = request.inputs.len();
        let kind = model.embed(&Context::new(), Arc::new(request)).await.err().map(|error| error.kind());
        same("an error", &Some(ErrorKind::InvalidRequest), &kind)
            .map_err(|violation| violation.at(format_args!("{inputs} inputs")))?;
        same("requests", &0, &stage.script.sent().len())?;
    }
    Ok(())
}

type Opened = (Stage, Arc<dyn EmbeddingModel>, Embedding);

/// `None` when the vendor has no embeddings and the provider says so.
async fn open(subject: &Subject) -> Result<Option<Opened>, Violation> {
    let embedding = match &subject.embedding {
        Offer::Undeclared => {
            let advice = "none: `Subject::with_embedding` or `Subject::without_embeddings`";
            return Err(Violation::new("an answer to embeddings", advice));
        }
        Offer::Absent => {
            let kind = subject.open([]).await?.embedding_model().err().map(|error| error.kind());
            same("a refusal of embeddings", &Some(ErrorKind::Unsupported), &kind)?;
            return Ok(None);
        }
        Offer::Present(embedding) => embedding.clone(),
    };
    let stage = subject.open([Reply::new(embedding.answer.clone())]).await?;
    let model = stage.embedding_model().map_err(|error| Violation::new("an embedding model", error))?;
    Ok(Some((stage, model, embedding)))
}
