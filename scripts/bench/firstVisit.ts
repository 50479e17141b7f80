/**
 * What a browser fetches before its first proof: the packed key, the witness plan, the kernel's files and the constants that
 * it hashes with, each compressed as a web server would. The second visit has them in its cache.
 * @module
 */
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { ARTIFACT_FILES, PACKAGE_ARTIFACTS } from '../../src/prover/artifacts.ts';
import { expandKey } from '../../src/prover/packedKey.ts';
import { sha256 } from '../../src/prover/sha256.ts';
import { makeReport, measure, type Report } from './report.ts';

const EXPANSIONS = 5;

const library = resolve(import.meta.dirname, '../../dist');

/** Measures. */
export async function benchFirstVisit(): Promise<Report> {
  const artifact = (name: keyof typeof ARTIFACT_FILES): Promise<Buffer> =>
    readFile(join(PACKAGE_ARTIFACTS, ARTIFACT_FILES[name]));
  const [pk, plan, zkey] = await Promise.all([artifact('pk'), artifact('plan'), artifact('zkey')]);
  const code = await readKernel();
  const fetched = [pk, plan, ...code];
  return makeReport('firstVisit', {
    'pk.bytes': measure('bytes', [pk.length]),
    'zkey.bytes': measure('bytes', [zkey.length]),
    'pk.gzip': measure('bytes', [gzip(pk)]),
    'plan.gzip': measure('bytes', [gzip(plan)]),
    'kernel.gzip': measure('bytes', [sum(code.map(gzip))]),
    'firstVisit.bytes': measure('bytes', [sum(fetched.map(gzip))]),
    'firstVisit.brotli': measure('bytes', [sum(fetched.map(brotli))]),
    'pk.expandCpuMs': measure('CPU ms', await expandOften(pk, await sha256(zkey))),
  });
}

/** The kernel's JavaScript with both of its modules in it, as it was built, and the constants. */
async function readKernel(): Promise<readonly Buffer[]> {
  const kernel = join(library, 'kernel');
  const names = (await readdir(kernel, { recursive: true })).filter((name) => name.endsWith('.js'));
  const files = names.map((name) => join(kernel, name));
  const constants = join(library, 'protocol/poseidonConstants.js');
  return Promise.all([...files, constants].map((file) => readFile(file)));
}

async function expandOften(pk: Uint8Array, zkey: string): Promise<readonly number[]> {
  const times: number[] = [];
  for (let i = 0; i < EXPANSIONS; i++) {
    const before = process.cpuUsage();
    await expandKey(pk, zkey);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return times;
}

function gzip(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}

function brotli(bytes: Uint8Array): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  return brotliCompressSync(bytes, { params }).length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
