//! Puts into the binary its version, the commit when the sources are a git checkout, and the library
//! of the interactive maps, which is no source of this project: the machine's package has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's `libjs-leaflet` puts its files.
const LEAFLET: &str = "/usr/share/javascript/leaflet";
/// Names another folder with the same files, on systems that put them elsewhere.
const LEAFLET_DIR: &str = "MILLESIME_LEAFLET_DIR";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The reflog grows with every commit and checkout; a tarball has none.
    if let Some(log) = told("git", &["rev-parse", "--git-path", "logs/HEAD"])
        && Path::new(&log).exists()
    {
        println!("cargo:rerun-if-changed={log}");
    }
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let long = match told("git", &["rev-parse", "--short", "HEAD"]) {
        Some(hash) => format!("{version} ({hash})"),
        None => version,
    };
    println!("cargo:rustc-env=MILLESIME_VERSION={long}");
    if let Err(problem) = leaflet() {
        println!("cargo::error={problem}");
        println!(
            "cargo::error=the maps of the reports need Leaflet 1.x: run `.ci/setup.sh` or `apt-get \
             install libjs-leaflet`, or set {LEAFLET_DIR} to a folder that holds leaflet.min.js (or \
             leaflet.js) and leaflet.css"
        );
    }
}

/// Copies Leaflet as pages embed it into the build folder and tells which one it is.
fn leaflet() -> Result<(), String> {
    println!("cargo:rerun-if-env-changed={LEAFLET_DIR}");
    let given = std::env::var(LEAFLET_DIR).ok();
    let dir = PathBuf::from(given.as_deref().unwrap_or(LEAFLET));
    let script = ["leaflet.min.js", "leaflet.js"].map(|name| dir.join(name));
    let script = script.iter().find(|path| path.exists()).unwrap_or(&script[0]);
    let code = script_for_pages(&read(script)?)
        .ok_or_else(|| format!("`{}` cannot stand inside a page", script.display()))?;
    let style = style_for_pages(&read(&dir.join("leaflet.css"))?);
    let packaged = || told("dpkg-query", &["--show", "--showformat=${Version}", "libjs-leaflet"]);
    let version = match given {
        None => packaged(),
        // Debian's packages of 1.7.1 call themselves 1.6.0 inside: a package knows better.
        Some(_) => None,
    };
    let own = || Some(code.split_once(".version=\"")?.1.split_once('"')?.0.to_owned());
    let version = version.or_else(own).ok_or("this Leaflet does not tell its version")?;
    if !version.starts_with("1.") {
        return Err(format!("Leaflet {version} in `{}`, expected 1.x", dir.display()));
    }
    println!("cargo:rustc-env=LEAFLET_VERSION={version}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no OUT_DIR")?);
    for (name, text) in [("leaflet.js", code), ("leaflet.css", style)] {
        fs::write(out.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// A script without the address of its sources; `None` when a page would end it too early.
fn script_for_pages(text: &str) -> Option<String> {
    // Browsers read line ends so, and the page states the hash of what they read.
    let text = text.replace("\r\n", "\n");
    let code = text.split("//# sourceMappingURL=").next().unwrap_or_default().trim();
    let lower = code.to_lowercase();
    let is_safe = !lower.contains("</script") && !lower.contains("<!--") && !code.is_empty();
    is_safe.then(|| code.to_owned())
}

/// A style sheet without the declarations that name other files: none of them is used.
fn style_for_pages(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut style = String::new();
    for part in text.split_inclusive([';', '{', '}']) {
        match (part.contains("url("), part.chars().last()) {
            (true, Some('}')) => style.push('}'),
            (true, _) => {}
            (false, _) => style.push_str(part),
        }
    }
    style
}

fn read(path: &Path) -> Result<String, String> {
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read_to_string(path)
        .map_err(|error| format!("failed to read `{}`: {error}", path.display()))
}

/// The trimmed output of a command, or `None` without it or when it fails.
fn told(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
