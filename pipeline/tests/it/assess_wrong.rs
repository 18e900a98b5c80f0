//! `millesime assess` on plans and sheets that are not what they must be.

use std::fs;
use std::path::Path;

use kernels::lattice::Point;
use pipeline::io::vector_writer::{
    Field, FieldKind, GeometryKind, LayerSpec, Shape, VectorFormat, VectorWriter,
};

use crate::assess::{delivered, interpreted, millesime, places, plan, sheet};
use crate::generated::Sample;

/// The exit code and the message of a command.
fn told(args: &[&str]) -> (i32, String) {
    let output = millesime(args);
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn result(plan: &Path, sheet: &str, more: &[&str]) -> (i32, String) {
    let mut args = vec!["assess", "result", "--plan", plan.to_str().unwrap(), "--sheet", sheet];
    args.extend(more);
    told(&args)
}

#[test]
fn a_changed_or_mixed_sheet_is_refused_with_the_place() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let good = interpreted(&folder, &sample.before());
    let refused = |change: &dyn Fn(&mut Vec<[String; 3]>), words: &[&str]| {
        let mut rows = good.clone();
        change(&mut rows);
        let (code, said) = result(&folder, &sheet(&folder, "faux.csv", &rows), &[]);
        assert_eq!(code, 4, "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is not in: {said}");
        }
        assert!(!folder.join("resultat").exists(), "nothing is written");
    };
    let id = good[3][0].clone();
    refused(&|rows| drop(rows.remove(3)), &["are missing", &id, "all 700 places"]);
    refused(&|rows| rows.push(rows[3].clone()), &["are twice", &id]);
    refused(&|rows| rows[3][0] = "abcdef01-0004".to_owned(), &["of another plan", "abcdef01-0004"]);
    refused(&|rows| rows[3][0] = format!("{}9", rows[3][0]), &["that the plan does not"]);
    refused(&|rows| rows[3][0].clear(), &["has no id"]);
    refused(
        &|rows| rows[3][1] = "CS2.2.9".to_owned(),
        &["not known", "`code_cs` = `CS2.2.9`", &id, "hint"],
    );
    refused(&|rows| rows[3][2] = "US1".to_owned(), &["too general", "`US1`"]);
    refused(&|rows| rows[3][1] = "?".to_owned(), &["not observable and has a code"]);
    refused(
        &|rows| rows[3..5].iter_mut().for_each(|row| row[2].clear()),
        &["without a full answer", "2: ", &id, "--partial"],
    );
    fs::write(folder.join("faux.csv"), "id,code_cs\n1,2\n").unwrap();
    let (code, said) = result(&folder, folder.join("faux.csv").to_str().unwrap(), &[]);
    assert_eq!(code, 4);
    assert!(said.contains("lacks a column") && said.contains("`code_us`"), "{said}");
}

#[test]
fn places_without_answer_make_a_provisional_result_when_asked_for() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let mut rows = interpreted(&folder, &sample.before());
    for row in &mut rows[600..] {
        row[1].clear();
    }
    let filled = sheet(&folder, "debut.csv", &rows);
    let (code, said) = result(&folder, &filled, &["--partial", "--fail-on", "never"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("provisional: 600 places answered"), "{said}");
    let page = fs::read_to_string(folder.join("resultat/qualite.html")).unwrap();
    assert!(page.contains("Résultat provisoire : 100 points sur 700 sont sans réponse."));
    for row in &mut rows {
        row[1].clear();
    }
    let (code, said) = result(&folder, &sheet(&folder, "vide.csv", &rows), &["--partial"]);
    assert_eq!(code, 4);
    assert!(said.contains("too few answers"), "{said}");
}

#[test]
fn a_rejected_vintage_exits_5_and_everything_is_written() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let wrong = |row: [String; 3]| [row[0].clone(), "CS2.1.3".to_owned(), "US6.3".to_owned()];
    let rows: Vec<_> = interpreted(&folder, &sample.before()).into_iter().map(wrong).collect();
    let (code, said) = result(&folder, &sheet(&folder, "tout.csv", &rows), &[]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("the vintage is rejected"), "{said}");
    for name in ["qualite.html", "qualite.json", "qualite.xlsx", "acceptation.csv", "ecarts.csv"] {
        assert!(folder.join("resultat").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_place_that_was_moved_is_refused() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let rows = interpreted(&folder, &sample.before());
    let text = |name| Field::optional(name, FieldKind::Text);
    let spec = LayerSpec {
        name: "echantillon".to_owned(),
        title: String::new(),
        geometry: GeometryKind::Point,
        geometry_column: "geom",
        epsg: 2154,
        file_epsg: 2154,
        fields: vec![text("id"), text("code_cs"), text("code_us")],
    };
    let write = |name: &str, moved_cm: i32| {
        let path = folder.join(name);
        let mut writer =
            VectorWriter::create(&path, VectorFormat::GeoPackage, std::slice::from_ref(&spec))
                .unwrap();
        for (fid, ((_, place), row)) in (1..).zip(places(&folder).into_iter().zip(&rows)) {
            let x = place.x + if fid == 5 { moved_cm } else { 0 };
            let values = row.each_ref().map(|text| text.as_str().into());
            writer.add(0, fid, Shape::Point(Point::new(x, place.y)), &values).unwrap();
        }
        writer.finish().unwrap();
        path.display().to_string()
    };
    let (code, said) = result(&folder, &write("moved.gpkg", 150), &[]);
    assert_eq!(code, 4);
    assert!(said.contains("was moved") && said.contains(&rows[4][0]), "{said}");
    let (code, said) = result(&folder, &write("kept.gpkg", 0), &["--fail-on", "never"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn plans_are_refused_before_anything_is_lost() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "700"]);
    let vintage = delivered(&sample).display().to_string();
    let draw = |more: &[&str]| told(&[&["assess", "plan", &vintage][..], more].concat());
    let (code, said) = draw(&["--out", folder.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(said.contains("exists already"), "{said}");
    let other = sample.path("other").display().to_string();
    let (code, said) = draw(&["--out", &other, "--sample-size", "20"]);
    assert_eq!(code, 2);
    assert!(said.contains("at least 50 each") && said.contains("--minimum"), "{said}");
    let (code, said) = draw(&["--out", &other, "--expected", "CS9=0.5"]);
    assert_eq!(code, 2);
    assert!(said.contains("no stratum has this code") && said.contains("CS2.2.1"), "{said}");
    let (code, _) = draw(&["--out", &other, "--standard-error", "3"]);
    assert_eq!(code, 2);
    assert!(!sample.path("other").exists(), "nothing is written");
    assert_eq!(told(&["assess", "plan", "nowhere.gpkg", "--out", &other]).0, 4);
    assert_eq!(result(&sample.path("other"), "x.csv", &[]).0, 2);
    let key = folder.join("cle.csv");
    let text = fs::read_to_string(&key).unwrap();
    fs::write(&key, text.replacen("CS", "CS ", 1)).unwrap();
    let (code, said) = result(&folder, "x.csv", &[]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("not the one that the plan was made with"), "{said}");
}
