//! Every page of the book is in its summary, and every snippet among the doc tests.

use std::fs;
use std::path::{Path, PathBuf};

use ai::{ErrorKind, Retry};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Listings, the built book, and crates that have READMEs of their own.
        let no_pages =
            ["api", "book", "examples"].map(|name| folder.ends_with("docs") && path.ends_with(name));
        if no_pages.contains(&true) {
            continue;
        }
        if path.is_dir() {
            self::pages(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") && path.file_name().unwrap() != "SUMMARY.md" {
            pages.push(path);
        }
    }
}

#[test]
fn the_summary_lists_every_page() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let mut found = Vec::new();
    pages(&docs, &mut found);
    assert!(found.len() >= 10, "{found:?}");
    for page in found {
        let link = page.strip_prefix(&docs).unwrap().display().to_string();
        assert!(summary.contains(&format!("({link})")), "docs/SUMMARY.md does not list {link}");
    }
}

#[test]
fn every_page_with_rust_in_it_is_among_the_doc_tests() {
    let book = include_str!("../../src/book.rs");
    let mut found = vec![root().join("README.md")];
    pages(&root().join("docs"), &mut found);
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        if text.contains("```rust") {
            assert!(book.contains(&format!("\"{name}\"")), "crates/ai/src/book.rs does not have {name}");
            assert!(
                !text.contains("```rust,ignore") && !text.contains("```rust,no_run"),
                "{name} has a snippet that is not run"
            );
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut found =
        vec![root().join("README.md"), root().join("ARCHITECTURE.md"), root().join("docs/SUMMARY.md")];
    pages(&root().join("docs"), &mut found);
    let mut links = 0;
    for page in found {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(link, _)| link)) {
            let link = link.split('#').next().unwrap();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            links += 1;
            assert!(page.parent().unwrap().join(link).exists(), "{} links to {link}", page.display());
        }
    }
    assert!(links > 10, "only {links} links were found");
}

/// The book's table of error kinds says what the kinds say.
#[test]
fn the_table_of_errors_is_true() {
    let page = fs::read_to_string(root().join("docs/guide/errors.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), ErrorKind::ALL.len());
    for kind in ErrorKind::ALL {
        let name = format!("`{kind:?}`");
        let row = rows.iter().find(|row| row[1] == name).unwrap_or_else(|| panic!("no row for {name}"));
        let again = match kind.retry() {
            Retry::SameTarget { .. } => "here, later, or elsewhere",
            Retry::OtherTarget => "elsewhere",
            _ => "no",
        };
        assert_eq!(row[3], again, "{name}");
        assert_eq!(row[4] == "perhaps", kind.possibly_billed(), "{name}");
    }
}
