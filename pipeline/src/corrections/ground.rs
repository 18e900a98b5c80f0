//! The vintage that corrections are about: which object is meant, and on which ground.

use kernels::arrangement::{FaceId, LayerMask, NO_KEY, arrange, interior_point};
use kernels::clip::clip;
use kernels::lattice::{Point, Polygon};
use nomenclature::{Couple, Nomenclature};

use super::objects::Objects;
use super::refusal::{Reason, Refused};
use super::sheet::Place;
use crate::judge::Judge;
use crate::territory::Communes;
use crate::territory::located::Located;
use crate::vintage::Vintage;

/// From which shares, of the object and of the polygon, a polygon means the whole object: outlines
/// of two producers differ by a few per cent.
const WHOLE_MIN: (i128, i128) = (9, 10);

/// The objects of a vintage, found by id and by place.
pub struct Ground<'a> {
    vintage: &'a Vintage,
    objects: Objects<'a>,
    bounds: Option<(Point, Point)>,
    communes: Option<Located<'a>>,
    judge: &'a Judge,
    /// The nomenclature of its couples.
    pub nomenclature: &'a Nomenclature,
}

/// The ground that a correction means.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    /// Rank of its object.
    pub object: u32,
    /// The polygon of the correction.
    pub polygon: Polygon,
    /// Twice the area that it concerns.
    pub twice_area: i128,
}

impl<'a> Ground<'a> {
    /// Indexes a vintage whose couples are in `nomenclature`.
    pub fn new(
        vintage: &'a Vintage,
        communes: Option<&'a Communes>,
        judge: &'a Judge,
        nomenclature: &'a Nomenclature,
    ) -> Self {
        Self {
            objects: Objects::of(vintage),
            bounds: vintage.bounds(),
            communes: communes.map(Located::new),
            vintage,
            judge,
            nomenclature,
        }
    }

    /// The year of the vintage.
    pub fn year(&self) -> u16 {
        self.vintage.year
    }

    /// The id of an object.
    pub fn id(&self, object: u32) -> &str {
        &self.vintage.objects[object as usize].id
    }

    /// The couple of an object.
    pub fn couple(&self, object: u32) -> Couple {
        self.vintage.couples[object as usize]
    }

    /// Whether a couple is artificial; nothing when a code is missing.
    pub fn is_artificial(&self, couple: Couple) -> Option<bool> {
        let is_known = !couple.cs.is_nodata() && !couple.us.is_nodata();
        is_known.then(|| self.judge.is_artificial(couple))
    }

    /// A point inside a polygon, and the commune that it lies in.
    ///
    /// # Errors
    /// It lies in none of the communes given.
    pub fn anchor(&self, polygon: &Polygon) -> Result<(Point, Option<String>), Refused> {
        let inside = interior_point(polygon).and_then(|(x, y)| Point::from_metres(x, y));
        let corner = || polygon.exterior.0.first().copied().unwrap_or_default();
        let anchor = inside.unwrap_or_else(corner);
        let Some(communes) = &self.communes else { return Ok((anchor, None)) };
        let Some(commune) = communes.at(anchor) else { return Err(outside(anchor)) };
        Ok((anchor, Some(commune.code.clone())))
    }

    /// The object, or its part, that a new code is asked for.
    ///
    /// # Errors
    /// No object, or not one, is meant.
    pub fn of_code(&self, id: Option<&str>, place: &Place) -> Result<Vec<Meant>, Refused> {
        let parts = self.parts(id);
        match (place, parts) {
            (Place::Nowhere, []) => Err(match id {
                Some(id) => no_such(id),
                None => Refused::new(
                    Reason::NoPlace,
                    "la ligne n'a ni géométrie ni identifiant",
                    "renseigner l'un des deux",
                ),
            }),
            (Place::Nowhere, parts) => Ok(parts.iter().map(|&part| self.whole(part)).collect()),
            (Place::At(point), []) => Ok(vec![self.whole(self.at(*point)?)]),
            (Place::At(point), parts) => {
                let mut holding = parts.iter().filter(|&&part| self.polygon(part).holds(*point));
                let part = holding.next().ok_or_else(|| self.id_elsewhere(parts[0]))?;
                Ok(vec![self.whole(*part)])
            }
            (Place::Over(polygons), parts) => {
                polygons.iter().map(|polygon| self.over(polygon, parts)).collect()
            }
        }
    }

