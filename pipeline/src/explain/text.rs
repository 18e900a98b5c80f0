//! The story for people: short lines, aligned; labels of codes are French, the rest English.

use std::fmt::{self, Display, Write};

use super::story::{Asked, Code, Commune, Interval, Object, Place, Region, Story, Vintage};
use crate::units;

/// Width of the column of subjects.
const SUBJECT: usize = 11;
/// Most polygons or regions of one list; the others are counted.
const LISTED_MAX: usize = 6;
/// What `--format json` adds to a list that was cut.
const ALL: &str = "all with `--format json`";

impl Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Lines(String::new());
        text.head(self);
        for vintage in &self.vintages {
            text.vintage(self, vintage);
        }
        for interval in &self.intervals {
            text.interval(self, interval);
        }
        text.foot(self);
        f.write_str(&text.0)
    }
}

struct Lines(String);

impl Lines {
    fn title(&mut self, title: &str) {
        let _ = writeln!(self.0, "{title}");
    }

    fn line(&mut self, subject: &str, text: impl Display) {
        let _ = writeln!(self.0, "  {subject:<SUBJECT$} {text}");
    }

    fn head(&mut self, story: &Story) {
        self.title(&match &story.asked {
            Asked::At { .. } => format!("{} ({})", story.asked, story.crs),
            Asked::Id { id, year, .. } => format!("{id}, vintage {year} ({})", story.crs),
        });
        if let Asked::Id { also_in, .. } = &story.asked
            && !also_in.is_empty()
        {
            self.line("note", format!("the id is also in {}: see `--year`", list(also_in)));
        }
        if !story.on_boundary_of.is_empty() {
            let years = list(&story.on_boundary_of);
            self.line("note", format!("on a boundary in {years}: every polygon there is told"));
        }
        for (rank, Commune { own, epci, scot, .. }) in story.communes.iter().enumerate() {
            if rank == LISTED_MAX {
                self.line("", format!("and {} more communes, {ALL}", story.communes.len() - rank));
                break;
            }
            self.line("commune", place(own));
            for (subject, of) in [("EPCI", epci), ("SCoT", scot)] {
                let same = rank > 0 && {
                    let before = &story.communes[rank - 1];
                    [&before.epci, &before.scot].contains(&of)
                };
                if !of.code.is_empty() && !same {
                    self.line(subject, place(of));
                }
            }
        }
        if story.communes.is_empty() {
            self.line("commune", "none: outside every territory");
        }
        if !story.zones.is_empty() {
            let zones: Vec<String> = story.zones.iter().map(place).collect();
            self.line("zone", zones.join(", "));
        }
        for (layer, places) in &story.customs {
            for of in places.iter().take(LISTED_MAX) {
                self.line(layer, place(of));
            }
        }
    }

    fn vintage(&mut self, story: &Story, vintage: &Vintage) {
        let year = vintage.year;
        if vintage.objects.is_empty() {
            self.title("");
            self.title(&format!("{year}  no polygon: outside this vintage"));
        }
        for (rank, object) in vintage.objects.iter().enumerate() {
            self.title("");
            if rank == LISTED_MAX {
                let rest = &vintage.objects[rank..];
                let area: f64 = rest.iter().filter_map(|object| object.shared_m2).sum();
                let n = rest.len();
                self.title(&format!("{year}  and {n} more, {} in common, {ALL}", m2(area)));
                break;
            }
            self.object(story, year, object);
        }
    }

