//! The list of laws, and how one is run.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::{Subject, Violation, laws};

/// The longest that one law may take, so that a provider that hangs is a failure and not a hanging test.
const LIMIT: Duration = Duration::from_secs(60);

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Violation>> + 'a>>;

/// A law of the wire tier, by name.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Law {
    /// The name of its function in [`laws`], of its test, and of its declaration in [`Subject::without`].
    pub name: &'static str,
    /// Whether it looks at what goes over the wire, so that it can't hold for a model [without one](Subject::direct).
    pub needs_wire: bool,
    test: for<'a> fn(&'a Subject) -> Outcome<'a>,
}

impl Law {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        needs_wire: bool,
        test: for<'a> fn(&'a Subject) -> Outcome<'a>,
    ) -> Self {
        Self { name, needs_wire, test }
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
            failing_stream_is_an_error
            tool_calls_have_their_shape
            empty_arguments_are_an_object
            nothing_is_dropped_in_silence
            options_are_sent_or_told
            unknown_parts_warn;
            cut_stream_is_an_error
            broken_stream_is_an_error
            unreadable_answer_is_an_error
            reads_lazily
            every_status_has_its_kind
            vendor_errors_have_their_kind
            retry_after_is_kept
            nothing_is_tried_twice
            refused_connection_is_an_error
            render_is_what_is_sent
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
    (list [] $($law:ident)*; $($wire:ident)*) => {
        &[
            $(Law::new(stringify!($law), false, |subject| Box::pin(laws::$law(subject))),)*
            $(Law::new(stringify!($wire), true, |subject| Box::pin(laws::$wire(subject))),)*
        ]
    };
    (tests [$subject:expr] $($law:ident)*; $($wire:ident)*) => {
        $crate::__laws! { tests [$subject] $($law)* $($wire)* }
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
///
/// Several subjects get a module each, so that one line is enough for one more transport or layer:
///
/// ```no_run
/// # use std::sync::Arc;
/// # use laravel_ai_core::{Layer, Modality};
/// # #[derive(Debug)]
/// # struct Passing;
/// # impl Layer for Passing { fn covers(&self, _: Modality) -> bool { true } }
/// use provider_testkit::{Reference, conformance};
///
/// conformance! {
///     bare: Reference::subject();
///     inside_a_layer: Reference::subject().layered(|_clock| Arc::new(Passing));
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ($($name:ident: $subject:expr;)+) => {
        $(mod $name {
            #[allow(unused_imports, reason = "a subject may be named by its path")]
            use super::*;
            $crate::__for_each_law! { tests $subject }
        })+
    };
    ($subject:expr) => {
        $crate::__for_each_law! { tests $subject }
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
    let known = |name: &str| Law::named(name).is_some();
    let outcome = tokio::time::timeout(LIMIT, (law.test)(subject)).await;
    let outcome = outcome.unwrap_or_else(|_| Err(Violation::new("an end", "the provider hangs")));
    subject.skips.judge(law.name, known, outcome)
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
    subject.skips.tell(law.name);
}

#[expect(clippy::panic, reason = "a test without a runtime can't go on")]
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no runtime: {error}"),
    }
}
