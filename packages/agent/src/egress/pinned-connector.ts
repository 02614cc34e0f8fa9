// A connector for undici that opens sockets to judged addresses only. Between "this name is fine" and "connect
// to this name" an attacker's name server may change its answer; here both use the same one answer.

import { isIPv6, type LookupFunction } from "node:net";
import { buildConnector } from "undici";

const CONNECT_TIMEOUT_MS = 10_000;

export type PinnedConnectorDeps = {
  /** Addresses the host may be reached at, at least one; throws to refuse. Called for literal addresses too. */
  readonly resolve: (hostname: string, port: number) => Promise<readonly string[]>;
};

export function pinnedConnector({ resolve }: PinnedConnectorDeps): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port) || (options.protocol === "https:" ? 443 : 80);
    resolve(options.hostname, port).then(
      (addresses) =>
        buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, lookup: answerWith(addresses) })(
          options,
          callback,
        ),
      (error: unknown) =>
        callback(error instanceof Error ? error : new Error("lookup failed", { cause: error }), null),
    );
  };
}

/** node:net asks for a name's addresses here and nowhere else; a literal address it connects to unasked. */
function answerWith(addresses: readonly string[]): LookupFunction {
  return (_hostname, options, callback) => {
    const family = Number(String(options.family ?? 0).replace("IPv", ""));
    const fitting = addresses
      .map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
      .filter((found) => family === 0 || found.family === family);
    const first = fitting[0];
    if (first === undefined) callback(new Error("no address of that family"), "", 0);
    else if (options.all === true) callback(null, fitting);
    else callback(null, first.address, first.family);
  };
}
