//! Who is told what, and in which order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ai_events::{Event, EventKind, Listener, ListenerError, Recorder};
use laravel_ai_core::{AttemptId, Context, Labels};

use crate::support::{bus, numbered};

struct Failing;

impl Listener for Failing {
    fn on_event(&self, _: &Event) -> Result<(), ListenerError> {
        Err("the disk is full".into())
    }
}

struct Until(Arc<AtomicBool>, Recorder);

impl Listener for Until {
    fn on_event(&self, event: &Event) -> Result<(), ListenerError> {
        self.1.on_event(event)
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn an_event_has_the_ids_and_labels_of_its_call() {
    let (bus, recorder) = (bus(), Recorder::new());
    bus.listen(recorder.clone());
    let attempt = AttemptId::new();
    let ctx = Context::new().with_step(3).with_labels(Labels::default().with_tenant("acme"));
    bus.publish(&ctx, || numbered(0));
    bus.publish(&ctx.clone().with_attempt(attempt), || numbered(1));
    let events = recorder.events();
    assert_eq!((events[0].run, events[0].step, events[0].attempt), (ctx.run, 3, None));
    assert_eq!((events[1].attempt, events[1].sequence), (Some(attempt), 1));
    assert_eq!(events[0].labels.tenant.as_deref(), Some("acme"));
    assert_eq!(recorder.of(ctx.run).len(), 2);
    assert_eq!(recorder.of(Context::new().run), []);
}

#[test]
fn a_listener_that_panics_or_fails_hurts_nobody() {
    let (bus, before, after) = (bus(), Recorder::new(), Recorder::new());
    bus.listen(before.clone());
    bus.listen(|_: &Event| panic!("a mistake of the application"));
    bus.listen(Failing);
    bus.listen(after.clone());
    for number in 0..3 {
        bus.publish(&Context::new(), || numbered(number));
    }
    assert_eq!((before.events().len(), after.events().len()), (3, 3));
    assert_eq!(bus.failures(), 6);
}

#[test]
fn nothing_is_prepared_for_nobody() {
    let bus = bus();
    assert!(bus.is_silent());
    bus.publish(&Context::new(), || unreachable!("nobody listens"));
}

#[test]
fn what_a_listener_publishes_follows_after_the_event_it_was_told() {
    let (bus, recorder) = (bus(), Recorder::new());
    let (inner, ctx) = (bus.clone(), Context::new());
    let run = ctx.clone();
    bus.listen(move |event: &Event| {
        if matches!(&event.kind, EventKind::ConversationCreated { conversation } if *conversation == "1") {
            inner.publish(&run, || numbered(2));
            inner.publish(&run, || numbered(3));
        }
    });
    bus.listen(recorder.clone());
    bus.publish(&ctx, || numbered(1));
    bus.publish(&ctx, || numbered(4));
    let told: Vec<_> = recorder
        .events()
        .iter()
        .map(|event| match &event.kind {
            EventKind::ConversationCreated { conversation } => (event.sequence, conversation.to_string()),
            _ => unreachable!(),
        })
        .collect();
    assert_eq!(told, [(0, "1".into()), (1, "2".into()), (2, "3".into()), (3, "4".into())]);
}

#[test]
fn events_of_a_run_come_in_their_order_from_many_threads_to_all() {
    let bus = bus();
    let seen: Vec<Arc<Mutex<Vec<u64>>>> = (0..2).map(|_| Arc::default()).collect();
    for seen in &seen {
        let seen = Arc::clone(seen);
        bus.listen(move |event: &Event| seen.lock().unwrap().push(event.sequence));
    }
    let ctx = Context::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|number| bus.publish(&ctx, || numbered(number))));
        }
    });
    for seen in &seen {
        let seen = seen.lock().unwrap();
        assert_eq!(*seen, (0..2_000).collect::<Vec<_>>());
    }
}

#[test]
fn two_buses_may_publish_into_each_other() {
    let (one, two, count) = (bus(), bus(), Arc::new(AtomicUsize::new(0)));
    for (from, to) in [(&one, two.clone()), (&two, one.clone())] {
        let count = Arc::clone(&count);
        from.listen(move |_: &Event| {
            if count.fetch_add(1, Ordering::Relaxed) < 9 {
                to.publish(&Context::new(), || numbered(0));
            }
        });
    }
    one.publish(&Context::new(), || numbered(0));
    assert_eq!(count.load(Ordering::Relaxed), 10);
}

#[test]
fn a_listener_that_is_over_is_let_go() {
    let (bus, over, recorder) = (bus(), Arc::new(AtomicBool::new(false)), Recorder::new());
    bus.listen(Until(Arc::clone(&over), recorder.clone()));
    bus.publish(&Context::new(), || numbered(0));
    assert!(!bus.is_silent());
    over.store(true, Ordering::Relaxed);
    bus.publish(&Context::new(), || numbered(1));
    assert!(bus.is_silent());
}

#[test]
fn assertions_fail_and_show_what_there_was() {
    let (bus, recorder) = (bus(), Recorder::new());
    bus.listen(recorder.clone());
    bus.publish(&Context::new(), || numbered(7));
    recorder.assert_names(&["ConversationCreated"]);
    assert_eq!(recorder.count("ConversationCreated"), 1);
    let fails = |check: &dyn Fn(&Recorder)| {
        let check = std::panic::AssertUnwindSafe(|| check(&recorder));
        *std::panic::catch_unwind(check).unwrap_err().downcast::<String>().unwrap()
    };
    assert!(fails(&|recorder| recorder.assert_names(&["CallFailed"])).contains("ConversationCreated"));
    assert!(fails(&|recorder| recorder.assert_published(|_| false)).contains("\"7\""));
    assert!(fails(&|recorder| recorder.assert_not_published("ConversationCreated")).contains("\"7\""));
    recorder.clear();
    recorder.assert_names(&[]);
}

#[test]
fn what_is_dropped_at_the_end_of_a_thread_is_told_too() {
    /// Publishes when it is dropped, as a stream does that nobody reads any more.
    struct Held(ai_events::EventBus);

    impl Drop for Held {
        fn drop(&mut self) {
            self.0.publish(&Context::new(), || numbered(1));
        }
    }

    thread_local! {
        static LAST: std::cell::RefCell<Option<Held>> = const { std::cell::RefCell::new(None) };
    }

    let (bus, recorder) = (bus(), Recorder::new());
    bus.listen(recorder.clone());
    let held = Held(bus.clone());
    let thread = std::thread::spawn(move || {
        LAST.with_borrow_mut(|last| *last = Some(held));
        bus.publish(&Context::new(), || numbered(0));
    });
    assert!(thread.join().is_ok());
    recorder.assert_names(&["ConversationCreated", "ConversationCreated"]);
}
