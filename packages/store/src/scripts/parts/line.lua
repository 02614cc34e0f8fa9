-- Lines before accounts. Who finds the money held by others, or spent until a window ends, waits in the account's line:
-- a list of `<tenant base>\n<task>\n<least he can use>\n<what he asked for>\n<the window he waits for, or nothing>`,
-- served strictly from the front. Who waits is woken by whoever frees some money: every settlement, release and change
-- of a limit ends here. The legs that this owes are added to `legs`, for the caller to add to the queue.

-- What the journal says of a task that waits for money, and of one that is woken: six opaque events, for others' holds,
-- for each window that may have to end, for the waking. Hardly ever needed, they come as one argument: their lengths in
-- bytes, a line break, then one after the other.
local PARKED = { hour = 2, day = 3, month = 4, total = 5 }
local WOKEN = 6

local function eventOf(packed, place)
  local lengths, at = string.match(packed, '^([%d ]+)\n()')
  for length in string.gmatch(lengths, '%d+') do
    place = place - 1
    if place == 0 then
      return string.sub(packed, at, at + length - 1)
    end
    at = at + length
  end
end

-- When the window that a task must wait for is over; nil where others' holds, or a new limit, are waited for.
local function waitEndsAt(account, endsAt)
  if not account.waitsFor or account.waitsFor == 'total' then
    return nil
  end
  local known = endOf(account, account.waitsFor)
  return known > 0 and known or endsAt[account.waitsFor]
end

-- A kind of its own: with a suffix, the line of the user `ann` would be the account of a user `ann:line`.
local function lineOf(accountKey)
  return (string.gsub(accountKey, ':account:', ':line:', 1))
end

-- A task that was let through once and found too little goes back to the front, everybody else to the end.
-- Its webhook is told where a window must end or a limit be raised: what others hold is free again before anybody reads it.
local function joinLine(task, account, leastNano, needNano, packed, delivery, touched)
  local entry = table.concat({ task.base, task.id, leastNano, whole(needNano), account.waitsFor }, '\n')
  redis.call(task.head.pass == account.key and 'LPUSH' or 'RPUSH', lineOf(account.key), entry)
  if task.head.pass ~= '' and task.head.pass ~= account.key then
    touched[#touched + 1] = task.head.pass
  end
  wordsToChange(account).line = '1'
  redis.call('ZADD', key(base, 'lines'), '0', account.key)
  put(task, 'line', account.key)
  put(task, 'pass', '')
  put(task, 'wake_event', eventOf(packed, WOKEN))
  append(task, { eventOf(packed, PARKED[account.waitsFor] or 1) })
  if account.waitsFor and delivery ~= '' then
    oweDelivery(task, delivery, 'task.waiting')
  end
end

local function stillWaits(task, accountKey)
  return task and task.head.status == 'waiting' and task.head.waiting_for == 'budget'
    and task.head.line == accountKey
end

local function wakeFromLine(task, accountKey, legs)
  append(task, { task.head.wake_event })
  put(task, 'pass', accountKey)
  toQueued(task, legs)
  saveTask(task)
end

-- Whether the first of the line goes on waiting, and if not, how much of the free money is his.
local function judge(account, entry, free)
  local least, need, window = tonumber(entry[3]), tonumber(entry[4]), entry[5]
  if least > account.firm then
    -- What refuses cannot pay even the least: he is woken to stop.
    return false, 0
  elseif window and account.tight.waits and need <= account.tight.limit then
    return need > free, need
  elseif least > account.unspent then
    return false, 0
  end
  local wanted = math.min(need, account.unspent)
  return wanted > free, wanted
end

-- From the front, as many as the free money covers.
local function wakeLine(accountKey, legs)
  local line = lineOf(accountKey)
  local account = openAccount(accountKey)
  weigh(account)
  local free = account.unspent - account.held
  local front = redis.call('LINDEX', line, 0)
  while front do
    local entry = splitLines(front)
    local task = openTask(entry[1], entry[2])
    if stillWaits(task, accountKey) then
      local waits, takes = judge(account, entry, free)
      if waits then
        return
      end
      free = free - takes
      wakeFromLine(task, accountKey, legs)
    end
    redis.call('LPOP', line)
    front = redis.call('LINDEX', line, 0)
  end
  wordsToChange(account).line = '0'
  redis.call('ZREM', key(base, 'lines'), accountKey)
end

local function wakeLines(touched, legs)
  for _, accountKey in ipairs(touched) do
    wakeLine(accountKey, legs)
  end
  saveAccounts()
end
