//! Events for tasks and threads.

use std::time::Duration;

use ai_events::{EventReceiver, WhenFull};
use futures_util::{FutureExt, StreamExt};
use laravel_ai_core::Context;

use crate::support::{bus, numbered};

fn rest(receiver: &mut EventReceiver) -> Vec<u64> {
    std::iter::from_fn(|| receiver.try_recv()).map(|event| event.sequence).collect()
}

#[test]
fn a_full_channel_drops_and_counts_and_goes_on() {
    let bus = bus();
    let mut receiver = bus.subscribe(3, WhenFull::Drop);
    (0..5).for_each(|number| bus.publish(&Context::new(), || numbered(number)));
    assert_eq!((rest(&mut receiver), receiver.dropped()), (vec![0, 1, 2], 2));
    bus.publish(&Context::new(), || numbered(5));
    assert_eq!((rest(&mut receiver), receiver.dropped()), (vec![5], 2));
}

#[test]
fn a_full_channel_waits_for_its_reader_and_loses_nothing() {
    let bus = bus();
    let mut receiver = bus.subscribe(1, WhenFull::Wait(Duration::from_secs(60)));
    let read = std::thread::spawn(move || {
        let next = || receiver.recv_blocking(Duration::from_secs(60)).map(|event| event.sequence);
        (std::iter::from_fn(next).collect::<Vec<_>>(), receiver.dropped())
    });
    (0..200).for_each(|number| bus.publish(&Context::new(), || numbered(number)));
    drop(bus);
    assert_eq!(read.join().unwrap(), ((0..200).collect(), 0));
}

#[test]
fn a_wait_comes_to_an_end_when_nobody_reads() {
    let bus = bus();
    let receiver = bus.subscribe(1, WhenFull::Wait(Duration::from_millis(1)));
    (0..3).for_each(|number| bus.publish(&Context::new(), || numbered(number)));
    assert_eq!(receiver.dropped(), 2);
}

#[test]
fn a_task_is_woken_and_the_stream_ends_with_the_bus() {
    let bus = bus();
    let mut receiver = bus.subscribe(10, WhenFull::Drop);
    assert!(receiver.recv().now_or_never().is_none(), "nothing is there");
    bus.publish(&Context::new(), || numbered(0));
    drop(bus);
    let rest: Vec<_> = receiver.map(|event| event.sequence).collect().now_or_never().unwrap();
    assert_eq!(rest, [0]);
}

#[test]
fn a_receiver_that_is_gone_ends_its_subscription() {
    let bus = bus();
    drop(bus.subscribe(1, WhenFull::Wait(Duration::from_secs(60))));
    for number in 0..3 {
        bus.publish(&Context::new(), || numbered(number));
    }
    assert!(bus.is_silent());
}
