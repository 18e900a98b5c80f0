use super::*;

fn geojson(folder: &tempfile::TempDir, features: &str) -> PathBuf {
    let path = folder.path().join("a.geojson");
    let crs = r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2154"}}"#;
    let text = format!(r#"{{"type":"FeatureCollection",{crs},"features":[{features}]}}"#);
    std::fs::write(&path, text).unwrap();
    path
}

fn feature(geometry: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{"nom":" Été "}},"geometry":{geometry}}}"#)
}

fn read(path: &Path) -> Vec<Feature> {
    let source = VectorSource::open(path, None).unwrap();
    let columns: Vec<usize> = source.column(&["NOM"]).into_iter().collect();
    source.features(&columns, 2154).unwrap().map(Result::unwrap).collect()
}

fn keys(feature: &Feature) -> Vec<&'static str> {
    feature.issues.iter().map(|issue| issue.key).collect()
}

#[test]
fn dirty_geometries_are_read_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let geometries = [
        "null",
        r#"{"type":"MultiPolygon","coordinates":[]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[0,0]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1e300,0],[2,2],[0,0]]]}"#,
        r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,0]]],[[[5,5],[7,5],[7,7],[5,5]]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0,9],[2,0,9],[2,2,9],[0,0,9]]]}"#,
        r#"{"type":"LineString","coordinates":[[0,0],[1,1],[1,1],[2,1]]}"#,
    ];
    let list: Vec<_> = geometries.iter().map(|g| feature(g)).collect();
    let features = read(&geojson(&folder, &list.join(",")));
    let expected: [&[&str]; 9] = [
        &[key::GEOMETRY_NULL],
        &[key::GEOMETRY_EMPTY],
        &[key::RING_SELF_INTERSECTION],
        &[key::RING_UNCLOSED],
        &[key::RING_COLLAPSED],
        &[key::COORDINATE_OUT_OF_RANGE],
        &[key::GEOMETRY_MULTIPART],
        &[key::HEIGHT_DROPPED],
        &[],
    ];
    for (feature, expected) in features.iter().zip(expected) {
        assert_eq!(keys(feature), expected, "feature {}", feature.fid);
    }
    let polygons: Vec<_> = features.iter().map(|f| f.polygons.len()).collect();
    assert_eq!(polygons, [0, 0, 1, 1, 0, 0, 2, 1, 0]);
    assert_eq!(features[8].lines[0].len(), 3);
    assert_eq!(features[8].values, [Value::Text("Été".to_owned())]);
}

#[test]
fn values_convert_without_surprise() {
    assert_eq!(Value::Text("2,5".into()).real(), Some(2.5));
    assert_eq!(Value::Text("x".into()).real(), None);
    assert_eq!(Value::Text(String::new()).text(), None);
    assert_eq!(Value::Real(5.0).integer(), Some(5));
    assert_eq!(Value::Real(5.5).integer(), None);
    assert_eq!(Value::Integer(7).text(), Some("7".into()));
    assert_eq!(Value::Real(f64::NAN).real(), None);
}

#[test]
fn a_missing_layer_or_column_names_those_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let path = geojson(&folder, &feature("null"));
    let fault = VectorSource::open(&path, Some("zones")).unwrap_err().to_string();
    assert!(fault.contains("`a`") && fault.contains("`zones`"), "{fault}");
    let source = VectorSource::open(&path, None).unwrap();
    let fault = source.require_column(&["code_cs", "couverture"]).unwrap_err().to_string();
    assert!(fault.contains("`nom`") && fault.contains("`code_cs` or `couverture`"), "{fault}");
}

#[test]
fn a_damaged_file_fails() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("empty.gpkg", &b""[..]),
        ("text.gpkg", b"hello"),
        ("cut.geojson", b"{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Fea"),
        ("bad.shp", b"\0\0\x27\x0a"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let outcome = VectorSource::open(&path, None)
            .and_then(|source| source.features(&[], 2154)?.collect::<Result<Vec<_>>>());
        assert!(outcome.is_err(), "{name} was read");
    }
}
