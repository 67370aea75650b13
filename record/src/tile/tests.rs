use super::*;
use crate::tree;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Tiles as a store keeps them: one row for each level and index, replaced when it widens.
#[derive(Default)]
struct Rows(BTreeMap<(u8, u64), Vec<u8>>);

impl Rows {
    fn write(&mut self, tiles: Vec<Tile>) {
        for tile in tiles {
            assert_eq!(tile.bytes.len(), usize::from(tile.id.width) * HASH_BYTES);
            let old = self.0.insert((tile.id.level, tile.id.index), tile.bytes.clone());
            assert!(old.is_none_or(|old| old.len() < tile.bytes.len() && tile.bytes.starts_with(&old)));
        }
    }
}

#[derive(Debug, PartialEq)]
struct Missing;

impl Tiles for &Rows {
    type Error = Missing;

    fn tile(&self, id: TileId) -> Result<Vec<u8>, Missing> {
        self.0.get(&(id.level, id.index)).cloned().ok_or(Missing)
    }
}

fn leaf(n: u64) -> Hash {
    tree::leaf_hash(&n.to_be_bytes())
}

#[test]
fn paths_are_those_of_tlog_tiles() {
    let path = |level, index, width| TileId { level, index, width }.to_string();
    assert_eq!(path(0, 0, 256), "tile/0/000");
    assert_eq!(path(1, 5, 17), "tile/1/005.p/17");
    assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(2, 1_000, 1), "tile/2/x001/000.p/1");
    assert_eq!(EntriesId { index: 273, width: 112 }.to_string(), "tile/entries/273.p/112");
}

/// The example of the specification: 70,000 leaves.
#[test]
fn a_tree_has_the_tiles_that_the_specification_says() {
    let all: Vec<_> = tiles(70_000).collect();
    let at = |level| all.iter().filter(move |id| id.level == level);
    assert_eq!(at(0).filter(|id| id.width == 256).count(), 273);
    assert_eq!(at(0).next_back(), Some(&TileId { level: 0, index: 273, width: 112 }));
    assert_eq!(
        at(1).copied().collect::<Vec<_>>(),
        [TileId { level: 1, index: 0, width: 256 }, TileId { level: 1, index: 1, width: 17 }]
    );
    assert_eq!(at(2).copied().collect::<Vec<_>>(), [TileId { level: 2, index: 0, width: 1 }]);
    assert_eq!(at(3).count(), 0);
    assert_eq!(entry_bundles(70_000).last(), Some(EntriesId { index: 273, width: 112 }));
    assert_eq!(
        tiles(256).collect::<Vec<_>>(),
        [TileId { level: 0, index: 0, width: 256 }, TileId { level: 1, index: 0, width: 1 }]
    );
    assert_eq!(tiles(0).count() + entry_bundles(0).count(), 0);
}

#[test]
fn a_tree_grown_in_steps_is_in_its_tiles() {
    let mut rows = Rows::default();
    let mut edge = Edge::default();
    let mut frontier = Frontier::default();
    for step in [0, 1, 1, 253, 1, 1, 255, 1, 300, 1_000, 65_536, 3] {
        let start = edge.size();
        let growth = edge.grow((start..start + step).map(leaf)).unwrap();
        assert_eq!(growth.tiles.is_empty(), step == 0);
        rows.write(growth.tiles);
        edge = growth.edge;
        (start..start + step).for_each(|n| frontier.append(leaf(n)).unwrap());

        assert_eq!((edge.size(), edge.root()), (frontier.size(), frontier.root()));
        assert_eq!(Edge::resume(edge.size(), &rows).as_ref(), Ok(&edge));
        let expected: BTreeMap<_, _> =
            tiles(edge.size()).map(|id| ((id.level, id.index), usize::from(id.width) * HASH_BYTES)).collect();
        let kept: BTreeMap<_, _> = rows.0.iter().map(|(id, bytes)| (*id, bytes.len())).collect();
        assert_eq!(kept, expected);
    }
    let (size, root) = (edge.size(), edge.root());
    let tiled = TiledTree::new(size, &rows);
    assert_eq!(tree::root(&tiled, size), Ok(root));
    for index in [0, 1, 255, 256, 65_535, 65_536, size - 1] {
        let proof = tree::inclusion_proof(&tiled, index, size).unwrap();
        assert_eq!(tree::verify_inclusion(&leaf(index), index, size, &proof, &root), Ok(()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Tiles that have widened since still prove things about the smaller tree.
    #[test]
    fn tiles_prove_any_older_tree(old in 1_u64..1_500, more in 0_u64..1_500, at: prop::sample::Index) {
        let new = old + more;
        let mut rows = Rows::default();
        let first = Edge::default().grow((0..old).map(leaf)).unwrap();
        let old_root = first.edge.root();
        let second = first.edge.grow((old..new).map(leaf)).unwrap();
        rows.write(first.tiles);
        rows.write(second.tiles);

        let tiled = TiledTree::new(old, &rows);
        let index = at.index(old as usize) as u64;
        let proof = tree::inclusion_proof(&tiled, index, old).unwrap();
        prop_assert_eq!(tree::verify_inclusion(&leaf(index), index, old, &proof, &old_root), Ok(()));

        let tiled = TiledTree::new(new, &rows);
        let proof = tree::consistency_proof(&tiled, old, new).unwrap();
        let new_root = second.edge.root();
        prop_assert_eq!(tree::verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
    }

    #[test]
    fn entries_read_back(leaves in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20)) {
        let bytes = encode_entries(leaves.iter().map(Vec::as_slice)).unwrap();
        let width = leaves.len() as u16;
        prop_assert_eq!(decode_entries(&bytes, width).unwrap(), leaves);
        prop_assert!(decode_entries(&bytes, width + 1).is_err());
        for end in 0..bytes.len() {
            prop_assert!(decode_entries(&bytes[..end], width).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        prop_assert_eq!(decode_entries(&longer, width), Err(EntriesError::Surplus { width, at: bytes.len() }));
    }
}

#[test]
fn tiles_that_are_missing_or_short_are_errors() {
    let mut rows = Rows::default();
    assert_eq!(Edge::resume(3, &rows), Err(TileError::Source(Missing)));
    rows.0.insert((0, 0), vec![0; 95]);
    let id = TileId { level: 0, index: 0, width: 3 };
    assert_eq!(Edge::resume(3, &rows), Err(TileError::Short { id, bytes: 95 }));
    rows.0.insert((0, 0), vec![0; 96]);
    let tiled = TiledTree::new(3, &rows);
    assert!(tiled.node(0, 2).is_ok());
    assert_eq!(tiled.node(0, 3), Err(TileError::NoSuchNode { level: 0, index: 3, size: 3 }));
    assert_eq!(tiled.node(1, 1), Err(TileError::NoSuchNode { level: 1, index: 1, size: 3 }));
    assert_eq!(tiled.node(64, 0), Err(TileError::NoSuchNode { level: 64, index: 0, size: 3 }));
}

#[test]
fn a_leaf_too_long_for_a_bundle_is_refused() {
    let long = vec![0; LEAF_BYTES_MAX + 1];
    assert!(encode_entries([&long[1..]]).is_ok());
    let error = encode_entries([&b"a"[..], &long]).unwrap_err();
    assert_eq!(error, EntriesError::LeafTooLong { nth: 1, bytes: LEAF_BYTES_MAX + 1 });
}
