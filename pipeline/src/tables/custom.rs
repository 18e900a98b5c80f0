//! Indicators of a layer of the user's own: artificialisation rate and built share of each place.

use kernels::artificialise::Artificialised;

use super::{Cell, Column, Table, Unit};
use crate::comparison::Ground;
use crate::figures::Norms;

/// What one place holds, as doubled areas in square lattice steps.
#[derive(Clone, Default)]
struct Sums {
    /// Its area within the newest vintage.
    surface: i128,
    /// Per vintage: artificial, built.
    stocks: Vec<(i128, i128)>,
    /// Became artificial, ceased to be, over all intervals.
    gross: (i128, i128),
}

/// `zones_<name>`: one row per place of a custom layer.
///
/// Places may overlap: ground in two of them counts in both, so rows are not to be added up.
pub fn table(
    ground: &Ground,
    custom: usize,
    norms: Norms<'_>,
    verdicts: &[Artificialised],
) -> Table {
    let layer = &ground.territory.customs[custom];
    let mut columns = vec![
        Column::new("code", "Code", Unit::None),
        Column::new("nom", "Nom", Unit::None),
        Column::new("surface", "Surface couverte par le dernier millésime", Unit::SquareMetres),
    ];
    for (k, vintage) in (1..).zip(&ground.vintages) {
        let year = vintage.year;
        let mut add = |key: &str, header: &str, unit| {
            columns.push(Column::new(format!("{key}_{k}"), format!("{header} {year}"), unit));
        };
        add("millesimes", "Millésime", Unit::None);
        add("surface_artif", "Surface artificialisée", Unit::SquareMetres);
        add("pourcent_artif", "Taux d'artificialisation", Unit::Percent);
        add("surface_batie", "Surface bâtie", Unit::SquareMetres);
        add("pourcent_bati", "Part bâtie", Unit::Percent);
    }
    columns.extend([
        Column::new("flux_artif", "Artificialisation", Unit::SquareMetres),
        Column::new("flux_desartif", "Désartificialisation", Unit::SquareMetres),
        Column::new("flux_artif_net", "Artificialisation nette", Unit::SquareMetres),
        Column::new(
            "flux_artif_net_annuel",
            "Artificialisation nette annualisée",
            Unit::SquareMetresPerYear,
        ),
    ]);
    let title = format!("Indicateurs par zone : {}", layer.name);
    let mut table = Table::new(format!("zones_{}", layer.name), title, columns);
    let years = ground.vintages.iter().map(|vintage| vintage.year);
    let span = years.clone().max().unwrap_or(0).saturating_sub(years.min().unwrap_or(0));
    for ((code, name), sums) in layer.places.iter().zip(sums(ground, custom, norms, verdicts)) {
        let mut row = vec![Cell::words(code), Cell::words(name), Cell::Area(sums.surface)];
        for (vintage, (artificial, built)) in ground.vintages.iter().zip(sums.stocks) {
            row.extend([
                Cell::Integer(vintage.year.into()),
                Cell::Area(artificial),
                Cell::Share(artificial, sums.surface),
                Cell::Area(built),
                Cell::Share(built, sums.surface),
            ]);
        }
        let (gained, lost) = sums.gross;
        row.extend([Cell::Area(gained), Cell::Area(lost), Cell::Area(gained - lost)]);
        row.push(Cell::AreaPerYear(gained - lost, u32::from(span)));
        table.push(row);
    }
    table
}

fn sums(
    ground: &Ground,
    custom: usize,
    norms: Norms<'_>,
    verdicts: &[Artificialised],
) -> Vec<Sums> {
    let n_vintages = ground.vintages.len();
    let empty = Sums { stocks: vec![(0, 0); n_vintages], ..Sums::default() };
    let mut all = vec![empty; ground.territory.customs[custom].places.len()];
    for face in ground.faces() {
        let places = ground.places(face, custom);
        if places.is_empty() {
            continue;
        }
        let area = ground.plane.twice_area(face);
        let ranks: Vec<Option<u32>> =
            (0..n_vintages).map(|v| ground.plane.label(face, v)).collect();
        let artificial: Vec<bool> =
            (0..n_vintages).map(|v| ground.status(face, v, &verdicts[v])).collect();
        for sums in places.into_iter().map(|place| place as usize) {
            let sums = &mut all[sums];
            sums.surface += if ranks[n_vintages - 1].is_some() { area } else { 0 };
            for (vintage, stock) in sums.stocks.iter_mut().enumerate() {
                let built = norms.capture.is_built(ground.couple(face, vintage).cs);
                stock.0 += if artificial[vintage] { area } else { 0 };
                stock.1 += if built { area } else { 0 };
            }
            for pair in artificial.windows(2) {
                sums.gross.0 += if !pair[0] && pair[1] { area } else { 0 };
                sums.gross.1 += if pair[0] && !pair[1] { area } else { 0 };
            }
        }
    }
    all
}
