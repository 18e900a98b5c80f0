//! The pyramid of vector tiles: each zoom generalised from the one below it, every tile a partition
//! of its ground.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use kernels::arrangement::ArrangementError;
use kernels::boxes::Boxes;
use kernels::lattice::{Point, Polygon};
use kernels::zoom::{Detail, Level, NOTHING, Tile};
use nomenclature::Nomenclature;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::contents::{Content, Differences, Marked, Occupation, Status};
use super::mercator;
use super::mvt::{EXTENT, Layer};
use super::pmtiles::{Address, Archive, Head, compressed};
use super::points::{self, Places, Points};
use crate::artefact::Draft;
use crate::error::Error;
use crate::finished::ground::{Changes, Vintage};

/// Least and largest zoom: a step of the largest is 0.6 m, and viewers draw on from there.
pub(super) const ZOOMS: (u8, u8) = (5, 14);

/// The zoom whose ground is the outline told to catalogues.
const OUTLINE_ZOOM: u8 = 11;

/// Largest tile, compressed, in bytes: what viewers take without a warning.
const TILE_MAX: usize = 500_000;

/// How far a tile goes beyond its sides, in steps: outlines are drawn without seams.
const BUFFER: i32 = 64;

/// What the finest zoom leaves out: slivers of the projection alone.
const FINEST: Detail = Detail { twice_area_min: 2 * 4, distance: 0 };

/// How far arcs may move at each other zoom, in steps: a quarter of a pixel.
const DISTANCE: i32 = 4;

/// What tiles are made of.
pub(super) struct Source<'a> {
    /// The newest vintage.
    pub(super) vintage: &'a Vintage,
    /// The differences from the vintage before it.
    pub(super) changes: &'a Changes,
    /// The years of both; of the vintage twice when there is none before.
    pub(super) years: (u16, u16),
    /// What codes mean.
    pub(super) nomenclature: &'a Nomenclature,
    /// EPSG code of the polygons.
    pub(super) epsg: u32,
    /// The result they come from, for errors.
    pub(super) path: &'a Path,
}

/// A polygon by its rings, exterior first, each closed: longitudes and latitudes in degrees.
pub(super) type Outline = Vec<Vec<(f64, f64)>>;

/// What came of the tiles.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extent {
    /// West, south, east and north of the ground, in degrees.
    pub(super) bounds: [f64; 4],
    /// Polygons around the ground.
    pub(super) outline: Vec<Outline>,
}

impl Extent {
    /// West, south, east and north of the outline, which is drawn coarser than the ground.
    pub(super) fn of_outline(&self) -> [f64; 4] {
        let places = self.outline.iter().flatten().flatten();
        let around = places.fold(None, |around: Option<[f64; 4]>, &(x, y)| {
            let [west, south, east, north] = around.unwrap_or([x, y, x, y]);
            Some([west.min(x), south.min(y), east.max(x), north.max(y)])
        });
        around.unwrap_or(self.bounds)
    }
}

/// Everything that tiles are made of, at one zoom.
struct Atlas<'a> {
    /// The layers of polygons: the vintage first, the differences last, if there are any.
    themes: Vec<Theme<'a>>,
    /// The differences, wherever they are too small to be drawn.
    marks: Option<Marks<'a>>,
}

/// The differences as points.
struct Marks<'a> {
    content: Marked<'a>,
    /// Ranks, the ones to keep first.
    order: Vec<u32>,
    places: Places,
}

/// A layer of the tiles at one zoom.
struct Theme<'a> {
    content: Box<dyn Content + 'a>,
    level: Level,
    boxes: Boxes,
}

