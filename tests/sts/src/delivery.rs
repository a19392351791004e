//! Puts an answer on the wire, or keeps it back: knows nothing of what the answer says.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::faults::Delivery;
use crate::http::Response;
use crate::progress::{InFlight, Progress};

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    KeepOpen,
    Close,
    HalfClose,
    Reset,
}

/// An answer and what is counted for it.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) response: Response,
    pub(crate) error_code: Option<String>,
    pub(crate) in_flight: InFlight<'a>,
}

impl Outgoing<'_> {
    /// Sends the answer at once, followed by other bytes.
    fn send(self, stream: &mut impl Write, surplus: &[u8]) -> io::Result<()> {
        let mut bytes = self.response.to_bytes();
        bytes.extend_from_slice(surplus);
        self.in_flight
            .answered(self.response.status, self.error_code.as_deref());
        stream.write_all(&bytes)?;
        stream.flush()
    }

    fn drip(
        self,
        stream: &mut impl Write,
        interval: Duration,
        progress: &Progress,
    ) -> io::Result<()> {
        let bytes = self.response.to_bytes();
        let (last, first) = bytes.split_last().unwrap_or((&b'\n', &[]));
        for byte in first {
            stream.write_all(&[*byte])?;
            stream.flush()?;
            if !progress.pause(interval) {
                return Ok(());
            }
        }
        self.in_flight
            .answered(self.response.status, self.error_code.as_deref());
        stream.write_all(&[*last])?;
        stream.flush()
    }
}

/// Delivers an answer as the fault says.
pub(crate) fn deliver(
    outgoing: Outgoing<'_>,
    delivery: &Delivery,
    stream: &mut (impl Read + Write),
    progress: &Progress,
) -> io::Result<After> {
    match delivery {
        Delivery::Whole => {
            outgoing.send(stream, &[])?;
            Ok(After::KeepOpen)
        }
        Delivery::Close => Ok(After::Close),
        Delivery::Reset => Ok(After::Reset),
        Delivery::ThenClose => {
            outgoing.send(stream, &[])?;
            Ok(After::Close)
        }
        Delivery::HalfClose => Ok(After::HalfClose),
        Delivery::ThenHalfClose => {
            outgoing.send(stream, &[])?;
            Ok(After::HalfClose)
        }
        Delivery::Silence => {
            io::copy(stream, &mut io::sink())?;
            Ok(After::Close)
        }
        Delivery::Drip { interval_ms } => {
            outgoing.drip(stream, Duration::from_millis(*interval_ms), progress)?;
            Ok(After::KeepOpen)
        }
        Delivery::Surplus {
            answer,
            separate_record,
        } => {
            let surplus = answer.response().to_bytes();
            if *separate_record {
                stream.write_all(&outgoing.response.to_bytes())?;
                stream.flush()?;
                stream.write_all(&surplus)?;
                stream.flush()?;
                // In flight until all is sent, for tests that wait for that.
                let (status, error_code) = (outgoing.response.status, outgoing.error_code);
                outgoing.in_flight.answered(status, error_code.as_deref());
            } else {
                outgoing.send(stream, &surplus)?;
            }
            Ok(After::KeepOpen)
        }
    }
}
