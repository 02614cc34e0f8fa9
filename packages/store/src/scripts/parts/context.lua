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

-- Nil where nothing was given. Adding nothing reads a number at half the price of tonumber(), which reads it twice.
local function takeNumber()
  position = position + 1
  local text = ARGV[position]
  return text ~= '' and text + 0 or nil
end

-- A list on the wire is its length, then its members.
local function takeList()
  local list, at = {}, position + 1
  local length = ARGV[at] + 0
  for i = 1, length do
    list[i] = ARGV[at + i]
  end
  position = at + length
  return list
end

-- Lua's own tostring keeps 14 digits; money and milliseconds need all of theirs. `%.0f` is slow, and `%d` is exact as
-- far as a C long goes, which is not everywhere beyond nine digits.
local function whole(number)
  number = number + 0
  if number < 0 or number >= 1e15 then
    return string.format('%.0f', number)
  elseif number < 1e9 then
    return string.format('%d', number)
  end
  local low = number % 1e9
  return string.format('%d%09d', (number - low) / 1e9, low)
end

local clock = redis.call('TIME')
local nowText = clock[1] .. string.sub('00000' .. clock[2], -6, -4)
local nowMs = nowText + 0

local function key(tenantBase, prefix, id)
  return tenantBase .. prefix .. (id or '')
end
