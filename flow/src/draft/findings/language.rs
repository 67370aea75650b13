//! Which language a text is in, by its small words, accents and script; enough to tell that an answer is in another
//! language than the question.
//!
//! Nine languages are known by their words. A guess needs enough evidence and a clear lead; in doubt there is none, and
//! no finding.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::sheet::Sheet;
use super::{FindingId, Found, Level, Place, Reading};

/// The languages and the small words by which each is known, without accents. A word of several languages counts less.
const SMALL_WORDS: [(&str, &str); 9] = [
    (
        "en",
        "the and you to of for is in we your our with that this it on are be will have has would can if please from at as not \
        thank thanks any by let me know i was were what when which there their about us an or but do so do does could should up out how looking \
        forward regards best hi hello dear hope been just get need like",
    ),
    (
        "de",
        "der die das und ich sie wir ist nicht ein eine einen einem einer ihr ihre ihren ihrem ihnen uns mit fur auf zu zum zur von im in den \
        dem des es an auch wie wenn bei sind haben werden wird kann konnen bitte danke vielen dank gerne noch aus nach uber oder aber dass hallo \
        guten tag mich mir dir euch eure freundlichen grussen grusse sehr geehrte geehrter geehrten was hat habe am",
    ),
    (
        "fr",
        "le la les de des du un une et est en que qui dans pour vous nous votre vos notre avec sur pas ne ce cette ces au aux je il elle sont \
        avez avons etes si plus par merci bonjour cordialement cher chere ou mais bien tres souhaitez pouvez pourriez quel quelle suis serait afin \
        meilleures salutations me c d l j qu n s",
    ),
    (
        "es",
        "el la los las de del un una y es en que por para con su sus no se le les lo al como mas pero si nos nuestro nuestra usted ustedes \
        gracias hola buenos dias estimado estimada saludos cordial esta estan este esto muy cuando tambien podemos puede hemos ha le te tu \
        quedo atentamente son fue ser estamos tiene tenemos desde sobre",
    ),
    (
        "it",
        "il lo la i gli le di del della dei delle un una e che in per con non si a al alla come piu ma se ci vi nostro nostra suo sua grazie \
        buongiorno gentile cordiali saluti sono abbiamo ho ha questo questa anche o da dal dalla nel nella sui sul possiamo siamo quando \
        molto mi ti loro lei distinti essere stato",
    ),
    (
        "nl",
        "de het een en van is in op te dat die voor met u uw wij we ik je jij niet aan er zijn heeft hebben om ook als bij naar dan of maar wel \
        kan kunnen graag bedankt dank beste geachte groet groeten vriendelijke met hartelijk onze ons dit deze wordt worden zou door uit over nog wat \
        mijn jouw hoi had heb ben",
    ),
    (
        "pl",
        "i w z na do nie sie jest to ze o za od po dla jak ale czy przez oraz pan pani panstwa panu pana dzien dobry dziekuje dziekujemy prosze \
        pozdrawiam pozdrowieniami powazaniem szanowny szanowna szanowni nasz nasza nasze moze mozemy jestesmy bardzo tym tego ich by ktore ktory \
        bedzie mamy mam sa rowniez jeszcze lub juz przy czesc nam",
    ),
    (
        "pt",
        "o a os as de do da dos das um uma e que em no na nos nas para com por nao se ao mais mas como sua seu suas seus voce voces nosso nossa \
        obrigado obrigada ola bom boa tarde prezado prezada cumprimentos atenciosamente sao esta estao foi ser tem temos pelo pela isso este \
        quando tambem podemos pode muito meu minha nossos estamos aguardo ate abraco",
    ),
    (
        "sv",
        "och att det en ett som pa ar av for med den till i inte har jag vi du ni er oss om kan ska skulle var fran men eller hej tack \
        halsningar vanliga vara vart nar vad hur mycket garna aven da dig mig min din detta denna blir bli vill finns sa sig nagot nagra mvh kara \
        basta fraga fragor",
    ),
];

