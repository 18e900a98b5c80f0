//! What the name of an archive says: `OCS-GE_2-0__GPKG_LAMB93_D034_2021-01-01`.

use crate::config::Department;

/// What an archive is about, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The land cover of a vintage.
    Vintage,
    /// Its artificialisation.
    Artif,
    /// What changed between two vintages.
    Difference,
    /// What became artificial, or ceased to be.
    Evolution,
    /// A corrective patch of a vintage.
    Patch,
}

/// The parts of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveName {
    /// What it is about.
    pub subject: Subject,
    /// The department's code, two or three characters.
    pub department: String,
    /// The years of the vintages, oldest first.
    pub years: Vec<u16>,
}

impl ArchiveName {
    /// Reads a name without extension, IGN's slips included (`D0971`, `2025-11_04`, years in the
    /// wrong order); `None` when it has another form.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('_');
        let (product, _version, middle) = (parts.next()?, parts.next()?, parts.next()?);
        let rest: Vec<&str> = parts.collect();
        let department = rest.iter().find_map(|part| department(part))?;
        let is_artif = product.ends_with("ARTIFICIALISATION");
        if let Some(years) = middle.strip_prefix("DIFF-").or_else(|| middle.strip_prefix("DIIF-")) {
            let years: Option<Vec<u16>> = years.split('-').map(year).collect();
            let mut years = years.filter(|years| years.len() == 2)?;
            years.sort_unstable();
            let subject = if is_artif { Subject::Evolution } else { Subject::Difference };
            return Some(Self { subject, department, years });
        }
        let subject = match middle {
            "" if is_artif => Subject::Artif,
            "" => Subject::Vintage,
            "ARTIFICIALISATION" => Subject::Artif,
            "PATCHCORRECTIF" => Subject::Patch,
            _ => return None,
        };
        // The date is what follows the department.
        let dated = rest.iter().rev().find_map(|part| year(part.split('-').next()?))?;
        Some(Self { subject, department, years: vec![dated] })
    }
}

/// `D034` or the slip `D0971`, as INSEE writes it: `34`, `971`.
fn department(part: &str) -> Option<String> {
    let code = part.strip_prefix('D')?;
    let short = if code.len() >= 3 { code.strip_prefix('0').unwrap_or(code) } else { code };
    Department::parse(short).map(|department| department.code().to_owned())
}

fn year(text: &str) -> Option<u16> {
    text.parse().ok().filter(|year| (1900..2200).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_archives_are_read_with_their_slips() {
        let of = |name: &str| {
            let ArchiveName { subject, department, years } = ArchiveName::parse(name)?;
            Some((subject, department, years))
        };
        let told = |subject, department: &str, years: &[u16]| {
            Some((subject, department.to_owned(), years.to_vec()))
        };
        for (name, expected) in [
            ("OCS-GE_2-0__GPKG_LAMB93_D034_2021-01-01", told(Subject::Vintage, "34", &[2021])),
            (
                "OCS-GE_2-0_DIFF-2020-2023_GPKG_LAMB93_D007_2025-06-30",
                told(Subject::Difference, "07", &[2020, 2023]),
            ),
            (
                "OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D001_2018-01-01",
                told(Subject::Artif, "01", &[2018]),
            ),
            (
                "OCS-GE-ARTIFICIALISATION_2-0_DIFF-2021-2018_GPKG_LAMB93_D001_2025-09-16",
                told(Subject::Evolution, "01", &[2018, 2021]),
            ),
            (
                "OCS-GE_2-0_PATCHCORRECTIF_GPKG_LAMB93_D022_2021-01-01",
                told(Subject::Patch, "22", &[2021]),
            ),
            (
                "OCS-GE_2-0__GPKG_RGAF09UTM20_D0971_2025-11_04",
                told(Subject::Vintage, "971", &[2025]),
            ),
            (
                "OCS-MILLESIME_2-0__SHP_LAMB93_D02A_2021-01-01",
                told(Subject::Vintage, "2A", &[2021]),
            ),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
        for name in ["archive", "OCS-GE_2-0__GPKG_LAMB93_D099_2021-01-01", "a_b_c_d", ""] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
