//! Every seed and every case once found, and some neighbours of each, so that what was mended stays mended.

use super::TARGETS;
use crate::domain::{Dice, dice::SeededDice};
use std::{collections::BTreeSet, fs, panic, path::PathBuf};

/// Neighbours of each input.
const NEIGHBOURS: usize = 12;

fn seeds() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds")
}

/// A target's inputs, by the names of their files.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = seeds().join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has seeds", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| (file.display().to_string(), fs::read(file).expect("a seed"))).collect()
}

/// Runs `input`; the file it came from, if a law did not hold.
fn breaks(run: fn(&[u8]), file: &str, input: &[u8]) -> Option<String> {
    let held = panic::catch_unwind(|| run(input));
    held.is_err().then(|| format!("{file}: {}", String::from_utf8_lossy(input)))
}

#[test]
fn every_target_has_seeds_and_every_folder_of_seeds_a_target() {
    let folders = fs::read_dir(seeds()).expect("seeds").map(|folder| folder.expect("a folder").file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.to_string_lossy().into_owned()).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, targets);
    for (name, _) in TARGETS {
        assert!(!inputs(name).is_empty(), "{name}");
    }
}

#[test]
fn what_was_ever_found_stays_mended() {
    let runs = TARGETS.iter().flat_map(|(name, run)| inputs(name).into_iter().map(|input| (*run, input)));
    let broken: Vec<String> = runs.filter_map(|(run, (file, input))| breaks(run, &file, &input)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn neighbours_of_the_seeds_keep_the_laws() {
    let dice = SeededDice::new(7);
    let mut broken = Vec::new();
    for (name, run) in TARGETS {
        for (file, input) in inputs(name).into_iter().filter(|(_, input)| (1..16 * 1024).contains(&input.len())) {
            broken.extend((0..NEIGHBOURS).filter_map(|_| breaks(*run, &file, &neighbour(&input, &dice))));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// `input` with a byte changed, cut out, doubled, or with its end cut off.
fn neighbour(input: &[u8], dice: &SeededDice) -> Vec<u8> {
    let mut thrown = [0; 6];
    dice.fill(&mut thrown);
    let [how, byte, place @ ..] = thrown;
    let at = u32::from_le_bytes(place) as usize % input.len();
    let mut changed = input.to_vec();
    match how % 4 {
        0 => changed[at] = byte,
        1 => drop(changed.remove(at)),
        2 => changed.insert(at, byte),
        _ => changed.truncate(at),
    }
    changed
}
