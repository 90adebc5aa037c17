//! Answers on the screen.

use ai::{ChatResponse, ChatStream, Error, StreamEvent};
use futures_util::StreamExt;

use crate::failure::Failure;
use crate::output;
use crate::wait::Spinner;

/// Prints text as it comes, under the spinner until it does. What was delivered before an error stays on the screen, on a
/// line of its own.
pub(crate) async fn print(
    stream: impl Future<Output = Result<ChatStream, Error>>,
) -> Result<ChatResponse, Failure> {
    let mut line = Line { spinner: Some(Spinner::start("waiting for the answer")), open: false };
    let mut stream = stream.await?;
    while let Some(event) = stream.next().await {
        if let StreamEvent::TextDelta { text, .. } = event? {
            line.add(&text)?;
        }
    }
    drop(line);
    Ok(stream.into_response().await?)
}

/// Prints the whole response as JSON. The answer is streamed all the same, so that what arrived is kept if it is stopped.
pub(crate) async fn print_json(
    stream: impl Future<Output = Result<ChatStream, Error>>,
) -> Result<ChatResponse, Failure> {
    let spinner = Spinner::start("waiting for the answer");
    let response = stream.await?.into_response().await?;
    drop(spinner);
    output::json(&response)?;
    Ok(response)
}

/// What has to be told beside the text.
pub(crate) fn notes(response: &ChatResponse, usage: bool) {
    for warning in &response.warnings {
        output::complain(format_args!("ai: warning: {warning}"));
    }
    if let Some(refusal) = response.refusal() {
        output::complain(format_args!("ai: the model refused: {refusal}"));
    }
    if usage {
        let count = |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
        let spent = &response.usage;
        output::complain(format_args!(
            "ai: {} tokens in, {} out, by {}",
            count(spent.input),
            count(spent.output),
            response.served_by
        ));
    }
}

/// The line that an answer is printed on. It is closed whatever ends the answer: its end, an error, or Ctrl-C.
struct Line {
    spinner: Option<Spinner>,
    open: bool,
}

impl Line {
    fn add(&mut self, text: &str) -> Result<(), Failure> {
        self.spinner = None;
        self.open = true;
        Ok(output::text(text)?)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.spinner = None;
        if self.open {
            // Where nobody reads, there is nobody to tell.
            let _ = output::line("");
        }
    }
}
