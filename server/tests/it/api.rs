//! The API keeps to its own description, and the machines that watch get their figures.

use serde_json::{Value, json};

use crate::house::House;

#[test]
fn answers_are_as_the_description_says() {
    let house = House::open();
    let document = house.get("/openapi.json", "").json();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    let account = json!({ "name": "Kunde AG", "domains": ["kunde.example"], "tier": "strategic" });
    let proposal = house.pending(&lead, "message.reply");
    let proposal_id = proposal["id"].as_str().unwrap();
    let action = proposal["action"].as_str().unwrap();
    let said = json!({ "channel": "email", "from": "carla@kunde.example", "text": "Any news?", "external_id": "m7" });
    let again = json!({ "name": "C. Kunde", "email": "carla@kunde.example", "message": "It is me again." });
    let step =
        json!({ "step": "message.reply", "lead": lead, "content": { "text": "Good day." }, "reason": "r" });
    let asked = [
        ("get", "/v1/leads/{id}", lead.as_str(), None),
        ("get", "/v1/leads/{id}/facts", lead.as_str(), None),
        ("get", "/v1/leads", "", None),
        ("get", "/v1/proposals", "", None),
        ("get", "/v1/proposals/{id}", proposal_id, None),
        ("get", "/v1/actions/{id}", action, None),
        ("get", "/v1/accounts", "", None),
        ("get", "/v1/boundary", "", None),
        ("get", "/v1/health", "", None),
        (
            "post",
            "/v1/proposals/{id}/decision",
            proposal_id,
            Some(json!({ "decision": "approve",
            "commitment": proposal["commitment"], "seen_ms": 9_000 })),
        ),
        ("post", "/v1/leads", "", Some(again)),
        ("post", "/v1/leads/{id}/messages", lead.as_str(), Some(said)),
        ("post", "/v1/actions", "", Some(step)),
        ("post", "/v1/accounts", "", Some(account.clone())),
        ("post", "/v1/accounts", "", Some(account)),
        // And what goes wrong.
        ("get", "/v1/leads/{id}", "00000000-0000-7000-8000-000000000000", None),
        ("post", "/v1/proposals/{id}/decision", proposal_id, Some(json!({ "decision": "approve" }))),
        ("post", "/v1/leads", "", Some(json!({ "name": "Nobody" }))),
    ];
    let admin = house.admin.clone();
    for (method, path, id, body) in asked {
        let address = path.replace("{id}", id);
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let token = if path == "/v1/accounts" { &admin } else { &house.manager };
        let reply = house.send(
            &method.to_uppercase(),
            &address,
            Some(token),
            "application/json",
            &[],
            body.as_bytes(),
        );
        let call = &document["paths"][path][method];
        let answer = &call["responses"][reply.status.to_string()];
        assert!(answer.is_object(), "{method} {path} answers {}: {}", reply.status, reply.text());
        let (kind, media) = answer["content"].as_object().unwrap().iter().next().unwrap();
        assert!(reply.head.contains(&format!("content-type: {kind}")), "{method} {path}: {}", reply.head);
        fits(&document, &media["schema"], &reply.json(), &format!("{method} {path}"));
    }
}

#[test]
fn without_a_token_every_described_call_is_there_and_refuses() {
    let house = House::open();
    let document = house.get("/openapi.json", "").json();
    let mut calls = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let nothing = "00000000-0000-7000-8000-000000000000";
            let address = path.replace("{id}", nothing).replace("{enrolment}", nothing);
            let reply = house.send(&method.to_uppercase(), &address, None, "application/json", &[], b"{}");
            let open = call["security"].as_array().is_some_and(Vec::is_empty);
            assert_eq!(reply.status, if open { 200 } else { 401 }, "{method} {path}: {}", reply.text());
            calls += 1;
        }
    }
    assert!(calls > 20);
    let page = house.send("GET", "/docs", None, "text/html", &[], b"");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("/v1/proposals/{id}/decision"));
}

#[test]
fn those_who_watch_are_told_how_it_goes_and_nothing_about_anybody() {
    let house = House::open();
    let lead = house.lead("Carla Kunde", "carla@kunde.example");
    house.get(&format!("/v1/leads/{lead}"), &house.rep);
    assert_eq!(house.get("/healthz", "").json(), json!({ "alive": true }));
    assert_eq!(house.get("/readyz", "").json(), json!({ "ready": true }));
    let shown = house.get("/metrics", "").text();
    for line in [
        "lockkeeper_database_up 1",
        "lockkeeper_proposals_pending 2",
        "lockkeeper_facts_total{kind=\"lead.captured\"} 1",
        "lockkeeper_http_requests_total{method=\"GET\",route=\"/v1/leads/{id}\",status=\"200\"} 1",
        "# EOF",
    ] {
        assert!(shown.contains(line), "{line} is missing in\n{shown}");
    }
    assert!(!shown.contains(&lead) && !shown.contains("kunde"), "{shown}");
}

/// Whether a value is as a schema of the description says, as far as the description uses JSON Schema.
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(document, document.pointer(&reference[1..]).unwrap(), value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = if value.is_null() { &choices[1] } else { &choices[0] };
        return fits(document, choice, value, place);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let right = kinds.contains(&kind) || (kind == "integer" && kinds.contains(&"number"));
    assert!(right, "{place} is {value}, not {kinds:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place} is {value}, not one of {words:?}");
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item, &format!("{place}[]"));
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(object.contains_key(name), "{place} has no `{name}`: {value}");
        }
        for (name, inside) in object {
            if let Some(schema) = properties.get(name) {
                fits(document, schema, inside, &format!("{place}.{name}"));
            }
        }
    }
}
