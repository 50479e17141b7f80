/**
 * Handing a publication over: a publisher signs it, and whoever pays the gas submits it. It stays written down as
 * `handed`; the next `publish` finds it on chain, or sends it itself. The chain takes each number once, so that it makes no
 * difference who comes first.
 * @module
 */
import {
  isAddress,
  isAddressEqual,
  isHex,
  type Address,
  type Hex,
  type TransactionReceipt,
} from 'viem';
import { z } from 'zod';
import { EligoError, invalidInput } from '../errors.ts';
import type { WriteClient } from '../chain/client.ts';
import type { Deployment } from '../chain/deployment.ts';
import { getTree, publishBySignature, signPublication } from '../chain/roots.ts';
import { readDocument } from '../protocol/codec.ts';
import { toField, toTime, toUint } from '../protocol/field.ts';
import type { Publication } from '../protocol/publication.ts';
import { setState, type StoredPublication } from '../store/publications.ts';
import type { Issuer } from './issuer.ts';
import {
  PUBLISHING,
  carries,
  conflict,
  preparePublication,
  type PublishOptions,
} from './publish.ts';
import { settle, toPublication, type SettleOptions } from './settle.ts';

/** A publication that anybody can submit. */
export type HandedPublication = Publication & {
  readonly chainId: bigint;
  /** The RootRegistry. */
  readonly registry: Address;
  /** Unix seconds, the last at which the signature counts. */
  readonly deadline: bigint;
  /** Who signed. */
  readonly publisher: Address;
  readonly signature: Hex;
};

const hash = z.string().regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes, 0x and 64 hex digits');
const address = z.string().refine((text) => isAddress(text), 'must be an address');

const handedShape = z.strictObject({
  eligo: z.literal('publication/1', 'must be "publication/1"'),
  chainId: z.string(),
  registry: address,
  tree: z.string(),
  sequence: z.string(),
  previousRoot: z.string(),
  root: z.string(),
  size: z.string(),
  revoked: z.string(),
  endsEpoch: z.boolean(),
  voids: z.boolean(),
  logHead: hash,
  manifestHash: hash,
  deadline: z.string(),
  publisher: address,
  signature: z.string().refine((text) => isHex(text), 'must be hex with 0x'),
});

/**
 * Signs the next publication for somebody else to submit, or the one that waits already: what changed since is for the one
 * after it. What has come to the chain meanwhile is noted first.
 * @param options.deadline Unix seconds, the last at which the signature counts
 * @returns undefined if there is nothing to publish
 * @throws {PublicationConflict} see `publish`
 * @throws {PublicationPending} if a transaction of our own carries it already, or if the one that waits doesn't do what the
 * options ask for: they must not be dropped
 */
export async function handPublication(
  issuer: Issuer,
  client: WriteClient,
  options: PublishOptions & SettleOptions & { readonly deadline: bigint },
): Promise<HandedPublication | undefined> {
  return issuer.store.alone(PUBLISHING, async () => {
    let finished: StoredPublication | undefined;
    for (;;) {
      const next = await preparePublication(issuer, client, { ...options, finished });
      if (!next) return undefined;
      const { publication: open, isNew } = next;
      const { sequence } = await getTree(client, issuer);
      if (sequence < open.sequence) {
        if (!isNew && !carries(open, options)) throw begunWithout(open);
        return sign(issuer, client, open, options.deadline);
      }
      const settled = await settle(issuer, client, open, options);
      if (settled.state !== 'overtaken') finished = settled;
      else if (options.acceptForeign !== true) throw conflict(settled.sequence);
    }
  });
}

function begunWithout({ sequence }: StoredPublication): EligoError {
  return new EligoError(
    'PublicationPending',
    `publication ${sequence.toString()} was begun before, and does not do what is asked for now: bring it to the chain first, by \`issuer publish\` or by whoever has its signature`,
    { sequence },
  );
}

