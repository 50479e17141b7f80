/**
 * Proofs in Chromium: a page that loads the built kernel and snarkjs' own bundle, with the same key and witness, in turns. Wall
 * time: a page has no other clock. Chromium is `chromium` on the PATH, or what CHROMIUM names.
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { env } from 'node:process';
import { text } from 'node:stream/consumers';
import { loadArtifacts } from '../../src/prover/artifacts.ts';
import { loadWitnessProgram } from '../../src/prover/witness.ts';
import { makeCase } from './case.ts';
import { makeReport, measure, type Report } from './report.ts';

const project = resolve(import.meta.dirname, '../..');

/** What the page posts: its engine, and milliseconds by name. */
type Found =
  | { readonly engine: string; readonly build: string; readonly times: Record<string, number[]> }
  | { readonly failure: string };

const PAGE = `<!doctype html><title>bench</title>
<script src="/node_modules/snarkjs/build/snarkjs.min.js"></script>
<script type="module">
  const post = (found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) });
  try {
    const { loadKernel } = await import('/dist/kernel/kernel.js');
    const { createProvingKey } = await import('/dist/kernel/provingKey.js');
    const { proveGroth16 } = await import('/dist/kernel/groth16.js');
    const { shareProvingKey } = await import('/dist/kernel/twoThreads.js');
    const bytesOf = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
    const [zkey, witness] = await Promise.all(['/zkey', '/witness'].map(bytesOf));
    const { build } = await loadKernel();
    const key = createProvingKey(await loadKernel(), zkey);
    const i64 = createProvingKey(await loadKernel('i64'), zkey);
    const shared = shareProvingKey(await loadKernel(), zkey, new URL('/dist/kernel/witnessThread.js', location.href));
    const works = {
      [build]: () => proveGroth16(key, witness),
      [build + '2']: () => shared.prove(witness),
      i64: () => proveGroth16(i64, witness),
      snarkjs: () => snarkjs.groth16.prove(zkey, witness),
    };
    const verifyingKey = await (await fetch('/vkey')).json();
    const times = {};
    for (let round = 0; round <= 9; round++)
      for (const [name, work] of Object.entries(works)) {
        const start = performance.now();
        const { proof, publicSignals } = await work();
        const ms = performance.now() - start;
        if (round > 0) (times[name] ??= []).push(ms);
        else if (!(await snarkjs.groth16.verify(verifyingKey, publicSignals, proof)))
          throw new Error(name + ' made a wrong proof');
      }
    await post({ engine: navigator.userAgent, build, times });
  } catch (error) {
    await post({ failure: String(error?.stack ?? error) });
  }
</script>`;

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' };

/** Measures. @throws if there is no Chromium, or the page fails */
export async function benchBrowser(): Promise<Report> {
  const artifacts = await loadArtifacts();
  const { inputs } = await makeCase(artifacts);
  const program = await loadWitnessProgram(await artifacts.plan(), artifacts.circuit);
  const contents: Readonly<Record<string, string | Uint8Array>> = {
    '/': PAGE,
    '/zkey': await artifacts.zkey(),
    '/witness': await program.calculate(inputs),
    '/vkey': JSON.stringify(artifacts.verifyingKey),
  };
  const found = await visit(contents);
  if ('failure' in found) throw new Error(`the page failed: ${found.failure}`);
  console.error(found.engine);
  const { build, times } = found;
  const ratio = (ours: string) =>
    measure(
      'x',
      (times['snarkjs'] ?? []).map((ms, i) => ms / (times[ours]?.[i] ?? NaN)),
    );
  return makeReport('browser', {
    ...Object.fromEntries(
      Object.entries(times).map(([name, ms]) => [`browser.${name}.wallMs`, measure('ms', ms)]),
    ),
    [`browser.${build}.vsSnarkjs`]: ratio(build),
    [`browser.${build}2.vsSnarkjs`]: ratio(`${build}2`),
    'browser.i64.vsSnarkjs': ratio('i64'),
  });
}

/** Serves what is given, and the built files; opens the page, and waits for what it posts. */
async function visit(contents: Readonly<Record<string, string | Uint8Array>>): Promise<Found> {
  const profile = await mkdtemp(join(tmpdir(), 'eligo-browser-'));
  let server: Server | undefined;
  try {
    return await new Promise<Found>((done, failed) => {
      server = createServer((request, response) => {
        const path = new URL(request.url ?? '/', 'http://page').pathname;
        if (path === '/found') {
          readFound(request).then(done, failed);
          response.end();
          return;
        }
        const type =
          TYPES[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream');
        contentOf(contents, path).then(
          (content) => response.setHeader('content-type', type).end(content),
          () => response.writeHead(404).end(),
        );
      }).listen(0, '127.0.0.1', () => {
        const { port } = server?.address() as AddressInfo;
        const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
        const browser = spawn(
          env['CHROMIUM'] ?? 'chromium',
          [...flags, `http://127.0.0.1:${port}/`],
          {
            stdio: 'ignore',
          },
        );
        browser.once('error', failed);
        server?.once('close', () => browser.kill());
      });
    });
  } finally {
    server?.closeAllConnections();
    server?.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function readFound(request: IncomingMessage): Promise<Found> {
  return JSON.parse(await text(request)) as Found;
}

async function contentOf(
  contents: Readonly<Record<string, string | Uint8Array>>,
  path: string,
): Promise<string | Uint8Array> {
  const own = contents[path];
  if (own !== undefined) return own;
  const file = normalize(path);
  if (!/^\/(dist|node_modules\/snarkjs\/build)\//.test(file)) throw new Error('not served');
  return readFile(join(project, file));
}
