use super::*;

fn builtin(id: &str) -> Nomenclature {
    Nomenclature::builtin(id).unwrap()
}

fn level(ids: &[&str]) -> Result<String, NomenclatureError> {
    let all: Vec<Nomenclature> = ids.iter().map(|id| builtin(id)).collect();
    let all: Vec<&Nomenclature> = all.iter().collect();
    common(&all).map(|found| found.id().to_owned())
}

/// Why two couples, written in two nomenclatures, may be the same ground at OCS GE 2.0.
fn likeness(from: (&str, [&str; 2]), to: (&str, [&str; 2])) -> Option<Likeness> {
    let ocsge = builtin("ocsge-2-0");
    let meanings = |id| Meanings::of(&builtin(id), &ocsge).unwrap();
    let couple = |[cs, us]: [&str; 2]| Couple {
        cs: ocsge.find(Dimension::Cover, cs).unwrap(),
        us: ocsge.find(Dimension::Usage, us).unwrap(),
    };
    meanings(from.0).against(&meanings(to.0)).of(couple(from.1), couple(to.1))
}

#[test]
fn the_common_level_is_the_one_that_all_others_nest_in() {
    assert_eq!(level(&["ocs2d-hdf-2021", "ocsge-2-0"]).unwrap(), "ocsge-2-0");
    assert_eq!(level(&["ocsge-2-0", "ocsge-1-1", "ocsid-example"]).unwrap(), "ocsge-2-0");
    assert_eq!(level(&["ocs2d-hdf-2021", "geobretagne-2019"]).unwrap(), "ocsge-2-0");
    assert_eq!(level(&["ocs2d-hdf-2021", "ocs2d-hdf-2021"]).unwrap(), "ocs2d-hdf-2021");
    let own = Nomenclature::from_yaml(
        "format: 1\nid: own\ntitle: own\nversion: \"1\"\nsource: []\nclasses:\n  cs:\n  - { code: A, label: a }\n",
    )
    .unwrap();
    let error = common(&[&own, &builtin("ocsge-2-0")]).unwrap_err();
    assert_eq!(error.to_string(), "no crosswalk leads from nomenclature `own` to `ocsge-2-0`");
}

#[test]
fn an_aggregate_may_be_each_of_its_members_and_nothing_else() {
    for own in ["ocsge-1-1", "ocsge-2-0"] {
        let of = |us| likeness((own, ["CS2.2.1", "US235"]), ("ocsge-2-0", ["CS2.2.1", us]));
        assert_eq!(of("US5"), Some(Likeness::Aggregate));
        assert_eq!(of("US235"), Some(Likeness::Same));
        assert_eq!(of("US1.1"), None);
    }
    let built = likeness(("ocsge-1-1", ["CS2.2.1", "US235"]), ("ocsge-2-0", ["CS1.1.1.1", "US5"]));
    assert_eq!(built, None, "the cover changed");
    let members = likeness(("ocsge-2-0", ["CS2.2.1", "US2"]), ("ocsge-2-0", ["CS2.2.1", "US3"]));
    assert_eq!(members, None, "both vintages tell US2 from US3");
}

#[test]
fn a_corrected_nesting_may_have_been_delivered_as_published() {
    let (herb, other) = (["CS2.2.1", "US1.1"], ["CS2.2.2", "US1.1"]);
    let ocs2d = "ocs2d-hdf-2021";
    assert_eq!(likeness((ocs2d, herb), ("ocsge-2-0", other)), Some(Likeness::Published));
    assert_eq!(likeness(("ocsge-2-0", other), (ocs2d, herb)), Some(Likeness::Published));
    assert_eq!(likeness(("ocsge-2-0", herb), ("ocsge-2-0", other)), None);
}

#[test]
fn a_class_that_cannot_be_written_may_be_its_nearest_relatives() {
    let of = |before, after| {
        likeness(("ocs2d-hdf-2021", ["CS1.1.1.1", before]), ("ocsge-2-0", ["CS1.1.1.1", after]))
    };
    assert_eq!(of("US4.1.1", "US4.3"), Some(Likeness::Unexpressed));
    assert_eq!(of("US6.3", "US6.6"), Some(Likeness::Unexpressed));
    assert_eq!(of("US5", "US4.3"), None);
    assert_eq!(of("US6.3", "US6.2"), None, "both can be written");
    let glacier =
        likeness(("ocs2d-hdf-2021", ["CS1.2.2", "US6.3"]), ("ocsge-2-0", ["CS1.2.3", "US6.3"]));
    assert_eq!(glacier, Some(Likeness::Unexpressed));
}

#[test]
fn the_weaker_reason_of_both_dimensions_counts() {
    let found =
        likeness(("ocs2d-hdf-2021", ["CS2.2.1", "US6.3"]), ("ocsge-2-0", ["CS2.2.2", "US6.6"]));
    assert_eq!(found, Some(Likeness::Unexpressed));
}

#[test]
fn likeness_is_symmetric_and_every_class_is_like_itself() {
    let ocsge = builtin("ocsge-2-0");
    let ids = Nomenclature::builtin_ids();
    let all: Vec<Meanings> =
        ids.iter().map(|id| Meanings::of(&builtin(id), &ocsge).unwrap()).collect();
    for a in &all {
        for b in &all {
            let (there, back) = (a.against(b), b.against(a));
            for (cs, _) in ocsge.iter(Dimension::Cover) {
                for (us, _) in ocsge.iter(Dimension::Usage) {
                    let one = Couple { cs, us };
                    assert_eq!(there.of(one, one), Some(Likeness::Same));
                    let other = Couple { cs: ClassId(cs.0 % 20 + 1), us: ClassId(us.0 % 20 + 1) };
                    assert_eq!(there.of(one, other), back.of(other, one));
                }
            }
        }
    }
}

#[test]
fn nodata_is_like_nodata_only() {
    let ocsge = builtin("ocsge-2-0");
    let own = Meanings::of(&ocsge, &ocsge).unwrap();
    let likenesses = own.against(&own);
    let half = Couple { cs: ClassId(5), us: ClassId::NODATA };
    assert_eq!(likenesses.of(half, Couple { cs: ClassId(5), us: ClassId(3) }), None);
    assert_eq!(likenesses.of(half, half), Some(Likeness::Same));
}
