//! Searching (R4, 3.1.1): the parameters of [`definitions`], `_id`, `_lastUpdated`, `_sort`, `_count`,
//! `_summary=count`, `_include`, and pages that neither skip nor repeat when something arrives between.
//!
//! A parameter that this service does not have is refused, never passed over: a condition that silently
//! does not count would create twice, or show too much.

use rusqlite::{params_from_iter, types::Value};

use super::{
    definitions::{self, Definition, Kind, Parameter},
    reach, reference,
    store::{COLUMNS, Store, Stored},
    when::{self, Span},
};
use crate::service::{
    json::Json,
    problem::{Problem, shortened},
};

/// So many resources a page, if the request does not say.
const USUAL_COUNT: u32 = 100;
/// Never more than so many a page.
const LARGEST_COUNT: u32 = 1000;
/// More conditions than this are no question that someone asks.
const MOST_CONDITIONS: usize = 64;
/// And no more values in one condition than this.
const MOST_VALUES: usize = 500;
/// Sorts before every time, in microseconds since 1970.
const OLDEST: i64 = -(1 << 62);
/// Where the next page begins: the sort value and the row of the last one before it.
const AFTER: &str = "_after";

/// Names and values of a query, in order.
pub(crate) type Query = Vec<(String, String)>;

/// Reads `a=b&c=d`.
pub(crate) fn query(text: &str) -> Query {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// A search, understood.
#[derive(Debug)]
pub(crate) struct Search {
    definition: &'static Definition,
    clauses: Vec<String>,
    values: Vec<Value>,
    sort: Option<Sort>,
    count: u32,
    only_count: bool,
    include: Vec<Parameter>,
    /// The ids of patients that are asked for by name.
    patients: Vec<String>,
    after: Option<(i64, i64)>,
    /// What was asked, without the place of the page.
    asked: Query,
}

#[derive(Debug)]
struct Sort {
    by: SortBy,
    descending: bool,
}

#[derive(Debug)]
enum SortBy {
    LastUpdated,
    Date(&'static str),
}

/// A page of what was found.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) total: i64,
    pub(crate) found: Vec<Stored>,
    /// The query of the next page.
    pub(crate) next: Option<Query>,
}

impl Search {
    /// Understands a query about a type.
    pub(crate) fn new(definition: &'static Definition, query: &[(String, String)]) -> Result<Self, Problem> {
        let mut search = Self {
            definition,
            clauses: vec!["r.type = ?1".to_owned()],
            values: vec![Value::from(definition.name.to_owned())],
            sort: None,
            count: USUAL_COUNT,
            only_count: false,
            include: Vec::new(),
            patients: Vec::new(),
            after: None,
            asked: query.iter().filter(|(name, _)| name != AFTER).cloned().collect(),
        };
        if query.len() > MOST_CONDITIONS {
            return Err(Problem::bad_request(format!("more than {MOST_CONDITIONS} search parameters")));
        }
        for (name, value) in query {
            search.add(name, value)?;
        }
        Ok(search)
    }

    /// Understands the condition of a conditional create or update: at least one criterion, and nothing
    /// that only arranges results.
    pub(crate) fn condition(definition: &'static Definition, text: &str) -> Result<Self, Problem> {
        let query = query(text.strip_prefix('?').unwrap_or(text));
        let arranges = |name: &str| name.starts_with('_') && !matches!(name, "_id" | "_lastUpdated");
        if query.is_empty() || query.iter().any(|(name, _)| arranges(name)) {
            let said = format!("'{}' is no condition such as identifier=system|value", shortened(text));
            return Err(Problem::bad_request(said));
        }
        Self::new(definition, &query)
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let wrong = |what: &str| Problem::bad_request(format!("{name}={}: {what}", shortened(value)));
        match name {
            "_id" => {
                let ids = alternatives(value)?;
                let places: Vec<String> = ids.into_iter().map(|id| self.bind(id)).collect();
                self.clauses.push(format!("r.id IN ({})", places.join(", ")));
            }
            "_lastUpdated" => self.dates(value, |column| match column {
                // A version's time is known to the millisecond.
                Bound::Low => "r.updated * 1000".to_owned(),
                Bound::High => "(r.updated * 1000 + 1000)".to_owned(),
            })?,
            "_sort" => self.sort = Some(self.sorted(value)?),
            "_count" => {
                let count: u32 = value.parse().map_err(|_| wrong("not a number"))?;
                (self.only_count, self.count) = (self.only_count || count == 0, count.clamp(1, LARGEST_COUNT));
            }
            "_summary" if value == "count" => self.only_count = true,
            "_summary" if value == "false" => {}
            "_total" if matches!(value, "accurate" | "estimate" | "none") => {}
            // JSON is all there is; the HTTP side refuses others.
            "_format" | "_pretty" => {}
            "_include" => {
                let (kind, parameter) = value.split_once(':').ok_or_else(|| wrong("write Type:parameter"))?;
                let found = self.definition.parameter(parameter);
                let usable = |p: &Parameter| kind == self.definition.name && matches!(p.kind, Kind::Reference(_));
                self.include.push(found.filter(usable).ok_or_else(|| wrong("no such reference"))?);
            }
            AFTER => {
                let (sort, key) = value.split_once('.').ok_or_else(|| wrong("no place of a page"))?;
                let number = |text: &str| text.parse::<i64>().map_err(|_| wrong("no place of a page"));
                self.after = Some((number(sort)?, number(key)?));
            }
            _ => {
                let parameter = self.definition.parameter(name).ok_or_else(|| {
                    let said = format!("{} cannot be searched by '{}'", self.definition.name, shortened(name));
                    Problem::bad_request(said)
                })?;
                self.criterion(parameter, value)?;
            }
        }
        Ok(())
    }

    fn criterion(&mut self, parameter: Parameter, value: &str) -> Result<(), Problem> {
        if parameter.kind == Kind::Date {
            return self.spans(parameter.name, value);
        }
        let name = self.bind(parameter.name.to_owned());
        let mut choices = Vec::new();
        for one in alternatives(value)? {
            let (system, code) = match parameter.kind {
                Kind::Token => token(&one),
                Kind::Reference(only) => target(&one, only),
                Kind::Uri | Kind::Date => (None, Some(one)),
            };
            if system.as_deref() == Some("Patient") && matches!(parameter.kind, Kind::Reference(_)) {
                self.patients.extend(code.clone());
            }
            let system = system.map(|system| format!("w.system = {}", self.bind(system)));
            let code = code.map(|code| format!("w.value = {}", self.bind(code)));
            let both: Vec<String> = code.into_iter().chain(system).collect();
            if both.is_empty() {
                return Err(Problem::bad_request(format!("{}: nothing to search for", parameter.name)));
            }
            choices.push(format!("({})", both.join(" AND ")));
        }
        self.clauses.push(format!(
            "r.key IN (SELECT w.key FROM word w WHERE w.parameter = {name} AND ({}))",
            choices.join(" OR ")
        ));
        Ok(())
    }

    /// Times of the resource: any of them may meet the condition.
    fn spans(&mut self, parameter: &str, value: &str) -> Result<(), Problem> {
        let name = self.bind(parameter.to_owned());
        let before = self.clauses.len();
        self.dates(value, |column| match column {
            Bound::Low => "s.low".to_owned(),
            Bound::High => "s.high".to_owned(),
        })?;
        for clause in self.clauses.iter_mut().skip(before) {
            *clause = format!("r.key IN (SELECT s.key FROM span s WHERE s.parameter = {name} AND ({clause}))");
        }
        Ok(())
    }

    /// R4, 3.1.1.4.4 ("Prefixes"): the value is a span as well.
    fn dates(&mut self, value: &str, column: impl Fn(Bound) -> String) -> Result<(), Problem> {
        let mut choices = Vec::new();
        for one in alternatives(value)? {
            let (prefix, span) = prefixed(&one)
                .ok_or_else(|| Problem::bad_request(format!("'{}' is no date to search by", shortened(&one))))?;
            let (low, high) = (column(Bound::Low), column(Bound::High));
            // Bound only where it is used: SQLite counts.
            let mut from = || self.bind(span.low);
            choices.push(match prefix {
                "lt" => format!("{low} < {}", from()),
                "eb" => format!("{high} <= {}", from()),
                "gt" => format!("{high} > {}", self.bind(span.high)),
                "sa" => format!("{low} >= {}", self.bind(span.high)),
                _ => {
                    let (from, until) = (from(), self.bind(span.high));
                    match prefix {
                        "ge" => format!("({high} > {until} OR {low} >= {from})"),
                        "le" => format!("({low} < {from} OR {high} <= {until})"),
                        "ne" => format!("NOT ({low} >= {from} AND {high} <= {until})"),
                        _ => format!("({low} >= {from} AND {high} <= {until})"),
                    }
                }
            });
        }
        self.clauses.push(format!("({})", choices.join(" OR ")));
        Ok(())
    }

    fn sorted(&self, value: &str) -> Result<Sort, Problem> {
        let (name, descending) = value.strip_prefix('-').map_or((value, false), |name| (name, true));
        let date = self.definition.parameter(name).filter(|parameter| parameter.kind == Kind::Date);
        let by = match (name, date) {
            ("_lastUpdated", _) => SortBy::LastUpdated,
            (_, Some(parameter)) => SortBy::Date(parameter.name),
            _ => {
                let said = format!("_sort={}: sorts by _lastUpdated or one date, such as -date", shortened(value));
                return Err(Problem::bad_request(said));
            }
        };
        Ok(Sort { by, descending })
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Leaves out what the one who asks may not see.
    fn limit(&mut self, store: &Store<'_>) {
        if let Some(own) = store.patient {
            let place = format!("?{}", self.values.len() + 1);
            if let Some(clause) = reach::found(self.definition, &place) {
                self.bind(own.to_owned());
                self.clauses.push(clause);
            }
        }
    }

    /// All that meet a condition, at most `most`, in no particular order.
    pub(crate) fn matches(mut self, store: &Store<'_>, most: u32) -> Result<Vec<Stored>, Problem> {
        if !reach::is_shared(self.definition) {
            self.limit(store);
        }
        let sql = format!("SELECT {COLUMNS} FROM resource r WHERE {} LIMIT {most}", self.clauses.join(" AND "));
        let mut statement = store.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params_from_iter(&self.values), Stored::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One page.
    pub(crate) fn page(mut self, store: &Store<'_>) -> Result<Page, Problem> {
        self.limit(store);
        let conditions = self.clauses.join(" AND ");
        let sql = format!("SELECT COUNT(*) FROM resource r WHERE {conditions}");
        let mut statement = store.connection.prepare_cached(&sql)?;
        let total: i64 = statement.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        if self.only_count {
            return Ok(Page { total, found: Vec::new(), next: None });
        }
        let (by, descending) = match &self.sort {
            None => ("0".to_owned(), false),
            Some(Sort { by: SortBy::LastUpdated, descending }) => ("r.updated".to_owned(), *descending),
            Some(Sort { by: SortBy::Date(name), descending }) => {
                // What has no time comes as if it were the oldest.
                let first = format!("SELECT MIN(s.low) FROM span s WHERE s.key = r.key AND s.parameter = '{name}'");
                (format!("COALESCE(({first}), {OLDEST})"), *descending)
            }
        };
        let (direction, beyond) = if descending { ("DESC", "<") } else { ("ASC", ">") };
        let after = match self.after {
            None => String::new(),
            Some((sort, key)) => {
                let (sort, key) = (self.bind(sort), self.bind(key));
                format!("WHERE (place, key) {beyond} ({sort}, {key})")
            }
        };
        let sql = format!(
            "SELECT * FROM (SELECT {COLUMNS}, {by} AS place FROM resource r WHERE {conditions}) {after}
             ORDER BY place {direction}, key {direction} LIMIT {}",
            self.count + 1
        );
        let mut statement = store.connection.prepare_cached(&sql)?;
        let read = |row: &rusqlite::Row<'_>| Ok((Stored::from_row(row)?, row.get::<_, i64>("place")?));
        let rows = statement.query_map(params_from_iter(&self.values), read)?;
        let mut rows: Vec<(Stored, i64)> = rows.collect::<Result<_, _>>()?;
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let more = rows.len() > count;
        rows.truncate(count);
        let next = rows.last().filter(|_| more).map(|(last, place)| {
            let place = (AFTER.to_owned(), format!("{place}.{}", last.key));
            self.asked.iter().cloned().chain([place]).collect()
        });
        Ok(Page { total, found: rows.into_iter().map(|(stored, _)| stored).collect(), next })
    }

    /// The answer to a search: a Bundle of type `searchset`.
    pub(crate) fn bundle(self, store: &Store<'_>) -> Result<Json, Problem> {
        let (definition, include) = (self.definition, self.include.clone());
        if store.patient.is_some_and(|own| self.patients.iter().any(|asked| asked != own)) {
            return Err(Problem::forbidden("this token reaches only what is about the patient of its tablet"));
        }
        let asked = self.asked.clone();
        let page = self.page(store)?;
        let mut entries: Vec<Json> = page.found.iter().map(|stored| entry(store, stored, "match")).collect();
        for stored in included(store, &page.found, &include)? {
            entries.push(entry(store, &stored, "include"));
        }
        let link = |relation: &str, query: &Query| {
            let text: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            let url = format!("{}/{}?{text}", store.base, definition.name);
            Json::object([("relation", Json::text(relation)), ("url", Json::text(url.trim_end_matches('?')))])
        };
        let links = [link("self", &asked)].into_iter().chain(page.next.iter().map(|next| link("next", next)));
        let mut bundle = Json::object([
            ("resourceType", Json::text("Bundle")),
            ("type", Json::text("searchset")),
            ("total", Json::number(page.total)),
            ("link", Json::List(links.collect())),
        ]);
        if !entries.is_empty() {
            bundle.set("entry", Json::List(entries), usize::MAX);
        }
        Ok(bundle)
    }
}

enum Bound {
    Low,
    High,
}

/// An entry of a searchset.
pub(crate) fn entry(store: &Store<'_>, stored: &Stored, mode: &str) -> Json {
    Json::object([
        ("fullUrl", Json::text(format!("{}/{}", store.base, stored.path()))),
        ("resource", Json::Written(stored.body.clone())),
        ("search", Json::object([("mode", Json::text(mode))])),
    ])
}

/// The resources that these refer to by one of the parameters, each once.
fn included(store: &Store<'_>, found: &[Stored], by: &[Parameter]) -> Result<Vec<Stored>, Problem> {
    let mut included: Vec<Stored> = Vec::new();
    for parameter in by {
        let mut statement =
            store.connection.prepare_cached("SELECT system, value FROM word WHERE key = ?1 AND parameter = ?2")?;
        for stored in found {
            let rows = statement.query_map((stored.key, parameter.name), |row| Ok((row.get(0)?, row.get(1)?)))?;
            for row in rows {
                let (kind, id): (String, String) = row?;
                let known = included.iter().chain(found).any(|other| other.kind == kind && other.id == id);
                if !known
                    && let Some(target) = store.find(&kind, &id)?
                    && reach::shows(store, &target)?
                {
                    included.push(target);
                }
            }
        }
    }
    Ok(included)
}

/// `a,b` means either; `\,` `\|` `\$` and `\\` stand for themselves (R4, 3.1.1.4.6).
fn alternatives(value: &str) -> Result<Vec<String>, Problem> {
    let mut all = vec![String::new()];
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter == ',' {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            match letter {
                '\\' => last.extend(letters.next()),
                _ => last.push(letter),
            }
        }
    }
    if all.len() > MOST_VALUES {
        return Err(Problem::bad_request(format!("more than {MOST_VALUES} values in one search parameter")));
    }
    if all.iter().any(String::is_empty) {
        return Err(Problem::bad_request("a search parameter without a value"));
    }
    Ok(all)
}

/// All resources of a type that meet conditions, in the order of their arrival.
pub(crate) fn found(store: &Store<'_>, kind: &str, conditions: &[(&str, String)]) -> Result<Vec<Stored>, Problem> {
    let query: Vec<(String, String)> =
        conditions.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let (definition, mut all, mut next) = (definition(kind)?, Vec::new(), Some(query));
    while let Some(query) = next {
        let page = Search::new(definition, &query)?.page(store)?;
        all.extend(page.found);
        next = page.next;
    }
    Ok(all)
}

/// A value that stands for itself alone, whatever is in it.
pub(crate) fn escaped(value: &str) -> String {
    let escape = |letter: char| ['\\'].into_iter().filter(move |_| matches!(letter, '\\' | ',')).chain([letter]);
    value.chars().flat_map(escape).collect()
}

/// `system|code`, `|code` (without a system), `system|` (any code of it), `code` (of any system).
fn token(text: &str) -> (Option<String>, Option<String>) {
    match text.split_once('|') {
        None => (None, Some(text.to_owned())),
        Some((system, "")) => (Some(system.to_owned()).filter(|system| !system.is_empty()), None),
        Some((system, code)) => (Some(system.to_owned()), Some(code.to_owned())),
    }
}

/// `Patient/123`, a bare `123`, or an address elsewhere.
fn target(text: &str, only: Option<&str>) -> (Option<String>, Option<String>) {
    match (reference::local(text), reference::is_id(text)) {
        (Some((kind, id)), _) => (Some(kind.to_owned()), Some(id.to_owned())),
        (None, true) => (only.map(str::to_owned), Some(text.to_owned())),
        (None, false) => (Some(String::new()), Some(text.to_owned())),
    }
}

fn prefixed(text: &str) -> Option<(&'static str, Span)> {
    const PREFIXES: [&str; 8] = ["eq", "ne", "gt", "ge", "lt", "le", "sa", "eb"];
    // A plus sign that was not escaped arrives as a space.
    let text = text.replace(' ', "+");
    let prefix = PREFIXES.into_iter().find(|prefix| text.starts_with(prefix));
    let date = prefix.and_then(|prefix| text.strip_prefix(prefix)).unwrap_or(&text);
    Some((prefix.unwrap_or("eq"), when::read(date)?))
}

/// All resources that refer to a patient, and the patient (R4, Patient/$everything).
pub(crate) fn everything(store: &Store<'_>, patient: &Stored) -> Result<Json, Problem> {
    let sql = format!(
        "SELECT {COLUMNS} FROM resource r
         WHERE r.key IN (SELECT w.key FROM word w WHERE w.value = ?1 AND w.system = 'Patient') ORDER BY r.key"
    );
    let mut statement = store.connection.prepare_cached(&sql)?;
    let mut entries = vec![entry(store, patient, "match")];
    for stored in statement.query_map([&patient.id], Stored::from_row)? {
        let stored = stored?;
        if reach::shows(store, &stored)? {
            entries.push(entry(store, &stored, "match"));
        }
    }
    Ok(Json::object([
        ("resourceType", Json::text("Bundle")),
        ("type", Json::text("searchset")),
        ("total", Json::number(entries.len())),
        ("entry", Json::List(entries)),
    ]))
}

/// The definition of a type, or a 404.
pub(crate) fn definition(name: &str) -> Result<&'static Definition, Problem> {
    definitions::find(name)
        .ok_or_else(|| Problem::not_supported(format!("this service keeps no '{}'", shortened(name))))
}
