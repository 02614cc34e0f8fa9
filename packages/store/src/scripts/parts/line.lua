-- Who waits for money is woken by whoever frees some: every settlement, release and change of a limit ends
-- here. The legs that this owes are added to `legs`, for the caller to add to the queue.

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

-- From the front, as many as the free money covers; those for whom even the unspent rest is too little are
-- woken to stop; at the window's end everybody is.
local function wakeLine(accountKey, legs)
  local line = accountKey .. ':line'
  local front = redis.call('LINDEX', line, 0)
  if not front then
    return
  end
  local terms = redis.call('HMGET', accountKey, 'line_limit_key', 'line_window', 'line_default', 'line_ends_at')
  local account = { key = accountKey, limitKey = terms[1] or '', window = terms[2], default = tonumber(terms[3] or 0) }
  readAccount(account)
  local endsAt = tonumber(terms[4] or 0)
  local over = endsAt > 0 and endsAt <= nowMs
  local free = account.free
  while front do
    local entry = splitLines(front)
    local task = openTask(entry[1], entry[2])
    if stillWaits(task, accountKey) then
      local least, need = tonumber(entry[3]), tonumber(entry[4])
      local wanted = math.min(need, account.unspent)
      if not over and least <= account.unspent then
        if wanted > free then
          return
        end
        free = free - wanted
      end
      wakeFromLine(task, accountKey, legs)
    end
    redis.call('LPOP', line)
    front = redis.call('LINDEX', line, 0)
  end
  redis.call('ZREM', key(base, 'lines'), accountKey)
end

local function wakeLines(touched, legs)
  for accountKey in pairs(touched) do
    wakeLine(accountKey, legs)
  end
end
