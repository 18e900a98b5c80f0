//! An assessment of a vintage beside the figures of those who publish it.

use std::fs;

use pipeline::error::exit;

use crate::assess::{delivered, interpreted, millesime, plan, sheet};
use crate::generated::{Sample, command};

#[test]
fn an_assessment_stands_in_the_report_and_in_the_archives_of_its_vintage() {
    let sample = Sample::new(3);
    let folder = plan(&sample, "qualite", &["--sample-size", "1200", "--seed", "4"]);
    let filled = sheet(&folder, "remplie.csv", &interpreted(&folder, &sample.before()));
    let plan_dir = folder.to_str().unwrap();
    let args = ["assess", "result", "--plan", plan_dir, "--sheet", &filled, "--fail-on", "never"];
    assert_eq!(millesime(&args).status.code(), Some(0));
    let result = folder.join("resultat");
    let pair = (delivered(&sample), sample.after());
    let pair = (pair.0.as_path(), pair.1.as_path());
    let given = ["--quality", result.to_str().unwrap(), "--deliver", "archives"];
    let out = sample.compare(pair, "out", &given);

    let csv = fs::read_to_string(result.join("exactitude_globale.csv")).unwrap();
    let figures: Vec<Vec<&str>> = csv.lines().skip(1).map(|l| l.split(',').collect()).collect();
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    let (_, told) = report.split_once("<h4>Millésime 2018</h4>").unwrap();
    let (told, _) = told.split_once("<h3>").unwrap();
    assert!(told.contains("1200 points renseignés sur 1200"));
    // Four figures by line, of which the standard error is not shown.
    let [first, ..] = &figures[..] else { panic!("no figure") };
    for figure in [first[1], first[3], first[4]] {
        assert!(told.contains(&format!("<data value=\"{figure}\">")), "{figure}");
    }
    assert!(told.contains("Producteur") && told.contains("surfaces ajustées"));
    let commune = fs::read_dir(out.join("territoires")).unwrap().next().unwrap().unwrap().path();
    let commune = fs::read_to_string(commune).unwrap();
    assert!(commune.contains("tout le département") && !commune.contains("surfaces ajustées"));

    let copied = fs::read(out.join("qualite_2018.json")).unwrap();
    assert_eq!(copied, fs::read(result.join("qualite.json")).unwrap());
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    assert!(manifest.contains("\"quality/qualite.json\""), "it is an input");
    let archives = fs::read_dir(out.join("archives")).unwrap().map(|e| e.unwrap().path());
    let folders: Vec<_> = archives.filter(|path| path.is_dir()).collect();
    let of = |what: &str| {
        let has = |path: &&std::path::PathBuf| path.to_string_lossy().contains(what);
        let folder = folders.iter().find(has).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let record = folder.join(format!("2_METADONNEES/{name}.xml"));
        (folder.join("5_QUALITE/qualite_2018.json").exists(), fs::read_to_string(record).unwrap())
    };
    let (is_there, record) = of("ARTIFICIALISATION_GPKG_LAMB93_D011_2018-01-01");
    assert!(is_there && record.contains(&format!("<gco:Record>{}</gco:Record>", first[1])));
    assert!(record.contains("la mesure est jointe"));
    let (is_there, record) = of("ARTIFICIALISATION_GPKG_LAMB93_D011_2021-01-01");
    assert!(!is_there && record.contains("aucune mesure n'est jointe"));
    assert_eq!(command(&["verify", out.to_str().unwrap()]), 0);

    // The same assessment, of a file that is not compared; and what is no assessment at all.
    let other = (sample.before(), sample.after());
    let other = (other.0.as_path(), other.1.as_path());
    assert_eq!(sample.try_compare(other, "other", &given[..2]).0, exit::INPUT);
    assert!(!sample.path("other/manifest.json").exists());
    let nothing = ["--quality", plan_dir];
    assert_eq!(sample.try_compare(pair, "other", &nothing).0, exit::USAGE);
}
