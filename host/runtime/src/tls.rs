//! TLS: the certificate and its key, read from files and read again when they change.

mod follow;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, InconsistentKeys, ServerConfig};

use self::follow::{Follow, Stamp, Step};

/// How often the files are looked at.
const LOOKING: Duration = Duration::from_secs(1);

/// Where a certificate and its key are.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// PEM: the server's own certificate, and those that it is signed with.
    pub certificate: PathBuf,
    /// PEM: its private key.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// What they say, ready to be used.
    ///
    /// # Errors
    ///
    /// They cannot be read, are not what they should be, or do not go together.
    fn load(&self) -> anyhow::Result<Arc<ServerConfig>> {
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
            PemError::NoItemsFound => anyhow::anyhow!(
                "{} has no private key: it begins with -----BEGIN PRIVATE KEY-----, and has no password",
                key.display()
            ),
            error => broken(key, &error),
        })?;
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
        Ok(Arc::new(config))
    }

    fn stamp(&self) -> [Option<Stamp>; 2] {
        [&self.certificate, &self.key].map(|path| Stamp::of(path))
    }
}

fn read(path: &Path, option: &str) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}, which {option} names", path.display()))
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
    config: Arc<Mutex<Arc<ServerConfig>>>,
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
        let config = files.load()?;
        Ok(Self { files, follow: Arc::new(Mutex::new(follow)), config: Arc::new(Mutex::new(config)) })
    }

    /// What begins a connection from now on.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config.lock().unwrap_or_else(PoisonError::into_inner)))
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
        let mut follow = self.follow.lock().unwrap_or_else(PoisonError::into_inner);
        match follow.step(self.files.stamp(), || self.files.load()) {
            Step::Stays => {}
            Step::Changes(config) => {
                *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
                let path = self.files.certificate.display();
                tracing::info!("connections from now on are made with the new certificate in {path}");
            }
            Step::Fails(why) => {
                tracing::error!("the new certificate cannot be used, and the one before stays in force: {why:#}");
            }
        }
    }
}

#[cfg(test)]
mod tests;
