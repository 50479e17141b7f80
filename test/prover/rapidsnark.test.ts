import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kernelBackend, toBackend, type Backend, type Made } from '../../src/prover/backend.ts';
import type { Artifacts } from '../../src/prover/artifacts.ts';
import { RAPIDSNARK_VARIABLE, createRapidsnarkBackend } from '../../src/prover/rapidsnark.ts';
import { prove } from '../../src/prover/prove.ts';
import type { Witness } from '../../src/prover/witness.ts';
import { makeWorld, proveParameters, rejected, sharedArtifacts } from '../support/world.ts';

/** A program in rapidsnark's place: it writes down what it is given and finds, then does what a test says. */
const PROGRAM = `#!${process.execPath}
const fs = require('node:fs');
const here = __dirname + '/';
const files = Object.fromEntries(process.argv.slice(2, 4).map((name) => [name, fs.statSync(name)]));
fs.writeFileSync(here + 'seen.json', JSON.stringify({
  args: process.argv.slice(2),
  env: Object.keys(process.env),
  folder: process.cwd(),
  folderMode: fs.statSync('.').mode & 0o777,
  modes: Object.values(files).map(({ mode }) => mode & 0o777),
  sizes: Object.values(files).map(({ size }) => size),
}));
const write = (proof, signals) => {
  fs.writeFileSync(process.argv[4], proof);
  fs.writeFileSync(process.argv[5], signals);
};
const made = JSON.parse(fs.readFileSync(here + 'made.json', 'utf8'));
BEHAVIOUR
`;

const HONEST = 'write(JSON.stringify(made.proof), JSON.stringify(made.signals));';

