//! Generated vintages, rewritten and compared by the command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{Couple, Dimension, Nomenclature};
use pipeline::cli;
use pipeline::config::Layer;
use pipeline::io::record::{Deliverable, OccupationRecord};
use pipeline::io::schema::Names;
use pipeline::io::vector::VectorSource;
use pipeline::tally::Tally;
use pipeline::vintage::Vintage;

pub(crate) const EPSG: u32 = 2154;

pub(crate) fn command(args: &[&str]) -> u8 {
    cli::main(std::iter::once("millesime").chain(args.iter().copied()).map(Into::into))
}

/// A generated territory with coarse imagery; the older vintage is of 2018, the newer of 2021.
pub(crate) struct Sample {
    pub(crate) dir: tempfile::TempDir,
}

impl Sample {
    /// A territory of 600 m.
    pub(crate) fn new(seed: u32) -> Self {
        Self::of(seed, 600)
    }

    pub(crate) fn of(seed: u32, size_m: u32) -> Self {
        Self::with_pixels(seed, size_m, "5")
    }

    /// A territory with pixels of this side, in metres.
    pub(crate) fn with_pixels(seed: u32, size_m: u32, cell_m: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [out, seed, size_m] =
            [dir.path().join("sample").display().to_string(), seed.to_string(), size_m.to_string()];
        let args =
            ["sample", "--size-m", &size_m, "--seed", &seed, "--cell-m", cell_m, "--out", &out];
        assert_eq!(command(&args), 0);
        Self { dir }
    }

    /// A path beside the sample.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn truth(&self, name: &str) -> PathBuf {
        self.path("sample/truth").join(name)
    }

    pub(crate) fn before(&self) -> PathBuf {
        self.truth("occupation_before.gpkg")
    }

    pub(crate) fn after(&self) -> PathBuf {
        self.truth("occupation_after.gpkg")
    }

    /// Compares two vintages into the folder `out` beside the sample.
    pub(crate) fn compare(&self, pair: (&Path, &Path), out: &str, more: &[&str]) -> PathBuf {
        let (code, out) = self.try_compare(pair, out, more);
        assert_eq!(code, 0);
        out
    }

    pub(crate) fn try_compare(
        &self,
        (before, after): (&Path, &Path),
        out: &str,
        more: &[&str],
    ) -> (u8, PathBuf) {
        let folder = self.path(out);
        let communes = self.path("sample/territories/communes.gpkg");
        let [before, after, communes, out] =
            [before, after, &communes, &folder].map(|path| path.to_str().unwrap());
        let mut args = vec!["compare", "--department", "11", "--before", before, "--after", after];
        args.extend(["--years", "2018,2021", "--territories", communes, "--out", out]);
        args.extend(more);
        (command(&args), folder)
    }
}

/// One feature of a published layer, by column.
pub(crate) type Row = BTreeMap<String, pipeline::io::vector::Value>;

/// The shapes of a layer and the columns asked for.
pub(crate) fn features(path: &Path, columns: &[&str]) -> Vec<(Polygon, Row)> {
    let source = VectorSource::open(path, None).unwrap();
    let ranks: Vec<usize> = columns.iter().map(|name| source.column(&[name]).unwrap()).collect();
    let row = |feature: pipeline::io::vector::Feature| {
        let values = columns.iter().map(|c| (*c).to_owned()).zip(feature.values).collect();
        (feature.polygons.into_iter().next().unwrap(), values)
    };
    source.features(&ranks, EPSG).unwrap().map(|feature| row(feature.unwrap())).collect()
}

/// Every change that `compare` published.
pub(crate) fn changes(out: &Path) -> Vec<(Polygon, Row)> {
    let columns = [
        "kind",
        "surface",
        "cs_2018",
        "us_2018",
        "cs_2021",
        "us_2021",
        "likeness",
        "code_or_2018",
        "code_or_2021",
    ];
    features(&out.join("changes_11_2018_2021.gpkg"), &columns)
}

pub(crate) fn text(row: &Row, key: &str) -> String {
    row[key].text().unwrap_or_default()
}

/// Area of the changes of each kind, in m2.
pub(crate) fn by_kind(out: &Path) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for (_, row) in changes(out) {
        *sums.entry(text(&row, "kind")).or_insert(0.0) += row["surface"].real().unwrap();
    }
    sums
}

/// A column of the department's row of `artif_departement.csv`.
pub(crate) fn figure(out: &Path, key: &str) -> String {
    let text = fs::read_to_string(out.join("indicators/artif_departement.csv")).unwrap();
    let mut lines = text.lines();
    let rank = lines.next().unwrap().split(',').position(|name| name == key).unwrap();
    lines.next().unwrap().split(',').nth(rank).unwrap().to_owned()
}

/// The codes of a polygon by its rank and its couple.
pub(crate) type Codes<'a> = &'a dyn Fn(usize, Couple) -> (String, String);

/// The codes of OCS GE 2.0 themselves.
pub(crate) fn as_they_are(_: usize, couple: Couple) -> (String, String) {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let code = |dimension, id| ocsge.code(dimension, id).to_owned();
    (code(Dimension::Cover, couple.cs), code(Dimension::Usage, couple.us))
}

/// Writes a vintage of OCS GE 2.0 again, under another year, with its corners and codes changed.
pub(crate) fn rewrite(
    (from, was): (&Path, u16),
    (to, year): (&Path, u16),
    place: &dyn Fn(Point) -> Point,
    codes: Codes<'_>,
) {
    let ocsge = Nomenclature::builtin("ocsge-2-0").unwrap();
    let layer = Layer { path: from.to_owned(), layer: None };
    let vintage = Vintage::read(&layer, was, EPSG, &ocsge, &Tally::default()).unwrap();
    let names = Names { department: "11".to_owned(), vintage: year, prior: year, epsg: EPSG };
    let mut file = Deliverable::<OccupationRecord>::create(to, &names, &[]).unwrap();
    let ring = |ring: &Ring| Ring(ring.0.iter().map(|&p| place(p)).collect());
    for (rank, polygon) in vintage.polygons.iter().enumerate() {
        let (code_cs, code_us) = codes(rank, vintage.couples[rank]);
        let record = OccupationRecord {
            id: vintage.objects[rank].id.clone(),
            code_cs,
            code_us,
            vintage: year,
            ..OccupationRecord::default()
        };
        let polygon = Polygon {
            exterior: ring(&polygon.exterior),
            holes: polygon.holes.iter().map(ring).collect(),
        };
        file.add(&polygon, &record).unwrap();
    }
    file.finish().unwrap();
}

/// A copy of the vintage of 2018 as one of 2021, moved by (dx, dy) centimetres.
pub(crate) fn moved(from: &Path, to: &Path, (dx, dy): (i32, i32)) {
    let place = |p: Point| Point::new(p.x + dx, p.y + dy);
    rewrite((from, 2018), (to, 2021), &place, &as_they_are);
}
