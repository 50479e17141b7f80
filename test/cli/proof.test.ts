import { expect } from 'chai';
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

const WARNING = /INSECURE-DEV keys: anybody can forge; for development only/;
const bytes32 = (byte: string): string => `0x${byte.repeat(32)}`;
const SERVICE = [
  ...['--audience', 'https://example.org', '--label', bytes32('01')],
  ...['--challenge', bytes32('02'), '--at', String(NOW)],
];

type Signals = { readonly signals: Readonly<Record<string, string>> };

describe('eligo proof, for a service off-chain', () => {
  let folder: Folder;
  let holder: Awaited<ReturnType<typeof writeHolder>>;
  let make: string[];
  let verify: string[];
  let made: Record<string, unknown> & Signals;

  // The proof is made once; tests that change something write a copy.
  before(async () => {
    folder = await makeFolder();
    holder = await writeHolder(folder);
    make = [
      ...['proof', 'make', '--identity', folder.file('me.identity.json')],
      ...['--credential', folder.file('me.credential.json')],
      ...['--policy', folder.file('policy.json'), '--leaves', folder.file('leaves.txt')],
      ...['--out', folder.file('me.proof.json'), ...SERVICE],
    ];
    made = (await ask(make)) as typeof made;
    verify = [
      ...['proof', 'verify', '--proof', folder.file('me.proof.json')],
      ...['--policy', folder.file('policy.json'), '--schema', folder.file('schema.json')],
      ...['--root', made.signals['root']!, ...SERVICE],
    ];
  });

  after(() => folder.remove());

  /** Makes a proof into a file that isn't there yet. */
  let attempts = 0;
  const again = (): string[] =>
    withFlag(make, '--out', folder.file(`${(attempts += 1)}.proof.json`));

  describe('make', () => {
    it('answers with the five signals and the outcome opened', () => {
      const keys = ['out', 'signals', 'disclosed', 'shown', 'checkedAt', 'metered', 'insecureDev'];
      expect(made).to.have.all.keys(keys);
      expect(made.signals).to.have.all.keys('nullifier', 'root', 'policy', 'outcome', 'context');
      const outcome = { disclosed: '2', shown: '0', checkedAt: String(NOW), metered: false };
      expect(made).to.deep.include({ ...outcome, insecureDev: true });
    });

    it('proves with the backend that is named, and refuses another name before any work', async () => {
      const { signals } = (await ask([...again(), '--backend', 'snarkjs'])) as Signals;
      expect(signals).to.deep.equal(made.signals);
      await expectUsage([...again(), '--backend', 'plonk'], /--backend/);
    });

    it('asks for rapidsnark by its variable, and says if it is not there', async () => {
      const env = { ELIGO_RAPIDSNARK: folder.file('none') };
      const run = await eligo([...again(), '--backend', 'rapidsnark'], { env });
      expect(run.exitCode).to.equal(3);
      expect(run.stderr).to.include(folder.file('none'));
    });

    it('writes signals and proof, and no more of the holder', async () => {
      const document = await folder.json('me.proof.json');
      expect(document).to.have.all.keys('eligo', 'circuit', 'signals', 'proof');
      expect(document['signals']).to.deep.equal(Object.values(made.signals));
      const text = await folder.read('me.proof.json');
      const { secret, commitment } = holder.identity;
      for (const hidden of [secret, commitment, holder.attestation.salt])
        expect(text).not.to.include(hidden.toString());
    });

    it('says on stderr what it does, how few members there are, and that the keys are insecure', async () => {
      const run = await eligo(again());
      expect(run.exitCode).to.equal(0);
      expect(run.stderr)
        .to.match(WARNING)
        .and.match(/building the tree/)
        .and.match(/proving/);
      expect(run.stderr).to.match(/warning: the tree has 4 members/);
      expect(run.stdout).to.include(made.signals['nullifier']!);
      expect(run.stdout + run.stderr).not.to.include(holder.identity.secret.toString());
    });

    it('takes the identity from standard input', async () => {
      const stdin = await folder.read('me.identity.json');
      const { signals } = (await ask(withFlag(again(), '--identity', '-'), {
        stdin,
      })) as Signals;
      expect(signals['nullifier']).to.equal(made.signals['nullifier']);
    });

    it('replaces no proof, and says so before it works', async () => {
      const run = await expectUsage(make, /the file exists; --force replaces it/);
      expect(run.stderr).to.equal('');
    });

    it('refuses what the policy does not take, naming the clause, and writes nothing', async () => {
      const where = [{ field: 'country', in: ['FR', 'IT'] }];
      const policy = await folder.write('narrow.json', { ...holder.policy.document, where });
      const out = folder.file('none.proof.json');
      await expectRefusal(withFlag(withFlag(make, '--out', out), '--policy', policy), {
        exitCode: 1,
        code: 'PolicyNotMet',
        message: /where\[0\]: country in \[FR, IT\]/,
      });
      expect(await folder.read('none.proof.json').catch(() => 'absent')).to.equal('absent');
    });

    it('refuses an attestation that was revoked', async () => {
      const leaves = holder.leaves.map(String).with(2, '0').join('\n');
      const revoked = withFlag(again(), '--leaves', await folder.write('revoked.txt', leaves));
      await expectRefusal(revoked, {
        exitCode: 1,
        code: 'AttestationNotInTree',
        message: /position 2 holds nothing/,
      });
    });

    it("refuses another holder's credential", async () => {
      const identity = await folder.write('other.json', { eligo: 'identity/1', secret: '5' });
      const other = withFlag(again(), '--identity', identity);
      await expectUsage(other, /credential\.attestation\.commitment/);
    });

    it('calls a set of artifacts that is not there, or of another circuit, the environment', async () => {
      const missing = withFlag(again(), '--artifacts', folder.file('none'));
      await expectRefusal(missing, {
        exitCode: 3,
        code: 'ArtifactMissing',
        message: /manifest\.json is not in/,
      });
      const credential = { ...holder.credential, circuit: '00'.repeat(32) };
      const other = await folder.write('other.credential.json', credential);
      await expectRefusal(withFlag(again(), '--credential', other), {
        exitCode: 3,
        code: 'ArtifactMismatch',
        message: /the credential is for the circuit 0000/,
      });
    });

    it('wants a campaign or a service, whole, and not both', async () => {
      const neither = ['--audience', '--label', '--challenge', '--at'].reduce(without, again());
      await expectUsage(neither, /name a campaign .* or a service/);
      const both = withFlag(again(), '--campaign', '1');
      await expectUsage(both, /is off-chain and can't go with --campaign/);
      const half = without(again(), '--challenge');
      await expectUsage(half, /--challenge is "missing"/);
      await expectUsage(withFlag(again(), '--audience', 'example.org'), /audience is/);
      await expectUsage([...again(), '--secret', '5'], /unknown option '--secret'/);
    });
  });

  describe('verify', () => {
    it('says yes', async () => {
      const document = await ask(verify);
      expect(document).to.deep.include({ valid: true, signals: made.signals, insecureDev: true });
      const run = await eligo(verify);
      expect(run.exitCode).to.equal(0);
      expect(run.stdout).to.match(/valid +yes/);
      expect(run.stderr)
        .to.match(WARNING)
        .and.match(/Keep the nullifier/);
    });

    it('takes the proof from standard input, and the root as hex', async () => {
      const stdin = await folder.read('me.proof.json');
      const root = `0x${BigInt(made.signals['root']!).toString(16)}`;
      await ask(withFlag(withFlag(verify, '--proof', '-'), '--root', root), { stdin });
    });

    it('takes the proof to the last second of its lifetime', async () => {
      await ask(withFlag(verify, '--at', String(NOW + 600n)));
      const longer = withFlag(verify, '--proof-lifetime', '601');
      await ask(withFlag(longer, '--at', String(NOW + 601n)));
    });

    for (const [code, flag, value] of [
      ['WrongPolicy', '--label', bytes32('09')],
      ['WrongPolicy', '--audience', 'https://example.com'],
      ['WrongContext', '--challenge', bytes32('09')],
      ['ProofExpired', '--at', String(NOW + 601n)],
      ['ProofFromFuture', '--at', String(NOW - 1n)],
      ['UnknownRoot', '--root', '7'],
    ] as const) {
      it(`refuses another ${flag}: ${code}`, async () => {
        await expectRefusal(withFlag(verify, flag, value), { exitCode: 1, code, message: /./ });
      });
    }

    it('refuses another statement, and another proof', async () => {
      const file = await folder.json('me.proof.json');
      const proof = file['proof'] as { pi_a: string[]; pi_c: string[] };
      const swapped = { ...proof, pi_a: proof.pi_c };
      const signals = (file['signals'] as string[]).with(0, '7');
      for (const changed of [
        { ...file, signals },
        { ...file, proof: swapped },
      ]) {
        const forged = withFlag(verify, '--proof', await folder.write('forged.json', changed));
        await expectRefusal(forged, { exitCode: 1, code: 'InvalidProof', message: /./ });
      }
    });

    it('refuses signals that are not canonical', async () => {
      const file = await folder.json('me.proof.json');
      const signals = (file['signals'] as string[]).with(1, '0');
      const forged = await folder.write('forged.json', { ...file, signals });
      await expectRefusal(withFlag(verify, '--proof', forged), {
        exitCode: 1,
        code: 'SignalOutOfRange',
        message: /^root is/,
      });
    });

    it('refuses flags that are none, and calls missing artifacts the environment', async () => {
      await expectUsage(without(verify, '--root'), /--root is "missing"/);
      await expectUsage(withFlag(verify, '--proof-lifetime', '119'), /--proof-lifetime is/);
      await expectUsage(withFlag(verify, '--cap', '0'), /--cap is/);
      await expectUsage([...verify, '--trust'], /unknown option '--trust'/);
      await expectRefusal(withFlag(verify, '--artifacts', folder.file('none')), {
        exitCode: 3,
        code: 'ArtifactMissing',
        message: /manifest\.json/,
      });
    });
  });

  describe('inspect', () => {
    const inspect = ['proof', 'inspect', '--proof'];

    it('shows what the proof says', async () => {
      const document = await ask([...inspect, folder.file('me.proof.json')]);
      const { out, insecureDev, ...says } = made;
      expect([out, insecureDev]).to.deep.equal([folder.file('me.proof.json'), true]);
      const { circuit } = await folder.json('me.proof.json');
      expect(document).to.deep.equal({ circuit, ...says });
    });

    it('says what each signal means', async () => {
      const run = await eligo([...inspect, folder.file('me.proof.json')]);
      expect(run.exitCode).to.equal(0);
      for (const signal of Object.values(made.signals)) expect(run.stdout).to.include(signal);
      expect(run.stdout)
        .to.match(/shown +│ 0 +│ claim number/)
        .and.match(/Not verified/);
    });

    it('says that a metered claim hides its number', async () => {
      const file = await folder.json('me.proof.json');
      const outcome = (NOW << 128n) + ((2n ** 32n - 1n) << 96n);
      const signals = (file['signals'] as string[]).with(3, String(outcome));
      const metered = await folder.write('metered.json', { ...file, signals });
      expect(await ask([...inspect, metered])).to.include({ metered: true, shown: '4294967295' });
      const run = await eligo([...inspect, metered]);
      expect(run.stdout).to.include('metered: the number stays hidden');
    });

    it('refuses signals that are not canonical, and what is no proof file', async () => {
      const file = await folder.json('me.proof.json');
      const zero = { ...file, signals: (file['signals'] as string[]).with(0, '0') };
      await expectRefusal(
        [...inspect, '-'],
        { exitCode: 1, code: 'SignalOutOfRange', message: /^nullifier/ },
        { stdin: JSON.stringify(zero) },
      );
      await expectUsage([...inspect, '-'], /proof file/, { stdin: '[]' });
      await expectUsage([...inspect, folder.file('none')], /ENOENT/);
      await expectUsage(['proof', 'inspect'], /'--proof <file>' not specified/);
    });
  });
});
