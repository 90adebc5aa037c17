//! Runs and their viewers, who come late, leave early, are slow or many.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ai_runs::*;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use laravel_ai_core::*;

const TEXT: &str = "Lima is the capital of Peru, and its largest city.";

/// tokio's time, which these tests pause.
#[derive(Debug)]
struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> std::time::Instant {
        tokio::time::Instant::now().into_std()
    }

    fn wall(&self) -> std::time::SystemTime {
        std::time::SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, length: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(length))
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TestClock)
}

/// How a vendor of these tests ends.
#[derive(Clone, Copy)]
enum End {
    Finish,
    Fail,
}

/// A vendor that says a text in pieces of five bytes, each after a pause.
fn says(text: &str, pause: u64, end: End) -> ChatStream {
    let target = Target::new("test", "test", "any");
    let block = BlockId::new(0);
    let mut events = vec![Ok(StreamEvent::BlockStart { block, kind: BlockKind::Text })];
    let pieces = text.as_bytes().chunks(5).map(|piece| String::from_utf8(piece.to_vec()).unwrap());
    events.extend(pieces.map(|text| Ok(StreamEvent::TextDelta { block, text })));
    events.push(Ok(StreamEvent::BlockEnd { block, opaque: None }));
    events.push(match end {
        End::Finish => Ok(StreamEvent::Finish(Box::default())),
        End::Fail => Err(ErrorKind::StreamInterrupted.into()),
    });
    let paced = stream::iter(events).then(move |event| async move {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        event
    });
    ChatStream::new(target, paced)
}

fn start(runs: &Runs, stream: ChatStream) -> Run {
    runs.start(&Context::new(), async { Ok(stream) })
}

fn slow() -> ChatStream {
    says(TEXT, 1_000, End::Finish)
}

