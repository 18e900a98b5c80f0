//! What the pages of a comparison show: the department's, and one of each commune, EPCI and SCoT.
//!
//! All of them are made from one arrangement and one set of tables: what a page says of a territory
//! is what the tables say, and the changes that it lists are cut at its limit.

use std::collections::BTreeMap;

use kernels::arrangement::{FaceId, interior_point};
use kernels::boxes::Boxes;
use kernels::change::ChangeKind;
use kernels::lattice::{Point, Polygon};
use nomenclature::{Couple, Dimension, Nomenclature};
use rayon::prelude::*;

use crate::comparison::Ground;
use crate::custom::Custom;
use crate::error::Error;
use crate::figures::{Figures, Norms, Step};
use crate::report::{self, Change, KindTally, Map, ReportData, Scene, Zone};
use crate::seen::Seen;
use crate::tables::gazetteer::{Gazetteer, Level};
use crate::territory::located::Located;

pub mod common;
mod glimpse;
mod maps;
pub mod ortho;
mod scene;

use ortho::Ortho;

/// The folder of the territories' pages, beside the department's.
pub const FOLDER: &str = "territoires";
/// The levels that have pages of their own.
const LEVELS: [Level; 3] = [Level::Scot, Level::Epci, Level::Commune];

/// What fits into a page.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Changes listed one by one.
    changes: usize,
    /// Bytes of pictures, three quarters of what they take in the page.
    picture_bytes: usize,
}

/// Keeps the page of the department under 5 MB.
const DEPARTMENT: Room = Room { changes: 100, picture_bytes: 2_500_000 };
/// Keeps the page of a territory under 1 MB, the library of its map among it.
const TERRITORY: Room = Room { changes: 40, picture_bytes: 450_000 };

/// The ground of a page.
#[derive(Clone, Copy, Default)]
struct Land<'a> {
    /// It; all of the newest vintage when absent.
    polygons: Option<&'a [Polygon]>,
    /// Ranks of its communes, ascending, where the page is about some.
    communes: &'a [u32],
    /// Its name, where it is no commune and no group of communes.
    place: Option<&'a str>,
}

/// A changed region, or what of it lies in a territory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    /// Rank of the step.
    step: usize,
    /// Rank among the changed regions of the step.
    piece: usize,
    /// Doubled area.
    twice_area: i128,
}

/// A territory that has a page.
struct Site {
    level: Level,
    code: String,
    name: String,
    /// Ranks of its communes.
    communes: Vec<u32>,
}

/// Everything that the pages of a comparison are drawn from.
pub struct Pages<'a> {
    ground: &'a Ground,
    figures: &'a Figures,
    norms: Norms<'a>,
    /// The pictures behind the maps, oldest first; there may be none.
    orthos: &'a [Ortho],
    /// What imagery says of each change of the last step; empty without imagery.
    seen: &'a [Seen],
    communes: Located<'a>,
    /// The boxes of the polygons of the newest vintage.
    boxes: Boxes,
    /// The changed ground of each commune, by its rank.
    shares: Vec<Vec<Share>>,
}

impl<'a> Pages<'a> {
    /// Finds which change lies in which commune.
    pub fn new(
        ground: &'a Ground,
        figures: &'a Figures,
        norms: Norms<'a>,
        (orthos, seen): (&'a [Ortho], &'a [Seen]),
    ) -> Self {
        let communes = &ground.territory.communes;
        let n_communes = communes.gazetteer.communes.len();
        let shares = shares(ground, figures, n_communes, |face| ground.commune(face));
        let newest = &ground.vintages[ground.vintages.len() - 1].polygons;
        let corners = newest.iter().map(|polygon| polygon.bounds().unwrap_or_default());
        let boxes = Boxes::new(corners);
        let communes = Located::new(communes);
        Self { ground, figures, norms, orthos, seen, communes, boxes, shares }
    }

    /// The changes, maps and links of the page of the department.
    ///
    /// # Errors
    /// A picture cannot be read or encoded.
    pub fn department(&self) -> Result<Shown, Error> {
        let all = self.figures.steps.iter().enumerate().flat_map(|(rank, step)| {
            step.changed.iter().enumerate().map(move |(piece, changed)| {
                let twice_area = changed.dissolved.polygon.twice_area();
                Share { step: rank, piece, twice_area }
            })
        });
        let mut shown = self.shown(&Land::default(), &all.collect::<Vec<_>>(), DEPARTMENT)?;
        shown.links = sites(&self.ground.territory.communes.gazetteer)
            .into_iter()
            .filter(|site| site.level != Level::Commune)
            .map(|site| (format!("{} : {}", site.level.title(), site.name), site.address()))
            .collect();
        Ok(shown)
    }

