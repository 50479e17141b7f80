/**
 * Compiles circuits with circom2 and keeps what came out under the hash of what went in. An instance is data (a
 * template, its parameters, its public inputs), so no file holds a `component main`. circom2 blocks the event loop and
 * finds no include outside its working folder; so it runs in a child process that sees the whole file system and is
 * given absolute paths. A warning of the compiler stops the build.
 * @module
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { EligoError } from '../src/errors.ts';

const require = createRequire(import.meta.url);
const project = resolve(import.meta.dirname, '..');

/** Where the project's own templates are. */
export const circuitsFolder = join(project, 'circuits');

/** How far circom simplifies: 0 keeps every signal, 2 (the product) leaves no linear constraint. */
export type Optimization = 0 | 1 | 2;

const instanceShape = z.strictObject({
  file: z.string(),
  template: z.string(),
  params: z.array(z.number().int()),
  public: z.array(z.string()),
  constraints: z.number().int().positive(),
});

/** What to compile: a template with its parameters. */
export type CircuitInstance = {
  /** The file that declares the template, as an `include` finds it. */
  readonly file: string;
  readonly template: string;
  readonly params: readonly number[];
  /** Names of the inputs that are public; outputs always are. */
  readonly public: readonly string[];
};

/** An instance of `circuits.json`, with the exact number of constraints that it must have at optimization 2. */
export type ProductInstance = CircuitInstance & { readonly constraints: number };

/** Paths of the three files, and what the header of the r1cs says. */
export type CompiledCircuit = {
  readonly r1cs: string;
  readonly wasm: string;
  readonly sym: string;
  readonly constraints: number;
  readonly wires: number;
  /** The hash that the folder is named after. */
  readonly key: string;
  /** Nothing had to be compiled. */
  readonly cached: boolean;
};

type CompileParameters = {
  readonly instance: CircuitInstance;
  /** The folder that compiled circuits are kept in; made if missing. */
  readonly cache: string;
  readonly optimization: Optimization;
  /** Where the templates are, if not in `circuits/`. */
  readonly folder?: string;
  /** Takes a line for people. */
  readonly log?: (line: string) => void;
};

/** Codes of compiler warnings that are let through. None is: a new entry needs a reason here. */
const ALLOWED_WARNINGS: readonly string[] = [];

/** The instances of `circuits.json`. */
export async function readInstances(): Promise<Readonly<Record<string, ProductInstance>>> {
  const text = await readFile(join(circuitsFolder, 'circuits.json'), 'utf8');
  return z.record(z.string(), instanceShape).parse(JSON.parse(text));
}

/**
 * Compiles an instance, or finds it compiled.
 * @throws {InvalidInput} if circom refuses the source or warns about it; its words are in the message
 * @throws {ToolMissing} if circom2 or circomlib is not installed
 * @example
 * const { eligibility } = await readInstances();
 * const { r1cs, wasm } = await compileCircuit({ instance: eligibility, cache: 'build/cache', optimization: 2 });
 */
export async function compileCircuit(parameters: CompileParameters): Promise<CompiledCircuit> {
  const { instance, optimization, log } = parameters;
  const folder = resolve(parameters.folder ?? circuitsFolder);
  const cache = resolve(parameters.cache);
  const flags = flagsFor(optimization);
  const key = await hashInputs(folder, instance, flags);
  const target = join(cache, `${instance.template}-O${optimization}-${key.slice(0, 16)}`);

  const cached = existsSync(target);
  if (!cached) {
    log?.(`compiling ${nameOf(instance)} with circom at O${optimization}`);
    await inScratchFolder(cache, async (scratch) => {
      await runCircom({
        scratch,
        folder,
        instance,
        flags: ['--r1cs', '--wasm', '--sym', ...flags],
      });
      await rename(join(scratch, 'main_js', 'main.wasm'), join(scratch, 'main.wasm'));
      await rm(join(scratch, 'main_js'), { recursive: true });
      await moveInto(scratch, target);
    });
  }
  const r1cs = join(target, 'main.r1cs');
  const [wasm, sym] = [join(target, 'main.wasm'), join(target, 'main.sym')];
  return { ...(await readHeader(r1cs)), r1cs, wasm, sym, key, cached };
}

/** Something that circom's `--inspect` found. */
export type Finding = { readonly code: string; readonly text: string };

/**
 * Looks for signals that no constraint holds, in every template that the instance uses.
 * @returns the findings, ascending by text
 * @throws {InvalidInput} if circom refuses the source
 */
export async function inspectCircuit(
  parameters: Omit<CompileParameters, 'optimization'>,
): Promise<readonly Finding[]> {
  const { instance, log } = parameters;
  const folder = resolve(parameters.folder ?? circuitsFolder);
  log?.(`inspecting ${nameOf(instance)}`);
  return inScratchFolder(resolve(parameters.cache), async (scratch) => {
    const findings = await callCircom({ scratch, folder, instance, flags: ['--inspect', '--O0'] });
    return [...findings].sort((a, b) => (a.text < b.text ? -1 : 1));
  });
}

/** The old heuristics find as few constraints as the new ones and leave a third of the coefficients. */
function flagsFor(optimization: Optimization): readonly string[] {
  return optimization === 2
    ? ['--O2', '--use_old_simplification_heuristics']
    : [`--O${optimization}`];
}

