//! `millesime corrections show`: how far the corrections of a ledger are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::corrections::ledger::{Entry, Event, Ledger};
use crate::corrections::terms::{Action, Standing, Term};
use crate::error::Error;
use crate::io::record::{CorrectionRecord, Record};
use crate::io::vector_writer::Field;
use crate::tables::{Cell, Column, Table, Unit, csv};
use crate::{io, talk};

/// What `corrections show` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  millesime corrections show --ledger corrections_11.gpkg
  millesime corrections show --ledger corrections_11.gpkg --id 0f3c9a6612be47d0")]
pub struct Args {
    /// The ledger
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// One correction: its columns, then its history
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

/// Prints the state of the corrections as CSV.
///
/// # Errors
/// [`Error::Input`] when the file is no ledger, [`Error::Usage`] for an id that it does not hold.
pub fn execute(args: &Args) -> Result<(), Error> {
    let ledger = Ledger::read(&args.ledger)?;
    let Some(id) = &args.id else { return print(&[by_standing(&ledger)]) };
    let entry = ledger.get(id).ok_or_else(|| Error::Usage {
        what: format!("`{}` holds no correction `{id}`", args.ledger.display()),
        hint: Some("ids are 16 hexadecimal digits, in column `correction_id`".to_owned()),
    })?;
    let events = ledger.history.iter().filter(|event| event.note.correction_id == *id);
    print(&[columns(entry), history(events)])
}

fn print(tables: &[Table]) -> Result<(), Error> {
    for table in tables {
        let bytes = csv::bytes(table)?;
        talk::data(&String::from_utf8_lossy(&bytes))?;
    }
    Ok(())
}

fn text(key: &str) -> Column {
    Column::new(key, key, Unit::None)
}

/// How many corrections have each standing, on how much ground.
fn by_standing(ledger: &Ledger) -> Table {
    let mut sums: BTreeMap<Standing, (i64, i128)> = BTreeMap::new();
    for entry in &ledger.entries {
        let (n, twice_area) = sums.entry(entry.standing).or_default();
        *n += 1;
        *twice_area += entry.polygon.twice_area();
    }
    let columns = vec![text("standing"), text("corrections"), text("area_m2")];
    let mut table = Table::new("corrections", "Corrections", columns);
    for standing in Standing::ALL {
        let (n, twice_area) = sums.get(standing).copied().unwrap_or_default();
        table.push(vec![Cell::words(standing.key()), Cell::Integer(n), Cell::Area(twice_area)]);
    }
    table
}

/// What is told of one correction.
fn columns(entry: &Entry) -> Table {
    let mut table = Table::new("correction", "Correction", vec![text("column"), text("value")]);
    let fields = io::schema::correction().into_iter().map(|Field { name, .. }| name);
    let Entry { record, standing, source, source_ref, .. } = entry;
    let own = CorrectionRecord::values(record).into_iter().map(|value| value.text());
    let more = [Some(standing.key().to_owned()), Some(source.clone()), source_ref.clone()];
    let names = fields.chain(["standing", "source", "source_ref"].map(str::to_owned));
    for (name, value) in names.zip(own.chain(more)) {
        table.push(vec![Cell::words(name), value.map_or(Cell::Empty, Cell::words)]);
    }
    table
}

/// What happened to it.
fn history<'a>(events: impl Iterator<Item = &'a Event>) -> Table {
    let columns = ["at", "action", "standing", "source", "detail"].map(text).to_vec();
    let mut table = Table::new("history", "Historique", columns);
    for Event { note, standing, .. } in events {
        let action: Action = note.action;
        let words = [&note.at, action.key(), standing.key(), &note.source];
        let mut row: Vec<Cell> = words.into_iter().map(Cell::words).collect();
        row.push(note.detail.as_ref().map_or(Cell::Empty, Cell::words));
        table.push(row);
    }
    table
}
