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
--
-- The first two words, which every call changes, are 16 digits wide: they are written over the old ones in place, which
-- keeps the expiry, too.

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
  local held, total, hourEnds, line, set, configured, starts = string.match(redis.call('GET', accountKey)
    or '0 0 0 0 - - 0 0 0 0 0', WORDS)
  account = {
    key = accountKey, held = held + 0, total = total + 0, hourEnds = hourEnds + 0, line = line, set = set,
    configured = configured, starts = starts, wide = #held == 16 and #total == 16,
  }
  opened[accountKey] = account
  return account
end

-- As whole() does it, with leading zeros.
local function twoWide(held, total)
  if held < 0 or held >= 1e15 or total >= 1e15 then
    return string.format('%016.0f %016.0f', held, total)
  end
  local low, lowTotal = held % 1e9, total % 1e9
  return string.format('%07d%09d %07d%09d', (held - low) / 1e9, low, (total - lowTotal) / 1e9, lowTotal)
end

-- `moved`: held or total is another, and nothing else. `changed`: some other word is, too.
local function saveAccounts()
  for accountKey, account in pairs(opened) do
    if account.changed or account.moved then
      local moving = twoWide(account.held, account.total)
      if account.wide and not account.changed and #moving == 33 then
        redis.call('SETRANGE', accountKey, '0', moving)
      else
        local text = table.concat({ moving, whole(account.hourEnds), account.line, account.set, account.configured,
          account.starts }, ' ')
        -- A limit on the total must know all that was ever spent.
        if account.set ~= '-' or string.find(account.configured, 'total=', 1, true) then
          redis.call('SET', accountKey, text)
        elseif account.renew or account.hourEnds == 0 then
          redis.call('SET', accountKey, text, 'PX', settings.accountKeptMs)
        else
          redis.call('SET', accountKey, text, 'KEEPTTL')
        end
        account.wide = true
      end
      account.moved, account.changed = false, false
    end
  end
end

local function addHeld(account, nano)
  account.held = account.held + nano
  account.moved = true
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
  -- An hour ends no later than its day and its month, whoever named it.
  for _, ends in ipairs({ 'dayEnds', 'monthEnds' }) do
    if starts[ends] > 0 and starts[ends] < account.hourEnds then
      account.hourEnds = starts[ends]
    end
  end
  account.starts = string.format('%.0f %.0f %.0f %.0f %.0f', starts.hour, starts.day, starts.dayEnds, starts.month,
    starts.monthEnds)
  account.changed, account.renew = true, true
end

-- What comes after a window's end belongs to the next one.
local function addSpent(account, nano)
  if account.hourEnds <= nowMs then
    turnWindows(account)
  end
  account.total = math.max(0, account.total + nano)
  account.moved = true
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
    -- An account that lost its hour's end to a late settlement (0) may have a day that is over.
    if account.hourEnds <= nowMs and account.total > 0 then
      turnWindows(account)
    end
    local hour, day, dayEnds, month, monthEnds = string.match(account.starts, STARTS)
    for window, limit, soft, exceeded in string.gmatch(text, TERMS) do
      local spent, endsAt = account.total, nil
      if window == 'day' then
        spent, endsAt = spent - day, dayEnds
      elseif window == 'month' then
        spent, endsAt = spent - month, monthEnds
      elseif window == 'hour' then
        spent, endsAt = spent - hour, account.hourEnds
      end
      limit = limit + 0
      if soft ~= '' and spent >= tonumber(soft) then
        account.soft = true
      end
      if limit - spent < account.unspent then
        account.unspent, account.tight, account.endsAt = limit - spent, window, tonumber(endsAt)
        account.limit, account.waits = limit, exceeded == 'wait'
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
