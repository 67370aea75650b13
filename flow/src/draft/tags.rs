//! A light reading of a template's `{{ … }}` and `{% … %}` tags, to say *where* something stands in them. The template
//! engine decides what is valid; this only finds names, filters and tests, and their places.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{ … }}`
    Value,
    /// `{% … %}`
    Statement,
}

/// One tag of a template.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub kind: TagKind,
    /// The bytes of the whole tag, its braces included.
    pub span: (usize, usize),
    pub tokens: Vec<Token<'a>>,
}

/// A piece of a tag. String literals are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name with its dots, such as `lead.first_name`, and the byte where it begins.
    Name(&'a str, usize),
    Sign(char, usize),
}

/// The tags of `source` in order; comments are passed over. An unclosed tag runs to the end.
pub(super) fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find('{') {
        let start = at + found;
        let kind = match source.as_bytes().get(start + 1) {
            Some(b'{') => TagKind::Value,
            Some(b'%') => TagKind::Statement,
            Some(b'#') => {
                at = source[start..].find("#}").map_or(source.len(), |end| start + end + 2);
                continue;
            }
            _ => {
                at = start + 1;
                continue;
            }
        };
        let (tokens, end) = tokens(source, start + 2, kind);
        tags.push(Tag { kind, span: (start, end), tokens });
        at = end;
    }
    tags
}

fn tokens(source: &str, start: usize, kind: TagKind) -> (Vec<Token<'_>>, usize) {
    let close = match kind {
        TagKind::Value => "}}",
        TagKind::Statement => "%}",
    };
    let mut tokens = Vec::new();
    let mut at = start;
    while let Some(c) = source[at..].chars().next() {
        if source[at..].starts_with(close) {
            return (tokens, at + close.len());
        }
        if c == '"' || c == '\'' {
            at = after_literal(source, at, c);
        } else if c.is_alphanumeric() || c == '_' {
            let rest = &source[at..];
            let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let name = rest.split(|c| !is_name(c)).next().unwrap_or(rest);
            tokens.push(Token::Name(name, at));
            at += name.len();
        } else {
            if !c.is_whitespace() {
                tokens.push(Token::Sign(c, at));
            }
            at += c.len_utf8();
        }
    }
    (tokens, source.len())
}

fn after_literal(source: &str, start: usize, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in source[start..].char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return start + i + c.len_utf8(),
            _ => {}
        }
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_signs_are_found_and_literals_are_not() {
        let source = "Hi {# {{ no }} #}{{ lead.name|default('~ }} x') }}{% if a is defined %}{";
        let tags = tags(source);
        let seen: Vec<(TagKind, usize, Vec<String>)> = tags
            .iter()
            .map(|tag| {
                let words = tag.tokens.iter().map(|token| match token {
                    Token::Name(name, _) => (*name).to_owned(),
                    Token::Sign(c, _) => c.to_string(),
                });
                (tag.kind, tag.span.0, words.collect())
            })
            .collect();
        insta::assert_debug_snapshot!(seen, @r#"
    [
        (
            Value,
            17,
            [
                "lead.name",
                "|",
                "default",
                "(",
                ")",
            ],
        ),
        (
            Statement,
            50,
            [
                "if",
                "a",
                "is",
                "defined",
            ],
        ),
    ]
    "#);
    }
}
