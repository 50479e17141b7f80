import { expect } from 'chai';
import { openIssuerWorld, linesOf, type IssuerWorld } from '../support/issuerWorld.ts';

/** The root that a proof is for. */
function rootOf(document: Record<string, unknown>): string {
  return (document['signals'] as { readonly root: string }).root;
}

describe('eligo issuer, from the first day to a reinstatement', () => {
  let world: IssuerWorld;

  before(async () => {
    world = await openIssuerWorld();
  });

  after(() => world.close());

  it('lets a holder prove while the attestation stands, and only then', async () => {
    const { commitment } = await world.ask('identity new --out me.identity.json');
    await world.init();
    const people = [`me@x.org,${String(commitment)},DE,true`, 'bob@x.org,2,FR,false'];
    await world.folder.write(
      'people.csv',
      `identifier,commitment,country,vip\n${people.join('\n')}\n`,
    );
    const issue = 'issuer issue --schema schema.json --kind email --file people.csv';
    await world.ask(`${issue} --tokens tokens.ndjson`);
    expect(linesOf(await world.folder.read('tokens.ndjson'))).to.have.length(2);
    await world.ask('issuer publish');
    await world.ask('issuer credentials --out credentials');
    await world.ask('issuer paths --out paths');
    const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
    const policy = { eligo: 'policy/1', schema: world.schema.id.toString() };
    await world.folder.write('policy.json', {
      ...policy,
      issued: { before: String(tomorrow) },
      where: [{ field: 'country', in: ['DE', 'FR'] }],
    });
    const service = [
      ...['--audience', 'https://club.example', '--label', `0x${'01'.repeat(32)}`],
      ...['--challenge', `0x${'02'.repeat(32)}`],
    ].join(' ');
    const prove = (out: string): string =>
      `proof make --identity me.identity.json --credential credentials/0.credential.json --policy policy.json --paths paths ${service} --out ${out}`;
    const verify = (proof: string, root: string): string =>
      `proof verify --proof ${proof} --policy policy.json --schema schema.json ${service} --root ${root}`;

    const first = await world.ask(prove('one.proof.json'));
    await world.ask(verify('one.proof.json', rootOf(first)));

    const why = '--position 0 --evidence evidence.txt';
    await world.ask(`issuer revoke ${why} --reason sanctioned`);
    const revoked = await world.ask('issuer publish');
    expect(revoked).to.include({ endsEpoch: true, revoked: '1' });
    await world.ask('issuer paths --out paths');
    await world.refused(prove('two.proof.json'), {
      exitCode: 1,
      code: 'AttestationNotInTree',
      message: /position 0 holds nothing/,
    });

    await world.ask(`issuer reinstate ${why} --reason appeal-granted`);
    const again = await world.ask('issuer publish');
    expect(again).to.include({ endsEpoch: false, sequence: '3' });
    await world.ask('issuer paths --out paths');
    const second = await world.ask(prove('two.proof.json'));
    // The very leaf is back: the tree is what it was.
    expect(rootOf(second)).to.equal(rootOf(first));
    await world.ask(verify('two.proof.json', rootOf(second)));

    await world.ask('issuer log --out log');
    const { chain } = world;
    const audit = `audit rebuild --log log --rpc ${chain.url} --deployment deployment.json --tree 1`;
    const report = await world.ask(audit);
    expect(report['publications']).to.have.length(3);
  }).timeout(300_000); // some twenty runs of the binary, two of them proofs
});
