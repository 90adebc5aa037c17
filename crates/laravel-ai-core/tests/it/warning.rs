//! Warnings, and requests for which they are errors.

use laravel_ai_core::*;

fn warning(subject: &str) -> Warning {
    Warning::new(WarningKind::OptionDropped, subject, "the model takes none")
}

#[test]
fn warnings_are_kept_in_order() {
    let mut warnings = Warnings::new(false);
    warnings.push(warning("a")).unwrap();
    warnings.extend([warning("b"), warning("c")]).unwrap();
    let subjects: Vec<_> = warnings.into_vec().into_iter().map(|warning| warning.subject).collect();
    assert_eq!(subjects, ["a", "b", "c"]);
}

#[test]
fn a_strict_request_is_refused_at_the_first_warning() {
    let mut warnings = Warnings::new(true);
    let error = warnings.push(warning("top_k")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.message(), "top_k: the model takes none (warnings are errors for this request)");
    let error = warnings.extend([warning("a"), warning("b")]).unwrap_err();
    assert!(error.message().starts_with("a: "));
    assert!(warnings.extend([]).is_ok());
    assert!(warnings.into_vec().is_empty());
}
