import { expect } from 'chai';
import { canonicalJson } from '../../src/protocol/codec.ts';
import { defineSchema } from '../../src/protocol/schema.ts';
import {
  SCHEMA_DRAFT,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  type Folder,
} from '../support/cli.ts';

describe('eligo schema', () => {
  const schema = defineSchema(SCHEMA_DRAFT);
  const stdin = JSON.stringify(SCHEMA_DRAFT);
  const slots = { country: '0', tier: '1', owed: '3' };
  let folder: Folder;

  beforeEach(async () => {
    folder = await makeFolder();
  });

  afterEach(() => folder.remove());

  describe('define', () => {
    it('shows id and slots, and writes the bytes that the id is the hash of', async () => {
      const draft = await folder.write('schema.draft.json', SCHEMA_DRAFT);
      const out = folder.file('schema.json');
      const document = await ask(['schema', 'define', '--file', draft, '--out', out]);
      expect(document).to.have.all.keys('id', 'name', 'version', 'fields', 'out');
      expect(document['id']).to.equal(schema.id.toString());
      const fields = document['fields'] as { name: string; slot: string }[];
      expect(Object.fromEntries(fields.map(({ name, slot }) => [name, slot]))).to.deep.equal(slots);
      expect(await folder.read('schema.json')).to.equal(canonicalJson(SCHEMA_DRAFT));
    });

    it('writes nothing without --out', async () => {
      const document = await ask(['schema', 'define', '--file', '-'], { stdin, cwd: folder.path });
      expect(document).not.to.have.property('out');
    });

    it('refuses a draft with a key more', async () => {
      const more = JSON.stringify({ ...SCHEMA_DRAFT, colour: 'blue' });
      await expectUsage(['schema', 'define', '--file', '-'], /colour/, { stdin: more });
    });

    it('names the path, the value and the rule of a fault', async () => {
      const [country, tier, owed] = SCHEMA_DRAFT.fields;
      for (const [fields, message] of [
        [[country, { ...tier, labels: undefined }, owed], /^schema\.fields\[1\]\.labels .*needs/],
        [
          [country, tier, { ...owed, type: 'text' }],
          /^schema\.fields\[2\]\.type is "text": must be/,
        ],
        [[country, tier, { ...owed, decimals: 18 }], /^schema\.fields\[2\]\.decimals /],
      ] as const) {
        const draft = JSON.stringify({ ...SCHEMA_DRAFT, fields });
        await expectUsage(['schema', 'define', '--file', '-'], message, { stdin: draft });
      }
    });

    it('replaces no file, unless it is told to', async () => {
      const args = [
        'schema',
        'define',
        '--file',
        '-',
        '--out',
        await folder.write('s.json', 'kept'),
      ];
      await expectUsage(args, /the file exists/, { stdin });
      expect(await folder.read('s.json')).to.equal('kept');
      await ask([...args, '--force'], { stdin });
      expect(await folder.read('s.json')).to.equal(canonicalJson(SCHEMA_DRAFT));
    });

    it('calls a folder that is not there the environment', async () => {
      const out = folder.file('none/schema.json');
      await expectRefusal(
        ['schema', 'define', '--file', '-', '--out', out],
        { exitCode: 3, code: 'Unexpected', message: /ENOENT/ },
        { stdin },
      );
    });

    it('needs a file, and knows no other flag', async () => {
      await expectUsage(['schema', 'define'], /'--file <draft>' not specified/);
      await expectUsage(
        ['schema', 'define', '--file', '-', '--name', 'x'],
        /unknown option '--name'/,
      );
    });
  });

  describe('show', () => {
    it('answers with a table of the fields', async () => {
      const run = await eligo(['schema', 'show', '--file', '-'], { stdin });
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.include(schema.id.toString());
      expect(run.stdout).to.match(/country +│ country +│ 0 +│ set/);
      expect(run.stdout).to.match(/tier +│ enum +│ 1 +│ +│/);
      expect(run.stdout).to.match(/owed +│ amount +│ 3 +│ meter/);
    });

    it('answers with a document', async () => {
      const document = await ask(['schema', 'show', '--file', '-'], { stdin });
      expect(document).to.have.all.keys('id', 'name', 'version', 'fields');
      expect((document['fields'] as object[])[0]).to.deep.equal({
        name: 'country',
        type: 'country',
        slot: '0',
        set: true,
        meter: false,
      });
    });

    it('lets no document steer the terminal', async () => {
      const description = 'Members \u001b[2J';
      const fields = SCHEMA_DRAFT.fields.map((field) => ({ ...field, description }));
      const hostile = JSON.stringify({ ...SCHEMA_DRAFT, fields });
      const run = await eligo(['schema', 'show', '--file', '-'], { stdin: hostile });
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.include('Members \u{fffd}[2J');
    });

    it('refuses what is not a schema, and a file that is not there', async () => {
      const other = JSON.stringify({ ...SCHEMA_DRAFT, eligo: 'policy/1' });
      await expectUsage(['schema', 'show', '--file', '-'], /schema\.eligo/, { stdin: other });
      await expectUsage(['schema', 'show', '--file', folder.file('none')], /ENOENT/);
    });
  });

  describe('supersede', () => {
    const [country, tier, owed] = SCHEMA_DRAFT.fields;
    const draft = {
      ...SCHEMA_DRAFT,
      version: '2',
      fields: [
        country,
        { ...tier, labels: ['bronze', 'silver', 'gold', 'platinum'] },
        { name: 'since', type: 'date', description: 'Member since' },
      ],
    };
    const supersedes = schema.id.toString();

    const argsFor = async (document: unknown): Promise<string[]> => [
      ...['schema', 'supersede', '--schema', await folder.write('schema.json', SCHEMA_DRAFT)],
      ...['--file', await folder.write('draft.json', document), '--out', folder.file('next.json')],
    ];

    it('names the old id in the draft, and writes the bytes that the new id is the hash of', async () => {
      const document = await ask(await argsFor(draft));
      expect(document).to.have.all.keys('id', 'supersedes', 'changes', 'out');
      const text = await folder.read('next.json');
      expect(text).to.equal(canonicalJson({ ...draft, supersedes }));
      expect(document['supersedes']).to.equal(supersedes);
      expect(document['id']).to.equal(defineSchema(text).id.toString());
      expect(document['id']).not.to.equal(supersedes);
    });

    it('says what changes: of the schema, of fields that stay, that go and that come', async () => {
      expect((await ask(await argsFor(draft)))['changes']).to.deep.equal([
        { where: 'schema', what: 'version', before: '1', after: '2' },
        {
          where: 'tier',
          what: 'labels',
          before: '["bronze","silver","gold"]',
          after: '["bronze","silver","gold","platinum"]',
        },
        { where: 'owed', what: 'removed', before: 'amount in slot 3', after: '' },
        { where: 'since', what: 'added', before: '', after: 'date in slot 2' },
      ]);
    });

    it('says which keys of a field change, and that a field moves to another slot', async () => {
      const moved = {
        ...SCHEMA_DRAFT,
        fields: [{ ...owed, meter: undefined, decimals: '6' }, tier, country],
      };
      const document = await ask(await argsFor(moved));
      expect(document['changes']).to.deep.equal([
        { where: 'tier', what: 'slot', before: '1', after: '2' },
        { where: 'owed', what: 'decimals', before: '18', after: '6' },
        { where: 'owed', what: 'meter', before: 'true', after: '' },
        { where: 'owed', what: 'slot', before: '3', after: '1' },
      ]);
    });

    it('says if nothing changes', async () => {
      const args = await argsFor(SCHEMA_DRAFT);
      const run = await eligo(args);
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout).to.include('nothing changes but the id');
      expect((await ask([...args, '--force']))['changes']).to.deep.equal([]);
    });

    it('answers with both ids and a table', async () => {
      const run = await eligo(await argsFor(draft));
      expect(run.exitCode, run.stderr).to.equal(0);
      const id = defineSchema(await folder.read('next.json')).id.toString();
      expect(run.stdout).to.include(`id          ${id}\nsupersedes  ${supersedes}\n`);
      expect(run.stdout).to.match(/tier +│ labels +│ \["bronze".*platinum/);
    });

    it('takes a draft that names the old schema, and refuses one that names another', async () => {
      await ask(await argsFor({ ...draft, supersedes }));
      expect(await folder.read('next.json')).to.equal(canonicalJson({ ...draft, supersedes }));
      for (const other of ['5', 5, null]) {
        const args = [...(await argsFor({ ...draft, supersedes: other })), '--force'];
        await expectUsage(args, /^schema\.supersedes .*must be the schema that is replaced/);
      }
    });

    it('refuses what is no schema, on either side, and writes nothing', async () => {
      for (const [name, text, message] of [
        ['draft.json', { ...draft, colour: 'blue' }, /colour/],
        ['draft.json', [draft], /^schema .*must be an object/],
        ['draft.json', 'null', /^schema .*must be an object/],
        ['draft.json', '{"eligo":"schema/1","eligo":"schema/1"}', /same key twice/],
        ['schema.json', { ...SCHEMA_DRAFT, eligo: 'policy/1' }, /schema\.eligo/],
      ] as const) {
        const args = await argsFor(draft);
        await folder.write(name, text);
        await expectUsage(args, message);
      }
      await ask(await argsFor(draft));
    });

    it('replaces no file, unless it is told to', async () => {
      const args = await argsFor(draft);
      await folder.write('next.json', 'kept');
      await expectUsage(args, /the file exists/);
      expect(await folder.read('next.json')).to.equal('kept');
      await ask([...args, '--force']);
      expect(await folder.read('next.json')).to.equal(canonicalJson({ ...draft, supersedes }));
    });
  });
});
