"""Makes up inbound leads with the truth, for measuring speed and memory at any size.

    python3 benches/matching/generate.py ROWS OUT.csv [SEED]

People have a private and perhaps a work life, households share a name and an address, colleagues a company and a
switchboard, namesakes happen; rows carry some of the facts, with typing errors and in several spellings. Columns are
those of the leads in tests/vectors/matching. Plain Python; a million rows take about half a minute.
"""

import csv
import random
import sys
import zlib

GIVEN = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas
Sarah Christopher Karen Daniel Lisa Matthew Nancy Anthony Betty Mark Sandra Paul Ashley Steven Emily Andrew Kimberly Joshua Donna
Kenneth Michelle Kevin Carol Brian Amanda George Melissa Timothy Deborah Ronald Stephanie Jason Rebecca Hans Petra Klaus Sabine Jürgen
Monika Wolfgang Ursula Jean Marie Pierre Nathalie Michel Isabelle Giuseppe Giulia Marco Francesca Carlos Carmen Javier Pilar Piotr
Katarzyna Krzysztof Agnieszka Lars Anna Erik Ingrid Jan Marijke Pieter Sanne""".split()
NICKNAMES = {"Robert": "Bob", "Jennifer": "Jen", "Michael": "Mike", "Elizabeth": "Liz", "William": "Bill", "Richard": "Rick", "Joseph": "Joe",
             "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Kenneth": "Ken", "Timothy": "Tim", "Deborah": "Debbie",
             "Rebecca": "Becky", "Giuseppe": "Beppe", "Katarzyna": "Kasia"}
SYLLABLES = """an bel cor dan el far gar hol in jas kel lan mor nor os per quin ros sten tor ul var wes yor zan ber cas del fen gul har
kas lor mil nel pol ran sol tam ven wal bau dre fre gro hei kra lin mey nie pet rit sch wei zim""".split()
ENDS = ["son", "er", "mann", "ez", "ini", "ski", "s", "ard", "well", "ton", "sen", "ier", "o", "ey", "berg", "stra"]
FREE = ["gmail.com"] * 6 + ["yahoo.com", "outlook.com", "icloud.com", "gmx.de", "web.de", "orange.fr", "libero.it"]
STREETS = ["Street", "Avenue", "Road", "Lane", "Drive", "Court", "Place", "Way"]
SHORT = {"Street": "St", "Avenue": "Ave", "Road": "Rd", "Lane": "Ln", "Drive": "Dr", "Court": "Ct", "Place": "Pl"}
TRADES = ["Energy", "Media", "Logistics", "Foods", "Capital", "Systems", "Labs", "Robotics", "Health", "Design"]
FORMS = ["Inc", "LLC", "Ltd", "GmbH", "SAS", "S.p.A.", "AB", ""]


def plain(text):
    return text.lower().replace("ü", "u").replace(" ", "").replace("'", "")


def typo(text, rng):
    if len(text) < 4 or rng.random() > 0.05:
        return text
    place = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + rng.choice("abcdefghijklmnopqrstuvwxyz") + text[place + 1 :]


class World:
    def __init__(self, people, rng):
        self.rng = rng
        self.taken = set()
        self.families = [(rng.choice(SYLLABLES) + rng.choice(SYLLABLES) * (rng.random() < 0.6) + rng.choice(ENDS)).capitalize() for _ in range(max(200, people // 40))]
        self.towns = [(rng.choice(SYLLABLES) + rng.choice(["ville", "burg", "ton", "ham", "stadt"])).capitalize() for _ in range(max(50, people // 500))]
        self.companies = [self.company() for _ in range(max(20, people // 12))]

    def zipf(self, items):
        return items[int(len(items) * self.rng.random() ** 2.2)]

    def phone(self):
        return f"{self.rng.choice(['212', '415', '303', '617', '702', '512', '404'])}{self.rng.randint(2, 9)}{self.rng.randint(0, 999999):06}"

    def address(self):
        town = self.zipf(self.towns)
        street = f"{self.rng.choice(SYLLABLES).capitalize()}{self.rng.choice(SYLLABLES)} {self.rng.choice(STREETS)}"
        return f"{self.rng.randint(1, 9000)} {street}", town, f"{zlib.crc32(town.encode()) % 90000 + 10000 + self.rng.randint(0, 9)}"

    def company(self):
        stem = (self.rng.choice(SYLLABLES) + self.rng.choice(SYLLABLES) + self.rng.choice(SYLLABLES)).capitalize()
        trade = self.rng.choice(TRADES)
        domain = f"{stem}{trade}".lower() + self.rng.choice([".com", ".net", ".io", ".co"])
        return f"{stem} {trade}", self.rng.choice(FORMS), domain, self.phone(), self.address()

    def mailbox(self, local, number, domain):
        """An address that nobody else has, however its dots are read."""
        while (local.replace(".", "") + number, domain) in self.taken:
            number = str(self.rng.randint(100, 99999))
        self.taken.add((local.replace(".", "") + number, domain))
        return f"{local}{number}@{domain}"

    def household(self):
        """One or more people of one name at one address."""
        family, home, landline = self.zipf(self.families), self.address(), self.phone()
        for _ in range(1 if self.rng.random() < 0.85 else 2):
            given = self.zipf(GIVEN)
            style = self.rng.randrange(4)
            local = [f"{given}.{family}", f"{given[0]}{family}", f"{given}{family}", f"{family}.{given}"][style]
            number = str(self.rng.randint(1, 99)) if self.rng.random() < 0.6 else ""
            work = self.zipf(self.companies) if self.rng.random() < 0.6 else None
            yield {
                "given": given,
                "family": family,
                "email": self.mailbox(plain(local), number, self.rng.choice(FREE)),
                "phone": landline if self.rng.random() < 0.1 else self.phone(),
                "home": home,
                "work": work,
                "work_email": self.mailbox(f"{plain(given)}.{plain(family)}", "", work[2]) if work else None,
            }

    def row(self, person):
        rng = self.rng
        given, family = person["given"], person["family"]
        if rng.random() < 0.08:
            given = NICKNAMES.get(given, given)
        if rng.random() < 0.03:
            given = given[0] + "."
        row = dict.fromkeys(["email", "phone", "company", "website", "street", "city", "postcode", "country"], "")
        work = person["work"] if rng.random() < 0.5 else None
        address = person["home"]
        email, phone = person["email"], person["phone"]
        if work:
            name, form, domain, switchboard, address = work
            row["company"] = typo(f"{name} {form}".strip() if rng.random() < 0.5 else name, rng)
            email = person["work_email"] if rng.random() < 0.95 else f"info@{domain}"
            phone = switchboard if rng.random() < 0.3 else phone
            row["website"] = f"www.{domain}" if rng.random() < 0.1 else ""
        if rng.random() < 0.8:
            row["email"] = typo(email, rng) if rng.random() < 0.2 else email
        if rng.random() < 0.55 or not row["email"]:
            digits = phone
            row["phone"] = rng.choice([f"({digits[:3]}) {digits[3:6]}-{digits[6:]}", f"+1{digits}", f"{digits[:3]}.{digits[3:6]}.{digits[6:]}", digits])
        if rng.random() < 0.35:
            street, row["city"], row["postcode"] = address
            kind = street.rsplit(" ", 1)[1]
            row["street"] = typo(street.replace(kind, SHORT.get(kind, kind)) if rng.random() < 0.4 else street, rng)
        row["country"] = "US" if rng.random() < 0.7 else ""
        row["first_name"], row["last_name"] = typo(given, rng), typo(family, rng)
        return row


def main():
    count, out = int(sys.argv[1]), sys.argv[2]
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    world = World(count * 6 // 10, rng)
    columns = ["rec_id", "cluster", "first_name", "last_name", "email", "phone", "company", "website", "street", "city", "postcode", "country"]
    rows, person_number = [], 0
    while len(rows) < count:
        for person in world.household():
            person_number += 1
            for _ in range(rng.choices([1, 2, 3, 4, 5], [60, 24, 9, 5, 2])[0]):
                rows.append({**world.row(person), "cluster": f"E{person_number}"})
    rng.shuffle(rows)
    with open(out, "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for number, row in enumerate(rows[:count]):
            writer.writerow({**row, "rec_id": f"R{number}"})


main()
