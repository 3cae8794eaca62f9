#![allow(clippy::unwrap_used)]

use super::*;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::fs;

/// What is wrong with a certificate or its key is said of the file that it is wrong with, and what would be right.
#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let made = || {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    };
    let ((certificate, key), (_, another)) = (made(), made());
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let traditional =
        key.replace("PRIVATE KEY-----\n", "EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0\n\n");
    let endless = " ".repeat((1 << 20) + 1);
    let unfinished = certificate.replace("-----END CERTIFICATE-----", "");
    let nonsense = certificate.replacen("\nMII", "\n!!!", 1);
    let (both, twice) = (format!("{key}{certificate}"), format!("{certificate}{certificate}"));
    for (certificate, key, expected) in [
        (Some(&*certificate), Some(&*key), Ok(())),
        (Some(&both), Some(&both), Ok(())),
        (Some(&twice), Some(&key), Ok(())),
        (None, Some(&key), Err("cannot read")),
        (Some(&certificate), None, Err("which --tls-key names")),
        (Some(""), Some(&key), Err("has no certificate")),
        (Some(&key), Some(&key), Err("has no certificate")),
        (Some(&unfinished), Some(&key), Err("certificate.pem is not PEM")),
        (Some(&nonsense), Some(&key), Err("certificate.pem is not PEM")),
        (Some(&certificate), Some(&certificate), Err("has no private key")),
        (Some(&certificate), Some(&encrypted), Err("openssl pkey -in")),
        (Some(&certificate), Some(&traditional), Err("is encrypted with a password")),
        (Some(&endless), Some(&key), Err("certificate.pem is larger than 1048576 bytes")),
        (Some(&certificate), Some(&endless), Err("--tls-key names a file in PEM")),
        (Some(&certificate), Some(&another), Err("is not that of the first certificate")),
    ] {
        let files = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        for (path, text) in files.iter().zip([certificate, key]) {
            _ = fs::remove_file(path);
            if let Some(text) = text {
                fs::write(path, text).unwrap();
            }
        }
        let [certificate, key] = files;
        match (CertificateFiles { certificate, key }.load(), expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(why)) => assert!(format!("{error:#}").contains(why), "{error:#}, and not {why}"),
            (loaded, expected) => panic!("{expected:?}: {:?}", loaded.map(|_| ())),
        }
    }
}

/// What can be read only once, or never ends, is not read at all: nobody waits for it.
#[test]
fn what_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [Path::new("/dev/zero"), &pipe, folder.path()] {
        let error = read(path, "--tls-key").unwrap_err().to_string();
        assert!(error.contains("is no regular file") && error.contains("--tls-key"), "{error}");
    }
}
