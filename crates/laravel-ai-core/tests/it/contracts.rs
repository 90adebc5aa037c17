//! Every public trait states its contract, for those who implement it and for those who wrap it.

use std::path::Path;

fn sources(folder: &Path, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn each_trait_has_both_contracts() {
    let mut files = vec![];
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut traits = vec![];
    for file in files {
        let lines: Vec<&str> = file.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = line.strip_prefix("pub trait ") else { continue };
            let documentation: Vec<&str> = lines[..at]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("///") || line.starts_with("#["))
                .copied()
                .collect();
            for heading in ["/// # Contract for implementers", "/// # Contract for wrappers"] {
                assert!(documentation.contains(&heading), "{name} lacks `{heading}`");
            }
            traits.push(name.split([':', ' ']).next().unwrap().to_owned());
        }
    }
    traits.sort();
    assert_eq!(
        traits,
        [
            "Catalog",
            "ChatModel",
            "Clock",
            "Credentials",
            "Driver",
            "EmbeddingModel",
            "Layer",
            "Provider",
            "ProviderOptions",
            "TokenCounter",
            "Transport",
        ]
    );
}
