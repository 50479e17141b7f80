import { expect } from 'chai';
import { pad, toHex, zeroAddress, keccak256, encodePacked, type Hex } from 'viem';
import {
  followSourceEvents,
  type Cursor,
  type EventsParameters,
} from '../../../src/issuer/import/events.ts';
import { NEVER } from '../../../src/protocol/field.ts';
import { accountOf, startAnvil, type Anvil } from '../../support/anvil.ts';
import {
  SOURCE_SCHEMA,
  clientOf,
  dataOf,
  deployDouble,
  easAttestation,
  fork,
  inShort,
  person,
  readAll,
  recordsOf,
  schema,
  signAttestation,
  signSchema,
  type Given,
} from '../../support/sources.ts';
import { rejected } from '../../support/world.ts';

const uid = (n: number): Hex => pad(toHex(n));

describe('issuer/import/events', () => {
  let anvil: Anvil;
  beforeEach(async () => {
    anvil = await startAnvil({ keepsStates: true });
  });
  afterEach(() => anvil.stop());

  /** A schema of EAS. */
  async function makeEas() {
    const eas = await deployDouble(anvil, 'EasDouble');
    await eas.send('register', [SOURCE_SCHEMA, zeroAddress, true]);
    const sourceSchema = keccak256(
      encodePacked(['string', 'address', 'bool'], [SOURCE_SCHEMA, zeroAddress, true]),
    );
    const attest = (n: number, change: Readonly<Record<string, unknown>> = {}) =>
      eas.send('attest', [[easAttestation({ uid: uid(n), schema: sourceSchema, ...change })]]);
    const revoke = (n: number) => eas.send('revoke', [uid(n)]);
    const parameters = { system: 'eas', contract: eas.address, sourceSchema } as const;
    return { attest, revoke, parameters };
  }

  /** A schema of Sign Protocol, whose ids are used again after a reorganisation. */
  async function makeSign() {
    const sign = await deployDouble(anvil, 'SignProtocolDouble');
    await sign.send('register', [signSchema()]);
    const attest = (change: Readonly<Record<string, unknown>> = {}, sender = accountOf(anvil, 0)) =>
      sign.send('attest', [[signAttestation(change)], ''], sender);
    const revoke = (n: bigint) => sign.send('revoke', [n, '']);
    const { address: contract } = sign;
    const parameters = { system: 'sign-protocol', contract, sourceSchema: '1' } as const;
    return { attest, revoke, parameters };
  }

  const mine = (blocks: number) => anvil.client.mine({ blocks });

  describe('confirmations', () => {
    it('keep a block from being read until it is deep enough', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      const asked = { ...parameters, confirmations: 3 };
      await mine(1);
      const first = await readAll(anvil, asked);
      expect(inShort(first.records)).to.deep.equal([]);
      await mine(1);
      const second = await readAll(anvil, { ...asked, cursor: first.cursor });
      expect(inShort(second.records)).to.deep.equal(['attest 1']);
      const head = await anvil.client.getBlockNumber();
      expect(second.marks.at(-1)).to.include({ block: head - 2n, complete: true });
    });

    it('must be one or more', async () => {
      const { parameters } = await makeEas();
      for (const confirmations of [0, -1, 1.5, NaN]) {
        const error = await rejected(readAll(anvil, { ...parameters, confirmations }));
        expect(error.data['field']).to.equal('confirmations');
      }
      await readAll(anvil, { ...parameters, confirmations: 1 });
    });
  });

  it('gives the same records however ranges fall, and wherever it is interrupted', async () => {
    const { attest, revoke, parameters } = await makeEas();
    for (let n = 1; n <= 12; n += 1) await attest(n, { data: dataOf(BigInt(n)) });
    for (const n of [2, 5]) await revoke(n);
    const whole = await readAll(anvil, parameters);
    expect(inShort(whole.records)).to.have.length(14);
    const { client } = clientOf(anvil, async ({ method, params }, ask) => {
      const [filter] = params as [{ fromBlock: Hex; toBlock: Hex }];
      if (method === 'eth_getLogs' && BigInt(filter.toBlock) - BigInt(filter.fromBlock) >= 3n)
        throw Object.assign(new Error('block range is too wide'), { code: -32602 });
      return ask();
    });
    const narrow = await readAll(anvil, { ...parameters, client });
    expect(narrow.records).to.deep.equal(whole.records);
    expect(narrow.marks.length).to.be.above(3);
    const toBlock = await anvil.client.getBlockNumber();
    await revoke(7); // after the target: whoever goes on must not see it
    for (const { cursor } of narrow.marks.slice(0, -1)) {
      const before = narrow.given.findIndex((one) => one.kind === 'mark' && one.cursor === cursor);
      const rest = await readAll(anvil, { ...parameters, client, cursor, toBlock });
      const records = [...recordsOf(narrow.given.slice(0, before)), ...rest.records];
      expect(records).to.deep.equal(whole.records);
    }
    const whole2 = await readAll(anvil, { ...parameters, toBlock });
    expect(whole2.records).to.deep.equal(whole.records);
  });

  it('reads a block again only after the last mark', async () => {
    const { attest, parameters } = await makeEas();
    for (let n = 1; n <= 3; n += 1) await attest(n);
    const first = await readAll(anvil, parameters);
    await attest(4);
    const { client, asked } = clientOf(anvil);
    const second = await readAll(anvil, { ...parameters, client, cursor: first.cursor });
    expect(inShort(second.records)).to.deep.equal(['attest 4']);
    const from = asked
      .filter(({ method }) => method === 'eth_getLogs')
      .map(({ params }) => BigInt((params as [{ fromBlock: Hex }])[0].fromBlock));
    expect(new Set(from)).to.deep.equal(new Set([BigInt(first.cursor!.next)]));
  });

  it('reads by one question for many attestations', async () => {
    const { attest, parameters } = await makeEas();
    for (let n = 1; n <= 30; n += 1) await attest(n);
    const { client, asked } = clientOf(anvil);
    expect((await readAll(anvil, { ...parameters, client })).records).to.have.length(30);
    expect(asked.filter(({ method }) => method === 'eth_call')).to.have.length(3);
  });

  it('asks one by one where the node refuses many at once, and excludes what it never gives', async () => {
    const { attest, parameters } = await makeEas();
    for (let n = 1; n <= 5; n += 1) await attest(n);
    const { client } = clientOf(anvil, async ({ method, params }, ask) => {
      const text = JSON.stringify(params);
      const many = text.split('a3112a64').length - 1;
      const refused = many > 2 || (many > 0 && text.includes(uid(4).slice(2)));
      if (method === 'eth_call' && refused)
        throw Object.assign(new Error('out of gas'), { code: -32000 });
      return ask();
    });
    const { records } = await readAll(anvil, { ...parameters, client });
    expect(inShort(records)).to.deep.equal([
      ...['attest 1', 'attest 2', 'attest 3', 'exclude 4 bad-data', 'attest 5'],
    ]);
  });

  describe('given old states that the node forgets', () => {
    it('moves on to a later block, and ends with an error where there is none', async () => {
      const { attest, revoke, parameters } = await makeEas();
      await attest(1);
      await attest(2);
      const target = await anvil.client.getBlockNumber();
      let forgets = true;
      const { client } = clientOf(anvil, async ({ method, params }, ask) => {
        const [, block] = (params ?? []) as [unknown, Hex];
        const isOld = ['eth_call', 'eth_getCode'].includes(method) && block === toHex(target);
        if (isOld && forgets) throw Object.assign(new Error('missing trie node'), { code: -32000 });
        return ask();
      });
      const error = await rejected(readAll(anvil, { ...parameters, client }));
      expect([error.code, error.data['state']]).to.deep.equal(['ChainUnavailable', 'missing']);
      let begun: Cursor | undefined;
      forgets = false;
      const narrow = await readAll(anvil, { ...parameters, client });
      begun = narrow.cursor;
      expect(inShort(narrow.records)).to.deep.equal(['attest 1', 'attest 2']);
      forgets = true;
      await revoke(2);
      // As if the first reading had been interrupted before its last block.
      const marks = begun!.marks.filter(({ block }) => BigInt(block) < target);
      const { hash } = begun!.marks.at(-1)!;
      begun = {
        ...{ ...begun!, next: target.toString(), marks },
        target: { block: target.toString(), hash, counter: null, steps: [] },
      };
      const later = await readAll(anvil, { ...parameters, client, cursor: begun });
      expect(inShort(later.records)).to.deep.equal(['exclude 2 revoked', 'revoke 2']);
    });
  });

  describe('given a reorganisation', () => {
    it('revokes what did not come back, passes over what did, and gives what is new', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      const back = await fork(anvil);
      await attest(2);
      await attest(3);
      const first = await readAll(anvil, parameters);
      expect(inShort(first.records)).to.deep.equal(['attest 1', 'attest 2', 'attest 3']);
      await back();
      await mine(1);
      await attest(3);
      await attest(4);
      await mine(1);
      const second = await readAll(anvil, { ...parameters, cursor: first.cursor });
      expect(inShort(second.records)).to.deep.equal(['revoke 2', 'attest 4']);
      expect(second.records[0]!.place).to.match(/after a reorganisation$/);
      const third = await readAll(anvil, { ...parameters, cursor: second.cursor });
      expect(third.given).to.deep.equal([]);
    });

    it('revokes what came back saying something else, and gives that', async () => {
      const { attest, parameters } = await makeSign();
      await attest();
      const back = await fork(anvil);
      await attest({ recipients: [person(2), person(3)] });
      const first = await readAll(anvil, parameters);
      expect(inShort(first.records)).to.deep.equal(['attest 1', 'attest 2/0', 'attest 2/1']);
      await back();
      await attest({ recipients: [person(4)] });
      await mine(2);
      const second = await readAll(anvil, { ...parameters, cursor: first.cursor });
      expect(inShort(second.records)).to.deep.equal(['revoke 2/0', 'revoke 2/1', 'attest 2']);
      // Copies that stand are not taken back with it.
      expect(second.records[0]).not.to.have.property('content');
    });

    it('gives again whose revocation vanished', async () => {
      const { attest, revoke, parameters } = await makeEas();
      await attest(1);
      await attest(2);
      let read = await readAll(anvil, parameters);
      const back = await fork(anvil);
      await revoke(1);
      await revoke(2);
      read = await readAll(anvil, { ...parameters, cursor: read.cursor });
      expect(inShort(read.records)).to.deep.equal(['revoke 1', 'revoke 2']);
      await back();
      await mine(1);
      await revoke(2);
      await mine(1);
      read = await readAll(anvil, { ...parameters, cursor: read.cursor });
      // That of the other came back: it was given before.
      expect(inShort(read.records)).to.deep.equal(['attest 1']);
    });

    it('gives what was left out as revoked, when the revocation vanishes before it is read', async () => {
      const { attest, revoke, parameters } = await makeEas();
      await attest(1);
      await mine(4);
      const back = await fork(anvil);
      await revoke(1);
      await mine(1);
      const { client } = clientOf(anvil, async ({ method, params }, ask) => {
        const [filter] = params as [{ fromBlock: Hex; toBlock: Hex }];
        if (method === 'eth_getLogs' && BigInt(filter.toBlock) - BigInt(filter.fromBlock) >= 3n)
          throw Object.assign(new Error('block range is too wide'), { code: -32602 });
        return ask();
      });
      const first = await readAll(anvil, { ...parameters, client });
      expect(inShort(first.records)).to.deep.equal(['exclude 1 revoked', 'revoke 1']);
      const at = first.given.findIndex((one) => one.kind === 'exclude');
      const mark = first.given.slice(at).find((one) => one.kind === 'mark');
      if (mark?.kind !== 'mark') expect.fail('no mark behind it');
      await back();
      await mine(4);
      const second = await readAll(anvil, { ...parameters, cursor: mark.cursor });
      expect(inShort(second.records)).to.deep.equal(['attest 1']);
      // Where it did not vanish, it is only revoked.
      await revoke(1);
      const third = await readAll(anvil, { ...parameters, cursor: second.cursor });
      expect(inShort(third.records)).to.deep.equal(['revoke 1']);
    });

    it('forgets which contents were revoked in blocks that vanished', async () => {
      const { attest, revoke, parameters } = await makeSign();
      const stranger = accountOf(anvil, 4);
      await attest({ attester: accountOf(anvil, 3) }, accountOf(anvil, 3));
      const back = await fork(anvil);
      await revoke(1n);
      let read = await readAll(anvil, parameters);
      expect(read.cursor!.revoked).to.have.length(1);
      await back();
      await mine(2);
      read = await readAll(anvil, { ...parameters, cursor: read.cursor });
      expect(inShort(read.records)).to.deep.equal(['attest 1']);
      await attest({ attester: accountOf(anvil, 3) }, stranger);
      read = await readAll(anvil, { ...parameters, cursor: read.cursor });
      expect(inShort(read.records)).to.deep.equal(['attest 2']);
    });

    it('waits while the chain is shorter than what was read', async () => {
      const { attest, parameters } = await makeEas();
      const back = await fork(anvil);
      await attest(1);
      await mine(3);
      const first = await readAll(anvil, parameters);
      await back();
      const { given } = await readAll(anvil, { ...parameters, cursor: first.cursor });
      expect(given).to.deep.equal([]);
      await mine(6);
      const third = await readAll(anvil, { ...parameters, cursor: first.cursor });
      expect(inShort(third.records)).to.deep.equal(['revoke 1']);
    });

    it('ends with an error where nothing of the chain is left', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      const { cursor } = await readAll(anvil, parameters);
      const marks = cursor!.marks.map((mark) => ({ ...mark, hash: uid(0xbad) }));
      const other = { ...cursor!, marks };
      const error = await rejected(readAll(anvil, { ...parameters, cursor: other }));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(/nothing that was read is left on the chain/);
      await readAll(anvil, { ...parameters, cursor });
    });

    it('is not believed of a node that has one at every look', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      let n = 0;
      const { client } = clientOf(anvil, async ({ method, params }, ask) => {
        const answer = await ask();
        const [number] = (params ?? []) as [Hex];
        if (method !== 'eth_getBlockByNumber' || number === '0x0') return answer;
        return { ...(answer as object), hash: uid((n += 1)) };
      });
      const error = await rejected(readAll(anvil, { ...parameters, client }));
      expect(error.message).to.match(/changes its blocks whenever they are read/);
    });
  });

  describe('refuses a cursor', () => {
    it('of another source, or that is none', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      const { cursor } = await readAll(anvil, parameters);
      for (const [change, pattern] of [
        [{ attester: person(0) }, /must be of the same source/],
        [{ cursor: { ...cursor!, next: '-1' } }, /not one that was given/],
        [{ cursor: { ...cursor!, marks: [] } }, /not one that was given/],
        [{ cursor: 'x' }, /not one that was given/],
      ] as const) {
        const error = await rejected(readAll(anvil, { ...parameters, cursor, ...change }));
        expect(error.code).to.equal('InvalidInput');
        expect(error.message).to.match(pattern);
      }
      await readAll(anvil, { ...parameters, cursor });
    });
  });

  it('keeps a cursor small: the blocks that a reorganisation can reach', async () => {
    const { attest, parameters } = await makeEas();
    for (let n = 1; n <= 4; n += 1) await attest(n);
    const first = await readAll(anvil, parameters);
    expect(first.cursor!.marks.length).to.be.above(3);
    await mine(300);
    const second = await readAll(anvil, { ...parameters, cursor: first.cursor });
    expect(second.cursor!.marks.map(({ steps }) => steps)).to.deep.equal([[], []]);
  });

  describe('following', () => {
    function following(parameters: Parameters<typeof readAll>[1]) {
      const controller = new AbortController();
      const looks: (() => Promise<unknown>)[] = [];
      const asked: EventsParameters = {
        ...{ client: clientOf(anvil).client, schema, expires: NEVER, confirmations: 1 },
        ...{ signal: controller.signal, ...parameters },
        sleep: async () => {
          const next = looks.shift();
          if (next) await next();
          else controller.abort();
          controller.signal.throwIfAborted();
        },
      };
      const read = async (): Promise<readonly Given[]> => {
        const given: Given[] = [];
        for await (const one of followSourceEvents(asked)) given.push(one);
        return given;
      };
      return { looks, read };
    }

    it('goes on as the source does, until it is ended', async () => {
      const { attest, revoke, parameters } = await makeEas();
      await attest(1);
      const { looks, read } = following(parameters);
      looks.push(
        () => attest(2),
        () => mine(1),
        () => revoke(1),
      );
      const given = await read();
      const words = given.map((one) => (one.kind === 'mark' ? 'mark' : inShort([one]).join()));
      expect(words).to.deep.equal([
        ...['attest 1', 'mark', 'attest 2', 'mark', 'mark', 'revoke 1', 'mark'],
      ]);
    });

    it('undoes what vanishes', async () => {
      const { attest, parameters } = await makeEas();
      const back = await fork(anvil);
      await attest(1);
      const { looks, read } = following(parameters);
      looks.push(async () => {
        await back();
        await mine(3);
      });
      expect(inShort(recordsOf(await read()))).to.deep.equal(['attest 1', 'revoke 1']);
    });

    it('does not hide what goes wrong', async () => {
      const { attest, parameters } = await makeEas();
      await attest(1);
      const { client } = clientOf(anvil, ({ method }, ask) =>
        method === 'eth_getLogs' ? Promise.resolve('none') : ask(),
      );
      const error = await rejected(following({ ...parameters, client }).read());
      expect(error.code).to.equal('ChainUnavailable');
      const last = await rejected(following({ ...parameters, toBlock: 3n }).read());
      expect(last.data['field']).to.equal('toBlock');
    });
  });

  it('ends with the reason of its signal', async () => {
    const { attest, parameters } = await makeEas();
    await attest(1);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const error: unknown = await readAll(anvil, { ...parameters, signal }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.equal(reason);
  });
});
