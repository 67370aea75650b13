use super::*;
use proptest::prelude::*;
use std::convert::Infallible;

/// All leaf hashes of a tree, with nodes computed from them by the definition.
struct Plain(Vec<Hash>);

impl Nodes for Plain {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let (start, end) = ((index << level) as usize, ((index + 1) << level) as usize);
        Ok(mth(&self.0[start..end]))
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
}

fn split(count: usize) -> usize {
    let mut k = 1;
    while k * 2 < count {
        k *= 2;
    }
    k
}

/// RFC 6962 section 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = split(leaves.len());
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

/// RFC 6962 section 2.1.1.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let k = split(leaves.len());
    let (mut found, sibling) = if m < k {
        (path(m, &leaves[..k]), mth(&leaves[k..]))
    } else {
        (path(m - k, &leaves[k..]), mth(&leaves[..k]))
    };
    found.push(sibling);
    found
}

/// RFC 6962 section 2.1.2.
fn subproof(m: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if complete { vec![] } else { vec![mth(leaves)] };
    }
    let k = split(leaves.len());
    let (mut found, sibling) = if m <= k {
        (subproof(m, &leaves[..k], complete), mth(&leaves[k..]))
    } else {
        (subproof(m - k, &leaves[k..], false), mth(&leaves[..k]))
    };
    found.push(sibling);
    found
}

/// The well-known test tree of Certificate Transparency.
#[test]
fn roots_of_the_certificate_transparency_vectors() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    let hex = |hash: Hash| hash.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(frontier.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (leaf, root) in leaves.iter().zip(roots) {
        frontier.append(leaf_hash(leaf)).unwrap();
        assert_eq!(hex(frontier.root()), root);
    }
}

#[test]
fn frontier_root_and_proofs_are_the_definitions() {
    let all = leaves(70);
    let nodes = Plain(all.clone());
    let mut frontier = Frontier::default();
    for size in 0..=all.len() {
        let tree = &all[..size];
        assert_eq!(frontier.root(), mth(tree));
        let Ok(root) = root(&nodes, size as u64);
        assert_eq!(root, mth(tree));
        let Ok(resumed) = Frontier::resume(size as u64, &nodes);
        assert_eq!(resumed, frontier);
        for (index, leaf) in tree.iter().enumerate() {
            let Ok(proof) = inclusion_proof(&nodes, index as u64, size as u64);
            assert_eq!(proof, path(index, tree));
            assert_eq!(verify_inclusion(leaf, index as u64, size as u64, &proof, &root), Ok(()));
        }
        for old in 1..=size {
            let Ok(proof) = consistency_proof(&nodes, old as u64, size as u64);
            assert_eq!(proof, subproof(old, tree, true));
            assert_eq!(verify_consistency(old as u64, &mth(&all[..old]), size as u64, &root, &proof), Ok(()));
        }
        if let Some(next) = all.get(size) {
            frontier.append(*next).unwrap();
        }
    }
}

#[test]
fn a_frontier_tells_each_node_once_when_it_is_complete() {
    let all = leaves(300);
    let nodes = Plain(all.clone());
    let mut told = Vec::new();
    let mut frontier = Frontier::default();
    for leaf in &all {
        frontier.append_noting(*leaf, |level, index, hash| told.push((level, index, hash))).unwrap();
    }
    for &(level, index, hash) in &told {
        assert_eq!(nodes.node(level, index), Ok(hash));
    }
    let complete = (0..9).map(|level| 300 >> level).sum::<usize>();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), complete);
}

