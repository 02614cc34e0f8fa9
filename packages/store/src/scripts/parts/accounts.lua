-- The ledger's accounts. Every amount is whole nano-dollars.
--
-- An account is what one scope (a user, a feature, the tenant, …) spent and holds, one string of words:
--   held, total (spent in all), the end of its hour in ms (0 or less: none was named yet, see turnWindow),
--   line ('1': somebody waits for its money), limits set by hand, limits of the configuration,
--   total at the beginning of the hour, of the day and its end, of the month and its end
-- What was spent in a window is the total less the total at its beginning, so a call changes two words; a day ends, and
-- so does a month, when an hour does. Limits are `<window>=<limit>|<soft limit, or nothing>|<refuse or wait>`, joined by
-- `;`, or `-`. One set by hand goes before the configured one of the same window. In every window, spent + held never
-- passes the limit; a hold counts in all of them, so a window that turns in the middle of a call forgets nothing.
--
-- The first two words, which every call changes, are 16 digits wide: they are written over the old ones in place, which
-- keeps the expiry, too.

local WORDS = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$'
local NEW = '0 0 0 0 - - 0 0 0 0 0'
local TERMS = '(%a+)=(%d+)|(%d*)|(%a+)'

local function addLimits(limits, text, except)
  for window, limit, soft, exceeded in string.gmatch(text, TERMS) do
    if not string.find(except, window .. '=', 1, true) then
      limits[#limits + 1] = {
        window = window, limit = limit + 0, soft = tonumber(soft) or math.huge, waits = exceeded == 'wait',
      }
    end
  end
end

-- The limits that are in force: those set by hand, and of the configured ones those of other windows.
local limitsOf = remembering(function(both)
  local set, configured = string.match(both, '^(%S+) (%S+)$')
  local limits = {}
  addLimits(limits, set, '')
  addLimits(limits, configured, set)
  return limits
end)

-- All words but the first two. `hour`, `day` and `month` are the totals at their beginning; that of all time is 0.
local wordsOf = remembering(function(text)
  local hourEnds, line, set, configured, hour, day, dayEnds, month, monthEnds = string.match(text, WORDS)
  return {
    hourEnds = hourEnds + 0, line = line, set = set, configured = configured, limits = limitsOf(set .. ' ' .. configured),
    hour = hour + 0, day = day + 0, dayEnds = dayEnds + 0, month = month + 0, monthEnds = monthEnds + 0, total = 0,
  }
end)

-- `unsaved`: 'amounts' where held or total is another and nothing else, 'words' where some other word is, too. `narrow`:
-- its amounts cannot be written over. Fields that are set later stand here so that the table need not grow.
local function accountOf(accountKey, text)
  local held, total, at = string.match(text, '^(%S+) (%S+) ()')
  local account = {
    key = accountKey, held = held + 0, total = total + 0, words = wordsOf(string.sub(text, at)), unsaved = false,
    unspent = false, tight = false, firm = false, firmLimit = false,
  }
  if at ~= 35 then
    account.narrow = true
  end
  return account
end

