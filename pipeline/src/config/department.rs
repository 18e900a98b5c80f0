//! French departments and the projected CRS that each one's OCS GE is delivered in.

use std::fmt;

use serde::Serialize;

use crate::error::Error;

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

/// Regions by INSEE code: name and departments.
const REGIONS: [(&str, &str, &str); 18] = [
    ("01", "Guadeloupe", "971"),
    ("02", "Martinique", "972"),
    ("03", "Guyane", "973"),
    ("04", "La Réunion", "974"),
    ("06", "Mayotte", "976"),
    ("11", "Île-de-France", "75 77 78 91 92 93 94 95"),
    ("24", "Centre-Val de Loire", "18 28 36 37 41 45"),
    ("27", "Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
    ("28", "Normandie", "14 27 50 61 76"),
    ("32", "Hauts-de-France", "02 59 60 62 80"),
    ("44", "Grand Est", "08 10 51 52 54 55 57 67 68 88"),
    ("52", "Pays de la Loire", "44 49 53 72 85"),
    ("53", "Bretagne", "22 29 35 56"),
    ("75", "Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
    ("76", "Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    ("84", "Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
    ("93", "Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
    ("94", "Corse", "2A 2B"),
];

/// Name of a region by its INSEE code; `None` when there is no such region.
pub fn region_name(code: &str) -> Option<&'static str> {
    REGIONS.iter().find(|(region, ..)| *region == code).map(|(_, name, _)| *name)
}

/// A French department that has an OCS GE.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Department(String);

impl Department {
    /// [`Department::parse`] of what a command was given.
    ///
    /// # Errors
    /// [`Error::Usage`] when there is no such department.
    pub fn of_argument(code: &str) -> Result<Self, Error> {
        Self::parse(code).ok_or_else(|| Error::Usage {
            what: format!("`{code}` is no department"),
            hint: Some("01 to 95, 2A, 2B, 971 to 974 or 976".to_owned()),
        })
    }

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

    /// INSEE code of its region (law of 16 January 2015).
    pub fn region(&self) -> &'static str {
        let holds = |(_, _, departments): &&(&str, &str, &str)| {
            departments.split(' ').any(|department| department == self.0)
        };
        REGIONS.iter().find(holds).map_or("", |(region, ..)| region)
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
    fn every_department_lies_in_one_region() {
        let codes = (1..=95).map(|n| format!("{n:02}")).filter(|code| code != "20");
        let others = ["2A", "2B", "971", "972", "973", "974", "976"].map(str::to_owned);
        for code in codes.chain(others) {
            let times = REGIONS.iter().flat_map(|r| r.2.split(' ')).filter(|d| **d == code);
            assert_eq!(times.count(), 1, "{code}");
        }
        assert_eq!(Department::parse("11").unwrap().region(), "76");
        assert_eq!(Department::parse("2B").unwrap().region(), "94");
        assert_eq!((region_name("76"), region_name("77")), (Some("Occitanie"), None));
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
