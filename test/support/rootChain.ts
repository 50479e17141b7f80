/**
 * Plays sequences of steps on a chain that mines when it is told to, and writes down what the contracts answer. It knows
 * nothing of what they ought to answer.
 * @module
 */
import {
  decodeErrorResult,
  decodeFunctionResult,
  encodeFunctionData,
  numberToHex,
  toFunctionSelector,
  zeroHash,
  type Abi,
  type Address,
  type Hex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { formatAbiItem } from 'viem/utils';
import { errorsAbi, issuerRegistryAbi, rootRegistryAbi } from '../../src/chain/abis.ts';
import { LOCAL_KEYS } from '../../src/chain/localChain.ts';
import { publicationTypedData } from '../../src/protocol/publication.ts';
import { accountOf, startAnvil, type Anvil } from './anvil.ts';
import {
  BECAUSE,
  ROLE,
  by,
  deploy,
  handle,
  readArtifact,
  testContracts,
  type Folder,
} from './contracts.ts';
import { ACCOUNTS } from './rootDraws.ts';
import type { Answer } from './rootJudge.ts';
import { memberInWords, nameOfRoot, said, type Picture, type Question } from './rootPicture.ts';
import { READERS, type Sequence } from './rootSequence.ts';
import type { Account, Publication, Step, StepOf } from './rootSteps.ts';

const CHAIN_ID = 31_337n;
const STEP_GAS = numberToHex(15_000_000);
const BLOCK_GAS = 2_000_000_000;

/** What is asked of IssuerRegistry; all else is RootRegistry's. */
const IN_ISSUERS: ReadonlySet<Step['act']> = new Set(['grantRole', 'revokeRole', 'rotateKey']);

type Numbers<K extends string> = { readonly [key in K]: number };
type Integers<K extends string> = { readonly [key in K]: bigint };

/** What RootReader.sol answers. */
type Reading = {
  readonly time: bigint;
  readonly trees: readonly (Integers<'issuerId' | 'sequence' | 'revoked' | 'root'> &
    Numbers<'size'> & { readonly frozen: boolean })[];
  readonly lists: readonly (Integers<'root'> &
    Numbers<'notice' | 'memberSilence' | 'epoch' | 'generation' | 'lastPublishedAt'> & {
      readonly owner: Address;
      readonly offeredTo: Address;
      readonly members: readonly (Integers<'treeId'> &
        Numbers<'since'> & { readonly inForce: boolean })[];
    })[];
  readonly joined: readonly (readonly bigint[])[];
  readonly facts: readonly (Numbers<'publishedAt' | 'endedAt' | 'lastPublishedAt'> & {
    readonly frozen: boolean;
    readonly known: boolean;
    readonly current: boolean;
  })[];
  readonly verdicts: readonly Hex[];
  readonly foreign: readonly Hex[];
};

export type RootChain = Awaited<ReturnType<typeof startRootChain>>;

/**
 * Starts a chain with the registries on it and the two issuers that histories begin with.
 * @param folder where the registries are
 * @param rootsFolder where RootRegistry is, if it is another one
 */
export async function startRootChain(folder: Folder, rootsFolder = folder) {
  const readerFolder = await testContracts();
  // Blocks take steps in the order in which they are sent, and as many as there are.
  const anvil = await startAnvil({ args: ['--order', 'fifo', '--gas-limit', String(BLOCK_GAS)] });
  const contracts = await deployAll(anvil, { folder, rootsFolder, readerFolder });
  await anvil.client.setAutomine(false);
  let clean = await anvil.client.snapshot();
  const player = makePlayer(anvil, contracts);
  return {
    /** The answers to a sequence, played from the beginning. @param questions one for each block */
    async play(sequence: Sequence, questions: readonly Question[]): Promise<readonly Answer[]> {
      const answers: Answer[] = [];
      for (const [i, { at, steps }] of sequence.blocks.entries()) {
        const outcomes = await player.mine(at, steps);
        answers.push({ outcomes, picture: await player.read(questions[i]!) });
      }
      await anvil.client.revert({ id: clean });
      clean = await anvil.client.snapshot();
      return answers;
    },
    stop: anvil.stop,
  };
}

type Folders = Readonly<Record<'folder' | 'rootsFolder' | 'readerFolder', Folder>>;
type Contracts = { readonly issuers: Address; readonly roots: Address; readonly reader: Reader };
type Reader = { readonly address: Address; readonly abi: Abi };

async function deployAll(
  anvil: Anvil,
  { folder, rootsFolder, readerFolder }: Folders,
): Promise<Contracts> {
  const { abi } = await readArtifact(readerFolder, 'RootReader');
  const reader = { address: await deploy(anvil, readerFolder, 'RootReader'), abi };
  const PoseidonT5 = await deploy(anvil, folder, 'PoseidonT5');
  const issuers = await deploy(anvil, folder, 'IssuerRegistry');
  const roots = await deploy(anvil, rootsFolder, 'RootRegistry', [issuers], { PoseidonT5 });
  const { write } = handle(anvil, issuers, issuerRegistryAbi);
  for (const id of [1n, 2n]) {
    const at = (role: string): Address => addressOf(anvil, `${role}${id.toString()}`);
    const owner = at('owner');
    await anvil.mined(write.registerIssuer([owner, ''], by(owner)));
    for (const role of ['publisher', 'guardian'] as const)
      await anvil.mined(write.grantRole([id, ROLE[role], at(role), ...BECAUSE], by(owner)));
  }
  return { issuers, roots, reader };
}

/** The account of a name. */
const addressOf = (anvil: Anvil, account: Account): Address =>
  accountOf(anvil, ACCOUNTS.indexOf(account));

function makePlayer(anvil: Anvil, { issuers, roots, reader }: Contracts) {
  const ask = makeAsker(anvil.url);
  return {
    /** Sends steps and mines them in one block. @returns what became of each */
    async mine(at: bigint, steps: readonly Step[]): Promise<readonly string[]> {
      const hashes: Hex[] = [];
      for (const step of steps) {
        const to = IN_ISSUERS.has(step.act) ? issuers : roots;
        const data = await dataOf(anvil, roots, step);
        const transaction = { from: addressOf(anvil, step.by), to, data, gas: STEP_GAS };
        hashes.push(await ask<Hex>('eth_sendTransaction', transaction));
      }
      await ask('evm_mine', { timestamp: Number(at), blocks: 1 });
      const receipts = await ask<readonly Receipt[]>('eth_getBlockReceipts', 'latest');
      if (receipts.map(({ transactionHash }) => transactionHash).join() !== hashes.join())
        throw new Error('the block is not what was sent, in its order');
      return Promise.all(receipts.map((receipt) => outcomeOf(ask, receipt)));
    },
    /** Reads as of the latest block. */
    async read(question: Question): Promise<Picture> {
      const { trees, lists, roots: asked, foreign } = question;
      const call = { abi: reader.abi, functionName: 'read' };
      const args = [roots, trees, [...trees, ...lists], asked, foreign, READERS];
      const asking = { to: reader.address, data: encodeFunctionData({ ...call, args }) };
      const data = await ask<Hex>('eth_call', asking, 'latest');
      return toPicture(anvil, question, decodeFunctionResult({ ...call, data }) as Reading);
    },
  };
}

type Ask = <T>(method: string, ...params: readonly unknown[]) => Promise<T>;

/** Asks the node one thing after another, without the steps that viem would put between. */
function makeAsker(url: string): Ask {
  const headers = { 'content-type': 'application/json' };
  return async <T>(method: string, ...params: readonly unknown[]): Promise<T> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const response = await fetch(url, { method: 'POST', headers, body });
    const { result, error } = (await response.json()) as { result?: T; error?: object };
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as T;
  };
}

