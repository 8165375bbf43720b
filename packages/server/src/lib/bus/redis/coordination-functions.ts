/** The functions for names, counts and rates, which run inside Redis, each atomically. */
export const coordinationFunctions = `
-- Acquires or renews a name. KEYS: name. ARGV: holder, ms.
local function acquire(keys, args)
  local holder = redis.call('GET', keys[1])
  if holder and holder ~= args[1] then return 0 end
  redis.call('SET', keys[1], args[1], 'PX', args[2])
  return 1
end

-- Releases a name. KEYS: name. ARGV: holder.
local function release(keys, args)
  if redis.call('GET', keys[1]) == args[1] then redis.call('DEL', keys[1]) end
  return 0
end

-- Records a holder's count. KEYS: name. ARGV: holder, count, most, ms. A holder's field is '<count>
-- <expiry>'.
local function count(keys, args)
  local wanted, most, ms = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  local time = now()
  local fields = redis.call('HGETALL', keys[1])
  local others, own = 0, 0
  for n = 1, #fields, 2 do
    local held, expiry = string.match(fields[n + 1], '^(%d+) (%d+)$')
    if tonumber(expiry) <= time then
      redis.call('HDEL', keys[1], fields[n])
    elseif fields[n] == args[1] then
      own = tonumber(held)
    else
      others = others + tonumber(held)
    end
  end
  if wanted > own and others + wanted > most then return 0 end
  if wanted == 0 then
    redis.call('HDEL', keys[1], args[1])
    return 1
  end
  redis.call('HSET', keys[1], args[1], args[2] .. ' ' .. string.format('%.0f', time + ms))
  if redis.call('PTTL', keys[1]) < ms then redis.call('PEXPIRE', keys[1], args[4]) end
  return 1
end

-- Takes a token. KEYS: bucket. ARGV: burst, tokens each second. Returns 0, or the milliseconds until there is a token.
-- A bucket is '<tokens> <time>', and expires when it is full.
local function take(keys, args)
  local burst, perMs = tonumber(args[1]), tonumber(args[2]) / 1000
  local time = now()
  local left = burst
  local bucket = redis.call('GET', keys[1])
  if bucket then
    local held, at = string.match(bucket, '^(%S+) (%d+)$')
    -- The clock may be set back, or be that of another server.
    left = math.min(burst, tonumber(held) + math.max(0, time - tonumber(at)) * perMs)
  end
  if left < 1 then return math.ceil((1 - left) / perMs) end
  left = left - 1
  local value = string.format('%.17g %.0f', left, time)
  redis.call('SET', keys[1], value, 'PX', lifetime(math.ceil((burst - left) / perMs), 1))
  return 0
end
`
