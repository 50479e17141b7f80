import { expect } from 'chai';
import fc from 'fast-check';
import {
  HttpRequestError,
  LimitExceededRpcError,
  RpcRequestError,
  TimeoutError,
  createClient,
  custom,
  pad,
  toHex,
  type Hex,
} from 'viem';
import { foundry } from 'viem/chains';
import type { Asker } from '../../src/chain/asker.ts';
import { scanLogs, type ChainLog, type ScannedRange } from '../../src/chain/eventScan.ts';
import { rejected } from '../support/world.ts';

const ADDRESS: Hex = `0x${'ab'.repeat(20)}`;
const TOPIC = pad('0x07');
const URL = 'http://node.example';

type RawLog = {
  address: string;
  topics: Hex[];
  data: Hex;
  blockNumber: Hex | null;
  blockHash: Hex;
  transactionHash: Hex;
  logIndex: Hex;
  removed: boolean;
};

function logOf(block: number, index = 0): RawLog {
  return {
    ...{ address: ADDRESS, topics: [TOPIC], data: '0x', removed: false },
    ...{ blockNumber: toHex(block), blockHash: pad(toHex(block)), logIndex: toHex(index) },
    transactionHash: pad(toHex(block)),
  };
}

/** What a node makes of a question about blocks: its answer, or what it throws. */
type Answer = (from: number, to: number, logs: RawLog[]) => unknown;

/** A node whose chain has these events, and a clock that only counts. */
function makeNode(blocks: readonly number[], answer: Answer = (_, __, logs) => logs) {
  const asked: (readonly [number, number])[] = [];
  const slept: number[] = [];
  const request = (question: { method: string; params: [{ fromBlock: Hex; toBlock: Hex }] }) => {
    const [{ fromBlock, toBlock }] = question.params;
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    asked.push([from, to]);
    const logs = blocks
      .filter((block) => block >= from && block <= to)
      .map((block) => logOf(block));
    return Promise.resolve().then(() => answer(from, to, logs));
  };
  const transport = custom({ request } as never, { retryCount: 0 });
  const client = createClient({ chain: foundry, transport });
  const sleep = (milliseconds: number): Promise<void> => {
    slept.push(milliseconds);
    return Promise.resolve();
  };
  const asker: Asker = { client, sleep };
  return { asker, asked, slept };
}

async function scan(asker: Asker, to: number, from = 1) {
  const ranges: ScannedRange[] = [];
  const filter = { address: ADDRESS, topics: [TOPIC] };
  for await (const range of scanLogs(asker, filter, { from: BigInt(from), to: BigInt(to) }))
    ranges.push(range);
  const logs = ranges.flatMap((range): readonly ChainLog[] => range.logs);
  return { ranges, blocks: logs.map(({ block }) => Number(block)) };
}

/** No block is left out, and none is given twice. */
function expectWhole(ranges: readonly ScannedRange[], from: number, to: number): void {
  let next = BigInt(from);
  for (const range of ranges) {
    expect(range.from).to.equal(next);
    expect(range.to >= range.from).to.equal(true);
    next = range.to + 1n;
  }
  expect(next).to.equal(BigInt(to) + 1n);
}

function tooMany(): Error {
  const error = { code: -32602, message: 'query returned more than 10000 results' };
  return new RpcRequestError({ body: {}, error, url: URL });
}

function http(status?: number, retryAfter?: string): Error {
  const headers = new Headers(retryAfter === undefined ? {} : { 'Retry-After': retryAfter });
  return new HttpRequestError({ url: URL, headers, ...(status === undefined ? {} : { status }) });
}

