import { createHash } from 'node:crypto'

/**
 * What runs inside Redis, one step each: https://redis.io/docs/latest/develop/programmability/functions-intro/
 *
 * A topic has a few keys, of one hash slot: a hash with its epoch, its head, how much is to be kept, and the reign in which
 * it was written; a stream with what is kept, whose ids are `<seq>-<time>`; and for each process that emits to it, for
 * a while, which batch came last, since a client may send one again that it has lost the answer to.
 *
 * A topic without events has no stream, and its head lasts some minutes, or less where its subscribers left at once: any
 * client can name a topic.
 *
 * After a restart or a failover, what had been acknowledged may be lost, and each topic begins a new epoch when it is next
 * used. A reign tells one such time from the next. All versions of this library name it alike, and share the topics.
 */
const sourceOf = (name: string) => `#!lua name=${name}

-- A reign is the time in which one process of Redis has been in charge, and no other: '<run id> <replication id>'.
local run = nil
local reign = nil
local replication = nil
local usedAt = 0

-- Where another was in charge in between, nobody has called a function here meanwhile, and replication has a new id.
local unused = 10
-- How long the head of a topic stays that is not used, in milliseconds; and that of a topic without events, before a read
-- finds it to be in use for some seconds, and after that.
local idle = 3600000
local tried = 45000
local triedFor = 10000
local fresh = 180000
-- How long it is remembered what a process has appended last: longer than a client goes on sending something again.
local guarded = 600000
-- How much is read at once, in bytes, unless a few events are longer.
local longestPage = 1048576
-- The longest that anything stays that nobody uses.
local longest = 2592000000

local function lifetime(ms, least)
  if ms < 0 or ms > longest then return longest end
  return string.format('%.0f', math.max(ms, least, 1))
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
  if not reign or time < usedAt or time - usedAt > unused then
    local id = info('replication', 'master_replid') or ''
    -- Where a server does not tell its run, a name of ours has to do, and the time: a command that has begun a reign may be
    -- sent again, to the server that takes over.
    run = run or info('server', 'run_id') or string.format('%.0f', time) .. candidate
    -- Half of each id tells them apart, and a hash with values of up to 64 bytes takes less than half of the memory.
    reign = string.sub(run, 1, 20) .. ' ' .. string.sub(id, 1, 20)
    replication = id
  end
  usedAt = time
  return reign
end

-- The head of a topic: epoch, seq, size, ms, and whether its epoch is new. One begins where there is none, or none that is sure; where the topic
-- has to be there already, a missing head gives nothing.
local function open(keys, candidate, time, hasToBe)
  local present = current(candidate, time)
  local head = redis.call('HMGET', keys[1], 'epoch', 'seq', 'size', 'ms', 'reign')
  if head[5] == present then return head[1], tonumber(head[2]), tonumber(head[3]), tonumber(head[4]) end
  if hasToBe and not head[1] then return nil end
  -- Nor may a command that is sent again begin the same epoch twice.
  local epoch = candidate .. '-' .. string.sub(replication, 1, 4) .. string.sub(string.format('%x', time), -4)
  redis.call('DEL', keys[2])
  redis.call('HSET', keys[1], 'epoch', epoch, 'seq', 0, 'reign', present)
  return epoch, 0, tonumber(head[3] or nil), tonumber(head[4] or nil), true
end

-- Lets go of what is too old at the beginning of a stream.
local function forget(key, oldest)
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

-- KEYS: head, log, guard. ARGV: candidate for an epoch, number of the batch, size, ms, channel for news, bodies. Numbers
-- below 0 are infinite. The batches of a process rise: one that comes again, or after a newer one, has been done or given up.
local function append(keys, args)
  local time = now()
  local epoch, seq, size, ms = open(keys, args[1], time)
  local last = redis.call('GET', keys[3])
  if last and tonumber(last) >= tonumber(args[2]) then return seq end
  redis.call('SET', keys[3], args[2], 'PX', guarded)
  -- Where it was never read, nobody has a cursor on it, and its epoch need not outlast its events.
  local least = ms and idle or 0
  size = size or tonumber(args[3])
  ms = ms or tonumber(args[4])
  local at = string.format('%.0f', time)
  local first = seq + 1
  for n = 6, #args do
    seq = seq + 1
    if size ~= 0 then
      local id = string.format('%.0f', seq) .. '-' .. at
      if size < 0 then
        redis.call('XADD', keys[2], id, 'body', args[n])
      else
        redis.call('XADD', keys[2], 'MAXLEN', '~', string.format('%.0f', size), id, 'body', args[n])
      end
    end
  end
  redis.call('HSET', keys[1], 'seq', string.format('%.0f', seq))
  redis.call('PEXPIRE', keys[1], lifetime(ms, least))
  if size == 0 then
    -- What was kept before this would not go on with what may be kept after it.
    redis.call('DEL', keys[2])
  else
    redis.call('PEXPIRE', keys[2], lifetime(ms, 0))
  end
  if ms >= 0 and math.floor(seq / 64) > math.floor((first - 1) / 64) then forget(keys[2], time - ms) end
  local heading = epoch .. ' ' .. string.format('%.0f', first) .. ' ' .. at .. '\\n'
  redis.call('SPUBLISH', args[5], heading .. table.concat(args, '', 6))
  return seq
end

-- KEYS: head, log. ARGV: candidate for an epoch, size, ms, how many events, and after which epoch and seq. Gives the epoch,
-- the newest seq, what time it is, and of each event when it was appended and its body.
local function page(keys, args, hasToBe)
  local time = now()
  local epoch, seq, _, _, isNew = open(keys, args[1], time, hasToBe)
  if not epoch then return false end
  local ms = tonumber(args[3])
  redis.call('HSET', keys[1], 'size', args[2], 'ms', args[3])
  if seq > 0 then
    redis.call('PEXPIRE', keys[1], lifetime(ms, idle))
  elseif isNew then
    redis.call('PEXPIRE', keys[1], tried)
  else
    local left = redis.call('PTTL', keys[1])
    if left > tried or left <= tried - triedFor then redis.call('PEXPIRE', keys[1], fresh) end
  end
  local reply = { epoch, seq, time }
  local after = tonumber(args[6])
  if args[5] ~= epoch or after >= seq then return reply end
  -- All that follows, or nothing; and not too much at once, for meanwhile nobody else is served.
  local count, length = 0, 0
  while count < tonumber(args[4]) and length < longestPage do
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

-- Reads a topic, which begins where it has no head.
local function begin(keys, args)
  return page(keys, args, false)
end

-- Reads a topic that has a head, and takes no memory. Without a head it gives nothing.
local function read(keys, args)
  return page(keys, args, true)
end

-- KEYS: name. ARGV: holder, ms.
local function acquire(keys, args)
  local holder = redis.call('GET', keys[1])
  if holder and holder ~= args[1] then return 0 end
  redis.call('SET', keys[1], args[1], 'PX', args[2])
  return 1
end

-- KEYS: name. ARGV: holder.
local function release(keys, args)
  if redis.call('GET', keys[1]) == args[1] then redis.call('DEL', keys[1]) end
  return 0
end

-- KEYS: name. ARGV: holder, count, most, ms. Each holder's field is '<count> <until when>'.
local function count(keys, args)
  local wanted, most, ms = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
  local time = now()
  local fields = redis.call('HGETALL', keys[1])
  local others, own = 0, 0
  for n = 1, #fields, 2 do
    local has, ends = string.match(fields[n + 1], '^(%d+) (%d+)$')
    if tonumber(ends) <= time then
      redis.call('HDEL', keys[1], fields[n])
    elseif fields[n] == args[1] then
      own = tonumber(has)
    else
      others = others + tonumber(has)
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

redis.register_function('${name}_append', append)
redis.register_function('${name}_begin', begin)
-- Also where memory is short: a topic that is there is to be read, and what is released takes none.
redis.register_function{function_name = '${name}_read', callback = read, flags = { 'allow-oom' }}
redis.register_function('${name}_acquire', acquire)
redis.register_function{function_name = '${name}_release', callback = release, flags = { 'allow-oom' }}
redis.register_function{function_name = '${name}_count', callback = count, flags = { 'allow-oom' }}
`

/**
 * The name of the library, with a hash of its source: Redis finds a library by its name alone, and nodes of several
 * versions of this package may share one Redis.
 */
export const libraryName = `tidings_${createHash('sha256').update(sourceOf('')).digest('hex').slice(0, 16)}`

export const librarySource = sourceOf(libraryName)
