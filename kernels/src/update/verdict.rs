//! Whether regions that want another class changed or had a wrong code.

use std::collections::{BTreeMap, BTreeSet};

use nomenclature::{ClassId, Couple, UpdateTables};

use super::decide::{Correction, Territory, Units};
use super::fuse::{BY_EVIDENCE, BY_IMAGERY};
use super::wishes::{Lead, unmarked};
use super::{MARGIN_ONE, Reason, UpdateParams};
use crate::label::{Labels, NO_REGION};

/// What the verdicts rest on.
pub(super) struct Judge<'a, 't> {
    pub(super) territory: &'a Territory<'t>,
    pub(super) tables: &'a UpdateTables,
    pub(super) params: &'a UpdateParams,
    /// Chance that an object carries just one given wrong code.
    pub(super) mislabel: f64,
    /// Cells of each object.
    pub(super) sizes: &'a [u64],
    /// Whether an object wants a class as a whole.
    pub(super) is_whole: &'a dyn Fn(u32, u8) -> bool,
}

/// The reasons of regions, and of the objects in them that are the exception.
pub(super) struct Verdict {
    regions: Vec<Reason>,
    /// Whole objects of regions whose code looks wrong.
    wrong: BTreeSet<(u32, u32)>,
    /// The same, to be listed.
    pub(super) corrections: Vec<Correction>,
}

impl Verdict {
    pub(super) fn reason(&self, region: u32, object: u32) -> Reason {
        if self.wrong.contains(&(region, object)) {
            return Reason::CorrectionCandidate;
        }
        self.regions[region as usize]
    }
}

/// What a region of cells that want the same class is made of.
#[derive(Debug, Clone, Default)]
struct Stats {
    n: u64,
    /// Sum of leads.
    margin: f64,
    by_imagery: u64,
    by_evidence: u64,
    /// By prior object and cover.
    parts: BTreeMap<(u32, ClassId), Part>,
}

/// What a region holds of an object.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    n: u64,
    /// Sum of leads without the allowance for wrong codes.
    margin_as_change: f64,
    /// Sum of the leads that the class had over the prior's before.
    before: f64,
}

impl Part {
    fn with(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            margin_as_change: self.margin_as_change + other.margin_as_change,
            before: self.before + other.before,
        }
    }
}

/// A whole object that wants another class.
#[derive(Debug, Clone, Copy)]
struct Whole {
    region: u32,
    object: u32,
    prior: ClassId,
    class: ClassId,
    margin: f64,
    /// What the imagery of the prior's date adds to the log-odds of a change.
    seen_before: f64,
}

/// Regions that touch.
#[derive(Debug, Clone, Default)]
struct Cluster {
    wholes: Vec<Whole>,
    /// Whether parts of objects changed in it.
    has_parts: bool,
    /// Regions with too little around their whole objects to change without one of them.
    followers: BTreeSet<u32>,
}

impl Judge<'_, '_> {
    pub(super) fn verdict(&self, labels: &Labels, clusters: &Labels, units: &Units<'_>) -> Verdict {
        let stats = self.stats(labels);
        let mut grouped = vec![Cluster::default(); clusters.regions.len()];
        let mut regions = Vec::with_capacity(stats.len());
        let mut of_cluster = Vec::with_capacity(stats.len());
        for (rank, (stats, region)) in stats.iter().zip(&labels.regions).enumerate() {
            let (class, looked_so) = unmarked(region.value);
            let cluster = clusters.region_at(i64::from(region.first.0), i64::from(region.first.1));
            of_cluster.push(cluster);
            let cluster = &mut grouped[cluster as usize];
            if looked_so {
                regions.push(Reason::SeenBefore);
                continue;
            }
            let class = ClassId(class);
            let unit = (units.least)(class);
            regions.push(self.first_look(stats, (rank as u32, class), unit, cluster));
        }
        let mut verdict = Verdict { regions, wrong: BTreeSet::new(), corrections: Vec::new() };
        for cluster in &grouped {
            self.sort_out(cluster, &mut verdict);
        }
        // Small regions beside a change are part of it: the units are for `regularise` to apply.
        let mut changed = vec![false; grouped.len()];
        for (rank, &cluster) in of_cluster.iter().enumerate() {
            changed[cluster as usize] |= verdict.regions[rank].is_change();
        }
        for (rank, stats) in stats.iter().enumerate() {
            let is_small = verdict.regions[rank] == Reason::BelowUnit;
            if is_small && changed[of_cluster[rank] as usize] {
                verdict.regions[rank] = stats.change();
            }
        }
        verdict.corrections.sort_by_key(|c| (c.object, c.seen));
        verdict
    }

    fn stats(&self, labels: &Labels) -> Vec<Stats> {
        let mut stats = vec![Stats::default(); labels.regions.len()];
        let Territory { wishes, object, prior, .. } = *self.territory;
        for row in 0..labels.dim().0 {
            let mut leads = wishes.leads(row);
            for (cols, region) in labels.runs(row).filter(|run| run.1 != NO_REGION) {
                let class = ClassId(unmarked(labels.regions[region as usize].value).0);
                let stats = &mut stats[region as usize];
                for (cols, object) in object.row(row).over(cols) {
                    for (cols, couple) in prior.row(row).over(cols) {
                        let before = Couple::from_cell(couple).cs;
                        let allowance = self.allowance(before, class);
                        stats.add((object, before), allowance, leads.by_ref().take(cols.len()));
                    }
                }
            }
        }
        stats
    }

