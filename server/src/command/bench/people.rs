//! Made-up people, the same ones each time.

/// Some given names of several languages.
const GIVEN: [&str; 24] = [
    "Anna",
    "Ben",
    "Chiara",
    "David",
    "Elif",
    "Finn",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Katarzyna",
    "Luca",
    "Maja",
    "Nils",
    "Olga",
    "Pedro",
    "Rosa",
    "Sven",
    "Tereza",
    "Umut",
    "Vera",
    "Wim",
    "Yara",
    "Zoe",
];
const FAMILY: [&str; 20] = [
    "Albers", "Bianchi", "Costa", "Dubois", "Eriksson", "Fischer", "Garcia", "Hansen", "Ivanova", "Jansen",
    "Kowalski", "Lefevre", "Moreau", "Novak", "Oliveira", "Petrov", "Rossi", "Schmidt", "Tanaka", "Weber",
];
const TRADES: [&str; 8] = ["Pumpen", "Valves", "Hydraulik", "Wasser", "Tools", "Werke", "Systems", "Anlagen"];

/// The n-th person.
pub struct Person {
    pub given: String,
    pub family: String,
    pub email: String,
    pub phone: String,
    pub company: String,
}

impl Person {
    /// Everyone has a mailbox and a phone of their own; about forty share a company.
    pub fn nth(n: u64) -> Person {
        let pick = |list: &[&str], salt: u64| {
            let place = mixed(n ^ salt) % (list.len() as u64);
            usize::try_from(place)
                .ok()
                .and_then(|place| list.get(place))
                .copied()
                .unwrap_or_default()
                .to_owned()
        };
        let (given, stem) = (pick(&GIVEN, 1), pick(&FAMILY, 2));
        let family = format!("{stem}{}", letters(n));
        let company = format!("{}{} GmbH", pick(&TRADES, 3), letters(n / 40));
        let domain = company.to_lowercase().replace(" gmbh", "");
        let email = format!("{}.{}@{domain}.example", given.to_lowercase(), family.to_lowercase());
        Person { given, family, email, phone: format!("+4930{:08}", n % 100_000_000), company }
    }
}

/// A number as lower-case letters.
fn letters(mut n: u64) -> String {
    let mut out = String::new();
    loop {
        out.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or_default()));
        n /= 26;
        if n == 0 {
            return out;
        }
    }
}

/// Scatters a number over all of its bits (the finaliser of SplitMix64, Steele et al. 2014).
fn mixed(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
