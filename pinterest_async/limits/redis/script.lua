-- Counts the tokens of all processes; Redis runs each call as one step, with nothing in between.
--
-- A bucket is two keys. The first is a sorted set of the tokens that are out, by the time at which
-- each comes back at the latest: for a request under way, after the longest time that it may take
-- and a window; once it has ended, a window after that end. The second is a hash of what `Bucket`
-- keeps in fields of the same names. Times are whole milliseconds of the server's clock, rounded up.
--
-- The server's clock may jump ahead, as when another server takes its place. A process tells what
-- time it must be there by its own clock at the least; where the server's is more than a second
-- later, it is taken for that much ahead from then on, so that no token comes back early.
--
-- KEYS: the key of the epoch and of how far the clock is ahead, of the processes that share, then two of each bucket. A missing epoch
-- means that Redis has lost its data; then a new one is made. ARGV[1] is JSON:
--   now: milliseconds to use in place of the server's clock, or null; epoch: the last one seen
--   expected: the server's time by the clock of the process, or null
--   me: the process; chance: from 0 to 1; max_under_way: the longest time that a request may take
--   quotas: [limit, window] of each bucket, to start from
--   updates: what happened since the last call, in order: [what, buckets, ...]
--   queue: the buckets to take tokens of, as indices from 1; want: how many; first: their number
--   forecast: the buckets for which to tell when tokens come back; sample: of how many at most
--
-- The answer is whole numbers: epoch; tokens granted (-1: nothing was done, since the epoch is
-- another one); processes; the time; for each bucket of the queue: limit, window, tokens out before the
-- grant, tokens free after it, wait for the next, frozen for. Then a list for each bucket of the
-- forecast: limit, window, tokens out, tokens that others spent and for how long they count, wait
-- until any can be taken, time until requests no longer go one by one, and after how long tokens
-- come back: a sample at equal distances.

local args = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if type(args.now) == 'number' then now = args.now end
local DAY, later = 86400000, 0

local function text(number) return string.format('%.0f', number) end

local epoch, ahead = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
local changed = not epoch
epoch, ahead = tonumber(epoch) or now, tonumber(ahead) or 0
if changed or args.epoch <= 0 or args.epoch == epoch then
  if type(args.expected) == 'number' and now - ahead > args.expected + 1000 then
    ahead, changed = now - args.expected, true
  end
end
if changed then redis.call('SET', KEYS[1], text(epoch) .. ' ' .. text(ahead)) end
redis.call('PEXPIRE', KEYS[1], text(3 * DAY))
now = now - ahead
later = now + 1
if args.epoch > 0 and args.epoch ~= epoch then return {epoch, -1} end

redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now))
redis.call('ZADD', KEYS[2], text(now + 60000), args.me)
redis.call('PEXPIRE', KEYS[2], 61000)
local processes = redis.call('ZCARD', KEYS[2])

local FIELDS = {'limit', 'window', 'foreign', 'foreign_until', 'frozen_until', 'thawed_until',
  'next_at'}
local buckets = {}

local function bucket(i)
  local b = buckets[i]
  if b then return b end
  b = {tokens = KEYS[2 * i + 1], state = KEYS[2 * i + 2]}
  local kept = redis.call('HMGET', b.state, unpack(FIELDS))
  for n, field in ipairs(FIELDS) do b[field] = tonumber(kept[n]) or 0 end
  if b.limit == 0 then
    b.limit, b.window, b.dirty = args.quotas[i][1], args.quotas[i][2], true
  end
  redis.call('ZREMRANGEBYSCORE', b.tokens, '-inf', text(now))
  b.out = redis.call('ZCARD', b.tokens)
  if b.foreign > 0 and b.foreign_until <= now then b.foreign, b.dirty = 0, true end
  if b.thawed_until > 0 and math.max(b.thawed_until, b.next_at) <= now then
    b.frozen_until, b.thawed_until, b.next_at, b.dirty = 0, 0, 0, true
  end
  buckets[i] = b
  return b
end

local function put(b, id, at)
  b.out = b.out + redis.call('ZADD', b.tokens, text(at), id)
end

local update = {}

function update.hold(b, id) put(b, id, later + args.max_under_way + b.window) end

function update.finish(b, id, age)
  local at = later - age + b.window
  if at > now then put(b, id, at) else b.out = b.out - redis.call('ZREM', b.tokens, id) end
