import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createClient, custom, pad, toHex, type Hex } from 'viem';
import { foundry } from 'viem/chains';
import { readSourceEvents } from '../../../src/issuer/import/events.ts';
import type { ImportRecord } from '../../../src/issuer/import/record.ts';
import { schema } from '../../support/sources.ts';
import { FIXTURES, makeFixtures, type Fixture } from './fixtures/make.ts';

/** The first parameter of what a node is asked: a block's number, a filter, or a call without `to` for code of its own. */
type First = Hex & { fromBlock: Hex; toBlock: Hex; data: Hex; to?: Hex };

/** A node that knows what stands in a fixture, and nothing else. */
function clientOf(fixture: Fixture) {
  const hashOf = (block: number): Hex => pad(toHex(block));
  const blockAt = (number: number) => {
    const { timestamp } = fixture.blocks.find((block) => block.number === number) ?? {
      timestamp: fixture.blocks[0]!.timestamp,
    };
    return {
      ...{ number: toHex(number), hash: hashOf(number), timestamp: toHex(timestamp) },
      transactions: [],
    };
  };
  const logs = (from: number, to: number) =>
    fixture.logs
      .filter(({ block }) => block >= from && block <= to)
      .map(({ block, index, topics, data }) => ({
        ...{ address: fixture.contract, topics, data, logIndex: toHex(index), removed: false },
        ...{ blockNumber: toHex(block), blockHash: hashOf(block), transactionHash: hashOf(block) },
      }));
  const request = ({ method, params = [] }: { method: string; params?: readonly never[] }) => {
    const [first] = params as unknown as [First];
    switch (method) {
      case 'eth_blockNumber':
        return toHex(fixture.blocks.at(-1)!.number);
      case 'eth_getBlockByNumber':
        return blockAt(Number(first));
      case 'eth_getLogs':
        return logs(Number(first.fromBlock), Number(first.toBlock));
      case 'eth_call': {
        const known = fixture.calls.find(
          ([to, data]) => to === first.to?.toLowerCase() && data === first.data,
        );
        if (known) return known[2];
        throw Object.assign(new Error(`nothing is known of ${first.data}`), { code: -32000 });
      }
      default:
        throw Object.assign(new Error(`nothing is known of ${method}`), { code: -32000 });
    }
  };
  const answer = async (question: never): Promise<unknown> => Promise.resolve(request(question));
  const transport = custom({ request: answer }, { retryCount: 0 });
  return createClient({ chain: foundry, transport });
}

/** What of a record a fixture says. */
function toExpected(record: ImportRecord): Readonly<Record<string, unknown>> {
  const { kind, id } = record;
  if (record.kind === 'exclude') return { kind, id, rule: record.rule };
  if (record.kind === 'revoke') return { kind, id };
  return {
    ...{ kind, id, account: record.account.toLowerCase(), expiresAt: record.expiresAt.toString() },
    values: record.values.map(String),
  };
}

describe('issuer/import, fixtures', () => {
  it('are what their maker makes', async () => {
    const made = await makeFixtures();
    for (const [name, content] of Object.entries(made))
      expect(await readFile(`${FIXTURES}${name}`, 'utf8'), name).to.equal(content);
    expect(Object.keys(made)).to.have.length(3);
  });

  for (const name of ['eas', 'sign-protocol', 'verax']) {
    it(`${name}: what the published signatures say is read so`, async () => {
      const fixture = JSON.parse(await readFile(`${FIXTURES}${name}.json`, 'utf8')) as Fixture;
      const { system, sourceSchema, expected } = fixture;
      const [contract, attester] = [fixture.contract as Hex, fixture.attester as Hex];
      const found: unknown[] = [];
      for await (const record of readSourceEvents({
        ...{ client: clientOf(fixture), system, contract, sourceSchema, attester, schema },
        ...{ expires: undefined, confirmations: 1, fromBlock: 10n },
      }))
        if (record.kind !== 'mark') found.push(toExpected(record));
      expect(found).to.deep.equal(expected);
    });
  }
});
