//! From a row to corrections: the object it means, the codes it proposes, all that must hold.

use nomenclature::{Couple, CoupleStatus, Dimension};

use super::codes::{Code, Codes};
use super::ground::{Ground, Meant};
use super::identity::correction_id;
use super::ledger::{Entry, Ledger};
use super::refusal::{Reason, Refused};
use super::row::{Proposal, Report, Row};
use super::sheet::Place;
use super::terms::{Aim, IgnStatus, Kind, Standing};
use super::{CODE_SEPARATOR, ID_SEPARATOR};
use crate::day::Day;
use crate::io::record::CorrectionRecord;
use crate::tables::Cell;

/// What a row turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Met {
    /// It says that all is right.
    Nothing,
    /// It is about a correction of the ledger, which it may ask for again.
    Known {
        /// What it says.
        said: Said,
        /// Whether it asks for it.
        proposes: bool,
    },
    /// It proposes nothing, and is about a correction that is not there yet, or about those that its
    /// report is of.
    Waiting(Box<Row>),
    /// It proposes corrections, whose source is not told yet.
    Proposed(Vec<Entry>),
}

/// What a row says of a correction that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The correction.
    pub(super) correction_id: String,
    /// What the row says of its report.
    pub(super) report: Report,
    /// How far the row says it is.
    pub(super) standing: Option<Standing>,
    /// Whether the row proposes it again.
    pub(super) is_proposed: bool,
    /// What the row adds in plain words.
    pub(super) comment: Option<String>,
}

impl Said {
    /// What a row says of the correction whose id it has.
    pub(super) fn named(entry: &Entry, row: &Row) -> Self {
        Self {
            correction_id: entry.record.correction_id.clone(),
            report: row.report.clone(),
            standing: row.standing,
            is_proposed: row.proposes() && row.report.id.is_none(),
            comment: row.comment.clone(),
        }
    }

    /// What a report says of a correction that it is of.
    pub(super) fn reported(correction_id: &str, report: &Report) -> Self {
        Self {
            correction_id: correction_id.to_owned(),
            report: report.clone(),
            standing: None,
            is_proposed: false,
            comment: None,
        }
    }

    /// What it decides: nothing where a report does.
    pub(super) fn decision(&self) -> Option<Standing> {
        let is_reported = self.report.status.and_then(IgnStatus::standing).is_some();
        let decides = |s: &Standing| matches!(s, Standing::Accepted | Standing::Rejected);
        self.standing.filter(decides).filter(|_| !is_reported)
    }

    /// What a correction that is proposed again says.
    pub(super) fn of(entry: &Entry) -> Self {
        let record = &entry.record;
        let at = record.ign_status_at.as_deref().and_then(Day::parse);
        Self {
            correction_id: record.correction_id.clone(),
            report: Report { id: record.ign_report_id.clone(), status: record.ign_status, at },
            standing: Some(entry.standing),
            is_proposed: true,
            comment: record.comment.clone(),
        }
    }
}

/// Resolves the rows of one file.
pub(super) struct Resolver<'a> {
    pub(super) ledger: &'a Ledger,
    /// The vintage; without it only corrections of the ledger are told.
    pub(super) ground: Option<&'a Ground<'a>>,
    pub(super) codes: &'a Codes<'a>,
}

