use proptest::prelude::*;
use serde_json::json;

use super::super::facts::{AccountFacts, Facts, LeadFacts, TimeFacts};
use super::predicate::interpret;
use super::*;

fn facts() -> Facts {
    let lead = LeadFacts {
        source: "webinar".into(),
        channel: "form".into(),
        country: "de".into(),
        language: "de-AT".into(),
        company: "Nordwind GmbH".into(),
        company_size: Some(250),
        tier: "high-value".into(),
        value: None,
        email_domain: "Nordwind.example".into(),
        subject: "Angebot für Pumpen".into(),
        text: "Wir brauchen ein ANGEBOT, bitte bis Freitag.".into(),
        fields: [
            ("plan", json!("pro")),
            ("seats", json!(12)),
            ("tags", json!(["a", "b"])),
            ("beta", json!(true)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect(),
    };
    let account = AccountFacts { name: "Nordwind".into(), tier: "strategic".into() };
    Facts::new(lead, account, TimeFacts { date: "2026-05-04".into(), weekday: "mon".into(), hour: 9 })
}

fn ask(text: &str) -> Result<bool, ConditionError> {
    Condition::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error:?}")).matches(&facts())
}

#[test]
fn conditions_ask_about_every_fact() {
    for text in [
        "true",
        "lead.source == 'webinar'",
        "'form' == lead.channel",
        "lead.country == \"DE\"",
        "lead.language == 'de'",
        "lead.company.startsWith('Nord') && lead.company.endsWith('GmbH')",
        "lead.company_size > 100 && 1000 >= lead.company_size",
        "lead.company_size > 249 && !(lead.company_size > 250) && lead.company_size >= 250",
        "251 > lead.company_size && !(lead.company_size < 250) && lead.company_size <= 250",
        "lead.tier in ['high-value', 'strategic']",
        "lead.email_domain == 'nordwind.example'",
        "lead.subject.contains('Pumpen')",
        "lead.text.contains('ANGEBOT')",
        "'angebot' in lead.words && 'für' in lead.words && 'freitag' in lead.words",
        "lead.fields.plan == 'pro' && lead.fields['seats'] >= 12 && lead.fields.beta",
        "'a' in lead.fields.tags && lead.fields.tags.exists(tag, tag == 'b')",
        "has(lead.fields.plan) && !has(lead.fields.color)",
        "has(lead.company_size) && !has(lead.value) && has(lead.country)",
        "account.name == 'Nordwind' && account.tier == 'strategic'",
        "time.weekday in ['mon', 'tue'] && time.hour >= 9 && time.hour < 17 && time.date >= '2026-05-01'",
        "['pumpen', 'rohre'].exists(word, word in lead.words)",
        "size(lead.fields.tags) == 2 && int(lead.fields.seats) / 2 == 6",
        "has(lead.value) ? lead.value > 5 : lead.company_size > 5",
        "lead.fields.tags.filter(tag, tag != 'a').size() == 1",
    ] {
        assert_eq!(ask(text), Ok(true), "{text}");
    }
}

/// The place, what is said, and what to do.
fn refused(text: &str) -> (usize, String, String) {
    let error = Condition::parse(text).expect_err(text);
    (error.offset, error.message, error.hint.unwrap_or_default())
}

#[test]
fn what_is_wrong_is_said_when_the_condition_is_read() {
    for (text, offset, message, hint) in [
        (
            "true && lead.contry == 'DE'",
            8,
            "there is no fact called `lead.contry`",
            "did you mean `lead.country`?",
        ),
        ("'ää' == lead.sorce", 10, "there is no fact called `lead.sorce`", "did you mean `lead.source`?"),
        ("budget > 5", 0, "there is no fact called `budget`", "lead.fields"),
        ("lead == 'x'", 0, "`lead` alone is not a value", "lead.source, lead.channel"),
        ("lead.source", 4, "the condition is a text, not true or false", "compare it"),
        ("lead.value > '5'", 11, "cannot compare a whole number with a text", ""),
        ("lead.source == 5", 12, "a text is never equal to a whole number", "quotes"),
        ("lead.value == null", 11, "a whole number is never equal to null", "has(lead.value)"),
        ("lead.country == 'Germany'", 16, "`lead.country` is never `Germany`", "`DE`"),
        ("lead.country in ['DE', 'at']", 23, "`lead.country` is never `at`", "capital letters"),
        ("time.weekday == 'Monday'", 16, "`time.weekday` is never `Monday`", "mon, tue"),
        ("account.tier != 'gold'", 16, "`account.tier` is never `gold`", "strategic"),
        ("'Angebot' in lead.words", 0, "`Angebot` is never one of `lead.words`", "small letters"),
        ("lead.source.contain('x')", 19, "there is no function called `contain`", "did you mean `contains`?"),
        ("lead.text.matches('(a+)+')", 17, "there is no function called `matches`", "contains"),
        ("lead.source in 'abc'", 12, "cannot look for a text in a text", "[…]"),
        (
            "['preis', 'Rabatt'].exists(w, w in lead.words)",
            10,
            "`Rabatt` is never one of `lead.words`",
            "small",
        ),
        ("lead.words.exists(w, w == 'a')", 4, "cannot go through the set of words", "in lead.words"),
        ("['a'].exists(lead, lead == 'a')", 12, "`lead` is already the name", "another name"),
        ("lead.value + 1.5 > 2.0", 11, "cannot calculate with a whole number and a decimal", "double"),
        ("lead.value == 5u", 14, "unsigned", "`u`"),
        ("lead.source == 'a' &&", 21, "the condition ends too early", "an example"),
        ("lead.source = 'a'", 12, "cannot read `= `", "an example"),
        ("(lead.source == 'a'))", 20, "did not expect `)` here", "an example"),
        ("  ", 0, "the condition is empty", "`true`"),
    ] {
        let (at, said, advice) = refused(text);
        assert!(
            said.contains(message) && advice.contains(hint) && at == offset,
            "{text}: {at} {said} | {advice}"
        );
    }
}

#[test]
fn what_depends_on_the_lead_is_said_when_it_is_asked() {
    for (text, message, hint) in [
        ("lead.value > 5", "`lead.value` is not known for this lead", "has(lead.value)"),
        ("lead.value * 2 > 5", "`lead.value` is not known for this lead", "has(lead.value)"),
        ("lead.fields.color == 'red'", "this lead has no field `color`", "has(lead.fields.color)"),
        ("lead.fields['color'].contains('red')", "this lead has no field `color`", "has("),
        ("lead.fields.plan > 5", "`>` does not work on string and int", "int("),
        ("int(lead.fields.plan) > 5", "`int(…)` cannot turn this lead's value into that kind", ""),
        ("1 / (lead.fields.seats - 12) == 1", "a number is divided by zero", ""),
        ("lead.fields.plan", "expected bool, found string", ""),
    ] {
        let error = ask(text).expect_err(text);
        assert!(
            error.message.contains(message) && error.hint.unwrap_or_default().contains(hint),
            "{text}: {}",
            error.message
        );
    }
}

#[test]
fn a_decided_answer_outweighs_an_error_beside_it() {
    for unknown in ["lead.value > 5", "lead.fields.color == 'red'", "lead.value % 2 == 0"] {
        assert_eq!(ask(&format!("{unknown} && false")), Ok(false));
        assert_eq!(ask(&format!("true || {unknown}")), Ok(true));
        assert_eq!(ask(&format!("{unknown} || lead.country == 'DE'")), Ok(true));
        ask(&format!("{unknown} || false")).expect_err("undecided");
    }
}

#[test]
fn what_could_cost_too_much_is_refused() {
    let words: Vec<_> = (0..150).map(|n| format!("'w{n}'")).collect();
    let list = format!("[{}]", words.join(","));
    for (text, message) in [
        (format!("lead.source in [{}]", "'aaaaaaaaaaaaaaaaaa',".repeat(120)), "longer than 2000 bytes"),
        (format!("{}true{}", "(".repeat(101), ")".repeat(101)), "more than 100 brackets"),
        (format!("{}true", "!".repeat(1_001)), ""),
        (format!("{list}.exists(a, {list}.exists(b, a == b))"), "could take too long"),
        ("lead.fields.tags.all(a, lead.fields.tags.all(b, a == b))".to_owned(), "could take too long"),
        (format!("{list}.exists(a, lead.text.contains(a))"), "could take too long"),
        (format!("lead.fields.seats {} == 1", "+ 1".repeat(60)), "nests deeper"),
    ] {
        if !message.is_empty() {
            assert!(refused(&text).1.contains(message), "{text}: {:?}", refused(&text));
        } else {
            Condition::parse(&text).expect("a long row of negations is one");
        }
    }
    Condition::parse(&format!("{list}.exists(a, a in lead.words)")).expect("one loop over a long list");
}

/// Hostile input must never take the process down, on the stack of an ordinary worker.
#[test]
fn no_text_overflows_the_stack() {
    let hostile = |text: String| {
        let worker = std::thread::Builder::new().stack_size(512 * 1024);
        let parsed = worker.spawn(move || Condition::parse(&text).is_ok()).expect("a thread").join();
        parsed.expect("parse comes back");
    };
    for part in [
        "(",
        "[",
        "{",
        "!",
        "-",
        "f(",
        "[1].exists(x,",
        "{1:",
        "true?",
        "a.",
        "1+",
        "1<",
        "'",
        "\"\"\"",
        "lead.",
        "a[0]",
        "//(",
    ] {
        hostile(part.repeat(CONDITION_MAX_BYTES / part.len()));
        hostile(part.repeat(BRACKETS_MAX) + "1");
    }
    for (open, close) in [("(", ")"), ("[", "]"), ("{1:", "}"), ("size(", ")"), ("[1].exists(x,", ")")] {
        hostile(open.repeat(BRACKETS_MAX) + "1" + &close.repeat(BRACKETS_MAX));
    }
}

#[test]
fn long_texts_are_read_to_their_bound() {
    let mut lead = LeadFacts { text: "ä".repeat(TEXT), ..LeadFacts::default() };
    const TEXT: usize = super::super::facts::TEXT_MAX_BYTES;
    lead.fields.insert("deep".into(), json!({"a": {"b": 1}}));
    lead.fields.insert("list".into(), json!(["x".repeat(5_000), [1, [2]]]));
    lead.fields.extend((0..100).map(|n| (format!("more {n}"), json!(n))));
    let facts = Facts::new(lead, AccountFacts::default(), TimeFacts::default());
    assert!(facts.lead().text.len() <= TEXT);
    assert_eq!(facts.lead().fields.len(), super::super::facts::FIELDS_MAX);
    let holds = |text: &str| Condition::parse(text).unwrap().matches(&facts);
    assert_eq!(holds("lead.fields.deep == null && lead.fields.list[1] == null"), Ok(true));
    assert_eq!(holds("size(lead.fields.list[0]) == 1024"), Ok(true));
}

#[test]
fn a_condition_is_its_text_to_serde() {
    let condition = Condition::parse("lead.country == 'DE'").unwrap();
    let json = serde_json::to_string(&condition).unwrap();
    assert_eq!(json, "\"lead.country == 'DE'\"");
    assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), condition);
    serde_json::from_str::<Condition>("\"lead.contry == 'DE'\"").expect_err("a bad one is refused");
}

