//! What publishing costs. Counts repeat, times don't, so only counts are demanded; the times are printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ai_events::{Content, Event, EventKind};
use laravel_ai_core::{Context, Modality, Target};

use crate::support::bus;

const ROUNDS: u32 = 10_000;

#[expect(clippy::disallowed_methods, reason = "real time is measured")]
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let start = std::time::Instant::now();
    (0..ROUNDS).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
}

#[test]
fn publishing_allocates_nothing() {
    let (bus, seen) = (bus(), Arc::new(AtomicU64::new(0)));
    let (ctx, target) = (Context::new(), Target::new("driver", "work", "model"));
    let publish = || {
        bus.publish(&ctx, || EventKind::MessageSent {
            target: target.clone(),
            modality: Modality::Chat,
            streamed: false,
            messages: 1,
            request: Content::none(),
        });
    };
    let nobody = nanoseconds(publish);
    for _ in 0..3 {
        let seen = Arc::clone(&seen);
        bus.listen(move |_: &Event| {
            seen.fetch_add(1, Ordering::Relaxed);
        });
    }
    publish();
    let counted = allocation_counter::measure(publish);
    let three = nanoseconds(publish);
    println!("publishing: {nobody:.0} ns to nobody, {three:.0} ns to three listeners");
    assert_eq!(counted.count_total, 0);
    assert_eq!(seen.load(Ordering::Relaxed), u64::from(ROUNDS) * 3 + 6);
}
