//! A row of a file with its meaning, before it is held against the vintage.

use nomenclature::Dimension;

use super::codes::{dimension_of, shown};
use super::map::{Columns, Map};
use super::refusal::{Reason, Refused};
use super::sentence::{self, Said};
use super::sheet::{Line, Place, Sheet};
use super::terms::{Aim, IgnStatus, Kind, Origin, Standing, Term, plain};
use super::{CODE_SEPARATOR, ID_SEPARATOR};
use crate::day::Day;
use crate::error::Error;

/// Most characters of a text that is kept.
const TEXT_MAX: usize = 4_000;

/// What a row asks for, codes as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// Nothing: the row says that all is right.
    Nothing,
    /// Nothing that can be read.
    Unread,
    /// Another cover, another usage, or both.
    Codes(Vec<(Dimension, String)>),
    /// Another outline, or one object of several.
    Outline,
    /// An object that is missing, with its cover and its usage.
    Missing(String, String),
}

/// What a row says of its report at IGN.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Its number.
    pub id: Option<String>,
    /// Its state.
    pub status: Option<IgnStatus>,
    /// The day of that state.
    pub at: Option<Day>,
}

/// A row with its meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What the source calls it.
    pub reference: Option<String>,
    /// The id of the correction that it is about.
    pub correction_id: Option<String>,
    /// The ids of its objects.
    pub objects: Vec<String>,
    /// The vintage that it is about.
    pub year: Option<u16>,
    /// The department that it is about.
    pub department: Option<String>,
    /// INSEE code of the commune that it says.
    pub commune: Option<String>,
    /// What it asks for.
    pub proposal: Proposal,
    /// Where it is.
    pub place: Place,
    /// A finer code and its nomenclature, given beside a national one.
    pub local: Option<(String, String)>,
    /// What speaks for it.
    pub evidence: Option<String>,
    /// From 0 to 1.
    pub confidence: Option<f64>,
    /// Who proposes it.
    pub author: Option<String>,
    /// In plain words.
    pub comment: Option<String>,
    /// What it rests on.
    pub origin: Origin,
    /// How far it is, when the row says.
    pub standing: Option<Standing>,
    /// Version of the delivery to correct.
    pub version: Option<String>,
    /// Its report.
    pub report: Report,
}

impl Row {
    /// Whether it asks for a correction.
    pub(super) fn proposes(&self) -> bool {
        !matches!(self.proposal, Proposal::Nothing | Proposal::Unread)
    }
}

/// Reads the rows of one file.
#[derive(Debug)]
pub struct RowReader<'a> {
    map: &'a Map,
    sheet: &'a Sheet,
    origin: Origin,
    standing: Option<Standing>,
}

impl<'a> RowReader<'a> {
    /// A reader of the rows of `sheet` as `map` says.
    ///
    /// # Errors
    /// [`Error::Usage`] when the map has a word that is none of its list.
    pub fn new(map: &'a Map, sheet: &'a Sheet) -> Result<Self, Error> {
        let word = |key: &str, text: &str, known: String| {
            Error::usage(format!("`{key}: {text}` of the map is none of {known}"))
        };
        let origin = match &map.origin {
            None => Origin::LocalCorrection,
            Some(text) => {
                Origin::of_key(text).ok_or_else(|| word("origin", text, Origin::keys()))?
            }
        };
        let standing = match &map.standing {
            None => None,
            Some(text) => Some(
                Standing::of_key(text).ok_or_else(|| word("standing", text, Standing::keys()))?,
            ),
        };
        Ok(Self { map, sheet, origin, standing })
    }

