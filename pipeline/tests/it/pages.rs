//! The pages of a comparison: the department's, those of its territories and of the user's zones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::figures::{Drawn, csv};

/// The pages of a result, by their address.
fn pages(out: &Path) -> Vec<PathBuf> {
    let territories = fs::read_dir(out.join("territoires")).unwrap();
    let mut pages: Vec<PathBuf> = territories.map(|entry| entry.unwrap().path()).collect();
    pages.push(out.join("report.html"));
    pages.sort();
    pages
}

fn page(out: &Path, name: &str) -> String {
    fs::read_to_string(out.join("territoires").join(name)).unwrap()
}

/// What stands between two marks, again and again.
fn all_between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let after = text.split(from).skip(1);
    after.map(|rest| rest.split(to).next().unwrap()).collect()
}

/// Cover after and area in hectares of each change of the list.
fn listed(html: &str) -> Vec<(&str, &str)> {
    let lines = all_between(html, "<li id=\"changement-", "</li>");
    lines
        .into_iter()
        .map(|line| {
            let after = all_between(line, "→ ", " ")[0];
            (
                after,
                all_between(all_between(line, "class=\"area\"", "</span>")[0], "\">", "\u{a0}")[0],
            )
        })
        .collect()
}

#[test]
fn every_territory_and_zone_has_its_page_with_the_changes_on_its_own_ground() {
    let drawn = Drawn::new();
    let out = drawn.tables().parent().unwrap().to_owned();
    let names: Vec<String> = pages(&out)
        .iter()
        .map(|page| page.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "report.html",
            "commune_11001.html",
            "commune_11002.html",
            "commune_11003.html",
            "epci_200.html",
            "epci_300.html",
            "scot_S1.html",
            "zone_zae_Z1.html",
            "zone_zae_Z2.html",
        ]
    );
    // The yard is paved in the west, houses stand in the east.
    assert_eq!(listed(&page(&out, "commune_11001.html")), [("CS1.1.1.2", "0,30")]);
    assert_eq!(listed(&page(&out, "commune_11002.html")), [("CS1.1.1.1", "0,60")]);
    assert_eq!(listed(&page(&out, "commune_11003.html")), []);
    let both = [("CS1.1.1.1", "0,60"), ("CS1.1.1.2", "0,30")];
    assert_eq!(listed(&page(&out, "epci_200.html")), both);
    // The zone ends in the middle of the houses.
    let cut = [("CS1.1.1.2", "0,30"), ("CS1.1.1.1", "0,20")];
    assert_eq!(listed(&page(&out, "zone_zae_Z1.html")), cut);
    let zone = page(&out, "zone_zae_Z1.html");
    assert!(zone.contains("La Gare") && zone.contains("Part bâtie"));
    let commune = page(&out, "commune_11001.html");
    assert!(commune.contains("id=\"enaf\""));
    assert!(
        !page(&out, "commune_11003.html").contains("id=\"enaf\""),
        "the table does not know it"
    );
}

#[test]
fn every_figure_of_every_page_stands_in_a_table() {
    let drawn = Drawn::new();
    let tables = drawn.tables();
    let files = fs::read_dir(&tables).unwrap().map(|entry| entry.unwrap().path());
    let csvs = files.filter(|path| path.extension().is_some_and(|extension| extension == "csv"));
    let known: BTreeSet<String> = csvs.flat_map(|path| csv(&path)).flatten().collect();
    let mut figures = 0;
    for path in pages(tables.parent().unwrap()) {
        let html = fs::read_to_string(&path).unwrap();
        // The list of changes and the steps of the thresholds are told by the map and by the page.
        for section in all_between(&html, "<section id=\"", "</section>") {
            if section.starts_with("changements") || section.starts_with("seuils") {
                continue;
            }
            for value in all_between(section, "<data value=\"", "\"") {
                assert!(known.contains(value), "{}: {value} is in no table", path.display());
                figures += 1;
            }
        }
    }
    assert!(figures > 400, "{figures} figures");
}