end

function update.release(b, id) b.out = b.out - redis.call('ZREM', b.tokens, id) end

function update.learn(b, limit, window)
  local change = window - b.window
  b.limit, b.window, b.dirty = limit, window, true
  if change == 0 then return end
  local all = redis.call('ZRANGE', b.tokens, 0, -1, 'WITHSCORES')
  for n = 1, #all, 2 do
    redis.call('ZADD', b.tokens, text(tonumber(all[n + 1]) + change), all[n])
  end
end

function update.copy(b, other)
  local main = bucket(other)
  local all = redis.call('ZRANGE', main.tokens, 0, -1, 'WITHSCORES')
  for n = 1, #all, 2 do
    local at = tonumber(all[n + 1]) + b.window - main.window
    b.out = b.out + redis.call('ZADD', b.tokens, 'NX', text(at), all[n])
  end
end

function update.others(b, used, ours, reset)
  local foreign = used - math.max(ours, b.out)
  if foreign > b.foreign then
    b.foreign, b.foreign_until, b.dirty = foreign, later + math.min(reset, b.window), true
  end
end

function update.freeze(b, left)
  local till = later + left
  if left > 0 and till > b.frozen_until then
    b.frozen_until, b.thawed_until, b.dirty = till, till + b.window, true
  end
end

for _, one in ipairs(args.updates) do
  for _, i in ipairs(one[2]) do update[one[1]](bucket(i), unpack(one, 3)) end
end

local function free(b)
  if now < b.frozen_until or now < b.next_at then return 0 end
  return math.max(0, b.limit - b.out - b.foreign)
end

local function returns(b, count)
  local rank, soonest = count, now + b.window
  if b.foreign > 0 then
    local before = redis.call('ZCOUNT', b.tokens, '-inf', '(' .. text(b.foreign_until))
    if count > before then
      if count <= before + b.foreign then return b.foreign_until end
      rank = count - b.foreign
    end
  end
  local found = redis.call('ZRANGE', b.tokens, rank - 1, rank - 1, 'WITHSCORES')
  return math.min(tonumber(found[2]) or soonest, soonest)
end

local function ready(b)
  local start = math.max(now, b.frozen_until, b.next_at)
  local missing = 1 - (b.limit - b.out - b.foreign)
  if missing > 0 then start = math.max(start, returns(b, missing)) end
  return start
end

local granted, before = args.want, {}
for n, i in ipairs(args.queue) do
  local b = bucket(i)
  before[n] = b.out
  granted = math.min(granted, free(b))
  if b.thawed_until > now then granted = math.min(granted, 1) end
end
for _, i in ipairs(args.queue) do
  local b = bucket(i)
  for n = 0, granted - 1 do
    put(b, args.me .. ':' .. text(args.first + n), later + args.max_under_way + b.window)
  end
  if granted > 0 and b.thawed_until > now then
    b.next_at = later + math.floor(2 * args.chance * b.window / b.limit)
    b.dirty = true
  end
end

local answer = {epoch, granted, processes, now}
for n, i in ipairs(args.queue) do
  local b = bucket(i)
  for _, number in ipairs({b.limit, b.window, before[n], free(b), ready(b) - now,
      math.max(0, b.frozen_until - now)}) do
    table.insert(answer, number)
  end
end
for _, i in ipairs(args.forecast) do
  local b = bucket(i)
  local numbers = {b.limit, b.window, b.out, b.foreign, b.foreign_until - now,
    math.max(now, b.frozen_until, b.next_at) - now, b.thawed_until - now}
  local step = math.max(1, math.ceil(b.out / args.sample))
  for rank = 0, b.out - 1, step do
    local found = redis.call('ZRANGE', b.tokens, rank, rank, 'WITHSCORES')
    table.insert(numbers, tonumber(found[2]) - now)
  end
  table.insert(answer, numbers)
end

for _, b in pairs(buckets) do
  local kept = args.max_under_way + 2 * b.window + 1000
  redis.call('PEXPIRE', b.tokens, text(kept))
  if b.dirty then
    for _, field in ipairs(FIELDS) do redis.call('HSET', b.state, field, text(b[field])) end
  end
  local needed = math.max(kept, b.thawed_until - now, b.next_at - now, 3600000)
  redis.call('PEXPIRE', b.state, text(math.min(needed, 2 * DAY + args.max_under_way)))
end
return answer
