import { expect, test } from "vitest";
import { rememberingWords } from "./word-memory.ts";

function counting() {
  let asked = 0;
  const read = rememberingWords((word) => {
    asked += 1;
    return { word };
  });
  return { read, asked: () => asked };
}

test("a word is read once", () => {
  const { read, asked } = counting();
  expect(read("orders")).toBe(read("orders"));
  expect(asked()).toBe(1);
});

test("a word that is met again and again stays known while thousands of others come and go", () => {
  const { read, asked } = counting();
  const first = read("orders");
  for (let n = 0; n < 20_000; n += 1) {
    read(`w${n}`);
    expect(read("orders")).toBe(first);
  }
  expect(asked()).toBe(20_001);
});

test("old words are forgotten, and long ones are not kept at all", () => {
  const { read, asked } = counting();
  read("orders");
  for (let n = 0; n < 20_000; n += 1) read(`w${n}`);
  read("orders");
  expect(asked()).toBe(20_002);
  read("internationalisation");
  read("internationalisation");
  expect(asked()).toBe(20_004);
});
