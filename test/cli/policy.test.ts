import { expect } from 'chai';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { NEVER } from '../../src/protocol/field.ts';
import { compileTerms, computeTermsHash, termsToFields } from '../../src/protocol/terms.ts';
import { createTree } from '../../src/tree/tree.ts';
import {
  NOW,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  writeHolder,
  type Folder,
} from '../support/cli.ts';

describe('eligo policy', () => {
  let folder: Folder;
  let holder: Awaited<ReturnType<typeof writeHolder>>;

  beforeEach(async () => {
    folder = await makeFolder();
    holder = await writeHolder(folder);
  });

  afterEach(() => folder.remove());

  describe('define', () => {
    let args: string[];

    beforeEach(() => {
      const [draft, schema] = [folder.file('policy.draft.json'), folder.file('schema.json')];
      args = ['policy', 'define', '--file', draft, '--schema', schema];
    });

    it('answers with id, terms hash, the fifteen terms by name, and the clauses', async () => {
      const { policy, schema } = holder;
      const document = await ask(args);
      expect(document).to.have.all.keys('id', 'schema', 'termsHash', 'terms', 'clauses');
      expect(document['id']).to.equal(policy.id.toString());
      expect(document['schema']).to.equal(schema.id.toString());
      const terms = compileTerms(policy);
      expect(document['termsHash']).to.equal(computeTermsHash(terms).toString());
      const values = Object.values(document['terms'] as Record<string, string>);
      expect(values).to.deep.equal(termsToFields(terms).map(String));
      expect(document['clauses']).to.deep.equal([
        'attested at 1767571199 (2026-01-04T23:59:59Z) or before',
        'where[0]: country in [DE, FR]',
        'where[1]: tier atLeast silver',
        'a claim reveals tier',
      ]);
    });

    it('says the same to people', async () => {
      const run = await eligo(args);
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.include(holder.policy.id.toString());
      expect(run.stdout).to.match(/issuedBefore +│ 1767571199/);
      expect(run.stdout).to.include('where[0]: country in [DE, FR]');
    });

    it('writes the bytes that the id is the hash of, and replaces nothing unless it is told to', async () => {
      const out = folder.file('out.json');
      await ask(withFlag(args, '--out', out));
      expect(await folder.read('out.json')).to.equal(canonicalJson(holder.policy.document));
      await folder.write('out.json', 'kept');
      await expectUsage(withFlag(args, '--out', out), /the file exists/);
      expect(await folder.read('out.json')).to.equal('kept');
      await ask([...withFlag(args, '--out', out), '--force']);
    });

    it('refuses a clause on a field that the schema does not have', async () => {
      const where = [{ field: 'age', atLeast: '18' }];
      const draft = await folder.write('other.json', { ...holder.policy.document, where });
      await expectUsage(withFlag(args, '--file', draft), /policy\.where\[0\]\.field is "age"/);
    });

    it('reads standard input once', async () => {
      const twice = withFlag(withFlag(args, '--file', '-'), '--schema', '-');
      const stdin = JSON.stringify(holder.schema.document);
      await expectUsage(twice, /standard input is already read for --schema/, { stdin });
    });

    it('calls a folder that is not there the environment', async () => {
      await expectRefusal(withFlag(args, '--out', folder.file('none/p.json')), {
        exitCode: 3,
        code: 'Unexpected',
        message: /ENOENT/,
      });
    });

    it('needs a schema, and knows no other flag', async () => {
      await expectUsage(without(args, '--schema'), /'--schema <file>' not specified/);
      await expectUsage([...args, '--strict'], /unknown option '--strict'/);
    });
  });

  describe('check', () => {
    let args: string[];

    beforeEach(() => {
      args = [
        ...['policy', 'check', '--policy', folder.file('policy.json')],
        ...['--schema', folder.file('schema.json')],
        ...['--credential', folder.file('me.credential.json'), '--at', String(NOW)],
      ];
    });

    const refused = { exitCode: 1, code: 'PolicyNotMet' } as const;

    it('says yes, and what a claim would reveal', async () => {
      const document = await ask(args);
      const keys = ['eligible', 'checkedAt', 'claimIndex', 'disclosed', 'warnings'];
      expect(document).to.have.all.keys(keys);
      expect(document).to.deep.include({ eligible: true, disclosed: '2', warnings: [] });
      const run = await eligo(args);
      expect(run.stdout).to.match(/eligible +yes/);
      expect(run.stdout).to.match(/reveals +tier = 2/);
      expect(run.stderr).to.equal('');
    });

    it('looks into the tree with --leaves, and names the root', async () => {
      const document = await ask(withFlag(args, '--leaves', folder.file('leaves.txt')));
      expect(document['root']).to.match(/^\d+$/);
    });

    it('finds the tree in a trust list with --slot and --roots', async () => {
      const listed = withFlag(args, '--leaves', folder.file('leaves.txt'));
      const tree = await createTree({ leaves: holder.leaves });
      const roots = await folder.write('roots.txt', `7\n0\n${tree.root().toString()}\n`);
      const [own, list] = [
        await ask(listed),
        await ask([...listed, '--slot', '2', '--roots', roots]),
      ];
      expect(list['root']).to.match(/^\d+$/).and.not.equal(own['root']);
      await expectUsage([...listed, '--slot', '1', '--roots', roots], /slot 1 must hold the root/);
      await expectUsage([...listed, '--slot', '16', '--roots', roots], /--slot is/);
      await expectUsage([...listed, '--slot', '2'], /--roots is "missing"/);
      await expectUsage([...listed, '--roots', roots], /--slot is "missing"/);
    });

    it('names the clause that is not met', async () => {
      const where = [holder.policy.document.where[0], { field: 'tier', is: 'bronze' }];
      const policy = await folder.write('other.json', { ...holder.policy.document, where });
      const run = await expectRefusal(withFlag(args, '--policy', policy), {
        ...refused,
        message: /where\[1\]: tier is bronze/,
      });
      expect(run.stdout).to.include('"clause": "where[1]"');
    });

    it('refuses an attestation that has expired, and takes it in its last second', async () => {
      const { expiresAt } = holder.attestation;
      await ask(withFlag(args, '--at', String(expiresAt)));
      await expectRefusal(withFlag(args, '--at', String(expiresAt + 1n)), {
        ...refused,
        message: /expiresAt/,
      });
    });

    it('refuses the note beyond what was attested', async () => {
      const { disclose, ...document } = holder.policy.document;
      expect(disclose).to.equal('tier');
      const policy = await folder.write('metered.json', { ...document, note: '100' });
      const metered = withFlag(args, '--policy', policy);
      await ask(withFlag(metered, '--claim-index', '11'));
      await expectRefusal(withFlag(metered, '--claim-index', '12'), {
        ...refused,
        message: /note 12 of 100/,
      });
    });

    it('refuses an attestation that its tree does not hold: revoked, or another leaf', async () => {
      const leaves = holder.leaves.map(String);
      const absent = { exitCode: 1, code: 'AttestationNotInTree' } as const;
      for (const [leaf, message] of [
        ['0', /position 2 holds nothing/],
        ['33', /position 2 holds another leaf/],
      ] as const) {
        const file = await folder.write('other.txt', leaves.with(2, leaf).join('\n'));
        await expectRefusal(withFlag(args, '--leaves', file), { ...absent, message });
      }
      const file = await folder.write('short.txt', leaves.slice(0, 2).join('\n'));
      await expectRefusal(withFlag(args, '--leaves', file), { ...absent, message: /nothing/ });
    });

    it('names the line of a leaf that is malformed', async () => {
      const leaves = holder.leaves.map(String);
      for (const [leaf, message] of [
        ['', /--leaves line 4 is ""/],
        ['0xzz', /--leaves line 4 is "0xzz"/],
        ['-1', /--leaves line 4/],
        [String(2n ** 254n), /--leaves line 4/],
      ] as const) {
        const file = await folder.write('other.txt', leaves.with(3, leaf).join('\n'));
        await expectUsage(withFlag(args, '--leaves', file), message);
      }
    });

    it('warns of a credential and of a policy without an end', async () => {
      const { credential, policy } = holder;
      const attestation = { ...credential.attestation, expiresAt: NEVER.toString() };
      const endless = await folder.write('endless.json', { ...credential, attestation });
      const open = await folder.write('open.json', { ...policy.document, issued: {} });
      const both = withFlag(withFlag(args, '--credential', endless), '--policy', open);
      const run = await eligo([...both, '--json']);
      expect(run.exitCode).to.equal(0);
      expect(run.stderr).to.match(/warning: the credential has no expiry/);
      expect(run.stderr).to.match(/warning: the policy sets no issued.before/);
      expect((JSON.parse(run.stdout) as { warnings: string[] }).warnings).to.have.length(2);
    });

    it('refuses a time that is none, and needs a credential', async () => {
      await expectUsage(withFlag(args, '--at', 'today'), /--at is "today"/);
      await expectUsage(withFlag(args, '--at', String(2n ** 40n)), /--at is/);
      await expectUsage(withFlag(args, '--claim-index', String(2n ** 32n)), /--claim-index is/);
      await expectUsage(without(args, '--credential'), /'--credential <file>' not specified/);
    });
  });
});
