-- Keeps a revision of a bill unless there is one of its number, or its neighbours do not belong to it: as `lineage.rs` of `crates/records` says;
-- and in the same step enters its top-up, lists it under its day, and says what is due. One that is older than the newest is put back where
-- it was lost, with its top-up: it is not listed, and settles nothing.
--
-- KEYS[3]   the bill: a hash of `head`, the number of the newest revision, and its `fingerprint` and `document`; and for each
--           older one `<number>:fingerprint` and `<number>:document`
-- KEYS[4]   its top-ups: a hash of number -> entry
-- KEYS[5]   the bills of the day: a sorted set of `<trip>:<number>`, all of score 0
-- KEYS[6]   what is due in this bucket: a sorted set of `<moment>:<trip>`, all of score 0; a moment is twelve digits
-- KEYS[7]   why: a hash of trip -> `<moment>:<number>:<reason>`
-- KEYS[8]   the trip: a hash of its segments, two sums, and `born`
-- ARGV[6]   the trip
-- ARGV[7]   the number of the revision
-- ARGV[8]   when it was made, in twelve digits
-- ARGV[9]   its fingerprint
-- ARGV[10]  its document
-- ARGV[11]  its top-up, or nothing
-- ARGV[12]  when something is due, in twelve digits, or nothing
-- ARGV[13]  why
-- ARGV[14]  how many segments the trip had when the revision was made, or nothing when that does not matter
-- ARGV[15]  since when the bucket must have lost nothing, in seconds, if it says that it was made of all that the trip had; or nothing
--
-- Returns {'created'}, or {'exists', number, fingerprint, document} of the head when there is a revision of this number, or when it does not
-- belong there; or
-- {'unproven'} when it says that it was made of all and the bucket has lost something since; or {'moved'} when the trip has not as
-- many segments.

local trip, number = ARGV[6], ARGV[7]
local head = tonumber(redis.call('HGET', KEYS[3], 'head') or '0')
local function exists()
    begin()
    return { 'exists', unpack(redis.call('HMGET', KEYS[3], 'head', 'fingerprint', 'document')) }
end
if tonumber(number) == head or redis.call('HEXISTS', KEYS[3], number .. ':document') == 1 then
    return exists()
end

-- `<request>~<made>~<follows>`: whether the one was made from the other, as far as both say so.
local function are_linked(before, after)
    local made = string.match(before, '^[^~]*~([^~]*)')
    local follows = string.match(after, '^[^~]*~[^~]*~(.*)$')
    return not made or not follows or made == follows
end
local function fingerprint_of(other)
    return redis.call('HGET', KEYS[3], other == head and 'fingerprint' or other .. ':fingerprint')
end
local before = head > 0 and fingerprint_of(tonumber(number) - 1)
if before and not are_linked(before, ARGV[9]) then
    return exists()
end
if tonumber(number) < head then
    local after = fingerprint_of(tonumber(number) + 1)
    if not after or not are_linked(ARGV[9], after) then
        return exists()
    end
    redis.call('HEXISTS', KEYS[4], number)
    begin()
    redis.call('HSET', KEYS[3], number .. ':fingerprint', ARGV[9], number .. ':document', ARGV[10])
    if ARGV[11] ~= '' then
        redis.call('HSET', KEYS[4], number, ARGV[11])
    end
    return { 'created' }
end

local held = redis.call('HLEN', KEYS[8])
if held > 0 then
    local there = redis.call('HGET', KEYS[8], 'born')
    if ARGV[15] ~= '' and there ~= born() then
        return { 'unproven' }
    end
    held = held - (there and 3 or 2)
end
if ARGV[15] ~= '' and lost_at and tonumber(ARGV[15]) <= tonumber(lost_at) then
    return { 'unproven' }
end
if ARGV[14] ~= '' and held ~= tonumber(ARGV[14]) then
    return { 'moved' }
end

-- Reading all that is going to be written finds out what is of another type before anything was.
local newest = redis.call('HMGET', KEYS[3], 'fingerprint', 'document')
redis.call('HEXISTS', KEYS[4], number)
redis.call('ZCARD', KEYS[5])
redis.call('ZCARD', KEYS[6])
local was_due = string.sub(redis.call('HGET', KEYS[7], trip) or '', 1, 12)

begin()
if head > 0 then
    redis.call('HSET', KEYS[3], head .. ':fingerprint', newest[1], head .. ':document', newest[2])
    redis.call('ZREM', KEYS[5], trip .. ':' .. head)
end
redis.call('HSET', KEYS[3], 'head', number, 'fingerprint', ARGV[9], 'document', ARGV[10])
if ARGV[11] ~= '' then
    redis.call('HSET', KEYS[4], number, ARGV[11])
end
redis.call('ZADD', KEYS[5], 0, trip .. ':' .. number)

-- What became due before this revision was made is settled by it; what came due since is not.
if was_due ~= '' and (ARGV[12] ~= '' or was_due < ARGV[8]) then
    redis.call('ZREM', KEYS[6], was_due .. ':' .. trip)
    redis.call('HDEL', KEYS[7], trip)
end
if ARGV[12] ~= '' then
    redis.call('ZADD', KEYS[6], 0, ARGV[12] .. ':' .. trip)
    redis.call('HSET', KEYS[7], trip, ARGV[12] .. ':' .. number .. ':' .. ARGV[13])
end
return { 'created' }
