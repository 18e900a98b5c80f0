//! Figures as people read them: bytes, durations, counts.

use std::time::Duration;

/// Bytes in decimal units with one decimal: `3.2 GB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// Reads bytes as people write them: `500MB`, `4 GB`, `2GiB`, `1000000`.
///
/// # Errors
/// What was expected, when the text is something else.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 9] = [
        ("", 1.0),
        ("B", 1.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("TB", 1e12),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("TiB", 1_099_511_627_776.0),
    ];
    let expected = || "expected a number of bytes such as `500MB` or `4GiB`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let is_unit = |(name, _): &&(&str, f64)| unit.trim().eq_ignore_ascii_case(name);
    let (_, factor) = UNITS.iter().find(is_unit).ok_or_else(expected)?;
    let number: f64 = number.parse().map_err(|_| expected())?;
    Ok((number * factor) as u64)
}

/// Years, oldest first: `2018 -> 2021`.
pub fn arrows(years: &[u16]) -> String {
    let years: Vec<String> = years.iter().map(u16::to_string).collect();
    years.join(" -> ")
}

/// A share of one as a percentage of three digits: `12.5 %`, `0.0125 %`, `0 %`.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent == 0.0 {
        return "0 %".to_owned();
    }
    let digits = (2 - percent.abs().log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{percent:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

/// A duration with its two leading units: `1h12m`, `4m05s`, `3.2s`.
pub fn duration(time: Duration) -> String {
    let s = time.as_secs();
    match s {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        _ => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
    }
}

/// A count with thin groups of three digits: `21,235,814`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_unit_before_they_need_four_digits() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(bytes(31_000_000_000), "31.0 GB");
    }

    #[test]
    fn bytes_are_read_with_their_unit() {
        assert_eq!(parse_bytes("500MB"), Ok(500_000_000));
        assert_eq!(parse_bytes("1.5 gib"), Ok(1_610_612_736));
        assert_eq!(parse_bytes("12"), Ok(12));
        assert!(parse_bytes("4 apples").is_err() && parse_bytes("GB").is_err());
    }

    #[test]
    fn shares_keep_three_digits() {
        let shown = [0.0, 0.000_125, 0.1, 0.125, 0.998_76, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "0.0125 %", "10 %", "12.5 %", "99.9 %", "100 %"]);
    }

    #[test]
    fn durations_keep_two_units() {
        assert_eq!(duration(Duration::from_millis(3_200)), "3.2s");
        assert_eq!(duration(Duration::from_secs(245)), "4m05s");
        assert_eq!(duration(Duration::from_mins(72)), "1h12m");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(21_235_814), "21,235,814");
    }
}
