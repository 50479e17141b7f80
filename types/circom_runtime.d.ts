/** What this project uses of circom_runtime, which ships no types: the calculator of a compiled circuit's witness. */
declare module 'circom_runtime' {
  export type WitnessCalculator = {
    /** Every signal by its full name, `bus.field` for a bus; the values flattened. Reduces them mod r. */
    calculateWTNSBin(
      inputs: Record<string, readonly bigint[]>,
      sanityCheck: boolean,
    ): Promise<Uint8Array>;
    calculateWitness(
      inputs: Record<string, readonly bigint[]>,
      sanityCheck: boolean,
    ): Promise<bigint[]>;
  };
  export function WitnessCalculatorBuilder(
    instance: WebAssembly.Instance,
  ): Promise<WitnessCalculator>;
}
