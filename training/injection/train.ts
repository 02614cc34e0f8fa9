/**
 * `node training/injection/train.ts [FILE]`: learns the injection model from `training/data` and the seeds beside this
 * file and writes it to `packages/guardrails/models/injection.bin`. Seeded: the same sources give the same file. Several
 * learners see the seeds grown differently and their weights are averaged: what only one of them believes fades.
 */
import { writeFileSync } from "node:fs";
import { createLexicon } from "../../packages/guardrails/src/injection/lexicon.ts";
import {
  encodeModel,
  type InjectionModel,
  MODEL_FILE,
} from "../../packages/guardrails/src/injection/model.ts";
import { buildDataset, type DatasetOptions } from "./dataset.ts";
import { createDice } from "./dice.ts";
import { LEARNING, learn, toExamples, type Weights } from "./learn.ts";
import { quantise } from "./quantise.ts";
import type { Row } from "./rows.ts";
import { weigh } from "./weigh.ts";

const SEEDS = [7, 107, 207];

export const learnFrom = (rows: Row[], seed: number, settings = LEARNING): Weights => {
  const examples = toExamples(rows, createLexicon());
  weigh(examples);
  return learn(examples, createDice(seed), settings);
};

export const trainWeights = (options: Omit<DatasetOptions, "dice"> = {}): Weights =>
  average(SEEDS.map((seed) => learnFrom(buildDataset({ dice: createDice(seed), ...options }), seed + 1)));

export const trainModel = (): InjectionModel => quantise(trainWeights());

const average = (all: Weights[]): Weights => {
  const mean = (rows: Float32Array[]) =>
    (rows[0] ?? new Float32Array()).map(
      (_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0) / rows.length,
    );
  return { slots: mean(all.map(({ slots }) => slots)), scales: mean(all.map(({ scales }) => scales)) };
};

if (import.meta.main) writeFileSync(process.argv[2] ?? MODEL_FILE, encodeModel(trainModel()));
