/**
 * A Groth16 proof in snarkjs' JSON shape, and the proof file that carries it with what it says.
 * @module
 */
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { readDocument } from '../protocol/codec.ts';
import { toInteger } from '../protocol/field.ts';
import { SIGNALS, fromSignals, toSignals, type Statement } from '../protocol/statement.ts';

/** The order of the field that the curve's coordinates live in. */
export const BASE_FIELD_ORDER =
  21888242871839275222246405745257275088696311157297823662689037894645226208583n;

const coordinate = z.string();
const g1 = z.tuple([coordinate, coordinate, z.literal('1', 'must be "1"')]);
const g2 = z.tuple([
  z.tuple([coordinate, coordinate]),
  z.tuple([coordinate, coordinate]),
  z.tuple([z.literal('1', 'must be "1"'), z.literal('0', 'must be "0"')]),
]);

const proofShape = z.strictObject({
  pi_a: g1,
  pi_b: g2,
  pi_c: g1,
  protocol: z.literal('groth16', 'must be "groth16"'),
  curve: z.literal('bn128', 'must be "bn128"'),
});

const proofFileShape = z.strictObject({
  eligo: z.literal('proof/1', 'must be "proof/1"'),
  circuit: z.string().regex(/^[0-9a-f]{64}$/, 'must be the sha256 of the r1cs in hex'),
  signals: z.array(z.string()).length(SIGNALS.length, `must be ${SIGNALS.length} signals`),
  proof: proofShape,
});

/** A proof, as snarkjs writes it. */
export type Proof = z.infer<typeof proofShape>;

/** A proof with the statement it proves. */
export type ProvenStatement = { readonly statement: Statement; readonly proof: Proof };

/**
 * Checks a proof's shape and that its coordinates are below the base field's order, so that each proof has one form.
 * @throws {InvalidInput}
 */
export function checkProof(input: unknown): Proof {
  const proof = readDocument(proofShape, input, 'proof');
  const coordinates = { pi_a: proof.pi_a, pi_b: proof.pi_b.flat(), pi_c: proof.pi_c };
  for (const [name, values] of Object.entries(coordinates)) {
    values.forEach((value, i) => toInteger(value, `proof.${name}[${i}]`, BASE_FIELD_ORDER - 1n));
  }
  return proof;
}

/**
 * The proof as the contracts take it: A, B, C as eight words, the parts of B's coordinates in the order of EIP-197
 * (imaginary first).
 */
export function toContractProof(
  proof: Proof,
): readonly [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint] {
  const [[bx0, bx1], [by0, by1]] = proof.pi_b;
  return [
    BigInt(proof.pi_a[0]),
    BigInt(proof.pi_a[1]),
    BigInt(bx1),
    BigInt(bx0),
    BigInt(by1),
    BigInt(by0),
    BigInt(proof.pi_c[0]),
    BigInt(proof.pi_c[1]),
  ];
}

/** The document of a proof file. Nothing in it is private. */
export function writeProofFile(
  circuit: string,
  proven: ProvenStatement,
): z.infer<typeof proofFileShape> {
  return {
    eligo: 'proof/1',
    circuit,
    signals: toSignals(proven.statement).map(String),
    proof: proven.proof,
  };
}

/**
 * Reads a proof file.
 * @param circuit sha256 of the r1cs that the reader verifies for
 * @throws {InvalidInput} @throws {SignalOutOfRange}
 */
export function readProofFile(input: unknown, circuit: string): ProvenStatement {
  const document = readDocument(proofFileShape, input, 'proof file');
  if (document.circuit !== circuit) {
    throw invalidInput(
      'proof file.circuit',
      document.circuit,
      `must be the circuit in use, ${circuit}`,
    );
  }
  return { statement: fromSignals(document.signals), proof: checkProof(document.proof) };
}