type Receipt = { readonly status: Hex; readonly transactionHash: Hex };

async function outcomeOf(ask: Ask, { status, transactionHash }: Receipt): Promise<string> {
  if (status === '0x1') return 'taken';
  const trace = await ask<{ returnValue: Hex }>('debug_traceTransaction', transactionHash, {});
  return decodeErrorResult({ abi: errorsAbi, data: trace.returnValue }).errorName;
}

/** The call that a step is. */
async function dataOf(anvil: Anvil, registry: Address, step: Step): Promise<Hex> {
  const abi: Abi = IN_ISSUERS.has(step.act) ? issuerRegistryAbi : rootRegistryAbi;
  const args = await argsOf(step, (name) => addressOf(anvil, name), registry);
  return encodeFunctionData({ abi, functionName: step.act, args });
}

async function argsOf(
  step: Step,
  at: (account: Account) => Address,
  registry: Address,
): Promise<readonly unknown[]> {
  switch (step.act) {
    case 'createTree':
      return [step.issuerId];
    case 'createList':
      return [step.notice, step.memberSilence];
    case 'publish':
      return [whole(step.publication)];
    case 'publishBySignature': {
      const signature = await sign(registry, step);
      return [whole(step.publication), step.deadline, at(step.publisher), signature];
    }
    case 'freeze':
      return [step.treeId, ...BECAUSE];
    case 'unfreeze':
      return [whole(step.publication), ...BECAUSE];
    case 'removeSilent':
      return [step.listId, step.treeId];
    case 'settle':
    case 'acceptList':
      return [step.listId];
    case 'voidList':
      return [step.listId, ...BECAUSE];
    case 'offerList':
      return [step.listId, at(step.to), ...BECAUSE];
    case 'grantRole':
    case 'revokeRole':
      return [step.issuerId, ROLE[step.role], at(step.account), ...BECAUSE];
    case 'rotateKey':
      return [step.issuerId, ROLE[step.role], at(step.account), at(step.to), ...BECAUSE];
    default:
      return [step.listId, step.treeId, ...BECAUSE];
  }
}

