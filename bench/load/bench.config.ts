/** The workload's agent as a config module, for the real api and the real worker. */
import { workload } from "./workload.ts";

export default workload(6, 1024).config;
