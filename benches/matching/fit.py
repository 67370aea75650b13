"""Learns the shipped weights of `lockkeeper match` and writes them as JSON.

    python3 benches/matching/fit.py --binary target/release/lockkeeper \
        --leads tests/vectors/matching/leads_dev.csv --out flow/src/matching/weights.json [--also OTHER.csv ...]

Needs numpy, scipy and scikit-learn. The leads are used whole and in variants with columns left out and made-up
birthdays, birth places, occupations and genders added, so that the weights do not depend on one set of columns. Files
given by `--also` (with a `cluster` column) join in, small ones with three times the weight. Weights are the coefficients of a penalised logistic regression on
level indicators, in bits. `--check` cross-validates by person on the leads instead of writing.
"""

import argparse
import collections
import csv
import json
import math
import os
import random
import subprocess
import tempfile

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

CONTACT = ["email", "phone"]
WORK = ["company", "website"]
PLACE = ["street", "city", "postcode", "country"]
LIFE = ["dob", "gender", "birth_place", "occupation"]
NAME = ["first_name", "last_name"]

# Columns kept, and how much the variant counts against the leads as they are.
VARIANTS = [
    (NAME + CONTACT + WORK + PLACE, 1.0),
    (NAME + ["email"] + WORK + PLACE, 0.1),
    (NAME + ["phone"] + WORK + PLACE, 0.1),
    (NAME + CONTACT + PLACE, 0.1),
    (NAME + CONTACT, 0.1),
    (NAME + CONTACT + WORK, 0.1),
    (NAME + PLACE, 0.1),
    (NAME + CONTACT + WORK + PLACE + LIFE, 0.1),
    (NAME + PLACE + ["dob"], 0.1),
    (NAME + ["dob", "city", "email"], 0.1),
    (NAME + ["dob", "gender", "birth_place", "occupation", "postcode"], 0.1),
]


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def misspell(text, chance, rng):
    if not text or rng.random() > chance:
        return text
    place = rng.randrange(len(text))
    letter = rng.choice("0123456789" if text[place].isdigit() else "abcdefghijklmnopqrstuvwxyz")
    return text[:place] + letter + text[place + 1 :]


def with_life(rows, rng):
    """Adds made-up facts of life: one set a person, written with gaps and errors."""
    towns = [f"{a}{b}" for a in ("Ash", "Black", "Crow", "Dun", "East", "Fair", "Green", "High") for b in ("ford", "ton", "bury", "ham", "well")]
    jobs = ["engineer", "teacher", "nurse", "farmer", "clerk", "writer", "painter", "lawyer", "driver", "cook", "buyer", "manager"]
    people, lines = {}, []
    for row in rows:
        if row["cluster"] not in people:
            year = int(rng.triangular(1930, 2004, 1978))
            town = towns[int(len(towns) * rng.random() ** 2)]
            people[row["cluster"]] = {
                "dob": f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                "gender": rng.choice("mf"),
                "birth_place": town,
                "occupation": rng.choice(jobs),
            }
        life = dict(people[row["cluster"]])
        if rng.random() < 0.04:
            year, month, day = life["dob"].split("-")
            life["dob"] = f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-01-01"
        life["dob"] = misspell(life["dob"], 0.12, rng)
        life["birth_place"] = misspell(life["birth_place"], 0.1, rng)
        if rng.random() < 0.2:
            life["occupation"] = rng.choice(jobs)
        if rng.random() < 0.03:
            life["gender"] = rng.choice("mf")
        for column in life:
            if rng.random() < 0.12:
                life[column] = ""
        lines.append({**row, **life})
    return lines


