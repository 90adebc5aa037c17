//! Images, sounds and files of the user.

use laravel_ai_core::{Media, MediaSource, Result};

use super::Encoder;
use super::content::{FileData, Part, Url};
use crate::dialect::ImageForms;

impl Encoder<'_> {
    pub(super) fn image<'a>(&mut self, media: &'a Media) -> Result<Part<'a>> {
        let url = match (&media.source, self.dialect.images) {
            (_, ImageForms::None) => return Err(self.unsupported("takes no images")),
            (MediaSource::Bytes(bytes), _) => Url::Data(self.data_url(bytes, media.mime.as_deref())),
            (MediaSource::Url(url), ImageForms::Any) if url.starts_with("http") => Url::Web(url),
            (MediaSource::Url(_), _) => {
                return Err(self.unsupported("fetches no images from this URL: give the image's bytes"));
            }
            _ => {
                return Err(
                    self.unsupported("takes no images that were uploaded: give the image's bytes or URL")
                );
            }
        };
        Ok(Part::Image { url, detail: media.detail.as_deref(), cache: self.cache(media.cache) })
    }

    pub(super) fn audio<'a>(&mut self, media: &'a Media) -> Result<Part<'a>> {
        let (data, format) = self.sound(media)?;
        Ok(Part::Audio { data, format })
    }

    pub(super) fn file<'a>(&mut self, media: &'a Media) -> Result<Part<'a>> {
        let data = match &media.source {
            MediaSource::Bytes(_) if !self.dialect.inline_files => {
                return Err(self.unsupported("takes no bytes of files: upload the file and give its id"));
            }
            MediaSource::Bytes(bytes) => FileData::Inline(self.data_url(bytes, media.mime.as_deref())),
            MediaSource::Uploaded { driver, id } if driver == self.dialect.driver => FileData::Id(id),
            MediaSource::Uploaded { driver, .. } => {
                return Err(
                    self.unsupported(format_args!("can't read a file that was uploaded to `{driver}`"))
                );
            }
            _ => return Err(self.unsupported("fetches no files: give the file's bytes")),
        };
        Ok(Part::File { name: media.name.as_deref(), data, cache: self.cache(media.cache) })
    }
}
