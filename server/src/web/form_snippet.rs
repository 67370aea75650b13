//! For admins: the HTML to paste into a web site, so that its form posts here.

use axum::http::HeaderMap;
use axum::response::Response;
use flow::playbook::Form;
use flow::terms::Role;
use maud::{Markup, html};

use super::layout::{Frame, Here};
use super::session::{self, Visit};
use super::trouble::Trouble;

/// `GET /form-snippet`.
pub async fn open(visit: Visit, headers: HeaderMap) -> Response {
    let made = async {
        if visit.me.role != Role::Admin {
            return Err(Trouble::forbidden("Only an admin sets up forms. Ask one of your workspace."));
        }
        let playbook = visit.app.playbook();
        let forms: Vec<(&str, &Form)> =
            playbook.forms.iter().map(|(name, form)| (name.as_str(), form)).collect();
        Ok(page(&visit.frame().await?, &base(&headers), &forms))
    };
    visit.answer(made.await).await
}

/// This server's address, as the admin's browser knows it.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_plain =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
    let scheme = if session::is_tls(headers) { "https" } else { "http" };
    if is_plain { format!("{scheme}://{host}") } else { "https://YOUR-SERVER".into() }
}

/// The page, with one snippet for each of the playbook's forms.
pub fn page(frame: &Frame, base: &str, forms: &[(&str, &Form)]) -> Markup {
    frame.page(
        Here::Elsewhere,
        "Web form snippet",
        "",
        html! {
            header.page-head {
                h1 { "Web form snippet" }
                p { "Paste this into a page of your site. It works as it is; style it as you like, add fields as you need, and keep the names of those that are there." }
            }
            @if forms.is_empty() {
                div.empty {
                    h2 { "The playbook has no form" }
                    p { "Add a section " code { "[forms.contact]" } " to " code { "playbook.toml" } ", then check and adopt it." }
                }
            }
            @for (name, form) in forms {
                section.gate-part aria-label={ "Form " (name) } {
                    header {
                        h2 { (name) }
                        @if form.origins.is_empty() { p.small.quiet { "Taken from any site." } }
                        @else { p.small.quiet { "Taken from " (form.origins.join(", ")) "." } }
                    }
                    pre.document tabindex="0" aria-label="HTML to copy" { (snippet(base, name, form)) }
                    p { button.button type="button" data-copy hidden { "Copy" } }
                }
            }
        },
    )
}

/// The snippet itself. The field that people do not see catches programs that fill in everything.
fn snippet(base: &str, name: &str, form: &Form) -> String {
    let trap = if form.honeypot.is_empty() {
        String::new()
    } else {
        format!("  <input name=\"{}\" tabindex=\"-1\" autocomplete=\"off\" hidden>\n", form.honeypot)
    };
    format!(
        "<form method=\"post\" action=\"{base}/f/{name}\">\n\
         {trap}  <label>Name <input name=\"name\" autocomplete=\"name\"></label>\n  \
         <label>E-mail <input name=\"email\" type=\"email\" autocomplete=\"email\" required></label>\n  \
         <label>Phone <input name=\"phone\" type=\"tel\" autocomplete=\"tel\"></label>\n  \
         <label>Company <input name=\"company\" autocomplete=\"organization\"></label>\n  \
         <label>How can we help? <textarea name=\"message\" rows=\"6\" required></textarea></label>\n  \
         <button>Send</button>\n\
         </form>"
    )
}
