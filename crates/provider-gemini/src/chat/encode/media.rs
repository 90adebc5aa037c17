//! Images, sounds and files.

use std::borrow::Cow;

use laravel_ai_core::{Media as Given, MediaSource, Result, WarningKind};
use provider_http::wire::{Base64, Members};

use super::config::resolution;
use super::part::{Media, Part};
use super::{Encoder, invalid};
use crate::config::BASE_URL;
use crate::driver::Gemini;

/// How closely the model may look at one medium.
const DETAILS: [&str; 4] = ["low", "medium", "high", "ultra_high"];

impl<'a> Encoder<'a> {
    pub(super) fn shown(&mut self, media: &'a Given) -> Result<Part<'a>> {
        let resolution = match media.detail.as_deref() {
            None | Some("auto") => None,
            Some(word) if DETAILS.contains(&word) || word.starts_with("MEDIA_RESOLUTION_") => {
                Some(resolution(word))
            }
            Some(_) => {
                let message = "Gemini has no such detail, so it was left out";
                self.warn(WarningKind::OptionDropped, "detail", message)?;
                None
            }
        };
        Ok(Part::Media { media: self.media(media)?, shell: Members::new(), resolution })
    }

    pub(super) fn media(&mut self, media: &'a Given) -> Result<Media<'a>> {
        let mime = media.mime.as_deref();
        Ok(match &media.source {
            MediaSource::Bytes(bytes) => {
                self.size += bytes.len() * 4 / 3 + 64;
                let mime =
                    mime.ok_or_else(|| invalid("the type of a medium is missing: give it with `with_mime`"))?;
                Media::Inline { mime, data: Base64(bytes), inner: Members::new() }
            }
            MediaSource::Url(url) => Media::File { uri: Cow::Borrowed(url), mime },
            MediaSource::Uploaded { driver, id } if driver == Gemini::DRIVER => {
                // Files are named so by their lists, and found by their whole URI.
                let uri = match id.strip_prefix("files/") {
                    Some(name) => Cow::Owned(format!("{BASE_URL}/v1beta/files/{name}")),
                    None => Cow::Borrowed(id.as_str()),
                };
                Media::File { uri, mime }
            }
            MediaSource::Uploaded { driver, .. } => {
                return Err(
                    self.unsupported(format_args!("can't read a file that was uploaded to `{driver}`"))
                );
            }
            _ => return Err(self.unsupported("takes no media of this kind")),
        })
    }
}
