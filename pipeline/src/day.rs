//! Days of the calendar, as the histories of files have them.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day; later days are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    of_month: u8,
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

impl Day {
    /// Reads `2026-11-21`, `2026/11/21` or the French `21/11/2026`; what follows is a time of day.
    pub fn parse(text: &str) -> Option<Self> {
        let date = text.trim().split([' ', 'T']).next()?;
        let parts: Vec<&str> = date.split(['-', '/']).collect();
        let [first, month, last] = parts[..] else { return None };
        let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
        let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || ![year, month, day].into_iter().all(is_plain) {
            return None;
        }
        let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        ((1..=days_of(year, month)?).contains(&day)).then_some(Self { year, month, of_month: day })
    }

    /// The day that the machine's clock says, in universal time.
    pub fn today() -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs());
        Self::of_unix(seconds / 86_400)
    }

    /// The day that is so many days after 1 January 1970.
    fn of_unix(mut days: u64) -> Self {
        let mut year = 1970;
        let of_year = |year| 365 + u64::from(is_leap(year));
        while days >= of_year(year) {
            days -= of_year(year);
            year += 1;
        }
        let mut month = 1;
        while let Some(of_month) = days_of(year, month).filter(|&n| days >= u64::from(n)) {
            days -= u64::from(of_month);
            month += 1;
        }
        Self { year, month, of_month: days as u8 + 1 }
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days of a month; `None` for no month.
fn days_of(year: u16, month: u8) -> Option<u8> {
    Some(match month {
        2 => 28 + u8::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_people_and_machines_write_it() {
        for text in ["2024-02-29", "2024/02/29 10:15:00", "29/02/2024", "2024-02-29T10:15:00Z"] {
            assert_eq!(Day::parse(text).map(|day| day.to_string()), Some("2024-02-29".to_owned()));
        }
        for text in ["2023-02-29", "24-02-2", "29/13/2024", "soon", "", "2024-+2-03"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        for (days, text) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (20_778, "2026-11-21")]
        {
            assert_eq!(Day::of_unix(days).to_string(), text);
        }
    }
}
