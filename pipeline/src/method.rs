//! What the tables and the report say of how their figures were made, in French.

use nomenclature::RuleSet;

use crate::VERSION;
use crate::config::Config;
use crate::judge::Judge;
use crate::tables::xlsx::Method;

/// Pairs of a subject and its explanation.
pub fn of(config: &Config, judge: &Judge) -> Box<Method> {
    let RuleSet { title, article, thresholds, .. } = &config.rules;
    let pairs = [
        ("Logiciel", format!("millesime {VERSION}")),
        ("Département", config.department.code().to_owned()),
        ("Millésimes", format!("{} et {}", config.prior.vintage, config.vintage)),
        (
            "Nomenclature",
            format!("{} ({})", config.nomenclature.title(), config.nomenclature.id()),
        ),
        ("Règles d'artificialisation", format!("{title} ({})", judge.rule_set())),
        ("Texte", article.clone()),
        (
            "Seuils",
            format!(
                "groupes de polygones qui se touchent : {} m² ; bâti : {} m² d'emprise ; forçage au \
                 voisinage du bâti : {}",
                thresholds.other_min_m2,
                thresholds.built_min_m2,
                if thresholds.forcing { "oui" } else { "non" }
            ),
        ),
        (
            "Calcul",
            "Tous les contours (deux millésimes, communes, zonages) sont croisés une seule fois, en \
             nombres entiers au centimètre ; chaque chiffre est une somme exacte sur les mêmes \
             faces. Stock final moins stock initial égale flux brut moins flux inverse, sans écart, \
             à tous les niveaux ; les communes et le reste indiqué font le total."
                .to_owned(),
        ),
        (
            "Sans seuils",
            "Colonnes « sans_seuil » : la matrice des couples seule, sans seuil de surface."
                .to_owned(),
        ),
        (
            "Changements réels",
            "Colonnes « reel » : sans les écarts classés en décalage de limite, sous le seuil, \
             changement de nomenclature ou correction. Rien n'est supprimé : les deux séries sont \
             publiées."
                .to_owned(),
        ),
        ("Surfaces", "En m², calculées dans la projection légale du département.".to_owned()),
        (
            "Limite du département",
            "Les groupes de polygones sont coupés à la limite du territoire traité : un groupe à \
             cheval peut passer sous le seuil."
                .to_owned(),
        ),
    ];
    pairs.into_iter().map(|(subject, text)| (subject.to_owned(), text)).collect()
}
