/**
 * An encrypted copy of an identity, to keep or to carry to another machine: a file that is of no use without its
 * passphrase.
 *
 * The key is scrypt's (RFC 7914) of the passphrase in NFKC; the cipher is AES-256-GCM over the secret as 32 bytes, with
 * all else of the document, as canonical JSON, as associated data: not a digit of the file can change unnoticed.
 * @module
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Hex } from 'viem';
import { z } from 'zod';
import { invalidInput } from '../errors.ts';
import { canonicalJson, readDocument } from '../protocol/codec.ts';
import { bytesToHex, hexToBytes } from '../protocol/evm.ts';
import {
  fieldToBytes,
  platformRandom,
  randomBytes,
  toField,
  toInteger,
  type RandomSource,
} from '../protocol/field.ts';
import { createIdentity, normalisePassphrase, type Identity } from '../protocol/identity.ts';

/** The shortest passphrase that a copy is made with, in characters. */
const MIN_PASSPHRASE = 8;

/** 128 MiB and a good part of a second for each guess: OWASP's first choice for scrypt. */
const COST = 2n ** 17n;

/** What a stranger's file may cost: 1 GiB. Each doubling of n doubles memory and time. */
const MAX_COST = 2n ** 20n;

const [BLOCK_SIZE, PARALLELISM] = [8, 1];
const TAG_BYTES = 16;

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`), `must be ${bytes} bytes in hex`);

const exportShape = z.strictObject({
  eligo: z.literal('identity-export/1', 'must be "identity-export/1"'),
  kdf: z.strictObject({
    name: z.literal('scrypt', 'must be "scrypt"'),
    n: z.string(),
    r: z.literal(`${BLOCK_SIZE}`, `must be ${BLOCK_SIZE}`),
    p: z.literal(`${PARALLELISM}`, `must be ${PARALLELISM}`),
    salt: hex(32),
  }),
  cipher: z.strictObject({
    name: z.literal('aes-256-gcm', 'must be "aes-256-gcm"'),
    nonce: hex(12),
  }),
  commitment: z.string(),
  data: hex(32 + TAG_BYTES),
});

/** The document of an encrypted copy. */
export type IdentityExport = z.infer<typeof exportShape>;

/**
 * Makes an encrypted copy of an identity.
 * @param parameters.passphrase at least 8 characters in NFKC
 * @param parameters.random     the source of salt and nonce; the platform's CSPRNG unless given
 * @throws {InvalidInput} if the passphrase is too short; the message does not show it
 */
export async function exportIdentity(parameters: {
  readonly identity: Identity;
  readonly passphrase: string;
  readonly random?: RandomSource;
}): Promise<IdentityExport> {
  const { identity, random = platformRandom } = parameters;
  const passphrase = normalisePassphrase(parameters.passphrase);
  if (Array.from(passphrase).length < MIN_PASSPHRASE) {
    const rule = `must be at least ${MIN_PASSPHRASE} characters long`;
    throw invalidInput('passphrase', undefined, rule);
  }
  const head = {
    eligo: 'identity-export/1',
    kdf: {
      name: 'scrypt',
      n: COST.toString(),
      r: `${BLOCK_SIZE}`,
      p: `${PARALLELISM}`,
      salt: bytesToHex(randomBytes(random, 32)),
    },
    cipher: { name: 'aes-256-gcm', nonce: bytesToHex(randomBytes(random, 12)) },
    commitment: identity.commitment.toString(),
  } as const;
  const key = await deriveKey(passphrase, head.kdf);
  const cipher = createCipheriv('aes-256-gcm', key, hexToBytes(head.cipher.nonce));
  cipher.setAAD(Buffer.from(canonicalJson(head)));
  const secret = fieldToBytes(identity.secret);
  const data = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return { ...head, data: bytesToHex(data) };
}

/**
 * Takes up an identity from its encrypted copy.
 * @param parameters.input a plain object or JSON text
 * @throws {InvalidInput} if the document is malformed, asks for more than 1 GiB, or the passphrase does not open it
 */
export async function importIdentity(parameters: {
  readonly input: unknown;
  readonly passphrase: string;
}): Promise<Identity> {
  const { data, ...head } = readDocument(exportShape, parameters.input, 'export');
  const commitment = toField(head.commitment, 'export.commitment');
  const key = await deriveKey(normalisePassphrase(parameters.passphrase), head.kdf);
  const bytes = hexToBytes(data as Hex);
  const nonce = hexToBytes(head.cipher.nonce as Hex);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(canonicalJson(head)));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  let secret: Buffer;
  try {
    secret = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw invalidInput('passphrase', undefined, 'does not open this file, or the file was changed');
  }
  const identity = createIdentity({ secret: BigInt(bytesToHex(secret)) });
  if (identity.commitment !== commitment) {
    throw invalidInput('export.commitment', commitment, 'must be that of the secret in the file');
  }
  return identity;
}

type Kdf = { readonly n: string; readonly salt: string };

/** The key of a file: 32 bytes. Its cost is bounded first: a hostile file must not fill the memory. */
async function deriveKey(passphrase: string, { n, salt }: Kdf): Promise<Buffer> {
  const cost = toInteger(n, 'export.kdf.n', MAX_COST, COST);
  if ((cost & (cost - 1n)) !== 0n) throw invalidInput('export.kdf.n', n, 'must be a power of two');
  const memory = 128 * Number(cost) * BLOCK_SIZE;
  const run = promisify<string, Uint8Array, number, object, Buffer>(scrypt);
  return run(passphrase, hexToBytes(salt as Hex), 32, {
    N: Number(cost),
    r: BLOCK_SIZE,
    p: PARALLELISM,
    maxmem: memory + 1_048_576,
  });
}
