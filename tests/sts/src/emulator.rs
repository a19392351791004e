//! The emulator as a value: configured by a builder, stopped by dropping it.

use std::error::Error;
use std::fmt;
use std::fs::Permissions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::control::serve_control;
use crate::counters::Counters;
use crate::faults::{Fault, FaultScript};
use crate::identities::{Identities, index};
use crate::journal::{Journal, RecordedRequest};
use crate::metadata::{Metadata, serve_metadata};
use crate::progress::{Minimum, Progress};
use crate::quota::Quota;
use crate::server::{Acceptor, serve_sts};
use crate::state::{Clock, State};
use crate::tls::Authority;

/// How an emulator is to be set up.
pub struct Builder {
    port: u16,
    control_port: Option<u16>,
    metadata_port: Option<u16>,
    instance_role: Option<String>,
    identities: Option<Identities>,
    ca_out: Option<PathBuf>,
    hosts: Vec<String>,
    region: Option<String>,
    latency: Duration,
    force_xml: bool,
    quota: Option<u32>,
    clock: Clock,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            port: 0,
            control_port: None,
            metadata_port: None,
            instance_role: None,
            identities: None,
            ca_out: None,
            hosts: Vec::new(),
            region: None,
            latency: Duration::ZERO,
            force_xml: false,
            quota: None,
            clock: Arc::new(SystemTime::now),
        }
    }
}

impl Builder {
    /// The port of STS; 0, the default, for a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Opens the control interface on this port; 0 for a free one.
    #[must_use]
    pub fn control_port(mut self, port: u16) -> Self {
        self.control_port = Some(port);
        self
    }

    /// Opens the metadata endpoints of EC2, ECS and EKS on this port; 0 for a free one.
    #[must_use]
    pub fn metadata_port(mut self, port: u16) -> Self {
        self.metadata_port = Some(port);
        self
    }

    /// The ARN of the role that the EC2 instance has; by default none.
    #[must_use]
    pub fn instance_role(mut self, arn: impl Into<String>) -> Self {
        self.instance_role = Some(arn.into());
        self
    }

    /// The known identities; by default the shipped ones.
    #[must_use]
    pub fn identities(mut self, identities: Identities) -> Self {
        self.identities = Some(identities);
        self
    }

    /// Where to write the CA certificate; by default a temporary file.
    #[must_use]
    pub fn ca_out(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_out = Some(path.into());
        self
    }

    /// One more name in the server's certificate.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// The region that is served under hosts that are none of STS's own names; by default the one that
    /// drivers derive from such a host.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Delays every answer.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Answers in XML whatever a request accepts.
    #[must_use]
    pub fn force_xml(mut self) -> Self {
        self.force_xml = true;
        self
    }

    /// Answers so many identities per second and account, and `Throttling` beyond.
    #[must_use]
    pub fn quota(mut self, per_second: u32) -> Self {
        self.quota = Some(per_second);
        self
    }

    /// The clock by which signatures and sessions are judged; by default the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Starts the emulator. When this returns, its ports listen and the CA certificate is written.
    pub fn start(self) -> Result<StsEmulator, Box<dyn Error + Send + Sync>> {
        let identities = match self.identities {
            Some(identities) => identities,
            None => Identities::shipped()?,
        };
        let authority = Authority::new()?;
        let tls = authority.server_config(&self.hosts)?;
        let ca_file = CaFile::write(authority.pem(), self.ca_out)?;
        let state = Arc::new(State {
            roles: identities.roles.clone(),
            keys: RwLock::new(index(identities, (self.clock)())?),
            metadata: Metadata::default(),
            region: self.region,
            clock: self.clock,
            latency: self.latency,
            force_xml: self.force_xml,
            quota: self.quota.map(Quota::new),
            faults: Mutex::new(FaultScript::default()),
            journal: Journal::default(),
            progress: Progress::default(),
        });
        state.set_instance_role(self.instance_role)?;
        let sts = {
            let state = Arc::clone(&state);
            Acceptor::start("sts", self.port, move |id, socket| {
                serve_sts(id, socket, &tls, &state);
            })?
        };
        let control = match self.control_port {
            None => None,
            Some(port) => {
                let state = Arc::clone(&state);
                Some(Acceptor::start("control", port, move |_, socket| {
                    serve_control(socket, &state);
                })?)
            }
        };
        let metadata = match self.metadata_port {
            None => None,
            Some(port) => {
                let state = Arc::clone(&state);
                Some(Acceptor::start("metadata", port, move |id, socket| {
                    serve_metadata(id, socket, &state);
                })?)
            }
        };
        Ok(StsEmulator {
            state,
            sts,
            control,
            metadata,
            ca_pem: authority.pem().to_owned(),
            ca_file,
        })
    }
}

