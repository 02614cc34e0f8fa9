-- A task's holds: money for its calls, taken before they are made. Its own account stands in its head: `money` is
-- `<spent> <held> <reserve>`; all its holds are over the same other `accounts`. A hold is a line `<id> <nano-dollars> <what it is for>` of
-- the head's `holds`, named by (epoch, call). The reserve is money kept for one last turn: each hold that is taken
-- replaces it, and who stops running gives it back.

local function moneyOf(task)
  local spent, held, reserve = string.match(task.head.money, '^(%d+) (%d+) (%d+)$')
  return tonumber(spent) or 0, tonumber(held) or 0, tonumber(reserve) or 0
end

local function putMoney(task, spent, held, reserve)
  put(task, 'money', string.format('%.0f %.0f %.0f', spent, held, reserve))
end

local function accountsOf(task)
  local list = splitLines(task.head.accounts)
  for i, accountKey in ipairs(list) do
    list[i] = openAccount(accountKey)
  end
  return list
end

-- One line for the reports, kept beyond the task: `<ms>\n<task>\n<nano-dollars>\n<unconfirmed>\n<what>\n<labels…>`.
local function report(task, nano, unconfirmed, what)
  redis.call('RPUSH', key(task.base, 'usageFeed'),
    table.concat({ whole(nowMs), task.id, whole(nano), unconfirmed, what, task.head.indexes }, '\n'))
end

-- `touched` gathers the accounts before which somebody stands in line: they are served at the script's end.
local function noteWhoWaits(account, touched)
  if account.line == '1' then
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
local function settle(task, id, nano, what, touched)
  local rest, found = {}, nil
  for _, line in ipairs(splitLines(task.head.holds)) do
    local held = string.match(line, '^(%d+) ', #id + 2)
    if held and string.sub(line, 1, #id + 1) == id .. ' ' then
      found = tonumber(held)
    else
      rest[#rest + 1] = line
    end
  end
  if found then
    put(task, 'holds', table.concat(rest, '\n'))
    closeHold(task, found, tonumber(nano), touched)
    if nano ~= '0' then
      report(task, tonumber(nano), '0', what)
    end
  end
end

-- All holds and the reserve over all accounts, or none of them. Returns a verdict; the least over the accounts of what
-- is free, or, for SPENT, of what could be if others held nothing; the account that decided:
--   OK      every hold is taken
--   SPENT   some account could not pay even if others' holds were released
--   LINE    others hold the money, or others wait for it before this task, or it is spent until the window's end and
--           the account's terms say to wait (then `account.waitsFor` names the window)
--   WINDOW  a window is over by Redis' clock: name the new one
local function takeHolds(task, terms, holds, reserve)
  for _, endsAt in pairs(terms.endsAt) do
    if endsAt <= nowMs then
      return 'WINDOW', 0
    end
  end
  local head, total = task.head, 0
  for _, hold in ipairs(holds) do
    total = total + hold.nano
  end
  local spent, held, oldReserve = moneyOf(task)
  local wanted = total + reserve
  local own = terms.ownLimit - spent - held
  local left, could, short, later, blocked = own, own, wanted > own, nil, nil
  local soft, lineSeen = false, false
  for _, account in ipairs(terms.accounts) do
    turnWindows(account, terms.endsAt)
    weigh(account)
    soft = soft or account.soft
    local mine, free = account.unspent - held, account.free + oldReserve
    account.waitsFor = nil
    if wanted > mine then
      if account.waits and wanted <= account.limit then
        account.waitsFor = account.tight
        later = later or account
      else
        short, could = true, math.min(could, mine)
      end
    elseif wanted > free then
      blocked = blocked or account
    elseif account.line == '1' and head.pass ~= account.key then
      blocked = blocked or account
    end
    lineSeen = lineSeen or account.line == '1'
    left = math.min(left, free)
    could = account.waitsFor and could or math.min(could, mine)
  end
  if short then
    return 'SPENT', could, nil, soft
  elseif later or blocked then
    return 'LINE', left, later or blocked, soft
  end
  local lines, keys = {}, {}
  if head.holds ~= '' then
    lines[1] = head.holds
  end
  for _, hold in ipairs(holds) do
    lines[#lines + 1] = hold.id .. ' ' .. whole(hold.nano) .. ' ' .. hold.what
  end
  for i, account in ipairs(terms.accounts) do
    addHeld(account, wanted - oldReserve)
    keys[i] = account.key
  end
  put(task, 'holds', table.concat(lines, '\n'))
  putMoney(task, spent, held + total, reserve)
  put(task, 'accounts', table.concat(keys, '\n'))
  if lineSeen then
    put(task, 'pass', '')
  end
  return 'OK', left - wanted, nil, soft
end

