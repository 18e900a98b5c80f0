use kernels::artificialise::Totals;
use kernels::lattice::{Ring, TWICE_AREA_PER_M2};

use super::*;
use crate::tables::{Cell, csv, tests as fixture};

fn square(x: i32, y: i32, side: i32) -> Polygon {
    let corners = [(0, 0), (side, 0), (side, side), (0, side)];
    let exterior = Ring(corners.map(|(dx, dy)| Point::new(x + dx, y + dy)).to_vec());
    Polygon { exterior, holes: Vec::new() }
}

fn shown() -> Shown {
    let m2 = TWICE_AREA_PER_M2;
    Shown {
        kinds: vec![KindTally { kind: ChangeKind::Real, objects: 1_200, twice_area: 3_500 * m2 }],
        changes: vec![Change {
            place: "Narbonne, La Nautique".into(),
            at_m: (703_210, 6_228_450),
            before: "CS2.1.3 Autres formations ligneuses · US1.1 Agriculture".into(),
            after: "CS1.1.1.1 Zones bâties · US5 Usage résidentiel".into(),
            twice_area: 3_000 * m2,
            confidence: Some(94),
            reason: "bâtiment de la BD TOPO, radiométrie minérale".into(),
            kind: ChangeKind::Real,
            highlight: Highlight::Artificialised,
            outline: square(70_321_000, 622_845_000, 5_000),
            glimpses: vec![Glimpse {
                year: 2018,
                corner: Point::new(70_320_000, 622_844_000),
                side: 8_000,
                image: b"\xff\xd8\xff".to_vec(),
            }],
        }],
        maps: vec![Map {
            title: "Changements".into(),
            alt: "Carte \"test\"".into(),
            image: vec![1, 2],
            marks: vec![(1_205, 9_999)],
        }],
        unlisted: 3,
        unphotographed: 2,
        scene: Some(Scene {
            frame: (Point::new(70_000_000, 622_000_000), Point::new(71_000_000, 623_000_000)),
            limits: vec![Limit {
                name: "L'Écluse </script><script>alert(1)</script><!--".into(),
                at: Point::new(70_500_000, 622_500_000),
                is_own: true,
                polygons: vec![square(70_100_000, 622_100_000, 800_000)],
            }],
        }),
        links: vec![("EPCI : Agglo".into(), "territoires/epci_E1.html".into())],
    }
}

fn data() -> ReportData<'static> {
    let nomenclature = nomenclature::Nomenclature::builtin("ocsge-2-0").unwrap();
    let dimensions = [nomenclature::Dimension::Cover, nomenclature::Dimension::Usage];
    let colours = dimensions
        .iter()
        .flat_map(|&d| nomenclature.classes(d))
        .map(|class| (class.code.clone(), class.colour.to_string()))
        .collect();
    let m2 = TWICE_AREA_PER_M2;
    ReportData {
        name: "Aude <script>alert(1)</script>".into(),
        level: Level::Department,
        code: "11".into(),
        program: "millesime 0.1.0".into(),
        rules: "decree-2023-1096 (annexe à l'article R. 101-1)".into(),
        nomenclature: "OCS GE 2.0".into(),
        tables: Vec::leak(fixture::tables()),
        colours,
        thresholds: vec![
            (2018, Totals { without_thresholds: 504 * m2, ..Totals::default() }),
            (
                2021,
                Totals { without_thresholds: 3_504 * m2, absorbed: 500 * m2, ..Totals::default() },
            ),
        ],
        shown: shown(),
        issues: vec![Issue {
            key: "ring_self_intersection".into(),
            label: "anneau croisé".into(),
            count: 17,
        }],
        repairs: None,
        invariants: vec![Invariant {
            law: "stock 2 − stock 1 = flux entrant − flux sortant".into(),
            result: "écart 0 m²".into(),
            holds: true,
        }],
        quality: Vec::new(),
        learning: Some(Learning {
            origin: "Appris sur le millésime <2018>.".into(),
            classes: vec![LearnedClass {
                class: "CS1.1.1.1 Zones bâties".into(),
                samples: 12_345,
                agreed: 9_876,
                kept: 11_000,
                mistaken_for: Some("CS1.1.1.2 Zones non bâties".into()),
            }],
            features: (0..17).map(|i| (format!("Variable {i}"), 500_000 >> i)).collect(),
        }),
        method: vec![("Seuils".into(), "Un groupe de moins de 2 500 m² change de statut.".into())],
        sources: vec!["BD ORTHO 2021, IGN, Licence Ouverte 2.0".into()],
        run: None,
    }
}

