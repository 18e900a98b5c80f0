//! Figures as French readers read them, beside the exact string of the tables.

use serde::Serialize;

use kernels::lattice::TWICE_AREA_PER_M2;

use crate::tables::Cell;

/// Narrow no-break space, between groups of three digits.
const THIN: char = '\u{202f}';

/// A figure to print: `display` for people, `value` for machines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Figure {
    /// Rounded, French, with its unit.
    pub(crate) display: String,
    /// The string of the CSV; empty when there is nothing to print.
    pub(crate) value: String,
    /// `plus`, `minus` or `zero`, for colour; empty where it says nothing.
    pub(crate) sign: &'static str,
}

impl Figure {
    /// An area of the tables in hectares (square metres under 100 m2), or a share in percent.
    pub(super) fn of(cell: &Cell) -> Self {
        let display = match *cell {
            Cell::Area(twice_area) => area(twice_area),
            Cell::Share(..) => format!("{}{THIN}%", rounded(&cell.text(), 2)),
            Cell::AreaPerYear(twice_area, years) if years > 0 => {
                format!("{}/an", area(twice_area / i128::from(years)))
            }
            _ => cell.text(),
        };
        let number = cell.number().unwrap_or(0.0);
        let sign = if number > 0.0 {
            "plus"
        } else if number < 0.0 {
            "minus"
        } else {
            "zero"
        };
        let value = cell.text();
        let display = if value.is_empty() { "–".to_owned() } else { display };
        Self { display, value, sign }
    }
}

impl Figure {
    /// An estimate in percent, with one decimal: more than a sample can tell.
    pub(super) fn percent(cell: &Cell) -> Self {
        let figure = Self::of(cell);
        match figure.value.as_str() {
            "" => figure,
            value => Self { display: format!("{}{THIN}%", rounded(value, 1)), ..figure },
        }
    }

    /// The same figure in hectares without unit, for tables that state it once.
    pub(super) fn in_hectares(cell: &Cell) -> Self {
        let Cell::Area(twice_area) = *cell else { return Self::of(cell) };
        let display = match hectares(twice_area) {
            zero if twice_area != 0 && zero == "0,00" => "<\u{a0}0,01".to_owned(),
            display => display,
        };
        Self { display, ..Self::of(cell) }
    }
}

/// A doubled area for reading: hectares with two decimals, square metres under 100 m2.
pub(super) fn area(twice_area: i128) -> String {
    let m2 = Cell::Area(twice_area).text();
    if twice_area != 0 && twice_area.abs() < 100 * TWICE_AREA_PER_M2 {
        return format!("{}\u{a0}m²", rounded(&m2, 1));
    }
    format!("{}\u{a0}ha", hectares(twice_area))
}

/// Hectares with two decimals.
fn hectares(twice_area: i128) -> String {
    // A share of a million square metres, in percent, is a number of hectares.
    rounded(&Cell::Share(twice_area, TWICE_AREA_PER_M2 * 1_000_000).text(), 2)
}

/// A decimal string with fewer decimals (half away from zero), comma and groups of three.
fn rounded(text: &str, decimals: usize) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let kept: String = rest.chars().chain(std::iter::repeat('0')).take(decimals).collect();
    let up = rest.chars().nth(decimals).is_some_and(|d| d >= '5');
    let mut number: u128 = format!("{whole}{kept}").parse().unwrap_or(0);
    number += u128::from(up);
    let padded = format!("{number:0width$}", width = decimals + 1);
    let (whole, rest) = padded.split_at(padded.len() - decimals);
    let sign = if number == 0 { "" } else { sign };
    let comma = if decimals == 0 { "" } else { "," };
    // A true minus sign reads better than a hyphen.
    format!("{}{}{comma}{rest}", sign.replace('-', "\u{2212}"), grouped(whole))
}

/// A value of the tables as people read it, with its unit.
pub(crate) fn shown(cell: &Cell) -> String {
    Figure::of(cell).display
}

/// A decimal string as French readers read it: comma, groups of three, true minus sign.
pub(crate) fn decimal(text: &str) -> String {
    rounded(text, text.split_once('.').map_or(0, |(_, decimals)| decimals.len()))
}

/// A whole number with groups of three digits.
pub(super) fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(THIN);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_read_in_hectares_and_small_ones_in_square_metres() {
        let m2 = TWICE_AREA_PER_M2;
        assert_eq!(area(12_345_678_900 * m2), "1\u{202f}234\u{202f}567,89\u{a0}ha");
        assert_eq!(area(-25_050 * m2), "\u{2212}2,51\u{a0}ha");
        assert_eq!(area(99 * m2 + m2 / 4), "99,3\u{a0}m²");
        assert_eq!(area(0), "0,00\u{a0}ha");
    }

    #[test]
    fn hectares_without_unit_never_hide_a_small_area() {
        let display = |twice_area| Figure::in_hectares(&Cell::Area(twice_area)).display;
        assert_eq!(display(0), "0,00");
        assert_eq!(display(49 * TWICE_AREA_PER_M2), "<\u{a0}0,01");
        assert_eq!(display(50 * TWICE_AREA_PER_M2), "0,01");
    }

    #[test]
    fn rounding_carries_and_never_prints_minus_zero() {
        assert_eq!(rounded("9.995", 2), "10,00");
        assert_eq!(rounded("-0.004", 2), "0,00");
        assert_eq!(rounded("1234", 0), "1\u{202f}234");
    }
}
