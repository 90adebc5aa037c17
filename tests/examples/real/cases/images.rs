//! Images, and a server that repeats what it was asked.

use laravel_ai_core::{ChatRequest, FunctionTool, Media, Message, ResponseFormat, Result, UserPart};
use serde_json::{Value, json};

use super::{both, tagged};
use crate::server::{Server, Way};
use crate::table::Table;

/// One pixel.
const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

pub(super) async fn run(table: &mut Table, server: &Server) {
    for (name, url, expected) in [
        ("image inline", PNG, "one inline png · Stop · 3+4"),
        ("image by url", "https://example.com/cat.png", "one image by url · Stop · 3+4"),
    ] {
        match shown(url) {
            Ok(request) => both(table, server, name, request, expected).await,
            Err(error) => table.case(name, expected, async { error.to_string() }).await,
        }
    }
    both(table, server, "image missing", tagged("vision"), "invalid request · 422 · never").await;

    let request = ChatRequest::new([Message::system("Repeat."), Message::user("[fx:echo] as JSON")])
        .with_temperature(0.5)
        .with_max_output_tokens(99)
        .with_tool(FunctionTool::new("ping"))
        .with_format(ResponseFormat::Json);
    let expected = json!({"model": "gpt-4o", "n": 2, "roles": ["system", "user"], "tools": ["ping"],
        "temperature": 0.5, "max_tokens": 99, "response_format": {"type": "json_object"}});
    for way in Way::BOTH {
        let echo = async {
            let answer = server.answer(way, request.clone()).await;
            answer
                .and_then(|answer| answer.parse::<Value>())
                .map_or_else(|error| error.to_string(), |it| it.to_string())
        };
        table.case(&way.of("everything arrives"), &expected.to_string(), echo).await;
    }
}

fn shown(url: &str) -> Result<ChatRequest> {
    let image = UserPart::Image(Media::from_url(url)?);
    Ok(ChatRequest::new([Message::User(vec![UserPart::text("[fx:vision]"), image])]))
}