describe('prover/rapidsnark', () => {
  let folder: string;
  let artifacts: Artifacts;
  let witness: Witness;
  let made: Made;
  const environment = { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'] };

  before(async () => {
    artifacts = await sharedArtifacts();
    const parameters = await proveParameters(await makeWorld());
    const backend: Backend = async (set, given) => {
      witness = given.slice();
      made = await kernelBackend(set, given);
      return made;
    };
    await prove({ ...parameters, backend });
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eligo-test-'));
    // Others, at the same time, have theirs in the common one.
    await mkdir(join(folder, 'temporary'));
    process.env['TMPDIR'] = join(folder, 'temporary');
    await writeFile(join(folder, 'made.json'), JSON.stringify(made));
  });

  afterEach(async () => {
    const left = await readdir(join(folder, 'temporary'));
    restore();
    if (environment.TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = environment.TMPDIR;
    await rm(folder, { recursive: true });
    expect(left, 'nothing is left').to.deep.equal([]);
  });

  const restore = (): void => {
    process.env['PATH'] = environment.PATH;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an undefined variable would be "undefined"
    delete process.env[RAPIDSNARK_VARIABLE];
  };

  const install = async (behaviour = HONEST, name = 'rapidsnark'): Promise<string> => {
    const file = join(folder, name);
    await writeFile(
      file,
      PROGRAM.replace('BEHAVIOUR', () => behaviour),
    );
    await chmod(file, 0o755);
    return file;
  };

  const seen = async () =>
    JSON.parse(await readFile(join(folder, 'seen.json'), 'utf8')) as {
      readonly args: readonly string[];
      readonly env: readonly string[];
      readonly folder: string;
      readonly folderMode: number;
      readonly modes: readonly number[];
      readonly sizes: readonly number[];
    };

  it('gives what the program writes; the folder is private, and the command line says nothing', async () => {
    process.env['ELIGO_PASSPHRASE'] = 'not for others';
    const backend = createRapidsnarkBackend({ command: await install() });
    expect(await backend(artifacts, witness)).to.deep.equal(made);
    delete process.env['ELIGO_PASSPHRASE'];
    const { args, env, sizes, ...rest } = await seen();
    expect(args).to.deep.equal(['circuit.zkey', 'witness.wtns', 'proof.json', 'public.json']);
    expect(rest).to.deep.include({ folderMode: 0o700, modes: [0o600, 0o600] });
    expect(sizes).to.deep.equal([(await artifacts.zkey()).length, witness.length]);
    expect(env).not.to.include('ELIGO_PASSPHRASE');
  });

  it('takes the output of older versions, which write no curve and a zero byte at the end', async () => {
    const old =
      'delete made.proof.curve; write(JSON.stringify(made.proof) + "\\0", JSON.stringify(made.signals) + "\\0");';
    const backend = createRapidsnarkBackend({ command: await install(old) });
    expect(await backend(artifacts, witness)).to.deep.equal(made);
  });

  it('is found by name on the PATH, as prover, too, or by its variable, before that', async () => {
    for (const name of ['rapidsnark', 'prover']) {
      const file = await install(HONEST, name);
      process.env['PATH'] = `/nowhere:${folder}`;
      expect(await toBackend('rapidsnark')(artifacts, witness)).to.deep.equal(made);
      restore();
      await rm(file);
    }
    process.env[RAPIDSNARK_VARIABLE] = await install(HONEST, 'another');
    expect(await toBackend('rapidsnark')(artifacts, witness)).to.deep.equal(made);
  });

  it('is missing where there is none, and where what is named can not be run', async () => {
    process.env['PATH'] = folder;
    const backend = toBackend('rapidsnark');
    expect((await rejected(backend(artifacts, witness))).code).to.equal('ToolMissing');
    const file = await install();
    expect(await createRapidsnarkBackend({ command: file })(artifacts, witness)).to.deep.equal(
      made,
    );
    await chmod(file, 0o644);
    expect((await rejected(backend(artifacts, witness))).code).to.equal('ToolMissing');
    const named = createRapidsnarkBackend({ command: file });
    const error = await rejected(named(artifacts, witness));
    expect(error.code).to.equal('ToolMissing');
    expect(error.message).to.include(file);
  });

  const faults: Readonly<Record<string, string>> = {
    'that fails': 'console.error("Error: invalid witness"); process.exit(3);',
    'that is killed': 'process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 10_000);',
    'that writes nothing': '',
    'whose proof is cut off': 'write("{", JSON.stringify(made.signals));',
    'whose proof is another document': 'write("{}", JSON.stringify(made.signals));',
    'whose proof has a coordinate beyond the field':
      'made.proof.pi_a[0] = (2n ** 255n).toString(); write(JSON.stringify(made.proof), "[]");',
    'whose proof is null': 'write("null", JSON.stringify(made.signals));',
    'whose signals are no list': 'write(JSON.stringify(made.proof), "{}");',
    'whose signals are beyond the field':
      'write(JSON.stringify(made.proof), JSON.stringify([(2n ** 255n).toString()]));',
  };
  for (const [name, behaviour] of Object.entries(faults)) {
    it(`refuses a program ${name}`, async () => {
      const honest = createRapidsnarkBackend({ command: await install() });
      expect(await honest(artifacts, witness)).to.deep.equal(made);
      const backend = createRapidsnarkBackend({ command: await install(behaviour) });
      const error = await rejected(backend(artifacts, witness));
      expect(error.code).to.equal('ProverFailed');
      expect(error.message).not.to.include('invalid witness');
    });
  }

  it('refuses a file that is no program at all', async () => {
    const file = join(folder, 'text');
    await writeFile(file, '\0\0\0\0');
    await chmod(file, 0o755);
    const error = await rejected(createRapidsnarkBackend({ command: file })(artifacts, witness));
    expect(error.code).to.equal('ProverFailed');
    await mkdir(join(folder, 'directory'));
    const directory = createRapidsnarkBackend({ command: join(folder, 'directory') });
    expect((await rejected(directory(artifacts, witness))).code).to.equal('ProverFailed');
  });

  it('is killed by the signal, whose reason is given', async () => {
    const command = await install(
      'setInterval(() => {}, 1_000); fs.writeFileSync(here + "on", "");',
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    const backend = createRapidsnarkBackend({ command });
    const ended = backend(artifacts, witness, { signal: controller.signal });
    const outcome = ended.catch((error: unknown) => error);
    while (!(await readdir(folder)).includes('on')) await new Promise(setImmediate);
    controller.abort(reason);
    expect(await outcome).to.equal(reason);
  });
});
