/**
 * One tree in a process of its own: builds it from so many leaves with threads, and prints what that took.
 * @module
 */
import { buildBlocks } from '../../src/tree/build.ts';
import { createThreads } from '../../src/tree/threads.ts';
import { randomLeaves } from './leaves.ts';

const WARM_UP = 8_192; // so that the threads have started, and compiled what they run

const leaves = randomLeaves(Number(process.argv[2]));
const threads = createThreads();
await buildBlocks(randomLeaves(WARM_UP), threads);
const [cpu, start] = [process.cpuUsage(), performance.now()];
await buildBlocks(leaves, threads);
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
await threads.close();
const peakMB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs, peakMB }));
