/** What `@types/snarkjs` leaves out: the check of a witness against a constraint system, and the curves. */
import 'snarkjs';

declare module 'snarkjs' {
  export const wtns: {
    /** Paths or contents of an r1cs and a wtns file. Calls `logger` unasked, so it needs one. */
    check(
      r1cs: string | Uint8Array,
      witness: string | Uint8Array,
      logger: { info(line: string): void; warn(line: string): void },
    ): Promise<boolean>;
  };
  export const curves: { getCurveFromName(name: string): Promise<unknown> };
}
