//! Every law that a command checks, with the figures that show that it holds.

use std::fmt;

use kernels::flux::Status;
use serde::{Deserialize, Serialize};

use super::Area;

/// A law and its figures; the sentences of its `Display` are English.
///
/// The match over the laws is exhaustive here and in [`crate::words::laws`]: a law without words
/// in one of the two languages does not compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "law", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each field is the figure that its name and its sentence say")]
pub enum Measures {
    /// Every cell that changed has a reason, every other one keeps the prior's cover.
    EveryCellHasAReason { cells: u64, most: Option<Move> },
    /// The capture rules cut no road and no railway.
    NetworkNotCut { pieces_before: u64, pieces_after: u64 },
    /// No region is below its minimum unit, but those listed.
    MinimumUnit { regions: u64, listed: u64 },
    /// Outlines give back their cells, before they are smoothed.
    CellsOfDrawing { regions: u64 },
    /// The vintage covers the ground that the prior covers; `excess_m2` is what the prior's
    /// polygons add up to beyond it.
    AreaOfPrior { covered_m2: Area, excess_m2: Area },
    /// The vintage is a valid coverage, but for the gaps of the prior.
    Coverage { polygons: u64, gaps_m2: Area },
    /// The delivered vintage covers its ground once.
    CoverageOfVintage { covered_m2: Area },
    /// Difference polygons have the area of their faces.
    AreaOfChange { changed_m2: Area },
    /// The evolution's polygons add up to the difference of the artificial stocks.
    EvolutionIsStockDifference { net_m2: Area },
    /// Stock after - stock before = flux - reverse flux, at every level.
    FluxIdentity(Flux),
    /// Territories and the remainder add up to the whole.
    CommunesAddUp { status: Status, territories: u64 },
    /// A vintage has the same stock seen from the interval before it and from the one after.
    VintagesChain { vintages: u64 },
    /// Neighbours count in the groups of the thresholds and in no figure.
    Neighbours { polygons: u64, gained_m2: Area, lost_m2: Area },
    /// Official stock - recomputed stock = what only one of them has.
    DisagreementAddsUp(Stocks),
    /// No place is covered by two polygons of a vintage.
    VintageCoversOnce(Cover),
    /// What two vintages share of the ground.
    GroundOf(Shared),
    /// Area read, with every repair = area kept.
    AreaOfRepairs(Balance),
    /// Codes were taken to the level of another nomenclature.
    CommonLevel(Recoding),
}

/// The most frequent change of cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Code before.
    pub from: String,
    /// Code after.
    pub to: String,
    /// How many cells.
    pub cells: u64,
}

/// A stock at two dates, and what moved between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flux {
    /// Of what.
    pub status: Status,
    /// Stock at the older date.
    pub stock_before_m2: Area,
    /// Stock at the newer date.
    pub stock_after_m2: Area,
    /// What came in.
    pub flux_m2: Area,
    /// What went out.
    pub reverse_m2: Area,
}

/// The official artificial stock of a vintage beside the one that the rules give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stocks {
    /// Official stock.
    pub official_m2: Area,
    /// Stock by the rules.
    pub recomputed_m2: Area,
    /// Artificial in the official layer only.
    pub only_official_m2: Area,
    /// Artificial by the rules only.
    pub only_recomputed_m2: Area,
    /// Official stock on couples that are not artificial by the matrix.
    pub beyond_matrix_m2: Area,
    /// Ground without a published status.
    pub unpublished_m2: Area,
    /// Ground published with both statuses.
    pub disputed_m2: Area,
}

/// Ground by what a vintage covers of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cover {
    /// Covered by the vintage.
    pub covered_m2: Area,
    /// Covered by several of its polygons.
    pub twice_m2: Area,
    /// Covered by the vintage, outside every commune.
    pub outside_m2: Area,
    /// Inside a commune, not covered by the vintage: gaps, and ground beyond its limits.
    pub uncovered_m2: Area,
}

