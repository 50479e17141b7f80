/**
 * Writes .wtns files (iden3's binary format, version 2), so that `snarkjs wtns check` can judge a witness that no
 * witness program would make.
 * @module
 */
import { R } from '../../../scripts/witness/field.ts';

/** The file's content for these values, one a wire. */
export function writeWitness(values: readonly bigint[]): Uint8Array {
  const header = Buffer.concat([uint32(32), fieldBytes(R), uint32(values.length)]);
  const body = Buffer.concat(values.map(fieldBytes));
  return Buffer.concat([
    Buffer.from('wtns'),
    uint32(2),
    uint32(2),
    section(1, header),
    section(2, body),
  ]);
}

/** 32 bytes, little-endian. */
function fieldBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

function section(id: number, body: Uint8Array): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(body.length));
  return Buffer.concat([uint32(id), size, body]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
