//! The settings as they are written.

use std::num::NonZeroU32;

use laravel_ai_core::Timeouts;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::duration::{Milliseconds, Seconds};
use super::{CircuitBreakerSettings, LoggingSettings, RateLimitSettings, RetrySettings, Settings};

/// Tables of settings, which are filled key by key from further out.
pub(crate) const GROUPS: [&str; 5] = ["timeouts", "retry", "rate_limiting", "circuit_breaker", "logging"];

/// Settings that can also stand at the top level, for all connections.
pub(crate) const SHARED: [&str; 9] = [
    "timeout",
    "timeouts",
    "retry",
    "retry_attempts",
    "retry_delay",
    "max_retry_delay",
    "rate_limiting",
    "circuit_breaker",
    "logging",
];

/// The keys of a connection that its driver never sees.
pub(crate) const RESERVED: [&str; 11] = [
    "driver",
    "default_model",
    "timeout",
    "timeouts",
    "retry",
    "retry_attempts",
    "retry_delay",
    "max_retry_delay",
    "rate_limiting",
    "circuit_breaker",
    "logging",
];

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    default_model: Option<String>,
    timeout: Option<Seconds>,
    timeouts: TimeoutKeys,
    retry: RetryKeys,
    retry_attempts: Option<NonZeroU32>,
    retry_delay: Option<Milliseconds>,
    max_retry_delay: Option<Milliseconds>,
    rate_limiting: RateLimitSettings,
    circuit_breaker: CircuitBreakerKeys,
    logging: LoggingSettings,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TimeoutKeys {
    connect: Option<Seconds>,
    first_content: Option<Seconds>,
    idle: Option<Seconds>,
    total: Option<Seconds>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RetryKeys {
    attempts: Option<NonZeroU32>,
    delay: Option<Seconds>,
    multiplier: Option<Multiplier>,
    max_delay: Option<Seconds>,
    jitter: Option<Part>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CircuitBreakerKeys {
    enabled: Option<bool>,
    failure_rate: Option<Rate>,
    minimum_calls: Option<NonZeroU32>,
    window: Option<Seconds>,
    cool_down: Option<Seconds>,
}

macro_rules! number {
    ($($name:ident: $words:literal, $fits:expr;)*) => {
        $(#[derive(Clone, Copy)]
        struct $name(f64);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = f64::deserialize(deserializer)?;
                let fits: fn(f64) -> bool = $fits;
                if fits(number) { Ok(Self(number)) } else { Err(D::Error::custom($words)) }
            }
        })*
    };
}

number! {
    Multiplier: "expected a number of at least 1", |number| number >= 1.0 && number.is_finite();
    Part: "expected a number from 0 to 1", |number| (0.0..=1.0).contains(&number);
    Rate: "expected a number above 0 and up to 1", |number| number > 0.0 && number <= 1.0;
}

impl From<Keys> for Settings {
    fn from(keys: Keys) -> Self {
        let seconds = |length: Option<Seconds>| length.map(|length| length.0);
        let milliseconds = |length: Option<Milliseconds>| length.map(|length| length.0);
        let mut timeouts = Timeouts::default();
        timeouts.connect = seconds(keys.timeouts.connect);
        timeouts.first_content = seconds(keys.timeouts.first_content);
        timeouts.idle = seconds(keys.timeouts.idle);
        timeouts.total = seconds(keys.timeouts.total);
        Self {
            default_model: keys.default_model,
            timeout: seconds(keys.timeout),
            timeouts,
            retry: RetrySettings {
                attempts: keys.retry.attempts.or(keys.retry_attempts),
                delay: seconds(keys.retry.delay).or(milliseconds(keys.retry_delay)),
                multiplier: keys.retry.multiplier.map(|number| number.0),
                max_delay: seconds(keys.retry.max_delay).or(milliseconds(keys.max_retry_delay)),
                jitter: keys.retry.jitter.map(|number| number.0),
            },
            rate_limiting: keys.rate_limiting,
            circuit_breaker: CircuitBreakerSettings {
                enabled: keys.circuit_breaker.enabled,
                failure_rate: keys.circuit_breaker.failure_rate.map(|number| number.0),
                minimum_calls: keys.circuit_breaker.minimum_calls,
                window: seconds(keys.circuit_breaker.window),
                cool_down: seconds(keys.circuit_breaker.cool_down),
            },
            logging: keys.logging,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::de::value::Error as Told;
    use serde::de::{Deserializer, Error, Visitor};
    use serde::forward_to_deserialize_any;

    use super::*;

    /// Fails with the names of the fields that are asked for.
    struct Fields;

    impl<'de> Deserializer<'de> for Fields {
        type Error = Told;

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Told> {
            Err(Told::custom(fields.join(" ")))
        }

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Told> {
            Err(Told::custom("no struct"))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    fn fields<T: for<'de> Deserialize<'de>>(before: &str) -> Vec<String> {
        let told = T::deserialize(Fields).err().unwrap().to_string();
        told.split(' ').map(|field| format!("{before}{field}")).collect()
    }

    #[test]
    fn the_book_names_every_key_and_no_other() {
        let groups = [
            fields::<TimeoutKeys>("timeouts."),
            fields::<RetryKeys>("retry."),
            fields::<RateLimitSettings>("rate_limiting."),
            fields::<CircuitBreakerKeys>("circuit_breaker."),
            fields::<LoggingSettings>("logging."),
            fields::<Keys>("").into_iter().filter(|key| !GROUPS.contains(&key.as_str())).collect(),
            vec!["driver".to_owned()],
        ];
        let read: BTreeSet<String> = groups.concat().into_iter().collect();
        for key in RESERVED.iter().filter(|key| !GROUPS.contains(key)) {
            assert!(read.contains(*key), "{key}");
        }
        let page = include_str!("../../../../docs/guide/configuration.md");
        let (_, table) = page.split_once("| Key | Meaning | If not set |").unwrap();
        let (table, _) = table.split_once("\n\n").unwrap();
        let first = table.lines().skip(2).map(|row| row.split('|').nth(1).unwrap());
        let named: BTreeSet<String> =
            first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect();
        assert_eq!(named, read);
    }
}
