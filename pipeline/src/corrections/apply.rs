//! Apply: a vintage with the corrections of a ledger, every change with who asked for it and why.
//!
//! The result folder holds the corrected vintage, the vintage as it was byte for byte, the ledger
//! that was applied, and a table of what became of every correction. From these the application can
//! be taken back, in whole or correction by correction: see [`super::revert`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kernels::amend::{Corrected, amend};
use kernels::lattice::{STEPS_PER_METRE, area_m2};
use nomenclature::{CoupleStatus, Nomenclature};
use serde_json::json;

use super::demand::{Demands, Refusal, demand_label};
use super::ledger::{Entry, Ledger};
use super::terms::{Action, Standing, Term};
use super::{output, provenance};
use crate::artefact::{Draft, name_of};
use crate::config::Layer;
use crate::edited;
use crate::error::{Error, InputError};
use crate::proof::Proof;
use crate::tables::{Cell, Column, Table, Unit, csv};
use crate::tally::Tally;
use crate::vintage::locate::{Product, locate};
use crate::vintage::{Reading, Vintage};
use crate::{compare, publication};

/// The command, as the manifest names it.
pub const COMMAND: &str = "corrections apply";
/// The corrected vintage.
pub const VINTAGE: &str = "OCCUPATION_SOL.gpkg";
/// The ledger that was applied.
pub const LEDGER: &str = "registre.gpkg";
/// Folder of the vintage as it was.
pub const ORIGINAL: &str = "original";
/// What became of every correction.
const OUTCOMES: &str = "corrections.csv";
/// Outlines nearer than this to a line of the vintage are drawn onto it, in metres: half of the
/// accuracy of a boundary.
const SNAP_M: f64 = 0.5;

/// What to apply to what.
#[derive(Debug, Clone)]
pub struct Request {
    /// The ledger.
    pub ledger: PathBuf,
    /// The vintage to correct.
    pub vintage: Layer,
    /// Its year.
    pub year: u16,
    /// What its codes mean.
    pub nomenclature: Nomenclature,
    /// How far a correction must be to be applied.
    pub standings: BTreeSet<Standing>,
    /// Corrections that are left out.
    pub except: BTreeSet<String>,
    /// The output folder.
    pub out: PathBuf,
    /// Whether repairs of the vintage are refused.
    pub strict: bool,
}

/// What became of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It changed so much ground: twice the area, in square lattice steps.
    Applied(i128),
    /// All was so already, or its ground lies outside the vintage.
    Idle,
    /// It was not applied.
    Refused(Refusal),
    /// Its standing, or the request, leaves it out.
    LeftOut,
}

impl Fate {
    fn label(self) -> &'static str {
        match self {
            Self::Applied(_) => "appliquée",
            Self::Idle => "sans effet",
            Self::Refused(_) => "refusée",
            Self::LeftOut => "laissée de côté",
        }
    }
}

/// What was done, to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Each correction of the year, in the order of application, with its fate.
    pub fates: Vec<(String, Fate)>,
    /// Polygons of the corrected vintage.
    pub polygons: usize,
    /// Polygons that a correction changed.
    pub changed: usize,
    /// Polygons whose two codes the nomenclature does not allow together.
    pub forbidden: usize,
    /// Ground that a redrawn object gave up and nobody could take, in square metres.
    pub unclaimed_m2: f64,
    /// The laws that were checked.
    pub proofs: Vec<Proof>,
}

