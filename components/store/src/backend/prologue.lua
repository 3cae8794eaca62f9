-- What every write does first. Then comes its own part, as the function `step`, and at last `epilogue.lua`.
--
-- KEYS[1]   who writes the city: a hash of `owner`, `epoch` and `retry-after`; absent while nobody is kept out
-- KEYS[2]   what is true of all that is in this bucket: a hash of `buckets`; of `life` and `token`; of `lost-at`, when it was found to
--           have lost something; and for each node `by:<node>`, `<steps>:<when it took the last one>:<the marks of the last 64>`
-- ARGV[1]   the site that asks
-- ARGV[2]   over how many buckets that site spreads a city
-- ARGV[3]   the positions of the bucket that the site knows: `<life>:<steps>:<token>:<mark>` each, with a space between; or nothing
-- ARGV[4]   the node, and a random number: the token of a life that begins in this step, and its last four digits the mark of the step,
--           `<node>:<number>`
--
-- Returns {'fenced', owner, epoch, retry-after} when another site writes the city, {'buckets', count} when its keys are
-- spread over another count, {'position'} when where the bucket is makes no sense; and goes on to its own part when none is so.
-- That part checks first, and calls `begin` once before it writes: an erring script keeps what it wrote before.

local fence = redis.call('HMGET', KEYS[1], 'owner', 'epoch', 'retry-after')
if fence[1] and fence[1] ~= ARGV[1] then
    return { 'fenced', fence[1], fence[2] or '0', fence[3] or '1' }
end

local node, fresh = string.match(ARGV[4], '^(%x*):(%d+)$')
local by = 'by:' .. node
local facts = redis.call('HMGET', KEYS[2], 'buckets', 'life', 'token', 'lost-at', by)
local buckets = facts[1]
if buckets and buckets ~= ARGV[2] then
    return { 'buckets', buckets }
end

local function is_number(text)
    return text and string.find(text, '^%d+$')
end

-- Tokens go up to 2^64, beyond what Lua's numbers tell apart: they are texts.
local life, token, lost_at = facts[2], facts[3], facts[4]
local steps, marks = string.match(facts[5] or '', '^(%d+):%d+:?(%d*)$')
steps, marks = steps or '0', marks or ''
local is_written = life or token
if is_written and not (is_number(life) and is_number(token)) then
    return { 'position' }
end

-- What the node's step of this number was marked with; nothing when that is not known, or no longer.
local function mark_of(step)
    local since = tonumber(steps) - tonumber(step)
    return string.sub(marks, -4 * since - 4, -4 * since - 1)
end

local has_lost = false
local lives = tonumber(life or '0')
for known_life, known_steps, known_token, known_mark in string.gmatch(ARGV[3], '(%d+):(%d+):(%d+):(%d+)') do
    local ahead = tonumber(life or '0') - tonumber(known_life)
    local is_behind = not is_written or ahead < 0
    if not is_behind and ahead == 0 then
        is_behind = token ~= known_token or tonumber(steps) < tonumber(known_steps)
        if not is_behind then
            local mark = mark_of(known_steps)
            is_behind = mark ~= '' and mark ~= known_mark
        end
    end
    has_lost = has_lost or is_behind
    lives = math.max(lives, tonumber(known_life))
end
if has_lost or not is_written then
    life, steps, token, marks = string.format('%.0f', lives + 1), '0', fresh, ''
end
-- Whatever comes of this step: whoever takes the next one is to know. Every node counts from the beginning.
if has_lost then
    lost_at = redis.call('TIME')[1]
    redis.call('DEL', KEYS[2])
    redis.call('HSET', KEYS[2], 'life', life, 'token', token, 'lost-at', lost_at)
    if buckets then
        redis.call('HSET', KEYS[2], 'buckets', buckets)
    end
    is_written = true
end

local function begin()
    if not buckets then
        redis.call('HSET', KEYS[2], 'buckets', ARGV[2])
    end
    if not is_written then
        redis.call('HSET', KEYS[2], 'life', life, 'token', token)
        is_written = true
    end
    local now = redis.call('TIME')[1]
    -- A node that has taken none for two days is gone, or has nothing left that it could send again.
    if steps == '0' and redis.call('HLEN', KEYS[2]) > 64 then
        local all = redis.call('HGETALL', KEYS[2])
        for i = 1, #all, 2 do
            local last = string.match(all[i], '^by:') and string.match(all[i + 1], '^%d+:(%d+)')
            if last and tonumber(now) - tonumber(last) > 172800 then
                redis.call('HDEL', KEYS[2], all[i])
            end
        end
    end
    steps = string.format('%.0f', tonumber(steps) + 1)
    marks = string.sub(marks .. string.sub('000' .. fresh, -4), -256)
    redis.call('HSET', KEYS[2], by, table.concat({ steps, now, marks }, ':'))
end

-- Which life what is made in this step is born in.
local function born()
    return life .. ':' .. token
end

