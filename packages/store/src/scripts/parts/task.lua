-- One task: its head as a table, its changes written back once, its events appended and announced, its place in the
-- listing by status, its one alarm.
-- A field that the head does not have reads as ''.

local terminal = { completed = true, stopped = true, failed = true, cancelled = true }

local function splitLines(text)
  local parts = {}
  for part in string.gmatch(text, '[^\n]+') do
    parts[#parts + 1] = part
  end
  return parts
end

local linesOf = remembering(splitLines)

-- What nearly every command needs is read at once. Any other field is read when somebody asks for it: alone, or with
-- others by alsoRead().
local function openTask(tenantBase, id)
  local headKey = key(tenantBase, 'head', id)
  local values = redis.call('HMGET', headKey, 'status', 'epoch', 'attempts', 'slot', 'money', 'holds', 'accounts',
    'indexes', 'pass')
  if not values[1] then
    return nil
  end
  local head = {
    status = values[1], epoch = values[2] or '', attempts = values[3] or '', slot = values[4] or '',
    money = values[5] or '', holds = values[6] or '', accounts = values[7] or '', indexes = values[8] or '', pass = values[9] or '',
  }
  local function read(_, field)
    head[field] = redis.call('HGET', headKey, field) or ''
    return head[field]
  end
  setmetatable(head, { __index = read })
  return {
    base = tenantBase, id = id, head = head, changed = listOfEight(), fresh = listOfEight(), appended = 0, length = false,
    money = nil, -- read by moneyOf()
  }
end

local function alsoRead(task, fields)
  local values = redis.call('HMGET', key(task.base, 'head', task.id), unpack(fields))
  for i, field in ipairs(fields) do
    -- What was put meanwhile is newer than what is stored.
    if rawget(task.head, field) == nil then
      task.head[field] = values[i] or ''
    end
  end
end

-- Values are strings: numbers pass through whole() first. What nobody has read is not read to be compared. `changed` is
-- what HSET is handed: of a field that changes twice the last value counts.
local function put(task, field, value)
  local head = task.head
  if rawget(head, field) ~= value then
    head[field] = value
    local changed = task.changed
    local count = #changed
    changed[count + 1], changed[count + 2] = field, value
  end
end

-- Events are opaque bytes. The stamp before them is `<ms since 1970>.<attempt>|`: one clock for all processes.
local function append(task, events)
  local fresh = task.fresh
  local count = #fresh
  local stamp = nowText .. '.' .. task.head.attempts .. '|'
  for i = 1, #events do
    fresh[count + i] = stamp .. events[i]
  end
end

-- One write of the journal and one notice for what was appended since the last time.
local function saveJournal(task)
  local count = #task.fresh
  if count > 0 then
    task.length = redis.call('RPUSH', key(task.base, 'journal', task.id), unpack(task.fresh))
    task.appended = task.appended + count
    task.fresh = {}
    redis.call('PUBLISH', key(task.base, 'notice', task.id), task.length)
  end
end

local function saveTask(task)
  saveJournal(task)
  local money = task.money
  if money and money.moved then
    put(task, 'money', whole(money.spent) .. ' ' .. whole(money.held) .. ' ' .. whole(money.reserve))
    money.moved = false
  end
  if #task.changed > 0 then
    redis.call('HSET', key(task.base, 'head', task.id), unpack(task.changed))
    task.changed = {}
  end
end

-- With what was appended and not yet saved.
local function journalLength(task)
  task.length = task.length or redis.call('LLEN', key(task.base, 'journal', task.id))
  return task.length + #task.fresh
end

local function setStatus(task, status)
  if task.head.status ~= status then
    redis.call('ZREM', key(task.base, 'index', 'status:' .. task.head.status), task.id)
    redis.call('ZADD', key(task.base, 'index', 'status:' .. status), '0', task.id)
    put(task, 'status', status)
  end
end

-- Every live task has one member in `due`: the earliest moment at which somebody must look at it.
local function setAlarm(task)
  local deadline, wake = tonumber(task.head.deadline_at), tonumber(task.head.wake_at)
  local earliest = deadline and wake and math.min(deadline, wake) or deadline or wake
  if earliest then
    redis.call('ZADD', key(task.base, 'due'), whole(earliest), task.id)
  else
    redis.call('ZREM', key(task.base, 'due'), task.id)
  end
end

-- The task's webhook is owed what was appended last, under an id that the caller made.
local function oweDelivery(task, delivery, what)
  redis.call('HSET', key(task.base, 'delivery', delivery), 'task', task.id, 'type', what, 'seq',
    whole(journalLength(task)), 'state', 'pending', 'tries', '0', 'created_at', nowText, 'next_at', nowText)
  redis.call('ZADD', key(task.base, 'deliveriesDue'), nowText, delivery)
  redis.call('ZADD', key(task.base, 'index', 'deliveries'), '0', delivery)
  redis.call('RPUSH', key(task.base, 'taskDeliveries', task.id), delivery)
end

-- An epoch is `<number>.<nonce of the claim>`; a number alone is nobody's.
local function nextEpoch(task)
  return whole(tonumber(string.match(task.head.epoch, '^%d+')) + 1)
end
