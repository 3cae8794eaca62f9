-- What every write does first. Its own part follows.
--
-- KEYS[1]   who writes the city: a hash of `owner`, `epoch` and `retry-after`; absent while nobody is kept out
-- KEYS[2]   what is true of all that is in this bucket: a hash of `buckets`
-- ARGV[1]   the site that asks
-- ARGV[2]   over how many buckets that site spreads a city
--
-- Returns {'fenced', owner, epoch, retry-after} when another site writes the city, {'buckets', count} when its keys are
-- spread over another count; and goes on to its own part when neither is so. That part checks first, and calls `begin`
-- before it writes: an erring script keeps what it wrote before.

local fence = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'retry-after')
if fence[1] and fence[1] ~= ARGV[1] then
    return { 'fenced', fence[1], fence[2] or '0', fence[3] or '1' }
end

local buckets = redis.call('HGET', KEYS[2], 'buckets')
if buckets and buckets ~= ARGV[2] then
    return { 'buckets', buckets }
end

local function begin()
    if not buckets then
        redis.call('HSET', KEYS[2], 'buckets', ARGV[2])
    end
end

