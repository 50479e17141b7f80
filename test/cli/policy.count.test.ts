import { expect } from 'chai';
import { openIssuerWorld, type IssuerWorld } from '../support/issuerWorld.ts';

const PEOPLE = 120;
const HEADER = 'identifier,commitment,expiresAt,country,vip\n';

describe('eligo policy count', () => {
  let world: IssuerWorld;

  // 120 people, two in three of Germany, the rest of France; one in ten is a VIP. One was revoked, one is under another schema.
  before(async () => {
    world = await openIssuerWorld();
    await world.init('--seal-key-file seal.key');
    const rows = Array.from({ length: PEOPLE }, (_, i) => {
      const country = i % 3 === 2 ? 'FR' : 'DE';
      return `p${i}@x.org,${i + 1},2090-01-01,${country},${String(i % 10 === 0)}`;
    });
    await world.folder.write('rows.csv', `${HEADER}${rows.join('\n')}\n`);
    await world.ask('issuer issue --schema schema.json --kind email --file rows.csv');
    const other = { ...world.schema.document, version: '2' };
    await world.folder.write('other.schema.json', other);
    await world.folder.write('one.csv', `${HEADER}p0@x.org,9999,2090-01-01,DE,true\n`);
    await world.ask('issuer issue --schema other.schema.json --kind email --file one.csv');
    const why = '--reason issued-in-error --evidence evidence.txt';
    await world.ask(`issuer revoke --position 3 ${why}`);
  });

  after(() => world.close());

  const policyWith = async (changes: object): Promise<void> => {
    const document = {
      eligo: 'policy/1',
      schema: world.schema.id.toString(),
      issued: {},
      where: [],
    };
    await world.folder.write('policy.json', { ...document, ...changes });
  };
  const count = 'policy count --policy policy.json --schema schema.json';

  it('counts who is live under the schema and admitted', async () => {
    await policyWith({});
    const document = await world.ask(count);
    expect(document).to.deep.include({ live: '119', admitted: '119', warnings: [] });
    expect(document).not.to.have.property('values');
  });

  it('warns below a hundred', async () => {
    await policyWith({ where: [{ field: 'country', in: ['DE'] }] });
    const run = await world.run(count);
    expect(run.exitCode, run.stderr).to.equal(0);
    expect(run.stderr).to.match(/warning: 79 are admitted: below 100, a claim hides among few/);
    expect(run.stdout).to.match(/admitted +79\n/);
  });

  it('counts by what a claim reveals, and warns of each small crowd', async () => {
    await policyWith({ disclose: 'vip' });
    const document = await world.ask(count);
    expect(document['values']).to.deep.equal([
      { value: 'false', admitted: '107' },
      { value: 'true', admitted: '12' },
    ]);
    expect(document['warnings']).to.deep.equal([
      '1 of 2 values that a claim may reveal have fewer than 100 people',
    ]);
    expect((await world.run(count)).stdout).to.match(/│ true +│ 12 +│/);
  });

  it('counts at a time', async () => {
    await policyWith({});
    const expired = Math.floor(Date.UTC(2091, 0, 1) / 1000).toString();
    expect(await world.ask(`${count} --at ${expired}`)).to.include({ admitted: '0', live: '119' });
    expect(await world.ask(`${count} --at 0`)).to.include({ checkedAt: '0', admitted: '0' });
    await world.usage(`${count} --at today`, /--at is "today"/);
  });

  it('needs the key that values are sealed under', async () => {
    await policyWith({});
    const { sealKeyFile, ...unsealed } = await world.folder.json('issuer.json');
    expect(sealKeyFile).to.equal('seal.key');
    await world.folder.write('unsealed.json', unsealed);
    await world.refused(`${count} --issuer unsealed.json`, {
      ...{ exitCode: 3, code: 'StoreMismatch', message: /seal/ },
    });
    expect(await world.ask(`${count} --issuer issuer.json`)).to.include({ admitted: '119' });
  });

  it('refuses a policy over another schema than it is given', async () => {
    await policyWith({ schema: '42' });
    await world.usage(count, /policy\.schema is "42"/);
  });
});