async fn text(run: &Run) -> String {
    run.watch(Cursor::START).into_response().await.unwrap().text()
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_without_a_viewer_and_each_viewer_sees_all_of_it() {
    let runs = Runs::in_memory(clock());
    let run = start(&runs, slow());
    let mut first = run.watch(Cursor::START);
    let mut seen = String::new();
    while seen.len() < 10 {
        let (_, event) = first.next().await.unwrap().unwrap();
        seen.push_str(event.as_text().unwrap_or_default());
    }
    let cursor = first.cursor();
    drop(first);
    assert_eq!(run.ended().await, RunState::Finished);
    let mut rest = run.watch(cursor);
    while let Some(item) = rest.next().await {
        seen.push_str(item.unwrap().1.as_text().unwrap_or_default());
    }
    assert_eq!(seen, TEXT, "nothing twice and nothing lost");
    assert_eq!(text(&runs.find(run.id()).unwrap()).await, TEXT);
    assert_eq!(runs.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn viewers_at_any_pace_see_the_same() {
    let runs = Runs::in_memory(clock());
    let run = start(&runs, slow());
    let viewer = async |pause: u64| {
        let mut watch = run.watch(Cursor::START);
        let mut cursors = Vec::new();
        while let Some(item) = watch.next().await {
            cursors.push(item.unwrap().0.position());
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        cursors
    };
    let (quick, slow, slower) = tokio::join!(viewer(0), viewer(1_500), viewer(60_000));
    assert_eq!((&quick, &quick), (&slow, &slower));
    assert_eq!(quick, (1..=quick.len() as u64).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_frees_its_call_and_tells_what_was_delivered() {
    let runs = Runs::in_memory(clock());
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = Noted(Arc::clone(&dropped));
    let run = start(&runs, slow().wrap(move |events| events.inspect(move |_| _ = &guard)));
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    run.cancel();
    assert_eq!(run.ended().await, RunState::Cancelled);
    assert!(dropped.load(Ordering::Relaxed), "the stream is gone");
    let error = run.watch(Cursor::START).into_response().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let delivered = error.partial().unwrap().content[0].as_text().unwrap().to_owned();
    assert!(TEXT.starts_with(&delivered) && delivered.len() >= 10, "{delivered}");
    run.cancel();
    assert_eq!(run.state(), RunState::Cancelled);
}

struct Noted(Arc<AtomicBool>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_cancelled_before_the_vendor_answers_too() {
    let runs = Runs::in_memory(clock());
    let run = runs.start(&Context::new(), std::future::pending());
    tokio::time::sleep(Duration::from_secs(1)).await;
    run.cancel();
    assert_eq!(run.ended().await, RunState::Cancelled);
    assert_eq!(run.watch(Cursor::START).next().await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_panic_are_the_last_thing_that_viewers_see() {
    let runs = Runs::in_memory(clock());
    let failed = start(&runs, says(TEXT, 0, End::Fail));
    assert_eq!(failed.ended().await, RunState::Failed);
    let error = failed.watch(Cursor::START).into_response().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.partial().unwrap().content[0].as_text()),
        (ErrorKind::StreamInterrupted, Some(TEXT))
    );

    let ctx = Context::new();
    let panicked = runs.start(&ctx, async { panic!("for the test") });
    assert_eq!(panicked.ended().await, RunState::Failed);
    assert!(
        panicked.watch(Cursor::START).next().await.unwrap().unwrap_err().to_string().contains("panicked")
    );
    assert_eq!(runs.running(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_started_again_is_the_one_that_goes_on() {
    let runs = Runs::in_memory(clock());
    let (ctx, asked) = (Context::new(), Arc::new(AtomicU64::new(0)));
    let again = || {
        let asked = Arc::clone(&asked);
        runs.start(&ctx, async move {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(slow())
        })
    };
    let (first, second) = (again(), again());
    assert_eq!((text(&first).await, text(&second).await), (TEXT.to_owned(), TEXT.to_owned()));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ended_and_is_started_again_says_what_it_says_now() {
    let runs = Runs::in_memory(clock());
    let ctx = Context::new();
    for said in ["first", "second, which is longer", "third"] {
        let run = runs.start(&ctx, async move { Ok(says(said, 10, End::Finish)) });
        assert_eq!(text(&run).await, said);
        run.ended().await;
        assert_eq!(text(&runs.find(ctx.run).unwrap()).await, said);
    }
}

/// Nothing but an image of so many bytes.
fn shows(bytes: usize) -> ChatStream {
    let image = Media::from_bytes_as(vec![7; bytes], "image/png", bytes).unwrap();
    let part = Box::new(AssistantPart::Media(image));
    let events =
        [Ok(StreamEvent::Part { block: BlockId::new(0), part }), Ok(StreamEvent::Finish(Box::default()))];
    ChatStream::new(Target::new("test", "test", "any"), stream::iter(events))
}

#[tokio::test(start_paused = true)]
async fn images_and_what_a_broken_answer_delivered_count_for_what_they_take() {
    let log = Arc::new(MemoryLog::new().with_bytes_of_ended_runs(100_000));
    let runs = Runs::new(clock(), Arc::clone(&log) as _);
    let mut all = Vec::new();
    for number in 0..10 {
        let long = "word ".repeat(8_000);
        let stream = if number % 2 == 0 { shows(40_000) } else { says(&long, 0, End::Fail) };
        let run = start(&runs, stream);
        run.ended().await;
        all.push(run.id());
    }
    let mut kept = 0;
    for run in &all {
        kept += usize::from(log.read(*run, Cursor::START, 1).await.is_ok());
    }
    assert!((1..=2).contains(&kept), "{kept} runs of 40,000 bytes and more in 100,000");
    let last = runs.find(all[9]).unwrap();
    assert_eq!(
        last.watch(Cursor::START).into_response().await.unwrap_err().kind(),
        ErrorKind::StreamInterrupted
    );
    let log = MemoryLog::new().with_bytes_per_run(10_000);
    let run = start(&Runs::new(clock(), Arc::new(log)), shows(40_000));
    run.ended().await;
    assert_eq!(run.watch(Cursor::START).next().await.unwrap().unwrap_err().kind(), ErrorKind::Storage);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_a_viewer_who_falls_behind_is_told() {
    let log = Arc::new(MemoryLog::new().with_bytes_per_run(2_000).with_ended_runs(2));
    let runs = Runs::new(clock(), Arc::clone(&log) as _);
    let long = "word ".repeat(5_000);
    let run = start(&runs, says(&long, 0, End::Finish));
    run.ended().await;
    let error = run.watch(Cursor::START).next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("no longer kept"), "{error}");
    let late = run.watch(Cursor::after(run.now().position() - 3)).map(|item| item.unwrap()).count().await;
    assert_eq!(late, 3, "the end is there");

    let others: Vec<Run> = (0..3).map(|_| start(&runs, says("short", 0, End::Finish))).collect();
    for other in &others {
        other.ended().await;
    }
    assert!(log.read(run.id(), Cursor::START, 1).await.is_err(), "the oldest run is forgotten");
    assert!(log.read(others[2].id(), others[2].now(), 1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn shutting_down_waits_and_then_cancels() {
    let runs = Runs::in_memory(clock());
    let quick = start(&runs, slow());
    let never = runs.start(&Context::new(), std::future::pending());
    assert_eq!(runs.shutdown(Duration::from_secs(60)).await, 1);
    assert_eq!((quick.state(), never.state(), runs.running()), (RunState::Finished, RunState::Cancelled, 0));
    assert_eq!(runs.shutdown(Duration::from_secs(60)).await, 0);
}

/// A log that fails from a place on.
#[derive(Debug)]
struct Failing(MemoryLog, AtomicU64, bool);

#[async_trait]
impl RunLog for Failing {
    async fn append(&self, run: RunId, at: Cursor, item: RunItem) -> Result<()> {
        let failed = matches!(item, RunItem::Failed(_)) && !self.2;
        match at.position() >= self.1.load(Ordering::Relaxed) && !failed {
            true => Err(ErrorKind::Storage.into()),
            false => self.0.append(run, at, item).await,
        }
    }

    async fn read(&self, run: RunId, from: Cursor, most: usize) -> Result<Page> {
        self.0.read(run, from, most).await
    }

    async fn forget(&self, run: RunId) -> Result<()> {
        self.0.forget(run).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_fails_ends_the_run_with_its_error() {
    for keeps_no_end in [false, true] {
        let runs = Runs::new(clock(), Arc::new(Failing(MemoryLog::new(), 4.into(), keeps_no_end)));
        let run = start(&runs, slow());
        let (viewer, state) = tokio::join!(run.watch(Cursor::START).into_response(), run.ended());
        assert_eq!((viewer.unwrap_err().kind(), state), (ErrorKind::Storage, RunState::Failed));
    }
}
