import { expect } from 'chai';
import {
  encodeAbiParameters,
  getAddress,
  pad,
  parseAbiParameters,
  stringToHex,
  toEventSelector,
  toFunctionSelector,
  zeroAddress,
  type Address,
  type Hex,
} from 'viem';
import { toAccount } from '../../../src/issuer/import/eventRecords.ts';
import { readSchemaText, signProtocolAbi } from '../../../src/issuer/import/signProtocol.ts';
import { accountOf, startAnvil, type Anvil } from '../../support/anvil.ts';
import {
  clientOf,
  dataOf,
  deployDouble,
  inShort,
  person,
  readAll,
  recordsOf,
  signAttestation,
  signSchema,
  valuesOf,
} from '../../support/sources.ts';
import { rejected } from '../../support/world.ts';

describe('issuer/import/signProtocol', () => {
  let anvil: Anvil;
  before(async () => {
    anvil = await startAnvil({ keepsStates: true });
  });
  after(() => anvil.stop());

  async function makeSource(schemaChange: Readonly<Record<string, unknown>> = {}) {
    const sign = await deployDouble(anvil, 'SignProtocolDouble');
    await sign.send('register', [signSchema(schemaChange)]);
    await sign.send('register', [signSchema()]);
    const attest = (changes: readonly Readonly<Record<string, unknown>>[], sender?: Address) =>
      sign.send('attest', [changes.map(signAttestation), 'a key'], sender);
    const revoke = (id: bigint) => sign.send('revoke', [id, 'a reason']);
    const { address: contract } = sign;
    const parameters = { system: 'sign-protocol', contract, sourceSchema: '1' } as const;
    return { sign, attest, revoke, parameters };
  }

  it('knows the published events and the view', () => {
    const events = signProtocolAbi.filter((item) => item.type === 'event');
    expect(events.map((item) => toEventSelector(item))).to.deep.equal([
      '0x38b331f00373c8b0f9af5a4273ca1b91e894fec999bfa4ec787e8c90a5c8b05c',
      '0x294c02ce66be799794a712d72e9926c40a3cb2738a51571523ffe23be2c6fb01',
    ]);
    expect(toFunctionSelector('getAttestation(uint64)')).to.equal('0x62252880');
  });

  it('gives what was attested under the schema, and what was taken back', async () => {
    const { sign, attest, revoke, parameters } = await makeSource();
    const made = await attest([
      { data: dataOf(7n), linkedAttestationId: 9n },
      { schemaId: 2n },
      { attester: person(3) },
    ]);
    const first = await readAll(anvil, { ...parameters, attester: person(0) });
    expect(inShort(first.records)).to.deep.equal([
      'attest 1',
      'exclude 2 other-schema',
      'exclude 3 other-attester',
    ]);
    const [record] = first.records;
    expect(record).to.deep.include({
      id: `sign-protocol/31337/${sign.address.toLowerCase()}/1`,
      place: `block ${made.blockNumber.toString()}, log 0, refers to 9`,
      account: getAddress(person(1)),
      values: valuesOf(7n),
    });
    for (const id of [1n, 2n, 3n]) await revoke(id);
    const { cursor } = first;
    const second = await readAll(anvil, { ...parameters, attester: person(0), cursor });
    expect(inShort(second.records)).to.deep.equal(['revoke 1']);
    expect(second.records[0]).to.include({ content: (record as { content: Hex }).content });
  });

  it('takes the schema in hex, too', async () => {
    const { attest, parameters } = await makeSource();
    await attest([{}]);
    const { records } = await readAll(anvil, { ...parameters, sourceSchema: '0x1' });
    expect(inShort(records)).to.deep.equal(['attest 1']);
  });

  describe('recipients', () => {
    const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    const text = (written: string): Hex => encodeAbiParameters([{ type: 'string' }], [written]);

    for (const [name, recipient, expected] of [
      ['20 bytes', address, address],
      ['a word of 32', pad(address), address],
      ['text', text(address), address],
      ['text in lower case', text(address.toLowerCase()), address],
      ['a word with more than an address', pad(address).replace('0x00', '0x01'), undefined],
      ['a word that ends with zeros', pad(address, { dir: 'right' }), undefined],
      ['text with a wrong checksum', text(wrongChecksum(address)), undefined],
      ['text that is none', text('did:pkh:eip155:1:0x00000000000000000000abc'), undefined],
      ['text as it is', stringToHex(address), undefined],
      ['text with more behind it', `${text(address)}00`, undefined],
      ['nothing', '0x', undefined],
    ] as const) {
      it(`reads ${name}`, () => {
        expect(toAccount(recipient as Hex)).to.equal(expected);
      });
    }

    it('are records of their own, and are revoked together', async () => {
      const { attest, revoke, parameters } = await makeSource();
      const recipients = [person(1), pad(person(2)), '0x1234', zeroAddress];
      await attest([{ recipients }, { recipients: [] }]);
      const first = await readAll(anvil, parameters);
      expect(inShort(first.records)).to.deep.equal([
        'attest 1/0',
        'attest 1/1',
        'exclude 1/2 bad-recipient',
        'exclude 1/3 zero-address',
        'exclude 2 bad-recipient',
      ]);
      const contents = new Set(
        first.records.map((record) => 'content' in record && record.content),
      );
      expect(contents.has(false), 'excluded').to.equal(true);
      expect(contents.size).to.equal(3);
      await revoke(1n);
      const second = await readAll(anvil, { ...parameters, cursor: first.cursor });
      expect(inShort(second.records).slice(0, 2)).to.deep.equal(['revoke 1/0', 'revoke 1/1']);
      for (const i of [0, 1])
        expect(second.records[i]).to.include({
          content: (first.records[i] as { content: Hex }).content,
        });
    });
  });

  function wrongChecksum(address: Address): string {
    return address.replace(/[a-f](?=[^a-f]*$)/i, (digit) =>
      digit === digit.toLowerCase() ? digit.toUpperCase() : digit.toLowerCase(),
    );
  }

  describe('data', () => {
    const fields = [
      { name: 'amount', type: 'uint96' },
      { name: 'kyc', type: 'bool' },
      { name: 'note', type: 'string' },
    ];
    const mapping = { fields: {}, ignore: ['note'] };
    const flat = parseAbiParameters('uint96 amount, bool kyc, string note');
    const tuple = parseAbiParameters('(uint96 amount, bool kyc, string note) all');

    it('is read flat and as a tuple, and must be those bytes', async () => {
      const { attest, parameters } = await makeSource({ data: JSON.stringify(fields) });
      const asTuple = encodeAbiParameters(tuple, [{ amount: 6n, kyc: true, note: 'x' }]);
      const asFlat = encodeAbiParameters(flat, [7n, true, 'x']);
      await attest([
        { data: asTuple },
        { data: asFlat },
        { data: `${asTuple}00` },
        { data: asFlat.slice(0, -2) },
        // The same values, their text at another place.
        { data: asFlat.replace(/60(?=0{62}01)/, '80') },
        { data: stringToHex('{"amount":7}') },
      ]);
      const { records } = await readAll(anvil, { ...parameters, mapping });
      expect(inShort(records)).to.deep.equal([
        'attest 1',
        'attest 2',
        'exclude 3 bad-data',
        'exclude 4 bad-data',
        'exclude 5 bad-data',
        'exclude 6 bad-data',
      ]);
      expect(
        [records[0], records[1]].map((one) => (one as { values: unknown }).values),
      ).to.deep.equal([valuesOf(6n), valuesOf(7n)]);
    });

    it('elsewhere than on the chain is excluded', async () => {
      const { attest, parameters } = await makeSource();
      await attest([{ dataLocation: 1 }, { dataLocation: 2 }, { dataLocation: 3 }, {}]);
      const { records } = await readAll(anvil, parameters);
      expect(inShort(records)).to.deep.equal([
        'exclude 1 bad-data',
        'exclude 2 bad-data',
        'exclude 3 bad-data',
        'attest 4',
      ]);
      expect(records[1]).to.include({ detail: 'data: must be on the chain, not on IPFS' });
    });

    it('has a schema written as a list, within an object, or as parameters', () => {
      const expected = [
        { name: 'amount', type: 'uint96' },
        { name: 'kyc', type: 'bool' },
      ];
      for (const text of [
        JSON.stringify(expected),
        JSON.stringify({ name: 'A', description: 'B', data: expected }),
        '(uint96 amount, bool kyc)',
        'uint96 amount,bool kyc',
      ])
        expect(readSchemaText(text), text).to.deep.equal(expected);
      for (const text of [
        '{"data":[{"name":"x"}]}',
        '[1]',
        'amount: uint96',
        '[{"name":"a b","type":"bool"}]',
      ])
        expect(() => readSchemaText(text), text).to.throw(/source schema/);
    });
  });

  it('takes what was never valid, or no longer is, for neither', async () => {
    const { attest, parameters } = await makeSource();
    const now = await anvil.now();
    await attest([{ revoked: true }, { validUntil: now }, { validUntil: now + 1_000n }]);
    expect(inShort((await readAll(anvil, parameters)).records)).to.deep.equal([
      'exclude 1 revoked',
      'exclude 2 expired',
      'attest 3',
    ]);
  });

  describe('copies', () => {
    it('have one content, and other words have another', async () => {
      const { attest, parameters } = await makeSource();
      await attest([{}, {}, { data: dataOf(6n) }, { recipients: [person(2)] }]);
      const { records } = await readAll(anvil, parameters);
      const contents = records.map((record) => (record as { content: Hex }).content);
      expect(contents[1]).to.equal(contents[0]);
      expect(new Set(contents).size).to.equal(3);
    });

    it('do not come back by a replay once one was revoked; by the attester itself they do', async () => {
      const { sign, attest, revoke, parameters } = await makeSource();
      const attester = accountOf(anvil, 3);
      const stranger = accountOf(anvil, 4);
      await attest([{ attester }], attester);
      let read = await readAll(anvil, parameters);
      expect(inShort(read.records)).to.deep.equal(['attest 1']);
      const on = async (): Promise<readonly string[]> => {
        read = await readAll(anvil, { ...parameters, cursor: read.cursor });
        return inShort(read.records);
      };
      await revoke(1n);
      await attest([{ attester }], stranger);
      expect(await on()).to.deep.equal(['revoke 1', 'exclude 2 copy']);
      // The cursor remembers it.
      await attest([{ attester }], stranger);
      expect(await on()).to.deep.equal(['exclude 3 copy']);
      await attest([{ attester }], attester);
      await attest([{ attester }], stranger);
      expect(await on()).to.deep.equal(['attest 4', 'attest 5']);
      await revoke(2n);
      expect(await on()).to.deep.equal(['revoke 2']);
      expect(read.records[0]).to.have.property('content');
      await attest([{ attester }], stranger);
      expect(await on()).to.deep.equal(['exclude 6 copy']);
      // The same in one go: what was revoked by now is left out from the beginning.
      const whole = await readAll(anvil, {
        system: 'sign-protocol',
        contract: sign.address,
        sourceSchema: '1',
      });
      expect(inShort(whole.records)).to.deep.equal([
        ...['exclude 1 revoked', 'revoke 1', 'exclude 2 revoked', 'exclude 3 copy'],
        ...['attest 4', 'attest 5', 'revoke 2', 'exclude 6 copy'],
      ]);
    });
  });

  describe('refuses', () => {
    it('a schema that is not there, is kept elsewhere, or is no number', async () => {
      const { parameters } = await makeSource({ dataLocation: 2 });
      for (const sourceSchema of ['1', '7', '-1', '0x', 'one', (2n ** 64n).toString()]) {
        const error = await rejected(readAll(anvil, { ...parameters, sourceSchema }));
        expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'sourceSchema']);
      }
      await readAll(anvil, { ...parameters, sourceSchema: '2' });
    });

    it('a node that leaves an attestation out', async () => {
      const { attest, parameters } = await makeSource();
      for (let i = 0; i < 3; i += 1) await attest([{}]);
      const leavingOut = (n: number) =>
        clientOf(anvil, async ({ method }, ask) => {
          const answer = await ask();
          if (method !== 'eth_getLogs') return answer;
          const id = n.toString(16).padStart(64, '0');
          return (answer as { data: string }[]).filter(({ data }) => data.slice(2, 66) !== id);
        }).client;
      const error = await rejected(readAll(anvil, { ...parameters, client: leavingOut(2) }));
      expect(error.code).to.equal('ChainUnavailable');
      expect(error.message).to.match(
        /leaves events out of blocks .*: it gives attestation 3 after 1/,
      );
      const { records } = await readAll(anvil, { ...parameters, client: leavingOut(4) });
      expect(recordsOf(records)).to.have.length(3);
    });
  });
});
