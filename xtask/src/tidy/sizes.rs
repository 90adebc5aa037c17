//! How large things may grow. Tests are set aside everywhere.

use std::ops::Range;
use std::path::Path;

use syn::visit::Visit;
use syn::{Item, Visibility};

use super::finding::Finding;
use super::source::{Source, attributes, is_cfg_test};

const RULE: &str = "sizes";
const FILE_LINES: usize = 500;
const MEDIAN_LINES: usize = 150;
const CORE_LINES: usize = 4000;
const CORE_ITEMS: usize = 150;
/// 600 until the front door had to wire a database, runs and protection (decision 24).
const FACADE_LOGIC: usize = 1_000;

const CORE: &str = "crates/laravel-ai-core";
const FACADE: &str = "crates/ai";

pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let counted: Vec<_> =
        sources.iter().filter(|source| is_ours(&source.path) && !source.is_tests()).collect();
    let mut findings = Vec::new();
    let mut lengths = Vec::new();
    for source in &counted {
        let lines = source.lines().count();
        lengths.push(lines);
        if lines > FILE_LINES {
            let advice = format!("{lines} lines, at most {FILE_LINES}: split it by what changes together");
            findings.push(Finding::new(&source.path, FILE_LINES, RULE, advice));
        }
    }
    let median = median(lengths);
    if median > MEDIAN_LINES {
        let advice =
            format!("the median source file has {median} lines, at most {MEDIAN_LINES}: split the long ones");
        findings.push(Finding::new("crates", 1, RULE, advice));
    }

    let total = |folder: &str, measure: fn(&Source) -> usize| -> usize {
        counted.iter().filter(|source| source.path.starts_with(folder)).map(|source| measure(source)).sum()
    };
    let budgets = [
        (CORE, total(CORE, code), CORE_LINES, "lines of code"),
        (CORE, total(CORE, |source| public_items(&source.syntax.items)), CORE_ITEMS, "public items"),
        (FACADE, total(FACADE, logic), FACADE_LOGIC, "lines of logic"),
    ];
    for (folder, measured, limit, what) in budgets {
        if measured > limit {
            let advice =
                format!("{measured} {what}, at most {limit}: move what is not its business to another room");
            findings.push(Finding::new(format!("{folder}/src"), 1, RULE, advice));
        }
    }
    findings
}

/// `crates/*/src` and `xtask/src`.
fn is_ours(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    matches!(parts.as_slice(), ["crates", _, "src", ..] | ["xtask", "src", ..])
}

fn median(mut lengths: Vec<usize>) -> usize {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied().unwrap_or(0)
}

/// Items another crate could name; methods and re-exports aside, so that each thing counts once.
fn public_items(items: &[Item]) -> usize {
    let count = |item: &Item| match item {
        Item::Mod(module) => {
            let inside = module.content.as_ref().map_or(0, |(_, items)| public_items(items));
            inside + usize::from(is_public(&module.vis))
        }
        Item::Macro(_) => usize::from(attributes(item).iter().any(|it| it.path().is_ident("macro_export"))),
        Item::Const(syn::ItemConst { vis, .. })
        | Item::Enum(syn::ItemEnum { vis, .. })
        | Item::Fn(syn::ItemFn { vis, .. })
        | Item::Static(syn::ItemStatic { vis, .. })
        | Item::Struct(syn::ItemStruct { vis, .. })
        | Item::Trait(syn::ItemTrait { vis, .. })
        | Item::Type(syn::ItemType { vis, .. })
        | Item::Union(syn::ItemUnion { vis, .. }) => usize::from(is_public(vis)),
        _ => 0,
    };
    items.iter().filter(|item| !attributes(item).iter().any(is_cfg_test)).map(count).sum()
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Lines that are neither blank nor comment: documentation is never the thing to save on.
pub(super) fn code(source: &Source) -> usize {
    source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Lines of code within the bodies of functions: signatures, imports and types are the shape and not the logic.
fn logic(source: &Source) -> usize {
    let mut bodies = Bodies(Vec::new());
    bodies.visit_file(&source.syntax);
    let inside = |line: usize| bodies.0.iter().any(|body| body.contains(&line));
    let is_code = |line: &str| !line.is_empty() && !line.starts_with("//");
    source.lines().enumerate().filter(|(index, line)| is_code(line.trim()) && inside(index + 1)).count()
}

/// The lines strictly between the braces of each function.
struct Bodies(Vec<Range<usize>>);

impl<'a> Visit<'a> for Bodies {
    fn visit_block(&mut self, block: &'a syn::Block) {
        let braces = block.brace_token.span;
        self.0.push(braces.open().start().line + 1..braces.close().end().line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    fn lines(count: usize) -> String {
        "const _: () = ();\n".repeat(count)
    }

    #[test]
    fn a_file_of_500_lines_passes_and_one_more_fails() {
        let short = source("xtask/src/b.rs", "");
        let short2 = source("xtask/src/c.rs", "");
        assert_eq!(check(&[source("crates/x/src/a.rs", &lines(500)), short, short2]), []);
        let findings = check(&[
            source("crates/x/src/a.rs", &lines(501)),
            source("xtask/src/b.rs", ""),
            source("xtask/src/c.rs", ""),
        ]);
        assert_eq!(findings.len(), 1);
        assert_eq!(check(&[source("crates/x/tests/it/main.rs", &lines(501))]), []);
    }

    #[test]
    fn the_median_counts() {
        assert_eq!(check(&[source("crates/x/src/a.rs", &lines(150))]), []);
        assert_eq!(check(&[source("crates/x/src/a.rs", &lines(151))]).len(), 1);
        assert_eq!(median(vec![9, 1, 2]), 2);
    }

    #[test]
    fn the_foundation_has_a_budget_of_lines_and_items() {
        let files = |size: usize, number: usize| -> Vec<Source> {
            (0..number).map(|index| source(&format!("{CORE}/src/f{index}.rs"), &lines(size))).collect()
        };
        assert_eq!(check(&files(100, 40)), []);
        assert_eq!(check(&files(100, 41)).len(), 1);
        let items = |number: usize| source(&format!("{CORE}/src/lib.rs"), &"pub struct S; ".repeat(number));
        assert_eq!(check(&[items(150)]), []);
        assert_eq!(check(&[items(151)]).len(), 1);
    }

    #[test]
    fn only_what_others_can_name_is_a_public_item() {
        let syntax = source(
            "a.rs",
            "pub struct A; pub(crate) struct B; struct C; pub mod d { pub fn e() {} } impl A { pub fn f() {} }
             pub use d::e; #[cfg(test)] pub fn g() {} #[macro_export] macro_rules! h { () => {} }",
        )
        .syntax;
        assert_eq!(public_items(&syntax.items), 4);
    }

    #[test]
    fn the_front_door_has_a_budget_of_logic() {
        let door = |statements: usize| {
            let body = "    call();\n\n    // why\n".repeat(statements);
            format!("use a::b;\npub struct S;\nfn f() {{\n{body}}}\n")
        };
        assert_eq!(logic(&source(&format!("{FACADE}/src/lib.rs"), &door(3))), 3);
        let spread = |count: usize| -> Vec<Source> {
            (0..count).map(|index| source(&format!("{FACADE}/src/f{index}.rs"), &door(40))).collect()
        };
        assert_eq!(check(&spread(25)), []);
        assert_eq!(check(&spread(26)).len(), 1);
    }
}
