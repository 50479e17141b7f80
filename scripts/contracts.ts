/**
 * Compiles contracts/ with solc from npm: one set of settings, chosen by measurement, for the package and for every
 * test. solc is synchronous and heavy, so it runs in a child process; what it made is kept under the hash of what it
 * was given. A warning in a source of ours stops the build.
 *
 * `tsx scripts/contracts.ts` writes build/contracts/*.json and src/chain/abis.ts; with `--check` it only compares the
 * latter.
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, posix, relative, resolve } from 'node:path';
import { argv } from 'node:process';
import { format, resolveConfig } from 'prettier';
import type { Abi, Hex } from 'viem';
import { EligoError } from '../src/errors.ts';

const require = createRequire(import.meta.url);
const project = resolve(import.meta.dirname, '..');
const abisFile = join(project, 'src/chain/abis.ts');
const keyFile = 'contracts/generated/VerifyingKey.sol';

/** EIP-170: the chain takes no contract that is larger. */
const MAX_BYTES = 24_576;

/**
 * Measured: PoseidonT5 costs 54,600 gas at a million runs and 112,000 at ten thousand. `osaka` is anvil's hardfork in
 * the tests. Without a metadata hash the same source gives the same bytecode everywhere.
 */
const SETTINGS = { evmVersion: 'osaka', metadata: { bytecodeHash: 'none' } } as const;
const RUNS = 1_000_000;

/** Fewer runs where more would make a contract larger than the chain takes; contracts/README.md has what they cost. */
const FEWER_RUNS: Readonly<Record<string, number>> = { 'contracts/Distributor.sol': 8_000 };

/**
 * The IR pipeline saves a claim 3,700 gas, but makes the Poseidon libraries larger than a contract may be: those go
 * the old way. They are linked by address, so the two ways never meet in one bytecode.
 */
const usesIr = (entry: string): boolean => !entry.startsWith('poseidon-solidity/');

/** Settings, and the sources that are compiled by them. */
type Way = { readonly viaIR: boolean; readonly runs: number; readonly entries: readonly string[] };

/** Entries by what they are compiled with. */
function waysOf(entries: readonly string[]): readonly Way[] {
  const ways = new Map<string, Way>();
  for (const entry of entries) {
    const [viaIR, runs] = [usesIr(entry), FEWER_RUNS[entry] ?? RUNS];
    const key = `${viaIR}/${runs}`;
    ways.set(key, { viaIR, runs, entries: [...(ways.get(key)?.entries ?? []), entry] });
  }
  return [...ways.values()];
}

/** What the package ships: what gets deployed, the interface that integrators' gates have in common, the examples. */
const ENTRIES = [
  'contracts/IssuerRegistry.sol',
  'contracts/RootRegistry.sol',
  'contracts/EligibilityVerifier.sol',
  'contracts/Distributor.sol',
  'contracts/Grants.sol',
  'contracts/libraries/Campaigns.sol',
  'contracts/adapters/EasResolver.sol',
  'contracts/adapters/SignProtocolHook.sol',
  'contracts/adapters/TokenTableHook.sol',
  'contracts/adapters/VeraxModule.sol',
  'contracts/interfaces/IEligibilityGate.sol',
  'contracts/examples/ExampleToken.sol',
  'contracts/examples/GatedMint.sol',
  'contracts/examples/GatedVote.sol',
  'contracts/examples/MemberReviews.sol',
  'contracts/examples/MemberStatements.sol',
  'contracts/examples/MembersPortal.sol',
  'contracts/examples/VerifiedUnlocks.sol',
  'poseidon-solidity/PoseidonT3.sol',
  'poseidon-solidity/PoseidonT5.sol',
];

/** The contracts that TypeScript talks to, by the name of the constant that holds the ABI. */
const ABIS = {
  issuerRegistryAbi: 'IssuerRegistry',
  rootRegistryAbi: 'RootRegistry',
  eligibilityVerifierAbi: 'EligibilityVerifier',
  eligibilityGateAbi: 'IEligibilityGate',
  distributorAbi: 'Distributor',
  grantsAbi: 'Grants',
  signProtocolHookAbi: 'SignProtocolHook',
  easResolverAbi: 'EasResolver',
  tokenTableHookAbi: 'TokenTableHook',
  veraxModuleAbi: 'VeraxModule',
  exampleTokenAbi: 'ExampleToken',
};

/** Libraries on the chain whose errors come through the contracts that call them, and stand in no ABI of those. */
const LIBRARIES = ['Campaigns'];

