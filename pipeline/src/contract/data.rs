//! One data file of an archive: its layer, its columns, its rows, its polygons.

use std::path::PathBuf;

use kernels::coverage::{DefectKind, Limits, check};
use kernels::lattice::Polygon;
use nomenclature::Dimension;
use rustc_hash::FxHashSet;

use super::columns::{self, Found};
use super::name::ArchiveName;
use super::{Finding, Question, keys};
use crate::error::Error;
use crate::io::schema::{self, Names};
use crate::io::srs;
use crate::io::vector::{Feature, Value, VectorSource, table_names};
use crate::validator::bbox;
use crate::vintage::key as read;
use crate::vintage::locate::Product;
use crate::vintage::open::refuse_unfinished;

/// Most ids named when two layers do not share them.
const SHOWN_MAX: usize = 1_000;

/// A data file to examine.
pub(super) struct File<'a> {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path within the archive.
    pub(super) name: &'a str,
    /// What the platform takes it for.
    pub(super) product: Option<Product>,
    /// What the name of the archive says.
    pub(super) says: Option<&'a ArchiveName>,
    /// What it is held against.
    pub(super) question: &'a Question,
}

/// What a data file is.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// EPSG code of its CRS.
    pub(super) epsg: Option<u32>,
    /// Its year, for a layer of one vintage.
    pub(super) year: Option<u16>,
    /// The ids of its features, where they are those of a vintage.
    pub(super) ids: Option<Ids>,
    /// The rules that it breaks.
    pub(super) findings: Vec<Finding>,
}

/// The ids of a layer.
#[derive(Debug, Default)]
pub struct Ids(FxHashSet<Box<str>>);

impl Ids {
    /// Those that another layer lacks, sorted; at most a thousand.
    pub fn without(&self, other: &Self) -> Vec<String> {
        let lacking = self.0.iter().filter(|id| !other.0.contains(*id));
        let mut lacking: Vec<String> = lacking.map(ToString::to_string).collect();
        lacking.sort_unstable();
        lacking.truncate(SHOWN_MAX);
        lacking
    }
}

/// Examines a file.
///
/// # Errors
/// [`Error::Internal`] or [`Error::Resources`] when the machine fails; what is wrong with the file is
/// a finding.
pub(super) fn examine(file: &File<'_>) -> Result<Read, Error> {
    let mut layer = Layer { file, read: Read::default() };
    match layer.open() {
        Ok(Some(source)) => match layer.rows(&source) {
            Err(Error::Input(error)) => layer.fault(keys::FILE_UNREADABLE, None, error.to_string()),
            other => other?,
        },
        Ok(None) => {}
        Err(Error::Input(error)) => layer.fault(keys::FILE_UNREADABLE, None, error.to_string()),
        Err(error) => return Err(error),
    }
    Ok(layer.read)
}

/// A file under examination.
struct Layer<'a> {
    file: &'a File<'a>,
    read: Read,
}

/// A feature, as findings name it.
struct Identity {
    fid: i64,
    id: Option<Box<str>>,
}

/// What reading the rows of a layer gathers.
struct Rows {
    together: Together,
    identities: Vec<Identity>,
    polygons: Vec<Polygon>,
    /// Rank of the feature of each polygon.
    owners: Vec<u32>,
    ids: FxHashSet<Box<str>>,
}

