//! Streams: their pieces, their pace, and how they break.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use laravel_ai_core::{Context, ErrorKind, Result, StreamEvent, Timeouts};

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::{failed, said};

const SECOND: Duration = Duration::from_secs(1);

pub(super) async fn run(table: &mut Table, server: &Server) {
    let streamed = |ctx: Context, tag: &'static str| async move {
        said(&server.answer_of("gpt-4o", &ctx, Way::Streamed, tagged(tag)).await)
    };
    let idle = |limit| Context::new().with_timeouts(Timeouts::default().with_idle(limit));

    // The server writes a piece every two seconds, the first without content at once.
    table.case("stall, idle limit", "timed out · 200 · again", streamed(idle(SECOND), "stall")).await;
    let later = Context::new().with_deadline(Instant::now() + SECOND * 3);
    table.case("stall, deadline", "timed out · 200 · never · after “a ”", streamed(later, "stall")).await;

    both(
        table,
        server,
        "stream",
        tagged("stream"),
        "One two three four five six seven eight nine ten. · Stop · 11+7",
    )
    .await;
    both(table, server, "recorded pace", tagged("recorded"), "timed by recording · Stop · 11+7").await;
    let pieces = async { pieces(server).await.unwrap_or_else(|error| error.to_string()) };
    table.case("stream in pieces", "7 pieces, each as it was written", pieces).await;

    table.case("slow first, patient", "late · Stop · 11+7", streamed(idle(SECOND * 10), "slow-first")).await;
    table.case("slow first, idle limit", "timed out · again", streamed(idle(SECOND), "slow-first")).await;
    let soon = Context::new().with_deadline(Instant::now() + SECOND);
    table.case("slow first, deadline", "timed out · again", streamed(soon, "slow-first")).await;

    // How much arrives before the cut is a matter of time; that it is a beginning is not.
    for (tag, whole) in [
        ("truncate", "This stream is going to be cut after three chunks and never finishes"),
        ("disconnect-ms", "This stream is going to be cut after some milliseconds "),
    ] {
        let broken = async {
            match server.answer(Way::Streamed, tagged(tag)).await {
                Ok(answer) => format!("an answer: {}", answer.text()),
                Err(error) => {
                    let partial = error.partial().map(|partial| partial.text()).unwrap_or_default();
                    let beginning = !partial.is_empty() && whole.repeat(5).starts_with(&partial);
                    match error.kind() {
                        ErrorKind::StreamInterrupted if beginning => "interrupted after a beginning".into(),
                        _ => failed(&error),
                    }
                }
            }
        };
        table.case(tag, "interrupted after a beginning", broken).await;
    }

    let left = async {
        let model = server.model("gpt-4o");
        let Ok(model) = model else { return "no model".into() };
        let Ok(mut stream) = model.stream(&Context::new(), Arc::new(tagged("stream"))).await else {
            return "no stream".into();
        };
        while let Some(Ok(event)) = stream.next().await {
            if event.is_content() {
                drop(stream);
                return said(&server.answer(Way::Asked, tagged("text")).await);
            }
        }
        "no content".into()
    };
    table.case("left early, then asked again", "Hello from aimock. · Stop · 11+7", left).await;
}

/// Counts the pieces and whether time passed between the first and the last.
async fn pieces(server: &Server) -> Result<String> {
    let mut stream = server.model("gpt-4o")?.stream(&Context::new(), Arc::new(tagged("stream"))).await?;
    let (mut pieces, mut first) = (0, None);
    while let Some(event) = stream.next().await {
        if let StreamEvent::TextDelta { .. } = event? {
            pieces += 1;
            first.get_or_insert_with(Instant::now);
        }
    }
    let spread = first.is_some_and(|first| first.elapsed() > Duration::from_millis(60));
    Ok(format!("{pieces} pieces, {}", if spread { "each as it was written" } else { "all at once" }))
}