    fn object(&mut self, story: &Story, year: u16, object: &Object) {
        self.title(&format!("{year}  {}", object.id));
        self.line("cover", labelled(&object.cover));
        self.line("usage", labelled(&object.usage));
        let mut area = m2(object.area_m2);
        if let Some(shared) = object.shared_m2.filter(|&shared| differs(shared, object.area_m2)) {
            let _ = write!(area, ", {} of it here", m2(shared));
        }
        self.line("area", area);
        let origin = origin(object);
        if !origin.is_empty() {
            self.line("source", origin);
        }
        let article = if object.judged.article.is_empty() {
            "no rule decides it"
        } else {
            &object.judged.article
        };
        self.line("couple", format!("{}: {article}", status(object.judged.matrix_artificial)));
        let group = &object.judged.group;
        let polygons = if group.polygons == 1 { "polygon" } else { "polygons" };
        self.line(
            "group",
            format!(
                "no. {}, {} touching {polygons} {}, {}{}",
                group.number,
                units::count(group.polygons),
                status(object.judged.matrix_artificial),
                m2(group.area_m2),
                threshold(story, object)
            ),
        );
        self.line("decided by", step(story, object));
        let judged = &object.judged;
        if let Some(official) = &judged.official {
            let rules = status(judged.by_rules);
            self.line("official", format!("{}; by the rules it is {rules}", published(official)));
        }
        if judged.exempted_m2 > 0.0 {
            self.line("exempted", m2(judged.exempted_m2));
        }
        let seuil = if object.judged.crit_seuil { "yes" } else { "no" };
        self.line(
            "verdict",
            format!("{}, crit_seuil {seuil}", status(object.judged.artificial).to_uppercase()),
        );
    }

    fn interval(&mut self, story: &Story, interval: &Interval) {
        let Interval { before, after, regions, evolutions } = interval;
        self.title("");
        self.title(&if regions.is_empty() {
            format!("{before} -> {after}  same codes")
        } else {
            format!("{before} -> {after}  changed")
        });
        for (rank, region) in regions.iter().enumerate() {
            if rank == LISTED_MAX {
                let rest = &regions[rank..];
                let area: f64 = rest.iter().filter_map(|region| region.shared_m2).sum();
                self.line("", format!("and {} more, {} in common, {ALL}", rest.len(), m2(area)));
                break;
            }
            self.region(story, region);
        }
        let flux = |wanted: i64| {
            let of = evolutions.iter().filter(|e| e.direction == wanted);
            let areas: Vec<(f64, Option<f64>)> = of.map(|e| (e.area_m2, e.shared_m2)).collect();
            let (all, here): (f64, f64) =
                areas.iter().fold((0.0, 0.0), |s, a| (s.0 + a.0, s.1 + a.1.unwrap_or(a.0)));
            (!areas.is_empty()).then(|| {
                let part =
                    if differs(here, all) { format!(" of {}", m2(all)) } else { String::new() };
                format!("{}{part}", m2(here))
            })
        };
        let (gained, lost) = (flux(1), flux(-1));
        if gained.is_none() && lost.is_none() {
            self.line("flux", "none: same status at both dates");
        }
        for (area, words) in [(gained, "artificialised"), (lost, "no longer artificial")] {
            if let Some(area) = area {
                self.line("flux", format!("{area} {words}"));
            }
        }
    }

    fn region(&mut self, story: &Story, region: &Region) {
        let codes = |of: &[Code; 2]| format!("{} {}", of[0].code, of[1].code);
        let mut area = m2(region.area_m2);
        if let Some(shared) = region.shared_m2.filter(|&shared| differs(shared, region.area_m2)) {
            let _ = write!(area, ", {} of it here", m2(shared));
        }
        self.line("codes", format!("{} -> {}", codes(&region.before), codes(&region.after)));
        self.line("region", area);
        self.line("class", format!("{}: {}", region.kind, why(story, region)));
        // The search for a disc stops at the width that decides.
        let bound = 2.0 * story.tolerance_m;
        let at_least = if region.disc_m >= bound { "at least " } else { "" };
        self.line(
            "measures",
            format!(
                "disc {at_least}{:.2} m, mean width {:.2} m, compactness {:.2}, displaced {:.0} %",
                region.disc_m,
                region.mean_width_m,
                region.compactness,
                region.displaced_share * 100.0
            ),
        );
        let [before, after] = &region.statuses;
        self.line("status", format!("{} -> {}", published(before), published(after)));
        if let Some(percent) = region.confidence_percent {
            let reason = region.reason_words.unwrap_or("no reason");
            self.line("seen", format!("{reason}, confidence {percent} %"));
        }
    }

