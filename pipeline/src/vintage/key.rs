//! Stable keys of what may be wrong with a vintage or a territory file; users filter on them.

/// A code that is empty; the polygon has no class in that dimension.
pub const CODE_NULL: &str = "code_null";
/// A polygon of an ARTIF layer without status; nothing is published about its ground.
pub const ARTIF_NULL: &str = "artif_null";
/// A code that says it is not determined (`INDETERMINE`); the polygon has no class there.
pub const CODE_UNDETERMINED: &str = "code_undetermined";
/// A class that is no leaf (`CS2.1.1`); the polygon has no class in that dimension.
pub const CODE_NOT_LEAF: &str = "code_not_leaf";
/// A code that the nomenclature does not know; the polygon has no class in that dimension.
pub const CODE_UNKNOWN: &str = "code_unknown";
/// A code that no class of the nomenclature compared in takes up; the polygon has no class there.
pub const CODE_WITHOUT_IMAGE: &str = "code_without_image";
/// An older or deeper code, taken to its leaf.
pub const CODE_COLLAPSED: &str = "code_collapsed";
/// An id given to several features; the later ones get a suffix.
pub const ID_DUPLICATE: &str = "id_duplicate";
/// A feature without an id; it gets one from its number in the file.
pub const ID_MISSING: &str = "id_missing";
/// A couple that the nomenclature does not list.
pub const COUPLE_UNLISTED: &str = "couple_unlisted";
/// A layer without CRS, taken to be in that of the department.
pub const CRS_ASSUMED: &str = "crs_assumed";
/// A layer in another CRS of the same datum, moved to that of the department.
pub const CRS_REPROJECTED: &str = "crs_reprojected";
/// A file passed over because the same product stands beside it in a better format.
pub const FORMAT_PASSED_OVER: &str = "format_passed_over";
/// A feature dated by another year than most of its vintage.
pub const YEAR_OTHER: &str = "year_other";
/// A line or a point among polygons; it is left out.
pub const GEOMETRY_NOT_POLYGON: &str = "geometry_not_polygon";
/// A commune's code that the COG tables do not hold.
pub const COMMUNE_UNKNOWN: &str = "commune_unknown_to_cog";
/// A commune that has merged into another since the date of its file.
pub const COMMUNE_MERGED: &str = "commune_merged";
/// Ground that several communes claim; the first one, by code, counts it.
pub const COMMUNES_OVERLAP: &str = "communes_overlap";
