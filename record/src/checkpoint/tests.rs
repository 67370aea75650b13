use super::*;
use crate::tree;

const ORIGIN: &str = "example.com/behind-the-sofa";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap()
}

fn witness(n: u8) -> CosigningKey {
    CosigningKey::from_seed(&format!("witness.example/w{n}"), &[0x10 + n; 32]).unwrap()
}

fn trust(witnesses: &[u8], quorum: usize) -> Trust {
    Trust::new(key().verifier(), witnesses.iter().map(|n| witness(*n).verifier()).collect(), quorum).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: 20_852_163, root: tree::leaf_hash(b"root") }
}

fn cosigned(by: &[u8]) -> Note {
    by.iter().fold(checkpoint().sign(&key()).unwrap(), |note, n| {
        let line = cosign(&note, &witness(*n), 1_679_315_147).unwrap();
        note.with(line).unwrap()
    })
}

/// The example of tlog-checkpoint and tlog-cosignature; its keys are not published, but its form is.
#[test]
fn the_example_of_the_specification_reads() {
    let note = concat!(
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n",
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n",
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
    );
    let read: Note = note.parse().unwrap();
    assert_eq!(read.to_string(), note);
    assert_eq!(read.signatures()[1].signature[..8], 1_679_315_147_u64.to_be_bytes());
    let checkpoint = Checkpoint::read(read.text()).unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), (ORIGIN, 20_852_163));
    assert_eq!(checkpoint.to_string(), read.text());
    assert_eq!(open(note, &trust(&[], 0)), Err(CheckpointError::NotSigned(key().verifier().to_string())));
}

#[test]
fn a_signed_checkpoint_opens() {
    let opened = open(&cosigned(&[]).to_string(), &trust(&[], 0)).unwrap();
    assert_eq!(opened, Opened { checkpoint: checkpoint(), cosignatures: vec![], unknown: vec![] });
}

#[test]
fn a_quorum_of_given_witnesses_is_counted() {
    let note = cosigned(&[1, 2]).to_string();
    let opened = open_closed(&note, &trust(&[1, 2, 3], 2)).unwrap();
    let names: Vec<_> =
        opened.cosignatures.iter().map(|one| (one.witness.as_str(), one.time_seconds)).collect();
    assert_eq!(names, [("witness.example/w1", 1_679_315_147), ("witness.example/w2", 1_679_315_147)]);
    assert_eq!(open(&note, &trust(&[1, 2, 3], 3)), Err(CheckpointError::Quorum { given: 2, quorum: 3 }));
    assert_eq!(open(&note, &trust(&[1, 3], 2)), Err(CheckpointError::Quorum { given: 1, quorum: 2 }));
}

#[test]
fn unknown_signatures_are_passed_over_when_open_and_refused_when_closed() {
    let note = cosigned(&[1, 2]).to_string();
    let (name, id) = ("witness.example/w2".to_owned(), witness(2).verifier().id());
    assert_eq!(open(&note, &trust(&[1], 1)).unwrap().unknown, [(name.clone(), id)]);
    assert_eq!(open_closed(&note, &trust(&[1], 1)), Err(CheckpointError::Unknown { name, id }));
}

#[test]
fn without_the_logs_own_signature_there_is_no_checkpoint() {
    let note = cosigned(&[1, 2]);
    let not_signed = Err(CheckpointError::NotSigned(key().verifier().to_string()));
    let witnessed_only = Note::new(note.text().to_owned(), note.signatures()[1..].to_vec()).unwrap();
    assert_eq!(open(&witnessed_only.to_string(), &trust(&[1, 2], 2)), not_signed);
    let impostor = SigningKey::from_seed(ORIGIN, &[2; 32]).unwrap();
    assert_eq!(open(&checkpoint().sign(&impostor).unwrap().to_string(), &trust(&[], 0)), not_signed);
}

