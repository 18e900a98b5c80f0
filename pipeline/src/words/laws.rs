//! Laws and their measures in French, for the report.

use kernels::flux::Status;

use crate::basis::Basis;
use crate::proof::{Area, Balance, Cover, Flux, Measures, Proof, Recoding, Shared, Stocks};
use crate::report::decimal;

/// No-break space, before a unit or a sign that must not begin a line.
const NBSP: char = '\u{a0}';

/// Bases of figures, each with its words.
const BASES: [Basis; 3] = [Basis::Official, Basis::Rules, Basis::Unexempted];

/// What the law says, with the variant and the years of this check.
pub fn title(proof: &Proof) -> String {
    let text = law(&proof.measures);
    let parts: Vec<&str> = proof.of.iter().map(|part| variant(part).unwrap_or(part)).collect();
    if parts.is_empty() { text.to_owned() } else { format!("{text} ({})", parts.join(", ")) }
}

/// What a variant of the figures is called; `None` for a year.
fn variant(key: &str) -> Option<&'static str> {
    match key {
        "sans_seuil" => Some("sans seuils"),
        "reel" => Some("changements réels seuls"),
        _ => BASES.into_iter().find(|basis| basis.suffix() == key).map(Basis::label),
    }
}

fn law(measures: &Measures) -> &'static str {
    match measures {
        Measures::EveryCellHasAReason { .. } => {
            "Toute cellule modifiée a un motif, toute autre garde le millésime antérieur"
        }
        Measures::NetworkNotCut { .. } => {
            "Aucune route ni voie ferrée coupée par la généralisation"
        }
        Measures::MinimumUnit { .. } => {
            "Aucune région modifiée sous son unité minimale de collecte"
        }
        Measures::CellsOfDrawing { .. } => "Le tracé avant lissage rend exactement les cellules",
        Measures::AreaOfPrior { .. } => {
            "Le millésime couvre ce que couvrait le millésime antérieur"
        }
        Measures::Coverage { .. } => "Couverture valide : ni trou, ni recouvrement, ni multipartie",
        Measures::CoverageOfVintage { .. } => {
            "Le millésime livré couvre son territoire une seule fois"
        }
        Measures::AreaOfChange { .. } => {
            "La surface des polygones de différence est celle des faces"
        }
        Measures::EvolutionIsStockDifference { .. } => {
            "La somme des évolutions est la différence des stocks artificialisés"
        }
        Measures::FluxIdentity(Flux { status: Status::Artificial, .. }) => {
            "Artificialisation : stock final − stock initial = flux brut − flux inverse, à tous les \
             niveaux"
        }
        Measures::FluxIdentity(Flux { status: Status::Impermeable, .. }) => {
            "Imperméabilisation : stock final − stock initial = flux brut − flux inverse, à tous \
             les niveaux"
        }
        Measures::CommunesAddUp { status: Status::Artificial, .. } => {
            "Artificialisation : les communes et le reste font exactement le total"
        }
        Measures::CommunesAddUp { status: Status::Impermeable, .. } => {
            "Imperméabilisation : les communes et le reste font exactement le total"
        }
        Measures::VintagesChain { .. } => {
            "Un millésime a le même stock vu de l'intervalle d'avant et de celui d'après"
        }
        Measures::Neighbours { .. } => {
            "Effet de bord : les voisins comptent dans les groupes et dans aucun chiffre"
        }
        Measures::DisagreementAddsUp(_) => {
            "Stock officiel − stock recalculé = désaccords dans un sens − dans l'autre"
        }
        Measures::VintageCoversOnce(_) => {
            "Chaque lieu est couvert par un polygone au plus du millésime"
        }
        Measures::GroundOf(_) => "Sol commun et propre de deux millésimes",
        Measures::AreaOfRepairs(_) => {
            "Surface lue, corrigée de chaque réparation = surface gardée, exactement"
        }
        Measures::CommonLevel(_) => {
            "Codes d'une autre nomenclature au niveau commun ; ceux sans équivalent sont comptés"
        }
    }
}

