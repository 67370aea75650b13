//! Bad input: what is said about it.

use crate::boundary::replay::Replay;
use crate::boundary::{Config, ConfigError, Settings};
use serde_json::{Value, json};

fn line() -> Value {
    json!({
        "i": 0, "ts": 0, "class": "c", "segment": "a", "words_new": 40, "u_audit": 0.31,
        "review": {"reviewer": "r1", "outcome": "approved", "dwell_s": 9.5, "bulk": false},
        "auto": {"exception": {"after_s": 86400, "kind": "complaint", "critical": false}},
        "probe": {"reviewer": "r2", "caught": true, "dwell_s": 8.0},
    })
}

/// What a replay says about a line in which the field at `pointer` has another value; `None` takes it away.
fn said(pointer: &str, value: Option<Value>) -> String {
    let mut line = line();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let object = line.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(field.to_owned(), value),
        None => object.remove(field),
    };
    error(&line.to_string())
}

fn error(line: &str) -> String {
    let mut replay = Replay::new(Config::default());
    assert_eq!(replay.line("\n").unwrap(), []);
    let error = replay.line(line).unwrap_err();
    assert_eq!(error.line, 2);
    error.to_string()
}

#[test]
fn a_wrong_tape_line_is_named_with_its_field() {
    for (pointer, value, expected) in [
        ("/ts", None, "line 2: `ts` is missing; it must be a number"),
        ("/ts", Some(json!("noon")), "line 2: `ts` must be a number, not `noon`"),
        ("/i", Some(json!(-1)), "line 2: `i` must be a whole number from 0, not -1"),
        ("/class", Some(json!("")), "line 2: `class` must be a text of 1 to 200 bytes, not ``"),
        ("/segment", Some(json!(["a"])), "line 2: `segment` must be a text of 1 to 200 bytes, not a list"),
        (
            "/words_new",
            Some(json!(1.5)),
            "line 2: `words_new` must be a whole number from 0 to 4294967295, not 1.5",
        ),
        ("/u_audit", Some(json!(1.01)), "line 2: `u_audit` must be a number from 0 to 1, not 1.01"),
        ("/review", Some(Value::Null), "line 2: `review` must be an object, not null"),
        (
            "/review/reviewer",
            None,
            "line 2: `review.reviewer` is missing; it must be a text of 1 to 200 bytes",
        ),
        (
            "/review/outcome",
            Some(json!("ok")),
            "line 2: `review.outcome` must be `approved`, `cosmetic`, `substantive` or `rejected`, not `ok`",
        ),
        ("/review/dwell_s", Some(json!(-0.1)), "line 2: `review.dwell_s` must be a number from 0, not -0.1"),
        ("/review/bulk", Some(json!(0)), "line 2: `review.bulk` must be true or false, not 0"),
        ("/auto", Some(json!(true)), "line 2: `auto` must be an object, not true"),
        ("/auto/exception", Some(json!([])), "line 2: `auto.exception` must be an object, not a list"),
        (
            "/auto/exception/after_s",
            None,
            "line 2: `auto.exception.after_s` is missing; it must be a number from 0",
        ),
        (
            "/auto/exception/critical",
            Some(json!({})),
            "line 2: `auto.exception.critical` must be true or false, not an object",
        ),
        ("/probe/caught", Some(json!("yes")), "line 2: `probe.caught` must be true or false, not `yes`"),
        ("/probe/reviewer", None, "line 2: `probe.reviewer` is missing; it must be a text of 1 to 200 bytes"),
    ] {
        assert_eq!(said(pointer, value), expected);
    }
}

#[test]
fn a_line_that_is_no_action_and_no_change_is_named() {
    assert!(
        error("{\"i\":").starts_with("line 2: `line` is not JSON: EOF while parsing a value at column 5")
    );
    assert_eq!(error("7"), "line 2: `line` must be a JSON object, not 7");
    let event = r#"{"ts":0,"event":"holiday","class":"c","what":"x"}"#;
    assert_eq!(error(event), "line 2: `event` must be `change`, not `holiday`");
    let event = r#"{"ts":0,"event":"change","class":"c"}"#;
    assert_eq!(error(event), "line 2: `what` is missing; it must be a text of 1 to 200 bytes");
}