/// Ground of two vintages, together and apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The older year.
    pub before: u16,
    /// The newer year.
    pub after: u16,
    /// In both.
    pub both_m2: Area,
    /// In the older one only.
    pub only_before_m2: Area,
    /// In the newer one only.
    pub only_after_m2: Area,
}

/// Areas of a repaired file: read + invented - lost - reassigned = kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Of the polygons read.
    pub read_m2: Area,
    /// That no polygon had in the file.
    pub invented_m2: Area,
    /// That polygons no longer have.
    pub lost_m2: Area,
    /// That another polygon keeps.
    pub reassigned_m2: Area,
    /// Of the polygons kept.
    pub kept_m2: Area,
}

/// A vintage taken to the level of another nomenclature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recoding {
    /// Polygons of the vintage.
    pub polygons: u64,
    /// Id of the nomenclature of the file.
    pub read_in: String,
    /// Id of the nomenclature of the comparison.
    pub compared_in: String,
    /// Codes that have no class there.
    pub lost: Vec<Loss>,
}

/// Polygons of a code that the common nomenclature has no class for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The code.
    pub code: String,
    /// How many codes of polygons.
    pub polygons: u64,
    /// Their area.
    pub area_m2: Area,
}

impl Measures {
    /// The law's stable name, with the status that it is about.
    pub fn name(&self) -> &'static str {
        match self {
            Self::EveryCellHasAReason { .. } => "every_cell_has_a_reason",
            Self::NetworkNotCut { .. } => "network_not_cut",
            Self::MinimumUnit { .. } => "minimum_unit",
            Self::CellsOfDrawing { .. } => "cells_of_drawing",
            Self::AreaOfPrior { .. } => "area_of_prior",
            Self::Coverage { .. } => "coverage",
            Self::CoverageOfVintage { .. } => "coverage_of_vintage",
            Self::AreaOfChange { .. } => "area_of_change",
            Self::EvolutionIsStockDifference { .. } => "evolution_is_stock_difference",
            Self::FluxIdentity(Flux { status: Status::Artificial, .. }) => {
                "flux_identity_artificial"
            }
            Self::FluxIdentity(Flux { status: Status::Impermeable, .. }) => {
                "flux_identity_impermeable"
            }
            Self::CommunesAddUp { status: Status::Artificial, .. } => "communes_add_up_artificial",
            Self::CommunesAddUp { status: Status::Impermeable, .. } => {
                "communes_add_up_impermeable"
            }
            Self::VintagesChain { .. } => "vintages_chain",
            Self::Neighbours { .. } => "neighbours",
            Self::DisagreementAddsUp(_) => "disagreement_adds_up",
            Self::VintageCoversOnce(_) => "vintage_covers_once",
            Self::GroundOf(_) => "ground_of",
            Self::AreaOfRepairs(_) => "area_of_repairs",
            Self::CommonLevel(_) => "common_level",
        }
    }
}