function nameOf(instance: CircuitInstance): string {
  return `${instance.template}(${instance.params.join(', ')})`;
}

function mainSource(instance: CircuitInstance): string {
  const publicInputs =
    instance.public.length === 0 ? '' : ` {public [${instance.public.join(', ')}]}`;
  return [
    'pragma circom 2.2.0;',
    `include "${instance.file}";`,
    `component main${publicInputs} = ${nameOf(instance)};`,
    '',
  ].join('\n');
}

async function hashInputs(
  folder: string,
  instance: CircuitInstance,
  flags: readonly string[],
): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.circom')).sort();
  const sources = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
  );
  const versions = await Promise.all(['circom2', 'circomlib'].map(versionOf));
  return createHash('sha256')
    .update(JSON.stringify({ sources, versions, flags, main: mainSource(instance) }))
    .digest('hex');
}

async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(packageFolder(name), 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function packageFolder(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch (cause) {
    const message = `the package ${name} is not installed: run npm ci`;
    throw new EligoError('ToolMissing', message, { package: name }, cause);
  }
}

async function inScratchFolder<T>(
  cache: string,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, '.compiling-'));
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A rename is all or nothing: a reader never sees half a folder. Another process may have been quicker. */
async function moveInto(scratch: string, target: string): Promise<void> {
  try {
    await rename(scratch, target);
  } catch (cause) {
    if (!existsSync(target)) throw cause;
  }
}

type CircomCall = {
  readonly scratch: string;
  readonly folder: string;
  readonly instance: CircuitInstance;
  readonly flags: readonly string[];
};

async function runCircom(call: CircomCall): Promise<void> {
  const warnings = await callCircom(call);
  const refused = warnings.filter(({ code }) => !ALLOWED_WARNINGS.includes(code));
  if (refused.length === 0) return;
  const { template } = call.instance;
  const words = refused.map(({ code, text }) => `${code} ${text}`).join('; ');
  const message = `circom warns about ${nameOf(call.instance)}: ${words}`;
  throw new EligoError('InvalidInput', message, { template, warnings: refused.length });
}

/** Runs the compiler. @returns its warnings */
async function callCircom(call: CircomCall): Promise<readonly Finding[]> {
  const { scratch, folder, instance, flags } = call;
  const main = join(scratch, 'main.circom');
  await writeFile(main, mainSource(instance));
  const libraries = [dirname(packageFolder('circomlib')), folder].flatMap((path) => ['-l', path]);
  const { exitCode, output } = await spawnCircom([main, ...flags, '-o', scratch, ...libraries]);
  await rm(main);
  if (exitCode !== 0) {
    const words = output.replace(/^previous errors were found$/m, '').trim();
    const message = `circom refuses ${nameOf(instance)}: ${words}`;
    throw new EligoError('InvalidInput', message, { template: instance.template, exitCode });
  }
  return readWarnings(output);
}

/** The child: plain JavaScript in a string, because it must start without a TypeScript loader. */
const CHILD = `
const fs = require('node:fs');
const [runnerPath, wasmPath, ...args] = process.argv.slice(1);
const { CircomRunner, bindings } = require(runnerPath);
const exit = (code) => process.exit(code);
const kill = () => process.exit(1);
new CircomRunner({ args, env: {}, preopens: { '/': '/' }, bindings: { ...bindings, fs, exit, kill } })
  .execute(fs.readFileSync(wasmPath))
  .catch((error) => { console.error(error); process.exit(1); });
`;

async function spawnCircom(
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const circom = packageFolder('circom2');
  const child = spawn(
    process.execPath,
    ['--eval', CHILD, join(circom, 'index.js'), join(circom, 'circom.wasm'), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: {} },
  );
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const exitCode = await new Promise<number>((settle, fail) => {
    child.on('error', fail);
    child.on('close', (code) => {
      settle(code ?? 1);
    });
  });
  return { exitCode, output: withoutColours(output) };
}

function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '');
}

function readWarnings(output: string): readonly Finding[] {
  return [...output.matchAll(/^warning\[(\w+)\]: (.+)$/gm)].map(([, code = '', text = '']) => ({
    code,
    text: text.trim(),
  }));
}

/** Two counts from the header section of an r1cs file: magic, version, number of sections; each with type and size. */
async function readHeader(path: string): Promise<{ constraints: number; wires: number }> {
  const HEADER_SECTION = 1;
  const bytes = await readFile(path);
  let at = 12;
  while (at < bytes.length && bytes.readUInt32LE(at) !== HEADER_SECTION) {
    at += 12 + Number(bytes.readBigUInt64LE(at + 4));
  }
  if (at >= bytes.length) {
    throw new EligoError('ArtifactMismatch', `${path} is not an r1cs file`, { path });
  }
  const afterPrime = at + 12 + 4 + bytes.readUInt32LE(at + 12);
  // Wires, outputs, public inputs, private inputs (u32 each), labels (u64), constraints.
  const at32 = (offset: number): number => bytes.readUInt32LE(afterPrime + offset);
  return { wires: at32(0), constraints: at32(24) };
}
