/** Frees what snarkjs leaves running, so that mocha ends by itself. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await (
      globalThis as { curve_bn128?: { terminate(): Promise<void> } | null }
    ).curve_bn128?.terminate();
  },
};