impl Resolver<'_> {
    /// What a row is.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn resolve(&self, row: &Row) -> Result<Met, Refused> {
        self.require_here(row)?;
        if let Some(entry) = self.known(row) {
            return Ok(Met::Known { said: Said::named(entry, row), proposes: row.proposes() });
        }
        if !row.proposes() {
            return match (&row.proposal, &row.report.id, &row.correction_id) {
                (Proposal::Nothing, _, None) => Ok(Met::Nothing),
                (_, None, None) => Err(no_proposal()),
                _ => Ok(Met::Waiting(Box::new(row.clone()))),
            };
        }
        let Some(ground) = self.ground else {
            let hint = "donner le millésime avec --vintage";
            return Err(Refused::new(Reason::NoObject, "aucun millésime n'est donné", hint));
        };
        if let Some(year) = row.year.filter(|&year| year != ground.year()) {
            let hint = format!("donner le millésime {year}, ou corriger l'année");
            return Err(Refused::new(Reason::OtherVintage, year.to_string(), hint));
        }
        Maker { row, ground, codes: self.codes, department: &self.ledger.head.department }
            .make()
            .map(Met::Proposed)
    }

    fn require_here(&self, row: &Row) -> Result<(), Refused> {
        let own = &self.ledger.head.department;
        let Some(other) = row.department.as_ref().filter(|other| *other != own) else {
            return Ok(());
        };
        let hint = format!("ce registre est celui du département {own}");
        Err(Refused::new(Reason::OtherVintage, format!("département {other}"), hint))
    }

    /// The correction of the ledger whose id a row has, unless the row asks for another one.
    fn known(&self, row: &Row) -> Option<&Entry> {
        named(self.ledger, row).filter(|entry| self.agrees(row, &entry.record))
    }

    /// Whether the code that a row proposes, if it does, is the one that the ledger has.
    fn agrees(&self, row: &Row, record: &CorrectionRecord) -> bool {
        let own = record.proposed_code.as_deref().unwrap_or_default();
        let code = |dimension, text: &String| {
            let known = self.codes.read(dimension, text).ok();
            known.map(|code| self.codes.national_code(dimension, &code)).unwrap_or_default()
        };
        match &row.proposal {
            Proposal::Codes(codes) => codes.iter().any(|(d, text)| code(*d, text) == own),
            Proposal::Missing(cs, us) => {
                let both = [code(Dimension::Cover, cs), code(Dimension::Usage, us)];
                both.join(&CODE_SEPARATOR.to_string()) == own
            }
            Proposal::Outline => own.is_empty(),
            Proposal::Nothing | Proposal::Unread => true,
        }
    }
}

/// Why a row that neither proposes nor reports anything is refused.
pub(super) fn no_proposal() -> Refused {
    let hint = "renseigner le code proposé, ou dire ses colonnes avec --map";
    Refused::new(Reason::NoProposal, "aucun code, aucun contour", hint)
}

/// The correction of a ledger whose id a row has, unless the row says of another object, place or
/// year: a row whose id was kept while the rest was changed is another correction.
pub(super) fn named<'a>(ledger: &'a Ledger, row: &Row) -> Option<&'a Entry> {
    let entry = ledger.get(row.correction_id.as_ref()?)?;
    let is_object = row.objects.is_empty()
        || row.objects.join(&ID_SEPARATOR.to_string()) == entry.record.object_id;
    let is_here = match &row.place {
        Place::Over(polygons) => *polygons == [entry.polygon.clone()],
        Place::At(_) | Place::Nowhere => true,
    };
    let is_then = row.year.is_none_or(|year| year == entry.record.vintage);
    (is_object && is_here && is_then).then_some(entry)
}

/// Makes the corrections of one row.
struct Maker<'a> {
    row: &'a Row,
    ground: &'a Ground<'a>,
    codes: &'a Codes<'a>,
    department: &'a str,
}

