//! Zones of a city: named polygons, so that a fee can depend on where a ride begins and ends.

use crate::limits;
use farebox_document::ProblemCode::WrongLength;
use farebox_document::{AtMost, Problems, wrong_length};
use farebox_fare::Point;
use schemars::JsonSchema;
use serde::Deserialize;

/// The name of everywhere that is in no zone.
pub const ELSEWHERE: &str = "elsewhere";

const FULL_CIRCLE: i64 = 360_000_000;
const HALF_CIRCLE: i64 = 180_000_000;
const POLE: i64 = 90_000_000;

/// The zones of a card, in its order: a place belongs to the first that contains it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones(Vec<Zone>);

/// Corners of a polygon: latitude, and longitude unrolled so that every edge goes the short way round the earth.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Zone {
    name: String,
    corners: Vec<(i64, i64)>,
}

/// A part of the earth's surface. A place on the boundary is inside. A place belongs to the first zone of the card that
/// contains it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Zone")]
pub struct ZoneDocument {
    /// Referred to by `origin` and `destination`.
    name: String,
    /// Corners as "latitude,longitude" in degrees with at most 6 decimals, for example "40.6413,-73.7781". Edges are
    /// straight on a map whose axes are latitude and longitude, and go the short way round the earth.
    polygon: AtMost<String, { limits::CORNERS }>,
}

impl Zones {
    /// Reads zones; what is wrong is noted under `/zones`.
    pub fn read(documents: Vec<ZoneDocument>, problems: &mut Problems) -> Self {
        let mut zones: Vec<Zone> = Vec::new();
        for (index, document) in documents.into_iter().enumerate() {
            let pointer = format!("/zones/{index}");
            if document.name.is_empty() || document.name == ELSEWHERE {
                let message = format!("a zone needs a name of its own; \"{ELSEWHERE}\" is what lies outside all zones");
                problems.add(format!("{pointer}/name"), "invalid-name", message);
            }
            if zones.iter().any(|zone| zone.name == document.name) {
                let message = format!("\"{}\" is the name of an earlier zone", document.name);
                problems.add(format!("{pointer}/name"), "duplicate-name", message);
            }
            let corners = read_corners(&document.polygon.0, &format!("{pointer}/polygon"), problems);
            zones.push(Zone { name: document.name, corners });
        }
        Self(zones)
    }

    /// The names, in the card's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|zone| zone.name.as_str())
    }

    /// The zone that a place belongs to. A place that is not known is elsewhere.
    pub fn find(&self, place: Option<Point>) -> &str {
        let zone = place.and_then(|place| self.0.iter().find(|zone| zone.contains(place)));
        zone.map_or(ELSEWHERE, |zone| zone.name.as_str())
    }
}

fn read_corners(texts: &[String], pointer: &str, problems: &mut Problems) -> Vec<(i64, i64)> {
    if texts.len() < 3 {
        problems.add(pointer, WrongLength.word(), wrong_length(texts.len(), 3, limits::CORNERS));
    }
    let mut corners: Vec<(i64, i64)> = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let Some((latitude, longitude)) = read_place(text) else {
            let message = format!("\"{text}\" is not a place; write it like \"40.6413,-73.7781\", latitude first");
            problems.add(format!("{pointer}/{index}"), "invalid-place", message);
            continue;
        };
        if let Some((_, previous)) = corners.last()
            && short_way(*previous, longitude).abs() == HALF_CIRCLE
        {
            let message = "lies half way round the earth from the corner before it, so neither way is the short one; put a \
                           corner between";
            problems.add(format!("{pointer}/{index}"), "half-circle", message);
        }
        let unrolled = corners.last().map_or(longitude, |(_, previous)| previous + short_way(*previous, longitude));
        corners.push((latitude, unrolled));
    }
    let (Some((_, first)), Some((_, last))) = (corners.first(), corners.last()) else { return corners };
    if short_way(*last, *first).abs() == HALF_CIRCLE {
        let message = "the last corner lies half way round the earth from the first, so neither way is the short one; put a \
                       corner between";
        problems.add(pointer, "half-circle", message);
    } else if last + short_way(*last, *first) != *first {
        let message =
            "the polygon goes round the earth, so a pole is inside, or outside, or neither; leave the pole out";
        problems.add(pointer, "around-a-pole", message);
    }
    corners
}

/// How far it is from one longitude to another, the short way round.
fn short_way(from: i64, to: i64) -> i64 {
    (to - from + HALF_CIRCLE).rem_euclid(FULL_CIRCLE) - HALF_CIRCLE
}

/// "latitude,longitude" in millionths of a degree.
fn read_place(text: &str) -> Option<(i64, i64)> {
    let (latitude, longitude) = text.split_once(',')?;
    Some((read_degrees(latitude.trim(), 90)?, read_degrees(longitude.trim(), 180)?))
}

fn read_degrees(text: &str, most: i64) -> Option<i64> {
    let millionths = i64::from(Point::millionths(text)?);
    (millionths.abs() <= most * 1_000_000).then_some(millionths)
}

impl Zone {
    fn contains(&self, place: Point) -> bool {
        let latitude = i64::from(place.latitude);
        if latitude.abs() == POLE {
            // Every longitude is the pole's; and a pole can only be on the boundary.
            return self.corners.iter().any(|(corner, _)| *corner == latitude);
        }
        // The polygon may have been unrolled past the antimeridian, to either side.
        [-FULL_CIRCLE, 0, FULL_CIRCLE]
            .iter()
            .any(|turn| self.contains_on_map(latitude, i64::from(place.longitude) + turn))
    }

