//! Images, sounds and files of the user.

use std::borrow::Cow;

use laravel_ai_core::{Media, MediaSource, Result};

use super::Encoder;
use super::content::{Part, Source};

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
        let (data, format) = self.sound(media)?;
        Ok(Part::Audio { data, format })
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
            MediaSource::Bytes(bytes) => Source::Inline(self.data_url(bytes, media.mime.as_deref())),
            _ => return Err(self.unsupported(format_args!("takes no {what} of this kind"))),
        })
    }
}

fn made_up_name(media: &Media) -> Cow<'static, str> {
    let kind = media.mime.as_deref().and_then(|mime| mime.split_once('/')).map_or("bin", |(_, kind)| kind);
    let ending = if kind == "plain" { "txt" } else { kind };
    format!("file.{ending}").into()
}
