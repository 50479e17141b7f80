/**
 * The distribution in a process of its own: prints what it came to, and the peak of its memory.
 *
 * Argument: a new store.
 * @module
 */
import { runDistribution } from './distribution.ts';

const { seconds, rows, total, root, audited } = await runDistribution({
  store: process.argv[2] ?? '',
});
const peakMB = process.resourceUsage().maxRSS / 1024;
const whole = rows === audited.size && root === audited.root;
console.log(JSON.stringify({ seconds, rows, total: total.toString(), whole, peakMB }));
