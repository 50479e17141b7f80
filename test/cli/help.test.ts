import { expect } from 'chai';
import { eligo, expectUsage, makeFolder, writeHolder, type Folder } from '../support/cli.ts';

const VERBS: Readonly<Record<string, readonly string[]>> = {
  identity: ['new', 'show'],
  schema: ['define', 'show', 'supersede', 'anchor'],
  policy: ['define', 'check', 'count'],
  proof: ['make', 'verify', 'inspect'],
  campaign: [
    ...['create', 'fund', 'show', 'check', 'amend', 'diff', 'pause', 'unpause', 'clawback'],
  ],
  claim: ['submit', 'status', 'release'],
  issuer: [
    ...['init', 'issue', 'enrol', 'import', 'revoke', 'reinstate', 'erase', 'publish', 'heartbeat'],
    ...['credentials', 'log', 'paths', 'worker', 'backup', 'restore', 'rekey'],
    ...['freeze', 'unfreeze', 'rotate', 'appoint', 'dismiss', 'offer', 'accept', 'show'],
  ],
  list: [...['create', 'admit', 'join', 'settle', 'remove', 'void', 'offer', 'accept', 'show']],
  chain: ['dev', 'deploy', 'doctor'],
};
const COMMANDS = [
  ...Object.entries(VERBS).flatMap(([noun, verbs]) => verbs.map((verb) => [noun, verb])),
  ['setup'],
];

/** The example of a command's help, as arguments. */
function exampleOf(help: string): string[] {
  const line = /^ {2}\$ eligo (.+)$/m.exec(help)?.[1] ?? '';
  return line.split(' ');
}

describe('eligo --help', () => {
  let folder: Folder;

  beforeEach(async () => {
    folder = await makeFolder();
  });

  afterEach(() => folder.remove());

  it('lists every noun on stdout, and the exit codes', async () => {
    const run = await eligo(['--help']);
    expect(run).to.include({ exitCode: 0, stderr: '' });
    for (const noun of [...Object.keys(VERBS), 'setup'])
      expect(run.stdout).to.match(new RegExp(`^  ${noun} `, 'm'));
    expect(run.stdout).to.include('0 ok, 1 refused, 2 usage, 3 environment');
  });

  it('lists the verbs of a noun', async () => {
    const run = await eligo(['proof', '--help']);
    expect(run.exitCode).to.equal(0);
    for (const verb of VERBS['proof']!) expect(run.stdout).to.match(new RegExp(`^  ${verb} `, 'm'));
  });

  for (const command of COMMANDS) {
    it(`shows an example of ${command.join(' ')}, whose flags all exist`, async () => {
      const run = await eligo([...command, '--help']);
      expect(run).to.include({ exitCode: 0, stderr: '' });
      const example = exampleOf(run.stdout);
      expect(example.slice(0, command.length)).to.deep.equal(command);
      const flags = example.filter((word) => word.startsWith('--'));
      expect(flags).not.to.be.empty;
      for (const flag of flags) expect(run.stdout).to.match(new RegExp(`^  ${flag} `, 'm'));
      expect(run.stdout).to.match(/^ {2}--json /m);
    });
  }

  it('has examples that run, in this order, where no chain is needed', async () => {
    await writeHolder(folder);
    const options = { cwd: folder.path };
    for (const command of ['schema define', 'schema show', 'policy define', 'policy check']) {
      const help = await eligo([...command.split(' '), '--help']);
      const example = exampleOf(help.stdout);
      // The holder's files are there already: what an example writes replaces them.
      const run = await eligo(
        example.includes('--out') ? [...example, '--force'] : example,
        options,
      );
      expect(run.exitCode, `${example.join(' ')}\n${run.stderr}`).to.equal(0);
    }
  });

  it('names the version of the package', async () => {
    expect((await eligo(['--version'])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('eligo, called wrongly', () => {
  it('has help for a missing verb on stderr, and exit 2', async () => {
    const run = await expectUsage(['chain'], /a command is missing; --help lists them/);
    expect(run.stderr).to.match(/Usage: eligo chain/);
    await expectUsage([], /a command is missing/);
  });

  it('says what it does not know', async () => {
    await expectUsage(['identities'], /unknown command 'identities'/);
    await expectUsage(['identity', 'shwo'], /unknown command 'shwo'\s+\(Did you mean show\?\)/);
    await expectUsage(['schema', 'show', '--file', '-', 'more'], /too many arguments/);
    await expectUsage(['schema', 'show', '--file'], /argument missing/);
    await expectUsage(['schema', 'show', '--file', ''], /--file is "": must not be empty/);
  });

  it('reports to people on stderr, with nothing on stdout', async () => {
    const run = await eligo(['schema', 'show']);
    const stderr = "InvalidInput: required option '--file <file>' not specified\n";
    expect(run).to.deep.equal({ exitCode: 2, stdout: '', stderr });
  });

  it('shows a stack only where ELIGO_DEBUG=1 asks for it', async () => {
    const args = ['schema', 'show', '--file', '-'];
    const quiet = await eligo(args, { stdin: '{' });
    expect(quiet.stderr).not.to.match(/^ +at /m);
    const loud = await eligo(args, { stdin: '{', env: { ELIGO_DEBUG: '1' } });
    expect(loud.stderr).to.match(/^ +at /m);
    expect([quiet.exitCode, loud.exitCode]).to.deep.equal([2, 2]);
  });
});
