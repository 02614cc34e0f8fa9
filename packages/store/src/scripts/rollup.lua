-- rollup: the oldest lines of the feed, added up by the caller, go over into the reports.
--
-- KEYS  1 the tenant's base
-- ARGV  rolled (how many lines had gone when these were read), lines (how many were read),
--       how long a report is kept in ms, sums (count, then day, group and amounts, as in usage-reports.ts)
-- Reply 1 done | 0 lines have gone meanwhile, perhaps these very ones: nothing is done
--
-- Every line counts once, whoever sweeps at the same moment and whose reply is lost: `rolled` only ever grows.

local rolled, lines, keptMs = take(), take(), take()
if (redis.call('GET', key(base, 'usageRolled')) or '0') ~= rolled then
  return 0
end

local function add(amounts, more)
  local before, sums = string.gmatch(amounts, '%S+'), {}
  for amount in string.gmatch(more, '%S+') do
    sums[#sums + 1] = whole((tonumber(before() or 0)) + tonumber(amount))
  end
  return table.concat(sums, ' ')
end

local written = {}
for _ = 1, takeNumber() do
  local report, group, amounts = key(base, 'usage', take()), take(), take()
  redis.call('HSET', report, group, add(redis.call('HGET', report, group) or '', amounts))
  written[report] = true
end
for report in pairs(written) do
  redis.call('PEXPIRE', report, keptMs)
end
redis.call('LTRIM', key(base, 'usageFeed'), lines, -1)
redis.call('INCRBY', key(base, 'usageRolled'), lines)
return 1
