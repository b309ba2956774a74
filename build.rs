//! Takes the administrator's page into the binary, if it was built (`make console`). Without it the program compiles all
//! the same and says at the page's address how to build it.

use std::{
    fs,
    io::{Error, Write},
    path::{Path, PathBuf},
};

const BUILT: &str = "console/dist/page";

#[allow(clippy::disallowed_methods)] // Cargo tells a build script by its environment.
fn main() -> Result<(), Error> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={BUILT}");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(BUILT);
    // A watched folder that is missing would have everything built anew each time.
    fs::create_dir_all(&root)?;
    let mut names = Vec::new();
    collect(&root, &root, &mut names)?;
    names.sort();
    // What was gzipped is sent so.
    let gzipped: Vec<String> = names.iter().filter_map(|name| name.strip_suffix(".gz").map(str::to_owned)).collect();
    names.retain(|name| !gzipped.contains(name));
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("console.rs");
    let mut list = fs::File::create(target)?;
    writeln!(list, "&[")?;
    for name in names {
        writeln!(list, "    ({name:?}, include_bytes!({:?}).as_slice()),", root.join(&name))?;
    }
    writeln!(list, "]")
}

/// The files below `folder`, by their paths below `root`.
fn collect(root: &Path, folder: &Path, names: &mut Vec<String>) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, names)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            names.push(name.replace('\\', "/"));
        }
    }
    Ok(())
}
