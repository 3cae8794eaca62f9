-- What every write does last: it takes the step, and tells with the answer where the bucket is then, `<life>:<steps>:<token>:<mark>`;
-- or nothing, when nobody has ever written to it.

local reply = step()
reply[#reply + 1] = is_written and table.concat({ life, steps, token, string.sub('0000' .. marks, -4) }, ':') or ''
return reply
