#![allow(clippy::unwrap_used)]

use super::*;
use crate::engine::engine;
use crate::routes::Routes;
use crate::serve::tests::{LIMITS, grants};
use crate::serve::{Limits, Reuse};
use crate::state::linker;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

/// A component that takes messages.
fn component() -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    resolve.push_str("redis.wit", include_str!("../../../wit/spin-redis@3.0.0/redis.wit")).unwrap();
    let guest = "package test:guest; world guest { export spin:redis/inbound-redis@3.0.0; }";
    let package = resolve.push_str("guest.wit", guest).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = wat::parse_str(include_str!("guest.wat")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn server(limits: Limits) -> Server {
    let engine = engine(4 << 20, 96).unwrap();
    let linker = linker(&engine).unwrap();
    let reuse = Reuse { requests: 1_000, at_once: 16, idle: Duration::from_secs(30), request: limits.request };
    let compiled = wasmtime::component::Component::new(&engine, component()).unwrap();
    // It answers no requests.
    assert!(Instances::new(&linker, &compiled, grants(), reuse, false).is_err());
    let told = Instances::told(&linker, &compiled, grants(), reuse).unwrap();
    let server = Server::new(Routes::new([]).unwrap(), BTreeMap::new(), limits, &[]);
    server.with_messages(Vec::new(), BTreeMap::from([("taker".to_owned(), told)]))
}

/// What a message does to its instance is over with it: of many at once only those fail that trap or are stuck, and all that
/// come after are carried out.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_fails_takes_no_other_with_it() {
    let server = &server(LIMITS);
    let taker = &*server.messages.takers["taker"];
    for _ in 0..3 {
        let all = ["a", "t", "b", "error", "t", "c", "s", "d", "", "f"]
            .map(|message| async move { (message, server.tell(taker, Bytes::from_static(message.as_bytes())).await) });
        for (message, told) in futures::future::join_all(all).await {
            let expected = match message {
                "t" => Err(Unanswered::Internal),
                "s" => Err(Unanswered::TimedOut),
                "error" => Ok(Err(())),
                _ => Ok(Ok(())),
            };
            let told = told.map(|said| said.map_err(|why| assert!(why.contains("no"), "{why}")));
            assert_eq!(told, expected, "{message}");
        }
    }
}

/// Messages take places of requests, and wait for one; what is too large is lost. What has come is carried out to its end when it is
/// time to stop.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_carried_out() {
    let server = Arc::new(server(LIMITS));
    let (stopping, _) = watch::channel(());
    let all = Arc::clone(&server.in_flight).acquire_many_owned(16).await.unwrap();
    let tasks = server.take_messages(Vec::new(), &stopping);
    let taker = Arc::clone(&server.messages.takers["taker"]);
    for message in ["a", "t", "b"] {
        for _ in 0..20 {
            server.heard(&taker, "channel", &Bytes::from_static(message.as_bytes()));
        }
    }
    server.heard(&taker, "channel", &Bytes::from(vec![b'a'; LIMITS.body + 1]));
    sleep(Duration::from_millis(200)).await;
    // Those that were taken wait for a place.
    let waiting = server.messages.waiting();
    assert_eq!(waiting, 60 - processors() * 2);
    drop(all);
    _ = stopping.send(());
    timeout(Duration::from_secs(30), stopping.closed()).await.unwrap();
    assert_eq!(server.messages.waiting(), 0);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(server.in_flight.available_permits(), LIMITS.in_flight);
}

/// An address that is none is refused, and not repeated.
#[test]
fn addresses() {
    let said = |address: &str| {
        let new = Subscription::new(address, vec![("channel".to_owned(), "taker".to_owned())]);
        new.map(drop).map_err(|error| format!("{error:#}"))
    };
    assert_eq!(said("redis://user:secret@host:6379"), Ok(()));
    for address in
        ["", "host:secret", "redis://user:secret@host:port", "http://user:secret@host", "rediss://user:secret@host"]
    {
        let error = said(address).unwrap_err();
        assert!(error.contains("[[trigger.redis]]") && !error.contains("secret"), "{address}: {error}");
    }
}