#[test]
fn pages_need_nothing_else_and_stay_small() {
    let drawn = Drawn::new();
    let out = drawn.tables().parent().unwrap().to_owned();
    for path in pages(&out) {
        let html = fs::read_to_string(&path).unwrap();
        assert!(html.len() < 1_000_000, "{}: {} bytes", path.display(), html.len());
        let has_changes = html.contains("<li id=\"changement-");
        let n_scripts = html.matches("<script").count();
        assert_eq!(n_scripts, if has_changes { 3 } else { 0 }, "{}", path.display());
        let own = without_scripts(&html);
        for banned in ["http://", "https://", "<link", "@import", "url("] {
            assert!(!own.contains(banned), "{}: {banned}", path.display());
        }
        assert_eq!(html.matches("default-src 'none'; img-src data:;").count(), 1);
        assert_eq!(html.matches("'sha256-").count(), if has_changes { 2 } else { 0 });
        links_lead_somewhere(&path);
    }
}

fn without_scripts(html: &str) -> String {
    let scripts = all_between(html, "<script", "</script>");
    scripts.iter().fold(html.to_owned(), |rest, script| rest.replace(script, ""))
}

/// Follows every link of a page, within it and to files.
pub(crate) fn links_lead_somewhere(path: &Path) {
    let html = fs::read_to_string(path).unwrap();
    for address in all_between(&without_scripts(&html), "href=\"", "\"") {
        let found = match address.strip_prefix('#') {
            Some(id) => html.contains(&format!("id=\"{id}\"")),
            None => path.parent().unwrap().join(address).exists(),
        };
        assert!(found, "{}: {address}", path.display());
    }
}

/// What a Chromium prints of a page, or does with it; it must say nothing on its console.
fn browse(address: &str, args: &[&str]) -> String {
    let browser = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--no-pdf-header-footer"])
        .args(args)
        .arg(address)
        .output()
        .expect("chromium is installed");
    let said = String::from_utf8_lossy(&browser.stderr);
    assert!(browser.status.success(), "{said}");
    assert!(!said.contains("CONSOLE"), "{said}");
    String::from_utf8_lossy(&browser.stdout).into_owned()
}

#[test]
#[ignore = "needs a Chromium; `make test-long` installs it"]
fn a_browser_draws_every_change_of_the_list_and_shows_the_one_it_is_asked_for() {
    let drawn = Drawn::new();
    // The words of a change come once the map has moved to it.
    let dump = ["--dump-dom", "--virtual-time-budget=4000"];
    for path in pages(drawn.tables().parent().unwrap()) {
        let html = fs::read_to_string(&path).unwrap();
        let n_listed = html.matches("<li id=\"changement-").count();
        let address = format!("file://{}", path.display());
        let shown = browse(&address, &dump);
        let n_drawn = shown.matches("class=\"change leaflet-interactive\"").count();
        assert_eq!(n_drawn, n_listed, "{}", path.display());
        assert_eq!(shown.contains("<html lang=\"fr\" class=\"alive\""), n_listed > 0);
        assert_eq!(shown.matches(">Voir sur la carte</button>").count(), n_listed);
        if n_listed > 0 {
            let shown = browse(&format!("{address}#carte-1"), &dump);
            let told = all_between(&shown, "<div class=\"story\">", "</a></div>");
            assert_eq!(told.len(), 1, "{}", path.display());
            let line = all_between(&html, "<li id=\"changement-1\"", "</li>")[0];
            let codes = all_between(line, "</p><p>", "</p>")[0].replace("&#x2f;", "/");
            assert!(told[0].contains("Changement 1 · ") && told[0].contains(&codes), "{}", told[0]);
            assert!(told[0].contains("href=\"#changement-1\""));
        }
    }
}

#[test]
#[ignore = "needs a Chromium; `make test-long` installs it"]
fn a_browser_shows_the_pages_on_wide_and_narrow_screens_and_prints_them_on_a4() {
    let drawn = Drawn::new();
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&shots).unwrap();
    for path in pages(drawn.tables().parent().unwrap()) {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let address = format!("file://{}", path.display());
        for (kind, size) in [("", "1100,3000"), ("_phone", "500,4000")] {
            let png = shots.join(format!("{stem}{kind}.png"));
            let shot = format!("--screenshot={}", png.display());
            browse(&address, &[&shot, &format!("--window-size={size}")]);
            let image = fs::read(&png).unwrap();
            assert!(image.starts_with(b"\x89PNG") && image.len() > 20_000, "{stem} is empty");
        }
        let pdf = shots.join(format!("{stem}.pdf"));
        browse(&address, &[&format!("--print-to-pdf={}", pdf.display())]);
        // A4 in points.
        let document = fs::read(&pdf).unwrap();
        let text = String::from_utf8_lossy(&document);
        assert!(text.contains("/MediaBox [0 0 594.9"), "{stem} is no A4");
    }
}
