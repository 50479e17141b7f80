import { expect } from 'chai';
import {
  encodeAbiParameters,
  getAddress,
  keccak256,
  pad,
  parseAbiParameters,
  stringToBytes,
  toEventSelector,
  toHex,
  type Hex,
} from 'viem';
import { veraxAbi } from '../../../src/issuer/import/verax.ts';
import { startAnvil, type Anvil } from '../../support/anvil.ts';
import {
  SOURCE_SCHEMA,
  clientOf,
  dataOf,
  deployDouble,
  inShort,
  person,
  readAll,
  valuesOf,
  veraxAttestation,
} from '../../support/sources.ts';
import { rejected } from '../../support/world.ts';

const id = (n: number): Hex => pad(toHex(n));

describe('issuer/import/verax', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil({ keepsStates: true });
  });
  after(() => anvil.stop());

  async function makeSource({ text = SOURCE_SCHEMA, chainPrefix = 0n } = {}) {
    const verax = await deployDouble(anvil, 'VeraxDouble', [chainPrefix]);
    await verax.send('createSchema', [text]);
    const sourceSchema = keccak256(stringToBytes(text));
    const made = (change: Readonly<Record<string, unknown>>) =>
      veraxAttestation({ schemaId: sourceSchema, ...change });
    const attest = (...changes: readonly Readonly<Record<string, unknown>>[]) =>
      verax.send('attest', [changes.map(made)]);
    const parameters = { system: 'verax', contract: verax.address, sourceSchema } as const;
    return { verax, made, attest, parameters };
  }

  it('knows the published events', () => {
    const events = veraxAbi.filter((item) => item.type === 'event');
    expect(events.map((item) => toEventSelector(item))).to.deep.equal([
      '0xfe10586889e06530420fe4a0d86aa4f7afc3c9dc84b0c77b731a9615496ef18a',
      '0x04bed256ad23fe17d61d9248ee108825bf3b1d04527fee36f0ee2af633fc1452',
      '0x77d674474bd19340e11693fde02ab981634002a50709bcaf013916b59e40c07d',
    ]);
  });

  it('gives what was attested under the schema, and what was taken back', async () => {
    const { verax, attest, parameters } = await makeSource();
    const now = await anvil.now();
    const made = await attest(
      { attestationData: dataOf(7n) },
      { schemaId: id(5) },
      { attester: person(3) },
      { expirationDate: now },
      { subject: pad(person(2)) },
      { subject: '0x1234' },
      { revoked: true },
    );
    const asked = { ...parameters, attester: person(0) };
    const first = await readAll(anvil, asked);
    expect(inShort(first.records)).to.deep.equal([
      'attest 1',
      'exclude 2 other-schema',
      'exclude 3 other-attester',
      'exclude 4 expired',
      'attest 5',
      'exclude 6 bad-recipient',
      'exclude 7 revoked',
    ]);
    expect(first.records[0]).to.deep.include({
      id: `verax/31337/${verax.address.toLowerCase()}/${id(1)}`,
      place: `block ${made.blockNumber.toString()}, log 0`,
      ...{ account: getAddress(person(1)), values: valuesOf(7n) },
    });
    expect(first.records[4]).to.include({ account: getAddress(person(2)) });
    for (const n of [2, 3, 5]) await verax.send('revoke', [id(n)]);
    const second = await readAll(anvil, { ...asked, cursor: first.cursor });
    expect(inShort(second.records)).to.deep.equal(['revoke 5']);
  });

  it('reads data whose schema has brackets, flat and as a tuple', async () => {
    const { attest, parameters } = await makeSource({
      text: '(uint96 amount, bool kyc, string note)',
    });
    const types = 'uint96 amount, bool kyc, string note';
    const tuple = encodeAbiParameters(parseAbiParameters(`(${types}) all`), [
      { amount: 6n, kyc: false, note: 'x' },
    ]);
    const flat = encodeAbiParameters(parseAbiParameters(types), [7n, true, 'x']);
    await attest({ attestationData: tuple }, { attestationData: flat });
    const mapping = { fields: {}, ignore: ['note'] };
    const { records } = await readAll(anvil, { ...parameters, mapping });
    expect(records.map((record) => (record as { values: unknown }).values)).to.deep.equal([
      valuesOf(6n, false),
      valuesOf(7n),
    ]);
  });

  it('revokes what was replaced, once, and before the new one', async () => {
    const { verax, made, attest, parameters } = await makeSource();
    await attest({});
    const { cursor } = await readAll(anvil, parameters);
    await verax.send('replace', [id(1), made({ attestationData: dataOf(9n) })]);
    const second = await readAll(anvil, { ...parameters, cursor });
    expect(inShort(second.records)).to.deep.equal(['revoke 1', 'attest 2']);
    const whole = await readAll(anvil, parameters);
    expect(inShort(whole.records)).to.deep.equal(['exclude 1 revoked', 'revoke 1', 'attest 2']);
    expect(whole.records[0]!.place).to.match(new RegExp(`, replaced by ${id(2)}$`));
  });

  it('refuses a node that leaves an attestation out, whatever ids begin with', async () => {
    const chainPrefix = 5n << 240n;
    const { attest, parameters } = await makeSource({ chainPrefix });
    for (let i = 0; i < 3; i += 1) await attest({});
    const { client } = clientOf(anvil, async ({ method }, ask) => {
      const answer = await ask();
      if (method !== 'eth_getLogs') return answer;
      return (answer as { topics: Hex[] }[]).filter(({ topics }) => !topics[1]!.endsWith('2'));
    });
    const error = await rejected(readAll(anvil, { ...parameters, client }));
    expect(error.message).to.match(
      /leaves events out of blocks .*: it gives attestation 3 after 1/,
    );
    const { records } = await readAll(anvil, parameters);
    expect(records.map((record) => record.id.split('/').at(-1))).to.deep.equal(
      [1n, 2n, 3n].map((n) => pad(toHex(chainPrefix + n))),
    );
  });

  it('refuses a schema that is not there, and one that the node makes up', async () => {
    const { parameters } = await makeSource();
    for (const sourceSchema of [id(7), '1']) {
      const error = await rejected(readAll(anvil, { ...parameters, sourceSchema }));
      expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'sourceSchema']);
    }
    const { client } = clientOf(anvil, async ({ method }, ask) => {
      const answer = await ask();
      if (method !== 'eth_call') return answer;
      const [kyc, pot] = ['bool kyc', 'bool pot'].map((text) => Buffer.from(text).toString('hex'));
      return (answer as string).replace(kyc!, pot!);
    });
    const error = await rejected(readAll(anvil, { ...parameters, client }));
    expect(error.message).to.match(/gives another schema than/);
    await readAll(anvil, parameters);
  });
});
