# The English words on bills. docs/copy.md explains how to change them.
#
# A message has the name of a fee code; its value is what the fee is called, and .text says how it came about.
# code--scene replaces the message in that scene only: detail, receipt, driver or statement.

## Amounts

money-CNY = ¥{ $amount }
money-USD = ${ $amount }
money = { $amount } { $currency }

## Section titles

title-fare = Fare
title-fare--driver = Trip earnings
title-extra = Extras
title-extra--driver = Extra earnings
title-at-cost = Passed on at cost
title-cancellation = Cancellation
title-discounts = Discounts
title-discounts--driver = Passenger's discounts
title-reward = Commission reward
title-statement = What we keep of this trip
title-included = Included in the total
title-mocked = { $title } (estimated from start and end of the trip)

## Phrases that many explanations share

per-kilometre = { $per_number ->
    [1] per km
   *[other] per { $per } km
}

per-minute = { $per_number ->
    [60] per min
   *[other] per { $per } s
}

minutes = { $minutes_number ->
    [0] { $seconds } s
   *[other] { $seconds_number ->
        [0] { $minutes } min
       *[other] { $minutes } min { $seconds } s
    }
}

## Fees that have no message here; their text also explains most fees that do

fee = Other fee ({ $code })
    .text = { $unit ->
        [meter] { $quantity } km at { $rate } { per-kilometre }
        [second] { minutes } at { $rate } { per-minute }
        [piece] { $quantity } × { $rate }
        [money] { $percent }% of { $quantity }
       *[trip] { "" }
    }

## Distance and time

one_price = Fixed price
start_price = Start price
mileage = Distance
    .text = { fee.text }
mileage--driver = Distance earnings
duration = Time
    .text = { fee.text }
duration--driver = Time earnings
low_speed = Low speed
    .text = { fee.text }
meter = Meter
    .text = { $quantity_number ->
        [one] { $quantity } unit at { $rate }
       *[other] { $quantity } units at { $rate }
    }
waiting = Waiting
    .text = { fee.text }
long_distance = Long distance
    .text = { fee.text }
night = Night
    .text = { fee.text }

## Extras

booking = Booking
airport = Airport
airport_flat = Flat fare, airport
airport_rush = Rush hour, airport
rush_hour = Rush hour
laguardia = LaGuardia Airport
newark = Newark Airport
mta_tax = MTA state surcharge
improvement = Improvement surcharge
congestion = Congestion surcharge
cbd_toll = Congestion relief zone toll
extra_passengers = Extra passengers
    .text = { fee.text }
cross_city = Cross-city
    .text = { fee.text }
remote = Remote area
    .text = { fee.text }
energy = Energy
    .text = { fee.text }
fuel = Fuel surcharge
    .text = { fee.text }
dynamic = Dynamic pricing
    .text = { $unit ->
        [money] { $percent }% of { $quantity } (× { $factor })
       *[trip] { fee.text }
    }
minimum = Minimum fare
    .text = Brings the fare up to the minimum
maximum = Maximum fare
    .text = Brings the fare down to the maximum

growth_limit = Limited by the quote
    .text = Keeps the fare as near to the quote as was promised

## At cost, and tax

tolls = Tolls
bridge = Bridge toll
highway = Highway toll
parking = Parking
tax = Tax
    .text = { $percent }%

## Cancellation

cancellation = Cancellation
    .text = { fee.text }

## Discounts

coupon = Coupon
    .text = { $unit ->
        [money] { $percent }% off { $quantity }, { $reference }
       *[trip] { $reference }
    }
coupon--driver = Your part of the passenger's discount
    .text = { $unit ->
        [money] { $percent }% of { $quantity }, { $reference }
       *[trip] { $reference }
    }
red_packet = Red packet
    .text = { $reference }

## What the driver is told of the platform's share

commission_reward = Commission reward
    .text = { commission-reward-text }
commission_reward--statement = Reward to you
commission-reward-text = { $reference ->
    [pending] { commission-reward-why } Not final yet.
   *[other] { commission-reward-why }
}
commission-reward-why = { $unit ->
    [money] We keep at most { $percent }% of { $quantity }, and pay you the rest.
   *[other] { "" }
}
passenger_paid = Passenger paid
partners_pay = Paid by our partners
    .text = Their part of the passenger's discounts
platform_bears = Discounts that we bear
passed_on = Passed on at cost
    .text = Taxes, tolls and fees of others
driver_pay = Your pay
    .text = For the trip, without what is passed on

## A bill that was made again: its title, why, what it comes to, and what the platform bears

repaired = Your bill was updated
    .text = { $closed ->
        [yes] Some of what this bill is based on could not be obtained in time. It counts as it is.
       *[no] { repaired-because }
    }
repaired--driver = Your earnings were updated
repaired--statement = Your earnings were updated

repaired-because = { $because ->
    [trip-missing] The record of the trip was not complete when the bill was made. We have worked it out again from what has reached us since.
    [trip-incomplete] The record of the trip was not complete when the bill was made. We have worked it out again from what has reached us since.
    [late-segments] Part of the record of the trip reached us after the bill was made. We have worked it out again.
    [store-lost] Part of the record of the trip may have been missing when the bill was made. We have worked it out again.
    [store-timeout] Some details of the trip could not be read when the bill was made. We have worked it out again.
    [store-unavailable] Some details of the trip could not be read when the bill was made. We have worked it out again.
    [store-refused] Some details of the trip could not be read when the bill was made. We have worked it out again.
    [switched-off] Some details of the trip could not be read when the bill was made. We have worked it out again.
   *[other] We have checked the bill and worked it out again.
}

repaired-outcome = { $change ->
    [more] You pay { $after }, which is { $difference } more than before. If you have paid already, only the difference is due.
    [less] You pay { $after }, which is { $difference } less than before. If you have paid already, you get the difference back.
   *[same] What you pay is still { $after }.
}
repaired-outcome--driver = { $change ->
    [more] You earn { $after }, which is { $difference } more than before.
    [less] You earn { $after }, which is { $difference } less than before.
   *[same] What you earn is still { $after }.
}
repaired-outcome--statement = { $change ->
    [more] You earn { $after }, which is { $difference } more than before.
    [less] You earn { $after }, which is { $difference } less than before.
   *[same] What you earn is still { $after }.
}

repaired-borne = { $change ->
    [same] The ride came to { $payable }. We bear the other { $borne }, and you pay no more.
   *[other] The ride came to { $payable }, of which we bear { $borne }.
}
