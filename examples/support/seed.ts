// Makes `orders.sqlite`, the shop the support agent works for: 300 customers and about 4,000 orders of three
// years. Everything comes from one seeded generator, so every run makes the same rows. The customers have habits
// (see `habits`), so that "summarise the patterns in my purchasing" has a true answer to find.
//
//   node examples/support/seed.ts

import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";

export type Order = {
  readonly order_id: string;
  readonly customer_id: string;
  readonly ordered_on: string;
  readonly category: string;
  readonly product: string;
  readonly quantity: number;
  readonly total_cents: number;
  readonly status: OrderStatus;
  readonly return_reason: string | null;
};

type OrderStatus = (typeof ORDER_STATUSES)[number];
export const ORDER_STATUSES = ["delivered", "shipped", "returned", "cancelled"] as const;
export const CATEGORIES = [
  "coffee",
  "books",
  "electronics",
  "garden",
  "clothing",
  "sports",
  "toys",
  "kitchen",
] as const;
type Category = (typeof CATEGORIES)[number];

const PRODUCTS: Readonly<Record<Category, readonly (readonly [name: string, cents: number])[]>> = {
  coffee: [
    ["Espresso beans 1 kg", 2190],
    ["Filter roast 500 g", 1290],
    ["Decaf beans 500 g", 1390],
    ["Paper filters", 390],
  ],
  books: [
    ["Crime novel", 1299],
    ["Cookbook", 2995],
    ["Travel guide", 1895],
    ["History of maps", 3490],
  ],
  electronics: [
    ["Wireless headphones", 12900],
    ["Phone case", 1990],
    ["USB-C charger", 3490],
    ["Smart watch", 24900],
    ["Webcam", 7990],
  ],
  garden: [
    ["Tomato seedlings", 1190],
    ["Potting soil 40 l", 1490],
    ["Pruning shears", 2790],
    ["Garden hose 25 m", 3990],
    ["Tulip bulbs", 890],
  ],
  clothing: [
    ["Running shirt", 2990],
    ["Winter jacket", 14900],
    ["Jeans", 6990],
    ["Wool socks", 1490],
  ],
  sports: [
    ["Running shoes", 11900],
    ["Yoga mat", 2990],
    ["Water bottle", 1690],
    ["Bicycle helmet", 6490],
  ],
  toys: [
    ["Wooden train", 3990],
    ["Board game", 3490],
    ["Puzzle 1000 pieces", 1690],
    ["Building blocks", 4990],
  ],
  kitchen: [
    ["Chef's knife", 7990],
    ["Cast-iron pan", 5490],
    ["Measuring cups", 1290],
    ["Stand mixer", 29900],
  ],
};

const RETURN_REASONS: Readonly<Record<Category, readonly string[]>> = {
  coffee: ["arrived damaged"],
  books: ["ordered twice"],
  electronics: ["does not work", "battery too weak", "not as described"],
  garden: ["arrived damaged"],
  clothing: ["too small", "too large", "colour differs"],
  sports: ["too small", "changed my mind"],
  toys: ["parts missing"],
  kitchen: ["arrived damaged", "changed my mind"],
};

/** How often something is bought: the chance per month, by calendar month (January first). */
type Habit = {
  readonly category: Category;
  readonly chance: (month: number) => number;
  readonly most: number;
  readonly returns: number;
};

const always = (chance: number) => () => chance;
const inMonths = (months: readonly number[], chance: number) => (month: number) =>
  months.includes(month) ? chance : 0;

const COFFEE_EVERY_MONTH: Habit = { category: "coffee", chance: always(0.93), most: 3, returns: 0.01 };
const GARDEN_IN_SPRING: Habit = {
  category: "garden",
  chance: inMonths([3, 4, 5], 0.85),
  most: 4,
  returns: 0.03,
};
const TOYS_FOR_CHRISTMAS: Habit = {
  category: "toys",
  chance: inMonths([11, 12], 0.9),
  most: 3,
  returns: 0.05,
};
const CLOTHES_SENT_BACK: Habit = { category: "clothing", chance: always(0.35), most: 2, returns: 0.45 };
const GADGETS: Habit = { category: "electronics", chance: always(0.22), most: 1, returns: 0.2 };
const BOOKS_FOR_SUMMER: Habit = {
  category: "books",
  chance: inMonths([6, 7, 8], 0.6),
  most: 4,
  returns: 0.02,
};
const FIT_IN_JANUARY: Habit = { category: "sports", chance: inMonths([1, 2], 0.7), most: 2, returns: 0.15 };
const COOKING: Habit = { category: "kitchen", chance: always(0.12), most: 1, returns: 0.08 };

const HABITS = [
  COFFEE_EVERY_MONTH,
  GARDEN_IN_SPRING,
  TOYS_FOR_CHRISTMAS,
  CLOTHES_SENT_BACK,
  GADGETS,
  BOOKS_FOR_SUMMER,
  FIT_IN_JANUARY,
  COOKING,
];
/** The customer of the README's story has five habits and enough orders for more than one page. */
const STORY_CUSTOMER = "C-1042";
const STORY_HABITS = [COFFEE_EVERY_MONTH, GARDEN_IN_SPRING, TOYS_FOR_CHRISTMAS, CLOTHES_SENT_BACK, GADGETS];

