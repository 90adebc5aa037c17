//! Answers, whole and streamed.

use laravel_ai_core::{AssistantPart, ChatResponse, FinishReason, Usage, WarningKind};

use crate::violation::{ensure, same};
use crate::{Role, Subject, Violation};

/// The same answer, whole and in a stream, has the same parts, finish, usage, service tier and warnings.
///
/// # Errors
/// The first member that differs.
pub async fn stream_equals_whole(subject: &Subject) -> Result<(), Violation> {
    for role in [Role::Text, Role::ToolCalls] {
        let (whole, streamed) = (subject.whole(role).await?, subject.streamed(role).await?);
        let parts = |answer: &ChatResponse| answer.content.clone();
        same("the parts of the whole answer", &parts(&whole), &parts(&streamed))?;
        same("the finish of the whole answer", &whole.finish, &streamed.finish)?;
        same("the usage of the whole answer", &counts(&whole.usage), &counts(&streamed.usage))?;
        same("the service tier of the whole answer", &whole.service_tier, &streamed.service_tier)?;
        same("the warnings of the whole answer", &whole.warnings, &streamed.warnings)?;
    }
    Ok(())
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
