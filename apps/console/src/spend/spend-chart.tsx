/** Spend by day, stacked by whatever it is split by. The table below says the same in numbers. */
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { usd } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";
import { type DailySpend, type Dimension, labelOf, OTHERS } from "./spend-report.ts";

const COLOURS = [1, 2, 3, 4, 5, 6].map((n) => `var(--series-${n})`);

export default function SpendChart({ days, by }: { days: DailySpend; by: Dimension }) {
  const data = days.days.map(({ day, amounts }) => ({
    day,
    ...Object.fromEntries(amounts.map((amount, index) => [`s${index}`, amount])),
  }));
  const total = days.days.reduce((sum, { amounts }) => sum + amounts.reduce((a, b) => a + b, 0), 0);
  const words = `Spend by day and ${by}, from ${days.days[0]?.day} to ${days.days.at(-1)?.day}: ${usd(total)} in all`;
  return (
    <figure className="spend-chart" aria-label={words}>
      <ResponsiveContainer width="100%" height={240}>
        <BarChart data={data} margin={{ top: 8, right: 0, bottom: 0, left: 0 }} barCategoryGap="22%">
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="day"
            tickFormatter={shortDay}
            tickLine={false}
            axisLine={{ stroke: "var(--line-strong)" }}
            tick={{ fill: "var(--text-faint)", fontSize: 11 }}
            minTickGap={18}
          />
          <YAxis
            tickFormatter={usd}
            width={76}
            tickLine={false}
            axisLine={false}
            tick={{ fill: "var(--text-faint)", fontSize: 11 }}
          />
          <Tooltip
            cursor={{ fill: "var(--hover)" }}
            formatter={(value, name) => [usd(Number(value)), name]}
            contentStyle={{
              background: "var(--raised)",
              border: "1px solid var(--line-strong)",
              borderRadius: 5,
              color: "var(--text)",
              fontSize: 12,
            }}
          />
          <Legend
            formatter={(name) => <span style={{ color: "var(--text-soft)" }}>{name}</span>}
            iconType="square"
            iconSize={9}
            wrapperStyle={{ fontSize: 12, color: "var(--text-soft)" }}
          />
          {days.series.map((name, index) => (
            <Bar
              key={name}
              dataKey={`s${index}`}
              name={oneLine(labelOf(name, by), 40)}
              stackId="spend"
              fill={name === OTHERS ? "var(--series-rest)" : (COLOURS[index] ?? "var(--series-rest)")}
              maxBarSize={44}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </figure>
  );
}

function shortDay(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString(undefined, {
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  });
}