impl Layer<'_> {
    fn fault(&mut self, key: &'static str, attribute: Option<&str>, got: String) {
        let finding = Finding { key, got, attribute: attribute.map(str::to_owned), ..self.blank() };
        self.read.findings.push(finding);
    }

    fn blank(&self) -> Finding {
        let product = self.file.product.map(Product::word);
        Finding { file: self.file.name.to_owned(), product, ..Finding::default() }
    }

    /// Opens the layer and judges what it says of itself; `None` when it cannot be judged further.
    fn open(&mut self) -> Result<Option<VectorSource>, Error> {
        let path = &self.file.path;
        refuse_unfinished(path)?;
        let layers = table_names(path)?;
        if layers.len() != 1 {
            self.fault(keys::LAYER_COUNT, None, format!("[{}]", layers.join(", ")));
        }
        let named = layers.iter().find(|name| Product::of_name(name) == self.file.product);
        let Some(layer) = named.or(layers.first()) else { return Ok(None) };
        let source = VectorSource::open(path, Some(layer))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !layer.chars().all(plain) || layer.starts_with(|c: char| c.is_ascii_digit()) {
            self.fault(keys::LAYER_NAME, None, layer.clone());
        }
        self.crs(&source);
        if source.info().n_features == 0 && self.is_whole() {
            self.fault(keys::LAYER_EMPTY, None, String::new());
        }
        Ok(Some(source))
    }

    /// The CRS that the data must be in, if it is known.
    fn wanted_epsg(&self) -> Option<u32> {
        let File { says, question, .. } = self.file;
        let named = || crate::config::Department::parse(&says.as_ref()?.department);
        let department = question.department.clone().or_else(named)?;
        Some(department.crs().0)
    }

    fn crs(&mut self, source: &VectorSource) {
        let info = source.info();
        self.read.epsg = info.epsg;
        match (info.epsg, self.wanted_epsg()) {
            (None, _) => self.fault(keys::CRS_MISSING, None, String::new()),
            (Some(got), Some(wanted)) if got != wanted => {
                let got = format!("EPSG:{got}, attendu : EPSG:{wanted}");
                self.fault(keys::CRS_OTHER, None, got);
            }
            _ => {}
        }
    }

    /// Whether the product covers its territory: changes and zones may be few, or none.
    fn is_whole(&self) -> bool {
        matches!(self.file.product, Some(Product::Occupation | Product::Artif))
    }

    fn is_shapefile(&self) -> bool {
        self.file.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("shp"))
    }

    /// The years of the layer: those of the archive, else those that its names tell.
    fn years(&self, source: &VectorSource) -> Vec<u16> {
        if let Some(says) = self.file.says {
            return says.years.clone();
        }
        let names = source.info().columns.iter().map(|column| column.name.as_str());
        let mut years = years_of(&source.info().name);
        years.extend(names.flat_map(years_of));
        years.sort_unstable();
        years.dedup();
        years
    }

    /// Holds the columns and every row against the contract.
    fn rows(&mut self, source: &VectorSource) -> Result<(), Error> {
        let found = self.columns(source);
        let indices: Vec<usize> = found.iter().map(|found| found.index).collect();
        let declared = source.info().epsg.filter(|&epsg| srs::is_in_metres(epsg));
        let epsg = self.wanted_epsg().or(declared).unwrap_or(2154);
        let mut rows = Rows {
            together: Together::of(&found),
            identities: Vec::new(),
            polygons: Vec::new(),
            owners: Vec::new(),
            ids: FxHashSet::default(),
        };
        // A layer without CRS is read as one in that of the department, or not at all.
        let source =
            VectorSource::open(source.path(), Some(&source.info().name))?.assume_epsg(epsg);
        for feature in source.features(&indices, epsg)? {
            self.row(&found, feature?, &mut rows);
        }
        self.polygons(&rows)?;
        let has_ids = found.iter().any(|found| found.field.name.eq_ignore_ascii_case("id"));
        self.read.ids = has_ids.then_some(Ids(rows.ids));
        Ok(())
    }

    /// The columns of the contract that are there; the names of layer and columns are judged.
    fn columns(&mut self, source: &VectorSource) -> Vec<Found> {
        let Some(product) = self.file.product.and_then(columns::product) else { return Vec::new() };
        let years = self.years(source);
        let is_pair = matches!(product, schema::Product::Diff | schema::Product::ZanEvol);
        let (prior, vintage) = match years[..] {
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => (0, 0),
        };
        if is_pair && prior == vintage {
            self.fault(keys::COLUMN_MISSING, Some("CS_AAAA"), String::new());
            return Vec::new();
        }
        self.read.year = (!is_pair && vintage != 0).then_some(vintage);
        let department = self.file.says.map(|says| says.department.clone());
        let epsg = self.wanted_epsg().unwrap_or(2154);
        let names =
            Names { department: department.clone().unwrap_or_default(), vintage, prior, epsg };
        let layer = product.layer(&names);
        let has_other_name = !source.info().name.eq_ignore_ascii_case(&layer.name);
        if !self.is_shapefile() && department.is_some() && has_other_name {
            let got = format!("{}, attendu : {}", source.info().name, layer.name);
            self.fault(keys::LAYER_OTHER, None, got);
        }
        let column = &source.info().geometry_column;
        if product == schema::Product::Artif
            && !column.is_empty()
            && column != layer.geometry_column
        {
            let got = format!("{column}, attendu : {}", layer.geometry_column);
            self.fault(keys::GEOMETRY_COLUMN, None, got);
        }
        let wanted = columns::wanted(product, &names, self.is_shapefile());
        let (found, faults) = columns::find(wanted, &source.info().columns);
        for (key, name, got) in faults {
            self.fault(key, Some(&name), got);
        }
        found
    }

    /// Judges a row and keeps its polygons.
    fn row(&mut self, found: &[Found], feature: Feature, rows: &mut Rows) {
        let Feature { fid, polygons, lines, points, values, issues } = feature;
        let is_id = |found: &Found| found.field.name.eq_ignore_ascii_case("id");
        let id = found.iter().position(is_id).and_then(|rank| values[rank].text());
        let place = polygons.first().and_then(|polygon| polygon.exterior.0.first()).copied();
        let blank = Finding {
            fid: Some(fid),
            feature_id: id.clone(),
            bbox: bbox(&polygons),
            place,
            ..self.blank()
        };
        let mut tell = |key: &'static str, attribute: Option<&str>, got: String| {
            let attribute = attribute.map(str::to_owned);
            self.read.findings.push(Finding { key, got, attribute, ..blank.clone() });
        };
        for issue in issues {
            // Rings that meet themselves are found again as polygons that do.
            if let Some(key) = keys::listed(issue.key) {
                tell(key, None, String::new());
            }
        }
        if polygons.is_empty() && !(lines.is_empty() && points.is_empty()) {
            tell(read::GEOMETRY_NOT_POLYGON, None, String::new());
        }
        for (found, value) in found.iter().zip(&values) {
            if let Some((key, got)) = judge(found, value, self.file, self.read.year) {
                tell(key, Some(&found.field.name), got);
            }
        }
        let area_m2: f64 = polygons.iter().map(Polygon::area_m2).sum();
        for (key, rank, got) in rows.together.judge(&values, area_m2) {
            tell(key, Some(&found[rank].field.name), got);
        }
        if id.as_deref().is_some_and(|id| !rows.ids.insert(id.into())) {
            tell(read::ID_DUPLICATE, Some("id"), String::new());
        }
        let owner = rows.identities.len() as u32;
        rows.identities.push(Identity { fid, id: id.map(String::into_boxed_str) });
        rows.owners.extend(polygons.iter().map(|_| owner));
        rows.polygons.extend(polygons);
    }

    /// Judges the polygons together: sound, unique, apart.
    fn polygons(&mut self, rows: &Rows) -> Result<(), Error> {
        let none = Limits { object_twice_area: 0, segment_length: 0 };
        for defect in check(&rows.polygons, None, none)? {
            let is_judged = matches!(
                defect.kind,
                DefectKind::Duplicate
                    | DefectKind::Overlap
                    | DefectKind::SelfIntersection
                    | DefectKind::InvalidRing
                    | DefectKind::HoleOutside
            );
            let Some(key) = keys::listed(defect.kind.key()).filter(|_| is_judged) else { continue };
            let owners = defect.polygons.iter().map(|&rank| rows.owners[rank as usize] as usize);
            let first = owners.clone().next().map(|owner| &rows.identities[owner]);
            let named = owners.map(|owner| {
                let Identity { fid, id } = &rows.identities[owner];
                id.as_deref().map_or_else(|| format!("fid {fid}"), str::to_owned)
            });
            let got = named.take(4).collect::<Vec<_>>().join(", ");
            let finding = Finding {
                key,
                got,
                fid: first.map(|identity| identity.fid),
                feature_id: first.and_then(|identity| identity.id.as_deref().map(str::to_owned)),
                place: Some(defect.place),
                ..self.blank()
            };
            self.read.findings.push(finding);
        }
        Ok(())
    }
}

