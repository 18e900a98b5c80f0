//! A model that is given: taken when it fits, else refused before the first cell with what is wrong.

use std::fs;
use std::path::PathBuf;

use kernels::features::feature_names;
use kernels::sampling::{SamplePlan, clean::CleanParams};
use kernels::trees::{TreeParams, train};
use ndarray::Array2;
use nomenclature::{Dimension, Nomenclature};
use pipeline::Config;
use pipeline::model::{ModelFile, Origin};

use crate::world::World;

const LINE: &str = "# model: ../2018/out/D011/2018/model_11_2018.json";

/// A world and a model that fits it, trained on eight samples of two classes.
struct Given {
    world: World,
    file: ModelFile,
}

impl Given {
    fn new(with_heights: bool) -> Self {
        let world = World::new();
        let file = model(&world.config(), with_heights);
        let given = Self { world, file };
        given.file.publish(&given.path()).unwrap();
        given.world.edit(LINE, "model: model.json");
        given
    }

    fn path(&self) -> PathBuf {
        self.world.path("model.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    /// Puts something else in the file; what `check` then says.
    fn said_of(&self, text: &str) -> String {
        fs::write(self.path(), text).unwrap();
        self.world.told(&["check", "config.yaml"])
    }

    /// Replaces one piece of the file, which must then be refused with these words.
    fn refused(&self, (from, to): (&str, &str), words: &[&str]) {
        let whole = self.text();
        assert!(whole.contains(from), "`{from}` is not in the model");
        let said = self.said_of(&whole.replacen(from, to, 1));
        assert!(said.starts_with("exit code: 4\n"), "{said}");
        for word in ["model.json", "got  ", "expected  ", "hint: "].iter().chain(words) {
            assert!(said.contains(word), "`{word}` is not in:\n{said}");
        }
        fs::write(self.path(), whole).unwrap();
    }
}

fn model(config: &Config, with_heights: bool) -> ModelFile {
    let names = feature_names(with_heights);
    let features = Array2::from_shape_fn((8, names.len()), |(sample, _)| (sample * 30) as u8);
    let nomenclature = Nomenclature::builtin("ocsge-2-0").unwrap();
    let class = |code| nomenclature.find(Dimension::Cover, code).unwrap();
    let labels = [[class("CS1.1.1.1"); 4], [class("CS1.1.1.2"); 4]].concat();
    let params = TreeParams { rounds: 1, depth: 1, min_samples: 1, ..TreeParams::default() };
    let model = train(features.view(), &labels, names, &params).unwrap();
    let how = (SamplePlan::default(), CleanParams::default());
    let origin = Origin::of(config, 2018, how, std::collections::BTreeMap::new());
    ModelFile::new(model, &nomenclature, origin, Vec::new()).unwrap()
}

#[test]
fn a_model_that_fits_is_taken_and_named_among_the_inputs() {
    let given = Given::new(false);
    let said = given.world.told(&["check", "config.yaml"]);
    assert!(said.starts_with("exit code: 0\n"), "{said}");
    assert!(said.contains("\"model\": \"DIR/model.json\""), "{said}");
    assert!(given.world.config().inputs().contains(&given.path().canonicalize().unwrap()));
    assert!(given.text().contains("\"classes\":[\"CS1.1.1.1\",\"CS1.1.1.2\"]"), "codes, no ranks");
    let read = ModelFile::read(&given.path()).unwrap();
    assert_eq!(read, given.file);
}

#[test]
fn what_is_no_model_is_said_to_be_none() {
    let given = Given::new(false);
    for text in ["", "GPKG", "[1, 2]", "{\"format\": \"other\", \"form\": 1}", "{}"] {
        let said = given.said_of(text);
        assert!(said.starts_with("exit code: 4\n"), "{said}");
        assert!(said.contains("the file is not a model of this program"), "{said}");
    }
    let said = given.said_of("{\"format\": \"millesime-model\", \"form\": 2}");
    assert!(said.contains("`form` 2") && said.contains("`form` 1"), "{said}");
}

#[test]
fn a_truncated_model_is_refused_wherever_it_was_cut() {
    let given = Given::new(false);
    let whole = given.text();
    for cut in (1..whole.trim_end().len()).step_by(97) {
        let said = given.said_of(&whole[..cut]);
        assert!(said.starts_with("exit code: 4\n") && said.contains("hint: "), "{cut}: {said}");
    }
}

#[test]
fn figures_that_no_training_gives_are_refused() {
    let given = Given::new(false);
    let damaged = ["the model is damaged"];
    for (from, to) in [
        ("\"learning_rate\":0.3", "\"learning_rate\":NaN"),
        ("\"learning_rate\":0.3", "\"learning_rate\":1e999"),
        ("\"learning_rate\":0.3", "\"learning_rate\":7.0"),
        ("\"rounds\":1,", "\"rounds\":4294967296,"),
        ("\"leaves\":[", "\"leaves\":[40000,"),
        ("\"leaves\":[", "\"leaves\":[0,"),
        ("\"samples\":[4,4]", "\"samples\":[4,0]"),
        ("\"samples\":[4,4]", "\"samples\":[-4,4]"),
        ("\"classes\":[\"CS1.1.1.1\",", "\"classes\":[\"CS1.1.1.2\","),
        ("\"classes\":[\"CS1.1.1.1\",", "\"classes\":["),
        ("\"splits\":[{\"feature\":", "\"splits\":[{\"feature\":9"),
        (
            "\"accuracy\":[]",
            "\"accuracy\":[{\"code\":\"CS1\",\"samples\":1,\"agreed\":2,\"mistaken_for\":null,\"kept\":1}]",
        ),
        ("\"trees\":", "\"more\":1,\"trees\":"),
    ] {
        given.refused((from, to), &damaged);
    }
}

#[test]
fn a_model_of_other_classes_cells_or_features_is_refused() {
    let given = Given::new(false);
    given.refused(
        ("\"nomenclature\":\"ocsge-2-0\"", "\"nomenclature\":\"ocsid-1\""),
        &["another nomenclature", "`ocsid-1`", "`ocsge-2-0`"],
    );
    given.refused(
        ("\"CS1.1.1.2\"", "\"CS9.9\""),
        &["a class that the nomenclature has not", "`CS9.9`"],
    );
    given
        .refused(("\"cell_cm\":100", "\"cell_cm\":50"), &["cells of another side", "0.5 m", "1 m"]);
    given.refused(
        ("\"ndvi\"", "\"evi\""),
        &["features that are not computed", "number 9 is `evi`", "`ndvi`"],
    );
}

#[test]
fn a_model_of_heights_needs_heights() {
    let given = Given::new(true);
    given.refused(("{", "{"), &["reads heights", "no `mnh`"]);
}

#[test]
fn a_model_that_is_not_there_is_told_at_its_key_or_on_the_command_line() {
    let world = World::new();
    world.edit(LINE, "model: nowhere.json");
    let said = world.told(&["check", "config.yaml"]);
    assert!(said.starts_with("exit code: 3\n") && said.contains("key       `model`"), "{said}");
    let said = World::new().told(&["run", "config.yaml", "--model", "nowhere.json"]);
    assert!(said.starts_with("exit code: 4\n") && said.contains("DIR/nowhere.json"), "{said}");
}
