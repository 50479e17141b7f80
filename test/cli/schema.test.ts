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
});