#[test]
fn contradictions_are_seen() {
    for (text, never) in [
        ("false", true),
        ("lead.country == 'DE' && lead.country == 'AT'", true),
        ("lead.country in ['DE', 'AT'] && lead.country == 'CH'", true),
        ("lead.country == 'DE' && lead.country != 'DE'", true),
        ("lead.value > 10 && lead.value < 5", true),
        ("lead.value == 3 && lead.value != 3", true),
        ("!(lead.country == 'DE' || true)", true),
        ("has(lead.fields.a) && !has(lead.fields.a)", true),
        ("(lead.country == 'DE' && lead.country == 'AT') || lead.value > 5", false),
        ("lead.country in ['DE', 'AT'] && lead.country != 'DE'", false),
        ("lead.value > 4 && lead.value < 6", false),
        ("lead.source == 'a' && lead.channel == 'b'", false),
    ] {
        assert_eq!(Condition::parse(text).unwrap().never_holds(), never, "{text}");
    }
}

#[test]
fn a_wider_condition_covers_a_narrower_one() {
    for (wide, narrow, covers) in [
        ("true", "lead.source == 'a'", true),
        ("lead.country == 'DE'", "lead.country == 'DE' && lead.value > 5", true),
        ("lead.country in ['DE', 'AT']", "lead.country == 'AT'", true),
        ("lead.country == 'DE' || lead.country == 'AT'", "lead.country in ['AT', 'DE']", false),
        ("lead.country in ['AT', 'DE']", "lead.country == 'DE' || lead.country == 'AT'", true),
        ("lead.country != 'US'", "lead.country == 'DE'", true),
        ("lead.country != 'US'", "!(lead.country in ['US', 'CA'])", true),
        ("lead.value > 5", "lead.value > 10", true),
        ("lead.value > 10", "lead.value > 5", false),
        ("lead.value >= 5", "lead.value == 5", true),
        ("has(lead.value)", "lead.value < 0", true),
        ("lead.fields.plan == 'pro'", "lead.source == 'a' && lead.fields.plan == 'pro'", true),
        ("lead.country == 'DE'", "lead.language == 'de'", false),
        ("lead.source == 'a' && lead.value > 5", "lead.source == 'a'", false),
        ("lead.source == 'a'", "lead.source == 'b' && lead.source == 'c'", true),
        ("lead.value * 2 > 5", "lead.value * 2 > 5", true),
    ] {
        let (wide, narrow) = (Condition::parse(wide).unwrap(), Condition::parse(narrow).unwrap());
        assert_eq!(wide.covers(&narrow), covers, "{wide:?} over {narrow:?}");
    }
}