    /// Writes the page of every territory, then that of every place of the user's own layers.
    ///
    /// * `department`: the page of the department, whose tables and words they share.
    /// * `write`: takes the address beside the department's page, and the page.
    ///
    /// # Errors
    /// Those of `write`, and as [`report::render`].
    pub fn territories<T: Send>(
        &self,
        department: &ReportData<'_>,
        write: impl Fn(&str, &[u8]) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let sites = sites(&self.ground.territory.communes.gazetteer);
        let page = |site: &Site| {
            let page = report::render(&self.page(site, department)?)?;
            write(&site.address(), page.as_bytes())
        };
        let mut written: Vec<T> = sites.par_iter().map(page).collect::<Result<_, _>>()?;
        for (rank, custom) in self.ground.territory.customs.iter().enumerate() {
            let shares = self.shares_of_places(rank);
            let sheet = |place: usize| {
                let page = self.sheet((custom, place), &shares[place], department)?;
                write(&format!("{FOLDER}/{}", of_zone(custom, place)), page.as_bytes())
            };
            let sheets = (0..custom.places.len()).into_par_iter().map(sheet);
            written.extend(sheets.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(written)
    }

    /// The sheet of a place of a layer of the user's own.
    fn sheet(
        &self,
        (custom, place): (&Custom, usize),
        shares: &[Share],
        department: &ReportData<'_>,
    ) -> Result<String, Error> {
        let own = outlines(&custom.polygons, &custom.owner, |owner| owner as usize == place);
        let (code, name) = &custom.places[place];
        let name = if name.is_empty() { code } else { name };
        let land = Land { polygons: Some(&own), place: Some(name), ..Land::default() };
        let shown = self.shown(&land, shares, TERRITORY)?;
        report::render_zone(department, &Zone { layer: &custom.name, rank: place, shown: &shown })
    }

    /// The changed ground of each place of a layer of the user's own.
    fn shares_of_places(&self, custom: usize) -> Vec<Vec<Share>> {
        let n_places = self.ground.territory.customs[custom].places.len();
        shares(self.ground, self.figures, n_places, |face| self.ground.places(face, custom))
    }

    fn page<'d>(&self, site: &Site, department: &ReportData<'d>) -> Result<ReportData<'d>, Error> {
        let mut shares: BTreeMap<(usize, usize), i128> = BTreeMap::new();
        for share in site.communes.iter().flat_map(|&rank| &self.shares[rank as usize]) {
            *shares.entry((share.step, share.piece)).or_default() += share.twice_area;
        }
        let shares: Vec<Share> = shares
            .into_iter()
            .map(|((step, piece), twice_area)| Share { step, piece, twice_area })
            .collect();
        let communes = &self.ground.territory.communes;
        let is_own = |owner| site.communes.binary_search(&owner).is_ok();
        let own = outlines(&communes.polygons, &communes.owner, is_own);
        let land = Land { polygons: Some(&own), communes: &site.communes, place: None };
        Ok(ReportData {
            name: site.name.clone(),
            level: site.level,
            code: site.code.clone(),
            program: department.program.clone(),
            rules: department.rules.clone(),
            nomenclature: department.nomenclature.clone(),
            tables: department.tables,
            colours: department.colours.clone(),
            thresholds: Vec::new(),
            shown: self.shown(&land, &shares, TERRITORY)?,
            issues: Vec::new(),
            repairs: None,
            invariants: department.invariants.clone(),
            quality: department.quality.clone(),
            learning: None,
            method: department.method.clone(),
            sources: department.sources.clone(),
            run: None,
        })
    }

