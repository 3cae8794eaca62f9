# The English words on bills. docs/copy.md explains how to change them.
#
# A message has the name of a fee code; its value is what the fee is called, and .text says how it came about.
# code--scene replaces the message in that scene only: detail, receipt or driver.

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
red_packet = Red packet
    .text = { $reference }
