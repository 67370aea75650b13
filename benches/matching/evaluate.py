"""Measures `lockkeeper match` against the truth columns of CSV files.

    python3 benches/matching/evaluate.py --binary target/release/lockkeeper FILE.csv [FILE.csv ...] [--columns a,b,c]

For each file: the pairs' best F1 and the recall at precision 0.999 over all thresholds of the printed probability, the
same for clusters (connected components at each threshold), and for the band `same` precision with its one-sided 95 %
Clopper-Pearson bound and recall; the recall with the ambiguous band and how many pairs a person would see. Plain Python.
"""

import argparse
import collections
import csv
import json
import math
import os
import subprocess
import tempfile




def lower_bound(hits, tries):
    """One-sided 95 % Clopper-Pearson bound of a share. Searched from the errors' side, where the sums are short."""
    if tries == 0:
        return 0.0
    errors = tries - hits
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        # P(at most `errors` errors | share of errors = middle) falls with the share.
        chance = sum(
            math.exp(math.lgamma(tries + 1) - math.lgamma(i + 1) - math.lgamma(tries - i + 1) + i * math.log(middle) + (tries - i) * math.log1p(-middle))
            for i in range(errors + 1)
        )
        if chance > 0.05:
            low = middle
        else:
            high = middle
    return 1 - high


def curve(steps, total):
    """Best F1 and recall at precision 0.999 from (pairs so far, true ones so far) at each threshold."""
    best, clean = 0.0, 0.0
    for pairs, hits in steps:
        precision, recall = hits / pairs, hits / total
        if hits:
            best = max(best, 2 * precision * recall / (precision + recall))
        if precision >= 0.999:
            clean = max(clean, recall)
    return best, clean


def by_threshold(pairs, truth):
    """Cumulated pairs at each distinct probability."""
    pairs = sorted(pairs, key=lambda pair: -pair[2])
    hits, steps = 0, []
    for place, (a, b, probability, _) in enumerate(pairs):
        hits += truth[a] == truth[b]
        if place + 1 == len(pairs) or pairs[place + 1][2] != probability:
            steps.append((place + 1, hits))
    return steps


def clustered(pairs, truth):
    """The same for the pairs inside connected components."""
    parent, members = {}, {}

    def root(row):
        while parent.setdefault(row, row) != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    count, hits, steps = 0, 0, []
    pairs = sorted(pairs, key=lambda pair: -pair[2])
    for place, (a, b, probability, _) in enumerate(pairs):
        one, other = root(a), root(b)
        if one != other:
            left = members.pop(one, None) or collections.Counter([truth[one]])
            right = members.pop(other, None) or collections.Counter([truth[other]])
            count += sum(left.values()) * sum(right.values())
            hits += sum(size * right[cluster] for cluster, size in left.items())
            parent[other] = one
            members[one] = left + right
        if place + 1 == len(pairs) or pairs[place + 1][2] != probability:
            if count:
                steps.append((count, hits))
    return steps


def evaluate(binary, path, columns, extra):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    truth = {row["rec_id"]: row["cluster"] for row in rows}
    sizes = collections.Counter(truth.values())
    total = sum(size * (size - 1) // 2 for size in sizes.values())
    with tempfile.TemporaryDirectory() as folder:
        given = path
        if columns:
            given = os.path.join(folder, "rows.csv")
            with open(given, "w", newline="") as file:
                writer = csv.DictWriter(file, ["rec_id"] + columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows)
        done = subprocess.run([binary, "match", given] + extra, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    pairs = []
    for line in done.stdout.decode().splitlines():
        pair = json.loads(line)
        pairs.append((pair["a"], pair["b"], pair["probability"], pair["band"]))
    print(f"{os.path.basename(path)} {columns or ''}: {len(rows)} rows, {total} true pairs, {len(pairs)} printed")
    for words, steps in (("pairs", by_threshold(pairs, truth)), ("clustered", clustered(pairs, truth))):
        f1, clean = curve(steps, total)
        print(f"  {words}: best F1 {f1:.4f}, recall at precision .999 {clean:.4f}")
    same = [pair for pair in pairs if pair[3] == "same"]
    hits = sum(truth[a] == truth[b] for a, b, _, _ in same)
    found = sum(truth[a] == truth[b] for a, b, _, _ in pairs)
    precision = hits / len(same) if same else 1.0
    print(f"  same: {len(same)} pairs, {len(same) - hits} wrong, precision {precision:.5f} (at least {lower_bound(hits, len(same)):.5f}), recall {hits / total:.4f}")
    print(f"  with ambiguous: recall {found / total:.4f}, {(len(pairs) - len(same)) * 1000 / len(rows):.0f} ambiguous pairs per 1,000 rows", flush=True)
    return [(a, b) for a, b, _, _ in same if truth[a] != truth[b]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--columns", help="give the command these columns only, comma separated")
    parser.add_argument("--show-wrong", action="store_true", help="print the pairs wrongly judged same")
    parser.add_argument("--weights", help="weights file for the command")
    parser.add_argument("--train", action="store_true")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    extra = ["--weights", arguments.weights] if arguments.weights else []
    extra += ["--train"] if arguments.train else []
    for path in arguments.files:
        wrong = evaluate(arguments.binary, path, arguments.columns.split(",") if arguments.columns else None, extra)
        if arguments.show_wrong:
            with open(path, newline="") as file:
                rows = {row["rec_id"]: row for row in csv.DictReader(file)}
            for a, b in wrong:
                print("   ", "|".join(list(rows[a].values())[2:]))
                print("   ", "|".join(list(rows[b].values())[2:]), "\n")


main()
