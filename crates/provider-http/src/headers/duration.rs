//! Durations as vendors write them.

use std::time::Duration;

/// Anything above this many seconds is a point in time in disguise: thirty years would be an odd time to wait.
const LONGEST: f64 = 1e9;

/// Reads a duration as Go prints it (`6m0s`, `7m12s`, `1h2m3.5s`, `120ms`) or plain seconds (`1`, `1.5`). Dates, unix times
/// and anything else give `None`.
///
/// ```
/// assert_eq!(provider_http::parse_duration("34.412s"), Some(std::time::Duration::from_millis(34_412)));
/// assert_eq!(provider_http::parse_duration("tomorrow"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    // A number ends with a digit (or a point) and a duration with a unit, so most need not be tried as both.
    if !text.ends_with(char::is_alphabetic)
        && let Ok(seconds) = text.parse::<f64>()
    {
        return plausible(seconds);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (value, after) = rest.split_at_checked(number)?;
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit)?;
        seconds += value.parse::<f64>().ok()? * scale(unit)?;
        rest = after;
    }
    if text.is_empty() { None } else { plausible(seconds) }
}

/// `None` for what no one can wait.
pub(super) fn plausible(seconds: f64) -> Option<Duration> {
    if seconds < LONGEST { Duration::try_from_secs_f64(seconds).ok() } else { None }
}

fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "d" => 86_400.0,
        "h" => 3600.0,
        "m" => 60.0,
        "s" => 1.0,
        "ms" => 1e-3,
        // Go writes the micro sign; some servers write a u.
        "us" | "µs" | "μs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    })
}
