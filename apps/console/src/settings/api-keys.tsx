/** API keys: which there are, a new one (shown once), and an end to one. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { ApiProblem, isMissing, type Page, request } from "../api/request.ts";
import type { ApiKey, Session } from "../api/shapes.ts";
import { Ago } from "../parts/clock.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Problem } from "../parts/problem.tsx";
import { TableHead } from "../parts/table-head.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { isOperator } from "../spend/limits.tsx";
import { oneLine } from "../text/inert-text.ts";

const KEYS = ["api-keys"];

export function ApiKeys({ session }: { session: Session }) {
  const client = useQueryClient();
  const isAdmin = session.scopes.includes("admin");
  const [isMaking, setIsMaking] = useState(false);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  const keys = useQuery({
    queryKey: KEYS,
    queryFn: ({ signal }) => request<Page<ApiKey>>("/v1/api-keys", { signal }),
    enabled: isAdmin,
  });
  const end = useMutation({
    mutationFn: (id: string) =>
      request<unknown>(`/v1/api-keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSuccess: () => {
      setEnding(null);
      return client.invalidateQueries({ queryKey: KEYS });
    },
  });
  return (
    <section className="section">
      <header>
        <h2>API keys</h2>
        {isAdmin ? (
          <div className="actions">
            <button type="button" className="button" onClick={() => setIsMaking(true)}>
              <Plus size={14} aria-hidden />
              New key
            </button>
          </div>
        ) : null}
      </header>
      {isAdmin ? null : <p className="soft">Only a key with the scope "admin" sees and makes keys.</p>}
      {isMissing(keys.error) ? (
        <p className="soft">This api does not list its keys; new ones can be made.</p>
      ) : null}
      {keys.error !== null && !isMissing(keys.error) ? <Problem error={keys.error} /> : null}
      {keys.data === undefined ? null : keys.data.data.length === 0 ? (
        <p className="soft">No key beside the one that this Pawl was started with.</p>
      ) : (
        <WideTable label="API keys">
          <table>
            <TableHead
              columns={["Name", "Tenant", "Scopes", "Id", { number: "Made" }, { unseen: "Actions" }]}
            />
            <tbody>
              {keys.data.data.map((key) => (
                <tr key={key.id}>
                  <td>
                    {key.name === null ? (
                      <span className="faint">without a name</span>
                    ) : (
                      oneLine(key.name, 60)
                    )}
                  </td>
                  <td>{oneLine(key.tenant, 63)}</td>
                  <td className="soft">{key.scopes.join(", ")}</td>
                  <td className="mono faint">{key.id.slice(0, 14)}</td>
                  <td className="number soft">
                    <Ago at={key.created_at} />
                  </td>
                  <td className="number">
                    <button type="button" className="button small danger" onClick={() => setEnding(key)}>
                      Revoke
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
      <NewKey session={session} open={isMaking} onClose={() => setIsMaking(false)} />
      <Dialog
        open={ending !== null}
        onClose={() => setEnding(null)}
        title="Revoke this key?"
        about={`Whoever uses ${ending?.name ?? "it"} is refused within seconds, here and in the console. This cannot be undone.`}
      >
        {end.error === null ? null : <Problem error={end.error} />}
        <div className="ends">
          <button type="button" className="button" onClick={() => setEnding(null)}>
            Keep it
          </button>
          <button
            type="button"
            className="button danger"
            disabled={end.isPending || ending === null}
            onClick={() => (ending === null ? undefined : end.mutate(ending.id))}
          >
            Revoke
          </button>
        </div>
      </Dialog>
    </section>
  );
}

type Made = { key: string; webhook_secret?: string };

function NewKey({ session, open, onClose }: { session: Session; open: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [form, setForm] = useState({ tenant: session.tenant, name: "", isAdmin: false });
  const make = useMutation({
    mutationFn: () =>
      request<Made>("/v1/api-keys", {
        method: "POST",
        body: {
          tenant: form.tenant.trim(),
          scopes: form.isAdmin ? ["tasks", "admin"] : ["tasks"],
          ...(form.name.trim() === "" ? {} : { name: form.name.trim() }),
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
  const close = () => {
    make.reset();
    onClose();
  };
  if (make.data !== undefined) {
    return (
      <Dialog open={open} onClose={close} title="The new key" about="Copy it now: it is shown this once.">
        <div className="stack">
          <Secret label="API key" value={make.data.key} />
          {make.data.webhook_secret === undefined ? null : (
            <Secret label="Signing secret of the tenant's webhooks" value={make.data.webhook_secret} />
          )}
        </div>
        <div className="ends">
          <button type="button" className="button primary" onClick={close}>
            I have copied it
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onClose={close} title="New key">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <div className="field">
          <label htmlFor="key-name">Name</label>
          <input
            id="key-name"
            placeholder="what it is for"
            value={form.name}
            onChange={(event) => setForm({ ...form, name: event.target.value })}
          />
        </div>
        <div className="field">
          <label htmlFor="key-tenant">Tenant</label>
          <input
            id="key-tenant"
            required
            disabled={!isOperator(session)}
            value={form.tenant}
            onChange={(event) => setForm({ ...form, tenant: event.target.value })}
          />
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={form.isAdmin}
            onChange={(event) => setForm({ ...form, isAdmin: event.target.checked })}
          />
          It may make and revoke keys, too (scope "admin")
        </label>
        {make.error instanceof ApiProblem ? <Problem error={make.error} /> : null}
        <div className="ends">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={make.isPending}>
            Make key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Secret({ label, value }: { label: string; value: string }) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <div className="row secret">
        <code>{value}</code>
        <button
          type="button"
          className="button small"
          onClick={() => void navigator.clipboard?.writeText(value)}
        >
          Copy
        </button>
      </div>
    </div>
  );
}
