import { describe, expect, it } from "vitest";
import type { EventView } from "../api/shapes.ts";
import { type Row, timelineOf } from "./timeline-model.ts";

type Fact = [type: string, atMs: number, data?: Record<string, unknown>, attempt?: number];

function journal(...facts: Fact[]): EventView[] {
  return facts.map(([type, atMs, data = {}, attempt = 1], index) => ({
    seq: index + 1,
    type,
    at: new Date(atMs).toISOString(),
    attempt,
    data: data as EventView["data"],
  }));
}

const submitted: Fact = ["task.submitted", 0, { delay_ms: null }, 0];
const started: Fact = ["task.started", 10, { worker: "w-1", leg: 1 }];
const asked: Fact = ["model.requested", 20, { call: "m1", model: "big", held_usd: 0.5 }];
const replied: Fact = [
  "model.responded",
  120,
  {
    call: "m1",
    content: [{ type: "tool_use", id: "t1", name: "look", input: { n: 1 } }],
    usage: { input_tokens: 5, output_tokens: 2, cache_read_tokens: 3, cache_write_tokens: 1 },
    cost_usd: 0.02,
  },
];
const kinds = (rows: readonly Row[]) => rows.map((row) => (row.kind === "mark" ? row.title : row.kind));

describe("a timeline", () => {
  it("pairs each request with its reply, each call with its result, each wait with its end", () => {
    const { rows, isOver, turns } = timelineOf(
      journal(
        submitted,
        started,
        asked,
        replied,
        ["tool.started", 121, { call: "t1", tool: "look", effect: "read" }],
        ["tool.completed", 150, { call: "t1", tool: "look", content: "found", duration_ms: 25 }],
        ["task.completed", 160, { stop_reason: "end_turn" }],
      ),
    );
    expect(kinds(rows)).toEqual(["wait", "turn", "call", "Completed"]);
    expect(rows[0]).toMatchObject({ wait: "queue", startMs: 0, endMs: 10 });
    expect(rows[1]).toMatchObject({
      turn: 1,
      startMs: 20,
      endMs: 120,
      costUsd: 0.02,
      tokensIn: 9,
      tokensOut: 2,
    });
    expect(rows[2]).toMatchObject({
      startMs: 121,
      endMs: 150,
      outcome: "done",
      effect: "read",
      text: '{"n":1}',
    });
    expect({ isOver, turns }).toEqual({ isOver: true, turns: 1 });
  });

  it("shows what is under way at what is held for it, until it is known", () => {
    const { rows } = timelineOf(journal(submitted, started, asked));
    expect(rows[1]).toMatchObject({ kind: "turn", outcome: "open", endMs: null, costUsd: 0.5, turn: null });
  });

  it("takes a start while the task runs for the crash it is, and what was open for lost", () => {
    const { rows, crashesSurvived, findings } = timelineOf(
      journal(submitted, started, asked, ["task.started", 900, { worker: "w-2", leg: 1 }, 2]),
    );
    expect(rows[1]).toMatchObject({ outcome: "lost", endMs: 900, isUnconfirmed: true });
    expect(crashesSurvived).toBe(1);
    expect(findings.map(({ title }) => title)).toEqual(["Crash survived"]);
    expect(findings[0]?.text).toBe("Worker w-1 was lost; w-2 goes on from event 3");
  });

  it("takes a start after a hand-back for none", () => {
    const handedBack: Fact = ["task.handed_back", 30, { because: "shutdown" }];
    const again: Fact = ["task.started", 50, { worker: "w-2", leg: 2 }, 1];
    const { crashesSurvived, rows } = timelineOf(journal(submitted, started, handedBack, again));
    expect(crashesSurvived).toBe(0);
    expect(rows.at(-1)).toMatchObject({ kind: "wait", startMs: 30, endMs: 50 });
  });

  it("draws a wait as long as it was, and goes on after a resume", () => {
    const { rows, isOver } = timelineOf(
      journal(
        submitted,
        started,
        ["task.waiting", 100, { for: "budget", message: "held by others" }],
        ["task.resumed", 5_100, { because: "budget" }],
        ["task.started", 5_200, { worker: "w-1", leg: 2 }, 2],
        ["task.stopped", 5_300, { stop_reason: "max_turns", message: "enough" }],
        ["task.resumed", 9_000, { because: "request", budget: { max_turns: 9 } }],
      ),
    );
    expect(rows).toContainEqual(expect.objectContaining({ wait: "budget", startMs: 100, endMs: 5_100 }));
    expect(rows).toContainEqual(
      expect.objectContaining({ title: "Resumed on request", text: "with max turns 9" }),
    );
    expect(isOver).toBe(false);
  });

  it("keeps an event of a type that it does not know, as a mark", () => {
    const unheard: Fact = ["weather.changed", 40, { to: "rain\u001b[31m" }];
    const { findings } = timelineOf(journal(submitted, started, unheard));
    expect(findings.map(({ title, text, tone }) => [title, text, tone])).toEqual([
      ["Weather changed", "to rain⟨ESC⟩[31m", "plain"],
    ]);
  });

  it("tells in place what the guards found and did, and of loops what became of them", () => {
    const guard: Fact = [
      "guardrail.flagged",
      30,
      {
        direction: "tool",
        action: "block",
        tool: "look",
        findings: [{ guard: "injection", category: "new_orders", score: 0.97 }],
      },
    ];
    const loop: Fact = [
      "loop.warned",
      40,
      { verdict: "block", rule: "repeat", evidence: { message: "Four times." } },
    ];
    const { findings } = timelineOf(journal(submitted, started, guard, loop));
    expect(findings.map(({ title, text, tone }) => [title, text, tone])).toEqual([
      ["Guardrail: tool look blocked", "injection new orders 0.97", "stopped"],
      ["Loop: such calls are not run again", "Four times.", "stopped"],
    ]);
  });

  it("is not thrown by data that is not what it should be", () => {
    const odd = journal(
      submitted,
      ["model.responded", 5, { content: "text", usage: 7 }],
      ["tool.failed", 6, {}],
    );
    expect(() => timelineOf(odd)).not.toThrow();
    expect(timelineOf([]).rows).toEqual([]);
  });
});
