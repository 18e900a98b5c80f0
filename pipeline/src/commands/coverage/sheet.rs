//! A delivered layer as it is: polygons, codes and ids, and all that was wrong on the way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use kernels::lattice::{Point, Polygon};
use nomenclature::{ClassId, Couple, Dimension, Nomenclature};
use rustc_hash::FxHashSet;

use super::finding::{Drawing, Finding};
use crate::config::{Department, Layer};
use crate::error::{Error, InputError};
use crate::io::issue::key as io;
use crate::io::srs;
use crate::io::vector::{Feature, Value, VectorSource};
use crate::tally::Tally;
use crate::vintage::codes::is_undetermined;
use crate::vintage::key;
use crate::vintage::layout::Layout;
use crate::vintage::locate::{Product, locate};
use crate::vintage::open::{Crs, Opening};

/// What a feature is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its number in the file.
    pub(super) fid: i64,
    /// Its id, when it has one.
    pub(super) id: Option<Box<str>>,
}

/// All polygons of a layer, in the order of the file; parts of a multipolygon are polygons.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The file.
    pub(super) path: PathBuf,
    /// The layer.
    pub(super) layer: String,
    /// EPSG code of its CRS.
    pub(super) epsg: u32,
    /// What it is a delivery of, by the names of file and layer.
    pub(super) product: Option<Product>,
    /// Which columns hold what.
    pub(super) layout: Layout,
    /// The names of its columns.
    pub(super) columns: Vec<String>,
    /// The shapes.
    pub(super) polygons: Vec<Polygon>,
    /// Rank of the feature of each polygon, in increasing order.
    pub(super) owners: Vec<u32>,
    /// Number of the codes of each polygon, all dates and the skeleton together; 0 when one is
    /// empty or there are none.
    pub(super) keys: Vec<u16>,
    /// The couple of each polygon; nodata without a nomenclature, or in a layer of two dates.
    pub(super) couples: Vec<Couple>,
    /// The features.
    pub(super) features: Vec<Identity>,
    /// What was wrong with the features.
    pub(super) findings: Vec<Finding>,
}

impl Sheet {
    /// Reads a layer of any product in its own CRS, and gives it back open.
    ///
    /// * `assumed`: whose CRS a layer has that declares none.
    /// * `nomenclature`: whose codes it carries; without one, codes are only told from each other.
    ///
    /// # Errors
    /// The file cannot be found or read, or has no CRS, or one that is not in metres; a layer that
    /// should cover its territory is empty.
    pub(super) fn read(
        layer: &Layer,
        assumed: Option<&Department>,
        nomenclature: Option<&Nomenclature>,
    ) -> Result<(Self, VectorSource), Error> {
        let (source, epsg, is_assumed) = open(layer, assumed)?;
        let layout = Layout::of(&source);
        let stem = source.path().file_stem().unwrap_or_default().to_string_lossy();
        let product = Product::of_name(&stem).or_else(|| Product::of_name(&source.info().name));
        let mut sheet = Self {
            path: source.path().to_path_buf(),
            layer: source.info().name.clone(),
            epsg,
            product,
            layout,
            columns: source.info().columns.iter().map(|column| column.name.clone()).collect(),
            polygons: Vec::new(),
            owners: Vec::new(),
            keys: Vec::new(),
            couples: Vec::new(),
            features: Vec::new(),
            findings: Vec::new(),
        };
        if is_assumed {
            sheet.find(key::CRS_ASSUMED, None, None);
            sheet.findings[0].features.clear();
        }
        let codes = sheet.layout.codes.iter().map(|(_, column)| *column);
        let others = sheet.layout.id.into_iter().chain(sheet.layout.ossature);
        let columns: Vec<usize> = codes.chain(others).collect();
        let numbers = BTreeMap::new();
        let mut reader = Reader { nomenclature, numbers, seen: FxHashSet::default() };
        for feature in source.features(&columns, epsg)? {
            reader.add(&mut sheet, feature?)?;
        }
        if sheet.features.is_empty() && sheet.is_whole() {
            return Err(InputError::new(&sheet.path, "this layer holds no feature")
                .layer(&sheet.layer)
                .expected("the polygons of a territory")
                .hint("only a map of changes may be empty: was this file written to its end?")
                .into());
        }
        Ok((sheet, source))
    }

