//! The rules of the contract: their keys, how grave each is, and what it says in French.

use crate::io::issue::key as io;
use crate::validator::Level;
use crate::vintage::key as read;

pub(super) const ARCHIVE_NAME: &str = "archive_name";
pub(super) const ARCHIVE_BOMB: &str = "archive_bomb";
pub(super) const ARCHIVE_PATH: &str = "archive_path";
pub(super) const ARCHIVE_UNREADABLE: &str = "archive_unreadable";
pub(super) const COLUMN_CASE: &str = "column_case";
pub(super) const COLUMN_MISSING: &str = "column_missing";
pub(super) const COLUMN_TYPE: &str = "column_type";
pub(super) const CRS_MISSING: &str = "crs_missing";
pub(super) const CRS_OTHER: &str = "crs_other";
pub(super) const EVOLUTION_CONTRADICTION: &str = "evolution_contradiction";
pub(super) const FILE_COUNT: &str = "file_count";
pub(super) const FILE_FORMAT: &str = "file_format";
pub(super) const FILE_UNREADABLE: &str = "file_unreadable";
pub(super) const FILE_UNROUTED: &str = "file_unrouted";
pub(super) const GEOMETRY_COLUMN: &str = "geometry_column";
pub(super) const ID_WITHOUT_ARTIF: &str = "id_without_artif";
pub(super) const ID_WITHOUT_OCCUPATION: &str = "id_without_occupation";
pub(super) const LAYER_COUNT: &str = "layer_count";
pub(super) const LAYER_EMPTY: &str = "layer_empty";
pub(super) const LAYER_NAME: &str = "layer_name";
pub(super) const LAYER_OTHER: &str = "layer_other";
pub(super) const LICENCE_MISSING: &str = "licence_missing";
pub(super) const MD_IDENTIFIER_SHARED: &str = "md_identifier_shared";
pub(super) const METADATA_MISSING: &str = "metadata_missing";
pub(super) const NOTICE_MISSING: &str = "notice_missing";
pub(super) const SUM_FILE_MISSING: &str = "sum_file_missing";
pub(super) const SUM_OTHER: &str = "sum_other";
pub(super) const SUM_UNLISTED: &str = "sum_unlisted";
pub(super) const SUMS_MISSING: &str = "sums_missing";
pub(super) const SURFACE_OTHER: &str = "surface_other";
pub(super) const UNCHANGED: &str = "unchanged";
pub(super) const VALUE_NULL: &str = "value_null";
pub(super) const VALUE_UNKNOWN: &str = "value_unknown";
pub(super) const YEAR_OTHER: &str = "year_other";

