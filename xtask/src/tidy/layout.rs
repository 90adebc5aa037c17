//! Every crate is furnished alike, so that one can guess where a thing is.

use std::fs;
use std::path::Path;

use anyhow::Result;
use cargo_metadata::Package;

use super::finding::Finding;
use crate::workspace::Workspace;

const RULE: &str = "layout";
const README_IS_DOCS: &str = "#![doc = include_str!(\"../README.md\")]";

pub(crate) fn check(workspace: &Workspace, package: &Package) -> Result<Vec<Finding>> {
    let manifest = fs::read_to_string(&package.manifest_path)?;
    let folder = package.manifest_path.as_std_path().parent().unwrap_or(&workspace.root);
    let fields = [
        ("description", package.description.is_some()),
        ("license", package.license.is_some()),
        ("rust-version", package.rust_version.is_some()),
    ];
    let missing_fields = fields.into_iter().filter(|(_, present)| !present).map(|(field, _)| field);
    let mut advice = missing(folder);
    advice
        .extend(missing_fields.map(|field| ("Cargo.toml", format!("the manifest has no `{field}`: add it"))));
    if folder.file_name().is_some_and(|folder| folder != package.name.as_str()) {
        advice.push(("Cargo.toml", format!("the folder is not called `{}`: folder = package", package.name)));
    }
    if !inherits_lints(&manifest) {
        advice.push(("Cargo.toml", "add `[lints]` with `workspace = true`".into()));
    }
    let folder = folder.strip_prefix(&workspace.root)?;
    Ok(advice.into_iter().map(|(file, advice)| Finding::new(folder.join(file), 1, RULE, advice)).collect())
}

/// Files that are absent or do not say what they must.
fn missing(folder: &Path) -> Vec<(&'static str, String)> {
    let mut advice = Vec::new();
    if !folder.join("README.md").is_file() {
        advice.push(("README.md", "write a README: it is the crate's documentation".into()));
    }
    if !folder.join("tests/it/main.rs").is_file() {
        advice.push((
            "tests/it/main.rs",
            "add it: one integration binary per crate, which names its modules".into(),
        ));
    }
    let root = if folder.join("src/lib.rs").is_file() { "src/lib.rs" } else { "src/main.rs" };
    let text = fs::read_to_string(folder.join(root)).unwrap_or_default();
    if !text.lines().any(|line| line.trim() == README_IS_DOCS) {
        advice.push((root, format!("start it with `{README_IS_DOCS}`")));
    }
    advice
}

fn inherits_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        let dense: String = line.chars().filter(|character| !character.is_whitespace()).collect();
        (section == "[lints]" && dense == "workspace=true") || dense == "lints.workspace=true"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_must_be_inherited() {
        assert!(inherits_lints("[package]\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nversion.workspace = true\n[lints.rust]\nworkspace = true\n"));
        assert!(!inherits_lints("[lints]\n[dependencies.x]\nworkspace = true\n"));
    }

    #[test]
    fn an_empty_folder_lacks_everything_and_a_furnished_one_nothing() {
        let folder = std::env::temp_dir().join(format!("xtask-layout-{}", std::process::id()));
        for sub in ["src", "tests/it"] {
            fs::create_dir_all(folder.join(sub)).unwrap();
        }
        assert_eq!(missing(&folder).len(), 3);
        fs::write(folder.join("README.md"), "# x").unwrap();
        fs::write(folder.join("tests/it/main.rs"), "").unwrap();
        fs::write(folder.join("src/lib.rs"), format!("{README_IS_DOCS}\n")).unwrap();
        assert_eq!(missing(&folder), []);
        fs::write(folder.join("src/lib.rs"), "//! Own words.\n").unwrap();
        assert_eq!(missing(&folder).len(), 1);
        fs::remove_dir_all(folder).unwrap();
    }
}