    /// Whether it should cover its territory without a gap: a vintage does, changes and zones of
    /// their nature do not.
    pub(super) fn is_whole(&self) -> bool {
        match self.product {
            Some(Product::Difference | Product::Evolution | Product::BuiltZone) => false,
            _ => self.layout.codes.len() <= 2,
        }
    }

    /// The ranks of the polygons of a feature.
    pub(super) fn polygons_of(&self, feature: u32) -> Range<usize> {
        self.owners.partition_point(|&owner| owner < feature)
            ..self.owners.partition_point(|&owner| owner <= feature)
    }

    /// What a feature is called in messages.
    pub(super) fn name(&self, feature: u32) -> String {
        let identity = &self.features[feature as usize];
        identity.id.as_deref().map_or_else(|| format!("fid {}", identity.fid), str::to_owned)
    }

    /// Adds something that is wrong with the last feature.
    fn find(&mut self, key: &'static str, place: Option<Point>, column: Option<usize>) {
        let features = vec![self.features.len().saturating_sub(1) as u32];
        // A value or the parts are wrong with the whole object; the rest is wrong at a place.
        let is_whole = column.is_some() || key == io::GEOMETRY_MULTIPART;
        let drawing = if is_whole { Drawing::Feature } else { Drawing::Place };
        let (twice_area, value) = (0, None);
        self.findings.push(Finding { key, place, features, twice_area, column, value, drawing });
    }
}

/// Opens a layer; gives its CRS, and whether that is assumed.
fn open(layer: &Layer, assumed: Option<&Department>) -> Result<(VectorSource, u32, bool), Error> {
    let tally = Tally::default();
    let layer = locate(layer, Product::Any, &[], &tally)?;
    let source = VectorSource::open(&layer.path, layer.layer.as_deref())?;
    let info = source.info();
    let epsg = match (info.epsg, assumed) {
        (Some(epsg), _) => epsg,
        (None, Some(department)) => department.crs().0,
        (None, None) => {
            return Err(InputError::new(
                &layer.path,
                "the coordinate system of this layer is not known",
            )
            .layer(&info.name)
            .got(if info.has_crs { "one that is none of EPSG's" } else { "none" })
            .expected("a projected system of France, such as EPSG:2154")
            .hint("restore its .prj, or name the department whose system it is in: `--department`")
            .into());
        }
    };
    if !srs::is_in_metres(epsg) {
        return Err(InputError::new(
            &layer.path,
            "this layer is not in a projected system in metres",
        )
        .layer(&info.name)
        .got(format!("EPSG:{epsg}"))
        .expected("EPSG:2154, or the projected system of the department overseas")
        .hint("reproject it: `ogr2ogr -t_srs EPSG:2154 OUT IN`")
        .into());
    }
    let is_assumed = info.epsg.is_none();
    let opening = Opening { product: Product::Any, years: &[], epsg, crs: Crs::Any };
    Ok((opening.open(&layer, &tally)?, epsg, is_assumed))
}

/// What reading remembers from one feature to the next.
struct Reader<'a> {
    nomenclature: Option<&'a Nomenclature>,
    /// The number of each combination of codes, from 1.
    numbers: BTreeMap<Vec<String>, u16>,
    /// The ids met.
    seen: FxHashSet<Box<str>>,
}

