// The minds a step or a scenario's default may name.

export const brainNames = ["brain", "echo", "curious", "looping"] as const;
export type BrainName = (typeof brainNames)[number];