/// What is wrong with a value of a column of the contract.
fn judge(
    found: &Found,
    value: &Value,
    file: &File<'_>,
    year: Option<u16>,
) -> Option<(&'static str, String)> {
    let role = found.role.as_str();
    let dimension = match role {
        "code_cs" | "cs" => Some(Dimension::Cover),
        "code_us" | "us" => Some(Dimension::Usage),
        _ => None,
    };
    let Some(text) = value.text() else {
        let key = match (dimension, role) {
            (Some(_), _) => read::CODE_NULL,
            (None, "id") => read::ID_MISSING,
            _ => keys::VALUE_NULL,
        };
        return (!found.field.is_nullable).then(|| (key, String::new()));
    };
    if let Some(dimension) = dimension {
        let nomenclature = &file.question.nomenclature;
        let class = nomenclature.find(dimension, &text);
        let is_leaf =
            class.and_then(|id| nomenclature.class(dimension, id)).map(|class| class.leaf);
        return match is_leaf {
            Some(true) => None,
            Some(false) => Some((read::CODE_NOT_LEAF, text)),
            None => Some((read::CODE_UNKNOWN, text)),
        };
    }
    let number = value.integer();
    let is_known = match role {
        "artif" => ["artif", "non artif"].contains(&text.as_str()),
        "ossature" | "crit_seuil" => matches!(number, Some(0 | 1)),
        "artificialisation" => matches!(number, Some(-1 | 1)),
        "millesime" => {
            let is_same = year.is_none_or(|year| number == Some(i64::from(year)));
            return (!is_same).then_some((keys::YEAR_OTHER, text));
        }
        _ => true,
    };
    (!is_known).then_some((keys::VALUE_UNKNOWN, text))
}