/// Applies the corrections; nothing appears unless all is complete.
///
/// Where corrections meet, the one entered last holds.
///
/// # Errors
/// [`Error::Usage`] when the ledger has no correction of the year, [`Error::Input`] for a file that
/// is not what it must be, [`Error::Invariant`] when the result is no coverage, [`Error::Busy`],
/// [`Error::Write`].
pub fn run(request: &Request) -> Result<Applied, Error> {
    let ledger = Ledger::read(&request.ledger)?;
    let file = locate(&request.vintage, Product::Occupation, &[request.year], &Tally::default())?;
    let tally = Tally::default();
    let reading = Reading {
        epsg: ledger.head.epsg,
        nomenclature: &request.nomenclature,
        tally: &tally,
        strict: request.strict,
    };
    let (vintage, _) = reading.vintage(&request.vintage, request.year)?;
    let _lock = publication::enter(&request.out, COMMAND)?;
    let entries = in_order(&ledger, request.year);
    if entries.is_empty() {
        return Err(Error::Usage {
            what: format!("`{}` holds no correction of {}", request.ledger.display(), request.year),
            hint: Some("give the year of the vintage that the corrections are about".to_owned()),
        });
    }
    let is_chosen = |entry: &Entry| {
        request.standings.contains(&entry.standing)
            && !request.except.contains(&entry.record.correction_id)
    };
    let Application { corrected, by, fates } =
        Application::of(&vintage, &request.nomenclature, &entries, is_chosen)?;
    let outlines = provenance::outlines(&vintage, &corrected);
    let laws = edited::laws(&vintage.polygons, &outlines, corrected.covered_twice_area)?;
    let is_forbidden = |p: &&kernels::amend::Amended| {
        !p.by.is_empty() && request.nomenclature.couple_allowed(p.couple) == CoupleStatus::Forbidden
    };
    let applied = Applied {
        polygons: corrected.polygons.len(),
        changed: corrected.polygons.iter().filter(|p| !p.by.is_empty()).count(),
        forbidden: corrected.polygons.iter().filter(is_forbidden).count(),
        unclaimed_m2: area_m2(corrected.unclaimed_twice_area),
        fates: entries.iter().map(|e| e.record.correction_id.clone()).zip(fates).collect(),
        proofs: laws.map(Proof::new).into(),
    };
    let mut drafts = vec![
        provenance::write(
            &request.out.join(VINTAGE),
            (&ledger.head, &request.nomenclature),
            &vintage,
            &corrected,
            &by,
        )?,
        Draft::of_bytes(
            request.out.join(OUTCOMES),
            &csv::bytes(&table(&entries, &applied.fates))?,
        )?,
        copy(&request.ledger, &request.out.join(LEDGER))?,
    ];
    for path in compare::files(&file.path) {
        drafts.push(copy(&path, &request.out.join(ORIGINAL).join(name_of(&path)))?);
    }
    publish(request, &file, drafts, &applied)?;
    Ok(applied)
}

/// The corrections of a year in the order in which they were entered.
pub fn in_order(ledger: &Ledger, year: u16) -> Vec<&Entry> {
    let mut first: BTreeMap<&str, u64> = BTreeMap::new();
    for event in ledger.history.iter().filter(|event| event.note.action == Action::Entered) {
        first.entry(&event.note.correction_id).or_insert(event.seq);
    }
    let mut entries: Vec<&Entry> =
        ledger.entries.iter().filter(|entry| entry.record.vintage == year).collect();
    // The entries come by id, which settles what was entered without an event.
    entries.sort_by_key(|entry| first.get(entry.record.correction_id.as_str()).copied());
    entries
}

/// Corrections applied to a vintage.
pub struct Application<'a> {
    /// The corrected coverage.
    pub corrected: Corrected,
    /// The corrections that were tried, in the order that [`kernels::amend::Amended::by`] names.
    pub by: Vec<&'a Entry>,
    /// What became of each correction that was given.
    pub fates: Vec<Fate>,
}

