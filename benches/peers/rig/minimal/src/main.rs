//! Asks and prints the answer: `minimal-rig <base url> <key>`.

use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::OpenAIConfig;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_default();
    let client = OpenAIConfig::new(arguments.next().unwrap_or_default()).with_base_url(url).client();
    println!("{}", client.chat("gpt-test").call(CompletionRequest::new("Hello")).await?.text());
    Ok(())
}
