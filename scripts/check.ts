/**
 * `npm run check`: format, lint, types, and generated files against their generators. Every fault is shown, then it fails.
 * @module
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const require = createRequire(import.meta.url);
const project = resolve(import.meta.dirname, '..');

const checks: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['format', [bin('prettier'), '--check', '.']],
  ['lint', [bin('eslint'), '.']],
  ['types', [bin('typescript', 'tsc'), '--noEmit']],
  ['vectors', ['--import=tsx', 'scripts/vectors.ts', '--check']],
  ['generated files', ['--import=tsx', 'scripts/build.ts', '--check']],
];

const failed: string[] = [];
for (const [name, command] of checks) {
  process.stderr.write(`check: ${name}\n`);
  if ((await run(command)) !== 0) failed.push(name);
}
console.log(
  failed.length === 0 ? `check: all ${checks.length} pass` : `check: failed: ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The program of an installed package. */
function bin(name: string, program = name): string {
  const manifest = join(project, 'node_modules', name, 'package.json');
  const { bin: bins } = require(manifest) as { bin: string | Record<string, string> };
  return join(dirname(manifest), typeof bins === 'string' ? bins : (bins[program] ?? ''));
}

function run(command: readonly string[]): Promise<number> {
  return new Promise((done) => {
    spawn(process.execPath, command, { cwd: project, stdio: 'inherit' }).on('close', (code) => {
      done(code ?? 1);
    });
  });
}
