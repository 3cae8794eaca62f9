-- Keeps a record unless there is one already.
--
-- KEYS[1]   the record: a hash
-- ARGV      its fields: name, value, name, value, ...
--
-- Returns {} when the record was kept, else the values of the record that is there, in the order of ARGV.

if redis.call('HLEN', KEYS[1]) == 0 then
    redis.call('HSET', KEYS[1], unpack(ARGV))
    return {}
end

local names = {}
for i = 1, #ARGV, 2 do
    names[#names + 1] = ARGV[i]
end
return redis.call('HMGET', KEYS[1], unpack(names))
