use super::*;
use crate::artefact::publish_bytes;

fn done(dir: &Path, unit: &str, key: &str, name: &str) -> Done {
    let artefact = publish_bytes(dir.join(name), name.as_bytes()).unwrap();
    Done {
        unit: unit.to_owned(),
        key: key.to_owned(),
        outputs: BTreeMap::from([(name.to_owned(), artefact.stamp)]),
        report: StageReport::default(),
        flaws: Flaws::default(),
        spent: None,
        seconds: 1.5,
    }
}

fn trusted(dir: &Path, unit: &str, key: &str) -> bool {
    Journal::read(dir).unwrap().trusted(unit, key, dir).unwrap().is_some()
}

#[test]
fn a_unit_is_trusted_while_its_key_and_its_bytes_are_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    journal.append(Record::Done(done(dir.path(), "ingest", "k1", "a"))).unwrap();
    assert!(trusted(dir.path(), "ingest", "k1"));
    assert!(!trusted(dir.path(), "ingest", "k2"), "another key");
    assert!(!trusted(dir.path(), "classify", "k1"), "another unit");
    fs::write(dir.path().join("a"), "b").unwrap();
    assert!(!trusted(dir.path(), "ingest", "k1"), "other bytes of the same length");
    fs::remove_file(dir.path().join("a")).unwrap();
    assert!(!trusted(dir.path(), "ingest", "k1"), "no file");
}

#[test]
fn existence_without_a_record_is_never_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let record = done(dir.path(), "ingest", "k1", "a");
    let mut journal = Journal::open(dir.path()).unwrap();
    let started = Record::Started { unit: record.unit.clone(), key: record.key.clone() };
    journal.append(started).unwrap();
    assert!(!trusted(dir.path(), "ingest", "k1"));
    journal.append(Record::Done(record)).unwrap();
    let why = "disk full".to_owned();
    journal.append(Record::Failed { unit: "ingest".to_owned(), why }).unwrap();
    assert!(!trusted(dir.path(), "ingest", "k1"), "a later failure takes the trust back");
}

#[test]
fn a_journal_cut_at_any_byte_of_its_last_two_records_stays_usable() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    for (unit, name) in [("ingest", "a"), ("classify", "b"), ("update", "c")] {
        journal.append(Record::Done(done(dir.path(), unit, "k", name))).unwrap();
    }
    let path = dir.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
    for cut in ends[0] + 1..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let mut journal = Journal::open(dir.path()).unwrap();
        journal.append(Record::Done(done(dir.path(), "change", "k", "d"))).unwrap();
        assert!(trusted(dir.path(), "ingest", "k"), "cut at {cut}");
        assert!(trusted(dir.path(), "change", "k"), "cut at {cut}: glued to the torn line");
        assert_eq!(trusted(dir.path(), "classify", "k"), cut >= ends[1], "cut at {cut}");
        assert_eq!(trusted(dir.path(), "update", "k"), cut >= ends[2], "cut at {cut}");
    }
}

#[test]
fn an_input_is_hashed_again_when_its_size_or_time_differs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("input.tif");
    fs::write(&path, "one").unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let first = journal.input_stamp(&path).unwrap();
    let lines = || fs::read_to_string(dir.path().join(FILE)).unwrap().lines().count();
    assert_eq!(journal.input_stamp(&path).unwrap(), first);
    assert_eq!(lines(), 1, "hashed once");
    fs::write(&path, "longer").unwrap();
    assert_ne!(journal.input_stamp(&path).unwrap(), first);
    assert_eq!(lines(), 2);
}

#[test]
fn a_failed_end_stands_until_a_run_ends_well_or_begins_a_stage() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path()).unwrap();
    let started = Record::Started { unit: "deliver".to_owned(), key: "k".to_owned() };
    for later in [Record::Ended { why: None }, started] {
        journal.append(Record::Ended { why: Some("disk full".to_owned()) }).unwrap();
        let known = Journal::read(dir.path()).unwrap();
        assert_eq!((known.failed_end(), known.units().count()), (Some("disk full"), 0));
        journal.append(later).unwrap();
        assert_eq!(Journal::read(dir.path()).unwrap().failed_end(), None);
    }
}
