-- A task's holds: money for its calls, taken before they are made. Its own account stands in its head: `money` is
-- `<spent> <held> <reserve>`; all its holds are over the same other `accounts`. A hold is a line `<id> <nano-dollars> <what it is for>` of
-- the head's `holds`, named by (epoch, call). The reserve is money kept for one last turn: each hold that is taken
-- replaces it, and who stops running gives it back.

local function moneyOf(task)
  local money = task.money
  if not money then
    local spent, held, reserve = string.match(task.head.money, '^(%d+) (%d+) (%d+)$')
    money = { spent = (spent or 0) + 0, held = (held or 0) + 0, reserve = (reserve or 0) + 0, moved = false }
    task.money = money
  end
  return money.spent, money.held, money.reserve
end

-- Written by saveTask.
local function putMoney(task, spent, held, reserve)
  local money = task.money
  money.spent, money.held, money.reserve, money.moved = spent, held, reserve, true
end

local function accountsOf(task)
  return openAccounts(linesOf(task.head.accounts))
end

-- One line for the reports, kept beyond the task: `<ms>\n<task>\n<nano-dollars>\n<unconfirmed>\n<what>\n<labels…>`.
local function report(task, nano, unconfirmed, what)
  redis.call('RPUSH', key(task.base, 'usageFeed'), nowText .. '\n' .. task.id .. '\n' .. whole(nano) .. '\n'
    .. unconfirmed .. '\n' .. what .. '\n' .. task.head.indexes)
end

-- `touched` gathers the accounts before which somebody stands in line: they are served at the script's end.
local function noteWhoWaits(account, touched)
  if account.words.line == '1' then
    touched[#touched + 1] = account.key
  end
end

-- Moves `nano` of the task and of its accounts from held to spent, `spent` of it; whoever waits there is served later.
local function closeHold(task, nano, spent, touched)
  local before, held, reserve = moneyOf(task)
  putMoney(task, before + spent, held - nano, reserve)
  for _, account in ipairs(accountsOf(task)) do
    addHeld(account, -nano)
    addSpent(account, spent)
    noteWhoWaits(account, touched)
  end
end

-- Settling a hold that is not open does nothing: a settlement is never applied twice.
local function settle(task, id, nano, what, unconfirmed, touched)
  local holds = task.head.holds
  local from = string.find('\n' .. holds, '\n' .. id .. ' ', 1, true)
  if not from then
    return
  end
  -- Its line goes from `from` to before `to`, and takes one line break with it.
  local held, to = string.match(holds, '^ (%d+) [^\n]*()', from + #id)
  local before = string.sub(holds, 1, math.max(0, from - 2))
  put(task, 'holds', before .. string.sub(holds, from == 1 and to + 1 or to))
  closeHold(task, tonumber(held), tonumber(nano), touched)
  if nano ~= '0' then
    report(task, nano, unconfirmed, what)
  end
end

-- All holds and the reserve over all accounts, or none of them. Returns a verdict; the least over the accounts of what
-- is free, or, for SPENT, of what could be if others held nothing; the account that decided:
--   OK      every hold is taken
--   SPENT   some account could not pay even if others' holds were released
--   LINE    others hold the money, or others wait for it before this task, or it is spent until the window's end and
--           the account's terms say to wait (then `account.waitsFor` names the window)
-- Who was let through one line passes them all where the money is free: two that were woken from two lines, each waiting
-- behind the other's, would change places for ever.
--   WINDOW  a window is over by Redis' clock, or has not begun: name the one that is under way
local function takeHolds(task, terms, holds, reserve)
  local endsAt = terms.endsAt
  if not (isUnderWay('hour', endsAt.hour) and isUnderWay('day', endsAt.day) and isUnderWay('month', endsAt.month)) then
    return 'WINDOW', 0
  end
  local head, total = task.head, 0
  for _, hold in ipairs(holds) do
    total = total + hold.nano
  end
  local spent, held, oldReserve = moneyOf(task)
  local wanted = total + reserve
  local own = terms.ownLimit - spent - held
  local left, could, short, later, blocked = own, own, wanted > own, nil, nil
  local soft = false
  for _, account in ipairs(terms.accounts) do
    turnWindows(account, endsAt)
    soft = weigh(account) or soft
    local mine, free = account.unspent - held, account.unspent - account.held + oldReserve
    local tight, inLine = account.tight, account.words.line == '1'
    if account.waitsFor then
      account.waitsFor = nil
    end
    if wanted > mine then
      if wanted > account.firm - held then
        short, could = true, math.min(could, account.firm - held)
      elseif wanted <= tight.limit then
        account.waitsFor = tight.window
        later = later or account
      else
        -- Where one waits for the next window, what even that one could not pay is to be trimmed, and nothing else.
        short, could = true, math.min(could, tight.limit - held)
      end
    elseif wanted > free or (inLine and head.pass == '') then
      blocked = blocked or account
      -- Who stands before it may wait for the window's end: then so does this one, its deadline standing still.
      if tight.waits and inLine then
        account.waitsFor = tight.window
      end
    end
    if free < left then
      left = free
    end
    if mine < could and not account.waitsFor and not tight.waits then
      could = mine
    end
  end
  if short then
    return 'SPENT', could, nil, soft
  elseif later or blocked then
    return 'LINE', left, later or blocked, soft
  end
  local open = head.holds
  for _, hold in ipairs(holds) do
    open = (open == '' and '' or open .. '\n') .. hold.id .. ' ' .. whole(hold.nano) .. ' ' .. hold.what
  end
  for _, account in ipairs(terms.accounts) do
    addHeld(account, wanted - oldReserve)
  end
  put(task, 'holds', open)
  putMoney(task, spent, held + total, reserve)
  put(task, 'accounts', terms.keys)
  if head.pass ~= '' then
    put(task, 'pass', '')
  end
  return 'OK', left - wanted, nil, soft
end
