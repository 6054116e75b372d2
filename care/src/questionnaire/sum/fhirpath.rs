//! Sums as they are written in FHIRPath.
//!
//! ```text
//! sum      = paths { "*" number } | number "*" paths      paths in brackets where there are several
//! paths    = path { "+" path }
//! path     = "%resource" select ".answer.value" [ counts ] [ ".sum()" ] | "%variable" …
//! select   = { ".item" | ".repeat(item)" } [ ".where(linkId='…' { or linkId='…' })" ] …
//! counts   = ".ordinal()" | ".weight()" | ".extension('http://hl7.org/fhir/StructureDefinition/ordinalValue')"
//!            ( ".value" | ".valueDecimal" )
//! ```
//!
//! Without `where` the path is `%resource.repeat(item)` (every choice) or `%resource.item` (those at the top), with
//! `counts` and `.sum()`. A variable stands for what its text says and holds a path or the beginning of one.

use super::{NotASum, Sum, Summed, Variables};
use crate::{
    quantity::Decimal,
    questionnaire::{LinkId, number::multiply},
};

const ORDINAL_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";

impl Sum {
    /// The sum that a FHIRPath expression reckons (SDC `calculatedExpression`). Refused is whatever is not written as
    /// at the head of this file. `variables`: those that the questionnaire and the item define.
    pub fn parse(expression: &str, variables: &Variables) -> Result<Self, NotASum> {
        let tokens = words(expression).and_then(|tokens| expanded(tokens, variables));
        tokens
            .and_then(|tokens| Parser { tokens: &tokens }.sum())
            .map_err(|why| NotASum { expression: expression.to_owned(), why })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Number(Decimal),
    Variable(String),
    Sign(char),
}

fn words(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.strip_prefix(first).unwrap_or_default();
        let (token, left) = match first {
            '\'' => {
                let (text, left) = after.split_once('\'').ok_or("a text in it does not end")?;
                if text.contains('\\') {
                    return Err(format!("'{text}' has a backslash"));
                }
                (Token::Text(text.to_owned()), left)
            }
            '%' => {
                let (name, left) = split(after, is_in_name);
                (Token::Variable(name.to_owned()), left)
            }
            '0'..='9' => {
                let (number, left) = split(rest, |c| c.is_ascii_digit() || c == '.');
                (Token::Number(number.parse().map_err(|_| format!("'{number}' is no number"))?), left)
            }
            first if is_in_name(first) => {
                let (name, left) = split(rest, is_in_name);
                (Token::Name(name.to_owned()), left)
            }
            sign => (Token::Sign(sign), after),
        };
        tokens.push(token);
        rest = left.trim_start();
    }
    Ok(tokens)
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// The tokens with what each variable stands for in its place.
fn expanded(tokens: Vec<Token>, variables: &Variables) -> Result<Vec<Token>, String> {
    let mut all = Vec::new();
    for token in tokens {
        match &token {
            Token::Variable(name) if name != "resource" => {
                let text = variables.get(name).ok_or_else(|| format!("the variable '%{name}' is not defined"))?;
                let stands_for = words(text)?;
                let is_path = stands_for.first().is_some_and(is_resource)
                    && !stands_for
                        .iter()
                        .skip(1)
                        .any(|token| matches!(token, Token::Variable(_) | Token::Sign('+' | '*')));
                if !is_path {
                    return Err(format!("the variable '%{name}' does not stand for answers"));
                }
                all.extend(stands_for);
            }
            _ => all.push(token),
        }
    }
    Ok(all)
}

fn is_resource(token: &Token) -> bool {
    *token == Token::Variable("resource".to_owned())
}

/// A piece of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Item,
    RepeatItem,
    Where(Vec<LinkId>),
    Answer,
    Value,
    Ordinal,
    OrdinalValue,
    Sum,
}

struct Parser<'a> {
    tokens: &'a [Token],
}

