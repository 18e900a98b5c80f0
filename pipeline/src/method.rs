//! What the tables and the report say of how their figures were made, in French.

use nomenclature::{Nomenclature, RuleSet};

use serde::{Deserialize, Serialize};

use crate::VERSION;
use crate::config::Config;
use crate::neighbours::MARGIN_M;
use crate::report::leaflet;
use crate::tables::xlsx::Method;
use crate::tables::{Cell, Column, Table, Unit};

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
    /// What was chosen besides.
    pub choices: &'a Choices,
}

/// What was chosen besides the rule set, by the names of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choices {
    /// Delivered ARTIF layers, one per vintage, or none.
    pub officials: Vec<String>,
    /// Exempted places.
    pub exemptions: Option<String>,
    /// Vintages of the neighbouring departments.
    pub neighbours: Vec<String>,
    /// A ledger whose accepted corrections are no change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrections: Option<String>,
}

/// Nothing but the rule set.
pub static NO_CHOICE: Choices =
    Choices { officials: Vec::new(), exemptions: None, neighbours: Vec::new(), corrections: None };

/// The rules and the choices of figures in one line, as every output names them.
pub fn statement(rules: &RuleSet, choices: &Choices) -> String {
    let RuleSet { id, title, thresholds, .. } = rules;
    let yes = |yes: bool| if yes { "oui" } else { "non" };
    let source =
        if choices.officials.is_empty() { "recalculé" } else { "officiel (couche ARTIF)" };
    let exemptions = choices.exemptions.as_deref().unwrap_or("aucune");
    format!(
        "Règles : {id} — {title} ; statut {source} ; seuil {} m² ; forçage : {} ; exemptions : \
         {exemptions} ; voisins : {}",
        thresholds.other_min_m2,
        yes(thresholds.forcing),
        yes(!choices.neighbours.is_empty())
    )
}

/// The pairs of a method as a table, for those who read CSV.
pub fn table(method: &Method) -> Table {
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let columns = vec![plain("sujet", "Sujet"), plain("explication", "Explication")];
    let mut table = Table::new("methode", "Méthode", columns);
    for (subject, text) in method {
        table.push(vec![Cell::words(subject), Cell::words(text)]);
    }
    table
}

impl<'a> Subject<'a> {
    /// Vintages that are all written in one nomenclature.
    pub fn in_one(
        department: &'a str,
        years: &'a [u16],
        nomenclature: &'a Nomenclature,
        rules: &'a RuleSet,
    ) -> Self {
        Self { department, years, nomenclature, recoded: &[], rules, choices: &NO_CHOICE }
    }
}

/// Pairs of a subject and its explanation, for a run.
pub fn of(config: &Config) -> Box<Method> {
    let years = config.years();
    let department = config.department.code();
    let choices = config.choices();
    let subject = Subject::in_one(department, &years, &config.nomenclature, &config.rules);
    pairs(&Subject { choices: &choices, ..subject })
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
    let Subject { department, years, nomenclature, rules, choices, .. } = *subject;
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
                "groupes de polygones qui se touchent : {} m² ; bâti rétabli près d'un sol non \
                 artificialisé à partir de {} m² (l'annexe compte le bâti à partir de {} m² ; la \
                 forme exécutable publique n'applique pas ce minimum) ; forçage au voisinage du \
                 bâti : {}. Les groupes absorbés ou comblés sont listés dans seuils_*.csv.",
                thresholds.other_min_m2,
                thresholds.restored_min_m2,
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
            "Niveaux",
            "EPCI, SCoT, département et région sont la somme de leurs communes présentes dans la \
             couche des communes : une région n'est donc comptée que pour sa part traitée. Une \
             commune sans surface artificialisée garde sa ligne et compte au dénominateur."
                .to_owned(),
        ),
        (
            "Annualisation",
            "Colonnes « annuel » : le flux divisé par le nombre d'années entre les deux millésimes, \
             ou entre le premier et le dernier. Toutes les lignes d'un tableau portent sur les mêmes \
             années."
                .to_owned(),
        ),
        ("Carte interactive des pages", library()),
        ("Statut artificialisé", official(choices)),
        ("Exemptions", exempted(choices)),
        ("Limite du département", limit(choices)),
    ];
    let pairs = pairs.into_iter().chain(corrected(choices)).chain(level(subject));
    pairs.map(|(subject, text)| (subject.to_owned(), text)).collect()
}

/// What accepted corrections take out of true change.
fn corrected(choices: &Choices) -> Option<(&'static str, String)> {
    let file = choices.corrections.as_ref()?;
    let text = format!(
        "Un écart que des corrections acceptées du millésime antérieur ({file}) suffisent à \
         expliquer, sur plus de la moitié de sa surface, est classé « correction » et non \
         changement : le nouveau code est celui qu'elles proposent, dans chaque dimension qui \
         diffère. Pour un contour redessiné, c'est le sol gagné par l'objet. La table \
         ecarts_corriges les compte à part de ceux du correctif de l'IGN."
    );
    Some(("Corrections du registre", text))
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

/// What draws the maps of the pages, which is not ours.
fn library() -> String {
    let (version, hash) = (leaflet::VERSION, leaflet::sha256());
    format!("Bibliothèque Leaflet {version} (licence BSD à deux clauses), SHA-256 {hash}.")
}

/// Whose word makes the ground artificial.
fn official(choices: &Choices) -> String {
    if choices.officials.is_empty() {
        return "Recalculé depuis les couples par les règles ci-dessus.".to_owned();
    }
    format!(
        "Officiel : couches ARTIF publiées ({}), prises telles quelles ; un sol sans statut publié \
         n'est pas artificialisé. Colonnes « recalcule » : le statut selon les règles ci-dessus. \
         Désaccords : tables desaccord*, couches disagreement_*.gpkg.",
        choices.officials.join(", ")
    )
}

/// What is exempted, and from what.
fn exempted(choices: &Choices) -> String {
    match &choices.exemptions {
        None => "Aucune.".to_owned(),
        Some(file) => format!(
            "Le sol couvert par {file} est retiré du stock recalculé, exactement là où il est \
             couvert (choix de la collectivité, article R. 101-1). Un statut officiel n'est pas \
             modifié. Colonnes « sans_exemption » : sans ce retrait ; détail dans la table \
             exemptions."
        ),
    }
}

/// What is done about groups that the limit of the department cuts.
fn limit(choices: &Choices) -> String {
    if choices.neighbours.is_empty() {
        return "Effet de bord : les départements voisins ne sont pas fournis ; les groupes de \
                polygones sont coupés à la limite du territoire traité et un groupe à cheval peut \
                passer sous le seuil."
            .to_owned();
    }
    format!(
        "Effet de bord évité : les polygones voisins ({}) à moins de {MARGIN_M} m comptent dans les \
         groupes des seuils, et dans aucun chiffre.",
        choices.neighbours.join(", ")
    )
}
