//! What the tables and the report say of how their figures were made, in French.

use nomenclature::{Nomenclature, RuleSet};

use crate::VERSION;
use crate::config::Config;
use crate::tables::xlsx::Method;

/// What the figures were made with.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Department code.
    pub department: &'a str,
    /// Years of the vintages, oldest first.
    pub years: &'a [u16],
    /// What the codes mean.
    pub nomenclature: &'a Nomenclature,
    /// Year and nomenclature of the vintages written in another one.
    pub recoded: &'a [(u16, &'a Nomenclature)],
    /// The rule set.
    pub rules: &'a RuleSet,
}

impl<'a> Subject<'a> {
    /// Vintages that are all written in one nomenclature.
    pub fn in_one(
        department: &'a str,
        years: &'a [u16],
        nomenclature: &'a Nomenclature,
        rules: &'a RuleSet,
    ) -> Self {
        Self { department, years, nomenclature, recoded: &[], rules }
    }
}

/// Pairs of a subject and its explanation, for a run.
pub fn of(config: &Config) -> Box<Method> {
    let years = [config.prior.vintage, config.vintage];
    let department = config.department.code();
    pairs(&Subject::in_one(department, &years, &config.nomenclature, &config.rules))
}

/// Pairs of a subject and its explanation, for figures made from a difference layer alone.
pub fn of_difference(subject: &Subject<'_>) -> Box<Method> {
    let RuleSet { id, title, article, .. } = subject.rules;
    let years: Vec<String> = subject.years.iter().map(u16::to_string).collect();
    let pairs = [
        ("Logiciel", format!("millesime {VERSION}")),
        ("Millésimes", years.join(", ")),
        ("Nomenclature", subject.nomenclature.id().to_owned()),
        ("Règles d'artificialisation", format!("{title} ({id})")),
        ("Texte", article.clone()),
        (
            "Seuils",
            "Non appliqués : une couche de différence ne contient pas les stocks ; seuls les \
             couples décident."
                .to_owned(),
        ),
        (
            "Recouvrements",
            "Un sol couvert par plusieurs polygones de différence compte une fois, avec le premier."
                .to_owned(),
        ),
        ("Surfaces", "En m², calculées dans la projection légale du département.".to_owned()),
    ];
    pairs.into_iter().map(|(subject, text)| (subject.to_owned(), text)).collect()
}

/// Pairs of a subject and its explanation.
pub fn pairs(subject: &Subject<'_>) -> Box<Method> {
    let Subject { department, years, nomenclature, rules, .. } = *subject;
    let RuleSet { id, title, article, thresholds, .. } = rules;
    let years: Vec<String> = years.iter().map(u16::to_string).collect();
    let pairs = [
        ("Logiciel", format!("millesime {VERSION}")),
        ("Département", department.to_owned()),
        ("Millésimes", years.join(", ")),
        ("Nomenclature", format!("{} ({})", nomenclature.title(), nomenclature.id())),
        ("Règles d'artificialisation", format!("{title} ({id})")),
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
    let pairs = pairs.into_iter().chain(level(subject));
    pairs.map(|(subject, text)| (subject.to_owned(), text)).collect()
}

/// How vintages in other nomenclatures are compared.
fn level(subject: &Subject<'_>) -> Option<(&'static str, String)> {
    let [first, ..] = subject.recoded else { return None };
    let list: Vec<String> =
        subject.recoded.iter().map(|(year, own)| format!("{year} : {}", own.id())).collect();
    let text = format!(
        "{} : chaque code de ces millésimes est ramené au poste de {} où il s'emboîte ; les codes \
         d'origine restent dans la colonne code_or. Un écart que l'emboîtement suffit à expliquer \
         (agrégat, emboîtement publié puis corrigé, poste que la nomenclature de {} ne peut pas \
         écrire) est classé « nomenclature ». Un code sans équivalent est compté avec sa surface.",
        list.join(" ; "),
        subject.nomenclature.id(),
        first.0,
    );
    Some(("Passage des nomenclatures", text))
}
