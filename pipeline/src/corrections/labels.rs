//! What the columns of a correction are called in French, in forms and in sheets.

/// The columns with their names, in the order in which people read them: what is asked, what came of
/// it, what it comes from.
pub const LABELS: [(&str, &str); 32] = [
    ("correction_id", "Identifiant"),
    ("vintage", "Millésime"),
    ("object_id", "Objet"),
    ("dimension", "Dimension"),
    ("kind", "Nature"),
    ("current_code", "Code actuel"),
    ("proposed_code", "Code proposé"),
    ("local_code", "Code local"),
    ("local_nomenclature", "Nomenclature locale"),
    ("standing", "État"),
    ("comment", "Commentaire"),
    ("evidence", "Éléments d'appui"),
    ("area_m2", "Surface (m²)"),
    ("artif_before", "Statut avant correction"),
    ("artif_after", "Statut après correction"),
    ("confidence", "Confiance (0 à 1)"),
    ("ign_report_id", "Numéro du signalement à l'IGN"),
    ("ign_status", "Réponse de l'IGN"),
    ("ign_status_at", "Date de la réponse"),
    ("verdict", "Verdict"),
    ("verdict_share", "Part appliquée (0 à 1)"),
    ("verdict_reason", "Motif du verdict"),
    ("verdict_version", "Version examinée"),
    ("applied_in_version", "Appliquée dans la version"),
    ("author_org", "Contributeur"),
    ("origin", "Origine"),
    ("source", "Source"),
    ("source_ref", "Référence dans la source"),
    ("insee", "Commune"),
    ("department", "Département"),
    ("source_version", "Version corrigée"),
    ("anchor", "Point intérieur"),
];

/// The French name of a column; the column itself when it has none.
pub fn label(column: &str) -> &str {
    LABELS.iter().find(|(key, _)| *key == column).map_or(column, |(_, label)| label)
}
