/** The filters: a state by one press, labels by typing them. */
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { request } from "../api/request.ts";
import type { Overview } from "../api/shapes.ts";
import { shortCount, words } from "../text/format.ts";
import { type Filters, LABELS, STATUSES } from "./filters.ts";

export function FilterBar(props: { filters: Filters; setSearch: (next: URLSearchParams) => void }) {
  const { filters, setSearch } = props;
  const overview = useQuery({
    queryKey: ["overview"],
    queryFn: ({ signal }) => request<Overview>("/v1/overview", { signal }),
    refetchInterval: 5_000,
  });
  const set = (name: keyof Filters, value: string | undefined) => {
    const next = new URLSearchParams(filters);
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
    setSearch(next);
  };
  return (
    <search className="filters">
      <fieldset className="chips">
        <legend className="unseen">Status</legend>
        {[undefined, ...STATUSES].map((status) => (
          <button
            key={status ?? "all"}
            type="button"
            aria-pressed={filters.status === status}
            onClick={() => set("status", status)}
          >
            {status ?? "all"}
            {status === undefined || !overview.data?.tasks[status] ? null : (
              <span className="tabular faint"> {shortCount(overview.data.tasks[status])}</span>
            )}
          </button>
        ))}
      </fieldset>
      <div className="labels">
        {LABELS.map((name) => (
          <LabelFilter
            key={name}
            name={name}
            value={filters[name] ?? ""}
            onChange={(value) => set(name, value)}
          />
        ))}
        {filters.stop_reason === undefined ? null : (
          <button type="button" className="button small" onClick={() => set("stop_reason", undefined)}>
            ended by {words(filters.stop_reason)}
            <X size={13} aria-label="Remove this filter" />
          </button>
        )}
      </div>
    </search>
  );
}

/** Takes effect at Enter or when it is left: half a name fits no task. */
function LabelFilter(props: { name: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const name = props.name === "session_id" ? "session" : props.name;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        props.onChange(text.trim());
      }}
    >
      <input
        type="search"
        aria-label={`Filter by ${name}`}
        placeholder={name}
        value={text}
        data-set={props.value === "" ? undefined : true}
        onChange={(event) => {
          setText(event.target.value);
          if (event.target.value === "") props.onChange("");
        }}
        onBlur={() => props.onChange(text.trim())}
      />
    </form>
  );
}