-- Each once in a script; what changes is written back at its end. Who asks again for the same list (linesOf() makes it
-- once) gets the same accounts.
local function openAccounts(keys)
  if keys == openedFor then
    return openedList
  end
  local missing, accounts = listOfEight(), listOfEight()
  for i = 1, #keys do
    accounts[i] = opened[keys[i]]
    if not accounts[i] then
      missing[#missing + 1] = keys[i]
    end
  end
  if #missing > 0 then
    local texts = redis.call('MGET', unpack(missing))
    for i = 1, #missing do
      opened[missing[i]] = accountOf(missing[i], texts[i] or NEW)
    end
    for i = 1, #keys do
      accounts[i] = opened[keys[i]]
    end
  end
  openedFor, openedList = keys, accounts
  return accounts
end

local function openAccount(accountKey)
  return openAccounts({ accountKey })[1]
end

-- What wordsOf() returned is everybody's: who changes a word changes a copy.
local function wordsToChange(account)
  if account.unsaved ~= 'words' then
    local words = {}
    for name, value in pairs(account.words) do
      words[name] = value
    end
    account.words, account.unsaved = words, 'words'
  end
  return account.words
end

local function setLimits(account, set, configured)
  local words = wordsToChange(account)
  words.set, words.configured, words.limits = set, configured, limitsOf(set .. ' ' .. configured)
end

-- As whole() does it, with leading zeros.
local function twoWide(held, total)
  if held >= 0 and held < exactBelow and total < exactBelow then
    return string.format('%016d %016d', held, total)
  end
  return string.format('%016.0f %016.0f', held, total)
end

local function saveAccounts()
  for accountKey, account in pairs(opened) do
    if account.unsaved then
      local amounts, words = twoWide(account.held, account.total), account.words
      if account.unsaved == 'amounts' and not account.narrow and #amounts == 33 then
        redis.call('SETRANGE', accountKey, '0', amounts)
      else
        local text = table.concat({ amounts, whole(words.hourEnds), words.line, words.set, words.configured,
          whole(words.hour), whole(words.day), whole(words.dayEnds), whole(words.month), whole(words.monthEnds) }, ' ')
        -- A limit on the total must know all that was ever spent.
        if words.set ~= '-' or string.find(words.configured, 'total=', 1, true) then
          redis.call('SET', accountKey, text)
        elseif words.renew or words.hourEnds <= 0 then
          redis.call('SET', accountKey, text, 'PX', settings.accountKeptMs)
        else
          redis.call('SET', accountKey, text, 'KEEPTTL')
        end
        account.narrow = #amounts ~= 33
      end
      account.unsaved = false
    end
  end
end

local function addHeld(account, nano)
  account.held = account.held + nano
  account.unsaved = account.unsaved or 'amounts'
end

-- In ms. A day may have an hour more, and so may a month.
local LONGEST = { hour = 3600000, day = 90000000, month = 2682000000 }

-- Whether a window that ends then can be under way: an end that lies further off was named by a clock that is wrong.
local function isUnderWay(window, endsAt)
  return endsAt > nowMs and endsAt - nowMs <= LONGEST[window]
end

-- A window that is over begins anew. Without a name for its end it has `-<ms>`: when something was last spent in it; whoever
-- names it next can tell whether that was in an earlier one. In doubt what was spent counts.
local function turnWindow(account, words, window, named)
  local ends = window .. 'Ends'
  local known = words[ends]
  if isUnderWay(window, known) then
    return
  end
  named = named and isUnderWay(window, named) and named or nil
  if known > 0 and known <= nowMs or known < 0 and -known < (named or nowMs) - LONGEST[window] then
    words[window] = account.total
  end
  words[ends] = named or (known > 0 and -nowMs or known)
end

-- Begins the windows that are due. One that still runs keeps its end, whatever somebody else's clock or zone says. Where
-- nobody names the new ends, the next hold will.
local function turnWindows(account, endsAt)
  if isUnderWay('hour', account.words.hourEnds) then
    return
  end
  local words = wordsToChange(account)
  turnWindow(account, words, 'hour', endsAt and endsAt.hour)
  turnWindow(account, words, 'day', endsAt and endsAt.day)
  turnWindow(account, words, 'month', endsAt and endsAt.month)
  -- An hour ends no later than its day and its month, whoever named it.
  for _, ends in ipairs({ 'dayEnds', 'monthEnds' }) do
    if words[ends] > 0 and words[ends] < words.hourEnds then
      words.hourEnds = words[ends]
    end
  end
  words.renew = true
end

-- What comes after a window's end belongs to the next one.
local function addSpent(account, nano)
  if account.words.hourEnds <= nowMs then
    turnWindows(account)
    local words = wordsToChange(account)
    for _, ends in ipairs({ 'hourEnds', 'dayEnds', 'monthEnds' }) do
      if words[ends] <= 0 then
        words[ends] = -nowMs
      end
    end
  end
  account.total = math.max(0, account.total + nano)
  account.unsaved = account.unsaved or 'amounts'
end

local NO_LIMIT = {}

-- Sets `unspent`, the least over the limits, and `tight`, which limit that is; `firm` and `firmLimit`, the same over those
-- that refuse: beside a limit that says to wait they hold all the same. Returns whether some soft limit is reached.
local function weigh(account)
  account.unspent, account.tight, account.firm, account.firmLimit = math.huge, NO_LIMIT, math.huge, NO_LIMIT
  local limits, soft = account.words.limits, false
  if #limits == 0 then
    return soft
  end
  -- An account that lost its hour's end to a late settlement may have a day that is over.
  if account.total > 0 then
    turnWindows(account)
  end
  local words, total = account.words, account.total
  for i = 1, #limits do
    local limit = limits[i]
    local spent = total - words[limit.window]
    soft = soft or spent >= limit.soft
    local rest = limit.limit - spent
    if rest < account.unspent then
      account.unspent, account.tight = rest, limit
    end
    if not limit.waits and rest < account.firm then
      account.firm, account.firmLimit = rest, limit
    end
  end
  return soft
end

-- In ms; 0 where nobody has named it; nil where it never ends.
local function endOf(account, window)
  local endsAt = account.words[window .. 'Ends']
  return endsAt and math.max(0, endsAt)
end

-- On the wire one text: `<ends of hour, day, month in ms> <the task's own limit>`, a line each for the accounts' keys, an
-- empty line, and in the same order their configured limits. A user's tasks say the same at every step of an hour.
local termsOf = remembering(function(text)
  local hour, day, month, ownLimit, from = string.match(text, '^(%S+) (%S+) (%S+) (%S+)\n()')
  local to = string.find(text, '\n\n', from - 1, true)
  local keys = string.sub(text, from, to - 1)
  return {
    endsAt = { hour = hour + 0, day = day + 0, month = month + 0 }, ownLimit = ownLimit + 0, keys = keys,
    keyList = linesOf(keys), configured = linesOf(string.sub(text, to + 2)),
  }
end)

local function takeTerms()
  local terms = termsOf(take())
  local accounts, configured = openAccounts(terms.keyList), terms.configured
  for i = 1, #accounts do
    local words = accounts[i].words
    if words.configured ~= configured[i] then
      setLimits(accounts[i], words.set, configured[i])
    end
  end
  return { endsAt = terms.endsAt, ownLimit = terms.ownLimit, keys = terms.keys, accounts = accounts }
end