    fn shown(&self, land: &Land<'_>, shares: &[Share], room: Room) -> Result<Shown, Error> {
        let last = self.figures.steps.len().saturating_sub(1);
        let Some(step) = self.figures.steps.last() else { return Ok(Shown::default()) };
        let mut listed: Vec<Share> =
            shares.iter().copied().filter(|share| share.step == last).collect();
        let kind = |share: &Share| step.findings[share.piece].kind;
        listed.sort_by_key(|s| (kind(s), std::cmp::Reverse(s.twice_area), s.piece));
        let frame = self.frame(land);
        let maps = match &frame {
            Some(grid) => self.maps(land, grid, step, &listed)?,
            None => Vec::new(),
        };
        let unlisted = listed.len().saturating_sub(room.changes);
        listed.truncate(room.changes);
        let changes: Result<Vec<Change>, Error> =
            listed.iter().map(|share| self.change(step, share)).collect();
        let mut changes = changes?;
        let of_maps: usize = maps.iter().map(|map| map.image.len()).sum();
        let unphotographed = fit(&mut changes, room.picture_bytes.saturating_sub(of_maps));
        let scene = frame.filter(|_| !changes.is_empty()).map(|grid| self.scene(land, &grid));
        let kinds = self.kinds(shares);
        Ok(Shown { kinds, changes, unlisted, unphotographed, maps, scene, links: Vec::new() })
    }

    /// Number and area of the changes of each kind, over all steps.
    fn kinds(&self, shares: &[Share]) -> Vec<KindTally> {
        let kind = |share: &Share| self.figures.steps[share.step].findings[share.piece].kind;
        let tally = |of: ChangeKind| {
            let own = || shares.iter().filter(|share| kind(share) == of);
            let twice_area = own().map(|share| share.twice_area).sum();
            KindTally { kind: of, objects: own().count() as u64, twice_area }
        };
        ChangeKind::ALL.into_iter().map(tally).collect()
    }

    fn change(&self, step: &Step, share: &Share) -> Result<Change, Error> {
        let piece = &step.changed[share.piece];
        let place = interior_point(&piece.dissolved.polygon).unwrap_or_default();
        let seen = self.seen.get(share.piece);
        let commune =
            Point::from_metres(place.0, place.1).and_then(|place| self.communes.at(place));
        let nomenclature = self.norms.nomenclature;
        Ok(Change {
            place: commune.map_or("hors commune", |commune| &commune.name).to_owned(),
            at_m: (place.0.round() as i64, place.1.round() as i64),
            before: label(nomenclature, piece.key.0),
            after: label(nomenclature, piece.key.1),
            twice_area: share.twice_area,
            confidence: seen.and_then(Seen::confidence_percent),
            reason: seen.and_then(Seen::reason).map_or("", |reason| reason.french()).to_owned(),
            kind: step.findings[share.piece].kind,
            highlight: self.highlight(step, share),
            outline: scene::outline(&piece.dissolved.polygon),
            glimpses: glimpse::of(self.orthos, &piece.dissolved.polygon)?,
        })
    }
}

/// What a page shows besides its tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Number and doubled area of the changed objects of each kind.
    pub kinds: Vec<KindTally>,
    /// The largest changes, true ones first, in the order to print.
    pub changes: Vec<Change>,
    /// How many more there are.
    pub unlisted: usize,
    /// How many of those listed have photographs that did not fit into the page.
    pub unphotographed: usize,
    /// Maps, in the order to print.
    pub maps: Vec<Map>,
    /// What the interactive map draws around the changes; none where there is no change.
    pub scene: Option<Scene>,
    /// Words and addresses of the pages of what is larger than a commune.
    pub links: Vec<(String, String)>,
}

impl Site {
    /// Where its page lies, seen from the department's.
    fn address(&self) -> String {
        format!("{FOLDER}/{}", address(self.level, &self.code))
    }
}

/// The file name of the page of a territory.
pub fn address(level: Level, code: &str) -> String {
    file(&[level.key(), code])
}

/// The file name of the sheet of a place of a layer of the user's own.
fn of_zone(custom: &Custom, place: usize) -> String {
    let code = &custom.places[place].0;
    let is_plain = code.chars().all(|c| c.is_ascii_alphanumeric());
    // Other codes may look alike once they are plain.
    let rank = if is_plain { String::new() } else { format!("-{place}") };
    file(&["zone", &custom.name, &format!("{code}{rank}")])
}

/// A file name of these words.
fn file(words: &[&str]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let words: Vec<String> = words.iter().map(|word| word.chars().map(plain).collect()).collect();
    format!("{}.html", words.join("_"))
}

