//! Random rate cards.

use super::{CLOCKS, Dice};
use serde_json::{Map, Value, json};

/// Every kind of fee.
const KINDS: [&str; 16] = [
    "flat",
    "distance",
    "time",
    "long_distance",
    "taximeter",
    "slow",
    "waiting",
    "passengers",
    "percentage",
    "dynamic",
    "minimum",
    "maximum",
    "round",
    "one_price",
    "pass_through",
    "tax",
];

/// Zones that the random places lie in and around: one across the antimeridian, one at a pole, and two that overlap.
const ZONES: [(&str, &[&str]); 4] = [
    ("airport", &["40.64,-73.80", "40.66,-73.80", "40.66,-73.76", "40.65,-73.75", "40.64,-73.76"]),
    ("centre", &["40.60,-73.90", "40.70,-73.90", "40.70,-73.70", "40.65,-73.82", "40.60,-73.70"]),
    ("fiji", &["-20,177", "-20,-178", "-12,-178", "-12,177"]),
    ("arctic", &["80,0", "80,120", "90,120", "90,0"]),
];

/// A card. Nearly all of them are good.
pub fn card(dice: &mut Dice) -> Value {
    Maker::new(dice, &KINDS).card(false)
}

/// A card that promises that more never costs less. Whether it can is for the engine to say.
pub fn monotone_card(dice: &mut Dice) -> Value {
    const STEADY: [&str; 12] = [
        "flat",
        "distance",
        "time",
        "long_distance",
        "waiting",
        "percentage",
        "dynamic",
        "minimum",
        "maximum",
        "round",
        "pass_through",
        "tax",
    ];
    Maker::new(dice, &STEADY).card(true)
}

struct Maker<'d, 'n> {
    dice: &'d mut Dice<'n>,
    kinds: &'static [&'static str],
    currency: &'static str,
    decimals: usize,
    /// Items refer to items of a lower rank, so that there is no circle.
    ranks: Vec<usize>,
    has_holidays: bool,
    zones: usize,
}