/// Every key, how grave it is unless allowed, and what it says; sorted by key.
pub const KEYS: [(&str, Level, &str); 71] = {
    use Level::{Error, Fatal, Info, Warning};
    [
        (ARCHIVE_BOMB, Fatal, "Archive qui se déploie au-delà de toute mesure"),
        (ARCHIVE_NAME, Warning, "Nom d'archive hors des formes connues"),
        (ARCHIVE_PATH, Fatal, "Fichier qui sort du dossier de l'archive, ou lien"),
        (ARCHIVE_UNREADABLE, Fatal, "Archive illisible"),
        (read::CODE_NOT_LEAF, Error, "Code d'un poste trop général"),
        (read::CODE_NULL, Error, "Code absent"),
        (read::CODE_UNKNOWN, Error, "Code hors de la liste admise"),
        (COLUMN_CASE, Error, "Colonne dans une autre casse"),
        (COLUMN_MISSING, Error, "Colonne absente"),
        (COLUMN_TYPE, Error, "Colonne d'un autre type"),
        (io::COORDINATE_NOT_FINITE, Fatal, "Coordonnée qui n'est pas un nombre"),
        (io::COORDINATE_OUT_OF_RANGE, Fatal, "Coordonnée hors de tout système français"),
        (CRS_MISSING, Error, "Couche sans système de coordonnées"),
        (CRS_OTHER, Error, "Couche dans un autre système de coordonnées que celui du département"),
        (io::CURVE_LINEARISED, Warning, "Arcs, lus comme leurs cordes"),
        ("duplicate_geometry", Error, "Même polygone plusieurs fois"),
        (EVOLUTION_CONTRADICTION, Error, "Sens de l'évolution contraire aux statuts"),
        (FILE_COUNT, Error, "Fichiers de données autres que ceux attendus"),
        (FILE_FORMAT, Warning, "Format que la plateforme nationale ne charge pas"),
        (FILE_UNREADABLE, Fatal, "Fichier de données illisible"),
        (FILE_UNROUTED, Warning, "Fichier de données dont le nom ne dit pas le produit"),
        (GEOMETRY_COLUMN, Error, "Colonne de géométrie d'un autre nom"),
        (io::GEOMETRY_EMPTY, Error, "Géométrie vide"),
        (io::GEOMETRY_MULTIPART, Warning, "Objet en plusieurs parties"),
        (read::GEOMETRY_NOT_POLYGON, Error, "Ligne ou point parmi les polygones"),
        (io::GEOMETRY_NULL, Error, "Objet sans géométrie"),
        (io::GEOMETRY_UNSUPPORTED, Error, "Géométrie d'un genre inconnu"),
        (io::HEIGHT_DROPPED, Info, "Altitudes, ignorées"),
        ("hole_outside", Error, "Trou hors de son contour"),
        (read::ID_DUPLICATE, Error, "Identifiant en double"),
        (read::ID_MISSING, Error, "Identifiant absent"),
        (ID_WITHOUT_ARTIF, Error, "Objet de l'occupation du sol sans objet dans ARTIF"),
        (ID_WITHOUT_OCCUPATION, Error, "Objet d'ARTIF sans objet dans l'occupation du sol"),
        ("invalid_ring", Error, "Contour en aller-retour"),
        (LAYER_COUNT, Error, "Fichier qui n'a pas exactement une couche"),
        (LAYER_EMPTY, Error, "Couche vide d'un produit qui couvre le territoire"),
        (LAYER_NAME, Error, "Nom de couche qui n'est pas un identifiant simple"),
        (LAYER_OTHER, Warning, "Couche d'un autre nom que celui du contrat"),
        (LICENCE_MISSING, Warning, "Archive sans licence"),
        ("md_access", Error, "Métadonnées : accès public sans l'ancre « noLimitations »"),
        ("md_conformity", Error, "Métadonnées : conformité au règlement 1089/2010 non dite"),
        ("md_contact", Error, "Métadonnées : organisme ou adresse électronique absents"),
        ("md_date", Error, "Métadonnées : date du jeu ou de la fiche absente"),
        ("md_extent", Error, "Métadonnées : emprise géographique absente ou fausse"),
        ("md_identifier", Error, "Métadonnées : fileIdentifier absent"),
        (MD_IDENTIFIER_SHARED, Error, "Métadonnées : fileIdentifier de plusieurs archives"),
        ("md_language", Error, "Métadonnées : langue de la ressource autre que « fre »"),
        ("md_licence", Error, "Métadonnées : Licence Ouverte 2.0 non citée"),
        ("md_lineage", Error, "Métadonnées : généalogie qui ne dit rien du contrôle qualité"),
        ("md_reference_system", Error, "Métadonnées : projection sans l'ancre EPSG des données"),
        ("md_resolution", Error, "Métadonnées : dénominateur d'échelle qui n'est pas un entier"),
        ("md_temporal", Error, "Métadonnées : étendue temporelle absente ou d'autres années"),
        ("md_theme", Error, "Métadonnées : pas exactement un thème INSPIRE"),
        ("md_title", Error, "Métadonnées : titre sans le territoire ou le millésime"),
        ("md_unreadable", Error, "Métadonnées : pas un document ISO 19139 lisible"),
        (METADATA_MISSING, Warning, "Archive sans métadonnées ISO 19139"),
        (NOTICE_MISSING, Warning, "Archive sans LISEZMOI"),
        ("overlap", Warning, "Recouvrement"),
        (io::RING_COLLAPSED, Error, "Contour sans surface"),
        (io::RING_UNCLOSED, Error, "Contour non fermé"),
        ("self_intersection", Error, "Polygone qui se croise"),
        (SUM_FILE_MISSING, Error, "Fichier sommé qui n'est pas dans l'archive"),
        (SUM_OTHER, Error, "Somme de contrôle autre"),
        (SUM_UNLISTED, Warning, "Fichier sans somme de contrôle"),
        (SUMS_MISSING, Warning, "Archive sans sommes de contrôle"),
        (SURFACE_OTHER, Warning, "Surface écrite autre que celle du polygone"),
        (io::TEXT_LATIN1, Warning, "Texte qui n'est pas en UTF-8"),
        (UNCHANGED, Warning, "Objet d'une différence sans différence"),
        (VALUE_NULL, Error, "Valeur absente"),
        (VALUE_UNKNOWN, Error, "Valeur hors de celles admises"),
        (YEAR_OTHER, Warning, "Objet d'une autre année"),
    ]
};

/// How grave a key is and what it says; what is not listed is an error.
pub fn about(key: &str) -> (Level, &'static str) {
    let known = KEYS.iter().find(|(name, ..)| *name == key);
    known.map_or((Level::Error, ""), |&(_, level, meaning)| (level, meaning))
}

/// The key as it is listed, for one that was made elsewhere; `None` when no rule has it.
pub(super) fn listed(key: &str) -> Option<&'static str> {
    KEYS.iter().map(|(name, ..)| *name).find(|name| *name == key)
}
