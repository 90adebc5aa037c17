//! A web handler that relays an answer as server-sent events. When the browser goes away the stream is dropped, which
//! closes the connection to the vendor: nobody pays for words that nobody reads.
//!
//! ```text
//! AI_DEFAULT_PROVIDER=mock cargo run -p ai --example relay
//! curl -N 'http://127.0.0.1:3000/ask?q=Hello'
//! ```

use std::convert::Infallible;

use ai::{Ai, ErrorKind, StreamEvent};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::{Stream, StreamExt};
use serde::Deserialize;

#[derive(Deserialize)]
struct Ask {
    q: String,
}

async fn ask(
    State(ai): State<Ai>,
    Query(ask): Query<Ask>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, (StatusCode, String)> {
    // A refusal of the vendor is the error of this call, so the browser gets a status and not a broken stream.
    let stream = ai.stream(ask.q).await.map_err(|error| (status(error.kind()), error.to_string()))?;
    let events = stream.filter_map(async |event| match event {
        Ok(StreamEvent::TextDelta { text, .. }) => Some(Ok(Event::default().data(text))),
        Ok(StreamEvent::Finish(finish)) => {
            Some(Ok(Event::default().event("finish").data(format!("{:?}", finish.finish.reason))))
        }
        Ok(_) => None,
        Err(error) => Some(Ok(Event::default().event("error").data(error.to_string()))),
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::ContextTooLong => StatusCode::BAD_REQUEST,
        ErrorKind::RateLimited | ErrorKind::QuotaExceeded | ErrorKind::Overloaded => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ai = Ai::from_env()?;
    let app = Router::new().route("/ask", get(ask)).with_state(ai);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    #[tokio::test]
    async fn relays_the_answer_and_its_finish() {
        let ai = Ai::fake();
        ai.mock().reply("Lima, of course");
        let app = Router::new().route("/ask", get(ask)).with_state((*ai).clone());
        let request = Request::get("/ask?q=Capital%20of%20Peru").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");

        let body = to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let text: String = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        assert_eq!(text, "Lima, of courseStop");
        ai.mock().assert_sent(|sent| sent.text().contains("Capital of Peru"));
    }
}
