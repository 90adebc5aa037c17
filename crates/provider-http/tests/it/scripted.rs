//! A transport that answers from a script, and a clock.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use laravel_ai_core::{Body, Clock, Context, Error, Result, Transport};

/// Gives the scripted answers in order and keeps the requests.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Response<Body>>>,
    pub(crate) requests: Mutex<Vec<Request<Bytes>>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response<Body>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), requests: Mutex::default() })
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, _: &Context, request: Request<Bytes>) -> Result<Response<Body>> {
        self.requests.lock().unwrap().push(request);
        Ok(self.answers.lock().unwrap().pop_front().expect("the script is over"))
    }
}

/// An answer whose body comes in these pieces.
pub(crate) fn pieces(status: u16, pieces: Vec<Result<&'static str, Error>>) -> Response<Body> {
    let body = Body::stream(stream::iter(pieces.into_iter().map(|piece| piece.map(Bytes::from))));
    Response::builder().status(status).header("x-request-id", "req_1").body(body).unwrap()
}

/// tokio's time, which a test can pause.
#[derive(Debug)]
pub(crate) struct TestClock;

impl Clock for TestClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Real time for all but sleeping, which takes a hundred times as long.
#[derive(Debug)]
pub(crate) struct SlowClock;

impl Clock for SlowClock {
    fn now(&self) -> Instant {
        TestClock.now()
    }
    fn wall(&self) -> SystemTime {
        TestClock.wall()
    }
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TestClock.sleep(duration * 100)
    }
}