const whole = (publication: Publication) =>
  ({ ...publication, logHead: zeroHash, manifestHash: zeroHash }) as const;

function sign(registry: Address, step: StepOf<'publishBySignature'>): Promise<Hex> {
  const { publication, deadline, signedBy } = step;
  const data = { chainId: CHAIN_ID, registry, publication: whole(publication), deadline };
  const key = LOCAL_KEYS[ACCOUNTS.indexOf(signedBy)]!;
  return privateKeyToAccount(key).signTypedData(publicationTypedData(data));
}

const ERROR_NAMES: ReadonlyMap<Hex, string> = new Map([
  ['0x00000000', 'accepted'],
  ...errorsAbi.map((error) => [toFunctionSelector(formatAbiItem(error)), error.name] as const),
]);

const verdictName = (selector: Hex): string => ERROR_NAMES.get(selector) ?? selector;

/** The answer in the words of the model's. */
function toPicture(anvil: Anvil, question: Question, reading: Reading): Picture {
  const { trees, lists, roots, foreign } = question;
  const picture = new Map<string, string>([['time', reading.time.toString()]]);
  for (const [i, id] of trees.entries()) {
    const { issuerId, sequence, size, revoked, root, frozen } = reading.trees[i]!;
    const joined = reading.joined[i]!.filter((listId) => listId !== 0n).sort(byNumber);
    const facts = { issuerId, sequence, size, revoked, root, frozen };
    picture.set(`tree ${id.toString()}`, said({ ...facts, joined: joined.join(' ') }));
  }
  for (const [i, id] of [...trees, ...lists].entries()) {
    const { root, epoch, generation, lastPublishedAt, ...list } = reading.lists[i]!;
    const facts = { root, epoch, generation, lastPublishedAt };
    picture.set(`source ${id.toString()}`, said(facts));
    if (i >= trees.length) picture.set(`list ${id.toString()}`, listInWords(anvil, list));
  }
  for (const [i, asked] of roots.entries()) {
    const { frozen, known, current, endedAt, lastPublishedAt, publishedAt } = reading.facts[i]!;
    const facts = { frozen, known, current, endedAt, lastPublishedAt, publishedAt };
    picture.set(nameOfRoot(asked), said(facts));
    const verdicts = reading.verdicts.slice(i * READERS.length, (i + 1) * READERS.length);
    picture.set(`verdicts on ${nameOfRoot(asked)}`, verdicts.map(verdictName).join());
  }
  for (const [i, asked] of foreign.entries())
    picture.set(`verdict on ${nameOfRoot(asked)}`, verdictName(reading.foreign[i]!));
  return picture;
}

const byNumber = (one: bigint, other: bigint): number => Number(one - other);

type ReadList = Pick<
  Reading['lists'][number],
  'owner' | 'offeredTo' | 'notice' | 'memberSilence' | 'members'
>;

function listInWords(anvil: Anvil, list: ReadList): string {
  const nameOf = (address: Address): Account => ACCOUNTS[anvil.accounts.indexOf(address)] ?? '';
  const { notice, memberSilence } = list;
  const members = list.members.flatMap(({ treeId, since, inForce }, place) =>
    treeId === 0n ? [] : [memberInWords(place, treeId, since, inForce)],
  );
  const [owner, offeredTo] = [nameOf(list.owner), nameOf(list.offeredTo)];
  return said({ owner, offeredTo, notice, memberSilence, members: members.join('; ') });
}
