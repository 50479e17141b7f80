/**
 * `npm run bench -- <topic> [--json FILE] [--svg FILE]`: prints a table, and writes it as JSON or as a plot.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { benchBrowser } from './bench/browser.ts';
import { benchFirstVisit } from './bench/firstVisit.ts';
import { benchGas } from './bench/gas.ts';
import { benchHash } from './bench/hash.ts';
import { benchImport } from './bench/import.ts';
import { benchIssuer } from './bench/issuer.ts';
import { benchProve } from './bench/prove.ts';
import { toSvg, toTable, type Report } from './bench/report.ts';
import { benchTree } from './bench/tree.ts';
import { benchVerify } from './bench/verify.ts';
import { step } from './progress.ts';

const topics: Readonly<Record<string, () => Promise<Report>>> = {
  prove: benchProve,
  browser: benchBrowser,
  firstVisit: benchFirstVisit,
  verify: benchVerify,
  gas: benchGas,
  issuer: benchIssuer,
  import: benchImport,
  hash: benchHash,
  tree: benchTree,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, svg: { type: 'string' } },
});
const topic = positionals[0] ?? '';
const bench = topics[topic];
if (bench && positionals.length === 1) {
  const report = await step(`measuring ${topic}`, bench);
  console.log(toTable(report));
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (values.svg !== undefined) await writeFile(values.svg, toSvg(report));
} else {
  console.error(
    `usage: npm run bench -- <topic> [--json FILE] [--svg FILE]\ntopics: ${Object.keys(topics).join(', ')}`,
  );
  process.exitCode = 2;
}
