/** Text → findings: injection, content, PII, output. Pure: no network, no environment; its small models are data files. */
export {};
