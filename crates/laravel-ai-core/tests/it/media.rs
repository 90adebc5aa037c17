//! Images, audio and files: where they are, what they are, how big they may be.

use laravel_ai_core::*;
use proptest::prelude::*;

fn refusal(result: Result<Media>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    error.message().to_owned()
}

#[test]
fn the_type_is_told_by_the_first_bytes() {
    for (bytes, mime) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
        (b"GIF89a\x01\0\x01\0\x80\0\0", "image/gif"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        (b"%PDF-1.4\n1 0 obj\n", "application/pdf"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "audio/wav"),
        (b"ID3\x04\0\0\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x44\0\0\0\0", "audio/mpeg"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"<!DOCTYPE html><html></html>", "text/html"),
        (b"just words", "text/plain"),
        ("schön 🦀\r\n\t".as_bytes(), "text/plain"),
        // Texts that begin with the letters of a signature.
        (b"BMW makes cars", "text/plain"),
        (b"GIFts for all", "text/plain"),
        (b"MZ is a short name", "text/plain"),
        (b"the big WEBP file", "text/plain"),
    ] {
        let media = Media::from_bytes(bytes).unwrap();
        assert_eq!(media.mime.as_deref(), Some(mime), "{:?}", bytes.escape_ascii().to_string());
        assert_eq!(media.source, MediaSource::Bytes(bytes.into()));
    }
    for nothing in [b"\x01\x02\x03".as_slice(), b"words\0words", b"\xc3\x28\xa0\xa1"] {
        assert!(refusal(Media::from_bytes(nothing)).contains("give it with `from_bytes_as`"));
    }
}

#[test]
fn the_size_cap_is_exact() {
    let of = |length: usize, limit| Media::from_bytes_as(vec![0; length], "image/png", limit);
    assert!(of(10, 10).is_ok());
    assert_eq!(refusal(of(11, 10)), "the media has 11 bytes, the limit is 10");
    assert_eq!(refusal(of(0, 10)), "the media is empty");
    assert_eq!(refusal(Media::from_bytes(b"".as_slice())), "the media is empty");
    let png = |length: usize| {
        let mut bytes = vec![0; length];
        bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
        Media::from_bytes(bytes)
    };
    assert!(png(DEFAULT_MEDIA_LIMIT).is_ok());
    assert_eq!(refusal(png(DEFAULT_MEDIA_LIMIT + 1)), "the media has 20971521 bytes, the limit is 20971520");
}

#[test]
fn bytes_are_not_copied() {
    let bytes = bytes::Bytes::from(vec![b'a'; 100]);
    let at = bytes.as_ptr();
    let media = Media::from_bytes(bytes).unwrap();
    let MediaSource::Bytes(kept) = media.clone().source else { panic!("no bytes") };
    assert_eq!(kept.as_ptr(), at);
}

#[test]
fn a_mime_type_has_two_words() {
    for mime in ["image/png", "application/vnd.ms-excel", "text/plain;charset=utf-8", "image/svg+xml"] {
        assert_eq!(Media::from_bytes_as(b"x".as_slice(), mime, 9).unwrap().mime.as_deref(), Some(mime));
    }
    for mime in ["", "png", "/png", "image/", "image/png/x", "image /png", "image/png\n", "bild/größe"] {
        let message = refusal(Media::from_bytes_as(b"x".as_slice(), mime, 9));
        assert!(
            message.ends_with("is not a MIME type such as image/png") && !message.contains('\n'),
            "{message}"
        );
    }
}

#[test]
fn a_url_is_one_that_vendors_fetch() {
    for url in ["https://host/a.png", "http://localhost:8080", "gs://bucket/a", "HTTPS://host/a"] {
        let media = Media::from_url(url).unwrap();
        assert_eq!((media.source, media.mime), (MediaSource::Url(url.into()), None));
    }
    for url in [
        "",
        "a.png",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://host/a",
        "https://",
        "https:/host",
        "javascript:1",
    ] {
        assert_eq!(
            refusal(Media::from_url(url)),
            "a media URL starts with https://, http://, gs:// or data:"
        );
    }
    for url in ["https://host/a b", "https://host/a\n", " https://host"] {
        assert_eq!(refusal(Media::from_url(url)), "a media URL has no spaces and no line breaks");
    }
}

#[test]
fn a_data_url_becomes_bytes() {
    let media = Media::from_url("data:image/png;base64,AAEC").unwrap();
    assert_eq!(media.source, MediaSource::Bytes(vec![0, 1, 2].into()));
    assert_eq!(media.mime.as_deref(), Some("image/png"));
    assert_eq!(media.base64().as_deref(), Some("AAEC"));
    let typed = Media::from_url("data:text/plain;charset=utf-8;base64,YQ==").unwrap();
    assert_eq!(typed.mime.as_deref(), Some("text/plain"));
    let untyped = Media::from_url("data:;base64,YQ==").unwrap();
    assert_eq!(untyped.mime.as_deref(), Some("application/octet-stream"));

    assert_eq!(
        refusal(Media::from_url("data:image/png;base64")),
        "a data: URL needs a comma before its data"
    );
    assert_eq!(refusal(Media::from_url("data:text/plain,hello")), "only base64 data: URLs are taken");
    assert_eq!(refusal(Media::from_url("data:image/png;base64,A?")), "the data: URL is not valid base64");
    assert_eq!(refusal(Media::from_url("data:image/png;base64,")), "the media is empty");
}

#[test]
fn only_bytes_have_base64() {
    for media in [Media::from_url("https://host/a").unwrap(), Media::uploaded("driver", "file-1")] {
        assert_eq!((media.base64(), media.data_url()), (None, None));
    }
}

#[test]
fn debug_shows_the_host_of_a_url_and_the_length_of_bytes() {
    for (url, shown) in [
        ("https://host/path?sig=canary", "Url(https://host)"),
        ("https://host?sig=canary", "Url(https://host)"),
        ("https://host#canary", "Url(https://host)"),
        ("https://user:canary@host:8080/canary", "Url(https://host:8080)"),
        ("https://canary:c@nary@host/@canary", "Url(https://host)"),
        ("gs://bucket/canary", "Url(gs://bucket)"),
    ] {
        let media = Media::from_url(url).unwrap();
        assert_eq!(format!("{:?}", media.source), shown);
        assert!(!format!("{media:?}{:?}", UserPart::Image(media.clone())).contains("canary"));
    }
    assert_eq!(format!("{:?}", MediaSource::Url("canary".into())), "Url(***)");
    let bytes = Media::from_bytes_as(b"canary".as_slice(), "a/b", 9).unwrap();
    assert_eq!(format!("{:?}", bytes.source), "Bytes(6 bytes)");
    assert!(!format!("{bytes:?}").contains("canary"));
    assert_eq!(format!("{:?}", Media::uploaded("driver", "file-1").source), "Uploaded(driver file-1)");
}

proptest! {
    #[test]
    fn a_data_url_round_trips(bytes in prop::collection::vec(any::<u8>(), 1..50), mime in "[a-z]{1,5}/[a-z+.-]{1,5}") {
        let media = Media::from_bytes_as(bytes, mime, 100).unwrap();
        prop_assert_eq!(Media::from_url(media.data_url().unwrap()).unwrap(), media);
    }
}
