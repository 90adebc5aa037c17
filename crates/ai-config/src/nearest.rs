//! The right name that someone who wrote a wrong one probably meant.

/// What people write who come from elsewhere, and what it may be called here. A proposal is made only when the
/// right name is among the candidates.
const SYNONYMS: [(&str, &str); 14] = [
    ("accounts", "connections"),
    ("connection", "connections"),
    ("endpoint", "base_url"),
    ("host", "base_url"),
    ("key", "api_key"),
    ("max_retries", "retry"),
    ("model", "default_model"),
    ("org", "organization"),
    ("provider", "driver"),
    ("providers", "connections"),
    ("rate_limit", "rate_limiting"),
    ("retries", "retry"),
    ("token", "api_key"),
    ("url", "base_url"),
];

pub(crate) fn nearest<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' ', '.'], "_");
    let wrong = plain(wrong);
    let find = |name: &str| candidates.iter().copied().find(|candidate| plain(candidate) == name);
    let synonym = || SYNONYMS.iter().find(|(from, _)| *from == wrong).and_then(|(_, to)| find(to));
    let close = || {
        // One slip in a short name, one more for every four letters: beyond that a guess only confuses.
        let distance = |name: &str| strsim::osa_distance(&wrong, &plain(name));
        let best = candidates.iter().copied().min_by_key(|name| distance(name))?;
        (distance(best) <= 1 + wrong.chars().count() / 4 && distance(best) < wrong.chars().count())
            .then_some(best)
    };
    let longer =
        || candidates.iter().copied().find(|name| wrong.len() >= 4 && plain(name).starts_with(&wrong));
    find(&wrong).or_else(synonym).or_else(close).or_else(longer)
}

/// `: did you mean …?` when there is a likely name, and the list of all.
pub(crate) fn advice(wrong: &str, candidates: &[&str], list: &str) -> String {
    let all = match candidates {
        [] => "nothing".to_owned(),
        names => names.join(", "),
    };
    match nearest(wrong, candidates) {
        Some(name) => format!(": did you mean `{name}`? ({list}: {all})"),
        None => format!("; {list}: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_none() {
        let names = ["base_url", "api_key", "organization", "connections", "openai-compatible", "xai"];
        for (wrong, right) in [
            ("base_ur", Some("base_url")),
            ("apikey", Some("api_key")),
            ("API-KEY", Some("api_key")),
            ("organisation", Some("organization")),
            ("providers", Some("connections")),
            ("openai-compat", Some("openai-compatible")),
            ("url", Some("base_url")),
            ("zzz", None),
            ("temperature", None),
        ] {
            assert_eq!(nearest(wrong, &names), right, "{wrong}");
        }
        assert_eq!(nearest("url", &["api_key"]), None, "a synonym of something that is not on offer");
    }
}
