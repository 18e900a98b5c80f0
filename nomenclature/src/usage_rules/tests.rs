use super::*;
use crate::{ClassId, Dimension};

fn natures() -> Natures {
    let mut natures: Natures = Default::default();
    natures[Layer::Buildings.rank()] =
        ["Résidentiel", "agricole", "Indifférencié"].map(String::from).to_vec();
    natures
}

struct Asked {
    nomenclature: Nomenclature,
    table: UsageTable,
}

impl Asked {
    fn new() -> Self {
        let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
        let rules = UsageRules::builtin("ocsge-2-0").unwrap();
        let table = rules.compile(&nomenclature, &natures()).unwrap();
        Self { nomenclature, table }
    }

    /// Name of the rule that fits, and the usage it gives.
    fn rule(&self, cover: &str, prior: &str, layer: Option<(Layer, u8)>) -> (&str, &str) {
        let mut evidence = [0; Layer::COUNT];
        if let Some((layer, value)) = layer {
            evidence[layer.rank()] = value;
        }
        let case = UsageCase {
            cover: self.nomenclature.find(Dimension::Cover, cover).unwrap(),
            prior: self.nomenclature.find(Dimension::Usage, prior).unwrap_or_default(),
            is_changed: true,
            evidence,
        };
        let Some(rank) = self.table.first_fit(&case) else { return ("", "") };
        let rule = &self.table.rules[rank];
        let usage = rule.usage.map_or("prior", |id| self.nomenclature.code(Dimension::Usage, id));
        (&rule.name, usage)
    }
}

#[test]
fn the_shipped_rules_say_what_each_evidence_means() {
    let asked = Asked::new();
    let buildings = |value| Some((Layer::Buildings, value));
    assert_eq!(asked.rule("CS1.1.1.1", "US1.1", buildings(1)), ("residential building", "US5"));
    assert_eq!(asked.rule("CS1.1.1.1", "US1.1", buildings(2)), ("farm building", "US1.1"));
    let plain = ("building of no stated nature", "US6.6");
    assert_eq!(asked.rule("CS1.1.1.1", "US1.1", buildings(3)), plain);
    assert_eq!(asked.rule("CS1.1.1.2", "US1.1", Some((Layer::Roads, 1))), ("road", "US4.1.1"));
    assert_eq!(asked.rule("CS1.1.2.1", "US1.1", Some((Layer::Rail, 1))), ("rail", "US4.1.2"));
    assert_eq!(asked.rule("CS1.1.2.1", "US1.1", None), ("quarry or work site", "US6.1"));
    assert_eq!(asked.rule("CS1.2.2", "US1.1", None), ("water", "US6.3"));
    assert_eq!(asked.rule("CS2.2.1", "US6.3", Some((Layer::Crops, 1))), ("farmed parcel", "US1.1"));
    assert_eq!(asked.rule("CS2.2.1", "US1.2", None), ("clear cut", "prior"));
    assert_eq!(asked.rule("CS2.1.1.1", "US6.3", Some((Layer::Forest, 1))), ("woodland", "US1.2"));
    assert_eq!(asked.rule("CS2.2.1", "US5", None), ("", ""));
    let cemetery = Some((Layer::Cemeteries, 1));
    assert_eq!(asked.rule("CS1.1.1.2", "US1.1", cemetery), ("cemetery", "US3"));
    assert_eq!(asked.rule("CS1.2.2", "US1.1", cemetery), ("water", "US6.3"));
    let pitch = Some((Layer::Sports, 1));
    assert_eq!(asked.rule("CS2.2.1", "US1.1", pitch), ("sports ground", "US3"));
}

#[test]
fn rules_are_for_changed_cells_unless_they_say_everywhere() {
    let mut asked = Asked::new();
    let water = asked.nomenclature.find(Dimension::Cover, "CS1.2.2").unwrap();
    let case = UsageCase {
        cover: water,
        prior: ClassId(1),
        is_changed: false,
        evidence: [0; Layer::COUNT],
    };
    assert_eq!(asked.table.first_fit(&case), None);
    let rank = asked.table.rules.iter().position(|rule| rule.name == "water").unwrap();
    asked.table.rules[rank].everywhere = true;
    assert_eq!(asked.table.first_fit(&case), Some(rank));
}

#[test]
fn senseless_rules_are_told_with_their_place() {
    let with = |rules: &str| {
        let head = TEXTS[0].split("rules:").next().unwrap().to_owned();
        UsageRules::from_yaml(&(head + "rules:\n" + rules)).unwrap_err()
    };
    let problems = with("  - { name: a, natures: [X], usage: US5 }\n  - { name: a, usage: US5 }\n");
    let said: Vec<_> = problems.iter().map(|p| p.what.as_str()).collect();
    assert_eq!(said, ["`natures` and `when` ask about no layer", "two rules are named `a`"]);
    let problem = |rule: &str| with(&format!("  - {{ name: a, {rule} }}\n")).remove(0).what;
    assert_eq!(problem("neighbour: [US5]"), "`neighbour` has nothing to fall back on");
    let beside = "a rule with `into` is for the covers of changed cells";
    assert_eq!(problem("cover: [CS2.1.3], into: CS2.1.3, usage: US5"), beside);
    assert_eq!(problem("into: CS2.1.3"), "`into` makes a finer cover of no cover");
    let own = "a rule for all cells gives one usage of its own";
    assert_eq!(problem("cover: [CS2.1.3], everywhere: true"), own);
}