    /// Counts the edges that a ray to the east crosses; whole numbers, so that there is no edge case to round.
    fn contains_on_map(&self, y: i64, x: i64) -> bool {
        let mut inside = false;
        let next = self.corners.iter().cycle().skip(1);
        for ((y1, x1), (y2, x2)) in self.corners.iter().copied().zip(next.copied()) {
            // Twice the area of the triangle of both corners and the place: which side of the edge the place is on.
            let side = i128::from(x2 - x1) * i128::from(y - y1) - i128::from(x - x1) * i128::from(y2 - y1);
            let within = x >= x1.min(x2) && x <= x1.max(x2) && y >= y1.min(y2) && y <= y1.max(y2);
            if side == 0 && within {
                return true;
            }
            if (y1 > y) != (y2 > y) && (side > 0) == (y2 < y1) && side != 0 {
                inside = !inside;
            }
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn zones(polygons: &[(&str, &[&str])]) -> Result<Zones, Vec<String>> {
        let documents = polygons.iter().map(|(name, polygon)| ZoneDocument {
            name: (*name).to_owned(),
            polygon: AtMost(polygon.iter().map(|corner| (*corner).to_owned()).collect()),
        });
        let mut problems = Problems::default();
        let zones = Zones::read(documents.collect(), &mut problems);
        problems.into_result(zones).map_err(|problems| problems.into_iter().map(|problem| problem.pointer).collect())
    }

    fn check(polygon: &[&str], place: &str, inside: bool) {
        for reversed in [false, true] {
            let mut polygon = polygon.to_vec();
            if reversed {
                polygon.reverse();
            }
            let zones = zones(&[("zone", &polygon)]).unwrap();
            let (latitude, longitude) = read_place(place).unwrap();
            let point = Point { latitude: latitude.try_into().unwrap(), longitude: longitude.try_into().unwrap() };
            assert_eq!(zones.find(Some(point)) == "zone", inside, "{place} in {polygon:?}");
        }
    }

    /// Inside, outside, on an edge, on a corner, level with a corner.
    #[test]
    fn places() {
        let square = ["0,0", "0,10", "10,10", "10,0"];
        check(&square, "5,5", true);
        check(&square, "0,5", true);
        check(&square, "10,10", true);
        check(&square, "10.000001,10", false);
        check(&square, "10,11", false);
        check(&square, "5,-0.000001", false);
        let horseshoe = ["0,0", "0,30", "30,30", "30,20", "10,20", "10,10", "30,10", "30,0"];
        check(&horseshoe, "20,5", true);
        check(&horseshoe, "20,15", false);
        check(&horseshoe, "20,25", true);
        check(&horseshoe, "10,15", true);
        check(&horseshoe, "10,-5", false);
        check(&horseshoe, "30,15", false);
    }

    /// A zone may lie across the antimeridian, whose two names are one place.
    #[test]
    fn antimeridian() {
        let fiji = ["-20,177", "-20,-178", "-12,-178", "-12,177"];
        check(&fiji, "-16,179", true);
        check(&fiji, "-16,-179", true);
        check(&fiji, "-16,180", true);
        check(&fiji, "-16,-180", true);
        check(&fiji, "-16,-177", false);
        check(&fiji, "-16,0", false);
        assert_eq!(zones(&[("arctic", &["80,0", "80,120", "80,-120"])]).unwrap_err(), ["/zones/0/polygon"]);
    }

    /// A pole is one place, whatever longitude it is given; near it, longitudes count.
    #[test]
    fn poles() {
        for (sector, pole) in
            [(["80,0", "80,120", "90,120", "90,0"], "90"), (["-80,0", "-80,120", "-90,120", "-90,0"], "-90")]
        {
            for longitude in ["0", "60", "-60", "180", "-180"] {
                check(&sector, &format!("{pole},{longitude}"), true);
            }
        }
        check(&["80,0", "80,120", "90,120", "90,0"], "89.999999,60", true);
        check(&["80,0", "80,120", "90,120", "90,0"], "89.999999,-60", false);
        check(&["80,0", "80,120", "89,120", "89,0"], "90,60", false);
    }

    /// The first zone of the card wins, and what is not known is elsewhere.
    #[test]
    fn order_decides() {
        let square: &[&str] = &["0,0", "0,10", "10,10", "10,0"];
        let zones = zones(&[("inner", &["2,2", "2,4", "4,4"]), ("outer", square)]).unwrap();
        assert_eq!(zones.find(Some(Point { latitude: 2_500_000, longitude: 3_000_000 })), "inner");
        assert_eq!(zones.find(Some(Point { latitude: 9_000_000, longitude: 3_000_000 })), "outer");
        assert_eq!(zones.find(None), ELSEWHERE);
    }

    /// Every bad zone is told.
    #[test]
    fn problems() {
        let bad = zones(&[
            ("elsewhere", &["0,0", "1,1", "91,0"]),
            ("a", &["1,1", "3_9,1", "1.,2", "+1,2"]),
            ("a", &["0,0", "1,0", "1,1"]),
        ]);
        assert_eq!(
            bad.unwrap_err(),
            [
                "/zones/0/name",
                "/zones/0/polygon/2",
                "/zones/1/polygon/1",
                "/zones/1/polygon/2",
                "/zones/1/polygon/3",
                "/zones/2/name"
            ]
        );
    }
}