describe('chain/eventScan', () => {
  it('gives every event of every block, in ranges that grow', async () => {
    const { asker } = makeNode([1, 5, 2_000, 2_001, 99_999]);
    const { ranges, blocks } = await scan(asker, 100_000);
    expect(blocks).to.deep.equal([1, 5, 2_000, 2_001, 99_999]);
    expectWhole(ranges, 1, 100_000);
    const widths = ranges.map(({ from, to }) => Number(to - from) + 1);
    expect(widths.slice(0, 3)).to.deep.equal([2_000, 4_000, 8_000]);
  });

  it('asks for nothing where there are no blocks', async () => {
    const { asker, asked } = makeNode([1]);
    expect((await scan(asker, 4, 5)).ranges).to.deep.equal([]);
    expect(asked).to.deep.equal([]);
  });

  for (const [name, refusal] of Object.entries({
    'too many results': tooMany,
    'a limit': () => new LimitExceededRpcError(new Error('limit')),
    'HTTP 413': () => http(413),
    'HTTP 504': () => http(504),
    'no answer in time': () => new TimeoutError({ body: {}, url: URL }),
  })) {
    it(`halves the range at ${name}, and grows again after many answers`, async () => {
      const { asker, asked, slept } = makeNode([3, 700, 4_000], (from, to, logs) => {
        if (to - from >= 100) throw refusal();
        return logs;
      });
      const { ranges, blocks } = await scan(asker, 5_000);
      expect(blocks).to.deep.equal([3, 700, 4_000]);
      expectWhole(ranges, 1, 5_000);
      expect(slept).to.deep.equal([]);
      const refused = asked.filter(([from, to]) => to - from >= 100);
      expect(refused.length).to.be.within(6, 15);
    });
  }

  for (const [name, refusal, waits] of [
    ['HTTP 429 with Retry-After', () => http(429, '7'), [7_000, 7_000]],
    ['HTTP 429 without', () => http(429), [1_000, 2_000]],
    ['no connection', () => http(), [1_000, 2_000]],
    ['a Retry-After of days', () => http(503, '999999'), [120_000, 120_000]],
  ] as const) {
    it(`waits at ${name}, and asks for the same again`, async () => {
      let refusals = 2;
      const { asker, asked, slept } = makeNode([3], (_, __, logs) => {
        if (refusals-- > 0) throw refusal();
        return logs;
      });
      expect((await scan(asker, 10)).blocks).to.deep.equal([3]);
      expect(slept).to.deep.equal(waits);
      expect(asked.slice(0, 3)).to.deep.equal([
        [1, 10],
        [1, 10],
        [1, 10],
      ]);
    });
  }

  it('gives up where the node is busy for good, refuses a single block, or lets nobody in', async () => {
    for (const [answer, attempts, pattern] of [
      [() => http(429), 6, /HTTP request failed/],
      [tooMany, 5, /refuses the events of block 1:/],
      [() => http(401), 1, /HTTP request failed/],
    ] as const) {
      const { asker, asked } = makeNode([], () => {
        throw answer();
      });
      const error = await rejected(scan(asker, 10));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(pattern);
      expect(asked.length).to.equal(attempts);
    }
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const { asker } = makeNode([]);
    const signal = controller.signal;
    expect((await scan({ ...asker, signal }, 10)).ranges).to.have.length(1);
    const reason = new Error('enough');
    controller.abort(reason);
    const error: unknown = await scan({ ...asker, signal }, 10).catch((thrown: unknown) => thrown);
    expect(error).to.equal(reason);
  });

  describe('a node that cuts long answers short without a word', () => {
    it('is asked for fewer blocks, and nothing is lost', async () => {
      const blocks = Array.from({ length: 500 }, (_, i) => 10 * i + 1);
      const { asker } = makeNode(blocks, (_, __, logs) => logs.slice(0, 20));
      const read = await scan(asker, 5_000);
      expect(read.blocks).to.deep.equal(blocks);
      expectWhole(read.ranges, 1, 5_000);
    });

    it('is named where it contradicts itself on two blocks', async () => {
      const { asker } = makeNode([4, 5], (from, to, logs) => (from === to ? logs : []));
      const error = await rejected(scan(asker, 5, 4));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(/other events for blocks \d and \d together than for each/);
    });
  });

  it('keeps no more events at once than it must', async () => {
    const blocks = Array.from({ length: 9_000 }, (_, i) => i + 1);
    const { asker } = makeNode(blocks);
    const { ranges, blocks: read } = await scan(asker, 9_000);
    expect(read).to.deep.equal(blocks);
    expect(Math.max(...ranges.map(({ logs }) => logs.length))).to.be.at.most(2_000);
  });

  describe('refuses a node that gives what can not be, and names it:', () => {
    for (const [name, lie, pattern] of [
      [
        'another contract',
        (log) => ({ ...log, address: `0x${'cd'.repeat(20)}` }),
        /of another contract/,
      ],
      [
        'a block above',
        (log) => ({ ...log, blockNumber: '0x9' }),
        /an event of block 9 where .* blocks 1 to 8/,
      ],
      ['a block below', (log) => ({ ...log, blockNumber: '0x0' }), /an event of block 0 /],
      ['another event', (log) => ({ ...log, topics: [pad('0x08')] }), /of another kind/],
      ['no event', (log) => ({ ...log, topics: [] }), /of another kind/],
      ['one that was removed', (log) => ({ ...log, removed: true }), /that was removed/],
      ['one that is waiting', (log) => ({ ...log, blockNumber: null }), /without its place/],
      ['no event at all', () => null, /without its place/],
    ] as const satisfies readonly (readonly [string, (log: RawLog) => unknown, RegExp])[]) {
      it(name, async () => {
        const honest = makeNode([3]);
        expect((await scan(honest.asker, 8)).blocks).to.deep.equal([3]);
        const { asker } = makeNode([3], (_, __, logs) => logs.map((log): unknown => lie(log)));
        const error = await rejected(scan(asker, 8));
        expect(error.code).to.equal('ChainUnavailable');
        expect(error.message).to.match(pattern);
      });
    }

    for (const [name, lie, pattern] of [
      ['a wrong order', (logs) => [...logs].reverse(), /out of order/],
      ['an event twice', (logs) => logs.flatMap((log) => [log, log]), /twice/],
      ['a wrong order in a block', () => [logOf(3, 2), logOf(3, 1)], /out of order/],
      [
        'two blocks of one number',
        () => [logOf(3, 0), { ...logOf(3, 1), blockHash: pad('0x99') }],
        /of a second block with the same number/,
      ],
      ['no list', () => 'none', /no list of events/],
    ] as const satisfies readonly (readonly [string, (logs: RawLog[]) => unknown, RegExp])[]) {
      it(name, async () => {
        const { asker } = makeNode([3, 4], (_, __, logs) => lie(logs));
        const error = await rejected(scan(asker, 8));
        expect(error.code).to.equal('ChainUnavailable');
        expect(error.message).to.match(pattern);
      });
    }
  });

  it('loses nothing, whatever a node lets through', async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 6_000 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 50 }),
      async (unsorted, widest, most) => {
        const blocks = [...unsorted].sort((a, b) => a - b);
        const { asker } = makeNode(blocks, (from, to, logs) => {
          if (to - from >= widest || logs.length > most) throw tooMany();
          return logs;
        });
        const read = await scan(asker, 6_000);
        expect(read.blocks).to.deep.equal(blocks);
        expectWhole(read.ranges, 1, 6_000);
      },
    );
    // fast-check names the seed of a failure.
    await fc.assert(property, { numRuns: 30 });
  });
});