impl<'d, 'n> Maker<'d, 'n> {
    fn new(dice: &'d mut Dice<'n>, kinds: &'static [&'static str]) -> Self {
        let (currency, decimals) = dice.pick(&[("CNY", 2), ("USD", 2), ("JPY", 0), ("KWD", 3)]);
        let count = 1 + dice.index(10);
        let in_order = dice.chance(60);
        let mut ranks: Vec<usize> = (0..count).collect();
        if !in_order {
            for position in (1..count).rev() {
                ranks.swap(position, dice.index(position + 1));
            }
        }
        let (has_holidays, zones) = (dice.chance(60), dice.index(ZONES.len() + 1));
        Self { dice, kinds, currency, decimals, ranks, has_holidays, zones }
    }

    fn card(mut self, monotone: bool) -> Value {
        let (zone, _) = self.dice.pick(&CLOCKS);
        let mut card = json!({
            "format": "farebox-rate-card/1",
            "title": "random",
            "city": "test",
            "product": "express",
            "side": "passenger",
            "currency": self.currency,
            "time_zone": zone,
            "items": (0..self.ranks.len()).map(|position| self.item(position, monotone)).collect::<Vec<_>>(),
        });
        if monotone {
            card["monotone"] = true.into();
        }
        self.set(&mut card, "rounding", 70, Self::rounding);
        self.set(&mut card, "growth", 40, Self::growth);
        self.set(&mut card, "coupons", 60, |maker| {
            let dice = &mut *maker.dice;
            let mut rules = json!({
                "order": dice.pick(&["as-given", "amount-first", "percent-first"]),
                "percent_of": dice.pick(&["remaining", "fare"]),
            });
            if let Some(most) = dice.maybe(40, |dice| dice.below(3)) {
                rules["at_most"] = most.into();
            }
            rules
        });
        if self.has_holidays {
            card["holidays"] = json!(["2026-03-08", "2026-10-25", "2026-11-01", "2026-11-21", "2026-11-23"]);
        }
        if self.zones > 0 {
            let zone = |(name, polygon): &(&str, &[&str])| json!({ "name": name, "polygon": polygon });
            card["zones"] = ZONES.iter().take(self.zones).map(zone).collect();
        }
        card
    }

    fn item(&mut self, position: usize, monotone: bool) -> Value {
        let kind = self.dice.pick(self.kinds);
        let splits = ["distance", "time", "long_distance"].contains(&kind) && self.dice.chance(50);
        let limited = !(kind == "tax" || monotone && self.dice.chance(80));
        let conditions = if monotone && self.dice.chance(60) { vec![Map::new()] } else { self.partition() };
        let mode = self.dice.pick(&["exclusive", "inclusive"]);
        let branches: Vec<Value> = conditions
            .into_iter()
            .map(|when| {
                let mut branch = self.figures(kind, position);
                if kind == "tax" {
                    branch["mode"] = mode.into();
                }
                if !when.is_empty() {
                    branch["when"] = when.into();
                }
                branch
            })
            .collect();
        let mut item = json!({ "code": format!("i{position}"), "kind": kind, "branches": branches });
        if splits {
            item["windows"] = "split".into();
        }
        self.set(&mut item, "rounding", 25, Self::rounding);
        self.set(&mut item, "when_mocked", 25, |maker| maker.dice.chance(60).into());
        if limited {
            if !["minimum", "maximum", "round"].contains(&kind) {
                self.set(&mut item, "growth", 25, Self::growth);
            }
            self.set(&mut item, "floor", 15, |maker| maker.amount(500));
            self.set(&mut item, "cap", 15, |maker| {
                let cap = 500 + maker.dice.below(20_000);
                maker.money(cap)
            });
        }
        if !splits && kind != "slow" && self.dice.chance(if kind == "one_price" { 80 } else { 8 }) {
            let codes = self.earlier(position);
            item["replaces"] = codes.into();
        }
        item
    }

    /// Conditions of which at most one holds for a ride at a time.
    fn partition(&mut self) -> Vec<Map<String, Value>> {
        let mut parts = vec![Map::new()];
        for _ in 0..self.dice.pick(&[0, 1, 1, 2]) {
            let (fact, choices) = self.choices();
            if parts[0].contains_key(fact) || (fact == "holidays" && !self.has_holidays) {
                continue;
            }
            parts = parts
                .iter()
                .flat_map(|part| {
                    choices.iter().map(|choice| {
                        let mut part = part.clone();
                        part.insert(fact.to_owned(), choice.clone());
                        part
                    })
                })
                .collect();
        }
        while parts.len() > 1 && self.dice.chance(20) {
            parts.remove(self.dice.index(parts.len()));
        }
        parts
    }

    /// A condition, and choices for it of which no two go together.
    fn choices(&mut self) -> (&'static str, Vec<Value>) {
        let dice = &mut *self.dice;
        let fact = dice.pick(&[
            "local_time",
            "local_time",
            "local_time",
            "weekdays",
            "holidays",
            "origin",
            "destination",
            "tier",
            "scene",
            "product",
            "outcome",
            "distance_m",
            "duration_s",
            "booked_ahead_s",
        ]);
        let mut either = |names: &[&str]| {
            let name = dice.pick(names);
            vec![json!([name]), json!({ "not": [name] })]
        };
        let choices = match fact {
            "local_time" => self.windows(),
            "weekdays" => {
                const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                let first = 1 + dice.index(6);
                vec![json!(DAYS[..first]), json!(DAYS[first..])]
            }
            "holidays" => vec![json!("only"), json!("except")],
            "origin" | "destination" => {
                let zones = ZONES.iter().take(self.zones).map(|(name, _)| *name);
                let names: Vec<&str> = zones.chain(["elsewhere"]).collect();
                either(&names)
            }
            "tier" => either(&["gold", "none", "silver"]),
            "scene" => either(&["reservation", "none"]),
            "product" => either(&["express", "premium"]),
            "outcome" => vec![json!(["completed"]), json!(["cancelled"])],
            _ => {
                let edge = 1 + dice.below(if fact == "booked_ahead_s" { 3_000 } else { 20_000 });
                vec![json!({ "to": edge }), json!({ "from": edge })]
            }
        };
        (fact, choices)
    }

    /// The day in pieces, the last of which may run past midnight.
    fn windows(&mut self) -> Vec<Value> {
        let count = 2 + self.dice.index(4);
        let mut edges: Vec<u64> = (0..count)
            .map(|_| {
                // Where clocks change, and now and then to the minute.
                let hours = self.dice.pick(&[0, 1, 2, 3, 23, 5, 9, 17, 20]);
                let minutes = self.dice.maybe(30, |dice| dice.below(60)).unwrap_or(0);
                hours * 60 + minutes
            })
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let [first, .., _] = edges[..] else { return vec![json!(["00:00-24:00"])] };
        let text = |minute: u64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let nexts = edges.iter().skip(1).chain([&first]);
        let mut windows: Vec<Value> =
            edges.iter().zip(nexts).map(|(from, to)| json!([format!("{}-{}", text(*from), text(*to))])).collect();
        if windows.len() > 3 && self.dice.chance(50) {
            // Two windows in one branch.
            let last = windows.pop().map(|window| window[0].clone());
            if let (Some(Value::Array(first)), Some(last)) = (windows.first_mut(), last) {
                first.push(last);
            }
        }
        windows
    }

    fn figures(&mut self, kind: &str, position: usize) -> Value {
        let mut figures = match kind {
            "flat" | "minimum" | "maximum" => json!({ "amount": self.amount(10_000) }),
            "distance" | "long_distance" => self.tiered("m", &json!([1000, 1000, "1609.344", 300, 1, "0.5"]), 20_000),
            "time" => self.tiered("s", &json!([60, 60, 36, 300, 1]), 4_000),
            "taximeter" => json!({
                "below_kmh": self.speed(),
                "unit_m": self.dice.pick(&[json!(200), json!("321.8688"), json!("0.5"), json!("180.333333")]),
                "unit_s": self.dice.pick(&[60, 36, 1, 300]),
                "rate": self.figure(2),
                "included_units": self.dice.below(10),
            }),
            "slow" => json!({ "below_kmh": self.speed(), "rate": self.figure(2) }),
            "waiting" => json!({ "rate": self.figure(2), "included_s": self.dice.below(300) }),
            "passengers" => {
                let tiers = 1 + self.dice.below(3);
                let tiers = (0..tiers).map(|over| json!({ "over": over * 2, "rate": self.figure(2) }));
                json!({ "tiers": tiers.collect::<Vec<_>>() })
            }
            "percentage" | "tax" => json!({ "percent": self.figure(120) }),
            "round" => json!({ "to": self.step(), "mode": self.mode() }),
            "pass_through" => json!({ "fact": self.dice.pick(&["tolls", "parking", "highway"]) }),
            _ => json!({}),
        };
        if ["slow", "waiting"].contains(&kind) {
            self.set(&mut figures, "per_s", 60, |maker| maker.dice.pick(&[300, 60, 7]).into());
            self.set(&mut figures, "count", 60, Self::count);
        }
        if kind == "dynamic" {
            self.set(&mut figures, "max_factor", 40, |maker| maker.dice.pick(&["1", "1.5", "2.333333"]).into());
        }
        if ["percentage", "tax", "dynamic", "minimum", "maximum", "round"].contains(&kind) {
            let in_order = self.ranks.is_sorted();
            let codes = self.earlier(position);
            match self.dice.below(3) {
                1 if in_order => {}
                2 if in_order => figures["exempt"] = codes.into(),
                _ => figures["of"] = codes.into(),
            }
        }
        figures
    }

    fn tiered(&mut self, unit: &str, pers: &Value, most: u64) -> Value {
        let per = pers.as_array().map_or(Value::Null, |pers| self.dice.pick(pers));
        let mut figures = json!({ format!("per_{unit}"): per, "count": self.count() });
        if self.dice.chance(50) {
            let mut over = self.dice.below(most / 8);
            let mut tiers = Vec::new();
            for _ in 0..1 + self.dice.index(3) {
                tiers.push(json!({ format!("over_{unit}"): over, "rate": self.figure(5) }));
                over += 1 + self.dice.below(most / 3);
            }
            figures["tiers"] = tiers.into();
            figures["bands"] = self.dice.pick(&["marginal", "whole"]).into();
        } else {
            figures["rate"] = self.figure(5);
            self.set(&mut figures, format!("included_{unit}"), 50, |maker| maker.dice.below(most / 4).into());
        }
        figures
    }

    /// Some codes of items of a lower rank.
    fn earlier(&mut self, position: usize) -> Vec<String> {
        let rank = self.ranks[position];
        let lower = self.ranks.iter().enumerate().filter(|(_, other)| **other < rank);
        let lower: Vec<usize> = lower.map(|(position, _)| position).collect();
        lower.into_iter().filter(|_| self.dice.chance(65)).map(|position| format!("i{position}")).collect()
    }

    /// Kilometres per hour: those at which random segments are ridden, and others.
    fn speed(&mut self) -> Value {
        self.dice.pick(&["12", "10.8", "36", "19.312128", "0.000001", "54.5"]).into()
    }

    fn count(&mut self) -> Value {
        self.dice.pick(&["exact", "completed", "started"]).into()
    }

    fn mode(&mut self) -> Value {
        self.dice.pick(&["half-up", "half-even", "down", "up"]).into()
    }

    fn rounding(&mut self) -> Value {
        let mode = self.mode();
        if self.dice.chance(40) { json!({ "mode": mode, "to": self.step() }) } else { mode }
    }

    fn step(&mut self) -> Value {
        let step = self.dice.pick(&[1, 5, 10, 50, 25, 7, 100]);
        self.money(step)
    }

    fn growth(&mut self) -> Value {
        match self.dice.below(3) {
            0 => json!("frozen"),
            1 => json!({ "percent": self.figure(60) }),
            _ => json!({ "fixed": self.amount(1_000) }),
        }
    }

    /// An amount below so many minor units.
    fn amount(&mut self, below: u64) -> Value {
        let minor = self.dice.below(below);
        self.money(minor)
    }

    fn money(&self, minor: u64) -> Value {
        decimal(minor, self.decimals).into()
    }

    /// A figure up to about this, with some decimals.
    fn figure(&mut self, most: u64) -> Value {
        let decimals = self.dice.pick(&[2, 0, 1, 3, 6]);
        let digits = self.dice.below(most * 10_u64.pow(u32::try_from(decimals).unwrap_or(0)) + 1);
        decimal(digits, decimals).into()
    }

    fn set(
        &mut self,
        object: &mut Value,
        field: impl Into<String>,
        percent: u64,
        make: impl FnOnce(&mut Self) -> Value,
    ) {
        if self.dice.chance(percent) {
            object[field.into()] = make(self);
        }
    }
}

/// 1250 with 2 decimals is "12.50".
fn decimal(digits: u64, decimals: usize) -> String {
    let text = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = text.split_at(text.len() - decimals);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}
