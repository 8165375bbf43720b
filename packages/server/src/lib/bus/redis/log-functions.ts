/**
 * The functions that run inside Redis, each atomically:
 * https://redis.io/docs/latest/develop/programmability/functions-intro/
 *
 * A topic has a few keys, all of one hash slot:
 * - a hash, the head: its epoch, its last seq, the bounds of its history, the reign that wrote it, and the time
 *   at which the log is discarded, if there is one;
 * - a stream, the log: the events that are kept, with ids `<seq>-<time>`;
 * - for each process that emits to it, a guard: the number of the process' last batch, because a client may
 *   send a batch again if it lost the reply.
 *
 * A topic without events has no log, and its head expires within minutes, or sooner if its subscribers left
 * at once: any client can name a topic.
 *
 * A restart or a failover may lose acknowledged writes, so each topic then begins a new epoch when it is next
 * used. A reign identifies the time between two such events. Every version of this library names it alike,
 * and the versions share the topics. See decisions 011 and 012.
 */
export const logFunctions = `
-- The reign of one Redis process, while no other is in charge: '<run id> <replication id>'.
local run = nil
local reign = nil
local replication = nil
local usedAt = 0

-- After how long without calls the replication id is read again, in milliseconds. While another server was in
-- charge, no function was called here, and the replication id has changed.
local recheckMs = 10
-- How long an unused head stays, in milliseconds.
local idleMs = 3600000
-- The same without events: until a read comes after inUseMs, and from then on.
local newMs = 45000
local inUseMs = 10000
local eventlessMs = 180000
-- How long a guard stays, in milliseconds: longer than a client retries.
local guardMs = 600000
-- The size of a page, in bytes, unless its first events are longer.
local pageBytes = 1048576
-- The longest that any unused key stays, in milliseconds.
local maxMs = 2592000000

local function lifetime(ms, least)
  if ms < 0 or ms > maxMs then return maxMs end
  return string.format('%.0f', math.max(ms, least, 1))
end

-- Sets when a key of a topic expires: when its log is discarded, or else after a time.
local function expireKey(key, ends, ms)
  if ends then redis.call('PEXPIREAT', key, ends) else redis.call('PEXPIRE', key, ms) end
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function info(section, field)
  local text = redis.pcall('INFO', section)
  return type(text) == 'string' and string.match(text, field .. ':(%w+)') or nil
end

local function current(candidate, time)
  if not reign or time < usedAt or time - usedAt > recheckMs then
    local id = info('replication', 'master_replid') or ''
    -- Without a run id, the candidate and the time identify the process. The time is needed because a command
    -- that began a reign may be sent again, to the server that takes over.
    run = run or info('server', 'run_id') or string.format('%.0f', time) .. candidate
    -- Half of each id is unique enough, and keeps the value under 64 bytes, which halves the memory of the
    -- hash.
    reign = string.sub(run, 1, 20) .. ' ' .. string.sub(id, 1, 20)
    replication = id
  end
  usedAt = time
  return reign
end

-- Returns the head of a topic: epoch, seq, size, ms, when the log is discarded, and whether the epoch is new.
-- Begins an epoch if the head is missing or of another reign. With mustExist, returns nil for a missing head.
local function open(keys, candidate, time, mustExist)
  local present = current(candidate, time)
  local head = redis.call('HMGET', keys[1], 'epoch', 'seq', 'size', 'ms', 'reign', 'ends')
  local size, ms, ends = tonumber(head[3] or nil), tonumber(head[4] or nil), head[6] or nil
  if head[5] == present then return head[1], tonumber(head[2]), size, ms, ends end
  if mustExist and not head[1] then return nil end
  -- With the time, because a command that is sent again must not begin the same epoch twice.
  local epoch = candidate .. '-' .. string.sub(replication, 1, 4) .. string.sub(string.format('%x', time), -4)
  redis.call('DEL', keys[2])
  redis.call('HSET', keys[1], 'epoch', epoch, 'seq', 0, 'reign', present)
  return epoch, 0, size, ms, ends, true
end

-- Removes the events that are older than a time from a log.
local function trim(key, oldest)
  while true do
    local entries = redis.call('XRANGE', key, '-', '+', 'COUNT', 64)
    local cut = nil
    for _, entry in ipairs(entries) do
      local seq, at = string.match(entry[1], '^(%d+)-(%d+)$')
      if tonumber(at) >= oldest then
        redis.call('XTRIM', key, 'MINID', seq)
        return
      end
      cut = seq
    end
    if not cut then return end
    redis.call('XTRIM', key, 'MINID', string.format('%.0f', tonumber(cut) + 1))
  end
end

-- Appends the bodies from the argument n on, and publishes them. The arguments before n are size, ms and the channel for
-- updates; a negative size or ms is infinite. The state is what open returns.
local function store(keys, args, n, time, epoch, seq, size, ms, ends)
  -- If the log was never read, no cursor on it exists, and its epoch need not outlast its events.
  local least = ms and idleMs or 0
  size = size or tonumber(args[n - 3])
  ms = ms or tonumber(args[n - 2])
  local at = string.format('%.0f', time)
  local first = seq + 1
  for each = n, #args do
    seq = seq + 1
    if size ~= 0 then
      local id = string.format('%.0f', seq) .. '-' .. at
      if size < 0 then
        redis.call('XADD', keys[2], id, 'body', args[each])
      else
        redis.call('XADD', keys[2], 'MAXLEN', '~', string.format('%.0f', size), id, 'body', args[each])
      end
    end
  end
  redis.call('HSET', keys[1], 'seq', string.format('%.0f', seq))
  expireKey(keys[1], ends, lifetime(ms, least))
  if size == 0 then
    -- Older events would leave a hole before those that are kept later.
    redis.call('DEL', keys[2])
  else
    expireKey(keys[2], ends, lifetime(ms, 0))
  end
  if ms >= 0 and math.floor(seq / 64) > math.floor((first - 1) / 64) then trim(keys[2], time - ms) end
  local heading = epoch .. ' ' .. string.format('%.0f', first) .. ' ' .. at .. '\\n'
  redis.call('SPUBLISH', args[n - 1], heading .. table.concat(args, '', n))
end

-- Appends a batch of events. KEYS: head, log, guard. ARGV: candidate for an epoch, number of the batch, size, ms,
-- channel for updates, bodies. The numbers of a process rise: a batch with a number that is not above the last was
-- appended before, or its emits have been rejected.
local function append(keys, args)
  local time = now()
  local epoch, seq, size, ms, ends = open(keys, args[1], time)
  local last = redis.call('GET', keys[3])
  if last and tonumber(last) >= tonumber(args[2]) then return end
  redis.call('SET', keys[3], args[2], 'PX', guardMs)
  store(keys, args, 6, time, epoch, seq, size, ms, ends)
end

-- Appends a batch of events behind a position. KEYS: head, log. ARGV: candidate for an epoch, epoch and seq of the
-- position, size, ms, channel for updates, bodies. Returns whether the log has the batch there, as it has if the batch
-- is sent again.
local function extend(keys, args)
  local time = now()
  local epoch, seq, size, ms, ends = open(keys, args[1], time, true)
  local after = tonumber(args[3])
  if epoch ~= args[2] or seq < after then return 0 end
  if seq == after then
    store(keys, args, 7, time, epoch, seq, size, ms, ends)
    return 1
  end
  local count = #args - 6
  local from = string.format('%.0f', after + 1)
  local entries = redis.call('XRANGE', keys[2], from, '+', 'COUNT', count)
  if #entries < count then return 0 end
  for n, entry in ipairs(entries) do
    if entry[2][2] ~= args[6 + n] then return 0 end
  end
  return string.match(entries[1][1], '^%d+') == from and 1 or 0
end

-- Reads a page. KEYS: head, log. ARGV: candidate for an epoch, size, ms, number of events, and the epoch and
-- seq after which to read. Returns the epoch, the last seq and the current time, then the time and body of
-- each event.
local function page(keys, args, mustExist)
  local time = now()
  local epoch, seq, _, _, ends, isNew = open(keys, args[1], time, mustExist)
  if not epoch then return false end
  local ms = tonumber(args[3])
  redis.call('HSET', keys[1], 'size', args[2], 'ms', args[3])
  if ends or seq > 0 then
    expireKey(keys[1], ends, lifetime(ms, idleMs))
  elseif isNew then
    redis.call('PEXPIRE', keys[1], newMs)
  else
    local left = redis.call('PTTL', keys[1])
    if left > newMs or left <= newMs - inUseMs then redis.call('PEXPIRE', keys[1], eventlessMs) end
  end
  local reply = { epoch, seq, time }
  local after = tonumber(args[6])
  if args[5] ~= epoch or after >= seq then return reply end
  -- Every event that follows, or none. In pages, because Redis serves no other client meanwhile.
  local count, length = 0, 0
  while count < tonumber(args[4]) and length < pageBytes do
    local entries = redis.call('XRANGE', keys[2], string.format('%.0f', after + 1), '+', 'COUNT', 16)
    for _, entry in ipairs(entries) do
      local id, at = string.match(entry[1], '^(%d+)-(%d+)$')
      if tonumber(id) ~= after + 1 then return reply end
      after = after + 1
      count = count + 1
      length = length + #entry[2][2]
      table.insert(reply, at)
      table.insert(reply, entry[2][2])
    end
    if #entries < 16 then return reply end
  end
  return reply
end

-- Reads a topic, and begins it if it has no head.
local function begin(keys, args)
  return page(keys, args, false)
end

-- Reads a topic that has a head, which takes no memory. Returns nil if it has none.
local function read(keys, args)
  return page(keys, args, true)
end

-- Discards a log after a time. KEYS: head, log. ARGV: ms.
local function expire(keys, args)
  if redis.call('EXISTS', keys[1]) == 0 then return 0 end
  local ends = string.format('%.0f', now() + tonumber(args[1]))
  redis.call('HSET', keys[1], 'ends', ends)
  for _, key in ipairs(keys) do redis.call('PEXPIREAT', key, ends) end
  return 1
end

-- Discards the events up to a position. KEYS: head, log. ARGV: candidate for an epoch, and the epoch and seq of the
-- position.
local function drop(keys, args)
  local epoch = open(keys, args[1], now(), true)
  if epoch ~= args[2] then return 0 end
  return redis.call('XTRIM', keys[2], 'MINID', string.format('%.0f', tonumber(args[3]) + 1))
end
`
