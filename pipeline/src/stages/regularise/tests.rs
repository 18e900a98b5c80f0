use ndarray::{Array2, s};
use nomenclature::{CaptureRules, Nomenclature};

use super::*;

/// A field with a road of 6 by 40 m, which is below its unit; the update made it longer by a square
/// and cut two cells out of it.
struct Ground {
    road: u16,
    prior: Array2<u16>,
    decided: Array2<u16>,
    objects: Array2<u32>,
}

impl Ground {
    fn new(nomenclature: &Nomenclature) -> Self {
        let cell = |cs, us| {
            let find = |dimension, code| nomenclature.find(dimension, code).unwrap();
            Couple { cs: find(Dimension::Cover, cs), us: find(Dimension::Usage, us) }.to_cell()
        };
        let (field, road) = (cell("CS2.2.1", "US1.1"), cell("CS1.1.1.2", "US4.1.1"));
        let mut prior = Array2::from_elem((60, 60), field);
        prior.slice_mut(s![20..26, 0..40]).fill(road);
        let objects = prior.mapv(|code| if code == road { 2 } else { 1 });
        let mut decided = prior.clone();
        decided.slice_mut(s![20..26, 40..46]).fill(road);
        decided.slice_mut(s![22, 10..12]).fill(field);
        Self { road, prior, decided, objects }
    }

    /// The codes after the rules, and the locked cells.
    fn captured(&self, units: &CoupleUnits<'_>, ranks: &[u64]) -> (Array2<u16>, Array2<bool>) {
        let (prior, decided) = (Plane::of(self.prior.view()), Plane::of(self.decided.view()));
        let changed = decided.zip(&prior, |decided, prior| decided != prior);
        let ranks = ranks.iter().copied().collect();
        let locked = locked(&Plane::of(self.objects.view()), &ranks, &changed);
        let masks = CellMasks { locked: Some(&locked), changed: Some(&changed), zone: None };
        let result = capture(&decided, &masks, Some(&prior), units);
        check_locked(&decided, &result.codes, &locked).unwrap();
        (result.codes.to_array(), locked.to_array())
    }
}

#[test]
fn ossature_stays_where_another_road_would_be_merged_and_what_was_cut_out_of_it_goes_back() {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let capture_units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&nomenclature).unwrap();
    let units = CoupleUnits::new(&capture_units, &nomenclature, 100);
    let ground = Ground::new(&nomenclature);
    let (merged, _) = ground.captured(&units, &[0]);
    assert!(!merged.iter().any(|&code| code == ground.road), "below its unit it is merged");
    let (kept, locked) = ground.captured(&units, &[1]);
    assert_eq!(locked.iter().filter(|&&is_locked| is_locked).count(), 6 * 40 - 2);
    let mut expected = ground.decided.clone();
    expected.slice_mut(s![22, 10..12]).fill(ground.road);
    assert_eq!(kept, expected);
}

#[test]
fn regions_below_their_unit_are_the_listed_ones_by_their_places() {
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let capture_units = CaptureRules::builtin("ocsge-2-0").unwrap().compile(&nomenclature).unwrap();
    let units = CoupleUnits::new(&capture_units, &nomenclature, 100);
    let ground = Ground::new(&nomenclature);
    let codes = Plane::of(ground.prior.view());
    let [all, none] = [true, false].map(|value| Plane::filled((60, 60), value));
    let masks = CellMasks { locked: Some(&all), ..CellMasks::default() };
    let result = capture(&codes, &masks, None, &units);
    let check = |listed: &[Exemption]| check_units(&result.codes, &none, &units, listed);
    assert_eq!(check(&result.exemptions).unwrap(), 2);
    let elsewhere = [Exemption { first: (0, 0), ..result.exemptions[0] }];
    for (listed, words) in [(&elsewhere[..], "at row 0, column 0"), (&[], "nowhere")] {
        let error = check(listed).unwrap_err().to_string();
        assert!(error.contains("minimum_unit") && error.contains(words), "{error}");
        assert!(error.contains("at row 20, column 0"), "{error}");
    }
}

#[test]
fn an_altered_ossature_is_a_broken_law() {
    let before = Plane::filled((2, 2), 1_u16);
    let after = Plane::filled((2, 2), 2_u16);
    let none = Plane::filled((2, 2), false);
    assert!(check_locked(&before, &after, &none).is_ok());
    let error = check_locked(&before, &after, &none.map(|_| true)).unwrap_err();
    assert!(error.to_string().contains("locked_cells"), "{error}");
}
