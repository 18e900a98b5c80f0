//! `millesime infer`: what it says without ONNX Runtime, and what a real graph answers with one.

use crate::world::World;

#[cfg(feature = "onnx")]
#[path = "../../src/infer/tests/plain.rs"]
mod plain;
#[cfg(feature = "onnx")]
mod runtime;

const INFER: [&str; 7] =
    ["infer", "--model", "m.onnx", "--classes", "flair-1", "--rvb", "imagery/rvb/1.tif"];

#[test]
fn an_output_that_cannot_be_is_refused_first() {
    let world = World::new();
    std::fs::write(world.path("there.tif"), "").unwrap();
    for (out, said) in [
        ("there.tif", "`there.tif` exists already"),
        ("out.png", "not the name of a GeoTIFF"),
        ("nowhere/out.tif", "there is no folder `nowhere`"),
    ] {
        let told = world.told(&[&INFER[..], &["--out", out]].concat());
        assert!(told.starts_with("exit code: 2") && told.contains(said), "{told}");
    }
}

#[cfg(not(feature = "onnx"))]
#[test]
fn a_build_without_onnx_says_how_to_get_one_that_has_it() {
    let told = World::new().told(&[&INFER[..], &["--out", "out.tif"]].concat());
    assert!(told.starts_with("exit code: 2"), "{told}");
    for said in ["runs no ONNX models", "--features onnx", "pip install onnxruntime"] {
        assert!(told.contains(said), "{told}");
    }
}
