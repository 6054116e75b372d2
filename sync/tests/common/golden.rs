//! What is sent, compared with files that were reviewed by eye.

use std::path::Path;

use dagsform_sync::{Entry, fhir};
use serde_json::value::RawValue;

/// JSON text with line breaks; numbers stay exactly as they are.
fn indent(json: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0, false, false);
    for c in json.chars() {
        if in_string {
            out.push(c);
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
            }
            '}' | ']' => {
                depth -= 1;
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
                out.push(c);
            }
            ',' => {
                out.push_str(",\n");
                out.push_str(&"  ".repeat(depth));
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    out
}

/// Compares the Observations of an entry with a file.
pub fn golden(name: &str, entry: &Entry) {
    let mapped = fhir::map(entry, &super::enrolment(super::SERVICE)).unwrap();
    let all: Vec<&RawValue> = mapped.resources.iter().map(|resource| &*resource.json).collect();
    compare(name, &serde_json::to_string(&all).unwrap());
}

/// Compares with a file; with `DAGSFORM_GOLDEN=write` writes the file.
pub fn compare(name: &str, json: &str) {
    let text = indent(json);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    if std::env::var("DAGSFORM_GOLDEN").is_ok_and(|v| v == "write") {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert_eq!(text, expected, "see {}", path.display());
}
