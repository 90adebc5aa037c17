//! Says what is wrong in the words of the branch that was meant.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use super::Finding;

/// What the errors of one body come down to.
pub(super) fn explain<'a>(errors: impl Iterator<Item = ValidationError<'a>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for error in errors {
        add(&error, &mut findings);
    }
    // A member counts as unevaluated when the part that names it failed for another reason.
    if findings.iter().any(|(symptom, _)| !symptom) {
        findings.retain(|(symptom, _)| !symptom);
    }
    let mut findings: Vec<_> = findings.into_iter().map(|(_, finding)| finding).collect();
    findings.dedup();
    findings
}

fn add(error: &ValidationError<'_>, findings: &mut Vec<(bool, Finding)>) {
    let here = error.instance_path().as_str();
    if let Some(meant) = branches(error).iter().min_by_key(|branch| distance(here, branch)) {
        return meant.iter().for_each(|error| add(error, findings));
    }
    let symptom = matches!(error.kind(), ValidationErrorKind::UnevaluatedProperties { .. });
    let place = if here.is_empty() { "(body)" } else { here };
    findings.push((symptom, Finding::new(place, shortened(&error.to_string()))));
}

/// The errors of each branch of a union; none for other errors.
fn branches<'a>(error: &'a ValidationError<'_>) -> &'a [Vec<ValidationError<'static>>] {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => context,
        _ => &[],
    }
}

/// How far the branch with these errors is from what was meant: first by the members that tell branches apart, then
/// by the JSON type, then by the number of errors.
fn distance(here: &str, branch: &[ValidationError<'static>]) -> (usize, usize, usize) {
    let each = branch.iter().map(|error| {
        let place = error.instance_path().as_str();
        if place == here
            && let Some(nearest) = branches(error).iter().map(|inner| distance(here, inner)).min()
        {
            return nearest;
        }
        let tells_apart = place.strip_prefix(here).is_some_and(|rest| matches!(rest, "/type" | "/role"));
        match error.kind() {
            ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } if tells_apart => {
                (1, 0, 1)
            }
            ValidationErrorKind::Type { .. } if place == here => (0, 1, 1),
            _ => (0, 0, 1),
        }
    });
    each.fold((0, 0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1, sum.2 + one.2))
}

fn shortened(message: &str) -> String {
    let length = message.chars().count();
    if length <= 220 {
        return message.to_owned();
    }
    let head: String = message.chars().take(120).collect();
    let tail: String = message.chars().skip(length - 90).collect();
    format!("{head} … {tail}")
}