/// What was measured.
pub fn measured(measures: &Measures) -> String {
    match measures {
        Measures::EveryCellHasAReason { cells, most } => {
            let most = most.as_ref().map_or_else(String::new, |most| {
                format!(", surtout {} → {} ({})", most.from, most.to, count(most.cells))
            });
            let cells = counted(*cells, "cellule", "cellules");
            format!("{cells} d'une autre couverture que le millésime antérieur{most}")
        }
        Measures::NetworkNotCut { pieces_before, pieces_after } => format!(
            "{} avant, {} après",
            counted(*pieces_before, "morceau", "morceaux"),
            count(*pieces_after)
        ),
        Measures::MinimumUnit { regions, listed } => format!(
            "{}, 0 sous son unité hors les {} de la liste d'exceptions",
            counted(*regions, "région", "régions"),
            count(*listed)
        ),
        Measures::CellsOfDrawing { regions } => {
            format!("{}, 0 cellule différente", counted(*regions, "région", "régions"))
        }
        Measures::AreaOfPrior { covered_m2, excess_m2 } => format!(
            "{}, écart {} ; la somme des polygones antérieurs en diffère de {}",
            m2(*covered_m2),
            m2(Area(0)),
            m2(*excess_m2)
        ),
        Measures::Coverage { polygons, gaps_m2 } => format!(
            "{}, 0 recouvrement, 0 invalide, 0 multipartie, trous du millésime antérieur {}, 0 autre \
             trou",
            counted(*polygons, "polygone", "polygones"),
            m2(*gaps_m2)
        ),
        Measures::CoverageOfVintage { covered_m2 } => format!(
            "{} couverts une fois, trous {zero}, recouvrements {zero}",
            m2(*covered_m2),
            zero = m2(Area(0))
        ),
        Measures::AreaOfChange { changed_m2: area }
        | Measures::EvolutionIsStockDifference { net_m2: area } => no_gap(&m2(*area)),
        Measures::FluxIdentity(flux) => of_flux(flux),
        Measures::CommunesAddUp { territories, .. } => no_gap(&format!(
            "{}, reste compris",
            counted(*territories, "territoire", "territoires")
        )),
        Measures::VintagesChain { vintages } => no_gap(&format!("{} millésimes", count(*vintages))),
        Measures::Neighbours { polygons, gained_m2, lost_m2 } => format!(
            "{} au-delà de la limite, dans aucun chiffre ; grâce à eux {} sont artificialisés et {} \
             ne le sont pas",
            counted(*polygons, "polygone", "polygones"),
            m2(*gained_m2),
            m2(*lost_m2)
        ),
        Measures::DisagreementAddsUp(stocks) => of_stocks(stocks),
        Measures::VintageCoversOnce(cover) => of_cover(cover),
        Measures::GroundOf(shared) => of_shared(shared),
        Measures::AreaOfRepairs(balance) => of_balance(balance),
        Measures::CommonLevel(recoding) => of_recoding(recoding),
    }
}

fn of_flux(flux: &Flux) -> String {
    no_gap(&difference(
        [flux.stock_after_m2, flux.stock_before_m2],
        [flux.flux_m2, flux.reverse_m2],
    ))
}

fn of_stocks(stocks: &Stocks) -> String {
    let law = difference(
        [stocks.official_m2, stocks.recomputed_m2],
        [stocks.only_official_m2, stocks.only_recomputed_m2],
    );
    format!(
        "{} ; {} du stock officiel sur des couples non artificialisés selon la matrice ; {} sans \
         statut publié ; {} publiés avec les deux statuts",
        no_gap(&law),
        m2(stocks.beyond_matrix_m2),
        m2(stocks.unpublished_m2),
        m2(stocks.disputed_m2)
    )
}

fn of_cover(cover: &Cover) -> String {
    format!(
        "{} couverts, {} couverts deux fois, {} hors des communes, {} des communes non couverts",
        m2(cover.covered_m2),
        m2(cover.twice_m2),
        m2(cover.outside_m2),
        m2(cover.uncovered_m2)
    )
}

fn of_shared(shared: &Shared) -> String {
    format!(
        "{} dans les deux, {} en {} seulement, {} en {} seulement",
        m2(shared.both_m2),
        m2(shared.only_before_m2),
        shared.before,
        m2(shared.only_after_m2),
        shared.after
    )
}

fn of_balance(balance: &Balance) -> String {
    no_gap(&format!(
        "lu {} + ajouté {} − perdu {} − réattribué {} = gardé {}",
        m2(balance.read_m2),
        m2(balance.invented_m2),
        m2(balance.lost_m2),
        m2(balance.reassigned_m2),
        m2(balance.kept_m2)
    ))
}

fn of_recoding(recoding: &Recoding) -> String {
    let list = recoding.lost.iter().map(|loss| {
        let polygons = counted(loss.polygons, "polygone", "polygones");
        format!("« {} » {polygons}, {}", loss.code, m2(loss.area_m2))
    });
    let list: Vec<String> = list.collect();
    let lost = if list.is_empty() { "aucun".to_owned() } else { list.join(" ; ") };
    format!(
        "{} lus en {}, comparés en {} ; codes sans équivalent : {lost}",
        counted(recoding.polygons, "polygone", "polygones"),
        recoding.read_in,
        recoding.compared_in
    )
}

/// `3 m² − 2 m² = 1 m² − 0 m²`.
fn difference(left: [Area; 2], right: [Area; 2]) -> String {
    let [of_left, of_right] = [left, right].map(|side| side.map(m2).join(" − "));
    format!("{of_left} = {of_right}")
}

fn no_gap(text: &str) -> String {
    format!("{text}, écart {}", m2(Area(0)))
}

/// Square metres with every decimal that is not zero: these figures are exact.
fn m2(area: Area) -> String {
    format!("{}{NBSP}m²", decimal(format!("{area:.5}").trim_end_matches('0').trim_end_matches('.')))
}

fn count(n: u64) -> String {
    decimal(&n.to_string())
}

fn counted(n: u64, one: &str, several: &str) -> String {
    format!("{} {}", count(n), if n < 2 { one } else { several })
}

#[cfg(test)]
mod tests;
