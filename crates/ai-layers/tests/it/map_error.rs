//! Errors as the application wants them.

use ai_layers::{MapError, Retry};
use laravel_ai_core::{Context, Error, ErrorKind, Layer, Retry as Advice};
use provider_mock::{Mock, Reply};

use crate::support::{ask, ask_as, clock, hello, model, read};

fn shouting() -> MapError {
    MapError::new(|_, error| Error::new(error.kind(), "MINE").with_retry(error.retry()).with_source(error))
}

#[tokio::test(start_paused = true)]
async fn every_error_is_replaced_and_answers_are_left_alone() {
    for streamed in [false, true] {
        let failing = shouting().chat(model(&Mock::new().fail(ErrorKind::Server)));
        let error = ask_as(&failing, streamed).await.unwrap_err();
        assert_eq!((error.message(), error.vendor::<Error>().unwrap().kind()), ("MINE", ErrorKind::Server));
        let good = shouting().chat(model(&Mock::new().reply("Hi")));
        assert_eq!(ask_as(&good, streamed).await.unwrap().text(), "Hi");
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_broken_stream_is_replaced_and_keeps_what_came() {
    let broken = Mock::new().reply(Reply::text("Hello there").then_fail(ErrorKind::Server));
    let insistent = MapError::new(|_, error: Error| error.with_retry(Advice::SameTarget { after: None }));
    let layered = shouting().chat(insistent.chat(model(&broken)));
    let (text, error) = read(layered.stream(&Context::new(), hello()).await.unwrap()).await;
    let error = error.unwrap();
    assert_eq!((text.as_str(), error.message()), ("Hello there", "MINE"));
    assert_eq!(error.partial().unwrap().text(), "Hello there");
    assert_eq!(error.retry(), Advice::Never, "what was delivered can't be taken back");
}

#[tokio::test(start_paused = true)]
async fn the_application_sees_its_context() {
    let layered = MapError::new(|ctx, error| Error::new(error.kind(), format!("in {}", ctx.run)))
        .chat(model(&Mock::new().fail(ErrorKind::Server)));
    let ctx = Context::new();
    let error = layered.chat(&ctx, hello()).await.unwrap_err();
    assert_eq!(error.message(), format!("in {}", ctx.run));
}

#[tokio::test(start_paused = true)]
async fn inside_of_retry_it_decides_what_is_repeated() {
    let mock = Mock::new().sequence([Reply::fail(ErrorKind::Unknown), Reply::text("Hi")]);
    let known = MapError::new(|_, error: Error| error.with_retry(Advice::SameTarget { after: None }));
    let layered = Retry::new(clock()).chat(known.chat(model(&mock)));
    assert_eq!(ask(&layered).await.unwrap().text(), "Hi");
}
