//! `millesime nomenclature convert`: the same land in other codes.

use std::path::PathBuf;

use nomenclature::{Crosswalk, Dimension, Nomenclature, Translator};

use super::{convert_table, convert_vector, load, usage};
use crate::error::Error;
use crate::talk;

/// What `convert` is asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  The table of all codes, as CSV
    millesime nomenclature convert --from ocs2d-hdf-2021 --to ocsge-2-0 > table.csv
  A CSV file with columns cs21 and us21
    millesime nomenclature convert --from ocs2d-hdf-2021 --to ocsge-2-0 --table in.csv > out.csv
  A vector file
    millesime nomenclature convert --from ocs2d-hdf-2021 --to ocsge-2-0 \\
      --vector ocs2d.gpkg --layer ocs2d --cs-column cs21 --us-column us21 --out ocsge.gpkg

The converted columns take the usual names of the new nomenclature (code_cs, code_us); the old
codes are kept in cs_origin and us_origin.")]
pub struct Args {
    /// The nomenclature of the codes at hand: a built-in id or the path of a document
    #[arg(long, value_name = "ID|FILE")]
    from: String,
    /// The nomenclature wanted
    #[arg(long, value_name = "ID|FILE")]
    to: String,
    /// A CSV file to convert, separated by commas or semicolons; the result goes to stdout
    #[arg(long, value_name = "CSV", conflicts_with_all = ["vector", "out", "layer"])]
    table: Option<PathBuf>,
    /// A vector file to convert
    #[arg(long, value_name = "FILE", requires = "out")]
    vector: Option<PathBuf>,
    /// The layer of the vector file, when it has several
    #[arg(long, requires = "vector")]
    layer: Option<String>,
    /// The column of cover codes; by default the usual one of the nomenclature
    #[arg(long, value_name = "NAME")]
    cs_column: Option<String>,
    /// The column of usage codes; by default the usual one of the nomenclature
    #[arg(long, value_name = "NAME")]
    us_column: Option<String>,
    /// The GeoPackage to write
    #[arg(long, value_name = "GPKG", requires = "vector")]
    out: Option<PathBuf>,
    /// Leave codes without a translation empty and count them, instead of stopping
    #[arg(long)]
    keep_going: bool,
    /// Write over an existing file
    #[arg(long, requires = "out")]
    force: bool,
}

/// What a conversion of a file needs besides the file.
pub(super) struct Task<'n> {
    pub(super) from: &'n Nomenclature,
    pub(super) to: &'n Nomenclature,
    pub(super) translator: Translator<'n>,
    /// The names of the code columns, by dimension; `None` where the file has none.
    pub(super) columns: Vec<(Dimension, String)>,
    pub(super) keep_going: bool,
}

/// Converts.
///
/// # Errors
/// [`Error::Usage`] for unknown nomenclatures and columns, [`Error::Input`] for files that cannot
/// be read and codes that cannot be translated, [`Error::Write`].
pub fn execute(args: &Args) -> Result<(), Error> {
    let (from, to) = (load(&args.from)?, load(&args.to)?);
    let translator = Translator::new(&from, &to).map_err(|error| usage(&error))?;
    if args.table.is_none() && args.vector.is_none() {
        return talk::data(&table(&from, &to, translator.crosswalk())?);
    }
    let columns = columns(args, &from)?;
    let keep_going = args.keep_going;
    let task = Task { from: &from, to: &to, translator, columns, keep_going };
    match (&args.table, &args.vector, &args.out) {
        (Some(path), _, _) => talk::data(&convert_table::converted(path, &task)?),
        (None, Some(path), Some(out)) => {
            if out.exists() && !args.force {
                return Err(Error::Usage {
                    what: format!("`{}` exists already", out.display()),
                    hint: Some("name another file, or add `--force`".to_owned()),
                });
            }
            convert_vector::convert(path, args.layer.as_deref(), out, &task)
        }
        _ => Err(Error::usage("`--vector` needs `--out`")),
    }
}

/// The code columns: those named, else the usual ones of the nomenclature.
fn columns(args: &Args, from: &Nomenclature) -> Result<Vec<(Dimension, String)>, Error> {
    let named = [(Dimension::Cover, &args.cs_column), (Dimension::Usage, &args.us_column)];
    // One named column alone means a file with only that dimension.
    let any_named = named.iter().any(|(_, name)| name.is_some());
    let columns: Vec<_> = named
        .into_iter()
        .filter(|(dimension, _)| !from.classes(*dimension).is_empty())
        .filter_map(|(dimension, name)| {
            let usual = from.column(dimension).filter(|_| !any_named).map(ToOwned::to_owned);
            name.clone().or(usual).map(|name| (dimension, name))
        })
        .collect();
    if columns.is_empty() {
        return Err(Error::Usage {
            what: format!("nomenclature `{}` states no usual column", from.id()),
            hint: Some("name the columns with `--cs-column` and `--us-column`".to_owned()),
        });
    }
    Ok(columns)
}

/// Every code of the source with what becomes of it, as CSV.
fn table(from: &Nomenclature, to: &Nomenclature, crosswalk: &Crosswalk) -> Result<String, Error> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::internal(format!("a CSV row was refused: {error}"));
    rows.write_record([
        "dimension",
        "from",
        "from_label",
        "leaf",
        "to",
        "to_label",
        "published",
        "candidates",
        "note",
    ])
    .map_err(failed)?;
    for dimension in [Dimension::Cover, Dimension::Usage] {
        for (id, class) in from.iter(dimension) {
            let Some(link) = crosswalk.link(dimension, id) else { continue };
            let target = link.target.and_then(|id| to.class(dimension, id));
            let candidates = link.candidates.iter().map(|id| to.code(dimension, *id));
            rows.write_record([
                dimension.to_string().as_str(),
                &class.code,
                &class.label,
                if class.leaf { "1" } else { "0" },
                target.map_or("", |class| &class.code),
                target.map_or("", |class| &class.label),
                link.published.map_or("", |id| to.code(dimension, id)),
                &candidates.collect::<Vec<_>>().join(" "),
                link.note.as_deref().unwrap_or_default(),
            ])
            .map_err(failed)?;
        }
    }
    into_text(rows)
}

/// The text that a CSV writer holds.
pub(super) fn into_text(rows: csv::Writer<Vec<u8>>) -> Result<String, Error> {
    let bytes = rows
        .into_inner()
        .map_err(|error| Error::internal(format!("CSV rows were lost: {error}")))?;
    String::from_utf8(bytes)
        .map_err(|error| Error::internal(format!("CSV rows are not UTF-8: {error}")))
}
