-- Keeps a record unless there is one already.
--
-- KEYS[3]   the record: a hash
-- ARGV[3..] its fields: name, value, name, value, ...
--
-- Returns {'created'}, or {'exists', value, ...}: the values of the record that is there, in the order of its fields.

local names, fields = {}, {}
for i = 3, #ARGV do
    fields[#fields + 1] = ARGV[i]
    if i % 2 == 1 then
        names[#names + 1] = ARGV[i]
    end
end

if redis.call('HLEN', KEYS[3]) > 0 then
    return { 'exists', unpack(redis.call('HMGET', KEYS[3], unpack(names))) }
end

begin()
redis.call('HSET', KEYS[3], unpack(fields))
return { 'created' }
