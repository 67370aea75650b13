//! The HTML part of a mail, derived from its text so that both say the same.

/// `text` as HTML: special characters escaped, blank lines between paragraphs, line breaks kept. No other markup can
/// come out of it, whatever the text contains.
pub fn to_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8 + 16);
    let mut open = false;
    for line in text.lines().map(str::trim_end) {
        match (line.is_empty(), open) {
            (true, true) => html.push_str("</p>\n"),
            (true, false) => {}
            (false, true) => html.push_str("<br>\n"),
            (false, false) => html.push_str("<p>"),
        }
        open = !line.is_empty();
        for c in line.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                c => html.push(c),
            }
        }
    }
    if open {
        html.push_str("</p>\n");
    }
    html
}

#[cfg(test)]
mod tests {
    use super::to_html;

    #[test]
    fn paragraphs_and_lines_are_kept() {
        assert_eq!(to_html("a\nb\n\n\nc"), "<p>a<br>\nb</p>\n<p>c</p>\n");
        assert_eq!(to_html("\n\n"), "");
    }

    #[test]
    fn no_markup_comes_through() {
        assert_eq!(to_html("<b x='1'>&\""), "<p>&lt;b x=&#39;1&#39;&gt;&amp;&quot;</p>\n");
    }
}