/** A compiled contract, as build/contracts/<Name>.json holds it. */
export type ContractArtifact = {
  readonly contractName: string;
  readonly sourceName: string;
  readonly abi: Abi;
  /** Creation code; libraries' addresses are yet to be written at `linkReferences`. */
  readonly bytecode: Hex;
  readonly linkReferences: References;
  /** What stands on the chain, immutables still zero. */
  readonly deployedBytecode: Hex;
  readonly deployedLinkReferences: References;
  readonly immutableReferences: Readonly<Record<string, readonly Place[]>>;
  /** Bytes on the chain. */
  readonly deployedSize: number;
};

type Place = { readonly start: number; readonly length: number };
type References = Readonly<Record<string, Readonly<Record<string, readonly Place[]>>>>;

type Bytecode = {
  object: string;
  linkReferences: References;
  immutableReferences?: Record<string, Place[]>;
};
type SolcOutput = {
  errors?: { severity: string; formattedMessage: string; sourceLocation?: { file: string } }[];
  contracts?: Record<
    string,
    Record<string, { abi: Abi; evm: { bytecode: Bytecode; deployedBytecode: Bytecode } }>
  >;
};

/** What to compile, and where to. */
export type BuildContractsOptions = {
  /** Text that stands in for contracts/generated/VerifyingKey.sol: a ceremony's key, or a test's. */
  readonly verifyingKeySource?: string;
  /** What is compiled instead of a source, by its name: a test plants a bug with it. */
  readonly replace?: (name: string, content: string) => string;
  /** Source files whose contracts are written, as project paths; the package's own if left out. */
  readonly entries?: readonly string[];
  /** The folder for the artifacts; build/contracts if left out. */
  readonly out?: string;
  readonly log?: (detail: string) => void;
};

/**
 * Compiles, unless the folder already holds what these sources and settings give.
 * @returns the folder
 * @throws {InvalidInput} with solc's own words if a source doesn't compile without a warning, or is too large
 */
export async function buildContracts(options: BuildContractsOptions = {}): Promise<string> {
  const out = options.out ?? join(project, 'build/contracts');
  const entries = options.entries ?? ENTRIES;
  const inputs = await Promise.all(waysOf(entries).map((way) => solcInput(way, options)));
  const hash = await hashOf(inputs);
  const stamp = join(out, '.hash');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === hash) return out;

  const sources = inputs.flatMap((input) => Object.keys(input.sources));
  options.log?.(`solc on ${new Set(sources).size} sources`);
  const artifacts = (await Promise.all(inputs.map(runSolc))).flatMap(toArtifacts);
  // Whole, or not there: another process may compile the same, or be reading.
  const part = `${out}.${process.pid}.part`;
  await mkdir(part, { recursive: true });
  for (const artifact of artifacts) {
    const text = `${JSON.stringify(artifact, undefined, 2)}\n`;
    await writeFile(join(part, `${artifact.contractName}.json`), text);
  }
  await writeFile(join(part, '.hash'), hash);
  const overtaken = existsSync(stamp) && (await readFile(stamp, 'utf8')) === hash;
  await rm(overtaken ? part : out, { recursive: true, force: true });
  if (!overtaken) await rename(part, out);
  options.log?.(`${artifacts.length} contracts in ${relative(project, out)}`);
  return out;
}

/** Writes src/chain/abis.ts from a folder that `buildContracts` filled. */
export async function writeAbis(folder = join(project, 'build/contracts')): Promise<void> {
  await mkdir(join(abisFile, '..'), { recursive: true });
  await writeFile(abisFile, await renderAbis(folder));
}

/**
 * Compares src/chain/abis.ts with the contracts.
 * @throws {ArtifactMismatch} if it isn't what `writeAbis` would write
 */
export async function checkAbis(folder = join(project, 'build/contracts')): Promise<void> {
  const present = existsSync(abisFile) ? await readFile(abisFile, 'utf8') : '';
  if (present === (await renderAbis(folder))) return;
  throw new EligoError(
    'ArtifactMismatch',
    'src/chain/abis.ts differs from the contracts: run `npx tsx scripts/contracts.ts`',
  );
}

type SolcInput = {
  readonly language: 'Solidity';
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: object;
};

/** solc's standard JSON with every source in it, so that the compiler needs no file and the hash forgets none. */
async function solcInput(
  { viaIR, runs, entries }: Way,
  { verifyingKeySource: key, replace }: BuildContractsOptions,
): Promise<SolcInput> {
  const sources: Record<string, { content: string }> = {};
  const waiting = [...entries];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (sources[name]) continue;
    const source = name === keyFile && key ? key : await readFile(pathOf(name), 'utf8');
    const content = replace?.(name, source) ?? source;
    sources[name] = { content };
    waiting.push(...importsOf(name, content));
  }
  const wanted = ['abi', 'evm.bytecode', 'evm.deployedBytecode'];
  const outputSelection = Object.fromEntries(entries.map((name) => [name, { '*': wanted }]));
  const optimizer = { enabled: true, runs };
  const settings = { ...SETTINGS, viaIR, optimizer, outputSelection };
  return { language: 'Solidity', sources, settings };
}

