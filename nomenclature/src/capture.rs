//! Capture rules: the smallest polygons and widths that a vintage may hold.

use serde::Deserialize;

use crate::builtin::pick;
use crate::class::{ClassId, Couple, Dimension};
use crate::crosswalk::Crosswalk;
use crate::error::{NomenclatureError, Problem};
use crate::findings::{Fault, Findings};
use crate::nomenclature::Nomenclature;
use crate::yaml;

const IDS: &[&str] = &["ocsge-2-0"];
const TEXTS: &[&str] = &[include_str!("../data/capture/ocsge-2-0.yaml")];

/// Minimum mapping units and widths of a product, with the classes that they are for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaptureRules {
    /// Version of the YAML form; 1.
    format: u32,
    /// Its id.
    pub id: String,
    /// Its full name.
    pub title: String,
    /// Where its figures come from.
    pub source: Vec<String>,
    /// The built-in nomenclature whose codes it names.
    pub nomenclature: String,
    /// Covers of the built class.
    pub built_covers: Vec<String>,
    /// Usages of roads and rail.
    pub network_usages: Vec<String>,
    /// Covers that count as roads and rail where no usage is known.
    pub network_covers: Vec<String>,
    /// Covers of water, which a building that is enlarged does not grow over.
    pub water_covers: Vec<String>,
    /// Usages of forestry.
    pub silvicultural_usages: Vec<String>,
    /// Smallest built polygon, m2.
    pub built_min_area_m2: f64,
    /// Smallest other polygon inside the zone construite, m2.
    pub zone_construite_min_area_m2: f64,
    /// Smallest other polygon outside it, m2.
    pub outside_min_area_m2: f64,
    /// Narrowest road or rail polygon, m.
    pub network_min_width_m: f64,
    /// Narrowest built polygon, m; 0 when only its area counts.
    pub built_min_width_m: f64,
    /// Narrowest polygon of silvicultural usage, m.
    pub silvicultural_min_width_m: f64,
    /// Narrowest other polygon, m.
    pub other_min_width_m: f64,
    /// Isolated buildings from this footprint on are kept, m2.
    pub isolated_built_from_m2: f64,
    /// Isolated buildings smaller than this are enlarged to it, m2.
    pub isolated_built_to_m2: f64,
}

impl CaptureRules {
    /// Capture rules that ship with the program: `ocsge-2-0`.
    ///
    /// # Errors
    /// [`NomenclatureError::UnknownBuiltin`], with the nearest id as hint.
    pub fn builtin(id: &str) -> Result<Self, NomenclatureError> {
        let text = pick("capture rules", id, IDS, TEXTS)?;
        Self::from_yaml(text).map_err(|problems| NomenclatureError::Invalid {
            kind: "capture rules",
            id: id.to_owned(),
            problems,
        })
    }

    /// The ids that [`CaptureRules::builtin`] knows.
    pub fn builtin_ids() -> &'static [&'static str] {
        IDS
    }

    /// Reads and checks capture rules.
    ///
    /// # Errors
    /// Every [`Problem`] found: unknown key, wrong type, unknown code, figure below 0.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        let rules: Self = yaml::from_str(text).map_err(|error| vec![error.into()])?;
        let mut findings = Findings::new(text);
        if rules.format != 1 {
            let got = rules.format.to_string();
            let fault = Fault::new("this form of document is not read").got(got).expected("`1`");
            findings.add(&["format"], fault);
        }
        rules.check_figures(&mut findings);
        rules.check_codes(&mut findings);
        if findings.is_empty() { Ok(rules) } else { Err(findings.sorted()) }
    }

    fn check_figures(&self, findings: &mut Findings<'_>) {
        let figures = [
            ("built_min_area_m2", self.built_min_area_m2),
            ("zone_construite_min_area_m2", self.zone_construite_min_area_m2),
            ("outside_min_area_m2", self.outside_min_area_m2),
            ("network_min_width_m", self.network_min_width_m),
            ("built_min_width_m", self.built_min_width_m),
            ("silvicultural_min_width_m", self.silvicultural_min_width_m),
            ("other_min_width_m", self.other_min_width_m),
            ("isolated_built_from_m2", self.isolated_built_from_m2),
            ("isolated_built_to_m2", self.isolated_built_to_m2),
        ];
        for (key, figure) in figures {
            if !(0.0..1e9).contains(&figure) {
                let got = figure.to_string();
                findings.add(&[key], Fault::new("out of range").got(got).expected("0 to 1e9"));
            }
        }
        if self.isolated_built_from_m2 > self.isolated_built_to_m2 {
            let fault = Fault::new("isolated buildings would shrink")
                .got(self.isolated_built_to_m2.to_string())
                .expected(format!("at least {}", self.isolated_built_from_m2));
            findings.add(&["isolated_built_to_m2"], fault);
        }
    }

    fn check_codes(&self, findings: &mut Findings<'_>) {
        let nomenclature = match Nomenclature::builtin(&self.nomenclature) {
            Ok(nomenclature) => nomenclature,
            Err(error) => {
                let mut fault = Fault::new(error.to_string());
                if let Some(hint) = error.hint() {
                    fault = fault.hint(hint);
                }
                findings.add(&["nomenclature"], fault);
                return;
            }
        };
        for (key, dimension, codes) in self.code_lists() {
            for (rank, code) in codes.iter().enumerate() {
                if let Err(error) = nomenclature.resolve(dimension, code) {
                    let mut fault = Fault::new(error.to_string());
                    if let Some(hint) = error.hint() {
                        fault = fault.hint(hint);
                    }
                    findings.add(&[key, &rank.to_string()], fault);
                }
            }
        }
    }

    fn code_lists(&self) -> [(&'static str, Dimension, &[String]); 5] {
        [
            ("built_covers", Dimension::Cover, &self.built_covers),
            ("network_usages", Dimension::Usage, &self.network_usages),
            ("network_covers", Dimension::Cover, &self.network_covers),
            ("water_covers", Dimension::Cover, &self.water_covers),
            ("silvicultural_usages", Dimension::Usage, &self.silvicultural_usages),
        ]
    }

    /// The units of every couple of a nomenclature.
    ///
    /// A class with a minimum unit of its own keeps it, inside and outside the zone construite.
    ///
    /// # Errors
    /// [`NomenclatureError::NoCrosswalk`] when the nomenclature does not nest in the one that the
    /// rules name.
    pub fn compile(&self, nomenclature: &Nomenclature) -> Result<CaptureUnits, NomenclatureError> {
        let own = Nomenclature::builtin(&self.nomenclature)?;
        let crosswalk = Crosswalk::between(nomenclature, &own)?;
        let [built, network, network_covers, water, silvicultural] =
            self.code_lists().map(|(_, dimension, codes)| {
                let wanted: Vec<ClassId> = codes
                    .iter()
                    .filter_map(|code| own.find(dimension, code))
                    .flat_map(|id| own.expand(dimension, id))
                    .collect();
                flags(nomenclature, dimension, |id| {
                    crosswalk.map(dimension, id).is_some_and(|id| wanted.contains(&id))
                })
            });
        let stated = [Dimension::Cover, Dimension::Usage].map(|dimension| {
            let classes = nomenclature.classes(dimension).iter().map(|class| class.min_area_m2);
            std::iter::once(None).chain(classes).collect()
        });
        let rules = self.clone();
        Ok(CaptureUnits { rules, built, network, network_covers, water, silvicultural, stated })
    }
}

