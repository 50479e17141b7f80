/**
 * When somebody wants a command that goes on to end.
 * @module
 */

/** Settles at Ctrl-C, SIGTERM, or when the terminal goes away. */
export function interruption(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve(undefined);
      });
    }
  });
}

/** Fires at the first interruption, or after so many seconds. */
export function interruptionSignal(seconds: number): AbortSignal {
  const controller = new AbortController();
  void interruption().then(() => {
    controller.abort();
  });
  return AbortSignal.any([controller.signal, AbortSignal.timeout(seconds * 1000)]);
}
