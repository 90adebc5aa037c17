//! Lengths of time as people write them.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A length of time above zero: a number of seconds, or text such as `30s`, `500ms`, `1.5m`.
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Duration);

/// The same with milliseconds as the unit of a bare number.
#[derive(Clone, Copy)]
pub(super) struct Milliseconds(pub(super) Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Length { unit: 1.0, name: "seconds" }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Length { unit: 0.001, name: "milliseconds" }).map(Self)
    }
}

struct Length {
    unit: f64,
    name: &'static str,
}

impl Length {
    fn of<E: Error>(&self, number: f64, unit: f64) -> Result<Duration, E> {
        // Microseconds are finer than any clock here, and take the noise of binary fractions away.
        let microseconds = (number * unit * 1e6).round();
        match Duration::try_from_secs_f64(microseconds / 1e6) {
            Ok(Duration::ZERO) | Err(_) => {
                Err(E::custom(format_args!("expected {}, above zero and finite", self.words())))
            }
            Ok(length) => Ok(length),
        }
    }

    fn words(&self) -> String {
        format!("a length of time: a number of {}, or text such as \"30s\" or \"500ms\"", self.name)
    }
}

impl Visitor<'_> for Length {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
        self.of(number, self.unit)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = match unit.trim() {
            "" => self.unit,
            "ms" => 0.001,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(E::custom(format_args!("expected {}", self.words()))),
        };
        match number.parse() {
            Ok(number) => self.of(number, unit),
            Err(_) => Err(E::custom(format_args!("expected {}", self.words()))),
        }
    }
}
