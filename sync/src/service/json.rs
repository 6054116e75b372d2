//! JSON that keeps what it was given: members in their order, numbers digit for digit.
//!
//! R4, 2.24.0.1: the precision of a decimal has a meaning, 2.00 is not 2. `serde_json::Value` keeps it
//! only with `arbitrary_precision`, which would change every other crate of the workspace.

use serde_json::value::RawValue;

use crate::members::Members;

/// How deep values may nest. FHIR's deepest resources, nested questionnaires, stay far below.
const DEEPEST: usize = 48;
/// How many values a body may hold: a limit on memory, some ten times a bundle of 500 readings.
const MOST_VALUES: usize = 500_000;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As it was written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// JSON that is written already, such as a stored resource. Never read, only put into an answer.
    Written(String),
}

/// Why a text was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotJson {
    Syntax(String),
    MemberTwice(String),
    TooMuch,
}

impl Json {
    /// Reads a body.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NotJson> {
        let text = std::str::from_utf8(bytes).map_err(|_| NotJson::Syntax("it is not UTF-8".to_owned()))?;
        let raw: &RawValue = serde_json::from_str(text).map_err(syntax)?;
        Self::from_raw(raw.get(), DEEPEST, &mut 0)
    }

    fn from_raw(text: &str, depth: usize, values: &mut usize) -> Result<Self, NotJson> {
        *values += 1;
        let Some(depth) = depth.checked_sub(1).filter(|_| *values <= MOST_VALUES) else {
            return Err(NotJson::TooMuch);
        };
        let text = text.trim();
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(text).map_err(syntax)?;
                let mut read: Vec<(String, Self)> = Vec::with_capacity(members.len());
                for (name, value) in members {
                    read.push((name, Self::from_raw(value.get(), depth, values)?));
                }
                if let Some(name) = twice(&read) {
                    return Err(NotJson::MemberTwice(name.to_owned()));
                }
                Self::Object(read)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(syntax)?;
                let read = items.into_iter().map(|item| Self::from_raw(item.get(), depth, values));
                Self::List(read.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Self::Text(serde_json::from_str(text).map_err(syntax)?),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(text.to_owned()),
        })
    }

    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    pub(crate) fn number(value: impl ToString) -> Self {
        Self::Number(value.to_string())
    }

    /// An object of these members.
    pub(crate) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A member that is a text.
    pub(crate) fn get_text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    /// A member's items; none if there is no such list.
    pub(crate) fn get_list(&self, name: &str) -> &[Self] {
        self.get(name).map(Self::items).unwrap_or_default()
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Sets a member of an object, in its old place if there is one, else at `place` or at the end.
    pub(crate) fn set(&mut self, name: &str, value: Self, place: usize) {
        if let Self::Object(members) = self {
            match members.iter_mut().find(|(member, _)| member == name) {
                Some((_, old)) => *old = value,
                None => members.insert(place.min(members.len()), (name.to_owned(), value)),
            }
        }
    }

    /// Takes a member out of an object.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Self::Object(members) = self {
            members.retain(|(member, _)| member != name);
        }
    }

    /// Sets a list, or takes it out where nothing is left in it: FHIR has no empty lists.
    pub(crate) fn set_list(&mut self, name: &str, items: Vec<Self>) {
        if items.is_empty() {
            self.remove(name);
        } else {
            self.set(name, Self::List(items), usize::MAX);
        }
    }

    /// Adds to the end of a list, which is made where there is none.
    pub(crate) fn push(&mut self, name: &str, item: Self) {
        let mut items = self.get_list(name).to_vec();
        items.push(item);
        self.set_list(name, items);
    }

    /// Writes it, without spaces.
    pub(crate) fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(text) | Self::Written(text) => out.push_str(text),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write_to(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    value.write_to(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    // `Value`'s Display escapes and cannot fail.
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn syntax(error: serde_json::Error) -> NotJson {
    NotJson::Syntax(error.to_string())
}

fn twice(members: &[(String, Json)]) -> Option<&str> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(*one),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_the_order_of_members_come_back_as_they_were() {
        let text = r#"{"b":[2.00,1E2,-0.0,0.10000000000000000000001],"a":{"c":null,"d":[true,false]},"å":"\n\"<"}"#;
        assert_eq!(Json::read(text.as_bytes()).unwrap().write(), text);
    }

    #[test]
    fn what_is_no_json_or_would_be_read_in_two_ways_is_refused() {
        for text in ["", "{", "[1,]", "01", "{\"a\":1}x", "nul", "\"\\ud800\"", "{\"\\ud800\":1}"] {
            assert!(matches!(Json::read(text.as_bytes()), Err(NotJson::Syntax(_))), "{text}");
        }
        assert_eq!(Json::read(br#"{"a":1,"b":2,"a":3}"#), Err(NotJson::MemberTwice("a".to_owned())));
        assert!(matches!(Json::read(b"\"\xff\""), Err(NotJson::Syntax(_))));
    }

    #[test]
    fn depth_and_size_have_a_limit() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(Json::read(nested(DEEPEST - 1).as_bytes()).is_ok());
        assert_eq!(Json::read(nested(DEEPEST).as_bytes()), Err(NotJson::TooMuch));
        assert_eq!(Json::read(nested(1_000_000).as_bytes()), Err(NotJson::TooMuch));
        let long = format!("[{}1]", "1,".repeat(MOST_VALUES));
        assert_eq!(Json::read(long.as_bytes()), Err(NotJson::TooMuch));
    }
}
