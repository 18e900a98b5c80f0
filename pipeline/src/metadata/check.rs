//! What a metadata record lacks of what catalogues and the national validator ask for.
//!
//! The rules are those that fail most often nationally: access and licence, language, INSPIRE theme,
//! identifier, reference system, title, resolution, lineage, conformity, dates of the imagery.

use roxmltree::{Document, Node};

/// Namespaces of a record.
const GMD: &str = "http://www.isotc211.org/2005/gmd";
const GMX: &str = "http://www.isotc211.org/2005/gmx";
const XLINK: &str = "http://www.w3.org/1999/xlink";

/// The end of the address of "no limitations" in INSPIRE's register.
const NO_LIMITATIONS: &str = "/LimitationsOnPublicAccess/noLimitations";
/// The thesaurus of INSPIRE's themes.
const THEMES: &str = "GEMET - INSPIRE themes, version 1.0";

/// What a record must agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected<'a> {
    /// EPSG code of the data, when they could be read.
    pub epsg: Option<u32>,
    /// The department's code, two or three characters.
    pub department: Option<&'a str>,
    /// The years of the vintages.
    pub years: &'a [u16],
}

/// A record that could be read, for what several records must agree on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Its identifier.
    pub identifier: Option<String>,
    /// The rules that it breaks, each with what is there instead.
    pub faults: Vec<Fault>,
}

/// A rule that a record breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The stable key of the rule.
    pub key: &'static str,
    /// What is there, in French; may be empty.
    pub got: String,
}

/// Key of a file that is no ISO 19139 record.
pub const UNREADABLE: &str = "md_unreadable";
/// Keys of the rules, in their order.
pub const KEYS: [&str; 14] = [
    "md_access",
    "md_licence",
    "md_language",
    "md_theme",
    "md_identifier",
    "md_reference_system",
    "md_title",
    "md_resolution",
    "md_lineage",
    "md_conformity",
    "md_temporal",
    "md_extent",
    "md_contact",
    "md_date",
];

/// Whether a text looks like an ISO 19139 record.
pub fn is_record(xml: &str) -> bool {
    xml.contains(GMD) && xml.contains("MD_Metadata")
}

/// Holds a record against every rule.
pub fn check(xml: &str, expected: &Expected<'_>) -> Checked {
    // Without `allow_dtd` a document that defines entities is refused, bombs among them.
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => return unreadable(error.to_string()),
    };
    let root = document.root_element();
    if !root.has_tag_name((GMD, "MD_Metadata")) {
        return unreadable(format!("<{}>", root.tag_name().name()));
    }
    let record = Xml(root);
    let results = [
        record.access(),
        record.licence(),
        record.language(),
        record.theme(),
        record.identifier(),
        record.reference_system(expected.epsg),
        record.title(expected),
        record.resolution(),
        record.lineage(),
        record.conformity(),
        record.temporal(expected.years),
        record.extent(),
        record.contact(),
        record.date(),
    ];
    let broken = KEYS.into_iter().zip(results);
    let faults = broken.filter_map(|(key, result)| Some(Fault { key, got: result.err()? }));
    Checked { identifier: record.text("fileIdentifier"), faults: faults.collect() }
}

fn unreadable(got: String) -> Checked {
    Checked { identifier: None, faults: vec![Fault { key: UNREADABLE, got }] }
}

/// A record that holds a rule, or what it says instead.
type Held = Result<(), String>;

fn hold(is_right: bool, got: impl Into<String>) -> Held {
    if is_right { Ok(()) } else { Err(got.into()) }
}

/// The root of a record, or a part of one.
#[derive(Clone, Copy)]
struct Xml<'a, 'input>(Node<'a, 'input>);