impl Parser<'_> {
    fn sum(mut self) -> Result<Sum, String> {
        let mut times = Decimal::new(1, 0);
        let mut of = None;
        let mut factors = 0;
        loop {
            factors += 1;
            match self.tokens.first() {
                Some(Token::Number(number)) => {
                    self.skip();
                    times = multiply(times, *number).ok_or("its numbers are too large")?;
                }
                Some(_) if of.is_some() => return Err("answers are multiplied with answers".to_owned()),
                Some(Token::Sign('(')) => {
                    self.skip();
                    of = Some(self.paths()?);
                    self.sign(')')?;
                }
                Some(_) => of = Some(vec![self.path()?]),
                None => return Err("it ends too early".to_owned()),
            }
            if !self.is_next('*') {
                break;
            }
            self.skip();
        }
        let mut of = of.ok_or("it adds no answers")?;
        if self.is_next('+') {
            if factors > 1 {
                return Err("a sum that is multiplied stands in brackets".to_owned());
            }
            self.skip();
            of.extend(self.paths()?);
        }
        match self.tokens.first() {
            Some(token) => Err(format!("{} was not expected", shown(token))),
            None => Ok(Sum { of: together(of)?, times }),
        }
    }

    fn paths(&mut self) -> Result<Vec<Summed>, String> {
        let mut paths = vec![self.path()?];
        while self.is_next('+') {
            self.skip();
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    fn path(&mut self) -> Result<Summed, String> {
        match self.tokens.first() {
            Some(token) if is_resource(token) => self.skip(),
            Some(token) => return Err(format!("{} is not a path from %resource", shown(token))),
            None => return Err("it ends too early".to_owned()),
        }
        let mut steps = Vec::new();
        while self.is_next('.') {
            self.skip();
            steps.push(self.step()?);
        }
        selected(&steps)
    }

    fn step(&mut self) -> Result<Step, String> {
        let name = self.name()?;
        match name.as_str() {
            "item" => Ok(Step::Item),
            "answer" => Ok(Step::Answer),
            "value" | "valueDecimal" => Ok(Step::Value),
            "repeat" => self.bracketed(|inside| inside.word("item")).map(|()| Step::RepeatItem),
            "where" => self.bracketed(Self::link_ids).map(Step::Where),
            "ordinal" | "weight" => self.bracketed(|_| Ok(())).map(|()| Step::Ordinal),
            "sum" => self.bracketed(|_| Ok(())).map(|()| Step::Sum),
            "extension" => match self.bracketed(Self::text)?.as_str() {
                ORDINAL_VALUE => Ok(Step::OrdinalValue),
                url => Err(format!("the extension '{url}' is not the ordinal value")),
            },
            name => Err(format!("'{name}' is not supported")),
        }
    }

    fn link_ids(&mut self) -> Result<Vec<LinkId>, String> {
        let mut names = Vec::new();
        loop {
            self.word("linkId")?;
            self.sign('=')?;
            names.push(LinkId(self.text()?));
            if self.tokens.first() != Some(&Token::Name("or".to_owned())) {
                return Ok(names);
            }
            self.skip();
        }
    }

    fn bracketed<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.sign('(')?;
        let found = inside(self)?;
        self.sign(')')?;
        Ok(found)
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.first() {
            Some(Token::Name(name)) => {
                self.skip();
                Ok(name.clone())
            }
            other => Err(expected("a name", other)),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.tokens.first() {
            Some(Token::Text(text)) => {
                self.skip();
                Ok(text.clone())
            }
            other => Err(expected("a text in quotes", other)),
        }
    }

    fn word(&mut self, wanted: &str) -> Result<(), String> {
        self.expect(&Token::Name(wanted.to_owned()))
    }

    fn sign(&mut self, wanted: char) -> Result<(), String> {
        self.expect(&Token::Sign(wanted))
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        match self.tokens.first() {
            Some(token) if token == wanted => {
                self.skip();
                Ok(())
            }
            other => Err(expected(&shown(wanted), other)),
        }
    }

    fn is_next(&self, sign: char) -> bool {
        self.tokens.first() == Some(&Token::Sign(sign))
    }

    fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }
}

fn expected(what: &str, found: Option<&Token>) -> String {
    let found = found.map_or_else(|| "its end".to_owned(), shown);
    format!("{what} was expected, not {found}")
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("'{name}'"),
        Token::Text(text) => format!("the text '{text}'"),
        Token::Number(number) => format!("'{number}'"),
        Token::Variable(name) => format!("'%{name}'"),
        Token::Sign(sign) => format!("'{sign}'"),
    }
}

/// What the steps of a path select.
fn selected(steps: &[Step]) -> Result<Summed, String> {
    let answer = steps.iter().position(|step| *step == Step::Answer).ok_or("a path leads to no answers")?;
    let (selection, counted) = steps.split_at(answer);
    let (is_counted, is_summed) = match counted {
        [Step::Answer, Step::Value] => (false, false),
        [Step::Answer, Step::Value, Step::Sum] => (false, true),
        [Step::Answer, Step::Value, Step::Ordinal] | [Step::Answer, Step::Value, Step::OrdinalValue, Step::Value] => {
            (true, false)
        }
        [Step::Answer, Step::Value, Step::Ordinal, Step::Sum]
        | [Step::Answer, Step::Value, Step::OrdinalValue, Step::Value, Step::Sum] => (true, true),
        _ => return Err("after '.answer' stands something else than the value".to_owned()),
    };
    let is_way = |step: &Step| matches!(step, Step::Item | Step::RepeatItem | Step::Where(_));
    match selection {
        [Step::RepeatItem] if is_counted && is_summed => Ok(Summed::AllChoices),
        [Step::Item] if is_counted && is_summed => Ok(Summed::TopChoices),
        [Step::Item | Step::RepeatItem, way @ .., Step::Where(names)] if way.iter().all(is_way) => {
            if names.len() > 1 && !is_summed {
                return Err("several items are named and not summed".to_owned());
            }
            Ok(Summed::Items(names.clone()))
        }
        _ => Err("a path names no items".to_owned()),
    }
}

