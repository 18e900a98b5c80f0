//! What laws, flaws and layers are called in French.

use kernels::change::ChangeKind;

pub mod features;
pub mod laws;

/// What a flaw is called whose key has no words: of a journal that another version wrote.
const UNNAMED: &str = "Autre défaut des données";

/// What a kind of change is called.
pub fn change(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Real => "réel",
        ChangeKind::Shift => "décalage de contour",
        ChangeKind::Threshold => "sous l'unité minimale",
        ChangeKind::Nomenclature => "changement de nomenclature",
        ChangeKind::Correction => "correction du millésime antérieur",
    }
}

/// What a flaw of the data is; its key stands beside it wherever it is shown.
pub fn flaw(key: &str) -> &'static str {
    named(key).unwrap_or(UNNAMED)
}

/// Whether a flaw has words of its own, as every flaw must that this version counts.
pub fn has_flaw(key: &str) -> bool {
    named(key).is_some()
}

fn named(key: &str) -> Option<&'static str> {
    Some(match key {
        "artif_null" => "Objets sans statut d'artificialisation publié",
        "cell_without_imagery" => "Cellules du territoire sans image",
        "code_null" => "Codes absents",
        "code_unknown" => "Codes inconnus de la nomenclature",
        "code_undetermined" => "Codes indéterminés",
        "code_without_image" => "Codes sans équivalent dans la nomenclature commune",
        "code_not_leaf" => "Codes d'un poste trop général",
        "communes_overlap" => "Sol de plusieurs communes : compté dans la première",
        "commune_merged" => "Communes fusionnées depuis la date de leur fichier",
        "commune_unknown_to_cog" => "Communes absentes du code officiel géographique",
        "coordinate_not_finite" => "Coordonnées qui ne sont pas des nombres",
        "coordinate_out_of_range" => "Coordonnées hors de tout système français",
        "couple_unlisted" => "Couples absents de la nomenclature",
        "curve_linearised" => "Arcs remplacés par leurs cordes",
        "crs_assumed" => "Couches sans système de coordonnées : celui du département",
        "crs_reprojected" => "Couches reprojetées",
        "diff_overlap" => "Sol de plusieurs polygones de différence : compté une fois",
        "duplicate_conflict" => "Doublons aux codes différents",
        "duplicate_geometry" => "Polygones en double",
        "evidence_without_feature" => "Couches d'évidence sans objet sur le territoire",
        "format_passed_over" => "Fichiers du même produit dans un autre format",
        "geometry_unsupported" => "Géométries d'un genre inconnu",
        "ground_without_height" => "Territoire sans dalle de hauteur",
        "ground_without_prediction" => "Territoire sans dalle de prédiction",
        "ground_without_prior" => "Territoire hors du millésime antérieur",
        "ground_without_tile" => "Territoire sans dalle d'image",
        "hole_outside" => "Trous hors de leur contour",
        "invalid_ring" => "Contours en aller-retour",
        "not_reprojected" => "Objets impossibles à reprojeter",
        "zero_area" => "Polygones sans surface",
        "gap" => "Trous de couverture",
        "below_unit" => "Polygones sous leur unité minimale de collecte",
        "micro_object" => "Micro-objets",
        "micro_segment" => "Micro-segments",
        "neighbours_merged" => "Voisins de mêmes codes, fusionnés",
        "neighbours_unmerged" => "Voisins de mêmes codes, non fusionnés",
        "outside_outline" => "Sol couvert hors du contour",
        "geometry_not_polygon" => "Lignes ou points parmi les polygones",
        "noding" => "Côtés ramenés à la grille du centimètre",
        "overlap" => "Recouvrements",
        "part_below_unit" => "Restes d'un découpage, sous leur unité minimale de collecte",
        "prediction_class_unknown" => "Valeurs d'une prédiction hors de sa table de classes",
        "polygon_covered" => "Polygones entièrement recouverts",
        "polygon_split" => "Polygones séparés en morceaux",
        "self_intersection" => "Polygones qui se croisent",
        "sliver" => "Polygones effilés",
        "usage_rule_nature_misspelt" => "Natures qu'une règle d'usage nomme et que nul objet n'a",
        "tiles_overlap" => "Dalles qui se recouvrent : la première compte",
        "tiles_overlap_all" => "Dalles qui se recouvrent : tous leurs pixels comptent",
        "unmatched_edge" => "Sommets sur le côté d'un voisin",
        "year_other" => "Objets d'une autre année",
        "code_collapsed" => "Codes anciens ou détaillés ramenés à leur poste",
        "id_duplicate" => "Identifiants en double",
        "id_missing" => "Identifiants absents",
        "line_width_missing" => "Lignes sans largeur",
        "geometry_null" => "Objets sans géométrie",
        "geometry_empty" => "Géométries vides",
        "geometry_multipart" => "Objets en plusieurs parties",
        "ring_self_intersection" => "Contours qui se croisent",
        "ring_self_touch" => "Contours qui se touchent",
        "ring_collapsed" => "Contours sans surface",
        "ring_unclosed" => "Contours non fermés",
        "height_dropped" => "Altitudes ignorées",
        "text_latin1" => "Textes en latin-1",
        _ => return None,
    })
}

/// What a layer of evidence is.
pub fn evidence(layer: nomenclature::Layer) -> &'static str {
    use nomenclature::Layer;
    match layer {
        Layer::Buildings => "bâtiments",
        Layer::Roads => "routes",
        Layer::Rail => "voies ferrées",
        Layer::Water => "surfaces en eau",
        Layer::Crops => "parcelles agricoles",
        Layer::Forest => "formations boisées",
        Layer::Cemeteries => "cimetières",
        Layer::Sports => "terrains de sport",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown_in_the_place_of_words() {
        assert!(has_flaw("overlap") && !has_flaw("of_another_version"));
        assert_eq!(flaw("overlap"), "Recouvrements");
        assert_eq!(flaw("of_another_version"), UNNAMED);
    }
}