    fn foot(&mut self, story: &Story) {
        self.title("");
        let forcing = if story.rules.forcing { ", forcing near buildings" } else { "" };
        self.line("rules", format!("{}: {}{forcing}", story.rules.id, story.rules.title));
        self.line("codes of", &story.nomenclature);
        let n = story.files.len();
        self.line("files", format!("{n} read, as the manifest of {} has them", story.made_by));
    }
}

/// Whether two areas differ as printed.
fn differs(a: f64, b: f64) -> bool {
    (a - b).abs() >= 0.005
}

/// An area with its digits grouped.
fn m2(area_m2: f64) -> String {
    let text = format!("{area_m2:.2}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), units::count);
    format!("{whole}.{decimals} m2")
}

fn list(years: &[u16]) -> String {
    years.iter().map(u16::to_string).collect::<Vec<_>>().join(" and ")
}

fn labelled(Code { code, label }: &Code) -> String {
    format!("{code:<11} {label}").trim_end().to_owned()
}

fn place(Place { code, name, shared_m2 }: &Place) -> String {
    let mut text = format!("{code} {name}").trim().to_owned();
    if let Some(shared) = shared_m2 {
        let _ = write!(text, " ({} here)", m2(*shared));
    }
    text
}

fn origin(object: &Object) -> String {
    let mut parts = Vec::new();
    if !object.source.is_empty() {
        parts.push(object.source.clone());
    }
    if let Some(id) = &object.id_origine {
        parts.push(format!("from {id}"));
    }
    if let Some(code) = &object.code_or {
        parts.push(format!("code {code}"));
    }
    if object.is_ossature {
        parts.push("skeleton of roads and rail".to_owned());
    }
    parts.join(", ")
}

fn status(is_artificial: bool) -> &'static str {
    if is_artificial { "artificial" } else { "not artificial" }
}

/// A status as the delivery writes it.
fn published(word: &str) -> &'static str {
    match word {
        "artif" => "artificial",
        "non artif" => "not artificial",
        _ => "partly artificial",
    }
}

/// How the group's area compares with the threshold.
fn threshold(story: &Story, object: &Object) -> String {
    let min = story.rules.group_min_m2;
    if min == 0.0 {
        return "; no threshold".to_owned();
    }
    let word = if object.judged.group.under_threshold { "under" } else { "at least" };
    format!(", {word} {} m2", units::count(min.round() as u64))
}

/// The step that decided, in words.
fn step(story: &Story, object: &Object) -> String {
    let min = units::count(story.rules.group_min_m2.round() as u64);
    match object.judged.step.as_str() {
        "matrice" => "the couple; no threshold changes it".to_owned(),
        "groupe_sous_seuil" => {
            format!("the threshold: a group under {min} m2 takes the other status")
        }
        "bati_restaure" => {
            format!("the restoration of buildings: under {min} m2, next to ground not artificial")
        }
        "forcage_bati" => "forcing: a small surface next to an artificial building".to_owned(),
        other => other.to_owned(),
    }
}

/// Why a region has its class.
fn why(story: &Story, region: &Region) -> String {
    let width = 2.0 * story.tolerance_m;
    let is_narrow = region.disc_m < width;
    match region.kind.as_str() {
        "real" => format!("a disc of {width} m fits, and it is over the minimum unit"),
        "shift" => {
            format!("narrower than {width} m, between the two sides of a boundary that moved")
        }
        "threshold" if is_narrow => format!("narrower than {width} m, and no boundary that moved"),
        "threshold" => "under the minimum unit of its class".to_owned(),
        "nomenclature" => "both codes mean the same ground".to_owned(),
        "correction" => {
            "a corrective patch, or accepted corrections, say that the older vintage was wrong"
                .to_owned()
        }
        other => other.to_owned(),
    }
}
