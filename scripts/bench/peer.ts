import { fork } from 'node:child_process';

/** A process of the benchmark's own, called through Node's channel. */
export type Peer<Methods> = {
  readonly pid: number;
  call<Name extends keyof Methods & string>(
    name: Name,
    ...values: Methods[Name] extends (...values: infer V) => unknown ? V : never
  ): Promise<Methods[Name] extends (...values: never[]) => infer R ? Awaited<R> : never>;
  stop(): Promise<void>;
};

type Call = { readonly id: number; readonly name: string; readonly values: unknown[] };
type Answer = { readonly id: number; readonly result?: unknown; readonly error?: string };

/** Starts a file that ends in `servePeer`. The types of its methods are given by the caller. */
export function startPeer<Methods>(file: URL): Peer<Methods> {
  const child = fork(file, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;

  child.on('message', ({ id, result, error }: Answer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error));
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const call of waiting.values()) {
        call.reject(new Error(`${file.pathname} ended with ${signal ?? `code ${code}`}`));
      }
      resolve();
    });
  });

  return {
    pid: child.pid as number,
    call(name, ...values) {
      if (!child.connected) return Promise.reject(new Error(`${file.pathname} has ended`));
      calls += 1;
      const call = Promise.withResolvers<unknown>();
      waiting.set(calls, call);
      child.send({ id: calls, name, values } satisfies Call);
      return call.promise as never;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Answers the calls of the process that started this one, and ends with it. */
export function servePeer(
  methods: Readonly<Record<string, (...values: never[]) => unknown>>,
): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group; the process that started this one decides what ends when.
  process.on('SIGINT', () => undefined);
  process.on('message', (message) => {
    const { id, name, values } = message as Call;
    const method = methods[name] as (...values: unknown[]) => unknown;
    Promise.resolve()
      .then(() => method(...values))
      .then(
        (result) => process.send?.({ id, result } satisfies Answer),
        (error: Error) =>
          process.send?.({ id, error: error.stack ?? error.message } satisfies Answer),
      );
  });
}