#[test]
fn a_nature_that_the_evidence_does_not_have_is_named_with_its_neighbour() {
    let text = TEXTS[0].replace("[Agricole]", "[Agricol]");
    let unknown = UsageRules::from_yaml(&text).unwrap().unknown_natures(&natures());
    let first = (Layer::Buildings, "Agricol".to_owned(), Some("agricole".to_owned()));
    assert_eq!(unknown[0], first);
}

#[test]
fn rules_that_extend_others_come_first_and_take_the_place_of_their_namesakes() {
    let base = UsageRules::builtin("ocsge-2-0").unwrap();
    let nested = UsageRules::builtin("cnig-extended").unwrap();
    let names: Vec<_> = nested.rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(names[0], "declared vine");
    assert_eq!(names.iter().filter(|name| **name == "farmed parcel").count(), 1);
    assert_eq!(names.len(), 10 + base.rules.len() - 2);
    assert_eq!((nested.without_prior, nested.grounds), (base.without_prior, base.grounds));
    let text = TEXTS[1].replace("extends: ocsge-2-0", "extends: ocsge-2-1");
    let problems = UsageRules::from_yaml(&text).unwrap_err();
    assert_eq!(problems[0].key, "extends");
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `ocsge-2-0`?"));
}

#[test]
fn every_shipped_document_fits_its_nomenclature_and_the_right_one_is_found() {
    for id in IDS {
        let nomenclature = Nomenclature::builtin(id).unwrap();
        assert_eq!(UsageRules::builtin_for(&nomenclature), *id);
        UsageRules::builtin(id).unwrap().compile(&nomenclature, &Natures::default()).unwrap();
    }
    let other = Nomenclature::builtin("geobretagne-2019").unwrap();
    assert_eq!(UsageRules::builtin_for(&other), "ocsge-2-0");
}

#[test]
fn a_finer_cover_nests_where_the_covers_of_its_rule_do() {
    let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
    let compiled = |from: &str, to: &str| {
        let rules = UsageRules::from_yaml(&TEXTS[1].replace(from, to)).unwrap();
        rules.compile(&nomenclature, &Natures::default())
    };
    let error = compiled("into: CS2.1.3.1", "into: CS2.1.2.4").unwrap_err();
    assert_eq!(
        error.to_string(),
        "rule `declared vine` makes `CS2.1.2.4` of `CS2.1.3`, which does not nest in the same class"
    );
    assert!(
        compiled(
            "cover: [CS2.1.3], layer: crops, natures: [VRC",
            "cover: [CS2.1], layer: crops, natures: [VRC"
        )
        .is_err()
    );
}

#[test]
fn a_condition_on_a_class_holds_on_the_finer_classes_below_it() {
    let nomenclature = Nomenclature::builtin("cnig-extended").unwrap();
    let mut natures = natures();
    natures[Layer::Crops.rank()] = ["BTH".into(), "J6S".into()].to_vec();
    let table = UsageRules::builtin("cnig-extended").unwrap().compile(&nomenclature, &natures);
    let table = table.unwrap();
    let asked = |cover: &str, prior: &str, crop: u8, is_changed: bool| {
        let mut evidence = [0; Layer::COUNT];
        evidence[Layer::Crops.rank()] = crop;
        let cover = nomenclature.find(Dimension::Cover, cover).unwrap();
        let prior = nomenclature.find(Dimension::Usage, prior).unwrap();
        let case = UsageCase { cover, prior, is_changed, evidence };
        let usage = table.first_fit(&case).map(|rank| {
            let usage = table.rules[rank].usage.unwrap();
            (table.rules[rank].name.as_str(), nomenclature.code(Dimension::Usage, usage))
        });
        let cover = table.finer_cover(&case);
        (usage, cover.map(|(_, cover)| nomenclature.code(Dimension::Cover, cover)))
    };
    let farmed = Some(("farmed parcel", "US1.1.3"));
    assert_eq!(asked("CS2.2.1.1", "US6.3", 1, true), (farmed, Some("CS2.2.1.4")));
    assert_eq!(asked("CS2.2.1.4", "US1.1.3", 2, false), (Some(("fallow", "US1.1.4")), None));
    assert_eq!(
        asked("CS2.2.1.4", "US1.1.4", 1, false).0,
        Some(("fallow taken up again", "US1.1.3"))
    );
    assert_eq!(asked("CS2.2.1.4", "US1.1.3", 1, false), (None, None));
}

#[test]
fn a_crop_that_looks_like_another_named_one_is_no_slip_of_the_pen() {
    let mut natures = Natures::default();
    natures[Layer::Crops.rank()] = ["VRC".into(), "PPH".into()].to_vec();
    let unknown = UsageRules::builtin("cnig-extended").unwrap().unknown_natures(&natures);
    assert!(unknown.iter().any(|(_, nature, _)| nature == "VRT"));
    assert!(unknown.iter().all(|(layer, _, near)| *layer != Layer::Crops || near.is_none()));
}
