//! Where a department lies: its CRS and a plausible place for a territory.

use kernels::lattice::Point;

/// A department's CRS and the place of the territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Department code, of two or three characters.
    pub department: String,
    /// EPSG code of the CRS.
    pub epsg: u32,
    /// South-west corner of the territory on the lattice.
    pub anchor: Point,
    /// Name of the projection in file names.
    pub projection: &'static str,
}

/// Departments with a place of their own: code, easting and northing in metres.
const PLACES: [(&str, i32, i32); 15] = [
    ("09", 590_000, 6_210_000),
    ("11", 650_000, 6_230_000),
    ("12", 660_000, 6_360_000),
    ("30", 800_000, 6_320_000),
    ("31", 575_000, 6_270_000),
    ("32", 505_000, 6_285_000),
    ("34", 740_000, 6_275_000),
    ("46", 590_000, 6_390_000),
    ("48", 735_000, 6_380_000),
    ("65", 460_000, 6_230_000),
    ("66", 680_000, 6_175_000),
    ("81", 640_000, 6_300_000),
    ("82", 570_000, 6_325_000),
    ("2A", 1_190_000, 6_110_000),
    ("2B", 1_215_000, 6_160_000),
];

/// Departments overseas: code, EPSG code of the CRS, easting and northing in metres, projection.
const OVERSEAS: [(&str, u32, i32, i32, &str); 5] = [
    ("971", 5490, 650_000, 1_790_000, "RGAF09UTM20"),
    ("972", 5490, 710_000, 1_620_000, "RGAF09UTM20"),
    ("973", 2972, 340_000, 545_000, "UTM22RGFG95"),
    ("974", 2975, 340_000, 7_660_000, "RGR92UTM40S"),
    ("976", 4471, 515_000, 8_585_000, "RGM04UTM38S"),
];

impl Site {
    /// The site of a department, or `None` when there is no such department.
    ///
    /// Metropolitan departments without a place of their own share one in the middle of France.
    pub fn of(department: &str) -> Option<Self> {
        let metres = |x: i32, y: i32| Point::new(x * 100, y * 100);
        if let Some(&(_, epsg, x, y, projection)) = OVERSEAS.iter().find(|o| o.0 == department) {
            let department = department.to_owned();
            return Some(Self { department, epsg, anchor: metres(x, y), projection });
        }
        let known = PLACES.iter().find(|p| p.0 == department);
        let is_metropolitan = department.len() == 2
            && department.parse::<u8>().is_ok_and(|n| (1..=95).contains(&n) && n != 20);
        let (x, y) = match known {
            Some(&(_, x, y)) => (x, y),
            None if is_metropolitan => (650_000, 6_640_000),
            None => return None,
        };
        let department = department.to_owned();
        Some(Self { department, epsg: 2154, anchor: metres(x, y), projection: "LA93" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_lies_in_the_crs_of_the_capture_rules() {
        let epsg = |code: &str| Site::of(code).map(|s| s.epsg);
        assert_eq!(epsg("11"), Some(2154));
        assert_eq!(epsg("2A"), Some(2154));
        assert_eq!(epsg("972"), Some(5490));
        assert_eq!(epsg("976"), Some(4471));
        assert_eq!(["20", "96", "975", "1", ""].map(epsg), [None; 5]);
    }
}