#[test]
fn edges_of_proofs() {
    let all = leaves(5);
    let nodes = Plain(all.clone());
    let root = mth(&all);
    assert_eq!(inclusion_proof(&nodes, 5, 5), Ok(vec![]));
    assert_eq!(
        verify_inclusion(&all[0], 5, 5, &[], &root),
        Err(ProofError::BeyondTree { index: 5, size: 5 })
    );
    assert_eq!(verify_inclusion(&all[0], 0, 5, &[], &root), Err(ProofError::Length { given: 0, needed: 3 }));
    assert_eq!(
        verify_inclusion(&all[0], u64::MAX - 1, u64::MAX, &[], &root),
        Err(ProofError::Length { given: 0, needed: 63 })
    );
    assert_eq!(verify_consistency(6, &root, 5, &root, &[]), Err(ProofError::Shrunk { old: 6, new: 5 }));
    assert_eq!(verify_consistency(5, &root, 5, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(5, &all[0], 5, &root, &[]), Err(ProofError::OtherRoot));
    assert_eq!(verify_consistency(5, &root, 5, &all[0], &[]), Err(ProofError::OtherRoot));
    assert_eq!(verify_consistency(0, &empty_root(), 5, &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, &root, 5, &root, &[]), Err(ProofError::OtherOldRoot));
    assert_eq!(
        verify_consistency(0, &empty_root(), 5, &root, &[root]),
        Err(ProofError::Length { given: 1, needed: 0 })
    );
    assert_eq!(consistency_proof(&nodes, 6, 5), Ok(vec![]));
}

#[test]
fn a_full_tree_takes_no_more() {
    struct Same;
    impl Nodes for Same {
        type Error = Infallible;
        fn node(&self, _: u8, _: u64) -> Result<Hash, Infallible> {
            Ok(Hash([1; 32]))
        }
    }
    let Ok(mut full) = Frontier::resume(LEAVES_MAX, &Same);
    assert_eq!(full.append(Hash([2; 32])), Err(Full));
    let Ok(mut nearly) = Frontier::resume(LEAVES_MAX - 1, &Same);
    assert_eq!(nearly.append(Hash([2; 32])), Ok(()));
    assert_eq!(nearly.size(), LEAVES_MAX);
}

proptest! {
    #[test]
    fn a_changed_inclusion_proof_fails(
        size in 1_u64..300, at: prop::sample::Index, which: prop::sample::Index, other in 0_u64..300, bit in 0_u8..8,
    ) {
        let all = leaves(size);
        let nodes = Plain(all.clone());
        let root = mth(&all);
        let index = at.index(size as usize) as u64;
        let Ok(proof) = inclusion_proof(&nodes, index, size);
        let leaf = all[index as usize];
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        if other != index {
            prop_assert!(verify_inclusion(&leaf, other, size, &proof, &root).is_err());
        }
        prop_assert!(verify_inclusion(&leaf, index, size, &[&proof[..], &[leaf]].concat(), &root).is_err());
        if !proof.is_empty() {
            let which = which.index(proof.len());
            let mut changed = proof.clone();
            changed[which].0[31] ^= 1 << bit;
            prop_assert_eq!(verify_inclusion(&leaf, index, size, &changed, &root), Err(ProofError::OtherRoot));
            let mut shorter = proof.clone();
            shorter.remove(which);
            prop_assert!(verify_inclusion(&leaf, index, size, &shorter, &root).is_err());
        }
    }

    #[test]
    fn a_changed_consistency_proof_fails(
        old in 1_u64..300, more in 0_u64..300, which: prop::sample::Index, bit in 0_u8..8,
    ) {
        let new = old + more;
        let all = leaves(new);
        let nodes = Plain(all.clone());
        let (old_root, new_root) = (mth(&all[..old as usize]), mth(&all));
        let Ok(proof) = consistency_proof(&nodes, old, new);
        prop_assert_eq!(verify_consistency(old, &old_root, new, &new_root, &proof), Ok(()));
        let other = Hash([0; 32]);
        prop_assert!(verify_consistency(old, &other, new, &new_root, &proof).is_err());
        prop_assert!(verify_consistency(old, &old_root, new, &other, &proof).is_err());
        if !proof.is_empty() {
            let mut changed = proof.clone();
            changed[which.index(proof.len())].0[0] ^= 1 << bit;
            prop_assert!(verify_consistency(old, &old_root, new, &new_root, &changed).is_err());
            prop_assert!(verify_consistency(old, &old_root, new, &new_root, &proof[1..]).is_err());
        }
    }
}