/// Conditions of every shape, as text.
fn condition() -> impl Strategy<Value = String> {
    let question = prop::sample::select(vec![
        "true",
        "false",
        "lead.country == 'DE'",
        "lead.country != 'AT'",
        "lead.tier in ['standard', 'strategic']",
        "lead.company_size > 250",
        "lead.company_size < 250",
        "lead.company_size >= 250",
        "lead.company_size <= 250",
        "251 > lead.company_size",
        "lead.company_size == 250",
        "lead.company_size != 250",
        "lead.value > 5",
        "lead.value == 0",
        "has(lead.value)",
        "has(lead.company_size)",
        "has(lead.language)",
        "lead.text.contains('Freitag')",
        "lead.subject.startsWith('Angebot')",
        "lead.company.endsWith('AG')",
        "'angebot' in lead.words",
        "'preis' in lead.words",
        "lead.fields.plan == 'pro'",
        "lead.fields.plan in ['free', 'pro']",
        "lead.fields.seats == 'pro'",
        "lead.fields.color != 'red'",
        "lead.fields['seats'] > 10",
        "has(lead.fields.plan)",
        "'color' in lead.fields",
        "lead.fields.beta",
        "lead.fields.plan",
        "lead.company_size > 9223372036854775807",
        "lead.source < lead.channel",
        "['x', 'pumpen'].exists(w, w in lead.words)",
        "['a', 'b'].all(t, t in lead.fields.tags && has(lead.value))",
        "['AT', 'DE'].exists(c, lead.country == c)",
        "[].exists(x, x)",
        "[].all(x, x)",
        "[5, 250].exists(n, lead.company_size == n)",
        "['plan', 'color'].all(f, f in lead.fields)",
        "[1, 0].exists(n, 1 / n == 2)",
        "[0, 1].all(n, 1 / n == 2)",
        "lead.fields.tags.all(t, t != 'c')",
        "lead.company_size / 0 == 1",
        "lead.value + 1 > 2",
        "time.date < '2027'",
        "lead.country == lead.language",
        "time.hour in [8, 9]",
    ]);
    question.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} && {b} || {a}")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// The direct answers are the interpreter's.
    #[test]
    fn questions_are_answered_as_cel_answers_them(text in condition()) {
        let Ok((mut expression, places)) = parse_apart(&text) else { return Ok(()) };
        let Ok(condition) = Condition::parse(&text) else { return Ok(()) };
        prop_assert!(reader::check(&mut expression, &places).is_ok());
        let facts = facts();
        let by_cel = interpret(&expression, &facts).ok();
        let direct = condition.matches(&facts).ok();
        prop_assert_eq!(direct, by_cel, "{}", text);
    }

    #[test]
    fn what_covers_holds_wherever_the_other_does(wide in condition(), narrow in condition()) {
        let (Ok(wide), Ok(narrow)) = (Condition::parse(&wide), Condition::parse(&narrow)) else { return Ok(()) };
        let facts = facts();
        if wide.covers(&narrow) && narrow.matches(&facts) == Ok(true) {
            prop_assert_eq!(wide.matches(&facts), Ok(true), "{:?} over {:?}", wide, narrow);
        }
        prop_assert!(!(narrow.never_holds() && narrow.matches(&facts) == Ok(true)), "{:?}", narrow);
    }

    #[test]
    fn no_text_at_all_makes_it_panic(text in "[ -~äß😀\\n]{0,60}|(lead|account|time|\\.|[a-z]{1,6}|==|&&|\\|\\||!|\\(|\\)|\\[|\\]|\\{|\\}|'|\"|\\?|:|,|in|-|[0-9]{1,20}| |\\\\){0,25}") {
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.matches(&facts());
            let _ = condition.never_holds();
        }
    }
}