/// The CA certificate as a file for others to read.
#[derive(Debug)]
enum CaFile {
    /// Removed with the emulator.
    Temporary(NamedTempFile),
    /// Asked for under this name; it stays.
    Kept(PathBuf),
}

impl CaFile {
    fn write(pem: &str, path: Option<PathBuf>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut builder = tempfile::Builder::new();
        builder
            .prefix("sts-emulator-ca-")
            .suffix(".pem")
            .permissions(Permissions::from_mode(0o644));
        let folder = path.as_deref().and_then(Path::parent);
        let mut file = match folder {
            None => builder.tempfile()?,
            // The file must be on the file system of its final name to be renamed at once.
            Some(folder) if folder.as_os_str().is_empty() => builder.tempfile_in(".")?,
            Some(folder) => builder.tempfile_in(folder)?,
        };
        file.write_all(pem.as_bytes())?;
        match path {
            None => Ok(Self::Temporary(file)),
            Some(path) => {
                file.persist(&path)?;
                Ok(Self::Kept(path))
            }
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(file) => file.path(),
            Self::Kept(path) => path,
        }
    }
}

/// A running emulator. Dropping it closes its ports and connections and joins its threads.
pub struct StsEmulator {
    state: Arc<State>,
    sts: Acceptor,
    control: Option<Acceptor>,
    metadata: Option<Acceptor>,
    ca_pem: String,
    ca_file: CaFile,
}

impl fmt::Debug for StsEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StsEmulator")
            .field("endpoint", &self.endpoint())
            .finish_non_exhaustive()
    }
}

impl StsEmulator {
    /// A builder with a free port, the shipped identities and the system's clock.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The URL of STS, by address: `https://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.address())
    }

    /// The address on which STS listens.
    pub fn address(&self) -> SocketAddr {
        self.sts.address()
    }

    /// The address of the control interface, if it was asked for.
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control.as_ref().map(Acceptor::address)
    }

    /// The address of the metadata endpoints, if they were asked for.
    pub fn metadata_address(&self) -> Option<SocketAddr> {
        self.metadata.as_ref().map(Acceptor::address)
    }

    /// The CA certificate to trust, in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The file with the CA certificate.
    pub fn ca_path(&self) -> &Path {
        self.ca_file.path()
    }

    /// What has been counted.
    pub fn counters(&self) -> Counters {
        self.state.progress.counters()
    }

    /// The last requests (1,024 at most) as they were received, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.journal.entries()
    }

    /// Queues a fault for the next requests.
    pub fn push_fault(&self, fault: impl Into<Fault>) {
        self.state.faults().push(fault.into());
    }

    /// Sets the fault that applies while none is queued, or ends it.
    pub fn set_standing_fault(&self, fault: Option<Fault>) {
        self.state.faults().set_standing(fault);
    }

    /// Holds answers back until [`Self::release`], or until `count` of them are held. Held requests are
    /// verified already and count as in flight.
    pub fn hold(&self, count: Option<u64>) {
        self.state.progress.hold(count);
    }

    /// Lets all held answers go and holds no more.
    pub fn release(&self) {
        self.state.progress.release();
    }

    /// Waits until all counters have reached the minimum; `false` if they have not in time.
    pub fn wait(&self, minimum: Minimum, timeout: Duration) -> bool {
        self.state.progress.wait(minimum, timeout)
    }

    /// Waits until so many requests are in flight at once; `false` if they are not in time.
    pub fn wait_in_flight(&self, count: u64, timeout: Duration) -> bool {
        let minimum = Minimum {
            in_flight: count,
            ..Minimum::default()
        };
        self.wait(minimum, timeout)
    }

    /// Starts anew: no faults, nothing held, nothing counted, no requests remembered.
    pub fn reset(&self) {
        self.state.reset();
    }
}

impl Drop for StsEmulator {
    fn drop(&mut self) {
        // Wakes the connections that wait for something; the acceptors then join their threads.
        self.state.progress.stop();
    }
}