impl Maker<'_> {
    fn make(&self) -> Result<Vec<Entry>, Refused> {
        let id = self.row.objects.first().map(String::as_str);
        match &self.row.proposal {
            Proposal::Codes(codes) => self.recode(codes),
            Proposal::Outline if self.row.objects.len() > 1 => {
                let meant = self.ground.of_merge(&self.row.objects)?;
                let object = self.row.objects.join(&ID_SEPARATOR.to_string());
                Ok(vec![self.geometry(meant, (Kind::Geometry, object), None)?])
            }
            Proposal::Outline => {
                let meant = self.ground.of_outline(id, &self.row.place)?;
                let object = self.ground.id(meant.object).to_owned();
                Ok(vec![self.geometry(meant, (Kind::Geometry, object), None)?])
            }
            Proposal::Missing(cs, us) => {
                let cs = self.codes.read(Dimension::Cover, cs)?;
                let us = self.codes.read(Dimension::Usage, us)?;
                let meant = self.ground.of_outline(id, &self.row.place)?;
                let couple = Couple { cs: cs.class, us: us.class };
                self.require_allowed(couple, Some([&cs, &us]))?;
                let object = self.ground.id(meant.object).to_owned();
                Ok(vec![self.geometry(
                    meant,
                    (Kind::Omission, object),
                    Some((couple, [cs, us])),
                )?])
            }
            Proposal::Nothing | Proposal::Unread => Ok(Vec::new()),
        }
    }

    /// One correction for each dimension, each object and each polygon.
    fn recode(&self, codes: &[(Dimension, String)]) -> Result<Vec<Entry>, Refused> {
        let codes: Vec<(Dimension, Code)> = codes
            .iter()
            .map(|(dimension, text)| Ok((*dimension, self.codes.read(*dimension, text)?)))
            .collect::<Result<_, Refused>>()?;
        let written = |wanted| codes.iter().find(|(d, _)| *d == wanted).map(|(_, code)| code);
        let both = written(Dimension::Cover).zip(written(Dimension::Usage));
        let both = both.map(|(cs, us)| [cs, us]);
        let mut found = Vec::new();
        for meant in self.meant()? {
            let before = self.ground.couple(meant.object);
            let after = codes
                .iter()
                .fold(before, |couple, (dimension, code)| couple.with(*dimension, code.class));
            // One of two codes may be that of the object already: the other one is the correction.
            let others =
                codes.iter().filter(|(dimension, code)| before.of(*dimension) != code.class);
            let others: Vec<_> = others.collect();
            if others.is_empty() {
                let object = self.ground.id(meant.object);
                let hint = "rien à faire, ou vérifier l'objet";
                return Err(Refused::new(Reason::SameCode, object, hint));
            }
            self.require_allowed(after, both)?;
            for (dimension, code) in others {
                found.push(self.semantic(&meant, (*dimension, code), (before, after))?);
            }
        }
        Ok(found)
    }

    /// The ground that new codes are asked for: of each object named, or of the one that is there.
    fn meant(&self) -> Result<Vec<Meant>, Refused> {
        let Row { objects, place, .. } = self.row;
        if objects.is_empty() {
            return self.ground.of_code(None, place);
        }
        let each = objects.iter().map(|id| self.ground.of_code(Some(id), place));
        Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn semantic(
        &self,
        meant: &Meant,
        (dimension, code): (Dimension, &Code),
        (before, after): (Couple, Couple),
    ) -> Result<Entry, Refused> {
        let nomenclature = self.ground.nomenclature;
        let written = |id: nomenclature::ClassId| nomenclature.code(dimension, id).to_owned();
        let (current, proposed) = (before.of(dimension), written(code.class));
        let aim = Aim::of(dimension);
        let object = self.ground.id(meant.object).to_owned();
        let own =
            code.local.as_ref().map(|code| (code.clone(), self.codes.nomenclature().to_owned()));
        let mut record = self.record(meant, (aim, Kind::Semantic), &object, Some(proposed))?;
        record.current_code = (!current.is_nodata()).then(|| written(current));
        (record.local_code, record.local_nomenclature) = own.or(self.row.local.clone()).unzip();
        record.artif_before = self.ground.is_artificial(before);
        record.artif_after = self.ground.is_artificial(after);
        Ok(self.entry(record, meant))
    }

    fn geometry(
        &self,
        meant: Meant,
        (kind, object): (Kind, String),
        codes: Option<(Couple, [Code; 2])>,
    ) -> Result<Entry, Refused> {
        let nomenclature = self.ground.nomenclature;
        let written = codes.as_ref().map(|(couple, _)| {
            let cs = nomenclature.code(Dimension::Cover, couple.cs);
            format!("{cs}{CODE_SEPARATOR}{}", nomenclature.code(Dimension::Usage, couple.us))
        });
        let mut record = self.record(&meant, (Aim::Geometry, kind), &object, written)?;
        record.artif_before = self.ground.is_artificial(self.ground.couple(meant.object));
        record.artif_after = match &codes {
            Some((couple, _)) => self.ground.is_artificial(*couple),
            None => record.artif_before,
        };
        (record.local_code, record.local_nomenclature) =
            codes.and_then(|(_, codes)| self.local(&codes)).or(self.row.local.clone()).unzip();
        Ok(self.entry(record, &meant))
    }

    /// Both codes as they were written, when one of them is no national one.
    fn local(&self, codes: &[Code; 2]) -> Option<(String, String)> {
        codes.iter().find(|code| code.local.is_some())?;
        let [cs, us] = codes;
        let written = [(Dimension::Cover, cs), (Dimension::Usage, us)].map(|(dimension, code)| {
            let national = || self.codes.national_code(dimension, code).to_owned();
            code.local.clone().unwrap_or_else(national)
        });
        let both = written.join(&CODE_SEPARATOR.to_string());
        Some((both, self.codes.nomenclature().to_owned()))
    }

    /// What every record has.
    fn record(
        &self,
        meant: &Meant,
        (dimension, kind): (Aim, Kind),
        object: &str,
        proposed_code: Option<String>,
    ) -> Result<CorrectionRecord, Refused> {
        let row = self.row;
        let (anchor, insee) = self.ground.anchor(&meant.polygon)?;
        let vintage = self.ground.year();
        let asked = (dimension, proposed_code.as_deref().unwrap_or_default());
        let area = Cell::Area(meant.twice_area).number();
        Ok(CorrectionRecord {
            correction_id: correction_id(vintage, object, asked, &meant.polygon),
            department: self.department.to_owned(),
            insee: insee.or_else(|| row.commune.clone()),
            vintage,
            source_version: row.version.clone(),
            object_id: object.to_owned(),
            dimension,
            current_code: None,
            proposed_code,
            local_code: None,
            local_nomenclature: None,
            kind,
            area_m2: area.unwrap_or_default(),
            artif_before: None,
            artif_after: None,
            evidence: row.evidence.clone(),
            confidence: row.confidence,
            author_org: row.author.clone(),
            comment: row.comment.clone(),
            origin: row.origin,
            anchor,
            ign_report_id: row.report.id.clone(),
            ign_status: row.report.status,
            ign_status_at: row.report.at.map(|day| day.to_string()),
            applied_in_version: None,
        })
    }

    fn entry(&self, record: CorrectionRecord, meant: &Meant) -> Entry {
        let told = self.row.standing.or(record.ign_status.and_then(IgnStatus::standing));
        Entry {
            record,
            polygon: meant.polygon.clone(),
            standing: told.unwrap_or(Standing::Proposed),
            source: String::new(),
            source_ref: None,
            verdict: None,
        }
    }

    /// Refuses a couple that the map may not hold, or that the source's own nomenclature excludes.
    ///
    /// * `written`: both codes, when the row proposes both.
    fn require_allowed(&self, couple: Couple, written: Option<[&Code; 2]>) -> Result<(), Refused> {
        let nomenclature = self.ground.nomenclature;
        let is_known = !couple.cs.is_nodata() && !couple.us.is_nodata();
        let is_out = is_known && nomenclature.couple_allowed(couple) == CoupleStatus::Forbidden;
        if !is_out && !written.is_some_and(|[cs, us]| self.codes.excludes(cs, us)) {
            return Ok(());
        }
        let own = [(Dimension::Cover, couple.cs), (Dimension::Usage, couple.us)];
        let own = own.map(|(dimension, id)| nomenclature.code(dimension, id).to_owned());
        let local = written.map(|codes| codes.map(|code| code.local.clone()));
        let shown = match local {
            Some([Some(cs), Some(us)]) => [cs, us],
            _ => own,
        };
        let hint = "proposer un couple que la nomenclature admet";
        Err(Refused::new(Reason::ForbiddenCouple, shown.join(" et "), hint))
    }
}