#[test]
fn wrong_and_doubled_signatures_are_refused() {
    let note = cosigned(&[1]);
    for (nth, name) in [(0, ORIGIN), (1, "witness.example/w1")] {
        let signature = &note.signatures()[nth].signature;
        let mut changed: Vec<Vec<u8>> = (0..signature.len())
            .map(|at| {
                let mut bytes = signature.clone();
                bytes[at] ^= 1;
                bytes
            })
            .collect();
        changed.push(signature[..signature.len() - 1].to_vec());
        changed.push([&signature[..], &[0]].concat());
        changed.push(vec![0]);
        for signature in changed {
            let mut lines = note.signatures().to_vec();
            lines[nth] = SignatureLine { signature, ..lines[nth].clone() };
            let spoilt = Note::new(note.text().to_owned(), lines).unwrap().to_string();
            assert_eq!(open(&spoilt, &trust(&[1], 0)), Err(CheckpointError::BadSignature(name.to_owned())));
        }
        let doubled = note.clone().with(note.signatures()[nth].clone()).unwrap().to_string();
        assert_eq!(open(&doubled, &trust(&[1], 0)), Err(CheckpointError::SignedTwice(name.to_owned())));
    }
}

#[test]
fn a_cosignature_does_not_pass_for_another_text_or_time_or_use() {
    let other = Checkpoint { size: 1, ..checkpoint() }.sign(&key()).unwrap();
    let moved = cosigned(&[]).with(cosign(&other, &witness(1), 1).unwrap()).unwrap().to_string();
    assert!(matches!(open(&moved, &trust(&[1], 0)), Err(CheckpointError::BadSignature(_))));

    let late = cosign(&cosigned(&[]), &witness(1), 1 << 63).unwrap();
    let late = cosigned(&[]).with(late).unwrap().to_string();
    assert!(matches!(open(&late, &trust(&[1], 0)), Err(CheckpointError::BadSignature(_))));

    let plain = SigningKey::from_seed("witness.example/w1", &[0x11; 32]).unwrap().sign(cosigned(&[]).text());
    let plain = cosigned(&[]).with(plain).unwrap().to_string();
    assert_eq!(open(&plain, &trust(&[1], 1)), Err(CheckpointError::Quorum { given: 0, quorum: 1 }));
}

#[test]
fn texts_that_are_no_checkpoint_are_refused_though_signed() {
    let root = tree::leaf_hash(b"root").to_string();
    let texts = [
        format!("{ORIGIN}\n1\n"),
        format!("{ORIGIN}\n1\n{root}\nextension\n"),
        format!("{ORIGIN}\n01\n{root}\n"),
        format!("{ORIGIN}\n+1\n{root}\n"),
        format!("{ORIGIN}\n-1\n{root}\n"),
        format!("{ORIGIN}\n\n{root}\n"),
        format!("{ORIGIN}\n{}\n{root}\n", LEAVES_MAX + 1),
        format!("{ORIGIN}\n99999999999999999999\n{root}\n"),
        format!("{ORIGIN}\n1\n{}\n", root.trim_end_matches('=')),
        format!("{ORIGIN}\n1\n{root} \n"),
        format!("\n1\n{root}\n"),
    ];
    for text in texts {
        let note = Note::new(text.clone(), vec![key().sign(&text)]).unwrap();
        assert!(matches!(open(&note.to_string(), &trust(&[], 0)), Err(CheckpointError::Text(_))), "{text}");
        assert!(cosign(&note, &witness(1), 1).is_err());
    }
    let elsewhere = Checkpoint { origin: "example.com/elsewhere".to_owned(), ..checkpoint() };
    let note = Note::new(elsewhere.to_string(), vec![key().sign(&elsewhere.to_string())]).unwrap();
    assert!(matches!(open(&note.to_string(), &trust(&[], 0)), Err(CheckpointError::OtherOrigin { .. })));
    assert!(matches!(elsewhere.sign(&key()), Err(CheckpointError::OtherOrigin { .. })));
}

#[test]
fn trust_is_in_keys_for_their_use_and_in_distinct_witnesses() {
    let (log, w1) = (key().verifier(), witness(1).verifier());
    assert!(matches!(Trust::new(w1.clone(), vec![], 0), Err(TrustError::NotALogKey(_))));
    assert!(matches!(Trust::new(log.clone(), vec![log.clone()], 0), Err(TrustError::NotAWitnessKey(_))));
    let renamed = CosigningKey::from_seed("other.example/w", &[0x11; 32]).unwrap().verifier();
    assert!(matches!(Trust::new(log.clone(), vec![w1.clone(), renamed], 0), Err(TrustError::SameWitness(_))));
    let itself = CosigningKey::from_seed("own.example/w", &[1; 32]).unwrap().verifier();
    assert!(matches!(Trust::new(log.clone(), vec![itself], 0), Err(TrustError::SameWitness(_))));
    assert_eq!(Trust::new(log, vec![w1], 2).unwrap_err(), TrustError::Quorum { quorum: 2, given: 1 });
}
