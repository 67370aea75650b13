#!/usr/bin/env python3
"""Verifies a bundle of the record, independently of the server that made it.

Written from the description of the format alone, with nothing but Python's standard library, so that an auditor
need not trust our code, nor we our own reading of the format.

    verify_bundle.py BUNDLE --key VKEY [--witness VKEY ... --quorum K]

Prints a line for each fact and `verified N facts` (exit 0), or `not verified: <fact index>: <reason>` (exit 1).
Exit 2: the arguments or files are unusable.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys

MAX_INTEGER = 2**53
EVIDENCE = {"type", "credential", "client_data", "authenticator_data", "signature", "nonce"}
LEAF = {
    "v", "id", "workspace", "lead", "kind", "at", "actor", "playbook", "body", "content", "refs", "decision", "evidence",
}


class Wrong(Exception):
    """Something is not as it must be."""


def need(condition, reason):
    if not condition:
        raise Wrong(reason)


# Bytes and text


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, length=None):
    need(isinstance(text, str), "base64 text is needed")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Wrong(f"not base64: {error}") from None
    need(base64.b64encode(data).decode() == text, "base64 is not in its canonical form")
    need(length is None or len(data) == length, f"{length} bytes are needed")
    return data


def parse_json(data):
    def each_once(pairs):
        need(len({key for key, _ in pairs}) == len(pairs), "a key is given twice")
        return dict(pairs)

    def no_float(text):
        raise Wrong(f"number {text} is no integer")

    def integer(text):
        number = int(text)
        need(abs(number) < MAX_INTEGER, f"number {text} is not below 2^53")
        return number

    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=each_once, parse_float=no_float, parse_constant=no_float, parse_int=integer,
        )
    except (ValueError, RecursionError) as error:
        raise Wrong(f"not JSON: {error}") from None


def jcs(value):
    """RFC 8785, for values without fractions."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return b"{" + b",".join(jcs(key) + b":" + jcs(item) for key, item in items) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(jcs, value)) + b"]"
    try:
        return json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Wrong("text holds half a character") from None


def parse_canonical(data):
    value = parse_json(data)
    need(jcs(value) == data, "JSON is not in canonical form")
    return value


# Ed25519, after RFC 8032, strictly: canonical points of full order and canonical scalars only

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
IDENTITY = (0, 1, 1, 0)


def ed_add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    w, x, y, z = f - e, h - g, h + g, f + e
    return (w * x % P, y * z % P, x * y % P, w * z % P)


def ed_times(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = ed_add(result, point)
        point, scalar = ed_add(point, point), scalar >> 1
    return result


def ed_same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def ed_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def ed_point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = ed_x(y, sign) if y < P else None
    if x is None:
        return None
    point = (x, y, 1, x * y % P)
    return None if ed_same(ed_times(8, point), IDENTITY) else point


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = ed_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verifies(public, message, signature):
    if len(signature) != 64:
        return False
    key, commitment = ed_point(public), ed_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return ed_same(ed_times(scalar, BASE), ed_add(commitment, ed_times(challenge, key)))


# ECDSA with P-256 and SHA-256, after FIPS 186

Q = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def p256_add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % Q == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, Q)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, Q)
    x = (slope * slope - a[0] - b[0]) % Q
    return (x, (slope * (a[0] - x) - a[1]) % Q)


def p256_times(scalar, point):
    result = None
    while scalar:
        if scalar & 1:
            result = p256_add(result, point)
        point, scalar = p256_add(point, point), scalar >> 1
    return result


def p256_key(spki):
    """The point in an SPKI of P-256, which WebAuthn gives uncompressed."""
    form = len(spki) == len(SPKI_HEAD) + 65 and spki.startswith(SPKI_HEAD + b"\x04")
    need(form, "the credential's public key is no P-256 key in SPKI form")
    x, y = int.from_bytes(spki[-64:-32], "big"), int.from_bytes(spki[-32:], "big")
    need(x < Q and y < Q and (y * y - x * x * x + 3 * x - B) % Q == 0, "the credential's public key is no point")
    return x, y


def der_integers(signature):
    """The two positive integers of an ECDSA signature, in DER."""
    numbers, rest = [], signature[2:]
    need(len(signature) < 128 and signature[:1] == b"\x30" and signature[1:2] == bytes([len(rest)]), "signature is no DER")
    while rest:
        need(len(rest) > 2 and rest[0] == 0x02 and 0 < rest[1] <= len(rest) - 2, "signature is no DER")
        number, rest = rest[2 : 2 + rest[1]], rest[2 + rest[1] :]
        shortest = number[0] != 0 or (len(number) > 1 and number[1] >= 0x80)
        need(number[0] < 0x80 and shortest, "signature is no DER")
        numbers.append(int.from_bytes(number, "big"))
    need(len(numbers) == 2, "signature is no DER")
    return numbers


