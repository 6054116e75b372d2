//! From raw bytes to a reading: the step between the sensors and the record.

use async_trait::async_trait;
use dagsform_care::{Decimal, DeviceId, DeviceInformation, Identity, Kind, Reading, Reception, time::ZONE};
use dagsform_sensors::{FrameSink, NewestRecord, RawFrame, SinkError, Taken, codec};

use crate::{
    gaps,
    record::{FrameRow, Kept, Record, RecordError, SavedReading},
};

/// Takes frames into the record.
#[derive(Clone)]
pub struct Intake {
    record: Record,
}

impl Intake {
    /// An intake into `record`. What an earlier run had stored as bytes only is finished first.
    pub async fn open(record: Record) -> Result<Self, RecordError> {
        let intake = Self { record };
        for row in intake.record.frames_left().await? {
            intake.finish(row).await?;
        }
        Ok(intake)
    }

    /// The link may have ended between a record and its context; then the context comes with the next fetch.
    async fn complete(&self, identity: Identity, frame: RawFrame) -> Result<(), RecordError> {
        let Some(context) = frame.context.as_deref() else { return Ok(()) };
        let observed = codec::observe(frame.format, &frame.bytes, Some(context)).ok().flatten();
        match observed.and_then(|observed| observed.meal) {
            Some(meal) => self.record.add_context(identity, frame, meal).await,
            None => Ok(()),
        }
    }

    /// Makes of a stored frame what can be made of it, and commits that.
    async fn finish(&self, row: FrameRow) -> Result<Taken, RecordError> {
        let undecodable = match codec::observe(row.frame.format, &row.frame.bytes, row.frame.context.as_deref()) {
            Ok(Some(observed)) => {
                // Whatever the scale and its layout.
                let usual_weight = match observed.kind {
                    Kind::BodyWeight => self.record.usual_weight().await?,
                    _ => None,
                };
                let reading = Reading::received(observed, &reception(&row, usual_weight));
                gaps::pass("decoded");
                return Ok(match self.record.save_reading(reading, row.id).await? {
                    SavedReading::New(reading) => {
                        gaps::pass("reading-stored");
                        // What a sensor measures shows by what comes of it; best effort.
                        if let Err(error) = self.record.measures(row.frame.device, reading.kind).await {
                            tracing::warn!(%error, "what a sensor measures could not be kept");
                        }
                        Taken::Saved(reading)
                    }
                    SavedReading::Known(identity) => Taken::Known(identity),
                });
            }
            Ok(None) => format!("{} carries no measurement", row.frame.format),
            Err(error) => error.to_string(),
        };
        self.record.mark_undecodable(row.id, undecodable.clone()).await?;
        Ok(Taken::Undecodable { reason: undecodable })
    }
}

fn reception(row: &FrameRow, usual_weight: Option<Decimal>) -> Reception {
    Reception {
        patient: row.patient.clone(),
        device: row.frame.device.clone(),
        assigned: row.assigned,
        at: row.frame.received,
        tablet_clock: row.tablet_clock,
        from_storage: row.frame.from_storage,
        ordinal: row.frame.ordinal,
        zone: ZONE,
        user: row.user,
        usual_weight,
    }
}

#[async_trait]
impl FrameSink for Intake {
    async fn take(&self, frame: RawFrame) -> Result<Taken, SinkError> {
        let again = frame.clone();
        match self.record.keep_frame(frame).await? {
            Kept::New(row) => {
                gaps::pass("frame-stored");
                Ok(self.finish(*row).await?)
            }
            Kept::Known(identity) => {
                self.complete(identity, again).await?;
                Ok(Taken::Known(identity))
            }
            Kept::KnownUndecodable(reason) => Ok(Taken::Undecodable { reason }),
        }
    }

    async fn describe(&self, device: &DeviceId, information: &DeviceInformation) -> Result<(), SinkError> {
        Ok(self.record.describe_device(device.clone(), information.clone()).await?)
    }

    async fn fetched(&self, device: &DeviceId, newest: NewestRecord) -> Result<(), SinkError> {
        Ok(self.record.keep_newest(device.clone(), newest).await?)
    }

    async fn newest_record(&self, device: &DeviceId) -> Result<Option<NewestRecord>, SinkError> {
        Ok(self.record.newest_record(device.clone()).await?)
    }
}
