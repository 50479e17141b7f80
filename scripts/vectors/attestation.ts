/**
 * Leaves, and the digests that publishers sign.
 * @module
 */
import {
  DAY,
  MAX_VALUE,
  NEVER,
  R,
  abi,
  at,
  file,
  keccak,
  keccakText,
  type Json,
  type Poseidon,
} from './reference.ts';
import { CHAIN, GATE, ISSUED, SALT, SCHEMA_ID, SECRET, VALUES } from './inputs.ts';

/** `H_9`, and EIP-712 by hand. */
export function attestationVectors(poseidon: Poseidon): Json {
  const commitment = poseidon([SECRET]);
  const rows: bigint[][] = [
    [SCHEMA_ID, commitment, ISSUED, NEVER, SALT, ...VALUES],
    [SCHEMA_ID, commitment, ISSUED, ISSUED + 365n * DAY, SALT, 0n, 0n, 0n, 0n],
    [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n],
    [R - 1n, R - 1n, NEVER, NEVER, R - 1n, MAX_VALUE, MAX_VALUE, MAX_VALUE, MAX_VALUE],
    [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
  ];
  const leaves = rows.map((row) => poseidon(row));
  const hashType = (type: string): bigint => BigInt(keccakText(type));
  const domain = keccak(
    abi(
      hashType(
        'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
      ),
      hashType('Eligo'),
      hashType('1'),
      CHAIN,
      BigInt(GATE),
    ),
  );
  const credential = (treeId: bigint, position: bigint, leaf: bigint) => ({
    source: 'PROTOCOL.md section 2, Credential; EIP-712, words written by hand',
    chainId: CHAIN,
    registry: GATE,
    treeId,
    position,
    leaf,
    digest: keccak(
      `1901${domain.slice(2)}${keccak(
        abi(
          hashType('Credential(uint64 treeId,uint32 position,uint256 leaf)'),
          treeId,
          position,
          leaf,
        ),
      ).slice(2)}`,
    ),
  });
  return file({
    attestations: rows.map(([schemaId, commitmentOf, issuedAt, expiresAt, salt, ...values], i) => ({
      source: 'PROTOCOL.md section 1, attestation leaf: H_9; circomlibjs',
      attestation: { schemaId, commitment: commitmentOf, issuedAt, expiresAt, salt, values },
      leaf: leaves[i],
    })),
    credentials: [credential(1n, 0n, at(leaves, 0)), credential(7n, 4n ** 14n - 1n, at(leaves, 1))],
  });
}
