//! A patient whom only one check knows, with a tablet.

use anyhow::{Context as _, Result, ensure};
use dagsform::{
    record::{Counts, Enrolling, Enrolment, Record},
    tablet::{fetching, sending},
};
use dagsform_care::{
    ByHand, Kind, Measured, Metric, PatientId, Performer, Quantity, Reading, ReadingTime, Value, shown::shown_unit,
};
use dagsform_sync::{Client, Fetcher, ServiceAddress};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::server::{Place, Server};

/// Adds a patient; the reference.
pub(super) async fn add(place: &Place) -> Result<String> {
    place.rest.add_patient(&place.base, &format!("p-{}", Uuid::now_v7().simple())).await
}

/// A patient with a tablet: the record, the sending and the fetching are the real ones.
pub(super) struct Patient {
    pub(super) place: Place,
    pub(super) reference: String,
    pub(super) record: Record,
    enrolment: Enrolment,
    client: Client,
    fetcher: Fetcher<Record>,
    _folder: TempDir,
}

impl Patient {
    pub(super) async fn new(server: &Server) -> Result<Self> {
        Self::with_tablet(server, add(&server.place).await?).await
    }

    /// The same patient, with another tablet.
    pub(super) async fn with_another_tablet(&self, server: &Server) -> Result<Self> {
        Self::with_tablet(server, self.reference.clone()).await
    }

    async fn with_tablet(server: &Server, reference: String) -> Result<Self> {
        let place = server.place.clone();
        let folder = tempfile::tempdir()?;
        let record = Record::open(folder.path())?;
        let enrolment = record.enrol(Enrolling::open(&reference, &place.base)).await?;
        let client = Client::new(ServiceAddress::parse(&place.base)?, server.access(&reference).await?)?;
        let fetcher = fetching(record.clone(), client.clone(), &enrolment)?;
        Ok(Self { place, reference, record, enrolment, client, fetcher, _folder: folder })
    }

    /// The patient's id at the service.
    pub(super) fn id(&self) -> &str {
        self.reference.rsplit('/').next().unwrap_or_default()
    }

    /// The patient on the tablet.
    pub(super) fn on_the_tablet(&self) -> PatientId {
        self.enrolment.patient.clone()
    }

    /// Enters a reading by hand.
    pub(super) async fn enter(&self, kind: Kind, numbers: &[(Metric, &str)]) -> Result<Reading> {
        let values: Result<Vec<Measured>> = numbers
            .iter()
            .map(|(metric, text)| {
                let value = Value::Number(text.parse().with_context(|| format!("'{text}'"))?);
                Ok(Measured { metric: *metric, quantity: Quantity { value, unit: shown_unit(*metric) } })
            })
            .collect();
        let (now, trust) = self.record.now();
        let entered = ByHand { kind, values: values?, meal: None, performer: Performer::Patient };
        let time = ReadingTime::by_hand(now, now, trust);
        let reading = Reading::by_hand(Uuid::now_v7(), self.on_the_tablet(), entered, time);
        self.record.save_by_hand(reading.clone()).await?;
        Ok(reading)
    }

    /// Sends all that waits; how many are where then.
    pub(super) async fn send(&self) -> Result<Counts> {
        let (events, _) = mpsc::unbounded_channel();
        let report = sending(self.record.clone(), self.client.clone(), &self.enrolment, events)?.pass().await;
        if let Some(fault) = report.fault {
            return Err(fault.into());
        }
        Ok(self.record.counts().await?)
    }

    /// Sends all that waits, of which nothing may be refused.
    pub(super) async fn deliver(&self) -> Result<()> {
        let counts = self.send().await?;
        ensure!(counts.waiting == 0 && counts.aside == 0, "{counts:?}: {}", self.why().await?);
        Ok(())
    }

    /// Why something was set aside.
    async fn why(&self) -> Result<String> {
        let readings = self.record.readings().await?.into_iter().map(|row| row.delivery);
        let items = self.record.items().await?.into_iter().map(|row| row.delivery);
        let aside = readings.chain(items).find(|delivery| matches!(delivery, dagsform::record::Delivery::Aside(_)));
        Ok(aside.map(|aside| format!("{aside:?}")).unwrap_or_default())
    }

    /// Fetches what is new.
    pub(super) async fn fetch(&mut self) -> Result<()> {
        Ok(self.fetcher.pass().await?)
    }

    /// The program starts again: it compares all that it has with the service.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.fetcher = fetching(self.record.clone(), self.client.clone(), &self.enrolment)?;
        Ok(())
    }

    /// The patient's resources of a type, as the service has them.
    pub(super) async fn held(&self, kind: &str) -> Result<Vec<Json>> {
        self.place.rest.search(&self.place.base, &format!("{kind}?patient={}", self.reference)).await
    }
}
