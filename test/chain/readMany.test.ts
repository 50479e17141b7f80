import { expect } from 'chai';
import { HttpRequestError, pad, toHex, zeroHash, type Hex } from 'viem';
import type { Asker } from '../../src/chain/asker.ts';
import { readMany } from '../../src/chain/readMany.ts';
import { easAbi } from '../../src/issuer/import/eas.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { clientOf, deployDouble, easAttestation, type Node } from '../support/sources.ts';
import { rejected } from '../support/world.ts';

const URL = 'http://node.example';
const uid = (n: number): Hex => pad(toHex(n));

describe('chain/readMany', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil({ keepsStates: true });
  });
  after(() => anvil.stop());

  /** A contract that holds attestations 1 to 3, and a node in front of it; the clock only counts. */
  async function makeQuestion(node?: Node) {
    const eas = await deployDouble(anvil, 'EasDouble');
    const attest = (changes: readonly Readonly<Record<string, unknown>>[]) =>
      eas.send('attest', [changes.map(easAttestation)]);
    await attest([1, 2, 3].map((n) => ({ uid: uid(n) })));
    const { client, asked } = clientOf(anvil, node);
    const slept: number[] = [];
    const sleep = (milliseconds: number): Promise<void> => {
      slept.push(milliseconds);
      return Promise.resolve();
    };
    const asker: Asker = { client, sleep };
    const block = await anvil.client.getBlockNumber();
    const question = { address: eas.address, abi: easAbi, functionName: 'getAttestation', block };
    const read = async (numbers: readonly number[], change: Partial<typeof question> = {}) =>
      (
        await readMany(
          asker,
          { ...question, ...change },
          numbers.map((n) => [uid(n)]),
        )
      ).map((answer) => (answer as { uid: Hex } | undefined)?.uid);
    const calls = () => asked.filter(({ method }) => method === 'eth_call').length;
    return { read, calls, slept, block, attest };
  }

  it('asks for many at once, and keeps their order', async () => {
    const { read, calls } = await makeQuestion();
    const numbers = Array.from({ length: 250 }, (_, i) => i);
    const expected = numbers.map((n) => (n >= 1 && n <= 3 ? uid(n) : zeroHash));
    expect(await read(numbers)).to.deep.equal(expected);
    expect(calls()).to.equal(Math.ceil(250 / 32));
    expect(await read([])).to.deep.equal([]);
    expect(await read([2])).to.deep.equal([uid(2)]);
  });

  it('asks for fewer at once where they are long', async () => {
    const { read, calls, attest } = await makeQuestion();
    const numbers = Array.from({ length: 8 }, (_, i) => 10 + i);
    for (const n of numbers) await attest([{ uid: uid(n), data: `0x${'ab'.repeat(4_000)}` }]);
    const block = await anvil.client.getBlockNumber();
    expect(await read(numbers, { block })).to.deep.equal(numbers.map(uid));
    expect(calls()).to.equal(3);
  });

  it('reads at the block that is asked for', async () => {
    const { read, block } = await makeQuestion();
    expect(await read([1, 2])).to.deep.equal([uid(1), uid(2)]);
    expect(await read([1, 2], { block: block - 1n })).to.deep.equal([zeroHash, zeroHash]);
  });

  it('gives nothing where a contract says nothing', async () => {
    const { read } = await makeQuestion();
    const address = uid(5).slice(0, 42) as Hex;
    expect(await read([1, 2], { address })).to.deep.equal([undefined, undefined]);
  });

  it('waits while the node is busy', async () => {
    let refusals = 2;
    const { read, slept } = await makeQuestion(({ method }, ask) => {
      if (method !== 'eth_call' || refusals-- <= 0) return ask();
      const headers = new Headers({ 'Retry-After': '3' });
      throw new HttpRequestError({ url: URL, status: 429, headers });
    });
    expect(await read([1, 2])).to.deep.equal([uid(1), uid(2)]);
    expect(slept).to.deep.equal([3_000, 3_000]);
  });

  it('gives up where the node is gone, without asking for each', async () => {
    const { read, calls } = await makeQuestion(({ method }, ask) => {
      if (method !== 'eth_call') return ask();
      throw new HttpRequestError({ url: URL });
    });
    const error = await rejected(read([1, 2, 3]));
    expect(error.code).to.equal('ChainUnavailable');
    expect(error.data).not.to.have.property('state');
    expect(calls()).to.equal(6);
  });

  it('tells a state that the node forgot from a call that fails', async () => {
    const { read } = await makeQuestion(({ method }, ask) => {
      if (method !== 'eth_call' && method !== 'eth_getCode') return ask();
      throw Object.assign(new Error('missing trie node'), { code: -32000 });
    });
    const error = await rejected(read([1, 2]));
    expect([error.code, error.data['state']]).to.deep.equal(['ChainUnavailable', 'missing']);
  });
});
