import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import pg from 'pg';
import {
  NEEDS_POSTGRES,
  POSTGRES,
  openIssuerWorld,
  type IssuerWorld,
} from '../support/issuerWorld.ts';

const MISMATCH = { exitCode: 3, code: 'StoreMismatch', message: /./ } as const;

describe('eligo issuer, looking after the store', () => {
  let world: IssuerWorld;

  // One store, and the tests go on from each other.
  before(async () => {
    world = await openIssuerWorld();
    await world.init();
    const rows = ['ann@x.org,1,DE,true', 'bob@x.org,2,FR,false'];
    await world.folder.write('people.csv', `identifier,commitment,country,vip\n${rows.join('\n')}`);
    await world.ask('issuer issue --schema schema.json --kind email --file people.csv');
    await world.ask('issuer publish');
  });

  after(() => world.close());

  describe('rekey', () => {
    const line = 'issuer rekey --new-key-file seal.key';

    it('seals under a key that it makes, and names it in the file', async () => {
      await world.usage('issuer rekey', /one of --new-key-file, --plain is needed/);
      await world.usage(line, /^ELIGO_SEAL_KEY/, {
        env: { ELIGO_SEAL_KEY: `0x${'1'.repeat(64)}` },
      });
      expect(await world.ask(line)).to.deep.equal({ sealed: true, keyFile: 'seal.key' });
      expect(await world.modeOf('seal.key')).to.equal('600');
      expect(await world.folder.json('issuer.json')).to.include({ sealKeyFile: 'seal.key' });
      expect(await world.ask('issuer credentials --out credentials')).to.include({ written: '2' });
    });

    it('goes on where it was killed before the file was written', async () => {
      const { sealKeyFile, ...before } = await world.folder.json('issuer.json');
      expect(sealKeyFile).to.equal('seal.key');
      await world.folder.write('issuer.json', before);
      await world.refused('issuer publish', MISMATCH);
      expect(await world.ask(line)).to.include({ sealed: true });
      expect(await world.ask('issuer publish')).to.deep.equal({ published: false });
    });

    it('refuses where neither key is the right one', async () => {
      const config = await world.folder.json('issuer.json');
      await world.folder.write('third.key', `0x${'3'.repeat(64)}`);
      await world.folder.write('wrong.json', { ...config, sealKeyFile: 'third.key' });
      await world.refused('issuer rekey --new-key-file fourth.key --issuer wrong.json', MISMATCH);
      expect(await world.ask('issuer publish')).to.deep.equal({ published: false });
    });
  });

  describe('backup, restore', () => {
    const back = 'issuer restore --file backup.gz --issuer moved.json';

    it('write one file for its owner, and replace nothing', async () => {
      const document = await world.ask('issuer backup --out backup.gz');
      expect(document['out']).to.equal('backup.gz');
      expect(await world.modeOf('backup.gz')).to.equal('600');
      await world.usage('issuer backup --out backup.gz', /the file exists/);
      expect(await world.ask('issuer backup --out backup.gz --force')).to.deep.equal(document);
    });

    it('fill a new store, which goes on', async () => {
      const config = await world.folder.json('issuer.json');
      await world.folder.write('moved.json', { ...config, store: 'moved' });
      await world.folder.write('half.gz', 'no backup');
      await world.usage(back.replace('backup.gz', 'half.gz'), /^backup must be/);
      await world.folder.write('other.pepper', `0x${'9'.repeat(64)}`);
      await world.folder.write('moved.json', {
        ...{ ...config, store: 'moved', pepperFile: 'other.pepper' },
      });
      await world.refused(back, MISMATCH);
      await world.folder.write('moved.json', { ...config, store: 'moved' });
      expect(await world.ask(back)).to.include({ issuer: '1', tree: '1' });
      const one = 'issuer publish --issuer moved.json';
      expect(await world.ask(one)).to.deep.equal({ published: false });
      await world.refused(back, MISMATCH);
      const again = 'issuer credentials --out again --issuer moved.json';
      expect(await world.ask(again)).to.include({ written: '2' });
    });

    it('need the key', async () => {
      const { sealKeyFile, ...plain } = await world.folder.json('moved.json');
      expect(sealKeyFile).to.equal('seal.key');
      await world.folder.write('plain.json', { ...plain, store: 'plain' });
      await world.refused(back.replace('moved.json', 'plain.json'), MISMATCH);
      await world.folder.write('plain.json', { ...plain, store: 'plain', sealKeyFile });
      expect(await world.ask(back.replace('moved.json', 'plain.json'))).to.include({ tree: '1' });
    });

    it('notice that the chain has gone on since', async () => {
      await world.ask('issuer heartbeat');
      const conflict = { exitCode: 1, code: 'PublicationConflict', message: /accept-foreign/ };
      await world.refused('issuer publish --issuer moved.json', { ...conflict, exitCode: 1 });
    });
  });

  describe('rekey --plain', () => {
    it('seals nothing any more where it is told so', async () => {
      expect(await world.folder.json('issuer.json')).to.have.property('sealKeyFile');
      expect(await world.ask('issuer rekey --plain')).to.deep.equal({ sealed: false });
      await world.ask('issuer credentials --out unsealed');
      expect(await world.folder.json('issuer.json')).not.to.have.property('sealKeyFile');
    });
  });

  describe('worker', () => {
    it('refuses a store in a folder', async () => {
      await world.usage('issuer worker', /several processes need a store on PostgreSQL/);
    });

    (POSTGRES === undefined ? it.skip : it)(
      `builds a tree that another process publishes, on PostgreSQL${NEEDS_POSTGRES}`,
      async () => {
        const name = `eligo_cli_${randomBytes(8).toString('hex')}`;
        const admin = new pg.Client({ connectionString: POSTGRES });
        await admin.connect();
        await admin.query(`create database ${name}`);
        const url = new URL(POSTGRES!);
        url.pathname = `/${name}`;
        const env = { DATABASE_URL: url.href };
        try {
          await rm(world.folder.file('pepper.txt'));
          const init = `issuer init ${world.node} --uri https://issuer.example --out pg.json`;
          const { tree } = await world.ask(init, { env });
          expect(await world.folder.json('pg.json')).not.to.have.property('store');
          const issue = 'issuer issue --schema schema.json --kind email --file people.csv';
          await world.ask(`${issue} --issuer pg.json`, { env });
          const worker = world.start('issuer worker --issuer pg.json --json', { env });
          await worker.ready;
          const publish = 'issuer publish --distribute --issuer pg.json';
          const document = await world.ask(publish, { env });
          expect(document).to.include({ published: true, sequence: '1', size: '2' });
          expect(tree).not.to.equal('1');
          worker.child.kill('SIGINT');
          expect(await worker.ended).to.include({ exitCode: 0 });
        } finally {
          await admin.query(`drop database ${name} with (force)`);
          await admin.end();
        }
      },
    );
  });
});