/// Writes all tiles into one file.
///
/// # Errors
/// [`Error::Input`] for a place that the projection does not know, [`Error::Write`].
pub(super) fn write(source: &Source<'_>, title: &str, draft: &Draft) -> Result<Extent, Error> {
    let mut atlas = Atlas::of(source)?;
    let mut archive = Archive::default();
    let mut extent = Extent { bounds: bounds(atlas.ground()), outline: Vec::new() };
    for zoom in (ZOOMS.0..=ZOOMS.1).rev() {
        if zoom < ZOOMS.1 {
            for theme in &mut atlas.themes {
                theme.coarsen(zoom)?;
            }
        }
        for (address, tile) in atlas.fitting(zoom, TILE_MAX)? {
            archive.add(address, tile);
        }
        if zoom == OUTLINE_ZOOM {
            extent.outline = outline(atlas.ground(), zoom)?;
        }
    }
    let head = Head { zooms: ZOOMS, bounds: extent.bounds, metadata: atlas.metadata(title) };
    let file = File::create(draft.temp()).map_err(Error::write(draft.temp()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    archive.write(&head, &mut out).map_err(Error::write(draft.temp()))?;
    out.flush().map_err(Error::write(draft.temp()))?;
    Ok(extent)
}

impl<'a> Atlas<'a> {
    /// All of it at the finest zoom.
    fn of(source: &Source<'a>) -> Result<Self, Error> {
        let place = |polygons| mercator::placed(source.path, polygons, source.epsg, ZOOMS.1);
        let objects = &source.vintage.objects;
        let ranks = |n: usize| -> Vec<u32> { (0..n as u32).collect() };
        let ground = place(&source.vintage.polygons)?;
        let statuses: Vec<u32> = objects.iter().map(|o| u32::from(o.is_artificial)).collect();
        let occupation = Occupation::new(objects, source.nomenclature);
        let mut themes = vec![
            Theme::new(Box::new(occupation), &ground, &ranks(objects.len()))?,
            Theme::new(Box::new(Status), &ground, &statuses)?,
        ];
        drop(ground);
        let changes = &source.changes.changes;
        if changes.is_empty() {
            return Ok(Self { themes, marks: None });
        }
        let (before, after) = source.years;
        let content = Differences::new(changes, before, after);
        let ground = place(&source.changes.polygons)?;
        themes.push(Theme::new(Box::new(content), &ground, &ranks(changes.len()))?);
        let content = Marked::new(changes, before, after);
        let order = content.by_area();
        let places = Places::new(&ground, ZOOMS.1);
        Ok(Self { themes, marks: Some(Marks { content, order, places }) })
    }

    /// The ground of the vintage.
    fn ground(&self) -> &Level {
        &self.themes[0].level
    }

    /// The differences that are not drawn at this zoom.
    fn points(&self, zoom: u8) -> Points {
        let (Some(marks), Some(theme)) = (&self.marks, self.themes.last()) else {
            return Points::default();
        };
        let drawn = theme.level.polygons().map(|(key, _)| key).collect();
        marks.places.at(zoom, &drawn, &marks.order)
    }

    /// The tiles of a zoom; when one has more than `bytes_max` the whole zoom is drawn with less, so
    /// that neighbours still meet.
    fn fitting(&mut self, zoom: u8, bytes_max: usize) -> Result<Vec<(Address, Vec<u8>)>, Error> {
        let mut detail = Detail { twice_area_min: 2 * 64, distance: DISTANCE };
        loop {
            let points = self.points(zoom);
            let tiles: Result<Vec<_>, Error> = self
                .addresses(zoom, &points)
                .into_par_iter()
                .map(|address| Ok((address, self.tile(address, &points)?)))
                .collect();
            let mut tiles = tiles?;
            if tiles.iter().all(|(_, tile)| tile.len() <= bytes_max) {
                tiles.retain(|(_, tile)| !tile.is_empty());
                return Ok(tiles);
            }
            drop(tiles);
            detail.twice_area_min *= 2;
            detail.distance += 1;
            for theme in &mut self.themes {
                theme.simplify(detail)?;
            }
        }
    }

    /// A tile of all layers, compressed; empty when there is nothing in it.
    fn tile(&self, address: Address, points: &Points) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        for theme in &self.themes {
            bytes.extend(theme.layer(address)?.unwrap_or_default());
        }
        if let Some(marks) = &self.marks {
            bytes.extend(points.layer(address, &marks.content).unwrap_or_default());
        }
        if bytes.is_empty() {
            return Ok(bytes);
        }
        compressed(&bytes).map_err(|error| Error::internal(format!("a tile: {error}")))
    }

    /// The tiles that the ground may meet, and those of the points: ground that vanishes has some.
    fn addresses(&self, zoom: u8, points: &Points) -> Vec<Address> {
        let side = EXTENT as i32;
        let last = (1_i32 << zoom) - 1;
        let range =
            |from: i32, to: i32| from.div_euclid(side).max(0)..=to.div_euclid(side).min(last);
        let mut places: BTreeSet<(u32, u32)> = points.tiles().collect();
        if let Some((low, high)) = self.ground().bounds() {
            let cols = range(low.x, high.x);
            let rows = range(low.y, high.y);
            places
                .extend(rows.flat_map(|row| cols.clone().map(move |col| (col as u32, row as u32))));
        }
        places.into_iter().map(|(col, row)| Address { zoom, col, row }).collect()
    }

    /// What the file says of itself: the form of a `TileJSON` (3.0.0), as readers expect.
    fn metadata(&self, title: &str) -> Value {
        let themes =
            self.themes.iter().map(|theme| (theme.content.name(), theme.content.columns()));
        let marks = self.marks.iter().map(|marks| (points::NAME, marks.content.columns()));
        let layers = themes.chain(marks).map(|(name, columns)| {
            let fields: serde_json::Map<String, Value> =
                columns.into_iter().map(|(name, kind)| (name, json!(kind))).collect();
            let (least, most) = ZOOMS;
            json!({ "id": name, "minzoom": least, "maxzoom": most, "fields": fields })
        });
        json!({
            "name": title,
            "type": "overlay",
            "generator": format!("millesime {}", crate::VERSION),
            "vector_layers": layers.collect::<Vec<_>>(),
        })
    }
}

impl<'a> Theme<'a> {
    fn new(
        content: Box<dyn Content + 'a>,
        polygons: &[Polygon],
        keys: &[u32],
    ) -> Result<Self, Error> {
        let level = Level::finest(polygons, keys, FINEST).map_err(unarranged)?;
        let boxes = level.boxes();
        Ok(Self { content, level, boxes })
    }

    /// Goes up to a zoom.
    fn coarsen(&mut self, zoom: u8) -> Result<(), Error> {
        let twice_area_min = self.content.twice_area_min();
        let detail = Detail { twice_area_min, distance: DISTANCE };
        let key_at = |key| self.content.key_at(zoom, key);
        self.level = self.level.coarser(detail, key_at).map_err(unarranged)?;
        self.boxes = self.level.boxes();
        Ok(())
    }

    /// Leaves out more at the same zoom.
    fn simplify(&mut self, detail: Detail) -> Result<(), Error> {
        self.level = self.level.simpler(detail).map_err(unarranged)?;
        self.boxes = self.level.boxes();
        Ok(())
    }

    /// What of it lies in a tile, as a layer; nothing when nothing does.
    fn layer(&self, address: Address) -> Result<Option<Vec<u8>>, Error> {
        let side = EXTENT as i32;
        let corner = Point::new(address.col as i32 * side, address.row as i32 * side);
        let tile = Tile { corner, side, buffer: BUFFER };
        let pieces = self.level.tile(&self.boxes, tile).map_err(unarranged)?;
        let mut layer = Layer::default();
        for piece in &pieces {
            layer.add(&piece.polygon, self.content.says(address.zoom, piece.key));
        }
        Ok((!pieces.is_empty()).then(|| layer.encoded(self.content.name())))
    }
}

/// West, south, east and north of a level of the finest zoom, in degrees; of everywhere for none.
fn bounds(level: &Level) -> [f64; 4] {
    let Some((low, high)) = level.bounds() else { return [-180.0, -85.0, 180.0, 85.0] };
    let ((west, north), (east, south)) =
        (mercator::degrees(low, ZOOMS.1), mercator::degrees(high, ZOOMS.1));
    [west, south, east, north]
}

/// The ground of a level, all its polygons as one.
fn outline(level: &Level, zoom: u8) -> Result<Vec<Outline>, Error> {
    let one = level.coarser(Detail { twice_area_min: 0, distance: 1 }, |_| 0);
    let one = one.map_err(unarranged)?;
    let ground = one.polygons().filter(|(key, _)| *key != NOTHING);
    let degrees = |polygon: &Polygon| {
        let rings = polygon.rings().map(|ring| {
            let place = |&point: &Point| mercator::degrees(point, zoom - 1);
            // GeoJSON wants exteriors counter-clockwise where north is up, and rings closed.
            let mut ring: Vec<(f64, f64)> = ring.0.iter().rev().map(place).collect();
            ring.push(ring[0]);
            ring
        });
        rings.collect()
    };
    Ok(ground.map(|(_, polygon)| degrees(polygon)).collect())
}

/// Places of tiles always fit the lattice: what cannot be arranged is too much for the machine.
fn unarranged(error: ArrangementError) -> Error {
    Error::internal(format!("map tiles: {error}"))
}

#[cfg(test)]
mod tests {
    use kernels::lattice::Ring;
    use nomenclature::Dimension;

    use super::*;
    use crate::finished::ground::Object;

    /// 30 by 30 squares of 60 m with corners askew, no two neighbours alike.
    fn patchwork(nomenclature: &Nomenclature) -> Vintage {
        let covers = nomenclature.leaves(Dimension::Cover);
        let us = nomenclature.leaves(Dimension::Usage)[0];
        let corner = |row: i32, col: i32| {
            let askew = |i: i32, j: i32| (i * 7 + j * 13) % 17 - 8;
            let east = 650_000 + 60 * col + askew(row, col);
            Point::new(100 * east, 100 * (6_230_000 + 60 * row + askew(col, row)))
        };
        let mut vintage = Vintage::default();
        for (row, col) in (0..30).flat_map(|row| (0..30).map(move |col| (row, col))) {
            let corners = [(row, col), (row, col + 1), (row + 1, col + 1), (row + 1, col)]
                .map(|(r, c)| corner(r, c));
            vintage.polygons.push(Polygon { exterior: Ring(corners.to_vec()), holes: Vec::new() });
            let cs = covers[((row * 3 + col) % 5) as usize];
            let couple = nomenclature::Couple { cs, us };
            let id = format!("{row} {col}");
            vintage.objects.push(Object { id, couple, is_artificial: (row + col) % 2 == 0 });
        }
        vintage
    }

    #[test]
    fn a_zoom_of_too_large_tiles_is_drawn_with_less_and_keeps_its_ground() {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let vintage = patchwork(&nomenclature);
        let changes = Changes::default();
        let source = Source {
            vintage: &vintage,
            changes: &changes,
            years: (2021, 2021),
            nomenclature: &nomenclature,
            epsg: 2154,
            path: Path::new("result"),
        };
        let mut atlas = Atlas::of(&source).unwrap();
        let ground = |atlas: &Atlas<'_>| -> i128 {
            let polygons = atlas.ground().polygons().filter(|(key, _)| *key != NOTHING);
            polygons.map(|(_, polygon)| polygon.twice_area()).sum()
        };
        let (count, area) = (atlas.ground().polygons().len(), ground(&atlas));
        let free = atlas.fitting(ZOOMS.1, TILE_MAX).unwrap();
        assert_eq!((atlas.ground().polygons().len(), ground(&atlas)), (count, area));
        let largest = free.iter().map(|(_, tile)| tile.len()).max().unwrap();
        let tight = atlas.fitting(ZOOMS.1, largest / 4).unwrap();
        assert!(tight.iter().all(|(_, tile)| tile.len() <= largest / 4));
        assert!(atlas.ground().polygons().len() < count / 2);
        // The rim is thinned as every arc, so the ground keeps its area to a hundredth.
        let drift = (ground(&atlas) - area).abs();
        assert!(100 * drift < area, "{drift} of {area}");
        let addresses = |tiles: &[(Address, Vec<u8>)]| -> Vec<Address> {
            tiles.iter().map(|(address, _)| *address).collect()
        };
        assert_eq!(addresses(&tight), addresses(&free));
    }
}
