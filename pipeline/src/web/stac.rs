//! The catalogue: a STAC item (1.0.0) for each vintage and a collection of them, with checksums and
//! what they were made from.
//!
//! Extensions: `projection` 1.1, `file` 2.1 (checksums as multihashes: `1220` and the SHA-256),
//! `processing` 1.1, `classification` 1.1.

use serde_json::{Map, Value, json};

use super::rasters::Frame;
use super::tiles::Extent;
use crate::finished::Finished;
use crate::stamp::Stamp;

/// Name of the collection's file.
pub(super) const COLLECTION: &str = "collection.json";

const VERSION: &str = "1.0.0";

/// A file to list.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    /// Its key in the item.
    pub(super) key: String,
    /// Where it is, from the folder of the item.
    pub(super) href: String,
    /// What people read.
    pub(super) title: String,
    /// Its media type.
    pub(super) media: &'static str,
    /// What it is for.
    pub(super) role: &'static str,
    /// Its size and hash.
    pub(super) stamp: Stamp,
    /// What else is said of it.
    pub(super) more: Map<String, Value>,
}

/// An item to write.
pub(super) struct Item<'a> {
    /// The result.
    pub(super) result: &'a Finished,
    /// The vintage.
    pub(super) year: u16,
    /// The vintage before it in the result.
    pub(super) before: Option<u16>,
    /// Where it is.
    pub(super) extent: &'a Extent,
    /// The grid of its rasters.
    pub(super) frame: Frame,
    /// Its files.
    pub(super) assets: &'a [Asset],
}

/// The name of the file of an item.
pub(super) fn item_name(result: &Finished, year: u16) -> String {
    format!("{}.json", item_id(result, year))
}

fn item_id(result: &Finished, year: u16) -> String {
    format!("occupation-du-sol-{}-{year}", result.facts().department.to_lowercase())
}

fn collection_id(result: &Finished) -> String {
    format!("occupation-du-sol-{}", result.facts().department.to_lowercase())
}

/// What a raster of these cells says of its place.
pub(super) fn placed(frame: Frame) -> Map<String, Value> {
    let grid = frame.grid;
    let side_m = f64::from(grid.cell) / f64::from(kernels::lattice::STEPS_PER_METRE);
    let (west, north) = grid.origin.to_metres();
    let mut more = Map::new();
    more.insert("proj:shape".to_owned(), json!([grid.rows, grid.cols]));
    more.insert("proj:transform".to_owned(), json!([side_m, 0.0, west, 0.0, -side_m, north]));
    more
}

/// An item.
pub(super) fn item(item: &Item<'_>) -> Value {
    let Item { result, year, before, extent, frame, assets } = item;
    let facts = result.facts();
    let polygons = &extent.outline;
    let geometry = match &polygons[..] {
        [one] => json!({ "type": "Polygon", "coordinates": one }),
        several => json!({ "type": "MultiPolygon", "coordinates": several }),
    };
    let links = vec![
        json!({ "rel": "collection", "href": COLLECTION, "type": "application/json" }),
        json!({ "rel": "parent", "href": COLLECTION, "type": "application/json" }),
        json!({ "rel": "root", "href": COLLECTION, "type": "application/json" }),
    ];
    let earlier = before.map(|before| {
        let href = item_name(result, before);
        json!({ "rel": "predecessor-version", "href": href, "type": "application/geo+json" })
    });
    json!({
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
            "https://stac-extensions.github.io/file/v2.1.0/schema.json",
            "https://stac-extensions.github.io/processing/v1.1.0/schema.json",
            "https://stac-extensions.github.io/classification/v1.1.0/schema.json",
            "https://stac-extensions.github.io/version/v1.2.0/schema.json",
        ],
        "id": item_id(result, *year),
        "collection": collection_id(result),
        "geometry": geometry,
        "bbox": extent.of_outline(),
        "properties": {
            "title": format!("Occupation du sol {year}, département {}", facts.department),
            "datetime": null,
            "start_datetime": format!("{year}-01-01T00:00:00Z"),
            "end_datetime": format!("{year}-12-31T23:59:59Z"),
            "proj:epsg": frame.epsg,
            "version": year.to_string(),
            "processing:facility": "millesime",
            "processing:level": "L4",
            "processing:software": { "millesime": crate::VERSION },
            "processing:lineage": lineage(result, *year),
        },
        "links": links.into_iter().chain(earlier).collect::<Vec<_>>(),
        "assets": assets.iter().map(asset).collect::<Map<_, _>>(),
    })
}

/// The collection of the items of a result.
pub(super) fn collection(result: &Finished, extent: &Extent) -> Value {
    let facts = result.facts();
    let years = &facts.years;
    let (first, last) = (years[0], years[years.len() - 1]);
    let link =
        |rel: &str, href: String, media: &str| json!({ "rel": rel, "href": href, "type": media });
    let items =
        years.iter().map(|&year| link("item", item_name(result, year), "application/geo+json"));
    let root = link("root", COLLECTION.to_owned(), "application/json");
    json!({
        "type": "Collection",
        "stac_version": VERSION,
        "id": collection_id(result),
        "title": format!("Occupation du sol, département {}", facts.department),
        "description": format!(
            "Couverture et usage du sol ({}), artificialisation selon {}.",
            facts.nomenclature.title, facts.rules.title
        ),
        "license": "etalab-2.0",
        "extent": {
            "spatial": { "bbox": [extent.of_outline()] },
            "temporal": { "interval": [[
                format!("{first}-01-01T00:00:00Z"),
                format!("{last}-12-31T23:59:59Z"),
            ]] },
        },
        "links": std::iter::once(root).chain(items).collect::<Vec<_>>(),
    })
}

/// What the vintage was made from, with hashes that tell the very files.
fn lineage(result: &Finished, year: u16) -> String {
    let manifest = result.manifest();
    let facts = result.facts();
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let inputs: Vec<String> = manifest
        .inputs
        .iter()
        .map(|(name, stamp)| format!("{name} (sha256 {}…)", short(&stamp.sha256)))
        .collect();
    format!(
        "Millésime {year} d'un résultat de `millesime {}` ({}). Nomenclature {}. Règles {} : {}. \
         Entrées : {}.",
        result.command(),
        result.made_by(),
        facts.nomenclature.id,
        facts.rules.id,
        facts.rules.article,
        inputs.join(", ")
    )
}

fn asset(asset: &Asset) -> (String, Value) {
    let Asset { key, href, title, media, role, stamp, more } = asset;
    let mut said = more.clone();
    said.insert("href".to_owned(), json!(href));
    said.insert("title".to_owned(), json!(title));
    said.insert("type".to_owned(), json!(media));
    said.insert("roles".to_owned(), json!([role]));
    said.insert("file:size".to_owned(), json!(stamp.bytes));
    said.insert("file:checksum".to_owned(), json!(format!("1220{}", stamp.sha256)));
    (key.clone(), Value::Object(said))
}
