//! What must not be shown.

use laravel_ai_core::Secret;

/// Whether the value of a key called like this may be a secret. Everything below it may be, too.
pub(crate) fn is_secret(key: &str) -> bool {
    const WORDS: [&str; 14] = [
        "auth",
        "authorization",
        "bearer",
        "cookie",
        "credential",
        "credentials",
        "header",
        "headers",
        "key",
        "keys",
        "passphrase",
        "password",
        "secret",
        "token",
    ];
    let key = key.to_ascii_lowercase();
    key.ends_with("key")
        || key.ends_with("secret")
        || key.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// A value for people. A URL may hold a password or a key, too.
pub(crate) fn masked(text: &str, secret: bool) -> String {
    if secret {
        return Secret::new(text).masked();
    }
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (place, query) = match rest.split_once(['?', '#']) {
        Some((place, _)) => (place, "?***"),
        None => (rest, ""),
    };
    let (host, path) = match place.find('/') {
        Some(slash) => place.split_at(slash),
        None => (place, ""),
    };
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{path}{query}"),
        None => format!("{scheme}://{host}{path}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_hold_secrets_are_known_by_their_words() {
        for key in ["api_key", "apiKey", "x-api-key", "Authorization", "client_secret", "token", "headers"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["base_url", "tokens_per_minute", "max_output_tokens", "keep_alive", "organization"] {
            assert!(!is_secret(key), "{key}");
        }
    }

    #[test]
    fn a_url_keeps_its_host_and_loses_its_secrets() {
        for (url, shown) in [
            ("https://api.example.com/v1", "https://api.example.com/v1"),
            ("https://me:pass@example.com/v1", "https://***@example.com/v1"),
            ("https://example.com/v1?key=abc", "https://example.com/v1?***"),
            ("plain", "plain"),
        ] {
            assert_eq!(masked(url, false), shown);
        }
        assert_eq!(masked("sk-test-1234567890", true), "***7890");
        assert_eq!(masked("short", true), "***");
    }
}