    /// The object that an outline is of: that of the id, or the one that holds most of it.
    ///
    /// # Errors
    /// There is no outline, or no object.
    pub fn of_outline(&self, id: Option<&str>, place: &Place) -> Result<Meant, Refused> {
        let [polygon] = outline(place)? else { return Err(no_outline("en plusieurs morceaux")) };
        let (object, _) = self.holder(&self.shares(polygon)?, self.parts(id), polygon)?;
        Ok(Meant { object, polygon: polygon.clone(), twice_area: polygon.twice_area() })
    }

    /// Several objects as one: the first one with the ground of all.
    ///
    /// # Errors
    /// An id is unknown, or their ground is in pieces.
    pub fn of_merge(&self, ids: &[String]) -> Result<Meant, Refused> {
        let of_id = |id: &String| self.objects.parts(id).ok_or_else(|| no_such(id));
        let objects = ids.iter().map(of_id).collect::<Result<Vec<_>, _>>()?.concat();
        let polygons: Vec<Polygon> =
            objects.iter().map(|&object| self.polygon(object).clone()).collect();
        let plane = arrange(&[&polygons]).map_err(|error| huge(&error.to_string()))?;
        let faces = 0..plane.n_faces() as FaceId;
        let key = |face| plane.label(face, 0).map_or(NO_KEY, |_| 0);
        let mut pieces = plane.dissolve(&faces.map(key).collect::<Vec<_>>(), LayerMask::ALL);
        let (Some(piece), true) = (pieces.pop(), pieces.is_empty()) else {
            let detail = format!("{} : en {} morceaux", ids.join(" ; "), pieces.len() + 1);
            let hint = "ne fusionner que des objets qui se touchent par un côté";
            return Err(Refused::new(Reason::BadGeometry, detail, hint));
        };
        let twice_area = piece.polygon.twice_area();
        Ok(Meant { object: objects[0], polygon: piece.polygon, twice_area })
    }

    fn polygon(&self, object: u32) -> &Polygon {
        &self.vintage.polygons[object as usize]
    }

    fn whole(&self, object: u32) -> Meant {
        let polygon = self.polygon(object).clone();
        let twice_area = polygon.twice_area();
        Meant { object, polygon, twice_area }
    }

    /// The polygons of the object of an id; none for no id, or an unknown one.
    fn parts(&self, id: Option<&str>) -> &[u32] {
        id.and_then(|id| self.objects.parts(id)).unwrap_or_default()
    }

    fn at(&self, point: Point) -> Result<u32, Refused> {
        self.objects.at(point).ok_or_else(|| self.elsewhere(point))
    }

    /// Of the objects under a polygon the one that is meant, with its share: the largest of those of
    /// an id, or else of all.
    fn holder(
        &self,
        shares: &[(u32, i128)],
        parts: &[u32],
        polygon: &Polygon,
    ) -> Result<(u32, i128), Refused> {
        let named = shares.iter().find(|share| parts.contains(&share.0));
        match (parts, named.or(shares.first())) {
            ([first, ..], _) if named.is_none() => Err(self.id_elsewhere(*first)),
            (_, Some(&share)) => Ok(share),
            (_, None) => Err(self.nothing_under(polygon)),
        }
    }

