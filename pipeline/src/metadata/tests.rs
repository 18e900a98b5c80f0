use super::check::{Checked, Expected, KEYS, UNREADABLE, check, is_record};
use super::*;

fn record() -> Record {
    Record {
        identifier: identifier("OCS-GE_2-0__GPKG_LAMB93_D011_2021-01-01", "Région <Sud> & Cie"),
        name: "OCS-GE_2-0__GPKG_LAMB93_D011_2021-01-01".to_owned(),
        title: "Occupation du sol 2021, département 11".to_owned(),
        summary: "Couvertures & usages".to_owned(),
        keywords: vec!["artificialisation".to_owned()],
        organisation: "Région <Sud> & Cie".to_owned(),
        email: Some("sig@region.fr".to_owned()),
        edition: "2025-06-30".to_owned(),
        epsg: 2154,
        bounds: Bounds::around([2.401_23, 43.1, 2.501_29, 43.2]),
        first_year: 2021,
        last_year: 2021,
        denominator: denominator(1.0),
        format: "GeoPackage",
        licence: "Licence Ouverte / Open Licence 2.0",
        licence_url: "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        lineage: "Produit de l'imagerie. Contrôle qualité fait : 12 lois vérifiées.".to_owned(),
        measures: Vec::new(),
    }
}

#[test]
fn measures_of_the_thematic_accuracy_stand_in_the_record() {
    let measure = |what: &str, percent: &str| Measure {
        name: format!("Exactitude globale : {what}"),
        description: "intervalle à 95 % : 91.20 à 95.00 %".to_owned(),
        percent: percent.to_owned(),
    };
    let measures = vec![measure("Couverture & usage", "93.10"), measure("Usage", "94.00")];
    let xml = Record { measures, ..record() }.xml().unwrap();
    assert_eq!(checked(&xml).faults, []);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let texts = |tag: &str| -> Vec<String> {
        let nodes = document.descendants().filter(|node| node.tag_name().name() == tag);
        nodes.filter_map(|node| Some(node.text()?.trim().to_owned())).collect()
    };
    assert_eq!(texts("Record"), ["93.10", "94.00"]);
    assert!(xml.contains("Couverture &amp; usage") && xml.contains("91.20 à 95.00"));
}

fn checked(xml: &str) -> Checked {
    check(xml, &Expected { epsg: Some(2154), department: Some("11"), years: &[2021] })
}

#[test]
fn our_record_holds_every_rule_whatever_the_signs_in_names() {
    let xml = record().xml().unwrap();
    assert!(is_record(&xml));
    let checked = checked(&xml);
    assert_eq!(checked.faults, []);
    assert_eq!(checked.identifier, Some(record().identifier));
    let document = roxmltree::Document::parse(&xml).unwrap();
    let names: Vec<&str> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "organisationName")
        .filter_map(|node| node.first_element_child()?.text())
        .collect();
    assert_eq!(names, ["Région <Sud> & Cie", "Région <Sud> & Cie"]);
    assert!(xml.contains("<gco:Decimal>2.4012</gco:Decimal>"), "rounded outwards");
    assert!(xml.contains("<gco:Decimal>2.5013</gco:Decimal>"), "rounded outwards");
}

#[test]
fn each_rule_broken_once_is_told_and_no_other() {
    let xml = record().xml().unwrap();
    let theme = "<gmd:keyword><gco:CharacterString>Sols</gco:CharacterString></gmd:keyword>";
    let breaks: [(&str, &str, &str); 14] = [
        ("md_access", "/noLimitations", "/INSPIRE_Directive_Article13_1a"),
        (
            "md_licence",
            "licence-ouverte-open-licence/\">Licence Ouverte / Open Licence 2.0",
            "\">Tous droits réservés",
        ),
        (
            "md_language",
            "<gmd:LanguageCode codeList=\"http://www.loc.gov/standards/iso639-2/\" codeListValue=\"fre\">français</gmd:LanguageCode>\n      </gmd:language>",
            "<gmd:LanguageCode codeList=\"x\" codeListValue=\"fra\"/>\n      </gmd:language>",
        ),
        ("md_theme", "<gmd:type>", &format!("{theme}<gmd:type>")),
        ("md_identifier", &record().identifier, ""),
        ("md_reference_system", "EPSG/0/2154", "EPSG/0/27572"),
        ("md_title", "Occupation du sol 2021, département 11", "Occupation du sol"),
        ("md_resolution", "<gco:Integer>2000", "<gco:Integer>1/2000"),
        ("md_lineage", "Contrôle qualité fait : 12 lois vérifiées.", ""),
        ("md_conformity", "1089/2010 DE LA", "DE LA"),
        (
            "md_temporal",
            "<gml:beginPosition>2021</gml:beginPosition>\n                  <gml:endPosition>2021",
            "<gml:beginPosition>2018</gml:beginPosition>\n                  <gml:endPosition>2018",
        ),
        ("md_extent", "<gco:Decimal>2.4012", "<gco:Decimal>1e9"),
        ("md_contact", "sig@region.fr", "sig"),
        (
            "md_date",
            "<gmd:dateStamp>\n    <gco:Date>2025-06-30",
            "<gmd:dateStamp>\n    <gco:Date>bientôt",
        ),
    ];
    assert_eq!(breaks.map(|(key, ..)| key), KEYS, "one break for each rule");
    for (key, from, to) in breaks {
        assert!(xml.contains(from), "{key}: `{from}` is not in the record");
        let faults = checked(&xml.replace(from, to)).faults;
        assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>(), [key]);
    }
}

#[test]
fn what_is_no_record_is_told_and_entities_are_refused() {
    let key = |xml: &str| checked(xml).faults[0].key;
    assert_eq!(key("<gmd:MD_Metadata"), UNREADABLE);
    assert_eq!(key("<a/>"), UNREADABLE);
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    assert_eq!(key(bomb), UNREADABLE);
    assert!(!is_record("<html>MD_Metadata</html>"));
}

#[test]
fn identifiers_are_stable_and_differ_by_archive_and_producer() {
    let one = identifier("a", "b");
    assert_eq!(one, identifier("a", "b"));
    assert_ne!(one, identifier("b", "a"));
    assert_eq!(one.len(), 36);
    assert_eq!(&one[14..15], "8");
}
