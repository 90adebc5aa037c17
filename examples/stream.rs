//! Prints an answer while it is made, and keeps what was delivered when the connection breaks.
//!
//! ```text
//! AI_DEFAULT_PROVIDER=mock cargo run -p ai --example stream
//! ```

use std::io::Write;

use ai::{Ai, StreamEvent};
use futures_util::StreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ai::Result<()> {
    let ai = Ai::from_env()?;
    let mut stream = ai.stream("Tell me a story about a lighthouse, in three sentences.").await?;

    while let Some(event) = stream.next().await {
        match event {
            Ok(StreamEvent::TextDelta { text, .. }) => {
                print!("{text}");
                _ = std::io::stdout().flush();
            }
            Ok(_) => {}
            Err(error) => {
                let kept = error.partial().map_or(0, |partial| partial.text().len());
                eprintln!("\nbroken after {kept} bytes: {error}");
                return Err(error);
            }
        }
    }
    let response = stream.into_response().await?;
    println!("\n\n{:?}, {:?} tokens", response.finish.reason, response.usage.total());
    Ok(())
}
