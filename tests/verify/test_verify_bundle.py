#!/usr/bin/env python3
"""Holds the independent verifier against the vectors: what must verify does, what must not does not, and a
changed byte or field never does. Run with `python3 tests/verify/test_verify_bundle.py`.
"""

import json
import random
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # leave no cache folder in the source tree

from verify_bundle import Key, NotVerified, jcs, verify  # noqa: E402

VECTORS = Path(__file__).parent.parent / "vectors" / "record"
LOG = Key((VECTORS / "log.vkey").read_text().strip(), 0x01)
WITNESSES = [Key((VECTORS / f"witness{n}.vkey").read_text().strip(), 0x04) for n in (1, 2)]


def verifies(data, witnesses=(), quorum=0):
    try:
        verify(data, LOG, witnesses, quorum)
        return True
    except NotVerified:
        return False


class Vectors(unittest.TestCase):
    def test_true_bundles_verify(self):
        for name, count in (("lead", 16), ("erased", 17)):
            data = (VECTORS / f"{name}.json").read_bytes()
            self.assertEqual(verify(data, LOG), count)
            self.assertEqual(verify(data + b"\n", LOG), count)
            self.assertFalse(verifies(data + b"\n\n"))

    def test_witnesses_count(self):
        data = (VECTORS / "cosigned.json").read_bytes()
        self.assertEqual(verify(data, LOG, WITNESSES, 2), 16)
        self.assertFalse(verifies(data, WITNESSES[:1], 1))
        self.assertFalse(verifies((VECTORS / "lead.json").read_bytes(), WITNESSES, 1))

    def test_untrue_stories_do_not_verify(self):
        refused = sorted((VECTORS / "refused").glob("*.json"))
        self.assertGreater(len(refused), 10)
        for path in refused:
            with self.subTest(path.name), self.assertRaises(NotVerified):
                verify(path.read_bytes(), LOG)

    def test_a_changed_byte_is_found(self):
        data = (VECTORS / "lead.json").read_bytes()
        chance = random.Random(7)
        for _ in range(300):
            at, bit = chance.randrange(len(data)), chance.randrange(8)
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            self.assertFalse(verifies(bytes(changed)), f"byte {at}, bit {bit}")
        for _ in range(50):
            self.assertFalse(verifies(data[: chance.randrange(len(data))]))

    def test_a_changed_field_is_found_in_canonical_form_too(self):
        data = (VECTORS / "lead.json").read_bytes()
        facts = len(json.loads(data)["facts"])
        for at in range(facts):
            for field, changes in {
                "index": [lambda old: old + 1, lambda old: -1, str, float],
                "leaf": [lambda old: "", lambda old: old[:-4], lambda old: None],
                "proof": [lambda old: old[1:], lambda old: old + old[:1], lambda old: old[::-1], lambda old: {}],
                "openings": [lambda old: {"body": None}, lambda old: {**old, "more": {}}, lambda old: []],
            }.items():
                for change in changes:
                    bundle = json.loads(data)
                    fact = bundle["facts"][at]
                    fact[field] = change(fact[field])
                    self.assertFalse(verifies(jcs(bundle)), f"{field} of fact {at}")
        for at in range(facts - 1):
            bundle = json.loads(data)
            bundle["facts"][at : at + 2] = bundle["facts"][at + 1], bundle["facts"][at]
            self.assertFalse(verifies(jcs(bundle)), f"facts {at} and {at + 1} swapped")


if __name__ == "__main__":
    unittest.main()