    /// The meaning of a row.
    ///
    /// # Errors
    /// A value is none of its column's, or the geometry is not valid.
    pub fn read(&self, line: &Line) -> Result<Row, Refused> {
        let columns = &self.map.columns;
        let cells = Cells { sheet: self.sheet, line };
        let said = sentence::read(&cells.joined(&columns.sentence).unwrap_or_default());
        let is_id = |id: &String| id.bytes().all(|b| b.is_ascii_hexdigit());
        let correction_id =
            cells.text(columns.correction_id.as_deref()).or(said.correction_id.clone());
        let objects = cells.text(columns.object.as_deref()).or(said.object.clone());
        let ids = objects.iter().flat_map(|ids| ids.split(ID_SEPARATOR)).map(str::trim);
        let local = cells.text(columns.local_code.as_deref());
        let local_in = cells.text(columns.local_nomenclature.as_deref());
        Ok(Row {
            reference: cells.text(columns.reference.as_deref()),
            correction_id: correction_id.filter(is_id),
            objects: ids.filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            year: cells.year(columns.year.as_deref())?,
            department: cells.text(columns.department.as_deref()),
            commune: cells.text(columns.commune.as_deref()),
            proposal: self.proposal(&cells, &said)?,
            place: line.place.clone()?,
            local: local.zip(local_in),
            evidence: cells.joined(&columns.evidence),
            confidence: cells.confidence(columns.confidence.as_deref())?,
            author: cells.text(columns.author.as_deref()),
            comment: cells.joined(&columns.comment),
            origin: cells.term(columns.origin.as_deref())?.unwrap_or(self.origin),
            standing: self.standing(&cells)?,
            version: cells.text(columns.version.as_deref()),
            report: report(&cells, columns)?,
        })
    }

    fn proposal(&self, cells: &Cells<'_>, said: &Said) -> Result<Proposal, Refused> {
        let Columns { dimension, code, cover, usage, kind, .. } = &self.map.columns;
        let mut is_nothing = false;
        let mut value = |column: &Option<String>| {
            let text = cells.text(column.as_deref())?;
            let is_void = self.map.nothing.iter().any(|void| plain(void) == plain(&text));
            is_nothing |= is_void;
            let meant = self.map.codes.iter().find(|(from, _)| plain(from) == plain(&text));
            (!is_void).then(|| meant.map_or(text, |(_, to)| to.clone()))
        };
        let (code, cover, usage) = (value(code).or(said.code.clone()), value(cover), value(usage));
        // Where codes are given, a word of the source's own beside them decides nothing.
        let has_code = [&code, &cover, &usage].iter().any(|code| code.is_some());
        let aim = cells.mapped::<Aim>(dimension.as_deref(), &self.map.dimensions);
        let kind = cells.mapped::<Kind>(kind.as_deref(), &self.map.kinds);
        let aim = if has_code { aim.unwrap_or_default() } else { aim? };
        let kind = if has_code { kind.unwrap_or_default() } else { kind? };
        let (aim, kind) = (aim.or(said.aim.map(|aim| aim.0)), kind.or(said.aim.map(|aim| aim.1)));
        match (kind, aim) {
            (Some(Kind::Omission), _) => {
                let both = code.as_deref().and_then(|code| code.split_once(CODE_SEPARATOR));
                let both = both.map(|(cs, us)| (cs.to_owned(), us.to_owned()));
                let Some((cs, us)) = both.or(cover.zip(usage)) else {
                    let detail = "un objet manquant a besoin d'une couverture et d'un usage";
                    let hint = "renseigner les deux codes";
                    return Err(Refused::new(Reason::NoProposal, detail, hint));
                };
                return Ok(Proposal::Missing(cs, us));
            }
            (Some(Kind::Geometry), _) | (None, Some(Aim::Geometry)) => {
                return Ok(Proposal::Outline);
            }
            _ => {}
        }
        let of_aim = aim.and_then(Aim::dimension);
        let dimension = |code: &String| of_aim.or_else(|| dimension_of(code));
        let mut codes = Vec::new();
        if let Some(code) = code {
            let Some(dimension) = dimension(&code) else {
                let hint = "dire la dimension, ou écrire le code avec CS ou US";
                return Err(Refused::new(Reason::UnknownCode, shown(&code), hint));
            };
            codes.push((dimension, code));
        }
        codes.extend(cover.map(|code| (Dimension::Cover, code)));
        codes.extend(usage.map(|code| (Dimension::Usage, code)));
        Ok(match (codes.is_empty(), is_nothing) {
            (false, _) => Proposal::Codes(codes),
            (true, true) => Proposal::Nothing,
            (true, false) => Proposal::Unread,
        })
    }

