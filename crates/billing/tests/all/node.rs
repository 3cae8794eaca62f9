//! A node whose configuration a test may change, and the one trip that its pages are about.
#![allow(clippy::unwrap_used)]

use farebox_billing::{Billing, Context, Wanted, bills, meter};
use farebox_kit::artifacts::copy_configuration;
use farebox_kit::memory::{World, now};
use serde_json::{Value, json};
use std::path::Path;
use std::rc::Rc;
use tempfile::TempDir;

/// A node with a configuration of its own.
pub struct Node {
    pub world: World,
    billing: Rc<Billing<World>>,
    /// Gone when the test is over.
    #[expect(dead_code, reason = "held, never read")]
    folder: TempDir,
}

impl Node {
    /// With the configuration that ships, as it is changed.
    pub fn with(change: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_configuration(folder.path());
        change(folder.path());
        let world = World::with_config(folder.path().to_owned());
        Self { billing: Billing::new(world.clone()), world, folder }
    }

    /// Adds a segment of a minute.
    pub fn ride(&self, seq: u32, distance_m: u64) {
        let segment = json!({"seq": seq, "started_at": format!("2026-11-21T08:{seq:02}:00+08:00"),
                             "distance_m": distance_m, "duration_s": 60});
        now(meter::add_segments(&self.context(), "t", &json!({"city": "110000", "segments": [segment]}))).unwrap();
    }

    pub fn context(&self) -> Context<World> {
        now(Context::new(&self.billing, "")).unwrap()
    }

    /// Bills the trip; `null` is no passenger.
    pub fn bill(&self, passenger: &Value) {
        let request = json!({
            "city": "110000", "product": "express", "tolls": "5.00",
            "started_at": "2026-11-21T08:00:00+08:00", "ended_at": "2026-11-21T08:20:00+08:00",
            "origin": {"lat": 39.908823, "lng": 116.397470}, "destination": {"lat": 39.989956, "lng": 116.480655},
            "passenger": passenger,
        });
        now(bills::create(&self.context(), "t", &request)).unwrap();
        self.world.after_answers();
    }

    /// Makes the bill again, so much later. There is a newer revision then.
    pub fn repair(&self, seconds_later: u64) {
        let now_ms = &self.world.0.now_ms;
        now_ms.set(now_ms.get() + seconds_later * 1_000);
        assert!(now(bills::repair(&self.context(), "t", Some("110000"))).unwrap().new);
        self.world.after_answers();
    }

    pub fn page(&self, scene: &str, locale: &str) -> Value {
        let wanted = Wanted { scene: Some(scene), locale: Some(locale), ..Wanted::default() };
        let page = now(bills::detail(&self.context(), "t", Some("110000"), wanted)).unwrap();
        serde_json::to_value(page).unwrap()
    }
}