/// Letters that only some languages have.
const MARKS: [(&str, &str); 9] = [
    ("en", ""),
    ("de", "ßüäö"),
    ("fr", "çéèêàùîôœ"),
    ("es", "ñ¿¡áíóé"),
    ("it", "èàùòì"),
    ("nl", "ëï"),
    ("pl", "łąęśćźżń"),
    ("pt", "ãõçâáê"),
    ("sv", "åäö"),
];

/// The languages that each small word belongs to, as bits in the order of [`SMALL_WORDS`].
static LANGUAGES_OF: LazyLock<HashMap<&str, u16>> = LazyLock::new(|| {
    let mut languages: HashMap<&str, u16> = HashMap::new();
    for (bit, (_, words)) in SMALL_WORDS.iter().enumerate() {
        for word in words.split_whitespace() {
            *languages.entry(word).or_default() |= 1 << bit;
        }
    }
    languages
});

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Two small letters, such as `de`.
    In(&'static str),
    /// A script other than Latin, in which the languages are not told apart.
    Script(&'static str),
}

pub(super) fn look(text: &Sheet, reading: &Reading, inbound: &[&str], found: &mut Found) {
    let Some(ours) = guess(text) else { return };
    let theirs = match reading.language {
        Some(tag) => Theirs::Tag(tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase()),
        None => match inbound.first().and_then(|text| guess(&Sheet::new(Place::Text, text, inbound))) {
            Some(written) => Theirs::Guess(written),
            None => return,
        },
    };
    if let Some((ours, theirs)) = theirs.differs_from(ours) {
        let words = format!("The text is in {ours}, and the lead last wrote in {theirs}.");
        found.add_whole(FindingId::Language, Level::Ask, Place::Text, "", words);
    }
}

enum Theirs {
    Tag(String),
    Guess(Written),
}

impl Theirs {
    /// Both languages by name, when they differ.
    fn differs_from(&self, ours: Written) -> Option<(String, String)> {
        let differs = match (self, ours) {
            (Theirs::Guess(theirs), ours) => *theirs != ours,
            (Theirs::Tag(tag), Written::In(ours)) => tag != ours && !are_near(tag, ours),
            (Theirs::Tag(tag), Written::Script(script)) => !written_in(tag).contains(&script),
        };
        let theirs = match self {
            Theirs::Tag(tag) => named(tag),
            Theirs::Guess(Written::In(tag)) => named(tag),
            Theirs::Guess(Written::Script(script)) => format!("{script} script"),
        };
        let ours = match ours {
            Written::In(tag) => named(tag),
            Written::Script(script) => format!("{script} script"),
        };
        differs.then_some((ours, theirs))
    }
}

fn named(tag: &str) -> String {
    let name = match tag {
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        "it" => "Italian",
        "nl" => "Dutch",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "sv" => "Swedish",
        _ => return format!("`{tag}`"),
    };
    name.to_owned()
}

/// Languages without a list of their own that are easily taken for a listed one.
fn are_near(tag: &str, listed: &str) -> bool {
    matches!(
        (tag, listed),
        ("da" | "no" | "nb" | "nn" | "is" | "fo", "sv")
            | ("ca" | "gl" | "ast" | "oc" | "eu", "es" | "pt" | "fr")
            | ("af" | "fy" | "li" | "nds", "nl" | "de")
            | ("lb" | "gsw" | "als", "de")
            | ("cs" | "sk" | "hr" | "sl" | "bs" | "sr", "pl")
            | ("ro" | "co" | "rm" | "sc", "it" | "fr")
    )
}

/// Scripts that a language is written in, Latin left out.
fn written_in(tag: &str) -> &'static [&'static str] {
    match tag {
        "ru" | "uk" | "bg" | "be" | "mk" | "sr" | "kk" | "mn" => &["Cyrillic"],
        "el" => &["Greek"],
        "ar" | "fa" | "ur" => &["Arabic"],
        "he" | "yi" => &["Hebrew"],
        "zh" => &["Han"],
        "ja" => &["Han", "Kana"],
        "ko" => &["Hangul", "Han"],
        "th" => &["Thai"],
        "hi" | "mr" | "ne" => &["Devanagari"],
        _ => &[],
    }
}

