/**
 * Credentials: the file that a holder keeps (PROTOCOL.md section 2, "Credential"), made from the store and signed by a
 * publisher; written out by the issuer, or handed over for a one-time token. A commitment alone gets nothing: other
 * issuers know it.
 * @module
 */
import { signTypedData } from 'viem/actions';
import { EligoError } from '../errors.ts';
import type { WriteClient } from '../chain/client.ts';
import { credentialTypedData, type Credential } from '../protocol/credential.ts';
import { platformRandom, type RandomSource } from '../protocol/field.ts';
import {
  readAttestations,
  setToken,
  spendToken,
  type StoredAttestation,
} from '../store/attestations.ts';
import { readSchema } from '../store/schemas.ts';
import type { Database } from '../store/store.ts';
import { drawToken, hashToken } from './issue.ts';
import type { Issuer } from './issuer.ts';

/**
 * Makes credentials of live attestations, in the order of their positions.
 * @param parameters.positions all live ones if left out
 * @param parameters.unless    those that nobody needs any more
 * @throws {UnknownAttestation} @throws {AlreadyRevoked} for one that is named
 */
export async function* makeCredentials(
  issuer: Issuer,
  signer: WriteClient,
  parameters: {
    readonly positions?: readonly number[] | undefined;
    readonly unless?: ((position: number) => Promise<boolean>) | undefined;
  } = {},
): AsyncGenerator<Credential> {
  const { db } = issuer.store;
  const { positions = livePositions(db), unless } = parameters;
  for await (const position of positions) {
    if (await unless?.(position)) continue;
    yield await makeCredential(db, issuer, signer, position);
  }
}

async function* livePositions(db: Database): AsyncGenerator<number> {
  const PAGE = 1024;
  for (let after = -1; ;) {
    const page = await db
      .selectFrom('attestations')
      .select('position')
      .where('position', '>', after)
      .where('live', '=', true)
      .orderBy('position')
      .limit(PAGE)
      .execute();
    const last = page.at(-1);
    if (!last) return;
    yield* page.map(({ position }) => position);
    after = last.position;
  }
}

/**
 * Hands the credential of a token over and spends the token: of two who come with it, one is served.
 * @throws {UnknownToken} @throws {AlreadyRevoked}
 */
export async function redeemToken(
  issuer: Issuer,
  signer: WriteClient,
  token: string,
): Promise<Credential> {
  return issuer.store.transaction(async (db) => {
    const position = await spendToken(db, hashToken(token));
    if (position === undefined)
      throw new EligoError('UnknownToken', 'the token is not known, or was used before');
    return makeCredential(db, issuer, signer, position);
  });
}

/**
 * Gives a live attestation a new token; one that it had before is void.
 * @throws {UnknownAttestation} @throws {AlreadyRevoked}
 */
export async function renewToken(
  issuer: Issuer,
  parameters: { readonly position: number; readonly random?: RandomSource },
): Promise<string> {
  const { position, random = platformRandom } = parameters;
  const token = drawToken(random);
  await issuer.store.transaction(async (db) => {
    await readLive(db, issuer, position);
    await setToken(db, position, hashToken(token));
  });
  return token;
}

async function makeCredential(
  db: Database,
  issuer: Issuer,
  signer: WriteClient,
  position: number,
): Promise<Credential> {
  const attestation = await readLive(db, issuer, position);
  const { deployment, treeId } = issuer;
  const unsigned = {
    chainId: BigInt(deployment.chainId),
    registry: deployment.contracts.RootRegistry,
    tree: treeId,
    position: BigInt(position),
    attestation,
  };
  return {
    ...unsigned,
    circuit: deployment.circuit,
    schema: await readSchema(db, attestation.schemaId),
    signature: await signTypedData(signer, {
      account: signer.account,
      ...credentialTypedData(unsigned),
    }),
  };
}

async function readLive(
  db: Database,
  issuer: Issuer,
  position: number,
): Promise<NonNullable<StoredAttestation['attestation']>> {
  const [found] = await readAttestations(db, issuer.store.key, [position]);
  const refuse = (code: 'UnknownAttestation' | 'AlreadyRevoked', how: string): EligoError =>
    new EligoError(code, `the attestation at position ${position} ${how}`, { position });
  if (!found) throw refuse('UnknownAttestation', 'was never issued');
  if (!found.live || !found.attestation) throw refuse('AlreadyRevoked', 'is revoked');
  return found.attestation;
}