async function sign(
  issuer: Issuer,
  client: WriteClient,
  open: StoredPublication,
  deadline: bigint,
): Promise<HandedPublication> {
  const { deployment, store } = issuer;
  if (open.transaction) {
    const { hash: transaction } = open.transaction;
    throw new EligoError(
      'PublicationPending',
      `publication ${open.sequence.toString()} was signed as transaction ${transaction}: the next \`issuer publish\` goes on from here`,
      { sequence: open.sequence, transaction },
    );
  }
  const publication = toPublication(issuer, open);
  // Written down first: a signature that exists is one that may come to the chain.
  await setState(store.db, open.sequence, 'handed');
  const signature = await signPublication(client, {
    ...{ deployment, publication, deadline: Number(deadline) },
  });
  return {
    ...publication,
    chainId: BigInt(deployment.chainId),
    registry: deployment.contracts.RootRegistry,
    ...{ deadline, publisher: client.account.address, signature },
  };
}

/**
 * Submits somebody's signed publication. By anyone; no store is needed.
 * @throws {InvalidInput} if it is for another chain or registry than the deployment's
 * @throws {ContractReverted} with the registry's reason @throws {InvalidSignature}
 */
export async function submitPublication(
  client: WriteClient,
  parameters: { readonly deployment: Deployment; readonly handed: HandedPublication },
): Promise<TransactionReceipt> {
  const { deployment, handed } = parameters;
  const { chainId, registry, deadline, publisher, signature, ...publication } = handed;
  const expected = deployment.contracts.RootRegistry;
  if (chainId.toString() !== deployment.chainId)
    throw invalidInput('publication.chainId', chainId, `must be ${deployment.chainId}`);
  if (BigInt(client.chain.id) !== chainId)
    throw invalidInput('publication.chainId', chainId, `must be the node's, ${client.chain.id}`);
  if (!isAddressEqual(registry, expected))
    throw invalidInput('publication.registry', registry, `must be ${expected}`);
  return publishBySignature(client, {
    ...{ deployment, publication, publisher, signature, deadline: Number(deadline) },
  });
}

/**
 * Reads a signed publication. Its signature is for the contract to check.
 * @throws {InvalidInput} naming the path, the value and the rule
 */
export function readHanded(input: unknown): HandedPublication {
  const document = readDocument(handedShape, input, 'publication');
  const uint = (key: 'chainId' | 'tree' | 'sequence' | 'size' | 'revoked', bits: number): bigint =>
    toUint(document[key], `publication.${key}`, bits);
  return {
    chainId: uint('chainId', 64),
    registry: document.registry,
    treeId: uint('tree', 64),
    sequence: uint('sequence', 64),
    previousRoot: toField(document.previousRoot, 'publication.previousRoot'),
    root: toField(document.root, 'publication.root'),
    size: Number(uint('size', 32)),
    revoked: uint('revoked', 64),
    endsEpoch: document.endsEpoch,
    voids: document.voids,
    logHead: document.logHead as Hex,
    manifestHash: document.manifestHash as Hex,
    deadline: toTime(document.deadline, 'publication.deadline'),
    publisher: document.publisher,
    signature: document.signature,
  };
}

/** The signed publication as the document that goes into a file. */
export function writeHanded(handed: HandedPublication): z.infer<typeof handedShape> {
  return {
    eligo: 'publication/1',
    chainId: handed.chainId.toString(),
    registry: handed.registry,
    tree: handed.treeId.toString(),
    sequence: handed.sequence.toString(),
    previousRoot: handed.previousRoot.toString(),
    root: handed.root.toString(),
    size: handed.size.toString(),
    revoked: handed.revoked.toString(),
    endsEpoch: handed.endsEpoch,
    voids: handed.voids,
    logHead: handed.logHead,
    manifestHash: handed.manifestHash,
    deadline: handed.deadline.toString(),
    publisher: handed.publisher,
    signature: handed.signature,
  };
}