/** Our own sources by their place in the project, a package's by where Node finds it. */
function pathOf(name: string): string {
  return /^(contracts|test)\//.test(name) ? join(project, name) : require.resolve(name);
}

function importsOf(name: string, content: string): string[] {
  return [...content.matchAll(/^import\s[^"']*["']([^"']+)["'];/gm)].map(([, target = '']) =>
    target.startsWith('.') ? posix.join(posix.dirname(name), target) : target,
  );
}

/** The hash of everything that decides what comes out: sources, settings, compiler, and this file. */
async function hashOf(inputs: readonly SolcInput[]): Promise<string> {
  const compiler = await readFile(require.resolve('solc/package.json'), 'utf8');
  const self = await readFile(import.meta.filename, 'utf8');
  return createHash('sha256')
    .update(JSON.stringify([inputs, compiler, self]))
    .digest('hex');
}

const CHILD = `
const input = require('node:fs').readFileSync(0, 'utf8');
process.stdout.write(require('solc').compile(input));
`;

async function runSolc(input: SolcInput): Promise<SolcOutput> {
  const child = spawn(process.execPath, ['-e', CHILD], {
    cwd: project,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(input));
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed).once('close', done);
  });
  if (code !== 0) throw new EligoError('ToolMissing', `solc ended with exit code ${code ?? -1}`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as SolcOutput;
}

function toArtifacts(output: SolcOutput): ContractArtifact[] {
  // Packages' warnings are not ours to mend.
  const complaints = (output.errors ?? []).filter(
    ({ severity, sourceLocation }) =>
      severity === 'error' || /^(contracts|test)\//.test(sourceLocation?.file ?? 'contracts/'),
  );
  if (complaints.length > 0) {
    throw new EligoError(
      'InvalidInput',
      complaints.map(({ formattedMessage }) => formattedMessage).join('\n'),
    );
  }
  return Object.entries(output.contracts ?? {}).flatMap(([sourceName, contracts]) =>
    Object.entries(contracts).map(([contractName, { abi, evm }]) =>
      toArtifact(sourceName, contractName, abi, evm.bytecode, evm.deployedBytecode),
    ),
  );
}

function toArtifact(
  sourceName: string,
  contractName: string,
  abi: Abi,
  bytecode: Bytecode,
  deployed: Bytecode,
): ContractArtifact {
  const deployedSize = deployed.object.length / 2;
  if (deployedSize > MAX_BYTES) {
    throw new EligoError(
      'InvalidInput',
      `${contractName} has ${deployedSize} bytes, the chain takes ${MAX_BYTES}`,
    );
  }
  return {
    contractName,
    sourceName,
    abi,
    bytecode: `0x${bytecode.object}`,
    linkReferences: bytecode.linkReferences,
    deployedBytecode: `0x${deployed.object}`,
    deployedLinkReferences: deployed.linkReferences,
    immutableReferences: deployed.immutableReferences ?? {},
    deployedSize,
  };
}

/** The ABIs as constants that viem infers types from, and one of all errors: a revert may come from any of them. */
async function renderAbis(folder: string): Promise<string> {
  const read = async (name: string): Promise<Abi> => {
    const text = await readFile(join(folder, `${name}.json`), 'utf8');
    return (JSON.parse(text) as ContractArtifact).abi;
  };
  const abis = await Promise.all(
    Object.entries(ABIS).map(async ([constant, name]) => [constant, await read(name)] as const),
  );
  const all = [...abis.map(([, abi]) => abi), ...(await Promise.all(LIBRARIES.map(read)))];
  const errors = all.flatMap((abi) => abi.filter((item) => item.type === 'error'));
  const distinct = [...new Map(errors.map((item) => [JSON.stringify(item), item])).values()];
  const constants = [...abis, ['errorsAbi', distinct] as const].map(
    ([constant, abi]) => `export const ${constant} = ${JSON.stringify(abi)} as const;\n`,
  );
  const header =
    '/**\n * The contracts as viem sees them. Generated by scripts/contracts.ts: do not edit.\n * @module\n */\n\n';
  const config = await resolveConfig(abisFile);
  return format(header + constants.join('\n'), { ...config, parser: 'typescript' });
}

if (argv[1] !== undefined && import.meta.filename === resolve(argv[1])) {
  const say = (detail: string): void => {
    process.stderr.write(`${detail}\n`);
  };
  await buildContracts({ log: say });
  if (argv.includes('--check')) await checkAbis();
  else await writeAbis();
}
