//! Names that say nothing about what is inside.

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, ItemMod, ItemTrait, Signature, TraitItem, Visibility};

use super::finding::Finding;
use super::source::Source;

const RULE: &str = "names";
const EMPTY: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut visitor = Visitor { source, findings: Vec::new() };
    for part in source.path.iter().filter_map(|part| part.to_str()) {
        visitor.module(part.strip_suffix(".rs").unwrap_or(part), 1);
    }
    visitor.visit_file(&source.syntax);
    visitor.findings
}

struct Visitor<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
}

impl Visitor<'_> {
    fn module(&mut self, name: &str, line: usize) {
        if EMPTY.contains(&name) {
            let advice = format!(
                "`{name}` names no content: call it by what it holds, or move that to where it is used"
            );
            self.findings.push(Finding::new(&self.source.path, line, RULE, advice));
        }
    }

    fn function(&mut self, signature: &Signature) {
        let name = signature.ident.to_string();
        // `get_mut` is the standard library's own word for the mutable twin of `get`.
        if name.starts_with("get_") && name != "get_mut" {
            let advice =
                format!("`{name}`: a getter is called by the noun alone, and an action by a stronger verb");
            self.findings.push(Finding::new(
                &self.source.path,
                signature.ident.span().start().line,
                RULE,
                advice,
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        // A module in a file of its own is known by the file's name.
        if module.content.is_some() {
            self.module(&module.ident.to_string(), module.span().start().line);
        }
        visit::visit_item_mod(self, module);
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if is_public(&function.vis) {
            self.function(&function.sig);
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if is_public(&function.vis) {
            self.function(&function.sig);
        }
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        for method in &item.items {
            if let (true, TraitItem::Fn(method)) = (is_public(&item.vis), method) {
                self.function(&method.sig);
            }
        }
        visit::visit_item_trait(self, item);
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&source(path, text)).iter().map(Finding::line).collect()
    }

    #[test]
    fn full_names_pass() {
        let text =
            "pub fn get() {} fn get_a() {} pub fn target() {} impl A { pub fn get_mut() {} fn get_b() {} }";
        assert_eq!(lines("crates/a/src/chat.rs", text), [0; 0]);
    }

    #[test]
    fn empty_names_fail() {
        assert_eq!(lines("crates/a/src/utils.rs", ""), [1]);
        assert_eq!(lines("crates/a/src/common/mod.rs", ""), [1]);
        assert_eq!(lines("crates/a/src/a.rs", "mod b {\nmod helpers {}\n}"), [2]);
    }

    #[test]
    fn public_getters_fail() {
        let text =
            "pub fn get_a() {}\nimpl A {\npub fn get_b(&self) {}\n}\npub trait C {\nfn get_d(&self);\n}";
        assert_eq!(lines("a.rs", text), [1, 3, 6]);
    }
}
