//! How an application tests its use of the library: no network, no key, every request recorded.
//!
//! ```text
//! cargo test -p ai --example testing
//! ```

use ai::{Ai, ErrorKind};

/// What the application does: summarises a text, and falls back to its beginning when the provider is down.
async fn summary(ai: &Ai, text: &str) -> ai::Result<String> {
    let mut chat = ai.conversation().system("Summarise in one sentence.").temperature(0.0);
    match chat.ask(text).await {
        Ok(answer) => Ok(answer.text()),
        Err(error) if error.kind() == ErrorKind::Overloaded => Ok(text.chars().take(20).collect()),
        Err(error) => Err(error),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ai::Result<()> {
    println!("{}", summary(&Ai::from_env()?, "It was a bright cold day in April.").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn asks_for_one_sentence() {
        let ai = Ai::fake();
        ai.mock().reply("A cold April day.");

        assert_eq!(summary(&ai, "It was a bright cold day in April.").await.unwrap(), "A cold April day.");

        ai.mock().assert_sent(|sent| {
            sent.request.temperature == Some(0.0)
                && sent.request.messages[0].text() == "Summarise in one sentence."
        });
        ai.mock().assert_sent_count(1);
    }

    #[tokio::test]
    async fn falls_back_when_the_provider_is_down() {
        let ai = Ai::fake();
        ai.mock().fail(ErrorKind::Overloaded);

        assert_eq!(summary(&ai, "It was a bright cold day in April.").await.unwrap(), "It was a bright cold");
    }
}
