-- The ledger. An account is a hash {spent, held}; a hold is a field of the task's `holds` hash, named by
-- (epoch, call), worth `<nano-dollars>\n<account key>\n<account key>…`. spent + held never passes the limit.
-- Who finds the money held by others waits in the account's line: a list of
-- `<tenant base>\n<task>\n<least he can use>\n<what he asked for>`, served strictly from the front.

local function splitLines(text)
  local parts = {}
  for part in string.gmatch(text, '[^\n]+') do
    parts[#parts + 1] = part
  end
  return parts
end

-- Redis does not take '-0' for a number.
local function negative(amount)
  return amount == '0' and '0' or '-' .. amount
end

-- Accounts come as a list of {key, key of the limits set by hand, window, default limit, window's end in ms}.
local function takeAccounts()
  local accounts = {}
  for i = 1, takeNumber() do
    accounts[i] = {
      key = take(),
      limitKey = take(),
      window = take(),
      default = takeNumber(),
      endsAt = takeNumber(),
    }
  end
  return accounts
end

local function readAccount(account)
  local amounts = redis.call('HMGET', account.key, 'spent', 'held')
  local set = account.limitKey ~= '' and redis.call('HGET', account.limitKey, account.window)
  account.isNew = not amounts[1] and not amounts[2]
  account.limit = tonumber(set or account.default)
  account.unspent = account.limit - tonumber(amounts[1] or 0)
  account.free = account.unspent - tonumber(amounts[2] or 0)
end

-- Gives a hold back: `nano` of it is spent, the rest is free again.
local function closeHold(record, nano)
  for i = 2, #record do
    redis.call('HINCRBY', record[i], 'held', negative(record[1]))
    redis.call('HINCRBY', record[i], 'spent', nano)
  end
end

-- Settling a hold that is not open does nothing: a settlement is never applied twice.
local function settle(task, id, nano, touched)
  local holds = key(task.base, 'holds', task.id)
  local found = redis.call('HGET', holds, id)
  if not found then
    return
  end
  local record = splitLines(found)
  redis.call('HDEL', holds, id)
  closeHold(record, nano)
  for i = 2, #record do
    touched[record[i]] = true
  end
end

-- What nobody will answer any more costs its worst case; `lost:<id>` lets a late report lower it, once.
local function chargeOpenHolds(task, touched)
  local holds = redis.call('HGETALL', key(task.base, 'holds', task.id))
  for i = 1, #holds, 2 do
    local record = splitLines(holds[i + 1])
    closeHold(record, record[1])
    put(task, 'lost:' .. holds[i], holds[i + 1])
    for account = 2, #record do
      touched[record[account]] = true
    end
  end
  if #holds > 0 then
    redis.call('DEL', key(task.base, 'holds', task.id))
  end
end

local function heldByTask(task, accountKey)
  local sum = 0
  for _, text in ipairs(redis.call('HVALS', key(task.base, 'holds', task.id))) do
    local record = splitLines(text)
    for i = 2, #record do
      if record[i] == accountKey then
        sum = sum + tonumber(record[1])
      end
    end
  end
  return sum
end

-- All holds over all accounts, or none. Returns a verdict; the least over the accounts of what is free, or, for SPENT,
-- of what would be if others held nothing; and for LINE the account whose money others hold:
--   OK      every hold is taken
--   SPENT   some account could not pay even if others' holds were released
--   LINE    others hold the money, or others wait for it before this task
--   WINDOW  an account's window is over by Redis' clock: name the new one
local function takeHolds(task, accounts, holds)
  local total = 0
  for _, hold in ipairs(holds) do
    total = total + tonumber(hold.nano)
  end
  local left, could, short, blocked
  for _, account in ipairs(accounts) do
    if account.endsAt > 0 and account.endsAt <= nowMs then
      return 'WINDOW', 0
    end
    readAccount(account)
    left = math.min(left or account.free, account.free)
    -- Looked up only where it matters: without others' holds, what is free is what there could be.
    local own = total > account.free and account.unspent - heldByTask(task, account.key) or account.free
    could = math.min(could or own, own)
    if total > own then
      short = true
    elseif total > account.free then
      blocked = blocked or account
    elseif task.head.pass ~= account.key and redis.call('LLEN', account.key .. ':line') > 0 then
      blocked = blocked or account
    end
  end
  if short then
    return 'SPENT', could
  end
  if blocked then
    return 'LINE', left, blocked
  end
  for _, hold in ipairs(holds) do
    local record = { hold.nano }
    for i, account in ipairs(accounts) do
      record[i + 1] = account.key
      redis.call('HINCRBY', account.key, 'held', hold.nano)
      if account.isNew and account.endsAt > 0 then
        redis.call('PEXPIREAT', account.key, whole(account.endsAt + tonumber(settings.accountKeptMs)))
      end
    end
    redis.call('HSET', key(task.base, 'holds', task.id), hold.id, table.concat(record, '\n'))
  end
  put(task, 'pass', '')
  return 'OK', (left or 0) - total
end

-- A task that was let through once and found too little goes back to the front, everybody else to the end.
local function joinLine(task, account, leastNano, needNano)
  local entry = table.concat({ task.base, task.id, leastNano, needNano }, '\n')
  redis.call(task.head.pass == account.key and 'LPUSH' or 'RPUSH', account.key .. ':line', entry)
  redis.call('HSET', account.key, 'line_limit_key', account.limitKey, 'line_window', account.window,
    'line_default', whole(account.default), 'line_ends_at', whole(account.endsAt))
  redis.call('ZADD', key(base, 'lines'), account.endsAt > 0 and whole(account.endsAt) or '+inf', account.key)
  put(task, 'line', account.key)
  put(task, 'pass', '')
end
