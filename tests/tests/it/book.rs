//! What the book lists is what the code reads.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::value::Error as Told;
use serde::de::{Deserializer, Error, Visitor};
use serde::forward_to_deserialize_any;

/// Fails with the names of the fields that are asked for.
struct Fields;

impl<'de> Deserializer<'de> for Fields {
    type Error = Told;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Told> {
        Err(Told::custom(fields.join(" ")))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Told> {
        Err(Told::custom("no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields<T: for<'de> Deserialize<'de>>() -> BTreeSet<String> {
    let told = T::deserialize(Fields).err().unwrap().to_string();
    told.split(' ').map(str::to_owned).collect()
}

/// The names in the first column of the table with this head.
fn documented(page: &str, head: &str) -> BTreeSet<String> {
    let (_, table) = page.split_once(&format!("| {head} |")).unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let cells = table.lines().skip(2).map(|row| row.split('|').nth(1).unwrap());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

#[test]
fn every_key_of_every_driver_is_in_the_book() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (head, read) in [
        ("Key of the driver `openai`", fields::<provider_openai::Config>()),
        ("Key of the driver `openai-compatible`", fields::<provider_openai_compat::Config>()),
        ("Key of `quirks`", fields::<provider_openai_compat::Quirks>()),
        ("Key of the driver `mock`", fields::<provider_mock::MockConfig>()),
    ] {
        assert_eq!(documented(&page, head), read, "{head}");
    }
}

/// The text of every Rust file below a folder.
fn sources(folder: &std::path::Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_page_of_traps_names_is_one_of_its_crate() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/traps.md")).unwrap();
    let named: BTreeSet<_> = page.split('`').filter_map(|code| code.split_once("::")).collect();
    assert!(named.len() > 80, "{}", named.len());
    let crates: BTreeSet<_> = named.iter().map(|(package, _)| *package).collect();
    let mut missing: Vec<String> = Vec::new();
    for package in crates {
        let folder = if package == "tests" { root.join("tests") } else { root.join("crates").join(package) };
        let mut text = String::new();
        sources(&folder, &mut text);
        // A test is a function with an attribute above it.
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        // One of a suite is named in a list, of which a macro makes tests.
        let lists = text.split("\nlaws! {").skip(1).filter_map(|list| list.split('}').next());
        let mut tests: BTreeSet<_> = lists.flat_map(str::split_whitespace).collect();
        let own = lines
            .windows(3)
            .filter(|lines| lines[..2].iter().any(|line| line.contains("test") && line.starts_with("#[")))
            .filter_map(|lines| lines[2].trim_start_matches("async ").strip_prefix("fn ")?.split_once('('))
            .map(|(name, _)| name);
        tests.extend(own);
        let wanted = named.iter().filter(|(of, _)| *of == package);
        let lost = wanted.filter(|(_, name)| !tests.contains(name));
        missing.extend(lost.map(|(package, name)| format!("{package}::{name}")));
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_guide_shows_a_whole_provider_as_it_is_tested() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/guide/write-a-provider.md")).unwrap();
    let folder = root.join("docs/examples/acme-provider/provider-acme");
    let source = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap();
    let source = source.split_once("\n\n").unwrap().1;
    assert!(
        page.contains(&format!("```rust\n{source}```")),
        "docs/guide/write-a-provider.md shows another lib.rs"
    );
    // Where the page needs the provider again, it is hidden, and the same.
    let hidden: String =
        source.lines().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    assert_eq!(page.matches(&hidden).count(), 2);
}
