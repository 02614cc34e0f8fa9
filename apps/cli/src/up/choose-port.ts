/**
 * Whether a port can be had on a host. Two looks, because each alone is fooled: some systems let us bind
 * beside a server that listens on all addresses, and a bound port may not accept yet.
 */
import { connect, createServer } from "node:net";

export async function isPortFree(port: number, host: string): Promise<boolean> {
  return !(await accepts(port)) && (await canBind(port, host));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 500 });
    const end = (isOpen: boolean) => {
      socket.destroy();
      answer(isOpen);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

function canBind(port: number, host: string): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once("error", () => answer(false));
    server.listen(port, host, () => server.close(() => answer(true)));
  });
}
