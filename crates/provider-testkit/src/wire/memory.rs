//! The script as a transport without a network.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use laravel_ai_core::{Body, Context, Error, ErrorKind, Result, Transport};

use super::{End, Open, Script};

#[derive(Debug)]
pub(crate) struct Memory(pub(crate) Arc<Script>);

#[async_trait]
impl Transport for Memory {
    async fn send(&self, _: &Context, request: Request<Bytes>) -> Result<Response<Body>> {
        let open = Open::new(&self.0);
        let Some(reply) = self.0.take(request) else {
            return Err(broken("the script has no more replies").with_possibly_billed(false));
        };
        let (pieces, waits) = (reply.pieces(), reply.waits());
        let Some(answer) = reply.answer else {
            if reply.end == End::Stalled {
                std::future::pending::<()>().await;
            }
            return Err(broken("the connection was refused").with_possibly_billed(false));
        };
        let reading =
            Reading { pieces, waits, end: Some(reply.end), script: Arc::clone(&self.0), _open: open };
        let body = futures_util::stream::unfold(reading, |mut reading| async move {
            let piece = reading.next().await?;
            Some((piece, reading))
        });
        let mut response = Response::new(Body::stream(body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}

struct Reading {
    pieces: VecDeque<Bytes>,
    waits: bool,
    end: Option<End>,
    script: Arc<Script>,
    _open: Open,
}

impl Reading {
    async fn next(&mut self) -> Option<Result<Bytes>> {
        if self.waits {
            tokio::task::yield_now().await;
        }
        if let Some(piece) = self.pieces.pop_front() {
            self.script.count_piece();
            return Some(Ok(piece));
        }
        match self.end.take()? {
            End::Clean => None,
            End::Broken => Some(Err(broken("the connection broke"))),
            End::Stalled => std::future::pending().await,
        }
    }
}

fn broken(message: &'static str) -> Error {
    Error::new(ErrorKind::Transport, message)
}