/// One flag per id, nodata first.
fn flags(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    holds: impl Fn(ClassId) -> bool,
) -> Vec<bool> {
    let classes = nomenclature.iter(dimension).map(|(id, _)| holds(id));
    std::iter::once(false).chain(classes).collect()
}

/// Capture rules made ready for the couples of one nomenclature.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureUnits {
    rules: CaptureRules,
    built: Vec<bool>,
    network: Vec<bool>,
    network_covers: Vec<bool>,
    water: Vec<bool>,
    silvicultural: Vec<bool>,
    /// Minimum units that classes state themselves, by dimension and id.
    stated: [Vec<Option<f64>>; 2],
}

impl CaptureUnits {
    /// The rules that these units come from.
    pub fn rules(&self) -> &CaptureRules {
        &self.rules
    }

    /// Whether the cover is the built one.
    pub fn is_built(&self, cs: ClassId) -> bool {
        flag(&self.built, cs)
    }

    /// Whether the cover is water.
    pub fn is_water(&self, cs: ClassId) -> bool {
        flag(&self.water, cs)
    }

    /// Whether the usage is roads or rail.
    pub fn is_network(&self, us: ClassId) -> bool {
        flag(&self.network, us)
    }

    /// Whether a couple is roads or rail: by its usage, by its cover where no usage is known.
    pub fn is_network_couple(&self, couple: Couple) -> bool {
        let by_cover = couple.us.is_nodata() && flag(&self.network_covers, couple.cs);
        by_cover || self.is_network(couple.us)
    }

    /// Smallest polygon of a couple, m2; the smallest of what its cover and its usage state
    /// themselves, else that of the product.
    pub fn min_area_m2(&self, couple: Couple, in_zone_construite: bool) -> f64 {
        let stated =
            |rank: usize, id: ClassId| self.stated[rank].get(usize::from(id.0)).copied().flatten();
        let own = [stated(0, couple.cs), stated(1, couple.us)].into_iter().flatten();
        own.reduce(f64::min).unwrap_or(if self.is_built(couple.cs) {
            self.rules.built_min_area_m2
        } else if in_zone_construite {
            self.rules.zone_construite_min_area_m2
        } else {
            self.rules.outside_min_area_m2
        })
    }

    /// Smallest ground that can become a polygon of a couple, m2: the footprint of an isolated
    /// building that is enlarged, else the unit inside the zone construite.
    pub fn least_area_m2(&self, couple: Couple) -> f64 {
        let unit_m2 = self.min_area_m2(couple, true);
        if self.is_built(couple.cs) {
            unit_m2.min(self.rules.isolated_built_from_m2)
        } else {
            unit_m2
        }
    }

    /// Narrowest polygon of a couple, m; 0 when its width does not count.
    pub fn min_width_m(&self, couple: Couple) -> f64 {
        if self.is_built(couple.cs) {
            self.rules.built_min_width_m
        } else if self.is_network_couple(couple) {
            self.rules.network_min_width_m
        } else if flag(&self.silvicultural, couple.us) {
            self.rules.silvicultural_min_width_m
        } else {
            self.rules.other_min_width_m
        }
    }
}

fn flag(flags: &[bool], id: ClassId) -> bool {
    flags.get(usize::from(id.0)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
