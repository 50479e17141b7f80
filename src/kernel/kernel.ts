/**
 * Loading the kernel: BN254 arithmetic in WebAssembly, in two builds of the same sources (src/kernel/README.md).
 * @module
 */
import { EligoError, invalidInput } from '../errors.ts';
import { MODULE as FMA } from './modules/fma.ts';
import { MODULE as I64 } from './modules/i64.ts';
import type { KernelExports } from './exports.ts';

/** `fma`: relaxed SIMD with a fused multiply-add, two numbers at once. `i64`: integers, for every engine. */
export type KernelBuild = 'fma' | 'i64';

/** An instance with a memory of its own. Nothing in it is shared: two that work at the same time are two instances. */
export type Kernel = {
  readonly build: KernelBuild;
  readonly exports: KernelExports;
};

const BASE64: Readonly<Record<KernelBuild, string>> = { fma: FMA, i64: I64 };

const compiled = new Map<KernelBuild, Promise<WebAssembly.Module>>();
let usable: Promise<KernelBuild> | undefined;

/**
 * Makes an instance: of the build that is asked for, here or by ELIGO_KERNEL in the environment, or of the fastest that works.
 * @param build `fma` on Node 20 turns on V8's flag for it, for the whole process and its threads; Node 22 and browsers need
 * none. Without it, and without being asked, Node 20 runs `i64`
 * @throws {InvalidInput} if this engine doesn't run `fma`, or doesn't fuse its multiply-add; if ELIGO_KERNEL is no build
 * @throws {ProverFailed} if the module is damaged, or there isn't memory enough for an instance
 */
export async function loadKernel(build?: KernelBuild): Promise<Kernel> {
  const asked = build ?? buildOfEnvironment();
  if (asked === 'fma') await allowRelaxedSimd();
  const chosen = asked ?? (await (usable ??= fastest()));
  const kernel = chosen === 'fma' ? await loadFma() : await instantiate('i64');
  if (kernel !== undefined) return kernel;
  if (chosen === 'i64') throw unusable('i64');
  throw invalidInput('build', 'fma', 'needs an engine with relaxed SIMD and fused multiply-add');
}

function buildOfEnvironment(): KernelBuild | undefined {
  const asked = typeof process === 'undefined' ? undefined : process.env['ELIGO_KERNEL'];
  if (asked === undefined || asked === 'fma' || asked === 'i64') return asked;
  throw invalidInput('ELIGO_KERNEL', asked, 'must be fma or i64');
}

async function fastest(): Promise<KernelBuild> {
  return (await loadFma()) === undefined ? 'i64' : 'fma';
}

async function loadFma(): Promise<Kernel | undefined> {
  const kernel = await instantiate('fma');
  return kernel?.exports.isExact() ? kernel : undefined;
}

/** Nothing where the engine doesn't take what the build is made of. */
async function instantiate(build: KernelBuild): Promise<Kernel | undefined> {
  const module = compiled.get(build) ?? compile(build);
  if (module === undefined) return undefined;
  const instance = await WebAssembly.instantiate(await module).catch((error: unknown) => {
    throw unusable(build, error);
  });
  // A module that ends early is one without functions.
  if (instance.exports['isExact'] === undefined) throw unusable(build);
  return { build, exports: instance.exports as unknown as KernelExports };
}

function unusable(build: KernelBuild, cause?: unknown): EligoError {
  const message = `the kernel's module ${build} can't be loaded: it is damaged, or there isn't memory enough`;
  return new EligoError('ProverFailed', message, { build }, cause);
}

/** Once an engine takes a build; until then it is asked again, for the flag may have been set. */
function compile(build: KernelBuild): Promise<WebAssembly.Module> | undefined {
  const bytes = bytesOf(BASE64[build]);
  if (!WebAssembly.validate(bytes)) return undefined;
  const module = WebAssembly.compile(bytes);
  compiled.set(build, module);
  return module;
}

/** By Node's own decoder, several times as fast as the loop, or by the loop. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  // By its full name: bundlers put a Buffer of their own where they see the short one.
  const node = globalThis as { readonly Buffer?: Partial<typeof Buffer> };
  if (node.Buffer?.from !== undefined) return node.Buffer.from(base64, 'base64');
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Where the engine doesn't take the build as it is: a newer one has no such flag, and complains. */
async function allowRelaxedSimd(): Promise<void> {
  if (typeof process === 'undefined' || (compiled.get('fma') ?? compile('fma'))) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
