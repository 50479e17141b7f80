/**
 * solc from npm, as forge wants a compiler: it says its version, and answers standard JSON on stdin. In place of
 * contracts/generated/VerifyingKey.sol it compiles the key whose secrets the tests know; scripts/forge.ts starts it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { argv, stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';

const require = createRequire(import.meta.url);
const KEY = 'contracts/generated/VerifyingKey.sol';

type Input = { readonly sources: Record<string, { content: string }> };
type Compiler = { readonly compile: (input: string) => string };

if (argv.includes('--version')) {
  // The compiler itself takes a second to load, and knows no more than its package.
  const { version } = require('solc/package.json') as { readonly version: string };
  stdout.write(`solc from npm\nVersion: ${version}+npm\n`);
} else {
  const input = JSON.parse(await text(stdin)) as Input;
  const source = input.sources[KEY];
  if (source) source.content = readFileSync(argv[2] ?? '', 'utf8');
  const solc = require('solc') as Compiler;
  stdout.write(solc.compile(JSON.stringify(input)));
}
