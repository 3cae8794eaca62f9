//! TLS: the certificate and its key, read from files and read again when they change.

mod follow;
mod validity;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, InconsistentKeys, ServerConfig};

use self::follow::{Follow, Stamp, Step};
use self::validity::{Notice, Reminder, Validity};

/// How often the files are looked at.
const LOOKING: Duration = Duration::from_secs(1);

/// The largest file that is read, in bytes: a hundred times as long as those that there are.
const LARGEST: u64 = 1 << 20;

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// PEM: the server's own certificate, and those that it is signed with.
    pub certificate: PathBuf,
    /// PEM: its private key.
    pub key: PathBuf,
}

/// What was read.
struct Loaded {
    config: Arc<ServerConfig>,
    /// Of the server's own certificate.
    validity: Option<Validity>,
}

impl CertificateFiles {
    /// What they say, ready to be used.
    ///
    /// # Errors
    ///
    /// They cannot be read, are not what they should be, or do not go together.
    fn load(&self) -> anyhow::Result<Loaded> {
        let Self { certificate, key } = self;
        let text = read(certificate, "--tls-certificate")?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let chain = chain.map_err(|error| broken(certificate, &error))?;
        anyhow::ensure!(
            !chain.is_empty(),
            "{} has no certificate: it begins with -----BEGIN CERTIFICATE-----, the server's own first",
            certificate.display()
        );
        let text = read(key, "--tls-key")?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            _ if is_encrypted(&text) => anyhow::anyhow!(
                "the private key in {0} is encrypted with a password, for which nobody is asked here; \
                 `openssl pkey -in {0} -out FILE` writes it to another file without",
                key.display()
            ),
            PemError::NoItemsFound => {
                anyhow::anyhow!("{} has no private key: it begins with -----BEGIN PRIVATE KEY-----", key.display())
            }
            error => broken(key, &error),
        })?;
        let validity = chain.first().and_then(|own| Validity::of(own));
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
        let config = builder.with_single_cert(chain, private).map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => anyhow::anyhow!(
                "the private key in {} is not that of the first certificate in {}",
                key.display(),
                certificate.display()
            ),
            error => anyhow::anyhow!("{} and {} cannot be used: {error}", certificate.display(), key.display()),
        });
        let mut config = config?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Loaded { config: Arc::new(config), validity })
    }

    fn stamp(&self) -> [Option<Stamp>; 2] {
        [&self.certificate, &self.key].map(|path| Stamp::of(path))
    }
}

/// A file is read whenever it changes: what can be read only once, or has no end, is none.
fn read(path: &Path, option: &str) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}, which {option} names", path.display());
    // Before it is opened: a pipe would wait for somebody to write to it.
    let about = path.metadata().with_context(cannot)?;
    anyhow::ensure!(
        about.is_file(),
        "{} is no regular file; write what it says to a file, and name that with {option}",
        path.display()
    );
    let mut text = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text)).with_context(cannot)?;
    anyhow::ensure!(
        u64::try_from(text.len()).is_ok_and(|length| length <= LARGEST),
        "{} is larger than {LARGEST} bytes; {option} names a file in PEM, which has a few thousand",
        path.display()
    );
    Ok(text)
}

/// Whether there is a private key that needs a password, in either of the two forms there are.
fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.lines().any(|line| {
        line.trim_end() == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
            || line.strip_prefix("Proc-Type:").is_some_and(|kind| kind.contains("ENCRYPTED"))
    })
}

fn broken(path: &Path, error: &PemError) -> anyhow::Error {
    let why = match error {
        PemError::MissingSectionEnd { .. } => "it breaks off, without a line -----END ...-----",
        PemError::IllegalSectionStart { .. } => "a line begins with -----, and does not end so",
        PemError::Base64Decode(_) => "what stands between BEGIN and END is not base64",
        _ => return anyhow::anyhow!("{} is not PEM: {error}", path.display()),
    };
    anyhow::anyhow!("{} is not PEM: {why}", path.display())
}

/// The certificate in force. Connections that were made with an earlier one keep it.
#[derive(Clone)]
pub struct Tls {
    files: CertificateFiles,
    follow: Arc<Mutex<Follow<[Option<Stamp>; 2]>>>,
    reminder: Arc<Mutex<Reminder>>,
    in_force: Arc<Mutex<Loaded>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// Why they cannot be used.
    pub fn load(files: CertificateFiles) -> anyhow::Result<Self> {
        // Before they are read: should they change in between, they are read again.
        let follow = Follow::new(files.stamp());
        let loaded = files.load()?;
        let (follow, reminder) = (Arc::new(Mutex::new(follow)), Arc::new(Mutex::new(Reminder::new())));
        Ok(Self { files, follow, reminder, in_force: Arc::new(Mutex::new(loaded)) })
    }

    /// Says when the certificate is not valid, or will not be for long. Returns why clients refuse it, if they do.
    pub(crate) fn tell_validity(&self) -> Option<String> {
        lock(&self.reminder).says(Instant::now());
        let notice = lock(&self.in_force).validity.and_then(|validity| validity.notice(SystemTime::now()))?;
        let (Notice::Soon(why) | Notice::Refused(why)) = &notice;
        let text = format!("the certificate in {} {why}", self.files.certificate.display());
        tracing::warn!("{text}");
        matches!(notice, Notice::Refused(_)).then_some(text)
    }

    /// What begins a connection from now on.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&lock(&self.in_force).config))
    }

    /// Reads the files whenever they change, for ever. What cannot be used is said, once, and what was in force stays.
    pub(crate) async fn follow(self) {
        loop {
            tokio::time::sleep(LOOKING).await;
            let this = self.clone();
            // A file system may be slow.
            _ = tokio::task::spawn_blocking(move || this.look()).await;
        }
    }

    fn look(&self) {
        if lock(&self.reminder).is_due(Instant::now()) {
            self.tell_validity();
        }
        match lock(&self.follow).step(self.files.stamp(), || self.files.load()) {
            Step::Stays => {}
            Step::Changes(loaded) => {
                *lock(&self.in_force) = loaded;
                let path = self.files.certificate.display();
                tracing::info!("connections from now on are made with the new certificate in {path}");
                self.tell_validity();
            }
            Step::Fails(why) => {
                tracing::error!("the new certificate cannot be used, and the one before stays in force: {why:#}");
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
