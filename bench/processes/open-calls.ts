/** As many SDK calls open at once as it is told, and nothing else. */
import Anthropic from "@anthropic-ai/sdk";
import { MODEL, PROMPT } from "../load/workload.ts";

const [baseURL = "", count = "1"] = process.argv.slice(2);
const client = new Anthropic({ apiKey: "simulator", baseURL, maxRetries: 0 });
await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const stream = await client.messages.create({
      model: MODEL,
      max_tokens: 4096,
      messages: [{ role: "user", content: PROMPT }],
      stream: true,
    });
    for await (const _ of stream);
  }),
);
