//! What the commands print.

use crate::world::World;

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let told = World::new().told(&["--help"]);
    assert!(told.starts_with("exit code: 0\n--- stdout\nProduces the next vintage"), "{told}");
    for name in ["check", "completions", "doctor", "init", "nomenclature", "run", "score", "status"]
    {
        assert!(told.contains(&format!("\n  {name} ")), "`{name}` is missing: {told}");
    }
    assert!(told.contains("Exit codes: 0 ok, 2 usage, 3 configuration"), "{told}");
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let world = World::new();
    for command in ["check", "completions", "doctor", "init", "run", "score", "status"] {
        insta::assert_snapshot!(format!("help_{command}"), world.told(&[command, "--help"]));
    }
}

#[test]
fn the_version_is_printed_as_data() {
    insta::assert_snapshot!(World::new().told(&["--version"]));
}

#[test]
fn init_writes_a_configuration_that_check_understands() {
    let world = World::new();
    assert!(world.told(&["init", "new"]).starts_with("exit code: 0"));
    // The template names files that a new folder does not have: its first one is told.
    insta::assert_snapshot!(world.told(&["check", "new/config.yaml"]));
    insta::assert_snapshot!(world.told(&["init", "new"]));
}

#[test]
fn check_says_what_the_configuration_means() {
    insta::assert_snapshot!(World::new().told(&["check", "config.yaml"]));
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let world = World::new();
    let told = world.told(&["run", "config.yaml", "--dry-run", "--from", "change"]);
    let free = regex_like(&told, "disk ", " · memory ");
    insta::assert_snapshot!(told.replace(&free, "NEEDED, FREE").replace(&memory(&told), "FREE"));
    assert!(!world.path("out").exists());
}

/// What stands between two markers.
fn regex_like(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap() + from.len();
    text[start..start + text[start..].find(to).unwrap()].to_owned()
}

/// The free memory of the plan's last line.
fn memory(text: &str) -> String {
    regex_like(text, "· memory ", " free").split(", ").nth(1).unwrap().to_owned()
}

#[test]
fn the_plan_is_one_json_object_a_line_on_demand() {
    let output = World::new().millesime(&[
        "run",
        "config.yaml",
        "--dry-run",
        "--log-format",
        "json",
        "--to",
        "update",
    ]);
    assert!(output.stdout.is_empty());
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stderr)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["event"], "plan");
    assert_eq!(lines[0]["n_cells"], 64);
    assert_eq!(lines[0]["stages"].as_array().unwrap().len(), 3);
}

#[test]
fn completions_know_the_stages() {
    let output = World::new().millesime(&["completions", "bash"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("artificialise"));
}
