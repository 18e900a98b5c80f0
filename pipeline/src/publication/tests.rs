use super::*;
use crate::artefact::{self, TEMP_PREFIX};
use crate::error::exit;

/// Finished drafts of these names and texts.
fn drafts(out: &Path, files: &[(&str, &str)]) -> Vec<Draft> {
    fs::create_dir_all(out.join(WORK)).unwrap();
    let draft = |(name, text): &(&str, &str)| {
        let draft = Draft::new(out.join(name)).unwrap();
        fs::write(draft.temp(), text).unwrap();
        draft
    };
    files.iter().map(draft).collect()
}

fn manifest(outputs: BTreeMap<String, Stamp>) -> Manifest {
    Manifest {
        format: 1,
        versions: BTreeMap::new(),
        parameters: serde_json::json!({ "command": "compare" }),
        inputs: BTreeMap::new(),
        outputs,
        coverage: None,
        proofs: Vec::new(),
    }
}

/// The files of a folder, by name, with their texts; the manifest and the working folder apart.
fn files(out: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in [out.to_path_buf(), out.join("tables")] {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with(manifest::FILE) {
                let name = path.strip_prefix(out).unwrap().display().to_string();
                files.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

const OLD: [(&str, &str); 3] = [("diff_2018", "old"), ("page", "old"), ("tables/a", "old")];
const NEW: [(&str, &str); 3] = [("diff_2021", "new"), ("page", "new"), ("tables/a", "new")];

fn with_old_result() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), drafts(dir.path(), &OLD), manifest).unwrap();
    dir
}

/// The manifest is there and every file is as it says.
fn assert_whole(out: &Path, expected: &[(&str, &str)]) {
    assert_eq!(files(out), owned(expected));
    Manifest::read(out).unwrap().expect("a manifest").verify(out).unwrap();
}

#[test]
fn a_new_result_takes_the_place_of_the_previous_one_and_of_all_its_files() {
    let dir = with_old_result();
    fs::write(dir.path().join("notes"), "the user's").unwrap();
    publish(dir.path(), drafts(dir.path(), &NEW), manifest).unwrap();
    assert_whole(dir.path(), &[NEW[0], ("notes", "the user's"), NEW[1], NEW[2]]);
    assert!(!complete(dir.path()).unwrap());
}

#[test]
fn a_previous_file_that_the_user_changed_is_not_removed() {
    let dir = with_old_result();
    fs::write(dir.path().join("diff_2018"), "edited").unwrap();
    publish(dir.path(), drafts(dir.path(), &NEW), manifest).unwrap();
    assert_whole(dir.path(), &[("diff_2018", "edited"), NEW[0], NEW[1], NEW[2]]);
}

#[test]
fn a_failure_before_the_announcement_leaves_the_previous_result_whole() {
    let dir = with_old_result();
    let open = drafts(dir.path(), &NEW);
    let mut journal = open[2].temp().as_os_str().to_owned();
    journal.push("-journal");
    fs::write(&journal, "x").unwrap();
    let error = publish(dir.path(), open, manifest).unwrap_err();
    assert_eq!(error.exit_code(), exit::INTERNAL);
    fs::remove_file(&journal).unwrap();
    assert_whole(dir.path(), &OLD);
    // A folder has the name of a file.
    fs::create_dir(dir.path().join("diff_2021")).unwrap();
    let error = publish(dir.path(), drafts(dir.path(), &NEW), manifest).unwrap_err();
    assert_eq!(error.exit_code(), exit::WRITE);
    assert_whole(dir.path(), &OLD);
}

#[test]
fn a_process_that_dies_at_any_rename_is_completed_by_the_next_one() {
    // From none of the renames done to all of them, the manifest's included.
    for n_done in 0..=NEW.len() + 1 {
        let dir = with_old_result();
        let out = dir.path();
        let left = announce(out, drafts(out, &NEW), manifest).unwrap();
        if n_done > 0 {
            fs::remove_file(out.join(manifest::FILE)).unwrap();
        }
        for (temp, path) in &left.renames[..n_done] {
            fs::rename(out.join(temp), out.join(path)).unwrap();
        }
        if n_done > NEW.len() {
            fs::remove_file(out.join("diff_2018")).unwrap();
        } else if n_done > 0 {
            assert_eq!(Manifest::read(out).unwrap(), None, "it claims nothing while it is mixed");
        }
        assert!(complete(out).unwrap());
        assert_whole(out, &NEW);
        assert_eq!(artefact::sweep(out).unwrap(), 0, "no draft is left");
        assert!(!complete(out).unwrap());
    }
}

#[test]
fn a_process_that_dies_before_the_announcement_leaves_only_drafts() {
    let dir = with_old_result();
    drafts(dir.path(), &NEW).into_iter().for_each(Draft::keep);
    assert!(!complete(dir.path()).unwrap());
    assert_eq!(artefact::sweep(dir.path()).unwrap(), 3);
    assert_whole(dir.path(), &OLD);
    assert!(files(dir.path()).iter().all(|(name, _)| !name.contains(TEMP_PREFIX)));
}

#[test]
fn the_result_of_another_command_is_not_overwritten() {
    let dir = with_old_result();
    assert!(require_own(dir.path(), "compare").is_ok());
    let error = require_own(dir.path(), "indicators").unwrap_err();
    assert_eq!(error.exit_code(), exit::USAGE);
    assert!(error.to_string().contains("`millesime compare`"), "{error}");
    assert!(require_own(&dir.path().join("nowhere"), "compare").is_ok());
}
