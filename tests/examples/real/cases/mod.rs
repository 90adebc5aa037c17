//! The cases, by what they are about.

mod chaos;
mod errors;
mod images;
mod others;
mod streams;
mod structured;
mod text;
mod tools;

use laravel_ai_core::ChatRequest;

use crate::server::{Server, Way};
use crate::table::Table;
use crate::words::said;

pub(crate) async fn run(table: &mut Table, chat: &Server, images: &Server) {
    // Its end is seen late by the validator, so it comes first.
    streams::run(table, chat).await;
    text::run(table, chat).await;
    tools::run(table, chat).await;
    structured::run(table, chat).await;
    images::run(table, images).await;
    errors::run(table, chat).await;
    chaos::run(table, chat).await;
    others::run(table, chat).await;
}

/// A user text that only asks for a fixture of the server.
fn tagged(tag: &str) -> ChatRequest {
    ChatRequest::user(format!("[fx:{tag}]"))
}

/// The same is expected asked and streamed.
async fn both(table: &mut Table, server: &Server, name: &str, request: ChatRequest, expected: &str) {
    for way in Way::BOTH {
        let answer = async { said(&server.answer(way, request.clone()).await) };
        table.case(&way.of(name), expected, answer).await;
    }
}