    fn standing(&self, cells: &Cells<'_>) -> Result<Option<Standing>, Refused> {
        let Some(text) = cells.text(self.map.columns.standing.as_deref()) else {
            return Ok(self.standing);
        };
        let meant = self.map.standings.iter().find(|(from, _)| plain(from) == plain(&text));
        let word = meant.map_or(text.as_str(), |(_, to)| to);
        if word == "draft" {
            let hint = "publier la contribution dans son outil, puis importer de nouveau";
            return Err(Refused::new(Reason::Draft, shown(&text), hint));
        }
        let known = Standing::of_key(word);
        known
            .map(Some)
            .ok_or_else(|| unread(self.map.columns.standing.as_deref(), &text, &Standing::keys()))
    }
}

/// What a row says of its report.
fn report(cells: &Cells<'_>, columns: &Columns) -> Result<Report, Refused> {
    let status =
        match cells.text(columns.report_status.as_deref()) {
            None => None,
            Some(text) => Some(IgnStatus::of_text(&text).ok_or_else(|| {
                unread(columns.report_status.as_deref(), &text, &IgnStatus::keys())
            })?),
        };
    let at = match cells.text(columns.report_at.as_deref()) {
        None => None,
        Some(text) => Some(
            Day::parse(&text)
                .ok_or_else(|| unread(columns.report_at.as_deref(), &text, "2026-11-21"))?,
        ),
    };
    Ok(Report { id: cells.text(columns.report.as_deref()), status, at })
}

fn unread(column: Option<&str>, text: &str, expected: &str) -> Refused {
    let column = column.unwrap_or_default();
    let detail = format!("{column} = {}", shown(text));
    Refused::new(Reason::BadValue, detail, format!("attendu : {}", expected.replace('`', "")))
}

/// The texts of a row by the names of their columns.
struct Cells<'a> {
    sheet: &'a Sheet,
    line: &'a Line,
}

impl Cells<'_> {
    /// The text of a column, if it has one: control characters become blanks, and what is longer
    /// than [`TEXT_MAX`] is cut.
    fn text(&self, column: Option<&str>) -> Option<String> {
        let rank = self.sheet.column(column?)?;
        let text = self.line.values.get(rank)?.as_deref()?;
        let clean = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
        let text: String = text.chars().take(TEXT_MAX).map(clean).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The texts of some columns, one after the other.
    fn joined(&self, columns: &[String]) -> Option<String> {
        let texts: Vec<String> = columns.iter().filter_map(|name| self.text(Some(name))).collect();
        (!texts.is_empty()).then(|| texts.join(" ; "))
    }

    fn year(&self, column: Option<&str>) -> Result<Option<u16>, Refused> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let year = text.get(..4).and_then(|year| year.parse().ok());
        let known = year.filter(|year| (1950..=2100).contains(year));
        known.map(Some).ok_or_else(|| unread(column, &text, "une année, 2021"))
    }

    fn confidence(&self, column: Option<&str>) -> Result<Option<f64>, Refused> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let share: Option<f64> = text.replace(',', ".").parse().ok();
        let known = share.filter(|share| (0.0..=1.0).contains(share));
        known.map(Some).ok_or_else(|| unread(column, &text, "un nombre de 0 à 1"))
    }

    fn term<T: Term>(&self, column: Option<&str>) -> Result<Option<T>, Refused> {
        self.mapped(column, &std::collections::BTreeMap::new())
    }

    /// A word of a closed list, as the map translates it.
    fn mapped<T: Term>(
        &self,
        column: Option<&str>,
        words: &std::collections::BTreeMap<String, String>,
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let meant = words.iter().find(|(from, _)| plain(from) == plain(&text));
        let known = T::of_key(meant.map_or(text.as_str(), |(_, to)| to));
        known.map(Some).ok_or_else(|| {
            let known: Vec<&str> = words.keys().map(String::as_str).collect();
            let expected = if known.is_empty() { T::keys() } else { known.join(", ") };
            unread(column, &text, &expected)
        })
    }
}
