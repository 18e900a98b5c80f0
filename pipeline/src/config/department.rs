//! French departments and the projected CRS that each one's OCS GE is delivered in.

use std::fmt;

use serde::Serialize;

/// A projected coordinate reference system, by its EPSG code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epsg(pub u32);

impl Serialize for Epsg {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Epsg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EPSG:{}", self.0)
    }
}

impl Epsg {
    /// Reads `EPSG:2154`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let (authority, code) = text.trim().split_once(':')?;
        let code = authority.eq_ignore_ascii_case("EPSG").then(|| code.parse().ok())??;
        Some(Self(code))
    }
}

/// A French department that has an OCS GE.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Department(String);

impl Department {
    /// Reads `11`, `2A` or `974`; `None` when there is no such department.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.trim().to_ascii_uppercase();
        let known = match code.as_str() {
            "2A" | "2B" | "971" | "972" | "973" | "974" | "976" => true,
            "20" => false,
            other if other.len() == 2 && !other.starts_with('+') => {
                other.parse().is_ok_and(|n: u8| (1..=95).contains(&n))
            }
            _ => false,
        };
        known.then_some(Self(code))
    }

    /// The code as INSEE writes it: `11`, `2A`, `974`.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The name of its folder, as in national archives: `D011`, `D02A`, `D974`.
    pub fn folder(&self) -> String {
        format!("D{:0>3}", self.0)
    }

    /// The CRS of its OCS GE (IGN's delivery specification).
    pub fn crs(&self) -> Epsg {
        Epsg(match self.0.as_str() {
            "971" | "972" => 5490,
            "973" => 2972,
            "974" => 2975,
            "976" => 4471,
            _ => 2154,
        })
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corsica_is_two_departments_and_overseas_codes_have_three_digits() {
        assert_eq!(Department::parse("2a").unwrap().folder(), "D02A");
        assert_eq!(Department::parse("20"), None);
        assert_eq!(Department::parse("975"), None);
        assert_eq!(Department::parse("00"), None);
        assert_eq!(Department::parse("96"), None);
        assert_eq!(Department::parse("+1"), None);
    }

    #[test]
    fn each_department_has_the_crs_of_its_delivery() {
        let crs = |code| Department::parse(code).unwrap().crs().to_string();
        assert_eq!(crs("11"), "EPSG:2154");
        assert_eq!(crs("972"), "EPSG:5490");
        assert_eq!(crs("973"), "EPSG:2972");
        assert_eq!(crs("974"), "EPSG:2975");
        assert_eq!(crs("976"), "EPSG:4471");
        assert_eq!(Epsg::parse("epsg:2154"), Some(Epsg(2154)));
        assert_eq!(Epsg::parse("2154"), None);
    }
}