impl<'a, 'input: 'a> Xml<'a, 'input> {
    /// Every element of this name below it, at any depth.
    fn all(self, name: &'static str) -> impl Iterator<Item = Xml<'a, 'input>> {
        self.0.descendants().filter(move |node| node.has_tag_name((GMD, name))).map(Xml)
    }

    /// The text of the first element of this name.
    fn text(self, name: &'static str) -> Option<String> {
        let text = self.all(name).next()?.words();
        (!text.is_empty()).then_some(text)
    }

    /// All text below it, spaces joined.
    fn words(self) -> String {
        let texts = self.0.descendants().filter(Node::is_text).filter_map(|node| node.text());
        texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }

    /// The addresses of the anchors below it.
    fn anchors(self) -> Vec<&'a str> {
        let anchors = self.0.descendants().filter(|node| node.has_tag_name((GMX, "Anchor")));
        anchors.filter_map(|node| node.attribute((XLINK, "href"))).collect()
    }

    /// The part that identifies the resource.
    fn identification(self) -> Xml<'a, 'input> {
        self.all("MD_DataIdentification").next().unwrap_or(self)
    }

    fn access(self) -> Held {
        let legal: Vec<_> = self.all("MD_LegalConstraints").collect();
        let is_free = |part: &Xml<'_, '_>| {
            part.all("accessConstraints").next().is_some()
                && part.anchors().iter().any(|href| href.ends_with(NO_LIMITATIONS))
        };
        hold(legal.iter().any(is_free), format!("{} contraintes légales", legal.len()))
    }

    fn licence(self) -> Held {
        let given: Vec<String> = self.all("MD_LegalConstraints").map(Self::words).collect();
        let mut addresses = self.all("MD_LegalConstraints").flat_map(Self::anchors);
        let is_open = |text: &str| {
            let text = text.to_lowercase();
            (text.contains("licence ouverte") || text.contains("etalab")) && text.contains('2')
                || text.contains("licence-ouverte-open-licence")
        };
        let is_named = given.iter().any(|text| is_open(text)) || addresses.any(is_open);
        hold(is_named, given.join(" ; "))
    }

    fn language(self) -> Held {
        let language = |node: Node<'_, '_>| node.attribute("codeListValue").map(str::to_owned);
        let parts = self.identification().0.children();
        let codes: Vec<String> = parts
            .filter(|node| node.has_tag_name((GMD, "language")))
            .filter_map(|node| node.first_element_child())
            .map(|node| language(node).unwrap_or_else(|| Xml(node).words()))
            .collect();
        hold(codes.iter().any(|code| code == "fre"), codes.join(", "))
    }

    fn theme(self) -> Held {
        let groups = self
            .all("MD_Keywords")
            .filter(|group| group.text("thesaurusName").is_some_and(|name| name.contains(THEMES)));
        let themes: Vec<String> =
            groups.flat_map(|group| group.all("keyword").map(Self::words)).collect();
        hold(themes.len() == 1, themes.join(", "))
    }

    fn identifier(self) -> Held {
        hold(self.text("fileIdentifier").is_some(), "")
    }

    fn reference_system(self, expected: Option<u32>) -> Held {
        let systems = self.all("RS_Identifier").flat_map(Self::anchors);
        let codes: Vec<Option<u32>> = systems
            .map(|href| {
                let is_epsg = href.to_uppercase().contains("EPSG");
                let code = href.rsplit(['/', ':']).next()?;
                code.parse().ok().filter(|_| is_epsg)
            })
            .collect();
        let is_right = match expected {
            Some(epsg) => codes.contains(&Some(epsg)),
            None => codes.iter().any(Option::is_some),
        };
        let got = self.all("RS_Identifier").next().map(Self::words).unwrap_or_default();
        hold(is_right, got)
    }

    fn title(self, expected: &Expected<'_>) -> Held {
        let title = self.identification().text("title").unwrap_or_default();
        let has_years = expected.years.iter().all(|year| title.contains(&year.to_string()));
        let has_place = expected.department.is_none_or(|department| title.contains(department));
        hold(!title.is_empty() && has_years && has_place, title.clone())
    }

    fn resolution(self) -> Held {
        let denominator = self.text("denominator").unwrap_or_default();
        let is_plain = denominator.parse::<u32>().is_ok_and(|n| n > 0);
        let has_distance = self.all("distance").next().is_some();
        hold(is_plain || (denominator.is_empty() && has_distance), denominator)
    }

    fn lineage(self) -> Held {
        let statement = self.all("LI_Lineage").next().map(Self::words).unwrap_or_default();
        let says = statement.to_lowercase();
        hold(says.contains("contrôl") || says.contains("qualité"), statement)
    }

    fn conformity(self) -> Held {
        let results: Vec<_> = self.all("DQ_ConformanceResult").collect();
        let is_stated = |result: &Xml<'_, '_>| {
            result.all("specification").any(|part| part.words().contains("1089/2010"))
                && result.all("pass").next().is_some()
        };
        hold(results.iter().any(is_stated), format!("{} résultats de conformité", results.len()))
    }

    fn temporal(self, years: &[u16]) -> Held {
        let extent = self.all("EX_TemporalExtent").next();
        let words = extent.map(Self::words).unwrap_or_default();
        let has_years = years.iter().all(|year| words.contains(&year.to_string()));
        hold(!words.is_empty() && has_years, words.clone())
    }

    fn extent(self) -> Held {
        let bound = |name| self.text(name).and_then(|text| text.parse::<f64>().ok());
        let (west, east) = (bound("westBoundLongitude"), bound("eastBoundLongitude"));
        let (south, north) = (bound("southBoundLatitude"), bound("northBoundLatitude"));
        let in_order = |low: Option<f64>, high: Option<f64>, max: f64| match (low, high) {
            (Some(low), Some(high)) => low <= high && low >= -max && high <= max,
            _ => false,
        };
        let is_right = in_order(west, east, 180.0) && in_order(south, north, 90.0);
        hold(is_right, format!("{west:?} {east:?} {south:?} {north:?}"))
    }

    fn contact(self) -> Held {
        let parties = self.0.children().filter(|node| node.has_tag_name((GMD, "contact")));
        let is_full = |party: Xml<'_, '_>| {
            party.text("organisationName").is_some()
                && party.text("electronicMailAddress").is_some_and(|text| text.contains('@'))
        };
        let got = parties.clone().map(|node| Xml(node).words()).collect::<Vec<_>>().join(" ; ");
        hold(parties.map(Xml).any(is_full), got)
    }

    fn date(self) -> Held {
        let stamp = self.text("dateStamp").unwrap_or_default();
        let cited = self.identification().all("CI_Date").next().map(Self::words);
        hold(crate::day::Day::parse(&stamp).is_some() && cited.is_some(), stamp)
    }
}
