import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { seededOrders } from "./seed.ts";

const path = fileURLToPath(new URL("./orders.sqlite", import.meta.url));

describe("the bundled shop", () => {
  it("is what the seed makes, row for row", () => {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      const rows = database.prepare("SELECT * FROM orders ORDER BY order_id").all();
      expect(rows.map((row) => ({ ...row }))).toEqual(seededOrders());
    } finally {
      database.close();
    }
  });

  it("stays small enough to be committed", () => {
    expect(statSync(path).size).toBeLessThan(1_000_000);
  });

  it("holds a few thousand orders of three years by customers C-1001 to C-1300", () => {
    const orders = seededOrders();
    expect(orders.length).toBeGreaterThan(3_000);
    expect(new Set(orders.map((order) => order.ordered_on.slice(0, 4)))).toEqual(
      new Set(["2023", "2024", "2025", "2026"]),
    );
    for (const { customer_id } of orders) expect(customer_id).toMatch(/^C-1(?:[0-2]\d\d|300)$/);
    expect(new Set(orders.map((order) => order.order_id)).size).toBe(orders.length);
  });

  it("gives the story's customer habits that can be found: garden in spring, toys before Christmas, coffee always", () => {
    const own = seededOrders().filter((order) => order.customer_id === "C-1042");
    const months = (category: string) =>
      new Set(
        own
          .filter((order) => order.category === category)
          .map((order) => Number(order.ordered_on.slice(5, 7))),
      );
    expect(own.length).toBeGreaterThan(50);
    expect([...months("garden")].every((month) => [3, 4, 5].includes(month))).toBe(true);
    expect([...months("toys")].every((month) => month >= 11)).toBe(true);
    expect(months("coffee").size).toBe(12);
  });
});
