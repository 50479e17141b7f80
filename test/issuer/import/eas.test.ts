import { expect } from 'chai';
import {
  encodeAbiParameters,
  encodePacked,
  getAddress,
  keccak256,
  pad,
  parseAbiParameters,
  toEventSelector,
  toFunctionSelector,
  toHex,
  zeroAddress,
  type Hex,
} from 'viem';
import { easAbi } from '../../../src/issuer/import/eas.ts';
import type { Mapping } from '../../../src/issuer/import/mapping.ts';
import { FIELD_ORDER, NEVER } from '../../../src/protocol/field.ts';
import { startAnvil, GENESIS, type Anvil } from '../../support/anvil.ts';
import {
  SOURCE_SCHEMA,
  clientOf,
  dataOf,
  deployDouble,
  easAttestation,
  inShort,
  person,
  readAll,
  valuesOf,
} from '../../support/sources.ts';
import { rejected } from '../../support/world.ts';

const uid = (n: number): Hex => pad(toHex(n));

function eventTopics(): readonly Hex[] {
  return easAbi.filter((item) => item.type === 'event').map((item) => toEventSelector(item));
}

describe('issuer/import/eas', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil({ keepsStates: true });
  });
  after(() => anvil.stop());

  async function makeSource(text = SOURCE_SCHEMA) {
    const eas = await deployDouble(anvil, 'EasDouble');
    await eas.send('register', [text, zeroAddress, true]);
    const sourceSchema = keccak256(
      encodePacked(['string', 'address', 'bool'], [text, zeroAddress, true]),
    );
    const attest = (...changes: readonly Readonly<Record<string, unknown>>[]) =>
      eas.send('attest', [
        changes.map((change) => easAttestation({ schema: sourceSchema, ...change })),
      ]);
    const parameters = { system: 'eas', contract: eas.address, sourceSchema } as const;
    return { eas, attest, parameters };
  }

  it('knows the published events and the view', () => {
    expect(eventTopics()).to.deep.equal([
      '0x8bf46bf4cfd674fa735a3d63ec1c9ad4153f033c290341f3a588b75685141b35',
      '0xf930a6e2523c9cc298691873087a740550b8fc85a0680830414c148ed927f615',
    ]);
    expect(toFunctionSelector('getAttestation(bytes32)')).to.equal('0xa3112a64');
  });

  it('gives what was attested, and what was taken back', async () => {
    const { eas, attest, parameters } = await makeSource();
    const made = await attest(
      { uid: uid(1), recipient: person(1), data: dataOf(7n) },
      { uid: uid(2), recipient: person(2), data: dataOf(8n, false), refUID: uid(1) },
    );
    const first = await readAll(anvil, parameters);
    const block = made.blockNumber.toString();
    const prefix = `eas/31337/${eas.address.toLowerCase()}`;
    expect(first.records).to.deep.equal([
      {
        ...{ kind: 'attest', place: `block ${block}, log 0`, id: `${prefix}/${uid(1)}` },
        ...{ account: getAddress(person(1)), commitment: undefined },
        ...{ expiresAt: NEVER, values: valuesOf(7n) },
      },
      {
        kind: 'attest',
        place: `block ${block}, log 1, refers to ${uid(1)}`,
        id: `${prefix}/${uid(2)}`,
        ...{ account: getAddress(person(2)), commitment: undefined },
        ...{ expiresAt: NEVER, values: valuesOf(8n, false) },
      },
    ]);
    expect(first.given.at(-1)).to.deep.include({ kind: 'mark', complete: true });
    const revoked = await eas.send('revoke', [uid(1)]);
    // As a store gives it back.
    const cursor: unknown = JSON.parse(JSON.stringify(first.cursor));
    const second = await readAll(anvil, { ...parameters, cursor });
    expect(second.records).to.deep.equal([
      {
        ...{ kind: 'revoke', id: `${prefix}/${uid(1)}` },
        place: `block ${revoked.blockNumber.toString()}, log 0`,
      },
    ]);
    expect((await readAll(anvil, { ...parameters, cursor: second.cursor })).given).to.deep.equal(
      [],
    );
  });

  it('leaves out, by name, what is no attestation of today', async () => {
    const { eas, attest, parameters } = await makeSource();
    const now = await anvil.now();
    await attest(
      { uid: uid(1), expirationTime: now + 1_000n },
      { uid: uid(2), expirationTime: now },
      { uid: uid(3) },
      { uid: uid(4), expirationTime: 2n ** 40n },
      { uid: uid(5), recipient: zeroAddress },
      { uid: uid(6), data: `${dataOf(5n)}00` },
      { uid: uid(7), data: '0x' },
    );
    await eas.send('revoke', [uid(3)]);
    const { records } = await readAll(anvil, parameters);
    expect(inShort(records)).to.deep.equal([
      'attest 1',
      'exclude 2 expired',
      'exclude 3 revoked',
      'exclude 4 bad-expiry',
      'exclude 5 zero-address',
      'exclude 6 bad-data',
      'exclude 7 bad-data',
      'revoke 3',
    ]);
    expect(records[0]).to.include({ expiresAt: now + 1_000n });
  });

  it('excludes what has no expiry, unless one is said for it', async () => {
    const { attest, parameters } = await makeSource();
    await attest({ uid: uid(1) });
    const without = await readAll(anvil, { ...parameters, expires: undefined });
    expect(inShort(without.records)).to.deep.equal(['exclude 1 no-expiry']);
    const expires = GENESIS * 2n;
    const { records } = await readAll(anvil, { ...parameters, expires });
    expect(records[0]).to.include({ kind: 'attest', expiresAt: expires });
    const past = await readAll(anvil, { ...parameters, expires: 1n });
    expect(inShort(past.records)).to.deep.equal(['exclude 1 expired']);
  });

  it('asks by topics only for the schema and the attester that are wanted', async () => {
    const { attest, parameters } = await makeSource();
    await attest(
      { uid: uid(1) },
      { uid: uid(2), attester: person(77) },
      { uid: uid(3), schema: uid(99) },
    );
    expect(inShort((await readAll(anvil, parameters)).records)).to.deep.equal([
      'attest 1',
      'attest 2',
    ]);
    const { client, asked } = clientOf(anvil);
    const { records } = await readAll(anvil, { ...parameters, client, attester: person(77) });
    expect(inShort(records)).to.deep.equal(['attest 2']);
    const logs = asked.filter(({ method }) => method === 'eth_getLogs');
    const topics = [eventTopics(), null, pad(person(77)), parameters.sourceSchema];
    for (const { params } of logs)
      expect((params as [{ topics: unknown }])[0].topics).to.deep.equal(topics);
    expect(logs).not.to.be.empty;
  });

  describe('reads each field as the schema of ours says', () => {
    for (const [name, text, data, expected] of [
      ['an amount too large', 'uint256 amount, bool kyc', 2n ** 96n, 'exclude 1 bad-amount'],
      ['the largest amount', 'uint256 amount, bool kyc', 2n ** 96n - 1n, 'attest 1'],
      ['a negative amount', 'int256 amount, bool kyc', -1n, 'exclude 1 bad-amount'],
      ['an amount as text', 'string amount, bool kyc', '12', 'attest 1'],
      ['an amount with an exponent', 'string amount, bool kyc', '1e18', 'exclude 1 bad-amount'],
    ] as const) {
      it(name, async () => {
        const { attest, parameters } = await makeSource(text);
        const parts: readonly unknown[] = [data, true];
        const encoded = encodeAbiParameters(parseAbiParameters(text as string), parts);
        await attest({ uid: uid(1), data: encoded });
        expect(inShort((await readAll(anvil, parameters)).records)).to.deep.equal([expected]);
      });
    }
  });

  it('takes the commitment from the field that the mapping names', async () => {
    const text = 'uint96 due, bool kyc, uint256 holder, string note';
    const { attest, parameters } = await makeSource(text);
    const encode = (holder: bigint): Hex =>
      encodeAbiParameters(parseAbiParameters(text), [5n, true, holder, 'x']);
    await attest(
      { uid: uid(1), data: encode(42n) },
      { uid: uid(2), data: encode(0n) },
      { uid: uid(3), data: encode(FIELD_ORDER) },
    );
    const mapping = { commitment: 'holder', fields: { amount: 'due' }, ignore: ['note'] };
    const { records } = await readAll(anvil, { ...parameters, mapping });
    expect(inShort(records)).to.deep.equal(['attest 1', 'attest 2', 'exclude 3 bad-commitment']);
    expect(records[0]).to.include({ commitment: 42n });
    expect(records[1]).to.include({ commitment: undefined });
    const changes: readonly (readonly [string, Partial<Mapping>])[] = [
      ['mapping.ignore', { ignore: [] }],
      ['mapping.fields.amount', { fields: {} }],
      ['mapping.fields.kyc', { fields: { amount: 'due', kyc: 'note2' } }],
      ['mapping.fields.kyc', { fields: { amount: 'due', kyc: 'due' } }],
      ['mapping.commitment', { commitment: 'kyc' }],
      ['mapping.account', { account: 'holder' }],
    ];
    for (const [path, change] of changes) {
      const changed = { ...parameters, mapping: { ...mapping, ...change } };
      const error = await rejected(readAll(anvil, changed));
      expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', path]);
    }
  });

  describe('refuses', () => {
    it('a schema that the registry does not have, or an id that is none', async () => {
      const { parameters } = await makeSource();
      for (const sourceSchema of [uid(7), '0x12', '1']) {
        const error = await rejected(readAll(anvil, { ...parameters, sourceSchema }));
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'sourceSchema']);
      }
      await readAll(anvil, parameters);
    });

    it('a contract that is none', async () => {
      const { parameters } = await makeSource();
      const error = await rejected(readAll(anvil, { ...parameters, contract: person(5) }));
      expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'sourceSchema']);
    });

    it('a node that gives another schema under the id', async () => {
      const { parameters } = await makeSource();
      const { client } = clientOf(anvil, async ({ method }, ask) => {
        const answer = await ask();
        if (method !== 'eth_call') return answer;
        const kyc = Buffer.from('bool kyc').toString('hex');
        const pot = Buffer.from('bool pot').toString('hex');
        return (answer as string).replace(kyc, pot);
      });
      const error = await rejected(readAll(anvil, { ...parameters, client }));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(/gives another schema than/);
    });

    it('a node whose state lacks what its events name', async () => {
      const { attest, parameters } = await makeSource();
      await attest({ uid: uid(1) });
      const block = await anvil.client.getBlockNumber();
      await attest({ uid: uid(2) });
      const { client } = clientOf(anvil, async ({ method, params }, ask) => {
        if (method !== 'eth_call') return ask();
        const [call] = params as [unknown];
        return anvil.client.request({ method, params: [call, toHex(block)] } as never);
      });
      const error = await rejected(readAll(anvil, { ...parameters, client }));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(/has no eas\/.* though its events name it/);
      expect(inShort((await readAll(anvil, parameters)).records)).to.have.length(2);
    });
  });
});
