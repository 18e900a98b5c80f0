use super::*;

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
    let problems = with("  - { name: a, neighbour: [US5] }\n");
    assert_eq!(problems[0].what, "`neighbour` has nothing to fall back on");
}

#[test]
fn a_nature_that_the_evidence_does_not_have_is_named_with_its_neighbour() {
    let text = TEXTS[0].replace("[Agricole]", "[Agricol]");
    let unknown = UsageRules::from_yaml(&text).unwrap().unknown_natures(&natures());
    let first = (Layer::Buildings, "Agricol".to_owned(), Some("agricole".to_owned()));
    assert_eq!(unknown[0], first);
}
