//! The nurse's page: what arrived, newest first; what is agreed: seen, messages, plan, lists, limits; the tablet's access.
//!
//! Plain HTML by the server, forms that post and redirect, no script. Every text from outside goes through
//! [`html::Html::text`], which escapes it; a Content-Security-Policy stands behind that. Forms carry a token
//! that is new at each start, so that no page of another site can post them.

use std::sync::Arc;

use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;

use super::{PageWords, TabletAccess, database::Database, http::Answer, problem::Problem};
use html::{Frame, Html};

mod act;
mod answers;
mod arrivals;
mod fault;
mod html;
mod limits;
mod lists;
mod medicines;
mod messages;
mod patient;
mod patients;
mod plan;
mod readings;
mod says;
mod tablet;
mod zones;

use fault::Fault;

/// Nothing from elsewhere, no script, no frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const STYLE: &str = include_str!("page/style.css");

/// The page.
pub(crate) struct Page {
    database: Database,
    words: Arc<dyn PageWords>,
    access: TabletAccess,
    /// Forms without it were not made by this page.
    token: String,
}

impl Page {
    pub(crate) fn new(database: Database, words: Arc<dyn PageWords>, access: TabletAccess) -> Self {
        Self { database, words, access, token: format!("{:032x}", rand::random::<u128>()) }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> Answer {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let done = match (method, segments.as_slice()) {
            (&Method::GET | &Method::HEAD, [""]) => self.patients().await,
            (&Method::GET | &Method::HEAD, ["style.css"]) => Ok(style()),
            (&Method::GET | &Method::HEAD, ["patient", id]) => self.patient(id, query).await,
            (&Method::POST, ["patient", id, "code"]) if self.access == TabletAccess::SignIn => {
                self.code(id, body).await
            }
            (&Method::POST, ["patient", id, "code-file"]) => self.code_file(id, body).await,
            (&Method::POST, ["patient", id, action]) => self.act(id, action, body).await,
            (_, [""] | ["style.css"] | ["patient", _]) => Err(Problem::method("GET").into()),
            _ => Err(Fault::NotFound),
        };
        done.unwrap_or_else(|fault| self.told(&fault))
    }

    /// A request that could not even be read.
    pub(crate) fn fault(&self, problem: Problem) -> Answer {
        self.told(&problem.into())
    }

    async fn patients(&self) -> Result<Answer, Fault> {
        let all = self.database.run(patients::read).await?;
        Ok(self.html(200, patients::show(&*self.words, &all)))
    }

    async fn patient(&self, id: &str, query: &str) -> Result<Answer, Fault> {
        let (id, after, access) = (id.to_owned(), patient::after(query), self.access);
        let view = self.database.run(move |store| patient::read(store, &id, after, access)).await?;
        Ok(self.html(200, patient::show(&*self.words, &self.token, &view)))
    }

    async fn act(&self, id: &str, action: &str, body: &[u8]) -> Result<Answer, Fault> {
        let form = self.form(body)?;
        let (action, desk) = (act::Action::read(action, &form)?, act::Desk::new(&*self.words, id));
        let place = format!("/patient/{id}");
        self.database.run(move |store| action.carry_out(store, &desk)).await?;
        let mut answer = self.html(303, Html::default());
        // The id was found, so it is one.
        answer.headers_mut().insert(header::LOCATION, HeaderValue::from_str(&place).map_err(|_| Fault::NotFound)?);
        Ok(answer)
    }

    /// A form that this page made.
    fn form(&self, body: &[u8]) -> Result<act::Form, Fault> {
        let form = act::Form::read(body);
        if form.get("token") == Some(&self.token) { Ok(form) } else { Err(Fault::Token) }
    }

    /// Makes a one-time code and shows it: it is kept nowhere, so no other request could.
    async fn code(&self, id: &str, body: &[u8]) -> Result<Answer, Fault> {
        self.form(body)?;
        let patient = id.to_owned();
        let made = self.database.run(move |store| tablet::make(store, &patient)).await?;
        let frame = Frame { words: &*self.words, token: &self.token, patient: id };
        Ok(self.html(200, tablet::show_made(frame, self.database.base(), &made)))
    }

    async fn code_file(&self, id: &str, body: &[u8]) -> Result<Answer, Fault> {
        let (patient, code) = (id.to_owned(), self.form(body)?.get("code").unwrap_or_default().to_owned());
        let file = self.database.run(move |store| tablet::file(store, &patient, &code)).await?;
        let mut answer = with_headers(200, "application/json", file);
        let attachment = HeaderValue::from_static("attachment; filename=\"dagsform.json\"");
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
        Ok(answer)
    }

    fn told(&self, fault: &Fault) -> Answer {
        self.html(fault.status(), fault.show(&*self.words))
    }

    fn html(&self, status: u16, body: Html) -> Answer {
        with_headers(status, "text/html; charset=utf-8", body.into_text())
    }
}

fn style() -> Answer {
    with_headers(200, "text/css; charset=utf-8", STYLE.to_owned())
}

fn with_headers(status: u16, media_type: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}