def findings(binary, rows, columns):
    """Runs the command on some columns; gives facts, pairs, the levels found, the truth and each pair's person."""
    truth = {row["rec_id"]: row["cluster"] for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.csv")
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, ["rec_id"] + columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        done = subprocess.run([binary, "match", path, "--findings"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    lines = done.stdout.decode().splitlines()
    facts = json.loads(lines[0])["facts"]
    starts = np.cumsum([0] + [len(fact["levels"]) for fact in facts])
    pairs, cells, ends = [], [], [0]
    for line in lines[1:]:
        pair = json.loads(line)
        pairs.append((pair["a"], pair["b"]))
        cells.extend(int(starts[fact] + level) for fact, level in pair["findings"] if fact != 0)
        ends.append(len(cells))
    matrix = csr_matrix((np.ones(len(cells), dtype=np.float64), cells, ends), shape=(len(pairs), int(starts[-1])))
    same = np.array([truth[a] == truth[b] for a, b in pairs])
    person = np.array([hash(truth[a]) % (1 << 30) for a, _ in pairs])
    return facts, starts, pairs, matrix, same, person


def thinned(part, facts, starts, weights, rng):
    """Keeps one in eight of the pairs that the present weights find hopeless, and counts each eight times."""
    matrix, same, person, weight = part
    bits = np.zeros(matrix.shape[1])
    for number, fact in enumerate(facts):
        for level, name in enumerate(fact["levels"]):
            bits[starts[number] + level] = weights.get(fact["field"], {}).get(name, 0)
    hopeless = (matrix @ bits < -9) & ~same
    keep = ~hopeless | (rng.random(len(same)) < 1 / 8)
    return matrix[keep], same[keep], person[keep], np.where(hopeless, 8 * weight, weight)[keep]


def fit(matrix, same, weight, strength):
    model = LogisticRegression(C=strength, max_iter=1500, tol=1e-6)
    model.fit(matrix, same, sample_weight=weight)
    return model


def report(words, probability, same, total):
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(same[order])
    precision, recall = hits / np.arange(1, len(order) + 1), hits / total
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    clean = np.flatnonzero(precision >= 0.999)
    print(f"{words}: best F1 {f1.max():.4f}, recall at precision .999 {recall[clean[-1]] if len(clean) else 0:.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--leads", required=True)
    parser.add_argument("--also", nargs="*", default=[], metavar="FILE[:COLUMN,COLUMN]")
    parser.add_argument("--out")
    parser.add_argument("--strength", type=float, default=0.3)
    parser.add_argument("--version", default="leads-1")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    rng = random.Random(7)
    thin = np.random.default_rng(7)
    present = {}
    if arguments.out and os.path.exists(arguments.out):
        with open(arguments.out) as file:
            present = json.load(file)["bits"]
    leads = with_life(read(arguments.leads), rng)
    parts = []
    for columns, weight in VARIANTS:
        facts, starts, _, matrix, same, person = findings(arguments.binary, leads, columns)
        parts.append(thinned((matrix, same, person, np.full(len(same), weight)), facts, starts, present, thin))
        print(len(same), "pairs", same.mean(), columns, flush=True)
    for path in arguments.also:
        path, _, columns = path.partition(":")
        rows = read(path)
        keep = columns.split(",") if columns else [column for column in rows[0] if column not in ("rec_id", "src", "cluster")]
        facts, starts, _, matrix, same, person = findings(arguments.binary, rows, keep)
        share = 3.0 if len(same) < 10_000 else 1.0
        parts.append(thinned((matrix, same, person, np.full(len(same), share)), facts, starts, present, thin))
        print(len(same), "pairs", same.mean(), path, flush=True)
    matrix = vstack([part[0] for part in parts]).tocsr()
    same, person, weight = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    if arguments.check:
        first = len(parts[0][1])
        sizes = collections.Counter(row["cluster"] for row in leads)
        total = sum(size * (size - 1) // 2 for size in sizes.values())
        guess = np.zeros(len(same))
        for train, test in GroupKFold(3).split(matrix, same, person):
            guess[test] = fit(matrix[train], same[train], weight[train], arguments.strength).predict_proba(matrix[test])[:, 1]
        report("leads, held out by person", guess[:first], same[:first], total)
        start = 0
        for number, part in enumerate(parts):
            end = start + len(part[1])
            report(f"part {number}", guess[start:end], same[start:end], part[1].sum())
            start = end
        return
    print(matrix.shape[0], "pairs to learn from", flush=True)
    model = fit(matrix, same, weight, arguments.strength)
    print(model.n_iter_, "steps", flush=True)
    bits = model.coef_[0] / math.log(2)
    seen = np.asarray(matrix.sum(axis=0)).ravel() > 0
    table = {facts[0]["field"]: {facts[0]["levels"][0]: round(float(model.intercept_[0]) / math.log(2), 3)}}
    for number, fact in enumerate(facts[1:], start=1):
        cells = range(starts[number], starts[number + 1])
        levels = {name: round(float(bits[cell]), 3) for name, cell in zip(fact["levels"], cells) if seen[cell] and abs(bits[cell]) >= 0.0005}
        table[fact["field"]] = levels
    learnt = "Penalised logistic regression on level indicators (benches/matching/fit.py): made-up inbound leads, whole and in variants with columns left out and made-up facts of life added"
    if arguments.also:
        learnt += "; " + ", ".join(sorted({os.path.basename(path.partition(":")[0]) for path in arguments.also}))
    with open(arguments.out, "w") as file:
        json.dump({"version": arguments.version, "learnt": learnt + ".", "bits": table}, file, indent=1, ensure_ascii=False)
        file.write("\n")


main()
