//! All templates of a playbook, and which of them to take.

use super::template::{Template, TemplateError};

/// The templates of a playbook, in order of name and language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    sorted: Vec<Template>,
}

impl Templates {
    /// Puts templates together.
    ///
    /// # Errors
    /// When a name has two texts in one language, or its languages do not all prepare the same step.
    pub fn new(mut templates: Vec<Template>) -> Result<Templates, Vec<TemplateError>> {
        templates.sort_by(|a, b| (&a.name, &a.language, &a.path).cmp(&(&b.name, &b.language, &b.path)));
        let mut mistakes = Vec::new();
        for pair in templates.windows(2) {
            let [a, b] = pair else { continue };
            if a.name != b.name {
                continue;
            }
            if a.language == b.language {
                let message = format!("`{}` in `{}` is also in `{}`", b.name, b.language, a.path);
                mistakes.push(mistake(b, message, "take one away, or give it another name"));
            } else if a.step != b.step {
                let message =
                    format!("`{}` prepares `{}` here and `{}` in `{}`", b.name, b.step, a.step, a.path);
                mistakes.push(mistake(b, message, "use the same step in every language, or another name"));
            }
        }
        if mistakes.is_empty() { Ok(Templates { sorted: templates }) } else { Err(mistakes) }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.sorted.iter()
    }

    /// The variant of `name` for a reader of `wanted`: that very tag, else the language without its region, else any
    /// region of the language; then the same for `fallback`. Tags compare without regard to case.
    pub fn choose(&self, name: &str, wanted: &str, fallback: &str) -> Option<&Template> {
        self.in_language(name, wanted).or_else(|| self.in_language(name, fallback))
    }

    fn in_language(&self, name: &str, tag: &str) -> Option<&Template> {
        let named = || self.sorted.iter().filter(|template| template.name == name);
        let language = primary(tag);
        named()
            .find(|template| template.language.eq_ignore_ascii_case(tag))
            .or_else(|| named().find(|template| template.language.eq_ignore_ascii_case(language)))
            .or_else(|| named().find(|template| primary(&template.language).eq_ignore_ascii_case(language)))
    }
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

fn mistake(template: &Template, message: String, hint: &str) -> TemplateError {
    TemplateError { path: template.path.clone(), line: 1, column: 1, message, hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(path: &str, step: &str) -> Template {
        Template::parse(path, &format!("+++\nstep = \"{step}\"\n+++\nHello\n")).unwrap()
    }

    #[test]
    fn the_reader_gets_their_language_or_the_nearest() {
        let step = "message.reply";
        let all = ["reply.de.md", "reply.en.md", "reply.pt-BR.md", "reply.pt-PT.md", "other.fr.md"];
        let templates = Templates::new(all.iter().map(|path| template(path, step)).collect()).unwrap();
        for (wanted, fallback, path) in [
            ("de", "en", Some("reply.de.md")),
            ("de-AT", "en", Some("reply.de.md")),
            ("DE", "en", Some("reply.de.md")),
            ("pt-PT", "en", Some("reply.pt-PT.md")),
            ("pt", "en", Some("reply.pt-BR.md")),
            ("fr", "en", Some("reply.en.md")),
            ("", "de", Some("reply.de.md")),
            ("fr", "it", None),
        ] {
            let chosen = templates.choose("reply", wanted, fallback).map(|template| template.path.as_str());
            assert_eq!(chosen, path, "{wanted} else {fallback}");
        }
        assert_eq!(templates.choose("unknown", "de", "en"), None);
    }

    #[test]
    fn a_name_has_one_text_a_language_and_one_step() {
        let twice = vec![template("a/x.de.md", "message.reply"), template("b/x.de.md", "message.reply")];
        assert!(Templates::new(twice).unwrap_err()[0].message.contains("also in"));
        let apart = vec![template("x.de.md", "message.reply"), template("x.en.md", "quote.send")];
        assert!(Templates::new(apart).unwrap_err()[0].message.contains("prepares"));
    }
}
