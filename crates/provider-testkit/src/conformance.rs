//! The list of laws, and how one is run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use laravel_ai_core::ChatModel;

use crate::{Subject, Violation, laws, live};

/// The longest that one law may take, so that a provider that hangs is a failure and not a hanging test.
const LIMIT: Duration = Duration::from_secs(60);
/// The same for a live model, which answers several times.
const LIVE_LIMIT: Duration = Duration::from_secs(300);

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Violation>> + 'a>>;

/// A law of the wire tier, by name.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Law {
    /// The name of its function in [`laws`], of its test, and of its declaration in [`Subject::without`].
    pub name: &'static str,
    test: for<'a> fn(&'a Subject) -> Outcome<'a>,
}

impl Law {
    #[doc(hidden)]
    pub const fn new(name: &'static str, test: for<'a> fn(&'a Subject) -> Outcome<'a>) -> Self {
        Self { name, test }
    }

    /// The law of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        LAWS.iter().find(|law| law.name == name)
    }
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Law").field(&self.name).finish()
    }
}

/// Calls a macro with the names of all laws.
#[doc(hidden)]
#[macro_export]
macro_rules! __for_each_law {
    ($mode:ident $($input:expr)?) => {
        $crate::__laws! { $mode [$($input)?]
            stream_equals_whole
            text_and_target
            usage_is_inclusive
            unknown_usage_is_none
            unknown_content_is_kept
            stream_keeps_the_law
            any_split_gives_the_same_events
            unknown_events_are_ignored
            cut_stream_is_an_error
            broken_stream_is_an_error
            failing_stream_is_an_error
            reads_lazily
            tool_calls_have_their_shape
            empty_arguments_are_an_object
            every_status_has_its_kind
            vendor_errors_have_their_kind
            retry_after_is_kept
            nothing_is_tried_twice
            refused_connection_is_an_error
            render_is_what_is_sent
            unknown_parts_warn
            state_returns_exactly
            foreign_state_is_dropped
            tenants_keys_are_used
            dropped_call_is_given_up
            dropped_stream_is_given_up
            drop_releases_everything
            secrets_stay_secret
            embeddings_keep_order
            missing_vectors_are_an_error
            bad_inputs_are_refused
            catalog_reads_every_page
            failed_catalog_is_an_error
            health_is_never_paid
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __laws {
    (list [] $($law:ident)*) => {
        &[$(Law::new(stringify!($law), |subject| Box::pin(laws::$law(subject)))),*]
    };
    (tests [$subject:expr] $($law:ident)*) => {
        $(#[test]
        fn $law() {
            $crate::run(&$subject, stringify!($law));
        })*
    };
}

/// Makes one test of each law, named after it. The argument is an expression that gives a [`Subject`].
///
/// ```no_run
/// use provider_testkit::{Reference, conformance};
///
/// conformance!(Reference::subject());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ($subject:expr) => {
        $crate::__for_each_law! { tests $subject }
    };
}

/// Makes one test of each law of the [live](crate::live) tier. The argument is an expression that gives an
/// `Arc<dyn ChatModel>`; it is asked real questions, which costs money where the model does.
#[macro_export]
macro_rules! live_conformance {
    ($model:expr) => {
        $crate::__live_tests! { $model;
        answers streams remembers_the_conversation calls_a_tool reads_a_result
        stops_at_the_limit survives_a_dropped_stream }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __live_tests {
    ($model:expr; $($law:ident)*) => {
        $(#[test]
        fn $law() {
            $crate::run_live($model, stringify!($law), |model| Box::pin($crate::live::$law(model)));
        })*
    };
}

/// Every law of the wire tier.
pub const LAWS: &[Law] = crate::__for_each_law!(list);

/// Tests one law, with the subject's declarations: a law that is declared not to hold may not hold, and no name may be
/// declared that no law has. Waits at most a minute. Needs a runtime of tokio with time and network.
///
/// # Errors
/// How the law is broken, or the declaration wrong.
pub async fn check(subject: &Subject, law: &Law) -> Result<(), Violation> {
    if let Some(unknown) = subject.skips.keys().find(|name| Law::named(name).is_none()) {
        let got = format!("`{unknown}`, which no law is called");
        return Err(Violation::new("names of laws in `Subject::without`", got).of(law.name));
    }
    let outcome = tokio::time::timeout(LIMIT, (law.test)(subject)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Violation::new("an end", "the provider hangs")));
    match (outcome, subject.skips.get(law.name)) {
        (outcome, None) => outcome.map_err(|violation| violation.of(law.name)),
        (Err(_), Some(_)) => Ok(()),
        (Ok(()), Some(reason)) => {
            let got = format!("it holds: take the declaration away (its reason was: {reason})");
            Err(Violation::new("a law that does not hold, as declared", got).of(law.name))
        }
    }
}

/// Tests one law by name on a runtime of its own: what a test made by [`conformance!`] calls.
///
/// # Panics
/// When the law is broken, with what was expected and what came.
#[expect(clippy::panic, reason = "the body of a test")]
pub fn run(subject: &Subject, law: &str) {
    let Some(law) = Law::named(law) else { panic!("no law is called `{law}`") };
    if let Err(violation) = block_on(check(subject, law)) {
        panic!("{violation}");
    }
    if let Some(reason) = subject.skips.get(law.name) {
        println!("declared not to hold: {reason}");
    }
}

/// Tests one law of the live tier: what a test made by [`live_conformance!`] calls.
///
/// # Panics
/// When the law is broken.
#[expect(clippy::panic, reason = "the body of a test")]
pub fn run_live(
    model: Arc<dyn ChatModel>,
    name: &str,
    law: impl for<'a> Fn(&'a Arc<dyn ChatModel>) -> live::Outcome<'a>,
) {
    let outcome = block_on(async { tokio::time::timeout(LIVE_LIMIT, law(&model)).await });
    let outcome = outcome.unwrap_or_else(|_| Err(Violation::new("an end", "the model hangs")));
    if let Err(violation) = outcome {
        panic!("{}", violation.of(name));
    }
}

#[expect(clippy::panic, reason = "a test without a runtime can't go on")]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no runtime: {error}"),
    }
}
