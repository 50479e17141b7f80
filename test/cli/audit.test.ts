import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeLogEntry, type LogEntry } from '../../src/protocol/log.ts';
import { openAuditWorld, type AuditWorld } from '../support/auditWorld.ts';
import {
  NO_NODE,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  withFlag,
  without,
  type Folder,
} from '../support/cli.ts';
import { renumbered, useServers } from '../support/logs.ts';

describe('eligo audit', () => {
  let folder: Folder;
  let world: AuditWorld;
  let log: { path: string; cid: string };
  const serve = useServers();

  // One history, which no test changes: published, stolen and frozen, unfrozen, published; two entries are left.
  before(async () => {
    folder = await makeFolder();
    world = await openAuditWorld(folder);
    const { book } = world;
    book.attest(11n);
    book.attest(12n);
    const first = book.publish();
    await world.publish(first);
    await world.publish(world.stolen(first));
    await world.freeze();
    book.revoke(0);
    await world.unfreeze(book.publish());
    book.revoke(1);
    book.attest(13n, 1);
    await world.publish(book.publish());
    book.attest(14n);
    book.attest(15n);
    log = await world.saveLog('log');
  });

  after(async () => {
    await world.chain.stop();
    await folder.remove();
  });

  const rebuild = (place = log.path): string[] => [
    ...['audit', 'rebuild', '--log', place],
    ...world.onChain,
  ];
  const trace = (flag: string, value: string): string[] => [
    ...['audit', 'trace', '--log', log.path],
    ...[...world.onChain, flag, value],
  ];
  const failed = (message: RegExp) => ({ exitCode: 1, code: 'AuditFailed', message }) as const;

  /** Serves the folder of the log as a web server, or as a gateway. */
  const serveLog = (prefix: string): Promise<string> =>
    serve((request, response) => {
      const file = (request.url ?? '').replace(prefix, '').replace(/\?.*/, '');
      readFile(join(log.path, file)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });

  describe('rebuild', () => {
    it('reproduces every publication, and passes over the stolen one', async () => {
      const report = await ask(rebuild());
      const publications = report['publications'] as Record<string, string>[];
      expect(publications.map(({ sequence, status, logSeq }) => [sequence, status, logSeq]))
        .to.deep.equal([
          ['1', 'reproduced', '3'],
          ['2', 'voided', undefined],
          ['3', 'reproduced', '5'],
          ['4', 'reproduced', '8'],
        ]); // prettier-ignore
      for (const { block, time, transaction } of publications) {
        expect(Number(block)).to.be.above(0);
        expect(Number(time)).to.be.above(1_700_000_000);
        expect(transaction).to.match(/^0x[0-9a-f]{64}$/);
      }
      expect(report).to.deep.include({
        ...{ entries: '10', head: world.book.head(), root: world.book.tree.root().toString() },
        ...{ size: '5', revoked: '2', unpublished: '2', unsent: [], frozen: false },
      });
    });

    it('says so to people', async () => {
      const run = await eligo(rebuild());
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout)
        .to.match(/Not in the log, but voided since: publication 2\./)
        .and.match(/Not published yet: the last 2 entries\./)
        .and.match(/The log reproduces every publication that counts\./);
      expect(run.stderr)
        .to.match(/asking the chain/)
        .and.match(/replaying 10 entries/);
    });

    it('reads from a web server and from a gateway alike', async () => {
      const report = await ask(rebuild());
      expect(await ask(rebuild(await serveLog('/')))).to.deep.equal(report);
      await copyFile(join(log.path, 'log.json'), join(log.path, log.cid));
      const args = [...without(rebuild(), '--log'), '--cid', log.cid];
      expect(await ask([...args, '--gateway', await serveLog('/ipfs/')])).to.deep.equal(report);
    });

    type Change = (entries: readonly LogEntry[]) => readonly LogEntry[];
    const tampered: Readonly<Record<string, readonly [Change, RegExp]>> = {
      'an entry changed': [
        (entries) => entries.with(3, { ...entries[3]!, reason: 'duplicate' } as LogEntry),
        /^publication 3 \(block \d+\) and log entry 5 differ: logHead is 0x\w+ on the chain, 0x\w+ in the log$/,
      ],
      'an entry dropped': [
        (entries) => renumbered(entries.toSpliced(3, 1)),
        /^log entry 4: root is \d+, must be \d+; publication 2 \(block \d+\) comes after it$/,
      ],
      'its end cut off': [
        (entries) => entries.slice(0, 5),
        /^publication 4 \(block \d+\) is not in the log, which ends with entry 5: logHead is 0x/,
      ],
    };
    for (const [fault, [change, message]] of Object.entries(tampered)) {
      it(`names the first difference of a log with ${fault}`, async () => {
        const lines = change(world.book.entries).map(writeLogEntry);
        const { path } = await world.saveLog(fault.replaceAll(' ', '-'), lines);
        await expectRefusal(rebuild(path), failed(message));
        const run = await eligo(rebuild(path));
        expect(run.exitCode).to.equal(1);
        expect(run.stderr).to.match(/AuditFailed: /);
      });
    }

    it('calls a place without a log, and a node that is gone, the environment', async () => {
      await expectRefusal(rebuild(folder.file('none')), {
        ...{ exitCode: 3, code: 'SourceUnavailable', message: /does not give log\.json: ENOENT/ },
      });
      await expectRefusal(withFlag(rebuild(), '--rpc', NO_NODE), {
        ...{ exitCode: 3, code: 'ChainUnavailable', message: /no node answers/ },
      });
      const late = [...rebuild(), '--from-block', '1000'];
      await expectRefusal(late, {
        ...{ exitCode: 3, code: 'ChainUnavailable', message: /lack publication 1 of the tree/ },
      });
    });

    it('refuses the log of another tree, and another chain', async () => {
      await expectUsage(withFlag(rebuild(), '--tree', '7'), /^log index\.tree is 1: must be 7$/);
      const deployment = { ...(await folder.json('deployment.json')), chainId: '5' };
      const file = await folder.write('other.json', deployment);
      await expectUsage(withFlag(rebuild(), '--deployment', file), /^deployment\.chainId is "5"/);
    });

    it('wants one place for the log', async () => {
      const nowhere = without(rebuild(), '--log');
      await expectUsage(nowhere, /^--log is "missing"/);
      await expectUsage([...nowhere, '--cid', log.cid], /^--gateway is "missing"/);
      await expectUsage([...nowhere, '--gateway', 'http://127.0.0.1:1'], /^--cid is "missing"/);
      await expectUsage([...rebuild(), '--cid', log.cid], /^--log can't go with --gateway/);
      await expectUsage(
        [...nowhere, '--cid', 'Qm', '--gateway', 'http://127.0.0.1:1'],
        /^cid is "Qm": must be a CIDv1/,
      );
    });
  });

  describe('trace', () => {
    it('follows an attestation to the publication that revoked it', async () => {
      const found = await ask(trace('--position', '0'));
      const { steps } = found as { steps: Record<string, Record<string, string>>[] };
      expect(steps.map(({ what, publication }) => [what, publication!['sequence']])).to.deep.equal([
        ['attested', '1'],
        ['revoked', '3'],
      ]);
      const { publications } = (await ask(rebuild())) as {
        publications: Record<string, string>[];
      };
      for (const [i, { publication }] of steps.entries()) {
        const { sequence, block, time, transaction } = publications[2 * i]!;
        expect(publication).to.deep.equal({ sequence, block, time, transaction });
      }
      expect(await ask(trace('--leaf', '11'))).to.deep.equal(found);
      expect(await ask(trace('--leaf', '0xb'))).to.deep.equal(found);
    });

    it('draws a table for people', async () => {
      const run = await eligo(trace('--position', '1'));
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout)
        .to.match(/attested/)
        .and.match(/replaced: position 2/)
        .and.match(/revoked: fraud/)
        .and.match(/0x[0-9a-f]{64}/);
      expect((await eligo(trace('--position', '3'))).stdout).to.match(/not yet/);
    });

    it('says what became of a publication', async () => {
      expect(await ask(trace('--sequence', '4'))).to.deep.include({
        ...{ status: 'reproduced', attested: ['2'], revokedPositions: ['1'], logSeq: '8' },
      });
      const stolen = await ask(trace('--sequence', '2'));
      expect(stolen).to.include({ status: 'voided' });
      expect(stolen['voidedBy']).to.include({ kind: 'frozen' });
      const run = await eligo(trace('--sequence', '1'));
      expect(run.stdout)
        .to.match(/attests +0, 1/)
        .and.match(/made stale/)
        .and.match(/voided \(frozen\)/);
    });

    it('refuses what is not there, and more than one thing', async () => {
      await expectRefusal(trace('--position', '9'), {
        ...{
          exitCode: 1,
          code: 'UnknownAttestation',
          message: /no attestation with the position 9/,
        },
      });
      await expectUsage(trace('--sequence', '5'), /^sequence is 5: must be from 1 to 4$/);
      const both = [...trace('--position', '0'), '--leaf', '11'];
      await expectUsage(both, /name one of --position, --leaf and --sequence/);
      const none = trace('--position', '0').slice(0, -2);
      await expectUsage(none, /name one of --position, --leaf and --sequence/);
    });
  });
});