    /// The ground of a polygon in the object of an id, or in the one that holds most of it.
    fn over(&self, polygon: &Polygon, parts: &[u32]) -> Result<Meant, Refused> {
        if let Some(&part) = parts.iter().find(|&&part| self.polygon(part) == polygon) {
            return Ok(self.whole(part));
        }
        let shares = self.shares(polygon)?;
        let whole = polygon.twice_area();
        let (object, part) = self.holder(&shares, parts, polygon)?;
        if parts.is_empty() && 2 * part <= whole {
            let detail = format!("{} objets, aucun n'en a plus de la moitié", shares.len());
            let hint = "donner l'identifiant de l'objet, ou une correction par objet";
            return Err(Refused::new(Reason::Straddles, detail, hint));
        }
        let (few, of) = WHOLE_MIN;
        let of_object = self.polygon(object).twice_area();
        if part * of >= few * of_object && part * of >= few * whole {
            return Ok(self.whole(object));
        }
        Ok(Meant { object, polygon: polygon.clone(), twice_area: part })
    }

    /// Objects under a polygon with twice the area of it that each holds, the largest first.
    fn shares(&self, polygon: &Polygon) -> Result<Vec<(u32, i128)>, Refused> {
        let Some(window) = polygon.bounds() else { return Ok(Vec::new()) };
        let near = self.objects.boxes().meeting(window).into_iter();
        let (ranks, parts): (Vec<u32>, Vec<Polygon>) = near
            .filter_map(|object| Some((object, clip(self.polygon(object), window.0, window.1)?)))
            .unzip();
        let plane = arrange(&[std::slice::from_ref(polygon), &parts])
            .map_err(|error| huge(&error.to_string()))?;
        let mut areas = vec![0; ranks.len()];
        for face in 1..plane.n_faces() as FaceId {
            if plane.label(face, 0).is_some() {
                for &part in plane.labels(face, 1) {
                    areas[part as usize] += plane.twice_area(face);
                }
            }
        }
        let mut shares: Vec<(u32, i128)> =
            ranks.into_iter().zip(areas).filter(|share| share.1 > 0).collect();
        shares.sort_by_key(|&(object, area)| (std::cmp::Reverse(area), object));
        Ok(shares)
    }

    fn nothing_under(&self, polygon: &Polygon) -> Refused {
        self.elsewhere(polygon.exterior.0.first().copied().unwrap_or_default())
    }

    fn elsewhere(&self, point: Point) -> Refused {
        let (x, y) = point.to_metres();
        let detail = format!("{x:.1}, {y:.1} m");
        let is_inside = self.bounds.is_some_and(|(low, high)| {
            (low.x..=high.x).contains(&point.x) && (low.y..=high.y).contains(&point.y)
        });
        if is_inside {
            let hint = "vérifier la position, ou le millésime à cet endroit";
            return Refused::new(Reason::NoObject, detail, hint);
        }
        outside(point)
    }

    fn id_elsewhere(&self, object: u32) -> Refused {
        let hint = "corriger l'identifiant ou la géométrie";
        Refused::new(Reason::IdElsewhere, self.id(object), hint)
    }
}

fn outside(point: Point) -> Refused {
    let (x, y) = point.to_metres();
    let hint = "vérifier le système de coordonnées du fichier et le département";
    Refused::new(Reason::OutOfDepartment, format!("{x:.1}, {y:.1} m"), hint)
}

fn no_such(id: &str) -> Refused {
    let detail = format!("{} n'est pas dans le millésime", super::codes::shown(id));
    let hint = "donner un identifiant du millésime, ou une géométrie";
    Refused::new(Reason::NoObject, detail, hint)
}

fn huge(detail: &str) -> Refused {
    Refused::new(Reason::HugeGeometry, detail, "découper la correction")
}

fn no_outline(detail: &str) -> Refused {
    Refused::new(Reason::NoOutline, detail, "dessiner le contour voulu, d'un seul tenant")
}

fn outline(place: &Place) -> Result<&[Polygon], Refused> {
    match place {
        Place::Over(polygons) => Ok(polygons),
        Place::At(_) | Place::Nowhere => Err(no_outline("la ligne n'a pas de surface")),
    }
}
