use kernels::lattice::{Point, Polygon, Ring};
use nomenclature::{Couple, Dimension, RuleSet};
use proptest::prelude::*;

use super::*;
use crate::corrections::NATIONAL;
use crate::corrections::ledger::Head;
use crate::corrections::sheet::Place;
use crate::judge::Judge;
use crate::vintage::{Object, Vintage};

const COLUMNS: [&str; 8] = ["ref", "object", "cs", "us", "status", "at", "standing", "id"];
const MAP: &str = "\
columns: { reference: ref, object: object, cover: cs, usage: us, report: ref, report_status: status, report_at: at, standing: standing, correction_id: id }
nothing: [RAS]
";

/// The ids of the corrections that ask CS1.1.1.2 and US5 of the whole of object O2.
const IDS: [&str; 2] = ["6374866cedaee189", "52f8030bcae87ccd"];

/// Three squares in a row, of 10 m.
fn vintage(national: &Nomenclature) -> Vintage {
    let square = |k: i32| {
        let corners = [(k, 0), (k + 1, 0), (k + 1, 1), (k, 1)];
        let ring = Ring(corners.map(|(x, y)| Point::new(1_000 * x, 1_000 * y)).to_vec());
        Polygon { exterior: ring, holes: Vec::new() }
    };
    let class = |dimension, code| national.find(dimension, code).unwrap();
    let couple =
        Couple { cs: class(Dimension::Cover, "CS2.2.1"), us: class(Dimension::Usage, "US1.1") };
    let object = |k: i32| Object { id: format!("O{k}"), ..Object::default() };
    Vintage {
        year: 2021,
        polygons: (0..3).map(square).collect(),
        couples: vec![couple; 3],
        objects: (0..3).map(object).collect(),
        origin: None,
    }
}

fn cell(choices: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::sample::select(choices).prop_map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

fn values() -> impl Strategy<Value = Vec<Option<String>>> {
    (
        cell(&["", "1", "2", "3"]),
        cell(&["", "O0", "O1", "O2", "O9"]),
        cell(&["", "RAS", "CS1.1.1.1", "CS1.1.1.2", "CS2.2.1", "CS9"]),
        cell(&["", "RAS", "US5", "US1.1"]),
        cell(&["", "submit", "valid", "reject", "test", "odd"]),
        cell(&["", "2026-01-01", "2026-01-02"]),
        cell(&["", "accepted", "rejected", "proposed"]),
        cell(&["", "", "", IDS[0], IDS[1]]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h)| {
            // Of rows that ask for something, none has an id: one that has the id of another row's
            // correction, and comes before that row, asks by itself the first time.
            let asks = [&c, &d].iter().any(|code| code.as_ref().is_some_and(|code| code != "RAS"));
            vec![a, b, c, d, e, f, g, h.filter(|_| !asks)]
        })
}

fn any_status() -> impl Strategy<Value = IgnStatus> {
    prop::sample::select(IgnStatus::ALL)
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::Nowhere),
        (-500..3_500, 500..501).prop_map(|(x, y)| Place::At(Point::new(x, y))),
        (0..25, 1..12).prop_map(|(x, side)| {
            let corners = [(x, 0), (x + side, 0), (x + side, 8), (x, 8)];
            let ring = Ring(corners.map(|(x, y)| Point::new(100 * x, 100 * y)).to_vec());
            Place::Over(vec![Polygon { exterior: ring, holes: Vec::new() }])
        }),
    ]
}

fn sheets() -> impl Strategy<Value = Vec<Sheet>> {
    let lines = prop::collection::vec((values(), place()), 0..12);
    let sheet = lines.prop_map(|rows| {
        let lines = (1..).zip(rows).map(|(k, (values, place))| Line {
            name: format!("ligne {k}"),
            values,
            place: Ok(place),
        });
        Sheet {
            path: "rows.csv".into(),
            columns: COLUMNS.map(str::to_owned).to_vec(),
            lines: lines.collect(),
            has_crs: true,
        }
    });
    prop::collection::vec(sheet, 1..3)
}

