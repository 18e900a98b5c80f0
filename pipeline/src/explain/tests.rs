use super::*;

#[test]
fn a_part_is_named_after_its_polygon() {
    assert_eq!(whole("OCSGE1/2"), "OCSGE1");
    assert_eq!(whole("OCSGE1"), "OCSGE1");
    assert_eq!(whole("a/b"), "a/b");
}
