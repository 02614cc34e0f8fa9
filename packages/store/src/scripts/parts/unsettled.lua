-- Money that no settlement will ever name: of a worker that is gone, of a task that stops running.

local function releaseReserve(task, touched)
  local spent, held, reserve = moneyOf(task)
  if reserve > 0 then
    putMoney(task, spent, held, 0)
    for _, account in ipairs(accountsOf(task)) do
      addHeld(account, -reserve)
      noteWhoWaits(account, touched)
    end
  end
end

-- What nobody will answer any more costs its worst case; `lost:<id>` lets a late report lower it, once.
local function chargeOpenHolds(task, touched)
  releaseReserve(task, touched)
  if task.head.holds == '' then
    return
  end
  for _, line in ipairs(splitLines(task.head.holds)) do
    local id, nano, what = string.match(line, '^(%S+) (%d+) (.*)$')
    closeHold(task, tonumber(nano), tonumber(nano), touched)
    put(task, 'lost:' .. id, nano .. ' ' .. what)
    report(task, tonumber(nano), '1', what)
  end
  put(task, 'holds', '')
end