/// Several paths as one.
fn together(paths: Vec<Summed>) -> Result<Summed, String> {
    if let [one] = paths.as_slice() {
        return Ok(one.clone());
    }
    let mut names = Vec::new();
    for path in paths {
        match path {
            Summed::Items(more) => names.extend(more),
            Summed::AllChoices | Summed::TopChoices => {
                return Err("all choices are added to something".to_owned());
            }
        }
    }
    Ok(Summed::Items(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        [
            ("a", "%resource.item.where(linkId='q/a').answer.value"),
            ("raw", "%resource.repeat(item).answer.value.ordinal().sum()"),
            ("twice", "%raw"),
            ("more", "%resource.item.where(linkId='a').answer.value + 1"),
            ("open", "%resource.item.where(linkId='a"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
    }

    fn items(names: &[&str]) -> Summed {
        Summed::Items(names.iter().map(|name| LinkId::from(*name)).collect())
    }

    #[test]
    fn sums_are_read_in_the_forms_that_are_written() {
        let long = "%resource.repeat(item).answer.value\
            .extension('http://hl7.org/fhir/StructureDefinition/ordinalValue').valueDecimal.sum() * 1.25";
        for (expression, of, times) in [
            ("%resource.item.where(linkId='x').answer.value", items(&["x"]), "1"),
            ("%resource.item.where(linkId = 'x').answer.value.sum()", items(&["x"]), "1"),
            ("%resource.item.where(linkId='g').item.where(linkId='x').answer.value", items(&["x"]), "1"),
            ("%resource.repeat(item).where(linkId='x').answer.value.weight()", items(&["x"]), "1"),
            (
                "%resource.item.where(linkId='x' or linkId='y').answer.value.ordinal().sum() * 2",
                items(&["x", "y"]),
                "2",
            ),
            (
                "%resource.item.where(linkId='x').answer.value + %resource.item.where(linkId='y').answer.value",
                items(&["x", "y"]),
                "1",
            ),
            ("(%a.ordinal() + %resource.item.where(linkId='b').answer.value) * 1.25", items(&["q/a", "b"]), "1.25"),
            ("0.5 * (%a + %a) * 0.5", items(&["q/a", "q/a"]), "0.25"),
            ("%raw * 1.25", Summed::AllChoices, "1.25"),
            (long, Summed::AllChoices, "1.25"),
            ("%resource.item.answer.value.ordinal().sum()", Summed::TopChoices, "1"),
        ] {
            let sum = Sum { of, times: times.parse().unwrap() };
            assert_eq!(Sum::parse(expression, &variables()), Ok(sum), "{expression}");
        }
    }

    #[test]
    fn what_is_no_such_sum_is_refused_with_what_is_wrong() {
        for (expression, why) in [
            ("", "it ends too early"),
            ("1.25", "it adds no answers"),
            ("%raw *", "it ends too early"),
            ("%raw * 1.2.5", "'1.2.5' is no number"),
            ("%raw * %a", "answers are multiplied with answers"),
            ("%raw + %a", "all choices are added to something"),
            ("2 * %a + %a", "a sum that is multiplied stands in brackets"),
            ("%a + %a * 2", "'*' was not expected"),
            ("%a - %a", "'-' was not expected"),
            ("(%a + %a", "')' was expected, not its end"),
            ("((%a))", "'(' is not a path from %resource"),
            ("%b", "the variable '%b' is not defined"),
            ("%twice", "the variable '%twice' does not stand for answers"),
            ("%more", "the variable '%more' does not stand for answers"),
            ("%open", "a text in it does not end"),
            ("%resource", "a path leads to no answers"),
            ("%resource.item", "a path leads to no answers"),
            ("%resource.answer.value", "a path names no items"),
            ("%resource.repeat(item).answer.value.sum()", "a path names no items"),
            ("%resource.repeat(item).answer.value.ordinal()", "a path names no items"),
            ("%resource.item.where(linkId='g').item.answer.value.ordinal().sum()", "a path names no items"),
            ("%resource.item.where(linkId='a' or linkId='b').answer.value", "several items are named and not summed"),
            ("%resource.item.where(linkId='a').answer", "after '.answer' stands something else than the value"),
            ("%resource.item.where(linkId!='a').answer.value", "'=' was expected, not '!'"),
            ("%resource.item.where(linkId='\\'').answer.value", "'\\' has a backslash"),
            ("%resource.item.where(answer.exists()).answer.value", "'linkId' was expected, not 'answer'"),
            ("%resource.item.extension('http://x').value", "the extension 'http://x' is not the ordinal value"),
            ("%resource.descendants().value", "'descendants' is not supported"),
            ("iif(%a > 1, 2, 3)", "'iif' is not a path from %resource"),
            ("%resource.item.where(linkId='a').answer.value.", "a name was expected, not its end"),
            ("%resource.item.where(linkId=a).answer.value", "a text in quotes was expected, not 'a'"),
            ("9999999999 * 9999999999 * %a", "its numbers are too large"),
        ] {
            let refused = Sum::parse(expression, &variables()).unwrap_err();
            assert_eq!(refused, NotASum { expression: expression.into(), why: why.into() });
        }
    }
}