/// The language of a sheet, when there is enough to tell it by.
pub(super) fn guess(sheet: &Sheet) -> Option<Written> {
    if let Some(script) = foreign_script(sheet) {
        return Some(Written::Script(script));
    }
    let mut scores = [0_u32; SMALL_WORDS.len()];
    let mut letters = 0;
    for index in (0..sheet.words.len()).filter(|index| sheet.is_letters(*index)) {
        letters += 1;
        if let Some(languages) = LANGUAGES_OF.get(sheet.folded(index)) {
            // A word of one language weighs twelve, of two six, and so on.
            let share = 12 / languages.count_ones();
            for (bit, score) in scores.iter_mut().enumerate() {
                *score += if languages & (1 << bit) != 0 { share } else { 0 };
            }
        }
        let word = sheet.word(index);
        if !word.is_ascii() {
            for (score, (_, marks)) in scores.iter_mut().zip(MARKS) {
                let marked = word.chars().flat_map(char::to_lowercase).any(|c| marks.contains(c));
                *score += if marked { 4 } else { 0 };
            }
        }
    }
    let best = (0..scores.len()).max_by_key(|bit| scores[*bit])?;
    let second = (0..scores.len()).filter(|bit| *bit != best).map(|bit| scores[bit]).max().unwrap_or(0);
    // At least three words that are nobody else's, a lead of a half, and one word in eight known.
    let clear = scores[best] >= 36 && scores[best] * 2 >= second * 3 && scores[best] * 2 >= letters * 3;
    clear.then_some(Written::In(SMALL_WORDS[best].0))
}

/// The script of most letters, when it is not Latin.
fn foreign_script(sheet: &Sheet) -> Option<&'static str> {
    if sheet.text.is_ascii() {
        return None;
    }
    let (mut latin, mut foreign) = (0, [0; 9]);
    for word in (0..sheet.words.len()).filter(|index| sheet.is_letters(*index)) {
        for c in sheet.word(word).chars() {
            match script_of(c) {
                Some(script) => foreign[script] += 1,
                None => latin += 1,
            }
        }
    }
    let most = (0..foreign.len()).max_by_key(|script| foreign[*script])?;
    (foreign.iter().sum::<u32>() > latin && foreign[most] >= 10).then_some(SCRIPTS[most].0)
}

const SCRIPTS: [(&str, &[(char, char)]); 9] = [
    ("Cyrillic", &[('\u{400}', '\u{52F}')]),
    ("Greek", &[('\u{370}', '\u{3FF}'), ('\u{1F00}', '\u{1FFF}')]),
    (
        "Arabic",
        &[('\u{600}', '\u{6FF}'), ('\u{750}', '\u{77F}'), ('\u{FB50}', '\u{FDFF}'), ('\u{FE70}', '\u{FEFE}')],
    ),
    ("Hebrew", &[('\u{590}', '\u{5FF}')]),
    ("Kana", &[('\u{3040}', '\u{30FF}')]),
    ("Han", &[('\u{3400}', '\u{9FFF}')]),
    ("Hangul", &[('\u{AC00}', '\u{D7AF}'), ('\u{1100}', '\u{11FF}')]),
    ("Thai", &[('\u{E00}', '\u{E7F}')]),
    ("Devanagari", &[('\u{900}', '\u{97F}')]),
];

fn script_of(c: char) -> Option<usize> {
    if c < '\u{370}' {
        return None;
    }
    SCRIPTS.iter().position(|(_, ranges)| ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)))
}
