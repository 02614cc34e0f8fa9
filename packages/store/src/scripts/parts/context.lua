-- What every script shares: its arguments in order, one reading of the clock, names of keys.
-- The loader puts `settings` before this text, and in every call of key() the prefix of keys.ts in place of the
-- kind: names are written once for both languages. `-- include: part, part` is replaced by those parts: defining a
-- function costs a script time at every call, so what is rarely needed is included where it is.
-- KEYS[1] is the tenant's base, `pawl:{tenant}`: all keys of a tenant share its hash tag, so the base alone
-- routes the script, on a cluster too.

local base = KEYS[1]
local position = 0

local function take()
  position = position + 1
  return ARGV[position]
end

local function takeNumber()
  return tonumber(take())
end

-- A list on the wire is its length, then its members.
local function takeList()
  local list = {}
  for i = 1, takeNumber() do
    list[i] = take()
  end
  return list
end

local clock = redis.call('TIME')
local nowMs = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Lua's own tostring keeps 14 digits; money and milliseconds need all of theirs.
local function whole(number)
  return string.format('%.0f', number)
end

local function key(tenantBase, prefix, id)
  return tenantBase .. prefix .. (id or '')
end
