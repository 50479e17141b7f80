import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadKernel } from '../../src/kernel/kernel.ts';
import { rejected } from '../support/world.ts';

const module = new URL('../../src/kernel/kernel.ts', import.meta.url).href;
const fma = new URL('../../src/kernel/modules/fma.ts', import.meta.url).href;

/** A process of its own: a process chooses once. */
async function start(program: string, environment: Readonly<Record<string, string>> = {}) {
  const rest = { ...process.env };
  delete rest['ELIGO_KERNEL'];
  const source = `import { loadKernel } from ${JSON.stringify(module)}; ${program}`;
  return promisify(execFile)(
    process.execPath,
    ['--import=tsx', '--input-type=module', '--eval', source],
    { env: { ...rest, ...environment } },
  );
}

/** What it prints. */
async function run(program: string, environment: Readonly<Record<string, string>> = {}) {
  const { stdout } = await start(program, environment);
  return stdout.trim();
}

const PRINT = 'console.log((await loadKernel()).build);';
const PRINT_ERROR = `await loadKernel().catch(({ code, data }) => console.log(code, data.field, data.value));`;

/** Node 22 has relaxed SIMD, Node 20 by a flag. */
const BY_DEFAULT = Number(process.versions.node.split('.')[0]) >= 22 ? 'fma' : 'i64';

describe('kernel/kernel', () => {
  for (const build of ['fma', 'i64'] as const) {
    it(`loads ${build} where it is asked for`, async () => {
      const kernel = await loadKernel(build);
      expect(kernel.build).to.equal(build);
      expect(kernel.exports.LANES.value).to.equal(build === 'fma' ? 2 : 1);
      expect(kernel.exports.isExact()).to.equal(1);
    });
  }

  it('gives every caller a memory of its own', async () => {
    const [first, second] = await Promise.all([loadKernel('i64'), loadKernel('i64')]);
    expect(first.exports.memory).not.to.equal(second.exports.memory);
    const [at, same] = [first.exports.allocate(32), second.exports.allocate(32)];
    expect(same).to.equal(at);
    new Uint8Array(first.exports.memory.buffer)[at] = 7;
    expect(new Uint8Array(second.exports.memory.buffer)[at]).to.equal(0);
  });

  for (const build of ['fma', 'i64'] as const)
    it(`needs no shared memory, which a page has with special headers only: ${build}`, async () => {
      const { memory } = (await loadKernel(build)).exports;
      expect(memory.buffer).to.be.instanceOf(ArrayBuffer);
      const program = `
        delete globalThis.SharedArrayBuffer;
        console.log((await loadKernel('${build}')).build, typeof SharedArrayBuffer);`;
      expect(await run(program)).to.equal(`${build} undefined`);
    });

  it('gives memory in order, aligned, beyond what there is, and takes it back', async () => {
    const { exports } = await loadKernel('i64');
    const start = exports.mark();
    const [first, second] = [exports.allocate(5), exports.allocate(1)];
    expect([first, second - first, first % 16]).to.deep.equal([start, 16, 0]);
    const before = exports.memory.buffer.byteLength;
    exports.allocate(before);
    expect(exports.memory.buffer.byteLength).to.be.above(before);
    exports.release(start);
    expect(exports.allocate(1)).to.equal(first);
  });

  describe('chooses', () => {
    it(`${BY_DEFAULT} on this Node, and fma once it has been asked for`, async () => {
      expect(await run(PRINT)).to.equal(BY_DEFAULT);
      expect(await run(`await loadKernel('fma'); ${PRINT}`)).to.equal('fma');
    });
    it('i64 where the engine has fma, and rounds a multiply-add twice', async () => {
      // An instance that says so stands for such an engine: none here does it.
      const rounding = `
        const { instantiate } = WebAssembly;
        let first = true;
        WebAssembly.instantiate = async (...parameters) => {
          const instance = await instantiate(...parameters);
          const isFma = first;
          first = false;
          return isFma ? { exports: { ...instance.exports, isExact: () => 0 } } : instance;
        };`;
      const flags = `(await import('node:v8')).setFlagsFromString('--experimental-wasm-relaxed-simd');`;
      const known = Number(process.versions.node.split('.')[0]) >= 22 ? '' : flags;
      expect(await run(`${known} ${PRINT}`)).to.equal('fma');
      expect(await run(`${known} ${rounding} ${PRINT}`)).to.equal('i64');
    });
    for (const build of ['fma', 'i64'])
      it(`${build} where ELIGO_KERNEL says so`, async () => {
        expect(await run(PRINT, { ELIGO_KERNEL: build })).to.equal(build);
      });
    it('fma without a word of the engine, which knows no flag for it if it needs none', async () => {
      const asked = { ELIGO_KERNEL: 'fma' };
      expect(await start(PRINT, asked)).to.deep.equal({ stdout: 'fma\n', stderr: '' });
    });
    it('what the caller asks for, whatever the environment says', async () => {
      const program = `console.log((await loadKernel('i64')).build);`;
      expect(await run(program, { ELIGO_KERNEL: 'fma' })).to.equal('i64');
    });
    for (const value of ['simd', 'FMA', ''])
      it(`nothing where ELIGO_KERNEL is ${JSON.stringify(value)}`, async () => {
        expect(await run(PRINT_ERROR, { ELIGO_KERNEL: 'i64' })).to.equal('');
        expect(await run(PRINT_ERROR, { ELIGO_KERNEL: value })).to.equal(
          `InvalidInput ELIGO_KERNEL ${JSON.stringify(value)}`,
        );
      });
  });

  describe('where the engine has no relaxed SIMD', () => {
    /** Stands in for such an engine: it knows the build by its length. */
    const REFUSE = `
      const { MODULE } = await import(${JSON.stringify(fma)});
      const { validate } = WebAssembly;
      WebAssembly.validate = (bytes) => bytes.length !== atob(MODULE).length && validate(bytes);`;
    it('refuses fma, and runs i64', async () => {
      const asked = { ELIGO_KERNEL: 'fma' };
      expect(await run(PRINT, asked)).to.equal('fma');
      expect(await run(REFUSE + PRINT_ERROR, asked)).to.equal('InvalidInput build "fma"');
      expect(await run(REFUSE + PRINT)).to.equal('i64');
    });
  });

  describe('where the engine rounds a multiply-add twice', () => {
    // An instance of the other build stands for one that says so: no engine here does it.
    const { instantiate } = WebAssembly;
    afterEach(() => {
      Object.assign(WebAssembly, { instantiate });
    });
    it('refuses fma', async () => {
      expect((await loadKernel('fma')).build).to.equal('fma');
      Object.assign(WebAssembly, {
        instantiate: () => Promise.resolve({ exports: { isExact: () => 0 } }),
      });
      const error = await rejected(loadKernel('fma'));
      expect([error.code, error.data['field']]).to.deep.equal(['InvalidInput', 'build']);
    });
  });
});
