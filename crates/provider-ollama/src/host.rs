//! Where a server is, in the forms that Ollama's own programs take.

/// The server of this machine. An address and no name: `localhost` may be looked up as IPv6, where Ollama does not listen.
const LOCAL: &str = "http://127.0.0.1:11434";
/// The hosted service.
pub(crate) const HOSTED: &str = "https://ollama.com";
const PORT: u16 = 11_434;

/// The base URL that a text as in `OLLAMA_HOST` stands for: without a scheme it is `http` on Ollama's port, an address that
/// servers listen on is this machine, and `/api` at the end, which is in every path, is taken off.
pub(crate) fn base_url(given: Option<&str>) -> String {
    let Some(given) = given.map(str::trim).filter(|text| !text.is_empty()) else { return LOCAL.into() };
    let (scheme, rest) = given.split_once("://").map_or((None, given), |(scheme, rest)| (Some(scheme), rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix("/api").unwrap_or(path);
    if scheme.is_none() && authority == "ollama.com" {
        return format!("{HOSTED}{path}");
    }
    let (host, port) = split_port(authority);
    let host = match host {
        "" | "0.0.0.0" | "[::]" => "127.0.0.1".to_owned(),
        // An IPv6 address without its brackets.
        bare if bare.contains(':') && !bare.starts_with('[') => format!("[{bare}]"),
        named => named.to_owned(),
    };
    let port = match (port, scheme) {
        (Some(port), _) => format!(":{port}"),
        (None, None) => format!(":{PORT}"),
        (None, Some(_)) => String::new(),
    };
    format!("{}://{host}{port}{path}", scheme.unwrap_or("http"))
}

/// Whether it is Ollama's hosted service, which has keys, and models that nobody can pull onto it.
pub(crate) fn is_hosted(base_url: &str) -> bool {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let host = split_port(rest.split(['/', '?', '#']).next().unwrap_or_default()).0;
    host.eq_ignore_ascii_case("ollama.com") || host.to_ascii_lowercase().ends_with(".ollama.com")
}

/// Several colons without brackets are an address and no port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port).filter(|port| !port.is_empty()))
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_ollama_host() {
        for (given, url) in [
            ("", "http://127.0.0.1:11434"),
            ("  ", "http://127.0.0.1:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("http://0.0.0.0:11434/", "http://127.0.0.1:11434"),
            (":8080", "http://127.0.0.1:8080"),
            ("localhost", "http://localhost:11434"),
            ("localhost:", "http://localhost:11434"),
            ("gpu-box:4000", "http://gpu-box:4000"),
            ("http://gpu-box", "http://gpu-box"),
            ("https://gpu-box/", "https://gpu-box"),
            ("https://gpu-box/ollama/", "https://gpu-box/ollama"),
            ("http://gpu-box:11434/api", "http://gpu-box:11434"),
            ("http://gpu-box:11434/api/", "http://gpu-box:11434"),
            ("::1", "http://[::1]:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("[::1]:8080", "http://[::1]:8080"),
            ("[::]:8080", "http://127.0.0.1:8080"),
            ("ollama.com", "https://ollama.com"),
            ("https://ollama.com", "https://ollama.com"),
        ] {
            assert_eq!(base_url(Some(given)), url, "{given:?}");
        }
        assert_eq!(base_url(None), LOCAL);
    }

    #[test]
    fn only_the_hosted_service_is_hosted() {
        for (url, hosted) in [
            (HOSTED, true),
            ("https://ollama.com:443", true),
            ("https://api.ollama.com/x", true),
            (LOCAL, false),
            ("https://notollama.com", false),
            ("http://box/ollama.com", false),
        ] {
            assert_eq!(is_hosted(url), hosted, "{url}");
        }
    }
}
