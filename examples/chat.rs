//! A conversation with memory. Run it with a key (`OPENAI_API_KEY` and `AI_DEFAULT_MODEL`), with an `ai.toml`, or
//! without anything on the mock:
//!
//! ```text
//! AI_DEFAULT_PROVIDER=mock cargo run -p ai --example chat
//! ```

use ai::Ai;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ai::Result<()> {
    let ai = Ai::from_env()?;
    let mut chat = ai.conversation().system("You are a patient teacher. Answer in one sentence.");

    for question in ["What is a monad?", "And why does everybody explain it with burritos?"] {
        let answer = chat.ask(question).await?;
        println!("> {question}\n{}\n", answer.text());
        if let Some(tokens) = answer.usage.total() {
            println!("  ({tokens} tokens, served by {})\n", answer.served_by);
        }
    }
    Ok(())
}