/// The changed ground of each place, by its rank.
///
/// * `places`: the ranks of the places that hold a face, each once.
fn shares<I: IntoIterator<Item = u32>>(
    ground: &Ground,
    figures: &Figures,
    n_places: usize,
    places: impl Fn(FaceId) -> I,
) -> Vec<Vec<Share>> {
    let mut shares = vec![Vec::new(); n_places];
    for (rank, step) in figures.steps.iter().enumerate() {
        for (piece, changed) in step.changed.iter().enumerate() {
            let mut areas: BTreeMap<u32, i128> = BTreeMap::new();
            for &face in &changed.dissolved.faces {
                for place in places(face) {
                    *areas.entry(place).or_default() += ground.plane.twice_area(face);
                }
            }
            for (place, twice_area) in areas {
                shares[place as usize].push(Share { step: rank, piece, twice_area });
            }
        }
    }
    shares
}

/// Takes away the photographs that do not fit, those of the last changes, and counts their changes.
fn fit(changes: &mut [Change], mut room_bytes: usize) -> usize {
    let mut n_without = 0;
    for change in changes.iter_mut().filter(|change| !change.glimpses.is_empty()) {
        let bytes: usize = change.glimpses.iter().map(|glimpse| glimpse.image.len()).sum();
        if n_without > 0 || bytes > room_bytes {
            change.glimpses.clear();
            n_without += 1;
        } else {
            room_bytes -= bytes;
        }
    }
    n_without
}

/// The polygons of some owners.
fn outlines(polygons: &[Polygon], owners: &[u32], is_own: impl Fn(u32) -> bool) -> Vec<Polygon> {
    let all = polygons.iter().zip(owners);
    all.filter(|(_, owner)| is_own(**owner)).map(|(polygon, _)| polygon.clone()).collect()
}

/// Every territory that has a page, the largest first.
fn sites(gazetteer: &Gazetteer) -> Vec<Site> {
    let mut sites = Vec::new();
    for level in LEVELS {
        let (places, parents) = gazetteer.places(level);
        for (rank, place) in (0..).zip(places) {
            let own = (0..).zip(&parents).filter(|(_, parent)| **parent == Some(rank));
            let communes = own.map(|(commune, _)| commune).collect();
            sites.push(Site { level, code: place.code, name: place.name, communes });
        }
    }
    sites
}

/// Codes and labels of a couple.
fn label(nomenclature: &Nomenclature, couple: Couple) -> String {
    let of = |dimension, id| {
        let class = nomenclature.class(dimension, id);
        class.map_or_else(String::new, |class| format!("{} {}", class.code, class.label))
    };
    format!("{} / {}", of(Dimension::Cover, couple.cs), of(Dimension::Usage, couple.us))
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Polygon;

    use super::*;
    use crate::picture::Highlight;
    use crate::report::Glimpse;

    fn change(photographs_bytes: &[usize]) -> Change {
        let glimpse = |&bytes: &usize| Glimpse {
            year: 2021,
            corner: Point::default(),
            side: 100,
            image: vec![0; bytes],
        };
        Change {
            place: String::new(),
            at_m: (0, 0),
            before: String::new(),
            after: String::new(),
            twice_area: 0,
            confidence: None,
            reason: String::new(),
            kind: ChangeKind::Real,
            highlight: Highlight::Other,
            outline: Polygon::default(),
            glimpses: photographs_bytes.iter().map(glimpse).collect(),
        }
    }

    #[test]
    fn photographs_that_do_not_fit_are_left_out_from_the_first_that_does_not() {
        let mut changes = [change(&[40, 30]), change(&[]), change(&[20, 20]), change(&[1, 1])];
        assert_eq!(fit(&mut changes, 100), 2);
        let left: Vec<usize> = changes.iter().map(|change| change.glimpses.len()).collect();
        assert_eq!(left, [2, 0, 0, 0], "the last is small, but its place in the list comes later");
        let mut changes = [change(&[40, 30]), change(&[20, 10])];
        assert_eq!(fit(&mut changes, 100), 0);
    }

    #[test]
    fn pages_full_of_pictures_stay_under_their_goals() {
        // Base64 makes four bytes of three; the rest is the library, tables and outlines.
        let encoded = |room: Room| room.picture_bytes.div_ceil(3) * 4;
        assert!(encoded(TERRITORY) + 400_000 <= 1_000_000);
        assert!(encoded(DEPARTMENT) + 1_500_000 <= 5_000_000);
    }
}
