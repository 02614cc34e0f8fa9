/** The agents of the configuration: they are changed there, not here. */

import { useQuery } from "@tanstack/react-query";
import { isMissing, type Page, request } from "../api/request.ts";
import type { Agent } from "../api/shapes.ts";
import { Problem } from "../parts/problem.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { count, duration, usd } from "../text/format.ts";
import { oneLine } from "../text/inert-text.ts";

export function Agents() {
  const agents = useQuery({
    queryKey: ["agents"],
    queryFn: ({ signal }) => request<Page<Agent>>("/v1/agents", { signal }),
  });
  return (
    <section className="section">
      <header>
        <h2>Agents</h2>
        <span className="faint">
          defined in <code>pawl.config.ts</code>
        </span>
      </header>
      {isMissing(agents.error) ? <p className="soft">This api does not tell about its agents.</p> : null}
      {agents.error !== null && !isMissing(agents.error) ? <Problem error={agents.error} /> : null}
      {agents.data === undefined ? null : (
        <WideTable label="Agents">
          <table>
            <TableHead columns={["Agent", "Model", "Tools", "A task may use", "Version"]} />
            <tbody>
              {agents.data.data.map((agent) => (
                <tr key={agent.name}>
                  <td>{oneLine(agent.name, 60)}</td>
                  <td className="mono">{oneLine(agent.model, 60)}</td>
                  <td className="tools">
                    {(agent.tools ?? []).length === 0 ? <span className="faint">none</span> : null}
                    {(agent.tools ?? []).map((tool) => (
                      <span key={tool.name}>
                        {oneLine(tool.name, 60)} <span className="faint">{tool.effect}</span>
                      </span>
                    ))}
                  </td>
                  <td className="soft tabular">{budgetOf(agent.budget ?? {})}</td>
                  <td className="mono faint">{(agent.agent_version ?? "").slice(0, 12)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
    </section>
  );
}

function budgetOf(budget: Agent["budget"]): string {
  return [
    budget.max_cost_usd === undefined ? null : usd(budget.max_cost_usd),
    budget.max_turns === undefined ? null : `${count(budget.max_turns)} turns`,
    budget.timeout_ms === undefined ? null : duration(budget.timeout_ms),
  ]
    .filter((part) => part !== null)
    .join(", ");
}
