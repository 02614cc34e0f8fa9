-- The ledger's accounts. Every amount is whole nano-dollars.
--
-- An account is what one scope (a user, a feature, the tenant, …) spent and holds, one string of words:
--   held, total (spent in all), the end of its hour in ms (0: none was named yet),
--   line ('1': somebody waits for its money), limits set by hand, limits of the configuration,
--   total at the beginning of the hour, of the day and its end, of the month and its end
-- What was spent in a window is the total less the total at its beginning, so a call changes two words; a day ends, and
-- so does a month, when an hour does. Limits are `<window>=<limit>|<soft limit, or nothing>|<refuse or wait>`, joined by
-- `;`, or `-`. One set by hand goes before the configured one of the same window. In every window, spent + held never
-- passes the limit; a hold counts in all of them, so a window that turns in the middle of a call forgets nothing.

local WORDS = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$'
local STARTS = '^(%S+) (%S+) (%S+) (%S+) (%S+)$'
local TERMS = '(%a+)=(%d+)|(%d*)|(%a+)'

-- The accounts that this script has opened, written back once at its end.
local opened = {}

local function openAccount(accountKey)
  local account = opened[accountKey]
  if account then
    return account
  end
  account = { key = accountKey }
  local held, total, hourEnds, line, set, configured, starts = string.match(redis.call('GET', accountKey)
    or '0 0 0 0 - - 0 0 0 0 0', WORDS)
  account.held, account.total, account.hourEnds = tonumber(held), tonumber(total), tonumber(hourEnds)
  account.line, account.set, account.configured, account.starts = line, set, configured, starts
  opened[accountKey] = account
  return account
end

local function saveAccounts()
  for accountKey, account in pairs(opened) do
    if account.changed then
      local text = string.format('%.0f %.0f %.0f %s %s %s %s', account.held, account.total, account.hourEnds,
        account.line, account.set, account.configured, account.starts)
      if account.renew and account.set == '-' then
        redis.call('SET', accountKey, text, 'PX', settings.accountKeptMs)
      elseif account.set == '-' then
        redis.call('SET', accountKey, text, 'KEEPTTL')
      else
        redis.call('SET', accountKey, text)
      end
      account.changed = nil
    end
  end
end

local function addHeld(account, nano)
  account.held = account.held + nano
  account.changed = true
end

-- The totals at the windows' beginnings, `day` and `month` with their ends.
local function startsOf(account)
  local hour, day, dayEnds, month, monthEnds = string.match(account.starts, STARTS)
  return {
    hour = tonumber(hour), day = tonumber(day), month = tonumber(month), total = 0,
    dayEnds = tonumber(dayEnds), monthEnds = tonumber(monthEnds),
  }
end

-- Begins the windows that are due. One that still runs keeps its end, whatever somebody else's clock or zone says. Where
-- nobody names the new ends, the next hold will.
local function turnWindows(account, endsAt)
  if account.hourEnds > nowMs then
    return
  end
  local starts = startsOf(account)
  if account.hourEnds > 0 then
    starts.hour = account.total
  end
  account.hourEnds = endsAt and endsAt.hour or 0
  for window, ends in pairs({ day = 'dayEnds', month = 'monthEnds' }) do
    if starts[ends] <= nowMs then
      if starts[ends] > 0 then
        starts[window] = account.total
      end
      starts[ends] = endsAt and endsAt[window] or 0
    end
  end
  account.starts = string.format('%.0f %.0f %.0f %.0f %.0f', starts.hour, starts.day, starts.dayEnds, starts.month,
    starts.monthEnds)
  account.changed, account.renew = true, true
end

-- What comes after a window's end belongs to the next one.
local function addSpent(account, nano)
  if account.hourEnds > 0 and account.hourEnds <= nowMs then
    turnWindows(account)
  end
  account.total = math.max(0, account.total + nano)
  account.changed = true
end

local function termsOf(account)
  if account.set == '-' then
    return account.configured
  end
  local terms = { account.set }
  for window, rest in string.gmatch(account.configured, '(%a+)(=[^;]+)') do
    if not string.find(account.set, window .. '=', 1, true) then
      terms[#terms + 1] = window .. rest
    end
  end
  return table.concat(terms, ';')
end

-- Sets `unspent` (the least over the windows), `tight` (which window that is), `limit` and `waits` of that window,
-- `endsAt` (when it is over; nil: never), `free`, and `soft`: whether some soft limit is reached.
local function weigh(account)
  account.unspent, account.tight, account.soft, account.endsAt = math.huge, nil, false, nil
  local text = termsOf(account)
  if text ~= '-' then
    if account.hourEnds > 0 and account.hourEnds <= nowMs then
      turnWindows(account)
    end
    local starts = startsOf(account)
    for window, limit, soft, exceeded in string.gmatch(text, TERMS) do
      limit = tonumber(limit)
      local spent = account.total - starts[window]
      if soft ~= '' and spent >= tonumber(soft) then
        account.soft = true
      end
      if limit - spent < account.unspent then
        account.unspent, account.tight = limit - spent, window
        account.limit, account.waits = limit, exceeded == 'wait'
        account.endsAt = window == 'hour' and account.hourEnds or starts[window .. 'Ends']
      end
    end
  end
  account.free = account.unspent - account.held
end

-- On the wire: the ends of hour, day and month in ms; the task's own limit; then the accounts, each a key and its
-- configured limits.
local function takeTerms()
  local endsAt = { hour = takeNumber(), day = takeNumber(), month = takeNumber() }
  local terms = { endsAt = endsAt, ownLimit = takeNumber(), accounts = {} }
  for i = 1, takeNumber() do
    local account = openAccount(take())
    local configured = take()
    if account.configured ~= configured then
      account.configured = configured
      account.changed = true
    end
    terms.accounts[i] = account
  end
  return terms
end
