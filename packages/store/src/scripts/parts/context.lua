-- What every script shares: its arguments in order, one reading of the clock, names of keys.
-- The loader puts `settings` before this text, and in every call of key() the prefix of keys.ts in place of the
-- kind: names are written once for both languages.
-- The same files serve in two forms (script-texts.ts). As functions of a library the parts are defined once, when it is
-- loaded. As a text of its own a script defines them at every call, which costs it time: `-- include: part, part` stands
-- where these parts are first needed, and is replaced by them.
-- KEYS[1] is the tenant's base, `pawl:{tenant}`: all keys of a tenant share its hash tag, so the base alone
-- routes the script, on a cluster too.

-- What a script has in hand while it runs, made anew by begin(): functions of a library find here what the last call left.
local base, position, nowText, nowMs
-- The accounts that are open, and seats by tenant (accounts.lua, admission.lua).
local opened, openedFor, openedList, capsOf
-- Up to where `%d` writes every digit of a number: see whole().
local exactBelow

local function begin()
  base, position, opened, openedFor, capsOf = KEYS[1], 0, {}, nil, {}
  local clock = redis.call('TIME')
  nowText = clock[1] .. string.sub('00000' .. clock[2], -6, -4)
  nowMs = nowText + 0
  exactBelow = exactBelow or (string.format('%d', 1e15) == '1000000000000000' and 1e15 or 1e9)
end

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

-- An empty list with room: one that grows by itself is made anew at its first, second, third and fifth member.
local function listOfEight()
  return { nil, nil, nil, nil, nil, nil, nil, nil }
end

-- A list on the wire is its length, then its members.
local function takeList()
  local list, at = listOfEight(), position + 1
  local length = ARGV[at] + 0
  for i = 1, length do
    list[i] = ARGV[at + i]
  end
  position = at + length
  return list
end

-- Lua's own tostring keeps 14 digits; money and milliseconds need all of theirs. `%.0f` is slow, and `%d` is exact as
-- far as a C long goes: tried out once, since a library cannot do it when it is loaded.
local function whole(number)
  number = number + 0
  return string.format(number >= 0 and number < exactBelow and '%d' or '%.0f', number)
end

local function key(tenantBase, prefix, id)
  return tenantBase .. prefix .. (id or '')
end

-- What a text means is worked out once: by functions of a library, once for many calls. `meaning` depends on the text
-- alone, and nobody writes into what it returns.
local function remembering(meaning)
  local known, count = {}, 0
  return function(text)
    local found = known[text]
    if not found then
      if count == 1000 then
        known, count = {}, 0
      end
      found, count = meaning(text), count + 1
      known[text] = found
    end
    return found
  end
end