/// The `value` of every `<data>` element.
fn values(html: &str) -> Vec<&str> {
    html.split("<data value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_text_is_escaped() {
    let html = render(&data()).unwrap();
    assert_eq!(scripts(&html).len(), 3, "none came with a name");
    assert!(html.contains("Aude &lt;script&gt;"));
    assert!(html.contains("L&#x27;Écluse &lt;b&gt;"), "names of communes too");
    assert!(html.contains("alt=\"Carte &quot;test&quot;\""));
}

#[test]
fn figures_are_those_of_the_csv() {
    let data = data();
    let html = render(&data).unwrap();
    let mut printed = String::new();
    for table in data.tables {
        printed
            .push_str(&String::from_utf8(csv::bytes(table).unwrap()).unwrap().replace('\n', ","));
    }
    let known: std::collections::BTreeSet<&str> = printed.split(',').collect();
    // Two figures come from elsewhere: the threshold steps, and the list of changes.
    let own: Vec<String> = data
        .thresholds
        .iter()
        .flat_map(|(_, t)| [t.without_thresholds, t.absorbed, 0])
        .chain(data.shown.kinds.iter().map(|k| k.twice_area))
        .chain(data.shown.changes.iter().map(|c| c.twice_area))
        .map(|twice_area| Cell::Area(twice_area).text())
        .collect();
    let values = values(&html);
    assert!(values.len() > 60, "{} figures", values.len());
    for value in values {
        assert!(known.contains(value) || own.iter().any(|o| o == value), "{value} is in no table");
    }
    assert!(html.contains("<data value=\"2499.50000\">0,25\u{a0}ha</data>"));
}

#[test]
fn what_the_classifier_learned_is_told_with_its_bars() {
    let html = render(&data()).unwrap();
    let (_, part) = html.split_once("Ce que le classifieur a appris").unwrap();
    let (part, _) = part.split_once("<h3>").unwrap();
    assert!(part.contains("le millésime &lt;2018&gt;."));
    for cell in ["12\u{202f}345", "80,0\u{202f}%", "89,1\u{202f}%", "CS1.1.1.2 Zones non bâties"] {
        assert!(part.contains(&format!(">{cell}</td>")), "{cell}");
    }
    assert_eq!(part.matches("<meter").count(), 16, "fifteen, and the others as one");
    assert!(part.contains("value=\"500000\">50,0\u{202f}%</meter>"), "{part}");
    assert!(part.contains("Les 2 autres ensemble"));
    let without = render(&ReportData { learning: None, ..data() }).unwrap();
    assert!(!without.contains("<meter") && !without.contains("classifieur"));
}

/// The attributes and the text of every script element, as a browser reads them.
fn scripts(html: &str) -> Vec<(&str, &str)> {
    let elements =
        html.split("<script").skip(1).map(|rest| rest.split_once("</script>").unwrap().0);
    elements.map(|element| element.split_once('>').unwrap()).collect()
}

#[test]
fn page_needs_no_network_and_allows_its_own_two_scripts_alone() {
    let html = render(&data()).unwrap();
    let [(json, drawn), library, program] = scripts(&html)[..] else { panic!("three elements") };
    assert_eq!(json, " type=\"application/json\" id=\"carte-donnees\"");
    let mut rest = html.clone();
    for (attributes, text) in [library, program] {
        assert_eq!(attributes, "", "nothing is fetched");
        assert!(html.contains(&leaflet::hash_source(text)), "the policy knows it");
        rest = rest.replace(text, "");
    }
    let policy = "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
                  script-src 'sha256-";
    assert_eq!(html.matches(policy).count(), 1);
    assert_eq!(html.matches("'sha256-").count(), 2);
    for banned in ["http://", "https://", "<link", "@import", "url("] {
        assert!(!rest.contains(banned), "{banned}");
    }
    assert!(html.contains("src=\"data:image/png;base64,AQI=\""));
    assert!(!drawn.contains('<') && drawn.contains("\\u003c/script"));
}

#[test]
fn the_map_draws_the_changes_of_the_list_and_the_limits() {
    let html = render(&data()).unwrap();
    let (_, text) = scripts(&html)[0];
    let drawn: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!(drawn["size"], serde_json::json!([100_000, 100_000]));
    assert_eq!(drawn["pictures"], serde_json::json!(["Changements"]));
    let change = serde_json::json!({
        "kind": 0,
        "at": [32_100, 84_500],
        "rings": [[32_100, 84_500, 500, 0, 0, 500, -500, 0]],
        "photos": [[32_000, 84_400, 800]],
    });
    assert_eq!(drawn["changes"], serde_json::json!([change]));
    assert_eq!(drawn["kinds"][0]["count"], 1);
    assert_eq!(drawn["kinds"][0]["colour"], "#d7191c");
    assert_eq!(drawn["limits"][0]["name"], "L'Écluse </script><script>alert(1)</script><!--");
    assert!(html.contains("<img id=\"image-1\""), "the picture that lies under them");
    assert!(html.contains("Les photographies des 2 derniers changements"));
}

#[test]
fn a_page_without_change_runs_no_script() {
    let mut still = data();
    still.shown = Shown { scene: None, changes: Vec::new(), ..still.shown };
    let html = render(&still).unwrap();
    assert!(scripts(&html).is_empty() && !html.contains("script-src"));
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn a_territory_without_row_is_named() {
    let error = render(&ReportData { code: "66".into(), ..data() }).unwrap_err();
    assert_eq!(error.to_string(), "internal error: `artif` has no row for `66`");
}

#[test]
fn commune_page_keeps_to_its_own_figures() {
    let commune =
        ReportData { level: Level::Commune, code: "11002".into(), name: "Une".into(), ..data() };
    let html = render(&commune).unwrap();
    assert!(html.contains("<data value=\"3000.00000\">0,30\u{a0}ha</data>"));
    assert!(!html.contains("id=\"communes\"") && html.contains("id=\"matrice\""));
}

#[test]
fn changes_are_numbered_on_the_map_and_shown_beside_their_line() {
    let html = render(&data()).unwrap();
    let mark = "<a href=\"#changement-1\" style=\"left:12.05%;top:99.99%\"";
    assert!(html.contains(mark) && html.contains("<li id=\"changement-1\">"));
    assert!(html.contains("src=\"data:image/jpeg;base64,/9j/\" alt=\"Changement 1 sur"));
    assert!(html.contains("Et 3 autres, dans la couche des changements."));
}

#[test]
fn the_method_of_a_run_links_to_what_it_took_and_that_of_a_comparison_does_not() {
    let link = "<a href=\"run.html\">Déroulement du calcul</a>";
    assert!(!render(&data()).unwrap().contains("Déroulement"));
    let html = render(&ReportData { run: Some("run.html".into()), ..data() }).unwrap();
    let method = html.split("<section id=\"methode\"").nth(1).unwrap();
    assert!(method.split("</section>").next().unwrap().contains(link));
}

#[test]
fn the_page_of_a_territory_has_its_own_matrix_and_links_to_its_communes() {
    let department = render(&data()).unwrap();
    assert!(department.contains("<a href=\"territoires/commune_11001.html\">"));
    assert!(department.contains("<a href=\"territoires/epci_E1.html\">EPCI : Agglo</a>"));
    let mut epci = ReportData { level: Level::Epci, code: "E1".into(), ..data() };
    epci.shown = Shown::default();
    let html = render(&epci).unwrap();
    assert!(html.contains("<a href=\"commune_11001.html\">") && html.contains("id=\"matrice\""));
    let table = epci.tables.iter().find(|table| table.name == "passages_cs_epci").unwrap();
    let area = table.column("surface").unwrap();
    for row in table.rows.iter().filter(|row| row[0] == Cell::words("E1")) {
        assert!(html.contains(&format!("<data value=\"{}\">", row[area].text())), "{row:?}");
    }
}
