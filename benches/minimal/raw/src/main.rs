//! Asks and prints the answer: `minimal-raw <base url> <key>`.

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 1],
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Answer,
}

#[derive(Deserialize)]
struct Answer {
    content: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_default() + "/chat/completions";
    let key = arguments.next().unwrap_or_default();
    let request = Request { model: "gpt-test", messages: [Message { role: "user", content: "Hello" }] };
    let answer = reqwest::Client::new().post(url).bearer_auth(key).json(&request).send().await?;
    let completion: Completion = answer.error_for_status()?.json().await?;
    for choice in completion.choices {
        println!("{}", choice.message.content);
    }
    Ok(())
}