const FIRST_CUSTOMER = 1001;
const LAST_CUSTOMER = 1300;
const FIRST_MONTH = { year: 2023, month: 11 };
const MONTHS = 36;
/** Orders from this day on are still on their way. */
const SHIPPED_SINCE = "2026-10-20";
const SEED = 20_261_122;

export function seededOrders(): Order[] {
  const random = generator(SEED);
  const drafts: Omit<Order, "order_id">[] = [];
  for (let number = FIRST_CUSTOMER; number <= LAST_CUSTOMER; number += 1) {
    const customer_id = `C-${number}`;
    const habits = habitsOf(customer_id, random);
    const joined = customer_id === STORY_CUSTOMER ? 0 : Math.floor(random() * MONTHS * 0.7);
    for (let since = joined; since < MONTHS; since += 1) {
      for (const habit of habits) {
        const draft = maybeOrder(customer_id, habit, since, random);
        if (draft !== undefined) drafts.push(draft);
      }
    }
  }
  // Numbered in the order they came in, as a shop would.
  return drafts
    .sort((a, b) => compare(a.ordered_on, b.ordered_on) || compare(a.customer_id, b.customer_id))
    .map((draft, index) => ({ order_id: `O-${100_001 + index}`, ...draft }));
}

export function writeDatabase(path: string, orders: readonly Order[]): void {
  rmSync(path, { force: true });
  const database = new DatabaseSync(path);
  try {
    database.exec(`
      CREATE TABLE orders (
        order_id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, ordered_on TEXT NOT NULL, category TEXT NOT NULL,
        product TEXT NOT NULL, quantity INTEGER NOT NULL, total_cents INTEGER NOT NULL, status TEXT NOT NULL,
        return_reason TEXT
      ) STRICT, WITHOUT ROWID;
      BEGIN;
    `);
    const insert = database.prepare("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const order of orders) {
      const { order_id, customer_id, ordered_on, category, product, quantity, total_cents } = order;
      const { status, return_reason } = order;
      insert.run(
        order_id,
        customer_id,
        ordered_on,
        category,
        product,
        quantity,
        total_cents,
        status,
        return_reason,
      );
    }
    database.exec("CREATE INDEX orders_by_customer ON orders (customer_id, ordered_on); COMMIT; VACUUM;");
  } finally {
    database.close();
  }
}

function habitsOf(customerId: string, random: () => number): readonly Habit[] {
  // Drawn for everybody, used or not: one customer's rule must not shift all the others.
  const draws = HABITS.map(() => random());
  if (customerId === STORY_CUSTOMER) return STORY_HABITS;
  const chosen = HABITS.filter((_habit, index) => (draws[index] ?? 1) < 0.22);
  return chosen.length > 0 ? chosen : [COOKING];
}

function maybeOrder(
  customer_id: string,
  habit: Habit,
  monthsSinceFirst: number,
  random: () => number,
): Omit<Order, "order_id"> | undefined {
  const monthIndex = FIRST_MONTH.month - 1 + monthsSinceFirst;
  const year = FIRST_MONTH.year + Math.floor(monthIndex / 12);
  const month = (monthIndex % 12) + 1;
  const [chance, day, pick, amount, fate, why] = [random(), random(), random(), random(), random(), random()];
  if (chance >= habit.chance(month)) return undefined;
  const [product, cents] = pickFrom(PRODUCTS[habit.category], pick);
  const quantity = 1 + Math.floor(amount * habit.most);
  const ordered_on = `${year}-${twoDigits(month)}-${twoDigits(1 + Math.floor(day * 28))}`;
  // Prices rise by 4 % a year.
  const unitCents = Math.round(cents * 1.04 ** (year - FIRST_MONTH.year));
  const status = statusOf(ordered_on, fate, habit.returns);
  const return_reason = status === "returned" ? pickFrom(RETURN_REASONS[habit.category], why) : null;
  const total_cents = unitCents * quantity;
  return {
    customer_id,
    ordered_on,
    category: habit.category,
    product,
    quantity,
    total_cents,
    status,
    return_reason,
  };
}

function statusOf(orderedOn: string, fate: number, returns: number): OrderStatus {
  if (orderedOn >= SHIPPED_SINCE) return "shipped";
  if (fate < returns) return "returned";
  return fate > 0.97 ? "cancelled" : "delivered";
}

function pickFrom<Item>(items: readonly Item[], draw: number): Item {
  const item = items[Math.floor(draw * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** mulberry32: numbers in [0, 1) that are the same on every machine. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (import.meta.main) {
  writeDatabase(fileURLToPath(new URL("./orders.sqlite", import.meta.url)), seededOrders());
}