    /// What the allowance for wrong codes added to the lead of a class.
    fn allowance(&self, prior: ClassId, class: ClassId) -> f64 {
        let p = self.tables.transition(prior, class);
        self.params.prior_weight * ((p + self.mislabel) / p).ln()
    }

    /// The reason of a region on its own; its whole objects are left to its cluster.
    fn first_look(
        &self,
        stats: &Stats,
        (region, class): (u32, ClassId),
        unit_cells: f64,
        cluster: &mut Cluster,
    ) -> Reason {
        let n = stats.n as f64;
        let margin = stats.margin / n;
        if margin < self.params.margin {
            return Reason::LowMargin;
        }
        if n < unit_cells {
            return Reason::BelowUnit;
        }
        let wholes = self.wholes(stats, class);
        let parts = stats.parts.iter().filter(|&(key, _)| !wholes.contains(key));
        let parts = parts.fold(Part::default(), |all, (_, part)| all.with(*part));
        let holds_as_change =
            parts.n > 0 && parts.margin_as_change / parts.n as f64 >= self.params.margin;
        let has_parts = holds_as_change && parts.n as f64 >= unit_cells;
        cluster.has_parts |= has_parts;
        cluster.wholes.extend(wholes.iter().map(|&(object, prior)| Whole {
            region,
            object,
            prior,
            class,
            margin,
            seen_before: -self.params.object_cells * stats.parts[&(object, prior)].before
                / stats.parts[&(object, prior)].n as f64,
        }));
        if wholes.is_empty() && !holds_as_change {
            return Reason::LowMargin;
        }
        if !wholes.is_empty() && !has_parts {
            cluster.followers.insert(region);
        }
        stats.change()
    }

    /// The objects of a region that want its class as wholes.
    fn wholes(&self, stats: &Stats, class: ClassId) -> Vec<(u32, ClassId)> {
        let is_whole = |&&(object, _): &&(u32, ClassId)| (self.is_whole)(object, class.0);
        stats.parts.keys().filter(is_whole).copied().collect()
    }

    /// Tells the whole objects of a cluster that changed from those whose code is wrong.
    fn sort_out(&self, cluster: &Cluster, verdict: &mut Verdict) {
        let together = self.odds_together(cluster);
        let mut changed = BTreeSet::new();
        for whole in &cluster.wholes {
            let odds = if cluster.wholes.len() == 1 && !cluster.has_parts {
                together
            } else {
                self.odds_in_company(whole).min(together)
            };
            if odds >= 0.0 {
                changed.insert(whole.region);
                continue;
            }
            verdict.wrong.insert((whole.region, whole.object));
            verdict.corrections.push(Correction {
                object: whole.object,
                prior: whole.prior,
                seen: whole.class,
                cells: self.territory.wishes.wanting[&(whole.object, whole.class.0)],
                of_cells: self.sizes[whole.object as usize],
                margin: whole.margin,
                change_odds: odds,
            });
        }
        for &region in cluster.followers.difference(&changed) {
            verdict.regions[region as usize] = Reason::CorrectionCandidate;
        }
    }

    /// Log-odds that an object changed, given that something beside it did.
    fn odds_in_company(&self, whole: &Whole) -> f64 {
        let stays = self.tables.transition(whole.prior, whole.prior);
        let way = self.tables.transition(whole.prior, whole.class) / (1.0 - stays).max(1e-9);
        (self.tables.contagion * way / self.mislabel).ln() + whole.seen_before
    }

    /// Log-odds that the whole objects of a cluster changed together; endless when parts of objects
    /// settle that it changed.
    fn odds_together(&self, cluster: &Cluster) -> f64 {
        if cluster.has_parts {
            return f64::INFINITY;
        }
        let alone = |w: &Whole| {
            (self.tables.transition(w.prior, w.class) / self.mislabel).ln() + w.seen_before
        };
        let first = |w: &Whole| alone(w) - self.odds_in_company(w);
        let likeliest = cluster.wholes.iter().map(first).fold(f64::NEG_INFINITY, f64::max);
        likeliest + cluster.wholes.iter().map(|w| self.odds_in_company(w)).sum::<f64>()
    }
}

impl Stats {
    /// Adds cells of an object of the prior, by that and its cover.
    ///
    /// * `allowance`: what the allowance for wrong codes added to each of their leads.
    fn add(&mut self, of: (u32, ClassId), allowance: f64, leads: impl Iterator<Item = Lead>) {
        let part = self.parts.entry(of).or_default();
        for lead in leads {
            let margin = f64::from(lead.margin) / MARGIN_ONE;
            self.n += 1;
            self.margin += margin;
            self.by_imagery += u64::from(lead.support & BY_IMAGERY != 0);
            self.by_evidence += u64::from(lead.support & BY_EVIDENCE != 0);
            let before = f64::from(lead.before) / MARGIN_ONE;
            *part = part.with(Part { n: 1, margin_as_change: margin - allowance, before });
        }
    }

    fn change(&self) -> Reason {
        match (2 * self.by_imagery >= self.n, 2 * self.by_evidence >= self.n) {
            (true, true) => Reason::ChangeImageryEvidence,
            (_, false) => Reason::ChangeImagery,
            (false, true) => Reason::ChangeEvidence,
        }
    }
}
