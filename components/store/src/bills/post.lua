-- Keeps the next revision of a bill, and in the same step enters its top-up, lists it under its day, and says what is due.
--
-- KEYS[3]   the bill: a hash of `head`, the number of the newest revision, and its `fingerprint` and `document`; and for each
--           older one `<number>:fingerprint` and `<number>:document`
-- KEYS[4]   its top-ups: a hash of number -> entry
-- KEYS[5]   the bills of the day: a sorted set of `<trip>:<number>`, all of score 0
-- KEYS[6]   what is due in this bucket: a sorted set of `<moment>:<trip>`, all of score 0; a moment is twelve digits
-- KEYS[7]   why: a hash of trip -> `<moment>:<number>:<reason>`
-- KEYS[8]   the trip: a hash of its segments, and two sums
-- ARGV[4]   the trip
-- ARGV[5]   the number of the revision
-- ARGV[6]   when it was made, in twelve digits
-- ARGV[7]   its fingerprint
-- ARGV[8]   its document
-- ARGV[9]   its top-up, or nothing
-- ARGV[10]  when something is due, in twelve digits, or nothing
-- ARGV[11]  why
-- ARGV[12]  how many segments the trip had when the revision was made, or nothing when that does not matter
--
-- Returns {'created'}, or {'exists', number, fingerprint, document} of the head when this is not the next number, or
-- {'no-head'} when there is none for it to follow, or {'moved'} when the trip has not as many segments.

local trip, number = ARGV[4], ARGV[5]
local head = tonumber(redis.call('HGET', KEYS[3], 'head') or '0')
if tonumber(number) ~= head + 1 then
    if head == 0 then
        return { 'no-head' }
    end
    begin()
    return { 'exists', unpack(redis.call('HMGET', KEYS[3], 'head', 'fingerprint', 'document')) }
end

if ARGV[12] ~= '' and math.max(redis.call('HLEN', KEYS[8]) - 2, 0) ~= tonumber(ARGV[12]) then
    return { 'moved' }
end

-- Reading all that is going to be written finds out what is of another type before anything was.
local before = redis.call('HMGET', KEYS[3], 'fingerprint', 'document')
redis.call('HEXISTS', KEYS[4], number)
redis.call('ZCARD', KEYS[5])
redis.call('ZCARD', KEYS[6])
local was_due = string.sub(redis.call('HGET', KEYS[7], trip) or '', 1, 12)

begin()
if head > 0 then
    redis.call('HSET', KEYS[3], head .. ':fingerprint', before[1], head .. ':document', before[2])
    redis.call('ZREM', KEYS[5], trip .. ':' .. head)
end
redis.call('HSET', KEYS[3], 'head', number, 'fingerprint', ARGV[7], 'document', ARGV[8])
if ARGV[9] ~= '' then
    redis.call('HSET', KEYS[4], number, ARGV[9])
end
redis.call('ZADD', KEYS[5], 0, trip .. ':' .. number)

-- What became due before this revision was made is settled by it; what came due since is not.
if was_due ~= '' and (ARGV[10] ~= '' or was_due < ARGV[6]) then
    redis.call('ZREM', KEYS[6], was_due .. ':' .. trip)
    redis.call('HDEL', KEYS[7], trip)
end
if ARGV[10] ~= '' then
    redis.call('ZADD', KEYS[6], 0, ARGV[10] .. ':' .. trip)
    redis.call('HSET', KEYS[7], trip, ARGV[10] .. ':' .. number .. ':' .. ARGV[11])
end
return { 'created' }
