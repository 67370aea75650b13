//! The API's description: `/openapi.json` for programs, `/docs` for people. One document serves both; tests hold it
//! against the routes there are and against real answers.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value};

use crate::web::layout;

/// The description, as OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("openapi.json");

/// `GET /openapi.json`
pub async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// `GET /docs`
pub async fn docs() -> Markup {
    let document: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    layout::open("The API", "docs", page(&document))
}

fn page(document: &Value) -> Markup {
    let words = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let none = Vec::new();
    let tags = document["tags"].as_array().unwrap_or(&none);
    html! {
        header.page-head {
            h1 { "The API" }
            p { (words("/info/summary")) " As " a href="/openapi.json" { "OpenAPI" } " for programs." }
        }
        div.docs-body {
            nav.docs-way aria-label="Parts of the API" {
                ul {
                    @for tag in tags {
                        li { a href={ "#" (text(tag, "name")) } { (text(tag, "name")) } }
                    }
                    li { a href="#shapes" { "Shapes" } }
                }
            }
            div {
                p.docs-lead { (code(words("/info/description"))) }
                @for tag in tags {
                    section aria-labelledby=(text(tag, "name")) {
                        h2 id=(text(tag, "name")) { (text(tag, "name")) }
                        p.quiet { (text(tag, "description")) "." }
                        @for (path, method, call) in calls(document, text(tag, "name")) {
                            (one_call(document, path, method, call))
                        }
                    }
                }
                section aria-labelledby="shapes" {
                    h2 id="shapes" { "Shapes" }
                    @for (name, schema) in document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten() {
                        article.call id=(name) {
                            h3 { code { (name) } }
                            @if let Some(words) = schema["description"].as_str() { p { (code(words)) "." } }
                            (fields(schema))
                        }
                    }
                }
            }
        }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// The calls of a part, in the document's order.
fn calls<'a>(document: &'a Value, tag: &str) -> Vec<(&'a str, &'a str, &'a Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(|(method, call)| (path.as_str(), method.as_str(), call))
    });
    all.filter(|(_, _, call)| call.pointer("/tags/0").and_then(Value::as_str) == Some(tag)).collect()
}

fn one_call(document: &Value, path: &str, method: &str, call: &Value) -> Markup {
    let none = Vec::new();
    let parameters = call["parameters"].as_array().unwrap_or(&none);
    let asked = call.pointer("/requestBody/content/application~1json/schema");
    let responses = call["responses"].as_object();
    html! {
        article.call {
            h3 { span.verb.{ "verb-" (method) } { (method.to_uppercase()) } " " code { (path) } }
            p { (text(call, "summary")) "." }
            @if let Some(words) = call["description"].as_str() { p.quiet { (words) } }
            dl.call-parts {
                @if !parameters.is_empty() {
                    dt { "Parameters" }
                    dd { (parameters_of(document, parameters)) }
                }
                @if let Some(schema) = asked {
                    dt { "Body" }
                    dd { (kind(schema)) }
                }
                dt { "Answers" }
                dd {
                    ul.answers {
                        @for (status, answer) in responses.into_iter().flatten() {
                            li {
                                code { (status) } " " (code(text(answer, "description")))
                                @if let Some(schema) = answer.pointer("/content/application~1json/schema") { ": " (kind(schema)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn parameters_of(document: &Value, parameters: &[Value]) -> Markup {
    html! {
        ul {
            @for parameter in parameters.iter().map(|parameter| resolved(document, parameter)) {
                li {
                    code { (text(parameter, "name")) }
                    span.quiet { " in the " (place(text(parameter, "in"))) }
                    @if let Some(words) = parameter["description"].as_str() { ": " (code(words)) }
                }
            }
        }
    }
}

fn place(word: &str) -> &str {
    match word {
        "path" => "address",
        other => other,
    }
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// What a schema allows, in a few words, with a way to the shape it names.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return html! { a href={ "#" (name) } { code { (name) } } };
    }
    if let Some(one) = schema["oneOf"].as_array().and_then(|choices| choices.first()) {
        return html! { (kind(one)) " or null" };
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return html! { @for (n, word) in words.iter().enumerate() { @if n > 0 { ", " } code { (word) } } };
    }
    if let Some(items) = schema.pointer("/properties/items") {
        return html! { "items, a " (kind(items)) "; next" };
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => html! { "list of " (kind(&schema["items"])) },
        Value::String(word) => html! { (schema["format"].as_str().unwrap_or(word)) },
        Value::Array(words) => {
            let first = words.iter().find_map(Value::as_str).unwrap_or_default();
            html! { (schema["format"].as_str().unwrap_or(first)) " or null" }
        }
        _ => html! { "anything" },
    }
}

fn fields(schema: &Value) -> Markup {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties: Option<&Map<String, Value>> = schema["properties"].as_object();
    html! {
        @if let Some(properties) = properties {
            div.table-wrap tabindex="0" role="region" aria-label="Fields" {
                table {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Kind" } th scope="col" { "Meaning" } } }
                    tbody {
                        @for (name, property) in properties {
                            tr {
                                th scope="row" {
                                    code { (name) }
                                    @if required.contains(&name.as_str()) { " " span.sign { "always" } }
                                }
                                td { (kind(property)) }
                                td { (code(text(property, "description"))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Words with `names` in back-ticks set as code.
fn code(words: &str) -> Markup {
    let mut out = String::new();
    for (n, part) in words.split('`').enumerate() {
        let escaped = html! { (part) }.into_string();
        out.push_str(&if n % 2 == 1 { format!("<code>{escaped}</code>") } else { escaped });
    }
    PreEscaped(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_the_description_leads_somewhere() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let mut waiting = vec![&document];
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            match value {
                Value::Object(object) => waiting.extend(object.values()),
                Value::Array(items) => waiting.extend(items),
                _ => {}
            }
            if let Some(reference) = value["$ref"].as_str() {
                assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
                seen += 1;
            }
        }
        assert!(seen > 30);
    }

    /// The routes as they stand in the source: whoever adds one is told to describe it.
    #[test]
    fn every_route_is_described() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let sources = [include_str!("../api.rs"), include_str!("../health.rs")].concat();
        let routes = sources.split(".route(").skip(1).filter_map(|rest| rest.trim_start().split('"').nth(1));
        let described = document["paths"].as_object().unwrap();
        let own = ["/openapi.json", "/docs"];
        // A part that runs to the end of an address is a parameter like any other.
        let routes = routes.map(|route| route.replace("{*", "{"));
        let missing: Vec<String> =
            routes.filter(|route| !own.contains(&route.as_str()) && !described.contains_key(route)).collect();
        assert!(missing.is_empty(), "openapi.json says nothing of {missing:?}");
    }

    #[test]
    fn the_page_names_every_call_and_shape() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let shown = page(&document).into_string();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(shown.contains(&format!("<code>{path}</code>")), "{path}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(shown.contains(&format!("id=\"{name}\"")), "{name}");
        }
    }
}
