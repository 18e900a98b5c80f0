//! From the features of a layer to the polygons of a vintage.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kernels::lattice::{Point, Polygon};
use nomenclature::{Couple, Dimension};
use rustc_hash::FxHashMap;

use crate::config::Layer;
use crate::error::{Error, InputError};
use crate::io::vector::{Feature, Value, VectorSource};
use crate::tally::Tally;

use super::codes::{At, Codes};
use super::columns::Columns;
use super::locate::Product;
use super::open::{Crs, Opening, accept};
use super::{Object, Reading, Vintage, key};

/// Reads a vintage, shapes as the file has them; also tells which file it was.
pub(super) fn read(
    reading: &Reading<'_>,
    layer: &Layer,
    year: u16,
) -> Result<(Vintage, PathBuf), Error> {
    let Reading { epsg, tally, .. } = *reading;
    let opening = Opening { product: Product::Occupation, years: &[year], epsg, crs: Crs::Exact };
    let source = opening.open(layer, tally)?;
    let columns = Columns::of_vintage(&source, year)?;
    let mut vintage = Vintage { year, ..Vintage::default() };
    let mut reader = Reader {
        codes: Codes::new(reading.nomenclature, tally, &source),
        ids: Ids { tally, layer: source.info().name.clone(), seen: FxHashMap::default() },
        columns: &columns,
        years: BTreeMap::new(),
    };
    for feature in source.features(&columns.read, epsg)? {
        let feature = feature?;
        accept(&feature, &source, tally)?;
        reader.add(&mut vintage, feature);
    }
    if vintage.polygons.is_empty() {
        return Err(empty(&source, "this vintage holds no polygon").into());
    }
    check_years(&source, &reader.years, year, tally)?;
    reader.codes.finish(&source, &[Dimension::Cover, Dimension::Usage])?;
    Ok((vintage, source.path().to_path_buf()))
}

/// The fault of a layer without a polygon.
pub(super) fn empty(source: &VectorSource, what: &str) -> InputError {
    InputError::new(source.path(), what)
        .layer(&source.info().name)
        .got(format!("{} features", source.info().n_features))
        .expected("at least one polygon")
        .hint("name the layer with `layer:` if the file has another one, or copy the file again")
}

struct Reader<'a> {
    codes: Codes<'a>,
    ids: Ids<'a>,
    columns: &'a Columns,
    /// How many features state each year, and the first of them.
    years: BTreeMap<u16, (u64, i64)>,
}

impl Reader<'_> {
    fn add(&mut self, vintage: &mut Vintage, feature: Feature) {
        let at = At { place: place_of(&feature.polygons), fid: feature.fid };
        let columns = self.columns;
        let couple = Couple {
            cs: self.codes.class(Dimension::Cover, &feature.values[columns.cs], at),
            us: self.codes.class(Dimension::Usage, &feature.values[columns.us], at),
        };
        let value = |column: Option<usize>| column.map(|i| &feature.values[i]);
        let text = |column| value(column).and_then(Value::text);
        if let Some(year) = text(columns.year).as_deref().and_then(year_of) {
            self.years.entry(year).or_insert((0, feature.fid)).0 += 1;
        }
        let id = self.ids.unique(text(columns.id), at);
        for part in 0..feature.polygons.len() {
            vintage.objects.push(Object {
                id: if part == 0 { id.clone() } else { format!("{id}#{}", part + 1) },
                ossature: value(columns.ossature).and_then(Value::integer) == Some(1),
                source: text(columns.source).unwrap_or_default(),
                code_or: text(columns.code_or).unwrap_or_default(),
                id_origine: text(columns.id_origine).unwrap_or_default(),
            });
            vintage.couples.push(couple);
        }
        vintage.polygons.extend(feature.polygons);
    }
}

/// Makes ids unique.
pub(super) struct Ids<'a> {
    pub(super) tally: &'a Tally,
    pub(super) layer: String,
    /// How many times each id was met.
    pub(super) seen: FxHashMap<String, u32>,
}

impl Ids<'_> {
    /// A unique id: the file's, with a suffix from the second time on.
    pub(super) fn unique(&mut self, id: Option<String>, at: At) -> String {
        let id = id.unwrap_or_else(|| {
            let note = format!("{}, feature {}", self.layer, at.fid);
            self.tally.count_at(key::ID_MISSING, at.place, 0, note);
            format!("fid{}", at.fid)
        });
        let times = self.seen.entry(id.clone()).or_default();
        *times += 1;
        if *times == 1 {
            return id;
        }
        let note = format!("{}, `{id}`, feature {}", self.layer, at.fid);
        self.tally.count_at(key::ID_DUPLICATE, at.place, 0, note);
        format!("{id}~{times}")
    }
}

/// The year that a text such as `2018`, `2018-01-01` or `2018.0` starts with.
pub(super) fn year_of(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    let is_alone = !text[4..].starts_with(|c: char| c.is_ascii_digit());
    digits.parse().ok().filter(|year| is_alone && (1900..2200).contains(year))
}

/// Refuses a vintage whose every dated feature is of another year; counts the odd ones.
pub(super) fn check_years(
    source: &VectorSource,
    years: &BTreeMap<u16, (u64, i64)>,
    wanted: u16,
    tally: &Tally,
) -> Result<(), Error> {
    let most = years.iter().max_by_key(|(year, (n, _))| (*n, **year));
    if let (false, Some((year, (n, fid)))) = (years.contains_key(&wanted), most) {
        return Err(InputError::new(source.path(), "this vintage is of another year")
            .layer(&source.info().name)
            .feature(fid)
            .got(format!("`millesime` {year} on {n} features"))
            .expected(format!("{wanted}, the year given"))
            .hint("give the year of the file, or the file of the year: are the two swapped?")
            .into());
    }
    let others = years.iter().filter(|(year, _)| **year != wanted);
    (0..others.map(|(_, (n, _))| n).sum()).for_each(|_| tally.count(key::YEAR_OTHER));
    Ok(())
}

/// A corner that stands for a feature; the origin when it has no polygon.
pub(super) fn place_of(polygons: &[Polygon]) -> Point {
    polygons.first().and_then(|p| p.exterior.0.first()).copied().unwrap_or_default()
}
