//! What each driver offers and what its encoder does with each request, as a page of the book.

mod laws;

use std::fmt::Write as _;
use std::path::Path;

use laravel_ai_core::{ChatModel, ChatRequest, Context, ErrorKind, Provider};

use crate::drivers::{self, Row};
use crate::requests;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/capabilities.md");

/// A handle by its name, and whether a provider has it.
type Handle = (&'static str, fn(&dyn Provider, &Row) -> bool);

const HANDLES: [Handle; 5] = [
    ("chat and stream", |provider, row| has(provider.chat_model(row.models.chat))),
    ("embeddings", |provider, row| has(provider.embedding_model(row.models.embedding))),
    ("token counter", |provider, row| has(provider.token_counter(row.models.chat))),
    ("catalogue", |provider, _| has(provider.catalog())),
    ("extension", |provider, _| provider.extension().is_some()),
];

/// A handle that is not offered is an error of one kind; any other is a mistake in the row.
fn has<T>(handle: laravel_ai_core::Result<T>) -> bool {
    match handle {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::Unsupported => false,
        Err(error) => panic!("{error}"),
    }
}

/// What the encoder does with one request.
fn verdict(model: &dyn ChatModel, request: &ChatRequest) -> String {
    match model.render(&Context::new(), request) {
        Err(error) => format!("refused: {:?}", error.kind()),
        Ok(rendered) if rendered.warnings.is_empty() => "sent".to_owned(),
        Ok(rendered) => {
            let mut kinds: Vec<_> =
                rendered.warnings.iter().map(|warning| format!("{:?}", warning.kind)).collect();
            kinds.sort();
            kinds.dedup();
            format!("warns: {}", kinds.join(", "))
        }
    }
}

fn page() -> String {
    let rows = drivers::all();
    let providers: Vec<_> = rows.iter().map(|row| row.provider().0).collect();
    let mut page = String::from(include_str!("head.md"));
    let heading = |page: &mut String, what: &str| {
        let names: Vec<_> = rows.iter().map(|row| row.name).collect();
        let _ = writeln!(page, "\n| {what} | {} |\n|---{}|", names.join(" | "), "|---".repeat(rows.len()));
    };
    page.push_str("\n## Handles\n");
    heading(&mut page, "Handle");
    for (name, offers) in HANDLES {
        let cells: Vec<_> = rows
            .iter()
            .zip(&providers)
            .map(|(row, provider)| if offers(provider.as_ref(), row) { "yes" } else { "no" })
            .collect();
        let _ = writeln!(page, "| {name} | {} |", cells.join(" | "));
    }
    page.push_str("\n## Requests\n");
    heading(&mut page, "Request");
    let models: Vec<_> = rows
        .iter()
        .zip(&providers)
        .map(|(row, provider)| provider.chat_model(row.models.chat).unwrap())
        .collect();
    for (name, request) in requests::all() {
        let cells: Vec<_> = models.iter().map(|model| verdict(model.as_ref(), &request)).collect();
        let _ = writeln!(page, "| {name} | {} |", cells.join(" | "));
    }
    page.push_str("\n## Why something is refused\n\n");
    for row in &rows {
        for (name, kind, why) in row.refuses {
            let _ = writeln!(page, "* {}, {name}: {kind:?}, {why}", row.name);
        }
    }
    page.push_str("\n## Options and tools of the driver's own\n\n");
    for (row, model) in rows.iter().zip(&models) {
        for (name, request) in (row.own)() {
            let _ = writeln!(page, "* {}, {name}: {}", row.name, verdict(model.as_ref(), &request));
        }
    }
    page.push_str(&laws::section());
    page
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test binary has no front door that could read it")]
fn the_page_of_capabilities_is_what_the_drivers_do() {
    let page = page();
    if std::env::var_os("AI_BLESS_CAPABILITIES").is_some() {
        std::fs::write(Path::new(PAGE), page).unwrap();
        return;
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        page == written,
        "docs/capabilities.md is not what the drivers do: if that is meant, run `AI_BLESS_CAPABILITIES=1 cargo test \
         -p tests --all-features --test conform capabilities` and commit"
    );
}
