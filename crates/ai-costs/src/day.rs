//! Days and time zones.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use laravel_ai_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day, `YYYY-MM-DD`.
///
/// ```
/// use std::time::SystemTime;
/// use ai_costs::Day;
///
/// assert_eq!(Day::of(SystemTime::UNIX_EPOCH).to_string(), "1970-01-01");
/// assert!("2026-02-29".parse::<Day>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day of a moment, in UTC. Moments that no calendar holds are put at its end.
    pub fn of(at: SystemTime) -> Self {
        Self(moment(at).to_zoned_datetime(TimeZone::UTC).date())
    }

    /// Its first moment, in UTC.
    pub fn begins(self) -> SystemTime {
        let begins = self.0.to_zoned_datetime(TimeZone::UTC).ok();
        // Only the ends of the calendar have no moment.
        let begins = begins.and_then(|begins| SystemTime::try_from(begins.timestamp()).ok());
        begins.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// The moment as a timestamp; the ends of the calendar stand for what is outside.
pub(crate) fn moment(at: SystemTime) -> Timestamp {
    let outside = || if at < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::try_from(at).unwrap_or_else(|_| outside())
}

impl FromStr for Day {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let form = text.len() == 10;
        text.parse().ok().filter(|_| form).map(Self).ok_or_else(|| {
            let message = format!("`{}` is no day: write it as YYYY-MM-DD", text.escape_debug());
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time zone by its IANA name, such as `Europe/Berlin`. The rules come with the library, so that a budget's day begins
/// at the same moment on every machine.
///
/// ```
/// use ai_costs::Zone;
///
/// assert_eq!("Europe/Berlin".parse::<Zone>()?.to_string(), "Europe/Berlin");
/// assert!("Europe/Atlantis".parse::<Zone>().is_err());
/// # Ok::<_, laravel_ai_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    pub(crate) fn rules(&self) -> TimeZone {
        self.0.clone()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        TimeZone::get(name).map(Self).map_err(|_| {
            let name = name.escape_debug();
            let message =
                format!("`{name}` is no time zone: write an IANA name, such as Europe/Berlin or UTC");
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

macro_rules! as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(|error: Error| serde::de::Error::custom(error.message()))
            }
        }
    };
}

as_text!(Day);
as_text!(Zone);
