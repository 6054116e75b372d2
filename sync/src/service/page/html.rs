//! HTML that cannot forget to escape: only texts of this program are taken as they are.

use crate::service::PageWords;

/// What every part of a patient's page needs.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) words: &'a dyn PageWords,
    /// Forms without it were not made by this page.
    pub(super) token: &'a str,
    /// The patient's id.
    pub(super) patient: &'a str,
}

/// A page or a part of one.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// A whole page around its content, which begins with the heading.
    pub(super) fn page(words: &dyn PageWords, heading: &str, content: impl FnOnce(&mut Self)) -> Self {
        let mut html = Self::default();
        html.raw("<!DOCTYPE html>\n<html lang=\"").text(words.language_tag());
        html.raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
        html.text(heading).raw("</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body><main><h1>");
        html.text(heading).raw("</h1>");
        content(&mut html);
        html.raw("</main></body></html>\n");
        html
    }

    /// Markup of this program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Any text, escaped; also for attributes in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
        self
    }

    /// A field that is not shown.
    pub(super) fn hidden(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw("<input type=\"hidden\" name=\"").raw(name).raw("\" value=\"").text(value).raw("\">")
    }

    /// The beginning of a form that is posted to a patient's page.
    pub(super) fn form(&mut self, frame: Frame<'_>, action: &'static str) -> &mut Self {
        self.raw("<form method=\"post\" action=\"/patient/").text(frame.patient).raw("/").raw(action).raw("\">");
        self.hidden("token", frame.token)
    }

    /// The beginning of a choice; [`Self::option`] adds to it, `</select></label>` ends it.
    pub(super) fn choice(&mut self, label: &str, name: &'static str) -> &mut Self {
        self.raw("<label>").text(label).raw(" <select name=\"").raw(name).raw("\">")
    }

    /// One of a choice.
    pub(super) fn option(&mut self, value: &str, label: &str, chosen: bool) -> &mut Self {
        self.raw("<option value=\"").text(value).raw(if chosen { "\" selected>" } else { "\">" });
        self.text(label).raw("</option>")
    }

    /// A paragraph.
    pub(super) fn paragraph(&mut self, text: &str) -> &mut Self {
        self.raw("<p>").text(text).raw("</p>")
    }

    /// A section's beginning and heading; `</section>` ends it.
    pub(super) fn section(&mut self, heading: &str) -> &mut Self {
        self.raw("<section><h2>").text(heading).raw("</h2>")
    }

    /// The head of a table and the beginning of its body.
    pub(super) fn columns<const N: usize>(&mut self, names: [String; N]) -> &mut Self {
        self.raw("<table><thead><tr>");
        for name in names {
            self.raw("<th scope=\"col\">").text(&name).raw("</th>");
        }
        self.raw("</tr></thead><tbody>")
    }

    /// A form's button, and its end.
    pub(super) fn button(&mut self, label: &str) -> &mut Self {
        self.raw("<button>").text(label).raw("</button></form>")
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_an_element_or_an_attribute() {
        let mut html = Html::default();
        html.hidden("a", "\"><script>alert('x')</script>&");
        let quoted = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
        assert_eq!(html.into_text(), format!("<input type=\"hidden\" name=\"a\" value=\"{quoted}\">"));
    }
}
