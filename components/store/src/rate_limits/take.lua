-- Takes up to so many tokens of a limit: what fits into its bucket and its window. It writes nothing that its arithmetic has not
-- come to the end of, and looks at no fence: the limit is this site's own.
--
-- KEYS[1]   the limit: a hash of `at`, `level`, `window`, `start`, `current` and `previous`
-- ARGV[1]   how many tokens
-- ARGV[2]   how many come in a second: as many thousandths in a millisecond
-- ARGV[3]   how many there may be at once
-- ARGV[4]   how many requests there may be in the window; 0 without one
-- ARGV[5]   the window, in milliseconds
-- ARGV[6]   for how long it is kept, in milliseconds
--
-- Returns {granted, at, level, start, current, previous}.
--
-- Lua has doubles only. Every number here is whole and below 2^53, and so is every product, so all of it is exact; a quotient of
-- such numbers that is rounded down is never one too many.

local up_to, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local requests, window = tonumber(ARGV[4]), tonumber(ARGV[5])

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local held = redis.call('HMGET', KEYS[1], 'at', 'level', 'window', 'start', 'current', 'previous')
local level, start, current, previous = burst * 1000, 0, 0, 0
if held[1] then
    local elapsed = math.min(math.max(now - tonumber(held[1]), 0), 2000000000)
    level = math.min(level, tonumber(held[2]) + elapsed * rate)
end
local fits = math.min(up_to, math.floor(level / 1000))
if window > 0 then
    start = now - now % window
    if held[1] and tonumber(held[3]) == window then
        local began = tonumber(held[4])
        if began >= start then
            current, previous = tonumber(held[5]), tonumber(held[6])
        elseif began + window == start then
            previous = tonumber(held[5])
        end
    end
    local room = requests * window - current * window - previous * (window - (now - start))
    fits = math.min(fits, math.max(0, math.floor(room / window)))
    current = current + fits
end
level = level - fits * 1000

local function text(number)
    return string.format('%.0f', number)
end

redis.call('HSET', KEYS[1], 'at', text(now), 'level', text(level), 'window', text(window), 'start', text(start),
    'current', text(current), 'previous', text(previous))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return { text(fits), text(now), text(level), text(start), text(current), text(previous) }
