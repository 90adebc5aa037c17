//! Answers, whole and streamed.

use laravel_ai_core::{AssistantPart, ChatResponse, FinishReason, Usage, WarningKind};

use crate::violation::{ensure, same};
use crate::{Exchange, Role, Subject, Violation};

/// The same answer, whole and in a stream, has the same parts, finish, usage, service tier and warnings: in every role
/// whose forms are the same answer, that is in all but those of unknown events and failures.
///
/// Ids of calls are compared where the vendor gives them; a driver that makes them up makes others each time.
///
/// # Errors
/// The first member that differs.
pub async fn stream_equals_whole(subject: &Subject) -> Result<(), Violation> {
    for role in [Role::Text, Role::ToolCalls] {
        subject.exchange(role)?;
    }
    let different = [Role::UnknownEvents, Role::Failing];
    for role in subject.roles().filter(|role| !different.contains(role)) {
        let exchange = subject.exchange(role)?;
        let (whole, streamed) = (subject.whole(role).await?, subject.streamed(role).await?);
        let at = |violation: Violation| violation.at(format_args!("{role:?}"));
        let (expected, got) = (parts(&whole, exchange), parts(&streamed, exchange));
        for (number, (expected, got)) in expected.iter().zip(&got).enumerate() {
            same(&format!("part {number} of the whole answer"), expected, got).map_err(at)?;
        }
        same("as many parts as the whole answer", &expected.len(), &got.len()).map_err(at)?;
        same("the finish of the whole answer", &whole.finish, &streamed.finish).map_err(at)?;
        same("the usage of the whole answer", &counts(&whole.usage), &counts(&streamed.usage)).map_err(at)?;
        same("the service tier of the whole answer", &whole.service_tier, &streamed.service_tier)
            .map_err(at)?;
        same("the warnings of the whole answer", &whole.warnings, &streamed.warnings).map_err(at)?;
    }
    Ok(())
}

/// The parts of an answer, without the ids of calls that the vendor did not send.
fn parts(answer: &ChatResponse, exchange: &Exchange) -> Vec<AssistantPart> {
    let sent = exchange.whole.as_ref().map(|whole| String::from_utf8_lossy(&whole.body));
    let mut parts = answer.content.clone();
    for part in &mut parts {
        if let AssistantPart::ToolCall(call) = part
            && !sent.as_ref().is_some_and(|sent| sent.contains(&format!("\"{}\"", call.id)))
        {
            call.id.clear();
        }
    }
    parts
}

/// A text arrives as the vendor wrote it, ends with [`FinishReason::Stop`] after one attempt, and says who served it.
///
/// # Errors
/// What differs.
pub async fn text_and_target(subject: &Subject) -> Result<(), Violation> {
    let text = subject.exchange(Role::Text)?.text.clone().unwrap_or_default();
    ensure(!text.is_empty(), "the text of the role Text (`Exchange::saying`)", || "none is declared".into())?;
    let (model, _stage) = subject.model(Role::Text, true, crate::Split::Whole).await?;
    for answer in [subject.whole(Role::Text).await?, subject.streamed(Role::Text).await?] {
        same("the text", &text, &answer.text())?;
        same("the finish", &FinishReason::Stop, &answer.finish.reason)?;
        same("the attempts", &1, &answer.attempts)?;
        same("who served it", model.target(), &answer.served_by)?;
    }
    Ok(())
}

/// Usage is the vendor's, its totals contain their parts, and a count that nobody gave is `None`.
///
/// # Errors
/// The count that differs, or the part that is more than its whole.
pub async fn usage_is_inclusive(subject: &Subject) -> Result<(), Violation> {
    let expected = subject.exchange(Role::Text)?.usage.clone();
    let expected = expected.ok_or_else(|| {
        Violation::new("the usage of the role Text (`Exchange::using`)", "none is declared")
    })?;
    for answer in [subject.whole(Role::Text).await?, subject.streamed(Role::Text).await?] {
        same("the usage", &counts(&expected), &counts(&answer.usage))?;
    }
    for role in subject.roles().filter(|role| *role != Role::Failing) {
        let usage = subject.streamed(role).await?.usage;
        let input = [usage.cached_input, usage.cache_write_input, usage.audio_input, usage.image_input];
        let output = [usage.reasoning, usage.audio_output];
        let written = [usage.long_cache_write_input];
        for (total, parts) in
            [(usage.input, &input[..]), (usage.output, &output[..]), (usage.cache_write_input, &written[..])]
        {
            for part in parts.iter().flatten() {
                ensure(
                    total.is_some_and(|total| *part <= total),
                    format_args!("totals that contain their parts in the role {role:?}"),
                    || format!("a part of {part} tokens in a total of {total:?}"),
                )?;
            }
        }
    }
    Ok(())
}

/// Usage that the vendor did not report is unknown, never 0.
///
/// # Errors
/// The usage that was made up.
pub async fn unknown_usage_is_none(subject: &Subject) -> Result<(), Violation> {
    for answer in [subject.whole(Role::NoUsage).await?, subject.streamed(Role::NoUsage).await?] {
        same("the usage", &Usage::default(), &answer.usage)?;
    }
    Ok(())
}

/// A part of an answer that the driver does not know is kept, with a warning, in both forms.
///
/// # Errors
/// When the warning or the part is missing.
pub async fn unknown_content_is_kept(subject: &Subject) -> Result<(), Violation> {
    let answers = [subject.whole(Role::UnknownContent).await?, subject.streamed(Role::UnknownContent).await?];
    for (form, answer) in ["whole", "streamed"].into_iter().zip(answers) {
        let warned = answer.warnings.iter().any(|warning| warning.kind == WarningKind::UnknownPart);
        ensure(warned, "a warning of kind UnknownPart", || format!("{form}: {:?}", answer.warnings))?;
        let kept = answer
            .content
            .iter()
            .any(|part| matches!(part, AssistantPart::Native(_) | AssistantPart::Unknown(_)));
        ensure(kept, "the part, as Native or Unknown", || format!("{form}: {:?}", answer.content))?;
    }
    Ok(())
}

/// The counts without the vendor's own object, which may differ between the forms.
fn counts(usage: &Usage) -> Usage {
    let mut usage = usage.clone();
    usage.raw = None;
    usage
}