/// The columns whose values are judged together, by their ranks among those found.
struct Together {
    areas: Vec<usize>,
    statuses: Vec<usize>,
    directions: Vec<usize>,
    covers: Vec<usize>,
    usages: Vec<usize>,
}

impl Together {
    fn of(found: &[Found]) -> Self {
        let all = |roles: &[&str]| -> Vec<usize> {
            let ranks = found.iter().enumerate();
            let of = ranks.filter(|(_, found)| roles.contains(&found.role.as_str()));
            of.map(|(rank, _)| rank).collect()
        };
        Self {
            areas: all(&["aire", "surface"]),
            statuses: all(&["artif"]),
            directions: all(&["artificialisation"]),
            covers: all(&["cs"]),
            usages: all(&["us"]),
        }
    }

    /// What is wrong with a row: key, rank of the column, what is there.
    fn judge(&self, values: &[Value], area_m2: f64) -> Vec<(&'static str, usize, String)> {
        let mut faults = Vec::new();
        for &rank in &self.areas {
            // Attributes of older files are about 0.1 % below the planar area.
            let is_other = |w: &f64| (w - area_m2).abs() > (area_m2 / 100.0).max(1.0);
            if let Some(written) = values[rank].real().filter(is_other) {
                let got = format!("{written:.2}, surface du polygone : {area_m2:.2}");
                faults.push((keys::SURFACE_OTHER, rank, got));
            }
        }
        let text = |rank: usize| values[rank].text().unwrap_or_default();
        if let (&[before, after], &[direction]) = (&self.statuses[..], &self.directions[..]) {
            let expected = match (text(before).as_str(), text(after).as_str()) {
                ("non artif", "artif") => Some(1),
                ("artif", "non artif") => Some(-1),
                _ => None,
            };
            if expected.is_none() || values[direction].integer() != expected {
                let got = format!("{} -> {} : {}", text(before), text(after), text(direction));
                faults.push((keys::EVOLUTION_CONTRADICTION, direction, got));
            }
        }
        // The dates of a difference: its codes, where no status tells what changed.
        if let (&[before, after], &[us_before, us_after], []) =
            (&self.covers[..], &self.usages[..], &self.statuses[..])
            && text(before) == text(after)
            && text(us_before) == text(us_after)
        {
            let got = format!("{} {}", text(before), text(us_before));
            faults.push((keys::UNCHANGED, before, got));
        }
        faults
    }
}

/// The years in a name.
fn years_of(name: &str) -> Vec<u16> {
    let parts = name.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 4);
    parts.filter_map(|part| part.parse().ok()).filter(|year| (1900..2200).contains(year)).collect()
}
