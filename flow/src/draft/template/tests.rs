use proptest::prelude::*;

use super::read::FILE_LIMIT_BYTES;
use super::*;

fn file(subject: &str, text: &str) -> String {
    format!("+++\nstep = \"message.reply\"\nsubject = '{subject}'\n+++\n{text}")
}

fn file_of(text: &str) -> String {
    file("x", text)
}

fn template(subject: &str, text: &str) -> Template {
    Template::parse("templates/reply.en.md", &file(subject, text)).unwrap()
}

/// The mistakes of a template with this text, as `line:column message; hint`.
#[track_caller]
fn mistakes(path: &str, file: &str) -> Vec<String> {
    let errors = Template::parse(path, file).unwrap_err();
    errors
        .iter()
        .map(|error| error.to_string().trim_start_matches(path).trim_start_matches(':').to_owned())
        .collect()
}

#[track_caller]
fn check_text(text: &str, expected: &[&str]) {
    assert_eq!(mistakes("reply.en.md", &file("x", text)), expected, "{text}");
}

#[test]
fn a_template_is_read_with_its_front_matter() {
    let template = Template::parse(
        "templates/reply.de.md",
        "+++\r\nstep = \"message.reply\"\r\nlanguage = \"de\"\r\nsubject = \"Re: {{ lead.subject }}\"\r\n\
         links = [\"Docs.Example.com\"]\r\n+++\r\nHallo {{ lead.name }},\r\n",
    )
    .unwrap();
    insta::assert_debug_snapshot!(template, @r#"
    Template {
        path: "templates/reply.de.md",
        name: "reply",
        step: "message.reply",
        language: "de",
        subject: Some(
            "Re: {{ lead.subject }}",
        ),
        links: [
            "docs.example.com",
        ],
        text: "Hallo {{ lead.name }},\r\n",
        lines: (
            4,
            7,
        ),
    }
    "#);
}

#[test]
fn every_mistake_has_its_place_and_a_remedy() {
    check_text(
        "Hi {{ lead.frist_name }}",
        &["5:7: there is no field `lead.frist_name`; did you mean `lead.first_name`?"],
    );
    check_text(
        "\nHi {{ lead }}",
        &[
            "6:7: there is no field `lead`; name one of its fields: `lead.name`, `lead.first_name`, `lead.company`, `lead.email`, `lead.subject`, `lead.language`",
        ],
    );
    check_text("äö {{ lead.name.x }}", &["5:7: there is no field `lead.name.x`; did you mean `lead.name`?"]);
    check_text(
        "{{ lead['name'] }}",
        &[
            "5:4: there is no field `lead`; name one of its fields: `lead.name`, `lead.first_name`, `lead.company`, `lead.email`, `lead.subject`, `lead.language`",
        ],
    );
    check_text(
        "{{ lead.name|uper }}",
        &[
            "5:14: there is no filter `uper`; there are `capitalize`, `default`, `lower`, `title`, `trim`, `upper`",
        ],
    );
    check_text(
        "{% if lead.name is empty %}x{% endif %}",
        &["5:20: there is no test `empty`; there are `defined`, `undefined`"],
    );
    check_text(
        "{{ lead.name ~ '!' }}",
        &["5:14: `~` would hide an empty value; write the values one after the other: `{{ a }} {{ b }}`"],
    );
    check_text(
        "{% include 'x' %}",
        &[
            "5:4: there is no `include` in templates; a template may use `if`, `elif`, `else`, `endif`, `for`, `endfor`, `set`, `endset`",
        ],
    );
    check_text(
        "{{ today }} {{ lead. }}",
        &["5:13: unexpected end of variable block, expected identifier or integer"],
    );
    check_text("{% if today %}", &["5:1: unexpected end of input, expected end of block"]);
    check_text("", &["5:1: the template has no text; write the letter below the second line `+++`"]);
}

#[test]
fn all_mistakes_are_said_at_once() {
    let file = "+++\nname = \"a b\"\nstep = \"reply\"\nlanguage = \"de\"\nsubject = \"{{ x }}\"\nlinks = [\"http://a.b\"]\n+++\n{{ lead.nme }}\n{{ range(3) }}\n";
    insta::assert_snapshot!(mistakes("t/reply.en.md", file).join("\n"), @"
    2:8: `a b` is not a name for a template; use letters, digits, `-` and `_`
    3:8: `reply` is not the name of a step; write a step such as `message.reply`
    4:12: the language is `de` here and `en` in the file's name; make it `en`, or rename the file
    5:15: there is no field `x`; known fields are `lead.name`, `lead.first_name`, `lead.company`, `lead.email`, `lead.subject`, `lead.language`, `owner.name`, `owner.first_name`, `owner.email`, `workspace.name`, `account.name`, `account.tier`, `today`
    6:10: `http://a.b` is not a domain; write the domain alone, such as `docs.example.com`
    8:4: there is no field `lead.nme`; did you mean `lead.name`?
    9:4: there is no field `range`; known fields are `lead.name`, `lead.first_name`, `lead.company`, `lead.email`, `lead.subject`, `lead.language`, `owner.name`, `owner.first_name`, `owner.email`, `workspace.name`, `account.name`, `account.tier`, `today`
    ");
}

#[test]
fn a_front_matter_that_cannot_be_read_says_why() {
    let of = |file: &str| mistakes("reply.en.md", file).join("\n");
    insta::assert_snapshot!(of("Hello"), @r#"1:1: the front matter is missing or not closed; begin the file with a line `+++`, then `step = "…"` and `subject = "…"`, then a line `+++`"#);
    insta::assert_snapshot!(of("+++\nstep = \"a.b\"\nHello"), @r#"1:1: the front matter is missing or not closed; begin the file with a line `+++`, then `step = "…"` and `subject = "…"`, then a line `+++`"#);
    insta::assert_snapshot!(of("+++\nstep = \"a.b\"\nsubjcet = \"x\"\n+++\nHello"), @"3:1: unknown field `subjcet`, expected one of `name`, `step`, `language`, `subject`, `links`; did you mean `subject`?");
    insta::assert_snapshot!(of("+++\nstep = \n+++\nHello"), @"2:8: string values must be quoted, expected literal string");
    insta::assert_snapshot!(mistakes("reply.md", "+++\nstep = \"a.b\"\n+++\nHello").join("\n"), @r#"2:1: the template does not say its language; add `language = "en"`, or name the file `reply.en.md`"#);
    assert!(of(&" ".repeat(FILE_LIMIT_BYTES + 1)).contains("is the limit"));
}

#[test]
fn a_lead_without_a_first_name_is_not_greeted_with_a_gap() {
    let mut merge = Merge::sample();
    merge.lead.first_name = "  ".into();
    let strict = template("Hello", "Dear all,\nHello {{ lead.first_name }},");
    let error = render(&strict, &merge).unwrap_err();
    assert_eq!(
        error,
        DraftError::Missing {
            path: "templates/reply.en.md".into(),
            line: 6,
            field: "lead.first_name".into()
        }
    );
    assert!(error.to_string().contains("{% if lead.first_name %}…{% endif %}"), "{error}");
    for strict in [
        "{{ lead.first_name|upper }}",
        "{% set n = lead.first_name %}x {{ n }}",
        "{{ lead.first_name + 'x' }}",
        "{{ lead.first_name if today }}",
    ] {
        assert!(render(&template("Hello", strict), &merge).is_err(), "{strict}");
    }
    assert!(render(&template("{{ lead.first_name }}", "Hello"), &merge).is_err());
    for (guarded, text) in [
        ("Hello{% if lead.first_name %} {{ lead.first_name }}{% endif %},", "Hello,"),
        ("Hello {{ lead.first_name|default('there') }},", "Hello there,"),
        ("{% if lead.first_name is defined %}a{% else %}b{% endif %}", "b"),
    ] {
        assert_eq!(render(&template("Hello", guarded), &merge).unwrap().text, text);
    }
}

#[test]
fn values_are_data_and_never_code() {
    let mut merge = Merge::sample();
    merge.lead.name = "{{ owner.email }}{% for x in range(9) %}".into();
    let drafted = render(&template("{{ lead.name }}", "Hi {{ lead.name }}"), &merge).unwrap();
    assert_eq!(drafted.text, "Hi {{ owner.email }}{% for x in range(9) %}");
    assert_eq!(drafted.subject.as_deref(), Some("{{ owner.email }}{% for x in range(9) %}"));
}

#[test]
fn a_value_brings_no_header_and_no_paragraph() {
    let mut merge = Merge::sample();
    merge.lead.subject = "Hi\r\nBcc: all@example.org\u{202E}".into();
    let drafted = render(&template("Re: {{ lead.subject }}", "About {{ lead.subject }}."), &merge).unwrap();
    assert_eq!(drafted.subject.as_deref(), Some("Re: Hi Bcc: all@example.org"));
    assert_eq!(drafted.text, "About Hi Bcc: all@example.org.");
    let drafted = render(&template("a\tb", "x"), &merge).unwrap();
    assert_eq!(drafted.subject.as_deref(), Some("a b"));
}

#[test]
fn what_the_lead_wrote_is_not_the_templates_own() {
    let mut merge = Merge::sample();
    merge.lead.company = "90 % discount".into();
    let drafted =
        render(&template("For {{ lead.company }}", "{{ owner.name }}: 5 % for {{ lead.company }}."), &merge)
            .unwrap();
    assert_eq!(drafted.text, "Sam Seller: 5 % for 90 % discount.");
    assert_eq!(drafted.own_words, "For …\nSam Seller: 5 % for ….");
}

#[test]
fn conditions_leave_no_gaps_behind() {
    let text = "Hello,\n\n{% if lead.company %}\nA\n{% endif %}\n\n{% if not lead.company %}\nB\n{% endif %}\n\nBye  \n\n\n";
    assert_eq!(render(&template("x", text), &Merge::sample()).unwrap().text, "Hello,\n\nA\n\nBye");
}

#[test]
fn output_and_work_are_bounded() {
    let long = template("x", "{% set s = 'abcdefghij' * 2001 %}{{ s }}");
    assert_eq!(
        render(&long, &Merge::sample()),
        Err(DraftError::TooLong { path: long.path.clone(), chars: 20_010 })
    );
    let loops = template(
        "x",
        "{% for a in [1] * 9000 %}{% for b in [1] * 9000 %}{% set c = b %}{% endfor %}{% endfor %}",
    );
    assert_eq!(render(&loops, &Merge::sample()), Err(DraftError::TooMuchWork { path: loops.path.clone() }));
    let empty = template("x", "{% if not today %}x{% endif %}");
    assert_eq!(render(&empty, &Merge::sample()), Err(DraftError::Empty { path: empty.path.clone() }));
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused(file in "\\PC*", text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|'|\"|\\||~|\\n|lead|\\.|name| |if|é|endif|is){0,40}") {
        let _ = Template::parse("a.en.md", &file);
        if let Ok(template) = Template::parse("a.en.md", &file_of(&text)) {
            let _ = render(&template, &Merge::sample());
        }
    }

    #[test]
    fn any_values_give_a_bounded_subject_on_one_line(name in "\\PC*|(a|\\r|\\n|\u{2028}|\u{85}|\u{0}){0,20}") {
        let mut merge = Merge::sample();
        merge.lead.name = name;
        if let Ok(drafted) = render(&template("Re: {{ lead.name }}", "Hi {{ lead.name }}"), &merge) {
            let subject = drafted.subject.unwrap();
            prop_assert!(subject.chars().count() <= SUBJECT_LIMIT_CHARS);
            prop_assert!(!subject.chars().any(char::is_control));
        }
    }
}
