//! Asks and prints the answer: `minimal-genai <base url> <key>`.

use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ModelIden, ServiceTarget};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let target = ServiceTarget {
        model: ModelIden::new(AdapterKind::OpenAI, "gpt-test"),
        endpoint: Endpoint::from_owned(arguments.next().unwrap_or_default() + "/"),
        auth: AuthData::from_single(arguments.next().unwrap_or_default()),
    };
    let request = ChatRequest::new(vec![ChatMessage::user("Hello")]);
    let answer = Client::new()?.exec_chat(target, request, None).await?;
    println!("{}", answer.first_text().unwrap_or_default());
    Ok(())
}
