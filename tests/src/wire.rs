//! Between the domain and the form in which it crosses into a guest.

use crate::guest::vocabulary as wire;
use farebox_types::{Basis, Bill, Coupon, CouponValue, Currency, Decimal, Line, Trip, Unit, wit};

/// A trip in the wire's form.
///
/// # Panics
///
/// When a factor or percentage has more digits than the wire carries.
pub fn trip_to_wire(trip: &Trip) -> wire::Trip {
    wire::Trip {
        basis: basis_to_wire(trip.basis),
        started_at: trip.started_at,
        ended_at: trip.ended_at,
        distance: trip.distance_m,
        duration: trip.duration_s,
        segments: trip
            .segments
            .iter()
            .map(|segment| wire::Segment {
                sequence: segment.sequence,
                started_at: segment.started_at,
                distance: segment.distance_m,
                duration: segment.duration_s,
            })
            .collect(),
        dynamic_factor: trip.dynamic_factor.map(decimal_to_wire),
        tolls: trip.tolls,
        coupons: trip.coupons.iter().map(coupon_to_wire).collect(),
    }
}

fn coupon_to_wire(coupon: &Coupon) -> wire::Coupon {
    wire::Coupon {
        id: coupon.id.clone(),
        value: match coupon.value {
            CouponValue::Amount(amount) => wire::CouponValue::Amount(amount),
            CouponValue::Percent(percent) => wire::CouponValue::Percent(decimal_to_wire(percent)),
        },
        min_spend: coupon.min_spend,
        max_off: coupon.max_off,
    }
}

fn decimal_to_wire(decimal: Decimal) -> wire::Decimal {
    let wit::Decimal { digits, scale } = decimal.try_into().expect("at most 18 digits");
    wire::Decimal { digits, scale }
}

fn decimal_from_wire(wire: wire::Decimal) -> Decimal {
    Decimal::new(wire.digits, wire.scale.into())
}

fn line_from_wire(line: wire::Line) -> Line {
    Line {
        code: line.code,
        quantity: decimal_from_wire(line.quantity),
        unit: match line.unit {
            wire::Unit::Trip => Unit::Trip,
            wire::Unit::Meter => Unit::Meter,
            wire::Unit::Second => Unit::Second,
            wire::Unit::Piece => Unit::Piece,
            wire::Unit::Money => Unit::Money,
        },
        rate: decimal_from_wire(line.rate),
        per: decimal_from_wire(line.per),
        amount: line.amount,
        reference: line.reference,
    }
}

/// A bill from the wire's form.
///
/// # Panics
///
/// When the currency is not one.
pub fn bill_from_wire(bill: wire::Bill) -> Bill {
    Bill {
        currency: Currency::from_code(&bill.currency).expect("the component answers ISO 4217 codes"),
        basis: match bill.basis {
            wire::Basis::Estimated => Basis::Estimated,
            wire::Basis::Metered => Basis::Metered,
            wire::Basis::Mocked => Basis::Mocked,
        },
        lines: bill.lines.into_iter().map(line_from_wire).collect(),
        total: bill.total,
        discounts: bill.discounts.into_iter().map(line_from_wire).collect(),
        payable: bill.payable,
        rate_card: bill.rate_card,
    }
}

/// A bill in the wire's form. `None` when a line has a number with more digits than the wire carries.
pub fn bill_to_wire(bill: &Bill) -> Option<wire::Bill> {
    let lines = |lines: &[Line]| lines.iter().map(line_to_wire).collect::<Option<Vec<_>>>();
    Some(wire::Bill {
        currency: bill.currency.code().to_owned(),
        basis: basis_to_wire(bill.basis),
        lines: lines(&bill.lines)?,
        total: bill.total,
        discounts: lines(&bill.discounts)?,
        payable: bill.payable,
        rate_card: bill.rate_card.clone(),
    })
}

fn line_to_wire(line: &Line) -> Option<wire::Line> {
    let decimal = |exact: Decimal| {
        let wit::Decimal { digits, scale } = exact.try_into().ok()?;
        Some(wire::Decimal { digits, scale })
    };
    Some(wire::Line {
        code: line.code.clone(),
        quantity: decimal(line.quantity)?,
        unit: match line.unit {
            Unit::Trip => wire::Unit::Trip,
            Unit::Meter => wire::Unit::Meter,
            Unit::Second => wire::Unit::Second,
            Unit::Piece => wire::Unit::Piece,
            Unit::Money => wire::Unit::Money,
        },
        rate: decimal(line.rate)?,
        per: decimal(line.per)?,
        amount: line.amount,
        reference: line.reference.clone(),
    })
}

fn basis_to_wire(basis: Basis) -> wire::Basis {
    match basis {
        Basis::Estimated => wire::Basis::Estimated,
        Basis::Metered => wire::Basis::Metered,
        Basis::Mocked => wire::Basis::Mocked,
    }
}
