-- lease: a worker's slice of what the provider allows the whole fleet for one model: so many calls, each with the
-- moment from which it may be sent, evenly spaced.
--
-- KEYS  1 the model's hash, `pawl:{capacity:…}`
-- ARGV  worker, wanted calls, weight (how many wait there, parked ones too), tokens of one call (input, output),
--       unslotted (calls that were sent before a limit was known), returned (slots that nobody used),
--       tokens that were estimated and not used (input, output; negative: more were used),
--       configured limits a minute (requests, input, output; '' none),
--       news ('' none | 'free': the provider names no limit | 'limits'), with 'limits': requests, input, output a
--         minute ('' not named), requests remaining ('' not named)
--       pause in ms ('' none: the provider refused and said for how long), horizon in ms
-- Reply {'unknown' | 'free' | 'limited', requests, input, output ('' none), granted calls, ms until the first, ms
--        between them, ms until asking again is of use, weight of the other workers, ms of the pause that are left}
--
-- Promises that no minute holds more than was allowed. What is free a minute is spread over it (`tr`, `ti`, `to` are the
-- moments at which the next unit of each kind is free), a little is left over for clocks and lines that are not even,
-- and the calls of the last minute are counted besides. Safe to repeat: a slot that is given twice is lost, never more.

local worker, want, weight = take(), takeNumber(), takeNumber()
local inputTokens, outputTokens = takeNumber(), takeNumber()
local unslotted, returned = takeNumber(), takeNumber()
local unusedInput, unusedOutput = takeNumber(), takeNumber()
local configured = { take(), take(), take() }
local news = take()
local told = news == 'limits' and { take(), take(), take() } or nil
local remaining = told and takeNumber() or nil
local pause, horizon = takeNumber(), takeNumber()

local fields = redis.call('HGETALL', base)
local hash = {}
for i = 1, #fields, 2 do
  hash[fields[i]] = fields[i + 1]
end
local set, gone = {}, {}
local function put(field, value)
  hash[field] = value
  set[#set + 1], set[#set + 2] = field, value
end

-- What is known.
local isFirst = hash.known == nil
if news == 'free' then
  put('known', 'free')
elseif told then
  put('known', 'limits')
  put('lr', told[1])
  put('li', told[2])
  put('lo', told[3])
end
local function least(a, b)
  a, b = tonumber(a or ''), tonumber(b or '')
  return a and b and math.min(a, b) or a or b
end
local isTold = hash.known == 'limits'
local requests = least(isTold and hash.lr or '', configured[1])
local input = least(isTold and hash.li or '', configured[2])
local output = least(isTold and hash.lo or '', configured[3])
local isLimited = requests or input or output

-- A refusal lowers the share that is used by a tenth, once in five seconds; a minute brings it back.
local PER_MS = 0.1 / 60000
local factor = math.min(1, (tonumber(hash.factor or '') or 1) + (nowMs - (tonumber(hash.cut_at or '') or 0)) * PER_MS)
if pause then
  if nowMs - (tonumber(hash.cut_at or '') or 0) > 5000 then
    factor = math.max(0.5, factor * 0.9)
    put('factor', string.format('%.4f', factor))
    put('cut_at', nowText)
  end
  put('pause', whole(math.max(tonumber(hash.pause or '') or 0, nowMs + pause)))
end
local pauseLeft = math.max(0, (tonumber(hash.pause or '') or 0) - nowMs)

-- Who else wants calls.
local others = 0
for field, value in pairs(hash) do
  if string.sub(field, 1, 2) == 'w:' and field ~= 'w:' .. worker then
    local other, at = string.match(value, '^(%d+) (%d+)$')
    if tonumber(at) < nowMs - 3000 then
      gone[#gone + 1] = field
    else
      others = others + tonumber(other)
    end
  end
end
put('w:' .. worker, whole(weight) .. ' ' .. nowText)
local share = math.max(1, weight) / (math.max(1, weight) + others)

-- The calls of the last minute, by the second.
local second = math.floor(nowMs / 1000)
local counted = 0
for field, value in pairs(hash) do
  if string.sub(field, 1, 2) == 'c:' then
    if tonumber(string.sub(field, 3)) < second - 60 then
      gone[#gone + 1] = field
    else
      counted = counted + tonumber(value)
    end
  end
end
local now = math.max(-counted, unslotted - returned)
if isFirst and remaining and requests then
  -- What others used, or we before we were forgotten.
  now = math.max(now, requests - remaining - counted)
end

local granted, first, step, again = 0, nowMs, 0, 1000
if isLimited then
  local function perUnit(limit)
    return limit and 60000 / (math.max(limit / 2, limit - math.max(1, limit * 0.02), 0.001) * factor)
  end
  local kinds = {
    { at = 'tr', cost = 1, ms = perUnit(requests), back = returned - unslotted },
    { at = 'ti', cost = inputTokens, ms = perUnit(input), back = unusedInput + (returned - unslotted) * inputTokens },
    { at = 'to', cost = outputTokens, ms = perUnit(output), back = unusedOutput + (returned - unslotted) * outputTokens },
  }
  for _, kind in ipairs(kinds) do
    if kind.ms then
      -- What was left free is kept: five seconds of tokens, but of calls, which are to come evenly, the three that
      -- nobody was there to take, or a tenth of a second of many. No minute holds more for it.
      local kept = kind.at == 'tr' and math.min(5000, math.max(3, requests / 600 - 1) * kind.ms) or 5000
      local floor = nowMs - kept
      -- Before the first slot nobody has left any.
      local at = tonumber(hash[kind.at] or '') or (kind.at == 'tr' and nowMs or 0)
      kind.free = math.max(floor, at - kind.back * kind.ms)
      first = math.max(first, kind.free)
      step = math.max(step, kind.cost * kind.ms)
    end
  end
  local fitting = first > nowMs + horizon and 0 or math.floor((nowMs + horizon - first) / math.max(step, 0.001)) + 1
  local left = requests and math.max(0, math.floor(requests) - counted - now) or fitting
  if pauseLeft > 0 then
    again = math.min(1000, pauseLeft)
  else
    granted = math.min(want, math.max(1, math.ceil(fitting * share)), fitting, left)
    if granted < want then
      again = left == 0 and 250 or math.min(1000, math.max(20, first + granted * step - nowMs - horizon))
    end
  end
  for _, kind in ipairs(kinds) do
    if kind.ms then
      put(kind.at, string.format('%.3f', kind.free + granted * kind.cost * kind.ms))
    end
  end
end
now = now + granted
-- What is given back was counted a moment ago: it is taken from there, the newest first.
local at = second
while now ~= 0 and at >= second - 60 do
  local there = tonumber(hash['c:' .. at] or '0')
  local change = math.max(now, -there)
  if change ~= 0 then
    put('c:' .. at, whole(there + change))
  end
  now, at = now - change, at - 1
end

redis.call('HSET', base, unpack(set))
if #gone > 0 then
  redis.call('HDEL', base, unpack(gone))
end
redis.call('PEXPIRE', base, settings.capacityKeptMs)

local function text(number)
  return number and string.format('%.0f', number) or ''
end
return {
  isLimited and 'limited' or hash.known == 'free' and 'free' or hash.known == 'limits' and 'free' or 'unknown',
  text(requests), text(input), text(output),
  text(granted), string.format('%.3f', math.max(0, first - nowMs)), string.format('%.3f', step), text(again),
  text(others), text(pauseLeft),
}
