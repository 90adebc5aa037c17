//! Asks and prints the answer: `minimal-async-openai <base url> <key>`.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let config = OpenAIConfig::new()
        .with_api_base(arguments.next().unwrap_or_default())
        .with_api_key(arguments.next().unwrap_or_default());
    let message = ChatCompletionRequestUserMessageArgs::default().content("Hello").build()?;
    let request =
        CreateChatCompletionRequestArgs::default().model("gpt-test").messages(vec![message.into()]).build()?;
    for choice in Client::with_config(config).chat().create(request).await?.choices {
        println!("{}", choice.message.content.unwrap_or_default());
    }
    Ok(())
}
