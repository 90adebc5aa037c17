//! What a subject declares about itself.

use std::time::Duration;

use laravel_ai_core::{ErrorKind, Retry};
use provider_testkit::{Answer, Exchange, Fault, LAWS, Law, Reference, Role, Subject, Violation, check};

async fn outcome(subject: &Subject, law: &str) -> Result<(), Violation> {
    check(subject, Law::named(law).unwrap()).await
}

#[tokio::test]
async fn a_declared_law_may_be_broken() {
    let fault = Fault::ReadsAhead;
    let subject = Reference::wrong(fault).without(fault.law(), "the vendor answers at once");
    assert_eq!(outcome(&subject, fault.law()).await, Ok(()));
}

#[tokio::test]
async fn a_declared_law_that_holds_is_reported() {
    let subject = Reference::subject().without("reads_lazily", "was so once");
    let violation = outcome(&subject, "reads_lazily").await.unwrap_err().to_string();
    assert!(violation.contains("take the declaration away"), "{violation}");
    assert!(violation.contains("was so once"), "{violation}");
}

#[tokio::test]
async fn a_law_that_does_not_exist_is_reported_by_every_law() {
    let subject = Reference::subject().without("reads_lazyly", "a slip");
    for law in LAWS {
        let violation = check(&subject, law).await.unwrap_err();
        assert!(violation.got.contains("reads_lazyly"), "{violation}");
    }
}

#[tokio::test]
async fn what_is_not_declared_fails_and_says_what_to_do() {
    let bare = Subject::new("small", |_| Err(ErrorKind::Unsupported.into()));
    for law in LAWS {
        assert!(check(&bare, law).await.is_err(), "{}", law.name);
    }
    let violation = outcome(&bare, "text_and_target").await.unwrap_err().to_string();
    assert_eq!(
        violation,
        "the law `text_and_target` is broken\n  expected: an answer in the role Text\n  got:      none: add it with \
         `Subject::with`, or declare the law with `Subject::without` and a reason",
    );
}

#[tokio::test]
async fn a_vendor_without_embeddings_or_catalogue_must_refuse_them() {
    let subject = Reference::subject().without_embeddings().without_catalog();
    for law in ["embeddings_keep_order", "catalog_reads_every_page"] {
        let violation = outcome(&subject, law).await.unwrap_err();
        assert!(violation.expected.contains("Unsupported"), "{violation}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_what_it_holds_does_not_pass() {
    let bare = || {
        let subject = Reference::subject();
        let text = subject.exchange(Role::Text).unwrap();
        Exchange::new(text.whole.clone().unwrap(), text.streamed.clone().unwrap())
    };
    let subject = Reference::subject()
        .with(Role::Text, bare())
        .with(Role::ToolCalls, bare())
        .with(Role::State, bare())
        .with(Role::Failing, bare());
    for law in [
        "text_and_target",
        "usage_is_inclusive",
        "tool_calls_have_their_shape",
        "state_returns_exactly",
        "foreign_state_is_dropped",
        "failing_stream_is_an_error",
    ] {
        assert!(outcome(&subject, law).await.is_err(), "{law}");
    }
}

#[tokio::test]
async fn a_right_key_is_checked_with_the_answers_that_are_given_for_it() {
    let checked = |status| {
        let answer = Answer::json(r#"{"models": []}"#).with_status(status);
        Reference::subject().with_credential_check([answer])
    };
    assert_eq!(outcome(&checked(200), "health_is_never_paid").await, Ok(()));
    let violation = outcome(&checked(401), "health_is_never_paid").await.unwrap_err();
    assert!(violation.to_string().contains("Valid"), "{violation}");
}

#[tokio::test]
async fn the_retry_class_of_a_vendors_failure_is_looked_at() {
    let busy = || Answer::json("{}").with_status(429).with_header("retry-after", "7");
    let after = Retry::SameTarget { after: Some(Duration::from_secs(7)) };
    let law = "vendor_errors_have_their_kind";
    let right = Reference::subject().with_error_retried(busy(), ErrorKind::RateLimited, after);
    assert_eq!(outcome(&right, law).await, Ok(()));
    for wrong in [Retry::Never, Retry::SameTarget { after: None }] {
        let wrong = Reference::subject().with_error_retried(busy(), ErrorKind::RateLimited, wrong);
        let violation = outcome(&wrong, law).await.unwrap_err();
        assert!(violation.expected.contains("the retry class"), "{violation}");
    }
}