fn import(ledger: &mut Ledger, sheets: &[Sheet], day: &str) -> Imported {
    let national = Nomenclature::builtin(NATIONAL).unwrap();
    let vintage = vintage(&national);
    let rules = RuleSet::builtin("decree-2023-1096").unwrap();
    let judge = Judge::new(&rules, &national).unwrap();
    let ground = Ground::new(&vintage, None, &judge, &national);
    let map: Map = nomenclature::yaml::from_str(MAP).unwrap();
    let sender = Sender { name: "Test".to_owned(), at: Day::parse(day).unwrap() };
    let mut importer = Importer::new(ledger, Some(&ground), &national, sender).unwrap();
    for sheet in sheets {
        importer.add(sheet, &map, &national).unwrap();
    }
    importer.finish().unwrap()
}

fn ledger() -> Ledger {
    let head = Head { department: "11".to_owned(), epsg: 2154, nomenclature: NATIONAL.to_owned() };
    Ledger::create(head)
}

/// A sheet of rows without places.
fn sheet(rows: &[[&str; 8]]) -> Sheet {
    let line = |(k, row): (usize, &[&str; 8])| Line {
        name: format!("ligne {}", k + 1),
        values: row.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect(),
        place: Ok(Place::Nowhere),
    };
    Sheet {
        path: "rows.csv".into(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        lines: rows.iter().enumerate().map(line).collect(),
        has_crs: true,
    }
}

/// An older state does not come between a state and the same one said again later.
#[test]
fn a_state_said_again_moves_its_day() {
    let sheets = [
        sheet(&[
            ["1", "O2", "CS1.1.1.2", "", "reject", "", "", ""],
            ["", "O2", "CS1.1.1.2", "", "reject", "2026-01-02", "", ""],
        ]),
        sheet(&[["1", "", "", "", "submit", "2026-01-01", "", ""]]),
    ];
    let mut ledger = ledger();
    let first = import(&mut ledger, &sheets, "2026-11-21");
    assert_eq!((first.entered, first.answered, first.known), (1, 1, 1));
    let record = &ledger.entries[0].record;
    assert_eq!(record.ign_status, Some(IgnStatus::Reject));
    assert_eq!(record.ign_status_at.as_deref(), Some("2026-01-02"));
    let before = ledger.clone();
    assert!(!import(&mut ledger, &sheets, "2026-11-22").is_change());
    assert_eq!(ledger, before);
}

/// A row may report on a correction, by its id, before the row that asks for it.
#[test]
fn a_report_of_a_correction_that_comes_after_it_is_heard() {
    let proposal = |us| ["", "O2", "CS1.1.1.2", us, "", "", "", ""];
    let mut ledger = ledger();
    import(&mut ledger, &[sheet(&[proposal("US5")])], "2026-11-21");
    let mut ids: Vec<_> = ledger.entries.iter().map(|e| &e.record.correction_id[..]).collect();
    ids.sort_by_key(|id| ledger.get(id).unwrap().record.dimension);
    assert_eq!(ids, IDS);

    let mut ledger = self::ledger();
    let sheets = [sheet(&[
        ["7", "", "", "", "reject", "2026-01-02", "", ""],
        ["7", "", "", "", "valid", "2026-01-01", "", IDS[0]],
        proposal(""),
    ])];
    let first = import(&mut ledger, &sheets, "2026-11-21");
    assert_eq!((first.entered, first.answered, first.refused.len()), (1, 2, 0));
    assert_eq!(ledger.entries[0].record.ign_status, Some(IgnStatus::Reject));
    let before = ledger.clone();
    assert!(!import(&mut ledger, &sheets, "2026-11-22").is_change());
    assert_eq!(ledger, before);
}

/// IGN's answers are not the source's: it may still decide as IGN once did.
#[test]
fn an_answer_is_no_decision_of_the_source() {
    let row = |status, at, standing| ["1", "O2", "CS1.1.1.2", "", status, at, standing, ""];
    let mut ledger = ledger();
    for (k, row) in
        [row("valid", "2026-01-01", ""), row("reject", "2026-01-02", ""), row("", "", "accepted")]
            .into_iter()
            .enumerate()
    {
        import(&mut ledger, &[sheet(&[row])], &format!("2026-11-{}", 21 + k));
    }
    assert_eq!(ledger.entries[0].standing, Standing::Accepted);
    assert_eq!(ledger.history.last().unwrap().note.action, Action::Decided);
}

/// A ledger that was exported comes back as it was: decided by hand against IGN's answer.
#[test]
fn a_row_may_tell_a_decision_beside_the_answer() {
    let row = ["1", "O2", "CS1.1.1.2", "", "reject", "2026-01-01", "accepted", ""];
    let mut ledger = ledger();
    import(&mut ledger, &[sheet(&[row])], "2026-11-21");
    assert_eq!(ledger.entries[0].standing, Standing::Accepted);
    assert_eq!(ledger.entries[0].record.ign_status, Some(IgnStatus::Reject));
    let before = ledger.clone();
    assert!(!import(&mut ledger, &[sheet(&[row])], "2026-11-22").is_change());
    assert_eq!(ledger, before);
}

/// A row that only reports uses no reference up, before its correction is there or after.
#[test]
fn a_row_that_asks_for_nothing_uses_no_reference_up() {
    let sheets = [sheet(&[
        ["1", "", "", "", "", "", "", IDS[0]],
        ["1", "O2", "CS1.1.1.1", "", "", "", "", ""],
        ["2", "O2", "CS1.1.1.2", "", "", "", "", ""],
    ])];
    let mut ledger = ledger();
    let first = import(&mut ledger, &sheets, "2026-11-21");
    assert_eq!((first.entered, first.refused.len()), (2, 0));
    let again = import(&mut ledger, &sheets, "2026-11-22");
    assert_eq!((again.is_change(), again.refused), (false, Vec::new()));
}

/// A decision by hand stands when the same state is only said again.
#[test]
fn a_state_said_again_leaves_a_decision() {
    let row = |at| sheet(&[["1", "O2", "CS1.1.1.2", "", "reject", at, "", ""]]);
    let mut ledger = ledger();
    import(&mut ledger, &[row("2026-01-01")], "2026-11-21");
    ledger.entries[0].standing = Standing::Accepted;
    import(&mut ledger, &[row("2026-01-02")], "2026-11-22");
    assert_eq!(ledger.entries[0].standing, Standing::Accepted);
    assert_eq!(ledger.entries[0].record.ign_status_at.as_deref(), Some("2026-01-02"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn importing_again_changes_nothing_and_every_row_is_accounted_for(sheets in sheets()) {
        let mut ledger = ledger();
        let first = import(&mut ledger, &sheets, "2026-11-21");
        let n_rows: usize = sheets.iter().map(|sheet| sheet.lines.len()).sum();
        prop_assert_eq!(first.rows, n_rows as u64);
        prop_assert_eq!(first.entered, ledger.entries.len() as u64);
        for entry in &ledger.entries {
            let heard: Vec<_> = ledger.history.iter()
                .filter(|event| event.note.correction_id == entry.record.correction_id)
                .collect();
            prop_assert_eq!(heard[0].note.action, Action::Entered);
            prop_assert_eq!(heard.last().unwrap().standing, entry.standing);
        }
        let before = ledger.clone();
        let again = import(&mut ledger, &sheets, "2026-11-22");
        prop_assert!(!again.is_change(), "{again:?}");
        prop_assert_eq!(again.refused, first.refused);
        prop_assert_eq!(ledger, before);
    }

    #[test]
    fn states_may_be_read_in_any_order(
        (states, shuffled) in prop::collection::vec((any_status(), cell(&["", "2026-01-01", "2026-01-02"])), 1..6)
            .prop_flat_map(|states| (Just(states.clone()), Just(states).prop_shuffle())),
        entered in cell(&["", "2026-01-02"]),
    ) {
        let ends = [states, shuffled].map(|states| {
            let mut ledger = ledger();
            let at = entered.as_deref().unwrap_or_default();
            import(&mut ledger, &[sheet(&[["1", "O2", "CS1.1.1.2", "", "", at, "", ""]])], "2026-11-21");
            for (status, at) in &states {
                let row = ["1", "", "", "", status.key(), at.as_deref().unwrap_or_default(), "", ""];
                import(&mut ledger, &[sheet(&[row])], "2026-11-21");
            }
            let Entry { record, standing, .. } = ledger.entries.remove(0);
            (record.ign_status, record.ign_status_at, standing)
        });
        prop_assert_eq!(&ends[0], &ends[1]);
    }
}