def p256_verifies(key, message, signature):
    r, s = der_integers(signature)
    if not (0 < r < N and 0 < s < N):
        return False
    inverse = pow(s, -1, N)
    digest = int.from_bytes(sha256(message), "big")
    point = p256_add(p256_times(digest * inverse % N, G), p256_times(r * inverse % N, key))
    return point is not None and point[0] % N == r


# Keys, notes, checkpoints


class Key:
    def __init__(self, text, algorithm):
        parts = text.split("+", 2)
        need(len(parts) == 3 and parts[0] and not re.search(r"\s", parts[0]), f"`{text}` is no vkey")
        data = unbase64(parts[2], 33)
        need(data[0] == algorithm, f"`{text}` is not a key for this use")
        self.text, self.name, self.public = text, parts[0], data[1:]
        self.id = sha256(self.name.encode(), b"\n", data)[:4]
        need(self.id.hex() == parts[1], f"the key id of `{text}` does not fit")
        need(ed_point(self.public) is not None, f"`{text}` is a weak key or none")


def open_checkpoint(note, key, witnesses, quorum):
    """The origin, size and root that the log's key signs."""
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "the checkpoint holds a control character")
    text, empty_line, lines = note.rpartition("\n\n")
    need(empty_line and lines.endswith("\n"), "the checkpoint is no signed note")
    text += "\n"
    signed, cosigned = False, set()
    for line in lines[:-1].split("\n"):
        match = re.fullmatch("— ([^\\s+]+) (\\S+)", line)
        need(match, "a signature line is malformed")
        name, data = match[1], unbase64(match[2])
        need(len(data) > 4, "a signature line is too short")
        key_id, signature = data[:4], data[4:]
        witness = next((one for one in witnesses if (one.name, one.id) == (name, key_id)), None)
        if (name, key_id) == (key.name, key.id):
            need(not signed, "the log has signed twice")
            need(ed25519_verifies(key.public, text.encode(), signature), "the log's signature is wrong")
            signed = True
        elif witness:
            need(witness.text not in cosigned, "a witness has signed twice")
            seconds = int.from_bytes(signature[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
            good = seconds < 2**63 and ed25519_verifies(witness.public, message, signature[8:])
            need(good, f"the cosignature of {name} is wrong")
            cosigned.add(witness.text)
        else:
            raise Wrong(f"a signature by {name} cannot be checked")
    need(signed, "the checkpoint is not signed by the log's key")
    need(len(cosigned) >= quorum, f"only {len(cosigned)} of {quorum} witnesses have cosigned")
    lines = text.split("\n")
    need(len(lines) == 4 and lines[3] == "", "the checkpoint is not origin, size and root")
    need(lines[0] == key.name, "the checkpoint's origin is not the key's name")
    need(re.fullmatch("0|[1-9][0-9]{0,18}", lines[1]), "the checkpoint's size is no number")
    return lines[0], int(lines[1]), unbase64(lines[2], 32)


def root_from_proof(index, size, leaf, proof):
    """RFC 9162, section 2.1.3.2."""
    need(index < size, "the index is beyond the tree")
    fn, sn, node = index, size - 1, sha256(b"\x00", leaf)
    for sibling in proof:
        need(sn > 0, "the proof is too long")
        if fn & 1 or fn == sn:
            node = sha256(b"\x01", sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01", node, sibling)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the proof is too short")
    return node


# Leaves and openings


def has_fields(value, fields, what):
    need(isinstance(value, dict) and set(value) == set(fields), f"{what} has other fields than it should")


def read_leaf(data):
    leaf = parse_canonical(data)
    has_fields(leaf, LEAF, "the leaf")
    need(leaf["v"] == 1 and leaf["v"] is not True, "the leaf's version is not 1")
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    for field in ("id", "workspace", "lead"):
        value = leaf[field]
        good = value is None if field == "lead" and value is None else isinstance(value, str) and re.fullmatch(uuid, value)
        need(good, f"the leaf's {field} is no UUIDv7")
    time = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z"
    need(isinstance(leaf["at"], str) and re.fullmatch(time, leaf["at"], re.ASCII), "the leaf's time is malformed")
    need(isinstance(leaf["kind"], str), "the leaf's kind is no text")
    has_fields(leaf["actor"], {"kind", "id", "via"}, "the actor")
    need(leaf["actor"]["kind"] in ("member", "agent", "system"), "the actor's kind is unknown")
    need(leaf["actor"]["via"] in ("session", "passkey", "token", "timer", "channel"), "the actor's way is unknown")
    need(isinstance(leaf["refs"], dict) and all(isinstance(one, str) for one in leaf["refs"].values()), "refs are no ids")
    playbook = leaf["playbook"]
    need(playbook is None or re.fullmatch("sha256:[0-9a-f]{64}", str(playbook)), "the playbook is no digest")
    for field in ("body", "content"):
        if leaf[field] is not None:
            unbase64(leaf[field], 32)
    decides = leaf["kind"] == "approval.decided"
    need(decides == (leaf["decision"] is not None), "decision and kind do not fit")
    need(not decides or leaf["decision"] in ("approve", "edit", "reject", "respond"), "the decision is unknown")
    need(not decides or "proposal" in leaf["refs"], "a decision is on no proposal")
    by_passkey = decides and leaf["actor"]["via"] == "passkey"
    need(by_passkey == (leaf["evidence"] is not None), "evidence and actor do not fit")
    if by_passkey:
        has_fields(leaf["evidence"], EVIDENCE, "the evidence")
        need(leaf["evidence"]["type"] == "passkey", "the evidence is of an unknown type")
        need(leaf["actor"]["kind"] == "member", "only a member decides by passkey")
    return leaf


def commitment(label, r, payload):
    hashed = [b"lockkeeper/commit/v1\0"]
    for part in (label.encode(), r, payload):
        hashed += [len(part).to_bytes(8, "big"), part]
    return base64.b64encode(sha256(*hashed)).decode()


def check_opening(label, committed, opening, erasure):
    """The opened value, and a word on it."""
    if committed is None:
        need(opening is None, f"there is an opening for {label}, to which the leaf does not commit")
        return None, ""
    if opening is None:
        need(erasure != "never", f"the opening of {label} is missing, and nothing shows an erasure")
        return None, f", {label} erased"
    need(erasure != "before", f"the opening of {label} is still there, though the lead was erased")
    has_fields(opening, {"r", "payload"}, "the opening")
    payload = unbase64(opening["payload"])
    need(commitment(label, unbase64(opening["r"], 32), payload) == committed, f"the opening of {label} does not match")
    return parse_canonical(payload), f", {label} matches"


# What the facts tell


class Story:
    def __init__(self):
        self.decided, self.let_out, self.credentials, self.nonces = {}, {}, {}, set()
        self.last, self.chained = None, None

    def tell(self, leaf, body):
        if leaf["lead"] is not None:
            self.check_chain(leaf)
        if leaf["evidence"] is not None:
            self.check_passkey(leaf)
        if leaf["lead"] is None and leaf["kind"] in ("credential.enrolled", "credential.revoked"):
            self.credential(leaf["kind"], body)
        proposal = leaf["refs"].get("proposal")
        if leaf["decision"] is not None:
            self.decided.setdefault(proposal, []).append((leaf["content"], leaf["decision"]))
            goes = leaf["decision"] != "reject"
            self.let_out[leaf["content"]] = self.let_out.get(leaf["content"], False) or goes
        elif leaf["kind"].startswith("dispatch.") and proposal is not None:
            decisions = self.decided.get(proposal, [])
            need(decisions, "dispatched under a proposal on which nobody had decided before")
            need(all(decision != "reject" for _, decision in decisions), "dispatched under a rejected proposal")
            need(any(content == leaf["content"] for content, _ in decisions), "dispatched other content than was decided")
        elif leaf["kind"].startswith("dispatch.") and leaf["content"] is not None:
            need(self.let_out.get(leaf["content"], True), "dispatched rejected content without a proposal")

    def check_chain(self, leaf):
        previous, before, self.last = leaf["refs"].get("previous"), self.last, leaf["id"]
        need(previous is None or previous == before, f"the lead's fact {previous} before it is missing")
        if before is not None:
            if self.chained is None:
                self.chained = previous is not None
            need(self.chained == (previous is not None), "it does not name the lead's fact before it")

    def credential(self, kind, body):
        need(isinstance(body, dict), "a credential's fact has no body")
        credential = unbase64(body.get("credential"))
        if kind == "credential.revoked":
            need(credential in self.credentials, "a credential is revoked that was not enrolled")
            self.credentials[credential]["revoked"] = True
            return
        need(credential not in self.credentials, "a credential is enrolled twice")
        need(isinstance(body.get("member"), str), "a credential belongs to nobody")
        key = unbase64(body.get("public_key"))
        self.credentials[credential] = {"member": body["member"], "key": key, "revoked": False}

    def check_passkey(self, leaf):
        evidence = leaf["evidence"]
        credential = self.credentials.get(unbase64(evidence["credential"]))
        need(credential, "the passkey's credential was not enrolled before")
        need(not credential["revoked"], "the passkey's credential had been revoked")
        need(credential["member"] == leaf["actor"]["id"], "the passkey belongs to another member")
        nonce = unbase64(evidence["nonce"], 32)
        need(nonce not in self.nonces, "the nonce was used before")
        self.nonces.add(nonce)
        named = {"proposal": leaf["refs"]["proposal"], "nonce": evidence["nonce"]}
        named |= {field: leaf[field] for field in ("workspace", "lead", "decision", "content")}
        challenge = base64.urlsafe_b64encode(sha256(b"lockkeeper/approval/v1\0", jcs(named))).decode().rstrip("=")
        client_data = unbase64(evidence["client_data"])
        client = parse_json(client_data)
        need(isinstance(client, dict) and client.get("type") == "webauthn.get", "the passkey's client data is no assertion")
        need(client.get("challenge") == challenge, "the passkey signed another challenge")
        need(client.get("crossOrigin", False) is False, "the passkey was used in a frame of another origin")
        data = unbase64(evidence["authenticator_data"])
        need(len(data) >= 37 and data[32] & 0x05 == 0x05, "the authenticator did not verify the user")
        signed = data + sha256(client_data)
        good = p256_verifies(p256_key(credential["key"]), signed, unbase64(evidence["signature"]))
        need(good, "the passkey's signature is wrong")


class NotVerified(Exception):
    def __init__(self, index, reason):
        super().__init__(f"not verified: {index}: {reason}")


def verify(data, key, witnesses=(), quorum=0, tell=lambda line: None):
    """How many facts were verified; tells of each. Raises NotVerified."""
    try:
        bundle = parse_canonical(data.removesuffix(b"\n"))
        has_fields(bundle, {"format", "origin", "log_key", "checkpoint", "facts"}, "the bundle")
        need(bundle["format"] == "lockkeeper.bundle/v1", "the format is another")
        need(isinstance(bundle["checkpoint"], str), "the checkpoint is no text")
        origin, size, root = open_checkpoint(bundle["checkpoint"], key, witnesses, quorum)
        need(bundle["log_key"] == key.text, "log_key is not the key to verify with")
        need(bundle["origin"] == origin, "origin is not the checkpoint's")
        need(isinstance(bundle["facts"], list), "facts are no list")
    except Wrong as wrong:
        raise NotVerified("bundle", wrong) from None

    read, index = [], "bundle"
    try:
        for fact in bundle["facts"]:
            has_fields(fact, {"index", "leaf", "proof", "openings"}, "the fact")
            index = fact["index"]
            need(isinstance(index, int) and not isinstance(index, bool) and index >= 0, "the index is no number")
            need(isinstance(fact["proof"], list), "the proof is no list")
            need(isinstance(fact["openings"], dict) and set(fact["openings"]) <= {"body", "content"}, "openings are malformed")
            data = unbase64(fact["leaf"])
            leaf = read_leaf(data)
            need(not read or read[-1][0] < index, "facts are not in order")
            proof = [unbase64(one, 32) for one in fact["proof"]]
            need(root_from_proof(index, size, data, proof) == root, "the leaf is not in the tree")
            read.append((index, leaf, fact["openings"]))
        leads = {leaf["lead"] for _, leaf, _ in read} - {None}
        index = "bundle"
        need(len(leads) == 1, "it is not about one lead")
        need(len({leaf["workspace"] for _, leaf, _ in read}) == 1, "it is not of one workspace")
        need(len({leaf["id"] for _, leaf, _ in read}) == len(read), "two facts have one id")
        erased = [at for at, leaf, _ in read if leaf["kind"] == "lead.erased" and leaf["lead"] is not None]
        story = Story()
        for index, leaf, openings in read:
            erasure = "never"
            if erased and leaf["lead"] is not None:
                erasure = "before" if index < erased[0] else "after"
            for one in openings.values():
                need(one is not None, "an opening is null")
            body, on_body = check_opening("body", leaf["body"], openings.get("body"), erasure)
            _, on_content = check_opening("content", leaf["content"], openings.get("content"), erasure)
            story.tell(leaf, body)
            actor = leaf["actor"]
            tell(f"{index} {leaf['at']} {leaf['kind']} by {actor['kind']} {actor['id']}{on_body}{on_content}")
    except Wrong as wrong:
        raise NotVerified(index, wrong) from None
    return len(read)


def main():
    arguments = argparse.ArgumentParser(description="Verify a bundle of the record.")
    arguments.add_argument("bundle")
    arguments.add_argument("--key", required=True, help="the log's vkey")
    arguments.add_argument("--witness", action="append", default=[], help="a witness's vkey")
    arguments.add_argument("--quorum", type=int, default=0, help="how many witnesses must have cosigned")
    given = arguments.parse_args()
    try:
        key = Key(given.key, 0x01)
        witnesses = [Key(text, 0x04) for text in given.witness]
        need(0 <= given.quorum <= len({one.public for one in witnesses}), "the quorum cannot be reached")
        with open(given.bundle, "rb") as file:
            data = file.read()
    except (Wrong, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        count = verify(data, key, witnesses, given.quorum, print)
    except NotVerified as error:
        print(error)
        return 1
    print(f"verified {count} facts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