#[test]
fn what_may_be_absent_may_be() {
    for pointer in ["/auto", "/probe", "/auto/exception"] {
        let mut line = line();
        *line.pointer_mut(pointer).unwrap() = Value::Null;
        Replay::new(Config::default()).line(&line.to_string()).unwrap();
    }
    let bare = r#"{"i":0,"ts":0,"class":"c","segment":"a","words_new":0,"u_audit":0,
        "review":{"reviewer":"r","outcome":"rejected","dwell_s":0,"bulk":true}}"#;
    Replay::new(Config::default()).line(bare).unwrap();
}

#[test]
fn a_tape_that_goes_back_in_time_is_refused() {
    let mut replay = Replay::new(Config::default());
    let at = |ts: f64| {
        let mut line = line();
        line["ts"] = json!(ts);
        line.to_string()
    };
    replay.line(&at(10.0)).unwrap();
    replay.line(&at(10.0)).unwrap();
    let error = replay.line(&at(9.5)).unwrap_err();
    assert_eq!(error.to_string(), "line 3: `ts` goes back from 10 to 9.5; sort the tape by time");
}

#[test]
fn a_segment_that_is_not_declared_is_refused() {
    let config = Config::from_json(r#"{"defaults":{"segments":["smb","enterprise"]}}"#).unwrap();
    let error = Replay::new(config).line(&line().to_string()).unwrap_err();
    let said =
        "line 1: `segment` is wrong: segment `a` is not declared for class `c`; declared: smb, enterprise";
    assert_eq!(error.to_string(), said);
}

#[test]
fn a_class_lies_over_the_defaults() {
    let config = Config::from_json(
        r#"{"defaults":{"eps":0.02,"family":"f"},"classes":{"a":{"alpha":0.01},"b":{"eps":0.1}},"portfolio":3}"#,
    )
    .unwrap();
    let base = Settings { eps: 0.02, family: Some("f".to_owned()), ..Settings::default() };
    assert_eq!(config.of("other"), &base);
    assert_eq!(config.of("a"), &Settings { alpha: 0.01, ..base.clone() });
    assert_eq!(config.of("b"), &Settings { eps: 0.1, ..base });
    assert_eq!(config.portfolio, Some(3));
    assert_eq!(Config::from_json("{}").unwrap(), Config::default());
}

#[test]
fn a_wrong_configuration_is_named_with_its_place() {
    for (text, expected) in [
        (
            "{\n \"defaults\": {\"epz\": 0.1}}",
            "unknown field `epz`, expected one of `eps`, `alpha`, `kappa`, `probe_rate`, `segments`, `never_graduate`, `family`, `first_audits`, `first_audit_share`, `audit_share`, `raised_audit_share`, at line 2 column 19; did you mean `eps`?",
        ),
        (
            r#"{"portfolios":2}"#,
            "unknown field `portfolios`, expected one of `defaults`, `classes`, `portfolio`, at line 1 column 13; did you mean `portfolio`?",
        ),
        (r#"{"classes":{"a":{"eps":"x"}}}"#, "invalid type: string \"x\", expected f64, at line 1 column 26"),
        (r#"{"classes":{"a":{"eps":0}}}"#, "`classes.a.eps` must be above 0 and at most 0.5"),
        (r#"{"defaults":{"alpha":0.6}}"#, "`defaults.alpha` must be above 0 and at most 0.5"),
        (r#"{"defaults":{"kappa":1.1}}"#, "`defaults.kappa` must be above 0 and at most 1"),
        (r#"{"defaults":{"probe_rate":-1}}"#, "`defaults.probe_rate` must be from 0 to 0.5"),
        (r#"{"defaults":{"segments":[]}}"#, "`defaults.segments` must name at least one segment"),
        (r#"{"defaults":{"segments":["a","a"]}}"#, "`defaults.segments` names a segment twice"),
        (r#"{"defaults":{"audit_share":1.5}}"#, "`defaults.audit_share` must be from 0 to 1"),
        (r#"{"portfolio":0}"#, "`portfolio` must be the number of classes, 1 or more"),
        ("{", "EOF while parsing an object, at line 1 column 1"),
    ] {
        assert_eq!(Config::from_json(text).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_configuration_made_elsewhere_is_checked_too() {
    let many = (0..65).map(|number| number.to_string()).collect();
    let config = Config { defaults: Settings { segments: many, ..Settings::default() }, ..Config::default() };
    let error = config.check().unwrap_err();
    assert!(matches!(error, ConfigError::Value { key: "segments", .. }));
}