impl<'a> Application<'a> {
    /// Applies, in their order, the corrections that `is_chosen` keeps.
    ///
    /// # Errors
    /// [`Error::Input`] when the polygons cannot be arranged.
    pub fn of(
        vintage: &Vintage,
        nomenclature: &Nomenclature,
        entries: &[&'a Entry],
        is_chosen: impl Fn(&Entry) -> bool,
    ) -> Result<Self, Error> {
        let demands = Demands::of(vintage, nomenclature);
        let (mut amendments, mut tried) = (Vec::new(), Vec::new());
        let mut fates: Vec<Fate> = Vec::with_capacity(entries.len());
        for (rank, &entry) in entries.iter().enumerate() {
            fates.push(if is_chosen(entry) { Fate::Idle } else { Fate::LeftOut });
            if fates[rank] == Fate::LeftOut {
                continue;
            }
            match demands.amendment(entry) {
                Ok(amendment) => {
                    amendments.push(amendment);
                    tried.push(rank);
                }
                Err(refusal) => fates[rank] = Fate::Refused(refusal),
            }
        }
        let snap = (SNAP_M * f64::from(STEPS_PER_METRE)).round() as i32;
        let corrected = amend(&vintage.polygons, &vintage.couples, &amendments, snap)?;
        for (&rank, &twice_area) in tried.iter().zip(&corrected.changed) {
            if twice_area > 0 {
                fates[rank] = Fate::Applied(twice_area);
            }
        }
        let by = tried.into_iter().map(|rank| entries[rank]).collect();
        Ok(Self { corrected, by, fates })
    }
}

/// What became of every correction, in French.
fn table(entries: &[&Entry], fates: &[(String, Fate)]) -> Table {
    let plain = |key: &str, header: &str| Column::new(key, header, Unit::None);
    let mut table = Table::new(
        "corrections",
        "Corrections appliquées au millésime",
        vec![
            plain("correction_id", "Correction"),
            plain("objet", "Objet"),
            plain("demande", "Demande"),
            plain("code_actuel", "Code actuel"),
            plain("code_propose", "Code proposé"),
            plain("suite", "Suite"),
            plain("motif", "Motif"),
            Column::new("surface_modifiee", "Surface modifiée", Unit::SquareMetres),
            plain("etat", "État dans le registre"),
            plain("source", "Source"),
        ],
    );
    for (entry, &(_, fate)) in entries.iter().zip(fates) {
        let record = &entry.record;
        let maybe = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::words);
        table.push(vec![
            Cell::words(&record.correction_id),
            Cell::words(&record.object_id),
            Cell::words(demand_label(entry)),
            maybe(&record.current_code),
            maybe(&record.proposed_code),
            Cell::words(fate.label()),
            if let Fate::Refused(refusal) = fate {
                Cell::words(refusal.label())
            } else {
                Cell::Empty
            },
            if let Fate::Applied(area) = fate { Cell::Area(area) } else { Cell::Empty },
            Cell::words(entry.standing.label()),
            Cell::words(&entry.source),
        ]);
    }
    table
}

fn publish(
    request: &Request,
    file: &Layer,
    drafts: Vec<Draft>,
    applied: &Applied,
) -> Result<(), Error> {
    let mut inputs = BTreeMap::new();
    inputs.extend(compare::stamps("ledger", &request.ledger)?);
    inputs.extend(compare::stamps("vintage", &file.path)?);
    let parameters = json!({
        "year": request.year,
        "nomenclature": request.nomenclature.id(),
        "standings": request.standings,
        "except": request.except,
        "original": name_of(&file.path),
        "layer": file.layer,
        "snap_m": SNAP_M,
    });
    output::publish(&request.out, (COMMAND, parameters), inputs, drafts, &applied.proofs)
}

/// A draft with the bytes of a file.
///
/// # Errors
/// [`Error::Input`] when it is a folder, [`Error::Read`], [`Error::Write`].
pub(super) fn copy(from: &Path, to: &Path) -> Result<Draft, Error> {
    if from.is_dir() {
        return Err(InputError::new(from, "this is a folder").expected("a file").into());
    }
    let draft = Draft::new(to)?;
    fs::copy(from, draft.temp()).map_err(Error::read(from))?;
    Ok(draft)
}