impl Reader<'_> {
    fn add(&mut self, sheet: &mut Sheet, feature: Feature) -> Result<(), Error> {
        let Feature { fid, polygons, lines, points, values, issues } = feature;
        let place = polygons.first().and_then(|p| p.exterior.0.first()).copied();
        let n_codes = sheet.layout.codes.len();
        let (codes, others) = values.split_at(n_codes);
        let mut others = others.iter();
        let id = sheet.layout.id.and_then(|_| others.next()).and_then(Value::text);
        let ossature = sheet.layout.ossature.and_then(|_| others.next()).and_then(Value::text);
        sheet.features.push(Identity { fid, id: id.map(String::into_boxed_str) });
        self.judge_id(sheet, place);
        for issue in issues {
            // Rings that meet themselves are found again as polygons that do.
            if issue.key != io::RING_SELF_INTERSECTION && issue.key != io::RING_SELF_TOUCH {
                sheet.find(issue.key, issue.place.or(place), None);
            }
        }
        if polygons.is_empty() && !(lines.is_empty() && points.is_empty()) {
            let place = points.first().or_else(|| lines.first()?.first()).copied();
            sheet.find(key::GEOMETRY_NOT_POLYGON, place, None);
        }
        let couple = self.couple(sheet, codes, place);
        let number = self.number(sheet, codes, ossature)?;
        let owner = sheet.features.len() as u32 - 1;
        for polygon in polygons {
            sheet.polygons.push(polygon);
            sheet.owners.push(owner);
            sheet.keys.push(number);
            sheet.couples.push(couple);
        }
        Ok(())
    }

    /// Finds the id of the last feature missing, or given before.
    fn judge_id(&mut self, sheet: &mut Sheet, place: Option<Point>) {
        let column = sheet.layout.id;
        if column.is_none() {
            return;
        }
        let id = sheet.features.last().and_then(|feature| feature.id.clone());
        match id {
            None => sheet.find(key::ID_MISSING, place, column),
            Some(id) => {
                if !self.seen.insert(id) {
                    sheet.find(key::ID_DUPLICATE, place, column);
                }
            }
        }
    }

    /// The couple of a feature of one date; finds the codes that are no leaves.
    fn couple(&self, sheet: &mut Sheet, codes: &[Value], place: Option<Point>) -> Couple {
        let has_couple = sheet.layout.has_couple();
        let mut couple = Couple::NODATA;
        for (rank, value) in codes.iter().enumerate() {
            let (dimension, column) = sheet.layout.codes[rank];
            let class = match value.text() {
                None => Err(key::CODE_NULL),
                Some(code) => {
                    self.nomenclature.map_or(Ok(ClassId::NODATA), |n| leaf(n, dimension, &code))
                }
            };
            match class {
                Err(key) => {
                    sheet.find(key, place, Some(column));
                    if let Some(finding) = sheet.findings.last_mut() {
                        finding.value = value.text().map(String::into_boxed_str);
                    }
                }
                Ok(class) if has_couple && dimension == Dimension::Cover => couple.cs = class,
                Ok(class) if has_couple => couple.us = class,
                Ok(_) => {}
            }
        }
        couple
    }

    /// The number of a combination of codes; 0 when one is empty.
    fn number(
        &mut self,
        sheet: &Sheet,
        codes: &[Value],
        ossature: Option<String>,
    ) -> Result<u16, Error> {
        let texts: Option<Vec<String>> = codes.iter().map(Value::text).collect();
        let Some(mut texts) = texts.filter(|texts| !texts.is_empty()) else { return Ok(0) };
        texts.push(ossature.unwrap_or_default());
        if let Some(&number) = self.numbers.get(&texts) {
            return Ok(number);
        }
        let number = u16::try_from(self.numbers.len() + 1).map_err(|_| {
            InputError::new(&sheet.path, "too many different combinations of codes")
                .layer(&sheet.layer)
                .got(format!("more than {}", u16::MAX))
                .expected("codes of a nomenclature")
                .hint("is a column of codes really one of identifiers?")
        })?;
        self.numbers.insert(texts, number);
        Ok(number)
    }
}

/// The leaf that a code stands for, or the key of what is wrong with it.
fn leaf(
    nomenclature: &Nomenclature,
    dimension: Dimension,
    code: &str,
) -> Result<ClassId, &'static str> {
    let exact = nomenclature.find(dimension, code);
    let is_leaf = |id: &ClassId| nomenclature.class(dimension, *id).is_some_and(|class| class.leaf);
    let found = exact.filter(is_leaf).or_else(|| nomenclature.collapse(dimension, code));
    found.ok_or(match exact {
        Some(_) => key::CODE_NOT_LEAF,
        None if is_undetermined(code) => key::CODE_UNDETERMINED,
        None => key::CODE_UNKNOWN,
    })
}
