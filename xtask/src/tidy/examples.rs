//! How small a provider by a stranger is: what the guide promises, counted.

use super::finding::Finding;
use super::sizes::code;
use super::source::Source;

const RULE: &str = "examples";
/// Folders, and the most lines of code in them.
const BUDGETS: [(&str, usize); 2] = [
    ("docs/examples/acme-provider/provider-acme/src", 60),
    ("docs/examples/acme-provider/provider-zenith/src", 250),
];

pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let measured = |folder: &str| -> usize {
        sources.iter().filter(|source| source.path.starts_with(folder)).map(code).sum()
    };
    let finding = |(folder, limit): (&str, usize)| {
        let advice = match measured(folder) {
            0 => "there is no code: the guide shows it".to_owned(),
            lines if lines > limit => format!(
                "{lines} lines of code, at most {limit}: mend the API that makes it long, not the promise"
            ),
            _ => return None,
        };
        Some(Finding::new(folder, 1, RULE, advice))
    };
    BUDGETS.into_iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::source;
    use super::*;

    #[test]
    fn one_line_more_than_promised_is_found_and_so_is_no_line() {
        let example = |index: usize, lines: usize| {
            source(&format!("{}/lib.rs", BUDGETS[index].0), &"// why\n\nconst _: () = ();\n".repeat(lines))
        };
        assert_eq!(check(&[example(0, 60), example(1, 250)]), []);
        assert_eq!(check(&[example(0, 61), example(1, 250)]).len(), 1);
        assert_eq!(check(&[example(0, 60), example(1, 251)]).len(), 1);
        assert_eq!(check(&[example(1, 250)]).len(), 1);
    }
}
