//! Catalogues.

use std::sync::Arc;

use http::Method;
use laravel_ai_core::{Catalog, Context, CredentialStatus, ErrorKind};

use crate::subject::Offer;
use crate::violation::{ensure, same};
use crate::wire::Reply;
use crate::{Answer, Stage, Subject, Violation};

/// The list of models is read to its last page, each page once.
///
/// A vendor without a list refuses it as [`Unsupported`](ErrorKind::Unsupported); the other laws of catalogues hold
/// for it too.
///
/// # Errors
/// The models that differ.
pub async fn catalog_reads_every_page(subject: &Subject) -> Result<(), Violation> {
    let Some((pages, models)) = offered(subject).await? else { return Ok(()) };
    let (stage, catalog) = open(subject, pages.iter().cloned().map(Reply::new)).await?;
    let list = catalog.models(&Context::new()).await;
    let list = list.map_err(|error| Violation::new("a list of models", error))?;
    let names: Vec<_> = list.into_iter().map(|model| model.id).collect();
    same("the models", models, &names)?;
    same("requests", &pages.len(), &stage.script.sent().len())
}

/// A list that can't be had is an error, never an empty or a built-in one; and so is a list whose last page fails.
///
/// # Errors
/// The list that was made up.
pub async fn failed_catalog_is_an_error(subject: &Subject) -> Result<(), Violation> {
    let Some((pages, _)) = offered(subject).await? else { return Ok(()) };
    let failed = || Reply::new(Answer::json("{}").with_status(500));
    let all_but_last = pages.iter().take(pages.len().saturating_sub(1)).cloned().map(Reply::new);
    for replies in [vec![failed()], all_but_last.chain([failed()]).collect()] {
        let (_stage, catalog) = open(subject, replies).await?;
        let kind = catalog.models(&Context::new()).await.err().map(|error| error.kind());
        same("an error", &Some(ErrorKind::Server), &kind)?;
    }
    Ok(())
}

/// Health and credentials are asked without a paid call (GET, no body), and what can't be asked is a result.
///
/// # Errors
/// The paid request, or the wrong result.
pub async fn health_is_never_paid(subject: &Subject) -> Result<(), Violation> {
    let Some((pages, _)) = offered(subject).await? else { return Ok(()) };
    let ctx = Context::new();
    let refusal = || Reply::new(Answer::json("{}").with_status(401));
    let working = || pages.first().cloned().map_or_else(refusal, Reply::new);
    for (reply, reachable, status) in [
        (working(), true, None),
        (refusal(), true, Some(CredentialStatus::Invalid)),
        (Reply::refused(), false, Some(CredentialStatus::Unreachable)),
    ] {
        let (stage, catalog) = open(subject, [reply.clone()]).await?;
        same("a reachable endpoint", &reachable, &catalog.health(&ctx).await.reachable)?;
        free(&stage)?;
        // All of the pages, for a driver that counts the models.
        let right = subject.credential.as_deref().unwrap_or(pages);
        let replies = match status {
            None => right.iter().cloned().map(Reply::new).collect(),
            Some(_) => vec![reply],
        };
        let (stage, catalog) = open(subject, replies).await?;
        let report = catalog.check_credentials(&ctx).await;
        same("the credential", &status.unwrap_or(CredentialStatus::Valid), &report.status)?;
        free(&stage)?;
    }
    Ok(())
}

fn free(stage: &Stage) -> Result<(), Violation> {
    let sent = stage.script.sent();
    ensure(!sent.is_empty() || stage.script.open() == 0, "a question", || "none".into())?;
    sent.iter().try_for_each(|sent| {
        ensure(sent.method() == Method::GET && sent.body().is_empty(), "a GET without a body", || {
            format!("{} {}", sent.method(), sent.uri().path())
        })
    })
}

type Pages<'a> = (&'a [Answer], &'a Vec<String>);

/// `None` when the vendor has no list and the provider says so.
async fn offered(subject: &Subject) -> Result<Option<Pages<'_>>, Violation> {
    match &subject.catalog {
        Offer::Undeclared => {
            let advice = "none: `Subject::with_catalog` or `Subject::without_catalog`";
            Err(Violation::new("a list of models", advice))
        }
        Offer::Absent => {
            let kind = subject.open([]).await?.catalog().err().map(|error| error.kind());
            same("a refusal of the list", &Some(ErrorKind::Unsupported), &kind)?;
            Ok(None)
        }
        Offer::Present((pages, models)) => Ok(Some((pages, models))),
    }
}

async fn open(
    subject: &Subject,
    replies: impl IntoIterator<Item = Reply>,
) -> Result<(Stage, Arc<dyn Catalog>), Violation> {
    let stage = subject.open(replies).await?;
    let catalog = stage.catalog().map_err(|error| Violation::new("a catalogue", error))?;
    Ok((stage, catalog))
}
