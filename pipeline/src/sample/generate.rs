//! The whole sample: computed, then written into a folder that appears only when complete.

use std::fs;
use std::path::Path;

use kernels::lattice::STEPS_PER_METRE;

use super::changes::second_uses;
use super::evidence::Evidence;
use super::ground::Ground;
use super::mosaic::Mosaic;
use super::paint::Drawing;
use super::prior::Prior;
use super::render::{Flight, Scene};
use super::settle::Land;
use super::site::Site;
use super::{layers, photos, territories};
use crate::Error;

/// What a sample is made from.
#[derive(Debug, Clone)]
pub struct Order {
    /// Where it lies.
    pub site: Site,
    /// Side of the territory, in metres.
    pub size_m: i32,
    /// What makes it differ from others.
    pub seed: u64,
    /// Side of a pixel, in lattice steps.
    pub cell: i32,
    /// Year of the prior vintage.
    pub before: u16,
    /// Year of the imagery.
    pub after: u16,
}

/// What a sample holds, for the talk.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Objects of the truth of the second date.
    pub n_objects: usize,
    /// True changes.
    pub n_changes: usize,
    /// Their area, in square metres.
    pub changed_m2: f64,
    /// Wrong labels of the prior vintage.
    pub n_wrong: usize,
    /// Image tiles of each product.
    pub n_tiles: usize,
}

/// Makes a sample in `out`, which must be missing or empty.
///
/// # Errors
/// [`Error::Usage`] when the folder holds something, [`Error::Write`] when a file cannot be
/// written.
pub fn generate(order: &Order, out: &Path) -> Result<Summary, Error> {
    let is_empty = fs::read_dir(out).map_or(true, |mut entries| entries.next().is_none());
    if out.is_file() || !is_empty {
        return Err(Error::Usage {
            what: format!("`{}` is not an empty folder", out.display()),
            hint: Some("name another folder with --out, or empty this one".to_owned()),
        });
    }
    let mut partial = out.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    if partial.exists() {
        fs::remove_dir_all(partial).map_err(Error::write(partial))?;
    }
    let folders = ["truth", "prior", "evidence", "territories"].map(str::to_owned);
    let photos = ["imagery", "imagery_before"];
    let photos = photos.iter().flat_map(|f| ["rvb", "irc", "mnh"].map(|p| format!("{f}/{p}")));
    for folder in folders.into_iter().chain(photos) {
        let folder = partial.join(folder);
        fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
    }
    let summary = fill(order, partial)?;
    if out.exists() {
        fs::remove_dir(out).map_err(Error::write(out))?;
    }
    fs::rename(partial, out).map_err(Error::write(out))?;
    Ok(summary)
}

fn fill(order: &Order, folder: &Path) -> Result<Summary, Error> {
    let Order { site, size_m, seed, cell, before, after } = order;
    let ground = Ground { seed: *seed, anchor: site.anchor, size_m: *size_m };
    let land = Land::settle(ground);
    let uses = second_uses(&land);
    let drawing = Drawing::of(&land, &uses);
    let mosaic = Mosaic::of(&ground, &drawing)?;
    let prior = Prior::of(&ground, &mosaic)?;
    let changes = mosaic.changes();
    let truth = folder.join("truth");
    let objects = mosaic.objects(&mosaic.after);
    let first = mosaic.objects(&mosaic.before);
    layers::occupation(&truth.join("occupation_before.gpkg"), site, *before, "vérité", &first)?;
    layers::occupation(&truth.join("occupation_after.gpkg"), site, *after, "vérité", &objects)?;
    layers::changes(&truth.join("changes.gpkg"), site.epsg, &changes)?;
    layers::tables(&truth, &changes, &prior.wrong)?;
    let path = folder.join("prior/OCCUPATION_SOL.gpkg");
    layers::occupation(&path, site, *before, "échantillon", &prior.objects)?;
    let evidence = Evidence::of(&land, &uses, &drawing, &mosaic);
    layers::evidence(&folder.join("evidence"), site.epsg, &evidence)?;
    let commune_of = territories::communes_of(&land);
    let communes = territories::communes(&site.department, &mosaic, &commune_of);
    let zones = territories::zones(&land, &uses, &mosaic, &commune_of);
    layers::territories(&folder.join("territories"), site.epsg, &communes, &zones)?;
    let path = folder.join("config.yaml");
    fs::write(&path, config(order)).map_err(Error::write(&path))?;
    let shoot = |flight, year, name| {
        let scene = Scene::of(&ground, &drawing, flight);
        photos::shoot(&folder.join(name), site, &ground, &scene, (year, *cell))
    };
    shoot(Flight::First, *before, "imagery_before")?;
    let n_tiles = shoot(Flight::Second, *after, "imagery")?;
    Ok(Summary {
        n_objects: objects.len(),
        n_changes: changes.len(),
        changed_m2: changes.iter().map(|c| c.polygon.area_m2()).sum(),
        n_wrong: prior.wrong.len(),
        n_tiles,
    })
}

/// The configuration that runs the sample.
fn config(order: &Order) -> String {
    let Order { site, size_m, seed, cell, before, after } = order;
    let Site { department, epsg, .. } = site;
    let pixel_m = f64::from(*cell) / f64::from(STEPS_PER_METRE);
    let cell_m = pixel_m.max(1.0);
    format!(
        "\
# Made by `millesime sample --department {department} --size-m {size_m} --seed {seed}` \
(pixel {pixel_m} m).
# Everything here is made up; the truth is in truth/.
department: \"{department}\"
vintage: {after}
crs: EPSG:{epsg}
cell_m: {cell_m:?}
nomenclature: ocsge-2-0
rules: decree-2023-1096
prior:
  vintage: {before}
  path: prior/OCCUPATION_SOL.gpkg
  imagery:
    rvb: [imagery_before/rvb/*.tif]
    irc: [imagery_before/irc/*.tif]
    mnh: [imagery_before/mnh/*.tif]
imagery:
  rvb: [imagery/rvb/*.tif]
  irc: [imagery/irc/*.tif]
  mnh: [imagery/mnh/*.tif]
evidence:
  buildings: {{ path: evidence/bdtopo.gpkg, layer: batiment, nature_field: usage_1 }}
  roads: {{ path: evidence/bdtopo.gpkg, layer: troncon_de_route, width_field: largeur_de_chaussee }}
  rail: {{ path: evidence/bdtopo.gpkg, layer: troncon_de_voie_ferree, width_m: 9 }}
  water: {{ path: evidence/bdtopo.gpkg, layer: surface_hydrographique }}
  crops: {{ path: evidence/rpg.gpkg, layer: rpg, nature_field: code_cultu }}
  forest: {{ path: evidence/bdforet.gpkg, layer: bdforet, nature_field: essence }}
  sports: {{ path: evidence/bdtopo.gpkg, layer: terrain_de_sport, nature_field: nature }}
territories:
  communes: {{ path: territories/communes.gpkg, layer: communes }}
  planning: {{ path: territories/plu.gpkg, layer: zone_urba }}
out: out
"
    )
}
