//! For how long a limit holds.

use std::fmt;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, ToSpan, ZonedDateTime};
use laravel_ai_core::RunId;
use serde::{Deserialize, Serialize};

use crate::Zone;
use crate::day::moment;

/// For how long a limit holds before it starts again.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use ai_costs::{Period, Zone};
///
/// let window = Period::Day.window(SystemTime::UNIX_EPOCH, &Zone::UTC);
/// assert_eq!(window.end, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Period {
    /// One call of the application with all its steps and attempts, each for itself.
    Request,
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
    /// For ever.
    Total,
    /// The time before now, of this length.
    Rolling(Duration),
}

/// The time in which a limit holds. Without a start or an end it is open on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Window {
    /// The first moment in it.
    pub start: Option<SystemTime>,
    /// The first moment after it.
    pub end: Option<SystemTime>,
}

impl Period {
    /// The window in which a moment lies. Days begin at the midnight of the zone, or where that does not exist because
    /// clocks are put forward, at the first moment of the day.
    pub fn window(self, at: SystemTime, zone: &Zone) -> Window {
        let now = moment(at).to_zoned_datetime(zone.rules());
        let date = now.date();
        let days = |from: jiff::civil::Date, span: jiff::Span| {
            let midnight =
                |date: jiff::civil::Date| date.to_zoned_datetime(zone.rules()).ok().and_then(system);
            let end = from.checked_add(span).ok();
            Window { start: midnight(from), end: end.and_then(midnight) }
        };
        match self {
            Self::Day => days(date, 1.day()),
            Self::Week => {
                let since = i64::from(date.weekday().to_monday_zero_offset());
                days(date.checked_sub(since.days()).unwrap_or(date), 7.days())
            }
            Self::Month => days(date.first_of_month(), 1.month()),
            Self::Year => days(date.first_of_year(), 1.year()),
            Self::Rolling(length) => {
                let start =
                    SignedDuration::try_from(length).ok().and_then(|length| now.checked_sub(length).ok());
                Window { start: start.and_then(system), end: None }
            }
            Self::Request | Self::Total => Window::default(),
        }
    }

    /// What tells the accounts of a subject apart: the run where each call is for itself, else the window's start.
    pub(crate) fn key(self, window: Window, run: RunId) -> (Option<RunId>, Option<SystemTime>) {
        match self {
            Self::Request => (Some(run), None),
            Self::Rolling(_) => (None, None),
            _ => (None, window.start),
        }
    }
}

fn system(moment: ZonedDateTime) -> Option<SystemTime> {
    SystemTime::try_from(moment.timestamp()).ok()
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("request"),
            Self::Day => f.write_str("day"),
            Self::Week => f.write_str("week"),
            Self::Month => f.write_str("month"),
            Self::Year => f.write_str("year"),
            Self::Total => f.write_str("total"),
            Self::Rolling(length) => write!(f, "rolling {length:?}"),
        }
    }
}
