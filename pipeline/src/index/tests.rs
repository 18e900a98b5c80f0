use super::results::Figures;
use super::*;
use crate::status::Progress;

fn entry(department: &str, vintage: u16, figures: Option<Figures>) -> Entry {
    Entry {
        folder: format!("D{department:0>3}/{vintage}"),
        department: department.to_owned(),
        vintage,
        state: if figures.is_some() { Progress::Done } else { Progress::Failed },
        is_measured: false,
        why: figures.is_none().then(|| "update: <no> room".to_owned()),
        figures,
    }
}

fn figures(rules: &str, stocks: [i128; 2], gained: i128, lost: i128) -> Figures {
    Figures {
        name: "Département".to_owned(),
        years: vec![2018, 2021],
        rules: rules.to_owned(),
        nomenclature: "ocsge-2-0".to_owned(),
        ground: 1_000_000_000,
        stocks: stocks.to_vec(),
        fluxes: Some((gained, lost)),
        changes: Some(3),
    }
}

#[test]
fn sums_are_exact_and_mix_no_rules() {
    let entries = [
        entry("11", 2021, Some(figures("decree", [100_001, 100_004], 7, 4))),
        entry("34", 2021, Some(figures("decree", [3, 2], 0, 1))),
        entry("66", 2021, Some(figures("brute", [50, 50], 0, 0))),
        entry("09", 2021, None),
    ];
    let table = tables::sums(&sums::of(&entries));
    let cell = |row, key| table.cell(row, key).unwrap().text();
    assert_eq!(table.rows.len(), 2);
    assert_eq!(cell(0, "departements"), "66");
    assert_eq!(cell(1, "departements"), "11 34");
    assert_eq!(cell(1, "surface_artif_1"), "5.00020");
    assert_eq!(cell(1, "surface_artif_2"), "5.00030");
    assert_eq!(
        (cell(1, "flux_artif"), cell(1, "flux_desartif")),
        ("0.00035".into(), "0.00025".into())
    );
    assert_eq!(cell(1, "flux_artif_net"), "0.00010", "the difference of the stocks");
}

#[test]
fn the_page_holds_the_strings_of_the_table_and_escapes_what_it_quotes() {
    let entries = [
        entry("11", 2021, Some(figures("decree", [100_001, 100_004], 7, 4))),
        entry("09", 2021, None),
    ];
    let template = include_str!("template.html");
    let page = frame::fill("index.html", template, view::of(&entries)).unwrap();
    let table = tables::results(&entries);
    for key in ["surface", "surface_artif_2", "flux_artif", "flux_artif_net"] {
        let exact = table.cell(0, key).unwrap().text();
        assert!(page.contains(&format!("<data value=\"{exact}\">")), "{key} {exact}");
    }
    assert!(page.contains("update: &lt;no&gt; room") && !page.contains("<no>"));
    assert!(page.contains("href=\"D011/2021/report.html\""));
    assert!(!page.contains("href=\"D009/2021"), "a run that failed has no report");
}

#[test]
fn an_index_tells_what_the_command_knows_of_runs_that_left_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".tmp-12-index.csv"), "half").unwrap();
    write(dir.path(), &[entry("09", 2021, None)]).unwrap();
    let text = std::fs::read_to_string(dir.path().join(RESULTS)).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with("09,,2021,en échec,"), "{text}");
    assert!(!dir.path().join(".tmp-12-index.csv").exists());
    let first = std::fs::read(dir.path().join(PAGE)).unwrap();
    write(dir.path(), &[entry("09", 2021, None)]).unwrap();
    assert_eq!(std::fs::read(dir.path().join(PAGE)).unwrap(), first);
}
