use super::*;

const TEXT: &str = "\
format: 1
id: mine
title: Mine
source: [us]
classes: flair-1
pixel_m: 0.5
patch: 64
margin: 16
answer: probabilities
channels:
  - { from: rvb, band: 2, scale: 0.5, range: [1.0, 100.0], mean: 4.0, deviation: 2.0 }
  - { from: heights }
outputs: [water, building]
";

fn faults(from: &str, to: &str) -> String {
    assert!(TEXT.contains(from), "{from}");
    let problems = Segmentation::from_yaml(&TEXT.replacen(from, to, 1)).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_value_is_scaled_held_centred_and_divided() {
    let model = Segmentation::from_yaml(TEXT).unwrap();
    let inputs = [0.0, 8.0, 9.0, 255.0].map(|value| model.channels[0].input(value));
    // 0 is held to 1, 255 halved to 100: (1 - 4) / 2, (4 - 4) / 2, (4.5 - 4) / 2, (100 - 4) / 2.
    assert_eq!(inputs.map(f32::to_bits), [-1.5, 0.0, 0.25, 48.0].map(f32::to_bits));
    assert_eq!(model.channels[1].input(3.25).to_bits(), 3.25_f32.to_bits());
    assert_eq!(model.pixel_cm(), 50);
    assert!(model.needs(Product::Heights) && !model.needs(Product::Irc));
}

#[test]
fn outputs_are_classes_of_the_nomenclature_in_the_order_of_the_tensor() {
    let model = Segmentation::from_yaml(TEXT).unwrap();
    let classes = Nomenclature::builtin("flair-1").unwrap();
    assert_eq!(model.class_ids(&classes), Ok(vec![ClassId(5), ClassId(1)]));
    let error = model.class_ids(&Nomenclature::builtin("ocsge-2-0").unwrap()).unwrap_err();
    assert!(error.to_string().contains("`water`"), "{error}");
}

#[test]
fn the_built_in_descriptions_name_every_class_of_their_numbering_in_its_order() {
    for id in Segmentation::builtin_ids() {
        let model = Segmentation::builtin(id).unwrap();
        let classes = Nomenclature::builtin(&model.classes).unwrap();
        let ids = model.class_ids(&classes).unwrap();
        let ranks: Vec<ClassId> =
            (1..=classes.classes(Dimension::Cover).len() as u8).map(ClassId).collect();
        assert_eq!(ids, ranks, "{id}");
        assert_eq!((model.patch, model.margin, model.pixel_cm()), (512, 128, 20), "{id}");
    }
    assert!(Segmentation::builtin("flair1").unwrap_err().hint().unwrap().contains("`flair-1`"));
}

#[test]
fn every_wrong_figure_is_told_at_its_place() {
    for (from, to, said) in [
        ("format: 1", "format: 2", "line 1, column"),
        ("0.5\n", "0.125\n", "`pixel_m`: out of range; got `0.125`; expected whole centimetres"),
        ("patch: 64", "patch: 0", "`patch`: out of range"),
        ("band: 2,", "", "`channels[0].band`: which band of the image is not told; got `none`"),
        ("band: 2,", "band: 4,", "got `4`; expected 1, 2 or 3"),
        ("from: heights", "from: heights, band: 1", "`channels[1].band`: heights have no bands"),
        ("deviation: 2.0", "deviation: 0.0", "line 11"),
        ("[1.0, 100.0]", "[9.0, 1.0]", "the lower limit comes first"),
        ("[water, building]", "[water, water]", "two outputs are of one class; got `water`"),
        ("[water, building]", "[]", "expected 1 to 254 classes"),
        ("answer: probabilities", "answer: classes", "unknown variant `classes`"),
        ("from: rvb", "from: rgb", "unknown variant `rgb`"),
        ("margin: 16", "margins: 16", "unknown field `margins`"),
    ] {
        let told = faults(from, to);
        assert!(told.contains(said), "{to}: {told}");
    }
}
