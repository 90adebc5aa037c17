//! A silenced lint and a skipped test outlive their author, so each says why.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use super::finding::Finding;
use super::source::Source;

pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut visitor = Visitor { source, findings: Vec::new() };
    visitor.visit_file(&source.syntax);
    visitor.findings
}

struct Visitor<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.meta(&attribute.meta);
    }
}

impl Visitor<'_> {
    fn meta(&mut self, meta: &Meta) {
        let path = meta.path();
        if path.is_ident("cfg_attr") {
            // The condition comes first; attributes follow.
            arguments(meta).iter().skip(1).for_each(|meta| self.meta(meta));
        } else if (path.is_ident("allow") || path.is_ident("expect"))
            && !arguments(meta).iter().any(is_reason)
        {
            self.report(
                meta,
                "a silenced lint without a reason: add `reason = \"…\"`, or mend what the lint shows",
            );
        } else if path.is_ident("ignore") && !is_text(meta) {
            self.report(meta, "a skipped test without a reason: write `#[ignore = \"…\"]`, or run it");
        }
    }

    fn report(&mut self, meta: &Meta, advice: &str) {
        self.findings.push(Finding::new(&self.source.path, meta.span().start().line, "reasons", advice));
    }
}

fn arguments(meta: &Meta) -> Vec<Meta> {
    let Meta::List(list) = meta else { return Vec::new() };
    let parsed = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    parsed.map(|metas| metas.into_iter().collect()).unwrap_or_default()
}

fn is_reason(meta: &Meta) -> bool {
    meta.path().is_ident("reason") && is_text(meta)
}

/// `name = "some text"`.
fn is_text(meta: &Meta) -> bool {
    let Meta::NameValue(pair) = meta else { return false };
    matches!(&pair.value, Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if !text.value().trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&source("a.rs", text)).iter().map(Finding::line).collect()
    }

    #[test]
    fn with_a_reason_it_passes() {
        let text = r#"
            #![allow(missing_docs, reason = "generated")]
            #[test] #[ignore = "needs an hour"] fn a() { #[expect(clippy::x, reason = "why")] let b = 1; }
            #[cfg_attr(unix, allow(dead_code, reason = "why"))] fn c() {}
            const D: &str = "\#[allow(dead_code)]";
        "#;
        assert_eq!(lines(&text.replace("\\#", "#")), [0; 0]);
    }

    #[test]
    fn without_one_it_fails() {
        let text = "#![allow(missing_docs)]\n#[ignore]\nfn a() {\n#[expect(x, reason = \"\")]\nlet b = 1;\n}\n\
                    #[cfg_attr(unix, ignore)]\nfn c() {}\nimpl D {\n#[allow(dead_code)]\nfn e() {}\n}";
        assert_eq!(lines(text), [1, 2, 4, 7, 10]);
    }
}