impl fmt::Display for Measures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EveryCellHasAReason { cells, most } => {
                write!(f, "{cells} cells of another cover than the prior")?;
                most.as_ref().map_or(Ok(()), |most| write!(f, ", most of them {most}"))
            }
            Self::NetworkNotCut { pieces_before, pieces_after } => {
                write!(f, "{pieces_before} pieces before, {pieces_after} after")
            }
            Self::MinimumUnit { regions, listed } => {
                write!(f, "{regions} regions, 0 below their unit besides {listed} listed")
            }
            Self::CellsOfDrawing { regions } => {
                write!(f, "{regions} regions, 0 cells differ before smoothing")
            }
            Self::AreaOfPrior { covered_m2, excess_m2 } => {
                write!(f, "{covered_m2} m2, difference 0 m2; ")?;
                write!(f, "the prior's polygons add up to {excess_m2} m2 more")
            }
            Self::Coverage { polygons, gaps_m2 } => {
                write!(f, "{polygons} polygons, 0 overlap, 0 invalid, 0 multipart, ")?;
                write!(f, "gaps of the prior {gaps_m2} m2, 0 other gap")
            }
            Self::CoverageOfVintage { covered_m2 } => {
                write!(f, "{covered_m2} m2 covered once, gaps 0 m2, overlaps 0 m2")
            }
            Self::AreaOfChange { changed_m2 } => write!(f, "{changed_m2} m2, difference 0 m2"),
            Self::EvolutionIsStockDifference { net_m2 } => {
                write!(f, "{net_m2} m2 both ways, difference 0 m2")
            }
            Self::FluxIdentity(flux) => flux.fmt(f),
            Self::CommunesAddUp { territories, .. } => {
                write!(f, "{territories} territories with the remainder, difference 0 m2")
            }
            Self::VintagesChain { vintages } => {
                write!(f, "{vintages} vintages, stocks equal from both sides, difference 0 m2")
            }
            Self::Neighbours { polygons, gained_m2, lost_m2 } => {
                write!(f, "{polygons} polygons beyond the limit, in no figure; thanks to them ")?;
                write!(f, "{gained_m2} m2 are artificial and {lost_m2} m2 are not")
            }
            Self::DisagreementAddsUp(stocks) => stocks.fmt(f),
            Self::VintageCoversOnce(cover) => cover.fmt(f),
            Self::GroundOf(shared) => shared.fmt(f),
            Self::AreaOfRepairs(balance) => write!(f, "{balance}, difference 0 m2"),
            Self::CommonLevel(recoding) => recoding.fmt(f),
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} ({})", self.from, self.to, self.cells)
    }
}

impl fmt::Display for Flux {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stock_before_m2, stock_after_m2, flux_m2, reverse_m2, .. } = self;
        write!(f, "{stock_after_m2} - {stock_before_m2} = {flux_m2} - {reverse_m2} m2 ")?;
        write!(f, "at every level and by code, difference 0")
    }
}

impl fmt::Display for Stocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { official_m2, recomputed_m2, only_official_m2, only_recomputed_m2, .. } = self;
        write!(f, "official {official_m2} - recomputed {recomputed_m2} = ")?;
        write!(f, "{only_official_m2} - {only_recomputed_m2} m2, difference 0; ")?;
        write!(f, "{} m2 of the official stock on couples that are not ", self.beyond_matrix_m2)?;
        write!(f, "artificial by the matrix; {} m2 without a published ", self.unpublished_m2)?;
        write!(f, "status; {} m2 published with two", self.disputed_m2)
    }
}

impl fmt::Display for Cover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} m2 covered, {} m2 covered twice, ", self.covered_m2, self.twice_m2)?;
        write!(f, "{} m2 outside the communes, ", self.outside_m2)?;
        write!(f, "{} m2 of the communes not covered", self.uncovered_m2)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, after, both_m2, only_before_m2, only_after_m2 } = self;
        write!(f, "{both_m2} m2 in both, {only_before_m2} m2 in {before} only, ")?;
        write!(f, "{only_after_m2} m2 in {after} only")
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read_m2, invented_m2, lost_m2, reassigned_m2, kept_m2 } = self;
        write!(f, "read {read_m2:.5} m2 + invented {invented_m2:.5} - lost {lost_m2:.5} ")?;
        write!(f, "- reassigned {reassigned_m2:.5} = kept {kept_m2:.5} m2")
    }
}

impl fmt::Display for Recoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { polygons, read_in, compared_in, lost } = self;
        let n_lost: u64 = lost.iter().map(|loss| loss.polygons).sum();
        write!(f, "{polygons} polygons read in {read_in} and compared in {compared_in}; ")?;
        let of_code = lost
            .iter()
            .map(|loss| format!("`{}` {} polygons {} m2", loss.code, loss.polygons, loss.area_m2));
        let list: Vec<String> = of_code.collect();
        let list = if list.is_empty() { "none".to_owned() } else { list.join(", ") };
        write!(f, "{n_lost} codes without image: {list}")
    }
}
