import { stat } from 'node:fs/promises';
import { expect } from 'chai';
import { createIdentity } from '../../src/protocol/identity.ts';
import {
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';

describe('eligo identity', () => {
  let folder: Folder;

  beforeEach(async () => {
    folder = await makeFolder();
  });

  afterEach(() => folder.remove());

  describe('new', () => {
    it('writes the secret to a file that only its owner reads, and prints the commitment', async () => {
      const out = folder.file('me.json');
      const { commitment } = await ask(['identity', 'new', '--out', out]);
      const document = await folder.json('me.json');
      expect(document).to.have.all.keys('eligo', 'secret');
      expect(document['eligo']).to.equal('identity/1');
      const identity = createIdentity({ secret: document['secret'] as string });
      expect(commitment).to.equal(identity.commitment.toString());
      expect((await stat(out)).mode & 0o777).to.equal(0o600);
    });

    it('prints no secret, with --json or without', async () => {
      for (const json of [[], ['--json']]) {
        const run = await eligo([
          'identity',
          'new',
          '--out',
          folder.file(`me${json.length}`),
          ...json,
        ]);
        const { secret } = await folder.json(`me${json.length}`);
        expect(run.exitCode).to.equal(0);
        expect(run.stdout + run.stderr).not.to.include(secret);
      }
    });

    it('answers with one document', async () => {
      const out = folder.file('me.json');
      expect(await ask(['identity', 'new', '--out', out])).to.have.all.keys('commitment', 'out');
    });

    it('replaces no secret, unless it is told to', async () => {
      const args = ['identity', 'new', '--out', await folder.write('me.json', 'kept')];
      await expectUsage(args, /the file exists; --force replaces it/);
      expect(await folder.read('me.json')).to.equal('kept');
      await ask([...args, '--force']);
      expect(await folder.json('me.json')).to.have.property('eligo', 'identity/1');
      expect((await stat(folder.file('me.json'))).mode & 0o777).to.equal(0o600);
    });

    it('leaves nothing behind where it may not write, and calls that the environment', async () => {
      const out = `${await folder.write('file', '')}/me.json`;
      const message = /ENOTDIR/;
      await expectRefusal(['identity', 'new', '--out', out], {
        exitCode: 3,
        code: 'Unexpected',
        message,
      });
    });

    it('needs --out, and knows no other flag', async () => {
      await expectUsage(['identity', 'new'], /'--out <file>' not specified/);
      const args = ['identity', 'new', '--out', folder.file('me.json'), '--secret', '5'];
      await expectUsage(args, /unknown option '--secret'/);
    });
  });

  describe('show', () => {
    const { secret, commitment } = createIdentity();
    const document = { eligo: 'identity/1', secret: secret.toString() };
    const show = ['identity', 'show', '--identity', '-'];

    it('shows the commitment of a file, or of standard input', async () => {
      const file = await folder.write('me.json', document);
      const expected = { commitment: commitment.toString() };
      expect(await ask(['identity', 'show', '--identity', file])).to.deep.equal(expected);
      expect(await ask(show, { stdin: JSON.stringify(document) })).to.deep.equal(expected);
    });

    it('shows the commitment only', async () => {
      const run = await eligo(show, { stdin: JSON.stringify(document) });
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.equal(`commitment  ${commitment.toString()}\n`);
      expect(run.stderr).to.equal('');
    });

    for (const [what, text] of [
      ['a secret of 0', { ...document, secret: '0' }],
      ['a secret with a sign', { ...document, secret: `+${document.secret}` }],
      ['a secret as a number', `{"eligo":"identity/1","secret":${document.secret}}`],
      ['another key', { ...document, note: document.secret }],
      ['a secret twice', `{"secret":"${document.secret}",${JSON.stringify(document).slice(1)}`],
      ['the digits alone', document.secret],
      ['no JSON', `secret ${document.secret}`],
    ] as const) {
      it(`refuses ${what} without repeating it`, async () => {
        const stdin = typeof text === 'string' ? text : JSON.stringify(text);
        const run = await expectUsage(show, /^(identity|secret)/, { stdin });
        expect(run.stdout + run.stderr).not.to.include(document.secret);
      });
    }

    it('refuses a file that is not there, and does not repeat digits that stand in its place', async () => {
      const missing = ['identity', 'show', '--identity', folder.file('none')];
      await expectUsage(missing, /must be a file that can be read \(ENOENT\)/);
      const run = await expectUsage(
        ['identity', 'show', '--identity', document.secret],
        /^--identity must/,
      );
      expect(run.stdout + run.stderr).not.to.include(document.secret);
    });
  });

  describe('export and import', () => {
    const { secret, commitment } = createIdentity();
    const document = { eligo: 'identity/1', secret: secret.toString() };
    const PASSPHRASE = 'correct horse battery';

    const exportArgs = async (): Promise<string[]> => [
      ...['identity', 'export', '--identity', await folder.write('me.json', document)],
      ...['--out', folder.file('copy.json')],
      ...['--passphrase-file', await folder.write('passphrase', `${PASSPHRASE}\n`)],
    ];
    const importArgs = (): string[] => [
      ...['identity', 'import', '--file', folder.file('copy.json')],
      ...['--out', folder.file('back.json'), '--passphrase-file', folder.file('passphrase')],
    ];

    it('carry an identity through a file that shows nothing of it', async () => {
      const args = await exportArgs();
      const written = await eligo(args);
      expect(written.exitCode, written.stderr).to.equal(0);
      expect(written.stdout).to.equal(`commitment  ${commitment.toString()}\n`);
      const copy = await folder.read('copy.json');
      const read = await eligo(importArgs());
      expect(read.exitCode, read.stderr).to.equal(0);
      expect(await folder.json('back.json')).to.deep.equal(document);
      for (const text of [copy, written.stdout, written.stderr, read.stdout, read.stderr]) {
        expect(text).not.to.include(document.secret);
        expect(text).not.to.include('horse');
      }
      for (const name of ['copy.json', 'back.json']) {
        expect((await stat(folder.file(name))).mode & 0o777).to.equal(0o600);
      }
    });

    it('answer with one document each', async () => {
      const expected = { commitment: commitment.toString() };
      const written = await ask(await exportArgs());
      expect(written).to.deep.equal({ ...expected, out: folder.file('copy.json') });
      expect(await ask(importArgs())).to.deep.equal({ ...expected, out: folder.file('back.json') });
    });

    it('read the passphrase from standard input, with or without the end of its line', async () => {
      const args = withFlag(await exportArgs(), '--passphrase-file', '-');
      await ask(args, { stdin: PASSPHRASE });
      const back = withFlag(importArgs(), '--passphrase-file', '-');
      expect(await ask(back, { stdin: `${PASSPHRASE}\r\n` })).to.have.property('commitment');
    });

    it('refuse standard input for two things', async () => {
      const args = withFlag(await exportArgs(), '--passphrase-file', '-');
      await expectUsage(withFlag(args, '--identity', '-'), /already read for --identity/, {
        stdin: JSON.stringify(document),
      });
    });

    it('refuse another passphrase, write nothing and repeat neither', async () => {
      await ask(await exportArgs());
      await folder.write('passphrase', 'incorrect horse');
      const run = await expectUsage(importArgs(), /^passphrase does not open this file/);
      expect(run.stdout + run.stderr).not.to.include('horse');
      expect(
        await eligo(['identity', 'show', '--identity', folder.file('back.json')]),
      ).to.have.property('exitCode', 2);
      await folder.write('passphrase', PASSPHRASE);
      expect(await ask(importArgs())).to.have.property('commitment', commitment.toString());
    });

    it('refuse a short passphrase, and one of two lines', async () => {
      const args = await exportArgs();
      for (const [text, message] of [
        ['horse', /^passphrase must be at least 8 characters/],
        ['correct horse\nbattery', /^--passphrase-file must hold one line only/],
      ] as const) {
        await folder.write('passphrase', text);
        const run = await expectUsage(args, message);
        expect(run.stdout + run.stderr).not.to.include('horse');
      }
      await folder.write('passphrase', PASSPHRASE);
      expect(await ask(args)).to.have.property('commitment');
    });

    it('do not repeat a passphrase that stands in place of its file', async () => {
      const args = withFlag(await exportArgs(), '--passphrase-file', PASSPHRASE);
      const run = await expectUsage(args, /^--passphrase-file must be a file that can be read/);
      expect(run.stdout + run.stderr).not.to.include('horse');
    });

    it('replace no file, unless they are told to', async () => {
      const args = await exportArgs();
      await folder.write('copy.json', 'kept');
      await expectUsage(args, /the file exists; --force replaces it/);
      expect(await folder.read('copy.json')).to.equal('kept');
      await ask([...args, '--force']);
      await folder.write('back.json', 'kept');
      await expectUsage(importArgs(), /the file exists; --force replaces it/);
      expect(await folder.read('back.json')).to.equal('kept');
      await ask([...importArgs(), '--force']);
      expect(await folder.json('back.json')).to.deep.equal(document);
    });

    it('refuse a file that is no copy', async () => {
      await ask(await exportArgs());
      await expectUsage(withFlag(importArgs(), '--file', folder.file('me.json')), /^export/);
      expect(await ask(importArgs())).to.have.property('commitment');
    });

    it('need each of their flags', async () => {
      for (const flag of ['--identity', '--out', '--passphrase-file']) {
        await expectUsage(without(await exportArgs(), flag), new RegExp(`'${flag} <file>' not`));
      }
      for (const flag of ['--file', '--out', '--passphrase-file']) {
        await expectUsage(without(importArgs(), flag), new RegExp(`'${flag} <file>' not`));
      }
    });
  });
});
