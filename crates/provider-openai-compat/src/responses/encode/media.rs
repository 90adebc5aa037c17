//! Images, sounds and files of the user.

use std::borrow::Cow;

use laravel_ai_core::{CacheBreakpoint, Media, MediaSource, Result};
use provider_http::wire::Base64;

use super::Encoder;
use super::content::{DataUrl, Part, Source};

impl<'a> Encoder<'a> {
    pub(super) fn image(&mut self, media: &'a Media) -> Result<Part<'a>> {
        let source = self.source(media, "images")?;
        let detail = media.detail.as_deref().unwrap_or("auto");
        Ok(Part::Image { source, detail, cache: self.cache(media.cache) })
    }

    pub(super) fn file(&mut self, media: &'a Media) -> Result<Part<'a>> {
        let source = self.source(media, "files")?;
        // Inline data without a name is refused; for all else the name is the vendor's to know.
        let name = match source {
            Source::Inline(_) if !self.dialect.inline_files => {
                return Err(self.unsupported("takes no bytes of files: upload the file and give its id"));
            }
            Source::Inline(_) => {
                Some(media.name.as_deref().map_or_else(|| made_up_name(media), Cow::Borrowed))
            }
            _ => None,
        };
        Ok(Part::File { name, source, cache: self.cache(media.cache) })
    }

    pub(super) fn audio(&mut self, media: &'a Media) -> Result<Part<'a>> {
        if !self.dialect.audio {
            return Err(self.unsupported("takes no audio"));
        }
        let MediaSource::Bytes(bytes) = &media.source else {
            return Err(self.unsupported("takes audio as bytes only"));
        };
        let format = match media.mime.as_deref() {
            Some("audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave") => "wav",
            Some("audio/mpeg" | "audio/mp3") => "mp3",
            _ => return Err(self.unsupported("takes audio as WAV and MP3 only")),
        };
        self.size += bytes.len() * 4 / 3 + 64;
        Ok(Part::Audio { data: Base64(bytes), format })
    }

    /// The mark, where the vendor knows such marks; elsewhere it is a hint that nobody takes.
    pub(super) fn cache(&self, cache: Option<CacheBreakpoint>) -> Option<CacheBreakpoint> {
        cache.filter(|_| self.dialect.cache_breakpoints)
    }

    fn source(&mut self, media: &'a Media, what: &str) -> Result<Source<'a>> {
        Ok(match &media.source {
            MediaSource::Url(url) if url.starts_with("http") => Source::Url(url),
            MediaSource::Url(_) => {
                return Err(self.unsupported(format_args!("fetches no {what} from this URL: give the bytes")));
            }
            MediaSource::Uploaded { driver, id } if driver == self.dialect.driver => Source::Uploaded(id),
            MediaSource::Uploaded { driver, .. } => {
                return Err(
                    self.unsupported(format_args!("can't read a file that was uploaded to `{driver}`"))
                );
            }
            MediaSource::Bytes(bytes) => {
                self.size += bytes.len() * 4 / 3 + 64;
                let mime = media.mime.as_deref().unwrap_or("application/octet-stream");
                Source::Inline(DataUrl { mime, bytes: Base64(bytes) })
            }
            _ => return Err(self.unsupported(format_args!("takes no {what} of this kind"))),
        })
    }
}

fn made_up_name(media: &Media) -> Cow<'static, str> {
    let kind = media.mime.as_deref().and_then(|mime| mime.split_once('/')).map_or("bin", |(_, kind)| kind);
    let ending = if kind == "plain" { "txt" } else { kind };
    format!("file.{ending}").into()
}
