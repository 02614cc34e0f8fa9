/**
 * `node training/injection/train.ts`: learns both injection models, for prompts and for documents, from `training/data` and
 * the seeds beside this file and writes them to `packages/guardrails/models/injection*.bin`. Seeded: the same sources give the same file. Several
 * learners see the seeds grown differently and their weights are averaged: what only one of them believes fades.
 */
import { writeFileSync } from "node:fs";
import { createLexicon } from "../../packages/guardrails/src/injection/lexicon.ts";
import {
  encodeModel,
  type InjectionModel,
  modelFile,
  type Reading,
} from "../../packages/guardrails/src/injection/model.ts";
import { buildDataset } from "./dataset.ts";
import { createDice } from "./dice.ts";
import { LEARNING, type Learning, learn, toExamples, type Weights } from "./learn.ts";
import { quantise } from "./quantise.ts";
import type { Row } from "./rows.ts";
import { weigh } from "./weigh.ts";

const SEEDS = [7, 107, 207];

export const learnFrom = (
  rows: Row[],
  seed: number,
  reading: Reading,
  settings: Learning = LEARNING[reading],
): Weights => {
  const examples = toExamples(rows, createLexicon(), reading);
  weigh(examples);
  return learn(examples, createDice(seed), reading, settings);
};

export const trainWeights = (reading: Reading, without: string[] = []): Weights =>
  average(
    reading,
    SEEDS.map((seed) =>
      learnFrom(buildDataset({ dice: createDice(seed), reading, without }), seed + 1, reading),
    ),
  );

export const trainModel = (reading: Reading): InjectionModel => quantise(trainWeights(reading));

const average = (reading: Reading, all: Weights[]): Weights => {
  const mean = (rows: Float32Array[]) =>
    (rows[0] ?? new Float32Array()).map(
      (_, at) => rows.reduce((sum, row) => sum + (row[at] ?? 0), 0) / rows.length,
    );
  return {
    reading,
    slots: mean(all.map(({ slots }) => slots)),
    scales: mean(all.map(({ scales }) => scales)),
  };
};

if (import.meta.main)
  for (const reading of ["prompt", "document"] as const)
    writeFileSync(modelFile(reading), encodeModel(trainModel(reading)));
