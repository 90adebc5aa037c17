//! Asks and prints the answer: `minimal-ours <base url> <key>`.

use ai::openai_compatible::{Config, OpenAiCompatible};
use ai::{Ai, Secret};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ai::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut config = Config::new(arguments.next().unwrap_or_default());
    config.api_key = arguments.next().map(Secret::new);
    let ai =
        Ai::builder().connect::<OpenAiCompatible>("work", config).default_model("work/gpt-test").build()?;
    println!("{}", ai.send("Hello").await?.text());
    Ok(())
}
