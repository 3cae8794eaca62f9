//! Whom a client trusts.

use crate::input;
use anyhow::{Context as _, ensure};
use clap::Args;
use rustls::crypto::ring;
use std::path::PathBuf;
use std::sync::Arc;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Whom to trust when the server speaks TLS.
#[derive(Debug, Args)]
pub struct TlsArgs {
    /// Trust servers whose certificates are signed with one in this file (PEM), and no others. Without it, those that the system trusts.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// Trust whoever answers: anybody in between can read and change what is sent. For tests.
    #[arg(long)]
    insecure: bool,
}

impl TlsArgs {
    /// What a client of this server needs. `None` for one that does not speak TLS.
    ///
    /// # Errors
    ///
    /// There is nobody to trust.
    pub fn read(&self, server: &Uri) -> anyhow::Result<Option<TlsConfig>> {
        if server.scheme_str() != Some("https") {
            ensure!(self.ca.is_none() && !self.insecure, "--ca and --insecure are for https, and --url says {server}");
            return Ok(None);
        }
        let config = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
        let config = if self.insecure {
            config.disable_verification(true)
        } else {
            config.root_certs(RootCerts::from(self.trusted()?))
        };
        Ok(Some(config.build()))
    }

    fn trusted(&self) -> anyhow::Result<Vec<Certificate<'static>>> {
        let Some(path) = &self.ca else {
            let found = rustls_native_certs::load_native_certs();
            ensure!(
                !found.certs.is_empty(),
                "this system has no certificates of authorities that it trusts; name a file of them with --ca"
            );
            return Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect());
        };
        let name = input::name(path);
        let text = input::read_text(path)?;
        let items: Result<Vec<PemItem<'static>>, _> = parse_pem(text.as_bytes()).collect();
        let items = items.with_context(|| format!("{name} is not in PEM"))?;
        let certificates = items.into_iter().filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        });
        let certificates: Vec<_> = certificates.collect();
        ensure!(!certificates.is_empty(), "{name} has no certificate: it begins with -----BEGIN CERTIFICATE-----");
        Ok(certificates)
    }
}
