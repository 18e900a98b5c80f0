use super::*;

fn io(kind: io::ErrorKind) -> io::Error {
    io::Error::from(kind)
}

#[test]
fn a_full_disk_is_told_from_other_write_errors() {
    let full = Error::write("out/a.gpkg")(io(io::ErrorKind::StorageFull));
    assert_eq!(full.exit_code(), exit::WRITE);
    assert!(full.hint().unwrap().contains("disk is full"));
    let denied = Error::write("out/a.gpkg")(io(io::ErrorKind::PermissionDenied));
    assert!(denied.hint().unwrap().contains("--out"));
}

#[test]
fn an_input_error_says_where_and_what_it_got_and_what_it_expected() {
    let error: Error = InputError::new("prior.gpkg", "unknown cover code")
        .layer("occupation")
        .feature(17)
        .got("`CS9`")
        .expected("a cover of `ocsge-2-0`")
        .hint("convert the file first")
        .into();
    assert_eq!(
        error.to_string(),
        "unknown cover code\n  in        `prior.gpkg`, layer `occupation`, feature 17\n  \
         got       `CS9`\n  expected  a cover of `ocsge-2-0`"
    );
    assert_eq!(error.hint().as_deref(), Some("convert the file first"));
    assert_eq!(error.exit_code(), exit::INPUT);
}

#[test]
fn a_config_error_points_at_line_and_column() {
    let error: Error = ConfigError {
        file: "a.yaml".into(),
        place: Some((3, 7)),
        key: "prior.vintage".into(),
        what: "the prior vintage is not before the vintage".into(),
        got: Some("2021".into()),
        expected: Some("a year before 2021".into()),
        hint: None,
    }
    .into();
    assert_eq!(
        error.to_string(),
        "the prior vintage is not before the vintage\n  at a.yaml:3:7\n  \
         key       `prior.vintage`\n  got       2021\n  expected  a year before 2021"
    );
    assert_eq!(error.exit_code(), exit::CONFIG);
}

#[test]
fn every_variant_has_its_own_documented_exit_code() {
    let code = |error: Error| error.exit_code();
    assert_eq!(code(Error::usage("x")), 2);
    assert_eq!(code(ConfigError::default().into()), 3);
    assert_eq!(code(InputError::default().into()), 4);
    assert_eq!(code(Error::read("x")(io(io::ErrorKind::NotFound))), 4);
    assert_eq!(code(Error::invariant("partition", "gap")), 5);
    assert_eq!(code(Error::Busy { path: "out".into() }), 6);
    assert_eq!(code(Error::write("x")(io(io::ErrorKind::StorageFull))), 7);
    for again in [Again::Resumes, Again::Restarts] {
        assert_eq!(code(Error::Interrupted { during: "ingest".into(), again }), 8);
    }
    let mismatch = Error::Mismatch { path: "x".into(), got: "a".into(), expected: "b".into() };
    assert_eq!(code(mismatch), 9);
    assert_eq!(code(Error::internal("x")), 10);
}

#[test]
fn only_what_is_journalled_is_said_to_resume() {
    let hint = |again| Error::Interrupted { during: "reading".into(), again }.hint().unwrap();
    assert!(hint(Again::Resumes).contains("resumes where this run stopped"));
    assert!(hint(Again::Restarts).contains("starts again from the beginning"));
    assert!(!hint(Again::Restarts).contains("resume"));
}
