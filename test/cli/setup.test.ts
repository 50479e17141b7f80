import { mkdir, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LOCAL_KEYS, startLocalChain } from '../../src/chain/localChain.ts';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { blake2b } from '../../src/prover/setup.ts';
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

/** Prepared for phase 2, of power 15, and published by nobody: for development. */
const PTAU = fileURLToPath(
  new URL(
    '../../node_modules/snarkjs-ptau/test/plonk_circuit/powersOfTau15_final.ptau',
    import.meta.url,
  ),
);
const BEACON = '0x'.padEnd(66, '5a');
const bytes32 = (byte: string): string => `0x${byte.repeat(32)}`;

describe('eligo setup', () => {
  let folder: Folder;
  let args: string[];

  beforeEach(async () => {
    folder = await makeFolder();
    args = ['setup', '--ptau', PTAU, '--out', folder.file('keys')];
  });

  afterEach(() => folder.remove());

  it('refuses a Powers-of-Tau file that nobody published, and writes nothing', async () => {
    const hash = await blake2b(PTAU);
    const run = await expectUsage(args, new RegExp(`its blake2b-512 is ${hash}, which is none of`));
    expect(run.stderr).not.to.include('WARNING');
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  it('refuses a file that has another hash than the accepted one', async () => {
    const run = await expectUsage(withFlag(args, '--accept-hash', '00'.repeat(64)), /none of/);
    expect(run.stderr).to.match(/WARNING: accepting a Powers-of-Tau file by your own word/);
  });

  it('refuses a file that is accepted and is no Powers-of-Tau file', async () => {
    const file = await folder.write('wrong.ptau', 'not powers of tau');
    const wrong = withFlag(withFlag(args, '--ptau', file), '--accept-hash', await blake2b(file));
    await expectUsage(wrong, /too small for the circuit, or not prepared/);
  });

  it('writes into no folder that holds something, unless it is told to', async () => {
    await mkdir(folder.file('keys'));
    await folder.write('keys/mine', 'kept');
    await expectUsage(args, /the folder is not empty; --force writes into it/);
    await expectUsage([...args, '--force'], /its blake2b-512 is/);
    expect(await folder.read('keys/mine')).to.equal('kept');
    const file = withFlag(args, '--out', folder.file('keys/mine'));
    await expectUsage(file, /must be a folder/);
  });

  it('refuses hex that is none, a file that is not there, and flags that it does not know', async () => {
    await expectUsage(withFlag(args, '--beacon', '0x5a'), /--beacon is "0x5a"/);
    await expectUsage(withFlag(args, '--accept-hash', 'zz'.repeat(64)), /--accept-hash is/);
    await expectUsage(withFlag(args, '--ptau', folder.file('none')), /ptau is .* can't be read/);
    await expectUsage(without(args, '--ptau'), /'--ptau <file>' not specified/);
    await expectUsage([...args, '--contributors', '2'], /unknown option '--contributors'/);
  });

  it('calls a folder that can not be made the environment', async () => {
    const out = withFlag(args, '--out', folder.file('x'.repeat(300)));
    await expectRefusal(out, { exitCode: 3, code: 'Unexpected', message: /ENAMETOOLONG/ });
  });

  it('makes keys that prove and verify, from a file that the operator answers for', async function () {
    this.timeout(600_000);
    const hash = await blake2b(PTAU);
    const keys = folder.file('keys');
    const run = await eligo([...args, '--accept-hash', hash, '--beacon', BEACON, '--json']);
    expect(run.exitCode, run.stderr).to.equal(0);
    expect(run.stderr).to.match(/WARNING: whoever made it may know its trapdoor, and forge/);
    for (const step of ['contributing', 'applying the beacon', 'verifying the key'])
      expect(run.stderr).to.include(step);

    const artifacts = await loadArtifacts(keys);
    const document = JSON.parse(run.stdout) as Record<string, unknown>;
    expect(document).to.have.all.keys('out', 'circuit', 'published', 'manifest');
    expect(document).to.deep.include({ circuit: artifacts.circuit, published: false });
    expect(artifacts.manifest).to.deep.include({
      security: 'CEREMONY',
      setup: { powersOfTau: hash, beacon: BEACON.slice(2), contributions: '1' },
    });
    expect((await readdir(keys)).filter((name) => /initial|contributed|part/.test(name))).to.be
      .empty;

    await proveWith(keys);
    await refuseToDeploy(keys);
  });

  /** A proof under these keys is one under no others. */
  async function proveWith(keys: string): Promise<void> {
    await writeHolder(folder);
    const [policy, schema] = [folder.file('policy.json'), folder.file('schema.json')];
    const service = ['--audience', 'https://example.org', '--label', bytes32('01')];
    const proof = folder.file('me.proof.json');
    const at = [...service, '--challenge', bytes32('02'), '--at', String(NOW), '--policy', policy];
    const make = [
      ...['proof', 'make', '--identity', folder.file('me.identity.json'), '--out', proof, ...at],
      ...['--credential', folder.file('me.credential.json')],
      ...['--leaves', folder.file('leaves.txt'), '--artifacts', keys],
    ];
    const made = await eligo([...make, '--json']);
    expect(made.exitCode, made.stderr).to.equal(0);
    expect(made.stderr).not.to.include('INSECURE-DEV');
    const document = JSON.parse(made.stdout) as {
      signals: { root: string };
      insecureDev: boolean;
    };
    expect(document.insecureDev).to.equal(false);
    const { root } = document.signals;
    const verify = ['proof', 'verify', '--proof', proof, '--schema', schema, '--root', root, ...at];
    expect(await ask([...verify, '--artifacts', keys])).to.include({ valid: true });
    await expectRefusal(verify, { exitCode: 1, code: 'InvalidProof', message: /./ });
  }

  /** The package's contracts were compiled with the package's key. */
  async function refuseToDeploy(keys: string): Promise<void> {
    const chain = await startLocalChain();
    try {
      const keyFile = await folder.write('key.txt', LOCAL_KEYS[0]!);
      const deploy = ['chain', 'deploy', '--rpc', chain.url, '--key-file', keyFile];
      expect((await eligo(deploy)).exitCode).to.equal(0);
      await expectRefusal([...deploy, '--artifacts', keys], {
        exitCode: 3,
        code: 'ArtifactMismatch',
        message: /compiled with the package's key/,
      });
    } finally {
      await chain.stop();
    }
  }
});
