//! Colours of classes, as legends print them.

use std::fmt;
use std::str::FromStr;

/// Red, green and blue, 0 to 255 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// The colour of a class that states none and inherits none: middle grey.
    pub const GREY: Self = Self([0x80, 0x80, 0x80]);
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The text is no colour of the form `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a colour of the form `#rrggbb`")]
pub struct NotAColour;

impl FromStr for Rgb {
    type Err = NotAColour;

    fn from_str(text: &str) -> Result<Self, NotAColour> {
        let digits = text.strip_prefix('#').ok_or(NotAColour)?;
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(NotAColour);
        }
        let bits = u32::from_str_radix(digits, 16).map_err(|_| NotAColour)?;
        Ok(Self([(bits >> 16) as u8, (bits >> 8) as u8, bits as u8]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_and_printed_the_same() {
        assert_eq!("#FF377a".parse(), Ok(Rgb([255, 55, 122])));
        assert_eq!(Rgb([255, 55, 122]).to_string(), "#ff377a");
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["ff377a", "#ff9", "#gg0000", "#ff377a0", "#é0000", ""] {
            assert_eq!(text.parse::<Rgb>(), Err(NotAColour), "{text}");
        }
    }
}
