import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Deployment } from '../../src/chain/deployment.ts';
import { LOCAL_KEYS, startLocalChain, type LocalChain } from '../../src/chain/localChain.ts';
import {
  NO_NODE,
  ask,
  eligo,
  expectRefusal,
  expectUsage,
  makeFolder,
  start,
  withFlag,
  without,
  type Folder,
  type Running,
} from '../support/cli.ts';

const WARNING = /INSECURE-DEV keys: anybody can forge; for development only/;
const KEY = LOCAL_KEYS[1]!;
const CONTRACTS = ['IssuerRegistry', 'RootRegistry', 'Grants', 'Distributor'] as const;
const noNode = { exitCode: 3, code: 'ChainUnavailable', message: /no node answers/ } as const;

describe('eligo chain', () => {
  let folder: Folder;

  beforeEach(async () => {
    folder = await makeFolder();
  });

  afterEach(() => folder.remove());

  describe('dev', () => {
    const dev = ['chain', 'dev', '--port', '0'];
    let running: Running | undefined;

    afterEach(async () => {
      running?.child.kill('SIGTERM');
      await running?.ended;
      running = undefined;
    });

    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      it(`runs a chain with everything deployed until ${signal}, and takes the chain with it`, async () => {
        const out = folder.file('deployment.json');
        running = start([...dev, '--out', out, '--json']);
        const document = await running.ready;
        const keys = ['url', 'deployment', 'token', 'account', 'publishedTestKey', 'out'];
        expect(document).to.have.all.keys([...keys, 'insecureDev']);
        expect(document['insecureDev']).to.equal(true);
        expect(await folder.json('deployment.json')).to.deep.equal(document['deployment']);
        const url = document['url'] as string;
        const node = ['--rpc', url, '--deployment', out];
        expect(await ask(['chain', 'doctor', ...node])).to.include({ healthy: true });

        running.child.kill(signal);
        const run = await running.ended;
        expect(run.exitCode).to.equal(0);
        expect(JSON.parse(run.stdout)).to.deep.equal(document);
        expect(run.stderr)
          .to.match(WARNING)
          .and.match(/Ctrl-C ends it/);
        await expectRefusal(['chain', 'doctor', ...node], noNode);
      });
    }

    it('prints addresses and the test account to people', async () => {
      running = start(dev);
      await running.says(/Running\. Ctrl-C ends it\./);
      running.child.kill('SIGTERM');
      const { stdout, exitCode } = await running.ended;
      expect(exitCode).to.equal(0);
      for (const name of [...CONTRACTS, 'ExampleToken', 'test account'])
        expect(stdout).to.match(new RegExp(`^${name} +0x[0-9a-fA-F]{40}$`, 'm'));
    });

    it('calls it the environment if the chain ends by itself, with no second document', async () => {
      running = start([...dev, '--json']);
      const document = await running.ready;
      await running.says(/Running/);
      const pid = String(running.child.pid);
      const [anvil] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ');
      process.kill(Number(anvil));
      const run = await running.ended;
      expect(run.exitCode).to.equal(3);
      expect(JSON.parse(run.stdout)).to.deep.equal(document);
      expect(run.stderr).to.match(/ChainUnavailable: the chain ended by itself/);
    });

    it('replaces no deployment, and says so before it starts anything', async () => {
      const args = [...dev, '--out', await folder.write('deployment.json', 'kept')];
      const run = await expectUsage(args, /the file exists/);
      expect(run.stderr).to.equal('');
      expect(await folder.read('deployment.json')).to.equal('kept');
    });

    it('calls a port that is taken, and an anvil that is missing, the environment', async () => {
      const taken = await startLocalChain();
      try {
        await expectRefusal(withFlag(dev, '--port', new URL(taken.url).port), {
          exitCode: 3,
          code: 'ChainUnavailable',
          message: /anvil ended/,
        });
      } finally {
        await taken.stop();
      }
      await expectRefusal(
        dev,
        { exitCode: 3, code: 'ToolMissing', message: /anvil does not start/ },
        { env: { ANVIL_BIN: folder.file('none') } },
      );
    });

    it('refuses a port that is none, and flags that it does not know', async () => {
      await expectUsage(withFlag(dev, '--port', '65536'), /--port is "?65536/);
      await expectUsage([...dev, '--fork', 'x'], /unknown option '--fork'/);
    });
  });

  describe('deploy and doctor', () => {
    let chain: LocalChain;
    let deploy: string[];

    before(async () => {
      chain = await startLocalChain();
    });

    beforeEach(async () => {
      const keyFile = await folder.write('key.txt', `${KEY}\n`);
      const out = folder.file('deployment.json');
      deploy = ['chain', 'deploy', '--rpc', chain.url, '--key-file', keyFile, '--out', out];
    });

    after(() => chain.stop());

    /** Deploys, and gives the flags that name what is deployed. */
    const deployed = async (): Promise<{ deployment: Deployment; doctor: string[] }> => {
      const { deployment } = await ask(deploy);
      const file = folder.file('deployment.json');
      const doctor = ['chain', 'doctor', '--rpc', chain.url, '--deployment', file];
      return { deployment: deployment as Deployment, doctor };
    };

    it('deploys, and writes where the contracts are', async () => {
      const document = await ask(deploy);
      expect(document).to.have.all.keys('deployment', 'contracts', 'out', 'insecureDev');
      expect(document['insecureDev']).to.equal(true);
      const contracts = document['contracts'] as { name: string; gas: string }[];
      const names = contracts.map(({ name }) => name);
      expect(names).to.deep.equal(['PoseidonT3', 'PoseidonT5', 'Campaigns', ...CONTRACTS]);
      expect(contracts.every(({ gas }) => Number(gas) > 0)).to.equal(true);
      expect(await folder.json('deployment.json')).to.deep.equal(document['deployment']);
    });

    it('takes the key from standard input, and never repeats it', async () => {
      const args = without(withFlag(deploy, '--key-file', '-'), '--out');
      const run = await eligo(args, { stdin: KEY });
      expect(run.exitCode, run.stderr).to.equal(0);
      expect(run.stdout)
        .to.match(/Distributor +│ 0x/)
        .and.match(/"deployment\/1"/);
      expect(run.stderr)
        .to.match(WARNING)
        .and.match(/deploying: Distributor/);
      expect(run.stdout + run.stderr).not.to.include(KEY.slice(2));
    });

    it('refuses a key that is none without repeating it', async () => {
      for (const stdin of [KEY.slice(2), `${KEY} ${KEY}`, `0x${'0'.repeat(64)}`]) {
        const args = withFlag(deploy, '--key-file', '-');
        const run = await expectUsage(args, /^--key-file must hold one private key/, { stdin });
        expect(run.stdout + run.stderr).not.to.include(KEY.slice(2));
      }
      const run = await expectUsage(
        withFlag(deploy, '--key-file', KEY),
        /^--key-file must be a file/,
      );
      expect(run.stdout + run.stderr).not.to.include(KEY.slice(2));
    });

    it('refuses development keys on any chain but a local one', async () => {
      const other = await startLocalChain({ arguments: ['--chain-id', '5'] });
      try {
        await expectRefusal(withFlag(deploy, '--rpc', other.url), {
          exitCode: 1,
          code: 'InsecureKey',
          message: /chain 5: development keys/,
        });
      } finally {
        await other.stop();
      }
    });

    it('replaces no deployment, unless it is told to', async () => {
      await folder.write('deployment.json', 'kept');
      await expectUsage(deploy, /the file exists/);
      expect(await folder.read('deployment.json')).to.equal('kept');
      await ask([...deploy, '--force']);
      expect(await folder.json('deployment.json')).to.have.property('eligo', 'deployment/1');
    });

    it('calls a node that does not answer the environment, and needs a key', async () => {
      await expectRefusal(withFlag(deploy, '--rpc', NO_NODE), noNode);
      await expectUsage(without(deploy, '--key-file'), /'--key-file <file>' not specified/);
      await expectUsage([...deploy, '--key', KEY], /unknown option '--key'/);
    });

    it('finds a deployment healthy', async () => {
      const { doctor } = await deployed();
      const document = await ask(doctor);
      expect(document).to.have.all.keys('healthy', 'findings', 'insecureDev');
      expect(document).to.include({ healthy: true, insecureDev: true });
      const findings = document['findings'] as { ok: boolean }[];
      expect(findings).to.have.length(11);
      expect(findings.every(({ ok }) => ok)).to.equal(true);
      const run = await eligo(doctor);
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.match(/verifying key on-chain +│ yes/);
      expect(run.stderr).to.match(WARNING);
    });

    it('names each check that a deployment fails, and goes on', async () => {
      const { deployment, doctor } = await deployed();
      const { contracts } = deployment;
      for (const [fails, changed] of [
        [['chain'], { ...deployment, chainId: '1' }],
        [['circuit'], { ...deployment, circuit: '00'.repeat(32) }],
        [
          [
            ...['Distributor has code', 'verifying key on-chain'],
            ...['gate reads this registry', 'distributor pays grants here'],
          ],
          { ...deployment, contracts: { ...contracts, Distributor: `0x${'11'.repeat(20)}` } },
        ],
        [
          ['registry knows its issuers'],
          { ...deployment, contracts: { ...contracts, IssuerRegistry: contracts.Distributor } },
        ],
      ] as const) {
        const file = await folder.write('other.json', changed);
        const run = await eligo([...withFlag(doctor, '--deployment', file), '--json']);
        expect(run.exitCode).to.equal(1);
        const { healthy, findings } = JSON.parse(run.stdout) as {
          healthy: boolean;
          findings: { check: string; ok: boolean }[];
        };
        expect(healthy).to.equal(false);
        expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).to.deep.equal(fails);
      }
    });

    it('asks a node that answers, about a deployment that is one', async () => {
      const { deployment, doctor } = await deployed();
      await expectRefusal(withFlag(doctor, '--rpc', NO_NODE), noNode);
      const file = await folder.write('other.json', { ...deployment, eligo: 'deployment/2' });
      await expectUsage(withFlag(doctor, '--deployment', file), /deployment\.eligo/);
      await expectUsage(without(doctor, '--rpc'), /'--rpc <url>' not specified/);
      await expectUsage([...doctor, '--fix'], /unknown option '--fix'/);
    });
  });
});
