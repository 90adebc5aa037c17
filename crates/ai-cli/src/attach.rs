//! Files that go with a question.

use std::io::Read;
use std::path::Path;

use ai::{DEFAULT_MEDIA_LIMIT, Media, UserPart};

use crate::failure::Failure;

/// The part of a message that a file makes: an image, a sound, a document, or its text under its name.
pub(crate) fn part(path: &Path) -> Result<UserPart, Failure> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let limit = u64::try_from(DEFAULT_MEDIA_LIMIT).unwrap_or(u64::MAX);
    // One byte more tells what is too large, and no device is read without end.
    std::fs::File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| Failure::Input(format!("`{shown}` can't be read: {error}")))?;
    if bytes.len() > DEFAULT_MEDIA_LIMIT {
        return Err(Failure::Input(format!(
            "`{shown}` is too large: a file that is sent has at most {DEFAULT_MEDIA_LIMIT} bytes"
        )));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match Media::from_bytes(bytes.clone()) {
        Ok(media) if !is_text(&media) => Ok(by_kind(media.with_name(name))),
        // Text is read by every model, a file of text by few.
        _ => match String::from_utf8(bytes) {
            Ok(text) if !text.trim().is_empty() => Ok(UserPart::text(format!("{name}:\n{text}"))),
            _ => Err(Failure::Input(format!(
                "`{shown}` is neither text nor a known kind of file, or is empty"
            ))),
        },
    }
}

fn is_text(media: &Media) -> bool {
    media.mime.as_deref().is_some_and(|mime| mime.starts_with("text/"))
}

fn by_kind(media: Media) -> UserPart {
    match media.mime.as_deref().and_then(|mime| mime.split('/').next()) {
        Some("image") => UserPart::Image(media),
        Some("audio") => UserPart::Audio(media),
        _ => UserPart::File(media),
    }
}
