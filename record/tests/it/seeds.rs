//! The fuzz targets' checks over their seeds, and over many changes of each: a short, repeatable run.

use std::path::Path;

#[path = "../../../fuzz/src/checks.rs"]
mod checks;

/// Changes made of each seed.
const CHANGES: usize = 400;

struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

fn changed(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.throw(3) {
        let at = dice.throw(bytes.len());
        match dice.throw(5) {
            _ if bytes.is_empty() => bytes.push(dice.throw(256) as u8),
            0 => bytes[at] ^= 1 << dice.throw(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"{}[]\",:0.\n\\ "[dice.throw(12)]),
            3 => bytes.truncate(at),
            _ => {
                let end = (at + dice.throw(64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let to = dice.throw(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

#[test]
fn whatever_the_bytes_nothing_panics_and_what_is_accepted_has_one_form() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    for (target, check) in [
        ("note", checks::note as fn(&[u8])),
        ("leaf", checks::leaf),
        ("bundle", checks::bundle),
        ("tile", checks::tile),
    ] {
        let mut paths: Vec<_> =
            std::fs::read_dir(seeds.join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        assert!(paths.len() >= 5, "{target} has seeds");
        let mut dice = Dice(7);
        for path in paths {
            let seed = std::fs::read(&path).unwrap();
            check(&seed);
            (0..CHANGES).for_each(|_| check(&changed(&seed, &mut dice)));
        }
    }
}
